"""Pictures of texts: a value colours the background of each character.

Letters: N characters of a text, U units.
"""

import re
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

from common.training import plots

from .evaluate import surprisals
from .predict import Writer

WIDTH = 80  # characters after which a long line is broken
DRAWN = 480  # characters in a figure
READ = 20_000  # characters that a unit is chosen by
ARROWS = {"\n": "\u21b5", "\t": "\u2192"}


def sample_probability(path: Path, writer: Writer, text: str):
    """Draw a written text by the probability that the network gave each character."""
    text = text[: DRAWN + 1]
    probabilities = np.exp2(-surprisals(writer, writer.preprocessor.encode(text)))
    title = "A text that the network wrote, by the probability of each character"
    options = {"cmap": "YlGnBu", "limits": (0, 1), "most_telling": True}
    text_strip(path, text[1:], probabilities, title=title, **options)


def hidden_unit(path: Path, writer: Writer, text: str):
    """Draw a text by the hidden unit that best follows the place in the line."""
    states = hidden_states(writer, writer.preprocessor.encode(text[:READ]))
    with np.errstate(invalid="ignore"):  # a unit may never change
        pairs = np.column_stack([columns(text[:READ]), states])
        correlation = np.nan_to_num(np.corrcoef(pairs.T)[0, 1:])
    unit = int(np.abs(correlation).argmax())
    title = (
        f"Unit {unit} of {states.shape[1]} over test text: the one that best follows "
        f"the place in the line (correlation {correlation[unit]:.2f})"
    )
    values = states[:DRAWN, unit]
    text_strip(path, text[:DRAWN], values, cmap="RdBu_r", limits=(-1, 1), title=title)


def hidden_states(writer: Writer, ids: np.ndarray) -> np.ndarray:
    """Return the hidden state after every one of ids (N,): (N, U)."""
    states, *_ = writer.network.get_layer("recurrent").output
    reader = keras.Model(writer.network.inputs, states)
    return reader.predict_on_batch([ids[None], *writer.start(1)])[0]


def columns(text: str) -> np.ndarray:
    """Return the place of every character in its line, from 0, (N,)."""
    places = [n for line in text.split("\n") for n in range(len(line) + 1)]
    return np.array(places[: len(text)])


def text_strip(
    path: Path,
    text: str,
    values: np.ndarray,
    *,
    cmap: str,
    limits: tuple[float, float],
    title: str,
    most_telling: bool = False,
):
    """Draw a text of N characters; values (N,) within limits colour the background."""
    rows = re.findall(rf"[^\n]{{1,{WIDTH}}}\n?|\n", text)
    filled = np.arange(WIDTH + 1) < np.array([len(row) for row in rows])[:, None]
    ground = np.full(filled.shape, np.nan)
    ground[filled] = values
    figure = Figure(figsize=(0.115 * WIDTH, 0.6 + 0.2 * len(rows)))
    axes = figure.subplots()
    image = axes.imshow(
        ground, aspect="auto", cmap=cmap, vmin=limits[0], vmax=limits[1]
    )
    style = {"ha": "center", "va": "center", "family": "monospace", "fontsize": 8}
    for character, (y, x), value in zip(text, np.argwhere(filled), values, strict=True):
        red, green, blue, _ = image.to_rgba(value)
        color = "white" if 0.3 * red + 0.6 * green + 0.1 * blue < 0.5 else "black"
        shown = ARROWS.get(character, plots.literal(character))
        axes.text(x, y, shown, color=color, **style)
    axes.set_axis_off()
    axes.set_title(title, fontsize=10, loc="left")
    figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01)
    low, high = values.min(), values.max()
    alt = f"{title}. The values lie between {low:.2f} and {high:.2f}. The text: "
    alt += " ".join(text.split())
    plots.save(figure, path, caption=f"{title}.", alt=alt, most_telling=most_telling)
