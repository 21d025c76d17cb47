"""The figures of a run. Letters: T numbers in a list, U units, S steps."""

from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

from common.training import plots
from common.training.plots import BLUE, GREY, ORANGE

from .predict import Sorter, in_words
from .preprocessor import PADDING
from .writer import reading


def draw_lengths(path: Path, by_length: dict[str, float], sorter: Sorter):
    """Draw exact match over the length of the list; training lengths are shaded."""
    lengths, values = list(map(int, by_length)), list(by_length.values())
    if len(lengths) == 1:
        return
    first, last = sorter.preprocessor.shortest, sorter.preprocessor.length
    figure = Figure(figsize=(6, 3.4))
    axes = figure.subplots()
    shaded = (first - 0.5, last + 0.5)
    axes.axvspan(*shaded, color=GREY, alpha=0.2, label="lengths in training")
    axes.plot(lengths, values, "o-", color=BLUE)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set(xlabel="numbers in the list", ylabel="exact match", ylim=(-0.03, 1.03))
    plots.legend_above(axes)
    points = ", ".join(f"{y:.2f} at {x}" for x, y in zip(lengths, values, strict=True))
    plots.save(
        figure,
        path,
        caption="Exact match by length of the list. Shaded: lengths in training.",
        alt=f"A line through these points: {points}. Shaded: {first} to {last}.",
        most_telling=True,
    )


def draw_states(path: Path, sorter: Sorter, numbers: np.ndarray):
    """Draw the hidden state at every step for one list (T,) as colours."""
    values, steps = hidden_states(sorter, numbers)
    # Units in the order of the step of their largest value, without silent ones.
    values = values[:, np.argsort(values.argmax(axis=0), kind="stable")]
    values = values[:, np.abs(values).max(axis=0) > 0]
    limit = np.abs(values).max()
    low, colours = (0, "YlGnBu") if values.min() >= 0 else (-limit, "RdBu_r")
    figure = Figure(figsize=(2 + 0.4 * len(steps), 5))
    axes = figure.subplots()
    image = axes.imshow(values.T, aspect="auto", cmap=colours, vmin=low, vmax=limit)
    axes.set_xticks(range(len(steps)), steps, rotation=90)
    caption = "Hidden state while one list is sorted. Columns: steps; rows: units."
    if len(steps) > len(numbers):
        axes.axvline(len(numbers) - 0.5, color=ORANGE, linewidth=3)
        caption += " The network reads up to the line and writes after it."
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set(ylabel="unit, by the step of its largest value")
    answer = in_words(numbers, sorter.sort(numbers[None])[0])
    axes.set_title(answer.replace("->", "\n->"), fontsize=10, loc="left")
    figure.colorbar(image, ax=axes, label="activation of the unit")
    plots.save(
        figure,
        path,
        caption=caption,
        alt=f"Heat map of {values.shape[1]} units and {len(steps)} steps, from "
        f"{steps[0]} to {steps[-1]}, values from {values.min():.3g} to "
        f"{limit:.3g}: {answer}",
    )


def hidden_states(sorter: Sorter, numbers: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the hidden state at every step for one list (T,), and names of the steps.

    Each beginning of the list is read as a padded list of its own: its last state is
    the one that the network passes through while it reads.

    Returns:
        whole numbers: (2 T, U), T steps of reading and T of writing. Floats: (T, U),
        layer `count` while it determines the place of the first number.
    """
    length = len(numbers)
    beginnings = np.where(np.tri(length), numbers, PADDING).astype(numbers.dtype)
    inputs = sorter.preprocessor.inputs(beginnings)  # (T, T)
    if sorter.preprocessor.values == "float":
        layer = sorter.model.get_layer("count")
        states = keras.Model(sorter.model.inputs, layer.output).predict_on_batch(inputs)
        steps = [f"{number:.3f} and {numbers[0]:.3f}" for number in numbers]
        return states.reshape(length, length, -1)[:, 0], steps
    written = sorter.sort(numbers[None])
    previous = np.pad(sorter.preprocessor.inputs(written), ((0, 0), (1, 0)))[:, :-1]
    decoder = sorter.model.get_layer("decoder").output[0]  # (1, T, U)
    whole = keras.Model(sorter.model.inputs, decoder)
    (after,) = whole.predict_on_batch((inputs[-1:], previous))
    _, before, *_ = reading(sorter.model).predict_on_batch(inputs)  # (T, U)
    steps = [f"read {number}" for number in numbers]
    steps += [f"write {number}" for number in written[0]]
    return np.concatenate([before, after]), steps
