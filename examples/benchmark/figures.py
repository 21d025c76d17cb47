"""Figures of a benchmark."""

import statistics
from collections.abc import Mapping
from pathlib import Path
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


def draw(folder: Path, document: Mapping[str, Any]):
    """Draw time by width, and time and memory by length."""
    by_width(folder / "step_time.png", document)
    by_length(folder / "lengths.png", document)


def by_width(path: Path, document: Mapping[str, Any]):
    """Draw the time of a training step and its share of the possible, by width."""
    sizes, _ = page.split(document)
    units = [size["units"] for size in sizes]
    figure = Figure(figsize=(10, 4))
    times, shares = figure.subplots(1, 2)
    ends = []
    for way, (color, style) in STYLES.items():
        if way not in sizes[0]["seconds"]:
            continue
        values = [1000 * statistics.median(size["seconds"][way]) for size in sizes]
        times.plot(units, values, style, color=color, label=way, markersize=4)
        share = [100 * page.share(size, way) for size in sizes]
        shares.plot(units, share, style, color=color, label=way, markersize=4)
        ends.append(f"{way} {values[0]:.3g} to {values[-1]:.3g} ms")
    times.set(xscale="log", yscale="log", xlabel="units", ylabel="ms a training step")
    shares.set(xscale="log", ylim=0, xlabel="units", ylabel="% of the possible")
    for axes in (times, shares):
        axes.set_xticks(units, units)
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    times.legend(fontsize=8)
    figure.tight_layout()
    plots.save(
        figure,
        path,
        caption="Left: time of a training step by width, "
        f"{sizes[0]['batch']} sequences of {sizes[0]['steps']} steps. Right: products' "
        "operations a second, as a share of the rate of one large product.",
        alt=f"Lines from {units[0]} to {units[-1]} units: {', '.join(ends)}.",
    )


def by_length(path: Path, document: Mapping[str, Any]):
    """Draw time and largest memory of a training step by the sequence's length."""
    figure = Figure(figsize=(10, 3.6))
    left, right = figure.subplots(1, 2)
    rows, ends = document["lengths"], []
    for way in dict.fromkeys(row["way"] for row in rows):
        own = [row for row in rows if row["way"] == way]
        steps = [row["steps"] for row in own]
        color, style = STYLES[way]
        seconds = [1000 * row["seconds"] for row in own]
        memory = [row["memory"] - row["before"] for row in own]
        left.plot(steps, seconds, style, color=color, label=way)
        right.plot(steps, memory, style, color=color, label=way)
        ends.append(f"{way} {seconds[-1]:.0f} ms and {memory[-1]:.0f} MiB")
    left.set(xlabel="steps of a sequence", ylabel="ms a training step", ylim=0)
    right.set(xlabel="steps of a sequence", ylabel="MiB beyond the start", ylim=0)
    left.legend()
    figure.tight_layout()
    plots.save(
        figure,
        path,
        caption="Time of a training step, and the largest memory during it beyond what "
        f"there was before, by the length of the sequence; {rows[0]['units']} units.",
        alt=f"Lines up to {rows[-1]['steps']} steps: {'; '.join(ends)}.",
    )
