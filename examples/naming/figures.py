"""Figures of the test: colours that were held out, and names around the hue circle."""

import numpy as np
from matplotlib.colors import hsv_to_rgb, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from common.training import plots
from common.training.run_folder import Run

from .colours import oklab
from .data import Rows
from .predict import Namer

ROWS, COLUMNS = 8, 4
HUES = 24


def named_colours(run: Run, namer: Namer, rows: Rows):
    """Draw held-out colours, each with the network's name and the one people gave."""
    count = min(ROWS * COLUMNS, len(rows.texts))
    chosen = np.argsort(rows.numbers[:count, 0])  # from dark to light
    inputs = namer.preprocessor.standardized(rows.numbers[:count])
    written = namer.greedy(inputs)
    figure = Figure(figsize=(11, 0.62 * ROWS), layout="tight")
    axes = figure.subplots()
    axes.set(xlim=(0, COLUMNS), ylim=(ROWS, 0))
    axes.axis("off")
    for place, n in enumerate(chosen):
        column, row = divmod(place, ROWS)
        corner, color = (column + 0.02, row + 0.1), rows.names[n]
        axes.add_patch(Rectangle(corner, width=0.2, height=0.8, color=color))
        x = column + 0.25
        axes.text(x, row + 0.42, plots.literal(written[n], 24), fontsize=11)
        people = plots.literal(f"({rows.texts[n]})", 28)
        axes.text(x, row + 0.78, people, fontsize=9, color=plots.GREY)
    plots.save(
        figure,
        run / "figures" / "named_colours.png",
        caption="Colours of the test: the network's name, and in brackets that of "
        "people.",
        alt="; ".join(
            f"{rows.names[n]}: {written[n]} ({rows.texts[n]})" for n in chosen[:12]
        ),
        most_telling=True,
    )


def hue_circle(run: Run, namer: Namer):
    """Draw the names of bright colours of all hues, from red to red."""
    hues = np.arange(HUES) / HUES
    colours = [to_hex(hsv_to_rgb((hue, 0.75, 0.9))) for hue in hues]
    found = namer.name(np.stack([oklab(colour) for colour in colours]), beams=3)
    figure = Figure(figsize=(11, 3.2), layout="tight")
    axes = figure.subplots()
    axes.set(xlim=(0, HUES), ylim=(-3.2, 1))
    axes.axis("off")
    for n, (colour, names) in enumerate(zip(colours, found, strict=True)):
        axes.add_patch(Rectangle((n + 0.05, 0), width=0.9, height=1, color=colour))
        shown = plots.literal(names[0][0], 24)
        axes.text(
            n + 0.6, -0.15, shown, rotation=90, ha="center", va="top", fontsize=10
        )
    plots.save(
        figure,
        run / "figures" / "hue_circle.png",
        caption="The likeliest name of bright colours of every hue.",
        alt="; ".join(
            f"{colour}: {names[0][0]}"
            for colour, names in zip(colours, found, strict=True)
        ),
    )
