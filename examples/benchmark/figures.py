"""Figures of a benchmark."""

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.training import plots
from examples.benchmark import page, ways

STYLES = {
    ways.BUILTIN: (plots.BLUE, "o-"),
    ways.UNROLL: (plots.BLUE, "o--"),
    ways.XLA: (plots.BLUE, "o:"),
    ways.TOGETHER: (plots.GREEN, "s-"),
    ways.LSTM: (plots.GREY, "^-"),
    ways.TORCH: (plots.ORANGE, "D-"),
}


def draw(folder: Path, document: Mapping[str, Any]):
    """Draw time by width, and time and memory by length."""
    sizes, _ = page.split(document)
    figure, panels = _two_panels("units", "ms per training step", "% of peak")
    units = [size["units"] for size in sizes]
    alt = [f"{units[0]} to {units[-1]} units"]
    for way in filter(sizes[0]["seconds"].__contains__, STYLES):
        times = [1000 * statistics.median(size["seconds"][way]) for size in sizes]
        peaks = [100 * page.peak(size, way) for size in sizes]
        alt.append(_lines(panels, way, units, times, peaks))
    for axes in panels:
        axes.set(xscale="log")
        axes.set_xticks(units, units)
        axes.minorticks_off()
    panels[0].set(yscale="log")
    panels[1].set(ylim=0)
    size = f"{sizes[0]['batch']} sequences of {sizes[0]['steps']} steps"
    caption = f"Left: time of a training step by width, {size}. Right: rate of the "
    caption += "matrix products, in percent of the rate of one large product."
    _save(figure, folder / "step_time.png", caption, alt)

    rows = document["lengths"]
    figure, panels = _two_panels("time steps", "ms per training step", "MiB")
    alt = [f"{rows[0]['steps']} to {rows[-1]['steps']} time steps"]
    for way in dict.fromkeys(row["way"] for row in rows):
        own = [row for row in rows if row["way"] == way]
        times = [1000 * row["seconds"] for row in own]
        memory = [row["memory"] - row["before"] for row in own]
        alt.append(_lines(panels, way, [row["steps"] for row in own], times, memory))
    for axes in panels:
        axes.set(ylim=0)
    caption = "Time of a training step, and growth of the peak memory during it, by "
    caption += f"length of the sequence; {rows[0]['units']} units."
    _save(figure, folder / "lengths.png", caption, alt)


def _two_panels(xlabel: str, *ylabels: str) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(10, 4))
    panels = list(figure.subplots(1, 2))
    for axes, ylabel in zip(panels, ylabels, strict=True):
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.grid(alpha=0.3)
    return figure, panels


def _lines(panels, way, x, *values) -> str:
    """Draw one way's values into each panel; return their ends in words."""
    color, style = STYLES[way]
    ends = []
    for axes, y in zip(panels, values, strict=True):
        axes.plot(x, y, style, color=color, label=way, markersize=4)
        ends.append(f"{y[0]:.3g} to {y[-1]:.3g} {axes.get_ylabel()}")
    return f"{way}: {', '.join(ends)}"


def _save(figure: Figure, path: Path, caption: str, alt: list[str]):
    figure.axes[0].legend(fontsize=8)
    figure.tight_layout()
    plots.save(figure, path, caption=caption, alt=f"Lines. {'; '.join(alt)}.")
