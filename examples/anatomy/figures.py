"""The figure: the network folded, the same unrolled in time, and the four types.

Coordinates are inches. A layer lies `ROW` above the one below it.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE

from .kinds import KINDS, Kind
from .shapes import Layer, shapes_of

ROW = 1.35  # between two layers
RADIUS, SPACING = 0.17, 0.44  # of units
MAX_CIRCLES = 7  # units of a layer that are drawn
FOLDED, UNROLLED = 3.9, 8.8  # middle of the first part, first step of the second
STEP = 1.75  # between two steps
MAX_STEPS = 4  # steps that are drawn
BOX, SMALL_BOX = (0.95, 0.5), (0.34, 0.3)
INPUT, STATE, OUTPUT = "#E8E8E8", "#CFE3F2", "#CDEBDD"  # fill colours
CENTER = {"ha": "center", "va": "center"}
TITLE = {"ha": "center", "weight": "bold"}


def draw(path: Path, layers: list[Layer], *, batch: int, steps: int):
    """Draw the network and the four types into a PNG file, whole or not at all."""
    # `None` stands for the steps that are left out.
    times = list(range(1, steps + 1)) if steps <= MAX_STEPS else [1, 2, None, steps]
    length, top = STEP * (len(times) - 1), ROW * len(layers)
    width, limits = max(UNROLLED + length + 2.6, 3.3 * len(KINDS)), (-3.85, top + 1.15)
    figure = Figure(figsize=(width, limits[1] - limits[0]))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=limits)
    axes.axis("off")
    draw_folded(axes, layers)
    draw_unrolled(axes, layers, times)
    title = f"unrolled, {steps} step{'s' if steps > 1 else ''}"
    axes.text(UNROLLED + length / 2, top + 0.85, title, fontsize=13, **TITLE)
    x = UNROLLED + length + 0.95
    axes.text(x, top + 0.45, "shape, all steps", va="center", color=GREY)
    for level, size in enumerate([layers[0].inputs, *(la.units for la in layers)]):
        shape = shapes_of(size, batch=batch, steps=steps)[2]
        axes.text(x, ROW * level, f"{shape}", va="center", color=GREY)
    for index, kind in enumerate(KINDS):
        draw_type(axes, kind, (index + 0.5) * width / len(KINDS))
    plots.save(figure, path, svg=False)


def _name(layer: Layer, weight: str) -> str:
    return f"${weight}^{{({layer.number})}}$"


def _colors(layer: Layer) -> tuple[str, str]:
    """Return the fill of a layer and the colour of its feedforward arrows."""
    return (STATE, BLUE) if layer.recurrent else (OUTPUT, GREEN)


def draw_folded(axes: Axes, layers: list[Layer]):
    """Draw every unit, every connection, and a loop for each recurrent layer."""
    top = ROW * len(layers)
    axes.text(FOLDED, top + 0.85, "folded", fontsize=13, **TITLE)
    below = _units(axes, layers[0].inputs, 0, INPUT)
    axes.text(0.15, 0, f"input $x_t$: {layers[0].inputs}", va="center")
    for layer in layers:
        D, U, y = layer.inputs, layer.units, ROW * layer.number
        fill, color = _colors(layer)
        row = _units(axes, U, y, fill)
        for start in below:
            for end in row:
                ends = (y - ROW + RADIUS, y - RADIUS)
                axes.plot((start, end), ends, color=color, alpha=0.35, linewidth=0.7)
        what = (
            f"layer {layer.number}, {layer.kind}: {U}\n{layer.parameters:,} parameters"
        )
        axes.text(0.15, y, what, va="center")
        label = f"{_name(layer, 'W_F')}  ${D} \\times {U}$"
        axes.text(0.15, y - ROW / 2, label, color=color, va="center")
        if layer.recurrent:
            edge = row[-1] + RADIUS + 0.03
            _arrow(axes, (edge, y + 0.13), (edge, y - 0.13), ORANGE, bend=-3.2)
            label = f"{_name(layer, 'W_R')}  ${U} \\times {U}$"
            axes.text(edge + 0.6, y, label, color=ORANGE, va="center")
        below = row
    _arrow(axes, (FOLDED, top + RADIUS + 0.05), (FOLDED, top + 0.6), "black")


def _units(axes: Axes, size: int, y: float, fill: str) -> list[float]:
    """Draw the units of a layer, with dots for those left out; return their places."""
    count = min(size, MAX_CIRCLES)
    xs = [FOLDED + SPACING * (index - (count - 1) / 2) for index in range(count)]
    if size > MAX_CIRCLES:
        axes.text(xs.pop(count // 2), y, "$\\cdots$", fontsize=14, **CENTER)
    for x in xs:
        circle = Circle((x, y), RADIUS, facecolor=fill, edgecolor="black", zorder=3)
        axes.add_patch(circle)
    return xs


def draw_unrolled(axes: Axes, layers: list[Layer], times: list[int | None]):
    """Draw one column per step. Equal weights have equal colours in all of them."""
    half_width, half_height = BOX[0] / 2 + 0.04, BOX[1] / 2 + 0.04
    for index, t in enumerate(times):
        x, y = UNROLLED + STEP * index, 0.0
        _box(axes, x, y, "$\\cdots$" if t is None else f"$x_{{{t}}}$", t and INPUT)
        for layer in layers:
            y = ROW * layer.number
            fill, color = _colors(layer)
            text = "$\\cdots$" if t is None else f"$a^{{({layer.number})}}_{{{t}}}$"
            _box(axes, x, y, text, t and fill)
            if t is not None:
                _arrow(axes, (x, y - ROW + half_height), (x, y - half_height), color)
                label = _name(layer, "W_F")
                axes.text(x + 0.07, y - ROW / 2, label, color=color, va="center")
            if layer.recurrent:  # the arrow from the step before
                start = x - STEP + half_width if index else x - half_width - 0.58
                _arrow(axes, (start, y), (x - half_width, y), ORANGE)
                place = (x - STEP / 2, y + 0.2) if index else (start - 0.1, y)
                label = _name(layer, "W_R") if index else "0"
                axes.text(*place, label, color=ORANGE, **CENTER)
        if t is not None:
            _arrow(axes, (x, y + half_height), (x, y + 0.6), "black")


def draw_type(axes: Axes, kind: Kind, middle: float):
    """Draw one of the four types, with its name and its examples."""
    count = max(kind.writes) + 1
    gap, (width, height) = 0.58, SMALL_BOX
    bottom, state, top = -3.0, -2.4, -1.8  # y of inputs, states, outputs
    axes.text(middle, -1.3, kind.name, fontsize=11, **TITLE)
    axes.text(middle, -3.4, "\n".join(kind.examples), ha="center", va="top")
    for t in range(count):
        x = middle + gap * (t - (count - 1) / 2)
        _box(axes, x, state, "", STATE, SMALL_BOX)
        if t in kind.reads:
            _box(axes, x, bottom, "", INPUT, SMALL_BOX)
            _arrow(axes, (x, bottom + height / 2), (x, state - height / 2), BLUE)
        if t in kind.writes:
            _box(axes, x, top, "", OUTPUT, SMALL_BOX)
            _arrow(axes, (x, state + height / 2), (x, top - height / 2), GREEN)
        if t + 1 < count:
            _arrow(axes, (x + width / 2, state), (x + gap - width / 2, state), ORANGE)
            if kind.feeds_back and t in kind.writes:
                ends = ((x + width / 2, top), (x + gap - 0.05, state + height / 2))
                _arrow(axes, *ends, GREY, style="--")


def _box(axes, x, y, text, fill, size=BOX):
    """Draw a text in a box around (x, y); without a `fill`, the text alone."""
    axes.text(x, y, text, fontsize=12 if fill else 16, zorder=4, **CENTER)
    if fill:
        style = "round,pad=0,rounding_size=0.08"
        corner = (x - size[0] / 2, y - size[1] / 2)
        box = FancyBboxPatch(corner, *size, style, fc=fill, ec="black", zorder=3)
        axes.add_patch(box)


def _arrow(axes, start, end, color, *, bend=0.0, style="-"):
    """Draw an arrow from one point to another."""
    look = {"arrowstyle": "-|>", "color": color, "linestyle": style, "shrinkA": 0}
    look |= {"shrinkB": 0, "connectionstyle": f"arc3,rad={bend}", "mutation_scale": 10}
    axes.annotate("", end, start, arrowprops=look)
