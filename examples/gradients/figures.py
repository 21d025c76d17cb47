"""The three figures: gradients by steps back, the adding problem, the digits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE

Rows = Sequence[Mapping[str, Any]]
COLORS = (BLUE, ORANGE, GREEN, GREY, "#CC79A7")


def draw_norms(path: Path, found: Mapping[str, Any]):
    """Draw the gradient by steps back, one panel for each activation or for gates."""
    figure, ends = Figure(figsize=(11, 3.8)), []
    panels = dict(
        zip(("tanh", "relu", "gates"), figure.subplots(1, 3, sharey=True), strict=True)
    )
    for row in found["rows"]:
        axes = panels.get(row["name"].partition(",")[0], panels["gates"])
        back = np.arange(len(row["gradient"]))
        color = COLORS[len(axes.get_legend_handles_labels()[1])]
        axes.plot(back, row["gradient"][::-1], color=color, label=row["name"])
        if "bound" in row:
            axes.plot(back, row["bound"][::-1], ":", color=color)
        ends.append(f"{row['name']} {row['gradient'][0]:.0e}")
    for axes in panels.values():
        axes.set(yscale="log", ylim=(1e-12, 1e6), xlabel="steps back from the loss")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="lower left")
    panels["tanh"].set(ylabel="|dL/dh_t| / |dL/dh_T|")
    figure.tight_layout()
    caption = (
        "What arrives of the gradient, at the start of training. Lines are medians "
        "over sequences and seeds. Dotted: the bound from the largest singular value "
        "of W_R and the derivative. Bounds may leave the figure."
    )
    alt = f"Lines by steps back. At the first step: {'; '.join(ends)}."
    plots.save(figure, path, caption=caption, alt=alt)


def _curves(axes: Axes, rows: Rows):
    """Draw the median of every curve, and the range of its seeds."""
    for row, color in zip(rows, COLORS, strict=False):
        x, values = zip(*row["curve"], strict=True)
        axes.plot(x, np.median(values, axis=1), color=color, label=row["name"])
        low, high = np.min(values, axis=1), np.max(values, axis=1)
        axes.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def draw_adding(path: Path, rows: Rows):
    """Draw the validation error of the adding problem, a panel for each length."""
    usual = [row for row in rows if row["usual"]]
    lengths = sorted({row["length"] for row in usual})
    figure = Figure(figsize=(11, 3.8))
    panels = figure.subplots(1, len(lengths), sharey=True, squeeze=False)[0]
    for axes, T in zip(panels, lengths, strict=True):
        _curves(axes, [row for row in usual if row["length"] == T])
        axes.axhline(1 / 6, color=GREY, linestyle=":", label="always answering 1")
        axes.set(yscale="log", xlabel="updates", title=f"{T} steps")
    panels[0].set(ylabel="mean squared error, validation")
    figure.tight_layout()
    caption = (
        "The adding problem. Lines are medians over seeds, shades their range. Dotted: "
        "always answering 1."
    )
    plots.save(figure, path, caption=caption)


def draw_digits(path: Path, rows: Rows):
    """Draw the accuracy in validation by epochs."""
    figure = Figure(figsize=(7, 3.8))
    axes = figure.subplots()
    _curves(axes, rows)
    axes.set(xlabel="epochs", ylabel="accuracy, validation", ylim=(0, 1))
    figure.tight_layout()
    caption = (
        "Digits of 64 pixels, one a step. Lines are medians over seeds, shades their "
        "range."
    )
    plots.save(figure, path, caption=caption)
