"""The figure: the network folded, the same unrolled in time, and the four types.

Coordinates are inches; a layer lies `ROW` above the one below it.
"""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE
from examples.anatomy.kinds import KINDS, Kind
from examples.anatomy.shapes import Layer, parameters, shapes_of

ROW = 1.35  # between two layers
RADIUS, SPACING = 0.17, 0.44  # of units
MAX_CIRCLES = 7  # units of a layer that are drawn
FOLDED, UNROLLED = 3.9, 8.8  # where the one has its middle, the other its first step
STEP = 1.75  # between two steps
MAX_STEPS = 4  # that are drawn
BOX = (0.95, 0.5)
FILL = {"read": "#E8E8E8", "state": "#CFE3F2", "written": "#CDEBDD"}


def draw(path: Path, layers: list[Layer], *, batch: int, steps: int):
    """Draw the network and the four types into a PNG file, whole or not at all."""
    times = _times(steps)
    width = max(UNROLLED + STEP * (len(times) - 1) + 2.6, 3.3 * len(KINDS))
    heights = [ROW * len(layers) + 1.9, 3.1]
    figure = Figure(figsize=(width, sum(heights)))
    share = heights[1] / sum(heights)
    above = figure.add_axes((0, share, 1, 1 - share))
    _prepare(above, (0, width), (-0.75, ROW * len(layers) + 1.15))
    _folded(above, layers)
    _unrolled(above, layers, times, batch=batch, steps=steps)
    for index, kind in enumerate(KINDS):
        each = width / len(KINDS)
        axes = figure.add_axes((index / len(KINDS), 0, 1 / len(KINDS), share))
        _prepare(axes, (0, each), (0, heights[1]))
        _type(axes, kind, each / 2)
    plots.save(figure, path, svg=False)


def _prepare(axes: Axes, x: tuple[float, float], y: tuple[float, float]):
    axes.set(xlim=x, ylim=y)
    axes.set_aspect("equal")
    axes.axis("off")


def _times(steps: int) -> list[int | None]:
    """Return the steps that are drawn; `None` stands for those between."""
    if steps <= MAX_STEPS:
        return list(range(1, steps + 1))
    return [1, 2, None, steps]


def _name(layer: Layer, layers: Sequence[Layer], matrix: str) -> str:
    """Return a weight's name, with the layer's number where there are several."""
    upper = f"^{{({layer.number})}}" if len(layers) > 1 else ""
    return f"$W_{matrix}{upper}$"


def _by(rows: int, columns: int) -> str:
    return f"${rows} \\times {columns}$"


def _colors(layer: Layer) -> tuple[str, str]:
    """Return the fill of a layer and the colour of its feedforward arrows."""
    return (FILL["state"], BLUE) if layer.recurrent else (FILL["written"], GREEN)


def _folded(axes: Axes, layers: list[Layer]):
    """Draw every unit, every connection, and a loop for each recurrent layer."""
    top = ROW * len(layers)
    axes.text(FOLDED, top + 0.85, "folded", ha="center", fontsize=13, weight="bold")
    below = _row(axes, layers[0].reads, 0, FILL["read"])
    axes.text(0.15, 0, f"input $x_t$: {layers[0].reads}", va="center")
    for layer in layers:
        y = ROW * layer.number
        fill, color = _colors(layer)
        row = _row(axes, layer.units, y, fill)
        for x in below:
            for end in row:
                ends = (y - ROW + RADIUS, y - RADIUS)
                axes.plot((x, end), ends, color=color, alpha=0.35, linewidth=0.7)
        axes.text(
            0.15,
            y,
            f"layer {layer.number}, {layer.kind}: {layer.units}\n"
            f"{parameters(layer):,} parameters",
            va="center",
        )
        label = f"{_name(layer, layers, 'F')}  {_by(layer.reads, layer.units)}"
        axes.text(0.15, y - ROW / 2, label, color=color, va="center")
        if layer.recurrent:
            edge = row[-1] + RADIUS + 0.03
            _arrow(axes, (edge, y + 0.13), (edge, y - 0.13), ORANGE, bend=-3.2)
            label = f"{_name(layer, layers, 'R')}  {_by(layer.units, layer.units)}"
            axes.text(edge + 0.6, y, label, color=ORANGE, va="center")
        below = row
    _arrow(axes, (FOLDED, top + RADIUS + 0.05), (FOLDED, top + 0.6), "black")


def _row(axes: Axes, size: int, y: float, fill: str) -> list[float]:
    """Draw the units of a layer, dots for those left out; return where they are."""
    places = min(size, MAX_CIRCLES)
    start = FOLDED - SPACING * (places - 1) / 2
    xs = [start + SPACING * index for index in range(places)]
    if size > MAX_CIRCLES:
        dots = xs.pop(MAX_CIRCLES // 2)
        axes.text(dots, y, "$\\cdots$", ha="center", va="center", fontsize=14)
    for x in xs:
        circle = Circle((x, y), RADIUS, facecolor=fill, edgecolor="black", zorder=3)
        axes.add_patch(circle)
    return xs


def _unrolled(
    axes: Axes,
    layers: list[Layer],
    times: list[int | None],
    *,
    batch: int,
    steps: int,
):
    """Draw a column for every step; the same weights have the same colour in all."""
    top = ROW * len(layers)
    xs = [UNROLLED + STEP * index for index in range(len(times))]
    middle = (xs[0] + xs[-1]) / 2
    title = f"unrolled, {steps} step{'s' if steps > 1 else ''}"
    axes.text(middle, top + 0.85, title, ha="center", fontsize=13, weight="bold")
    side = xs[-1] + 0.95
    axes.text(side, top + 0.45, "shape, all steps", va="center", color=GREY)
    for level in range(len(layers) + 1):
        size = layers[level - 1].units if level else layers[0].reads
        shape = shapes_of(size, batch=batch, steps=steps)[2]
        axes.text(side, ROW * level, f"{shape}", va="center", color=GREY)
    for layer in layers:
        if layer.recurrent:
            y, start = ROW * layer.number, xs[0] - BOX[0] / 2
            _arrow(axes, (start - 0.62, y), (start - 0.04, y), ORANGE)
            axes.text(start - 0.68, y, "0", ha="right", va="center", color=ORANGE)
    for x, t in zip(xs, times, strict=True):
        if t is None:
            for level in range(len(layers) + 1):
                y = ROW * level
                axes.text(x, y, "$\\cdots$", ha="center", va="center", fontsize=16)
        else:
            _column(axes, layers, x, t)
        for layer in layers:
            if layer.recurrent and x != xs[-1]:
                y, half = ROW * layer.number, BOX[0] / 2 + 0.04
                _arrow(axes, (x + half, y), (x + STEP - half, y), ORANGE)
                label = _name(layer, layers, "R")
                axes.text(x + STEP / 2, y + 0.14, label, color=ORANGE, ha="center")


def _column(axes: Axes, layers: list[Layer], x: float, t: int):
    """Draw all layers at one step."""
    _box(axes, x, 0, f"$x_{{{t}}}$", FILL["read"])
    half = BOX[1] / 2 + 0.04
    for layer in layers:
        y = ROW * layer.number
        fill, color = _colors(layer)
        upper = f"^{{({layer.number})}}" if len(layers) > 1 else ""
        _box(axes, x, y, f"$a{upper}_{{{t}}}$", fill)
        _arrow(axes, (x, y - ROW + half), (x, y - half), color)
        label = _name(layer, layers, "F")
        axes.text(x + 0.07, y - ROW / 2, label, color=color, va="center")
    top = ROW * len(layers)
    _arrow(axes, (x, top + half), (x, top + 0.6), "black")


def _type(axes: Axes, kind: Kind, middle: float):
    """Draw one of the four types, with its name and its examples."""
    count = max(*kind.reads, *kind.writes) + 1
    gap, size = 0.58, (0.34, 0.3)
    xs = [middle + gap * (t - (count - 1) / 2) for t in range(count)]
    read, state, written = 0.85, 1.45, 2.05
    axes.text(middle, 2.55, kind.name, ha="center", fontsize=11, weight="bold")
    names = "\n".join(dict.fromkeys(name for name, _ in kind.examples))
    axes.text(middle, 0.45, names, ha="center", va="top", fontsize=10)
    for t, x in enumerate(xs):
        _box(axes, x, state, "", FILL["state"], size)
        if t in kind.reads:
            _box(axes, x, read, "", FILL["read"], size)
            _arrow(axes, (x, read + 0.17), (x, state - 0.17), BLUE)
        if t in kind.writes:
            _box(axes, x, written, "", FILL["written"], size)
            _arrow(axes, (x, state + 0.17), (x, written - 0.17), GREEN)
        if t + 1 < count:
            _arrow(axes, (x + 0.19, state), (x + gap - 0.19, state), ORANGE)
            if kind.feeds_back and t in kind.writes:
                ends = ((x + 0.19, written), (x + gap - 0.05, state + 0.17))
                _arrow(axes, *ends, GREY, style="--")


def _box(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    fill: str,
    size: tuple[float, float] = BOX,
):
    width, height = size
    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.08"
    box = FancyBboxPatch(
        corner, width, height, style, facecolor=fill, edgecolor="black", zorder=3
    )
    axes.add_patch(box)
    axes.text(x, y, text, ha="center", va="center", zorder=4, fontsize=12)


def _arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    color: str,
    *,
    bend: float = 0.0,
    style: str = "-",
):
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        mutation_scale=10,
        connectionstyle=f"arc3,rad={bend}",
        color=color,
        linestyle=style,
        shrinkA=0,
        shrinkB=0,
        zorder=2,
    )
    axes.add_patch(arrow)
