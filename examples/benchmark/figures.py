"""Figures of a benchmark."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

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
MS = "milliseconds per training step"


def draw(folder: Path, document: Mapping[str, Any]):
    """Draw time by width, and time and memory by length."""
    by_width: dict[str, list] = {way: [] for way in STYLES}
    by_length: dict[str, list] = {way: [] for way in STYLES}
    sizes, rows = page.split(document)[0], document["lengths"]
    for size in sizes:
        for way in by_width.keys() & size["seconds"]:
            ms = 1000 * median(size["seconds"][way])
            by_width[way].append((size["units"], ms, 100 * size["of_peak"][way]))
    for row in rows:
        mib = row["memory"] - row["before"]
        by_length[row["way"]].append((row["steps"], 1000 * row["seconds"], mib))
    what = f"{sizes[0]['batch']} sequences of {sizes[0]['steps']} steps"
    labels = ("units", MS, "percent of peak")
    _two_panels(folder / "step_time.png", by_width, labels, what)
    what = f"{rows[0]['batch']} sequences, {rows[0]['units']} units"
    labels = ("time steps", MS, "growth of peak memory in MiB")
    _two_panels(folder / "lengths.png", by_length, labels, what)


def _two_panels(
    path: Path,
    lines: Mapping[str, Sequence[tuple]],
    labels: tuple[str, str, str],
    what: str,
):
    """Draw the points of every way; each is x, y on the left and y on the right."""
    figure, ends = Figure(figsize=(10, 4)), []
    panels = figure.subplots(1, 2)
    for way, points in lines.items():
        for axes, label, index in zip(panels, labels[1:], (1, 2), strict=True):
            if points:
                x, y = ([point[i] for point in points] for i in (0, index))
                color, style = STYLES[way]
                axes.plot(x, y, style, color=color, label=way, markersize=4)
                axes.set(xlabel=labels[0], ylabel=label, xscale="log")
                axes.set_xticks(x, x)
                ends.append(f"{way} {y[0]:.3g} to {y[-1]:.3g} {label}")
    for axes in panels:
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    panels[0].set(yscale="log")
    panels[0].legend(fontsize=8)
    panels[1].set(ylim=0)
    figure.tight_layout()
    caption = f"Left: {labels[1]}. Right: {labels[2]}. By {labels[0]}; {what}."
    plots.save(figure, path, caption=caption, alt=f"Lines. {'; '.join(ends)}.")
