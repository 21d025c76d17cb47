"""The three figures: gradients by steps back, the adding problem, the digits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE

COLORS = (BLUE, ORANGE, GREEN, "#CC79A7", "#E69F00")
SHADES = "Lines are medians over seeds, shades their range."


def draw_norms(path: Path, found: Mapping[str, Any]):
    """Draw the gradient by steps back: a panel for each activation, one for gates."""
    figure, ends = Figure(figsize=(11, 4)), []
    panels = figure.subplots(1, 3, sharey=True)
    by_name = dict(zip(("tanh", "relu", "gates"), panels, strict=True))
    for row in found["networks"]:
        axes = by_name.get(row["name"].partition(",")[0], panels[-1])
        color = COLORS[len(axes.get_legend_handles_labels()[1])]
        axes.plot(row["gradient"][::-1], color=color, label=row["name"])
        if "bound" in row:
            axes.plot(row["bound"][::-1], ":", color=color)
        ends.append(f"{row['name']} {row['gradient'][0]:.0e}")
    for axes in panels:
        axes.set(yscale="log", ylim=(1e-12, 1e6), xlabel="steps back from the loss")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="lower left")
    panels[0].set(ylabel="|dL/dh_t| / |dL/dh_T|")
    figure.tight_layout()
    caption = (
        "What arrives of the gradient before training, medians over sequences and "
        "seeds. Dotted: the bound from the largest singular value of W_R and the "
        "derivative; some bounds leave the figure."
    )
    alt = f"Lines by steps back. At the first step: {'; '.join(ends)}."
    plots.save(figure, path, caption=caption, alt=alt)


def _curves(axes: Axes, rows: Sequence[Mapping[str, Any]]):
    """Draw the median and the range of every learning curve."""
    for row, color in zip(rows, COLORS, strict=False):
        x, values = zip(*row["curve"], strict=True)
        median, low, high = (f(values, axis=1) for f in (np.median, np.min, np.max))
        axes.plot(x, median, color=color, label=row["name"].replace("_", " "))
        axes.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)
    axes.grid(alpha=0.3)


def draw_adding(path: Path, found: Mapping[str, Any]):
    """Draw the validation error of the adding problem, a panel for each length."""
    rows = found["by_length"]
    lengths = sorted({row["length"] for row in rows})
    figure = Figure(figsize=(11, 4))
    panels = figure.subplots(1, len(lengths), sharey=True, squeeze=False)[0]
    for axes, T in zip(panels, lengths, strict=True):
        _curves(axes, [row for row in rows if row["length"] == T])
        axes.axhline(1 / 6, color=GREY, linestyle=":", label="always answering 1")
        axes.set(yscale="log", xlabel="updates", title=f"{T} steps")
    panels[0].set(ylabel="mean squared error, validation")
    panels[0].legend(fontsize=8, loc="lower left")
    figure.tight_layout()
    plots.save(figure, path, caption=f"The adding problem. {SHADES}")


def draw_digits(path: Path, rows: Sequence[Mapping[str, Any]]):
    """Draw the accuracy in validation by epochs."""
    figure = Figure(figsize=(7, 4))
    axes = figure.subplots()
    _curves(axes, rows)
    axes.set(xlabel="epochs", ylabel="accuracy, validation", ylim=(0, 1))
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    plots.save(figure, path, caption=f"Digits of 64 pixels, one a step. {SHADES}")
