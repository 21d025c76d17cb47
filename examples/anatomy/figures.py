"""The figures: the network folded, the same unrolled in time, and the four types.

The ground is transparent, and what stands on it has colours that can be seen on white
and on black. Coordinates are inches. A layer lies `ROW` above the one below it.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from common.training import plots
from common.training.plots import BLUE, GREEN, ORANGE

from .kinds import KINDS, Kind
from .shapes import Layer, shapes_of

ROW = 1.25  # between two layers
RADIUS, SPACING = 0.17, 0.44  # of units
MAX_CIRCLES = 7  # units of a layer that are drawn
MIDDLE = 3.7  # of the units
STEP = 1.5  # between two steps
MAX_STEPS = 4  # steps that are drawn
BOX, SMALL_BOX = (0.85, 0.5), (0.4, 0.34)
INPUT, STATE, OUTPUT = "#E8E8E8", "#CFE3F2", "#CDEBDD"  # fill colours
INK = "#7B7B7B"  # contrast with white 4.2, with #171717, a dark page, 4.2
CENTER = {"ha": "center", "va": "center"}


def draw(
    folder: Path, layers: list[Layer], *, batch: int, steps: int, columns: bool = False
):
    """Draw the network and the four types into a folder: a figure each, SVG and PNG.

    Args:
        folder: takes the figures.
        layers: of the network.
        batch: sequences in a batch.
        steps: time steps of a sequence.
        columns: whether the shapes are those of column vectors.
    """
    draw_folded(folder / "folded.png", layers, columns)
    sizes = {"batch": batch, "steps": steps, "columns": columns}
    draw_unrolled(folder / "unrolled.png", layers, sizes)
    for kind in KINDS:
        name = kind.name.replace(", ", "_").replace("-", "_").replace(" ", "_")
        draw_type(folder / f"{name}.png", kind)


def _blank(width: float, bottom: float, top: float) -> Axes:
    figure = Figure(figsize=(width, top - bottom), facecolor="none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(bottom, top))
    axes.axis("off")
    return axes


def _name(layer: Layer, token: str, t: int | str = "t") -> str:
    """Return a name as mathematical text: h(1)_2 is $h^{(1)}_{2}$."""
    if token in "xy":
        return f"${token}_{{{t}}}$"
    time = "" if token[0] == "W" else f"_{{{t}}}"
    return f"${token}^{{({layer.number})}}{time}$"


def _matrix(layer: Layer, name: str, rows: int, columns: bool) -> str:
    """Return the name and the shape of a matrix, with its parts: 3 x 4·7."""
    P = len(layer.cell.parts)
    wide = f"{P} \\cdot {layer.units}" if P > 1 else f"{layer.units}"
    first, last = (wide, rows) if columns else (rows, wide)
    return f"{_name(layer, name)}  ${first} \\times {last}$"


def _colors(layer: Layer) -> tuple[str, str]:
    """Return the fill of a layer and the colour of its feedforward arrows."""
    return (STATE, BLUE) if layer.cell.states else (OUTPUT, GREEN)


def draw_folded(path: Path, layers: list[Layer], columns: bool):
    """Draw every unit, every connection, and a loop for each recurrent layer."""
    top = ROW * len(layers)
    axes = _blank(6.6, -0.4, top + 0.7)
    below = _units(axes, layers[0].inputs, 0, INPUT)
    _text(axes, 0.1, 0, f"input $x_t$: {layers[0].inputs}")
    for layer in layers:
        y = ROW * layer.number
        fill, color = _colors(layer)
        row = _units(axes, layer.units, y, fill)
        for start in below:
            for end in row:
                ends = (y - ROW + RADIUS, y - RADIUS)
                axes.plot((start, end), ends, color=color, alpha=0.8, linewidth=0.7)
        what = f"layer {layer.number}, {layer.cell.keras}: {layer.units}"
        _text(axes, 0.1, y, f"{what}\n{layer.parameters:,} parameters")
        _text(axes, 0.1, y - ROW / 2, _matrix(layer, "W_F", layer.inputs, columns))
        if layer.cell.states:
            edge = row[-1] + RADIUS + 0.03
            _arrow(axes, (edge, y + 0.13), (edge, y - 0.13), ORANGE, bend=-3.2)
            _text(axes, edge + 0.5, y, _matrix(layer, "W_R", layer.units, columns))
        below = row
    _arrow(axes, (MIDDLE, top + RADIUS + 0.05), (MIDDLE, top + 0.6), INK)
    sizes = ", ".join(f"{one.units} in layer {one.number}" for one in layers)
    plots.save(
        axes.figure,
        path,
        caption="The network folded: every unit and every weight; loops are W_R.",
        alt=f"{layers[0].inputs} inputs at the bottom, above them units: {sizes}. Each "
        "is joined to all below it. A loop leads from each recurrent layer to itself.",
    )


def _units(axes: Axes, size: int, y: float, fill: str) -> list[float]:
    """Draw the units of a layer, with dots for those left out; return their places."""
    count = min(size, MAX_CIRCLES)
    xs = [MIDDLE + SPACING * (index - (count - 1) / 2) for index in range(count)]
    if size > MAX_CIRCLES:
        _text(axes, xs.pop(count // 2), y, "$\\cdots$", size=14, **CENTER)
    for x in xs:
        circle = Circle((x, y), RADIUS, facecolor=fill, edgecolor=INK, zorder=3)
        axes.add_patch(circle)
    return xs


def draw_unrolled(path: Path, layers: list[Layer], sizes: dict[str, int]):
    """Draw one column per step. Equal weights have equal names in all of them."""
    steps = sizes["steps"]
    # `None` stands for the steps that are left out.
    times = list(range(1, steps + 1)) if steps <= MAX_STEPS else [1, 2, None, steps]
    first, top = 1.1, ROW * len(layers)
    last = first + STEP * (len(times) - 1)
    axes = _blank(last + 1.9, -0.4, top + 0.7)
    half_width, half_height = BOX[0] / 2 + 0.04, BOX[1] / 2 + 0.04
    _text(axes, last + 0.6, top + 0.5, "shape, all steps")
    for level, size in enumerate([layers[0].inputs, *(one.units for one in layers)]):
        _text(axes, last + 0.6, ROW * level, f"{shapes_of(size, **sizes)[2]}")
    for index, t in enumerate(times):
        x = first + STEP * index
        _box(axes, x, 0, t and _name(layers[0], "x", t), INPUT)
        for layer in layers:
            y, (fill, color) = ROW * layer.number, _colors(layer)
            _box(axes, x, y, t and _name(layer, layer.cell.output, t), fill)
            if t is not None:
                _arrow(axes, (x, y - ROW + half_height), (x, y - half_height), color)
                _text(axes, x + 0.07, y - ROW / 2, _name(layer, "W_F"))
            if layer.cell.states:  # the arrow from the step before
                start = x - STEP + half_width if index else x - half_width - 0.45
                _arrow(axes, (start, y), (x - half_width, y), ORANGE)
                place = (x - STEP / 2, y + 0.2) if index else (start - 0.1, y)
                label = _name(layer, "W_R") if index else "0"
                _text(axes, *place, label, **CENTER)
                for state in layer.cell.states[1:] if index else ():
                    label = f"${state}^{{({layer.number})}}$"
                    _text(axes, x - STEP / 2, y - 0.2, label, **CENTER)
        if t is not None:
            _arrow(axes, (x, top + half_height), (x, top + 0.6), INK)
    plots.save(
        axes.figure,
        path,
        caption=f"The same network unrolled over {steps} steps: the weights are the "
        "same at every step.",
        alt=f"A column of boxes for each step, from x_1 to x_{steps}: the input and "
        f"above it {len(layers)} layers. Arrows lead up, and from each recurrent layer "
        "to itself at the next step.",
    )


def draw_type(path: Path, kind: Kind):
    """Draw one of the four types, with its name and its examples."""
    count, gap, (width, height) = max(kind.writes) + 1, 0.68, SMALL_BOX
    top, state, bottom = 1.3, 0.65, 0.0  # y of outputs, states, inputs
    examples = list(kind.examples)
    axes = _blank(3.6, -0.5 - 0.22 * len(examples), 1.95)
    middle = 1.8
    _text(axes, middle, 1.75, kind.name, weight="bold", **CENTER)
    _text(axes, middle, -0.35, "\n".join(examples), ha="center", va="top")
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
                _arrow(axes, *ends, INK, style="--")
    reads, writes = (
        " and ".join(str(t + 1) for t in times) for times in (kind.reads, kind.writes)
    )
    back = " The next step reads each output." if kind.feeds_back else ""
    plots.save(
        axes.figure,
        path,
        caption=f"{kind.name.capitalize()}: {', '.join(examples)}.",
        alt=f"{count} steps: input at {reads}; output at {writes}.{back}",
    )


def _box(axes, x, y, text, fill, size=BOX):
    """Draw a text in a box around (x, y), or dots alone where there is no text."""
    if text is None:
        _text(axes, x, y, "$\\cdots$", size=16, **CENTER)
        return
    axes.text(x, y, text, fontsize=13, zorder=4, **CENTER)
    style = "round,pad=0,rounding_size=0.08"
    corner = (x - size[0] / 2, y - size[1] / 2)
    box = FancyBboxPatch(corner, *size, style, fc=fill, ec=INK, zorder=3)
    axes.add_patch(box)


def _text(axes, x, y, text, *, size=11, va="center", **look):
    axes.text(x, y, text, fontsize=size, color=INK, va=va, **look)


def _arrow(axes, start, end, color, *, bend=0.0, style="-"):
    """Draw an arrow from one point to another."""
    look = {"arrowstyle": "-|>", "color": color, "linestyle": style, "shrinkA": 0}
    look |= {"shrinkB": 0, "connectionstyle": f"arc3,rad={bend}", "mutation_scale": 10}
    axes.annotate("", end, start, arrowprops=look)
