"""The equations of a network, and the shapes and parameters that follow from its sizes.

Letters: B batch, T time steps, D inputs of a layer, U its units, P parts of a sum.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """What a layer computes at one step.

    In the equations, x is what the layer reads, and a minus behind a name means the
    step before. * multiplies number by number.
    """

    keras: str  # class in keras.layers
    equations: dict[str, str]  # the last one gives the output
    states: tuple[str, ...] = ("h",)
    parts: tuple[str, ...] = ("",)  # of each sum, side by side: one for each gate

    @property
    def output(self) -> str:
        """Name of what the next layer reads."""
        return list(self.equations)[-1]

    @property
    def is_concise(self) -> bool:
        """Whether a single product, of [x ; h], gives the sum."""
        return "W_R" in self.equations.get("z", "")


CELLS = {
    "simple": Cell("SimpleRNN", {"z": "x W_F + h- W_R + b", "h": "tanh(z)"}),
    # Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000):
    # input, forget and output gate i, f, o; g is what may be added to the memory c.
    "lstm": Cell(
        "LSTM",
        {
            "z": "x W_F + h- W_R + b",
            "i": "sigmoid(zi)",
            "f": "sigmoid(zf)",
            "g": "tanh(zg)",
            "o": "sigmoid(zo)",
            "c": "f * c- + i * g",
            "h": "o * tanh(c)",
        },
        states=("h", "c"),
        parts=("i", "f", "g", "o"),
    ),
    # Cho et al. (2014), in the variant that is Keras's default (`reset_after`): update
    # and reset gate u, r; n is the new state proposed.
    "gru": Cell(
        "GRU",
        {
            "p": "x W_F + b_F",
            "q": "h- W_R + b_R",
            "u": "sigmoid(pu + qu)",
            "r": "sigmoid(pr + qr)",
            "n": "tanh(pn + r * qn)",
            "h": "u * h- + (1 - u) * n",
        },
        parts=("u", "r", "n"),
    ),
}
DENSE = Cell("Dense", {"y": "x W_F + b"}, states=())


@dataclass(frozen=True)
class Layer:
    """One layer of a network."""

    number: int  # counted from 1, the first above the input
    inputs: int  # D
    units: int  # U
    cell: Cell

    @property
    def weights(self) -> dict[str, Shape]:
        """Shape of each weight, by name: matrices first, as in Keras."""
        names = re.findall(
            r"\b(?:W|b)(?:_\w)?\b", " ".join(self.cell.equations.values())
        )
        rows, width = {"W_F": self.inputs, "W_R": self.units}, self.width("z")
        shapes = {n: (rows[n], width) if n in rows else (width,) for n in names}
        return dict(sorted(shapes.items(), key=lambda item: item[0] not in rows))

    @property
    def vectors(self) -> dict[str, int]:
        """Size of each vector that a step reads or computes, in this order."""
        before = {f"{state}-": self.units for state in self.cell.states}
        found = {name: self.width(name) for name in self.cell.equations}
        return {"x": self.inputs, **before, **found}

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(map(math.prod, self.weights.values()))

    @property
    def count(self) -> str:
        """Formula of the number of parameters."""
        U, P = self.units, len(self.cell.parts)
        row = {"W_F": f"{self.inputs}·{U}", "W_R": f"{U}·{U}"}
        terms = " + ".join(row.get(name, f"{U}") for name in self.weights)
        return terms if P == 1 else f"{P}·({terms})"

    def width(self, name: str) -> int:
        """Return the size of a sum, or of another computed vector."""
        is_sum = "W" in self.cell.equations.get(name, "W")
        return self.units * (len(self.cell.parts) if is_sum else 1)

    def named(self, formula: str, t: int | str = "t", *, columns: bool = False) -> str:
        """Return a name or a formula with the numbers of its layers and of the step.

        Args:
            formula: as in `Cell.equations`.
            t: the step, a number from 1, or "t" for any.
            columns: whether vectors are columns, so that weights stand left of them.
        """

        def one(found: re.Match) -> str:
            name = found[0]
            if name in ("tanh", "sigmoid"):
                return name
            if name == "x" and self.number > 1:
                return f"h({self.number - 1})_{t}"
            if name in "xy":
                return f"{name}_{t}"
            if name[0] in "Wb":
                return f"{name}({self.number})"
            if name.endswith("-"):
                before = "t-1" if t == "t" else t - 1
                return f"{name[:-1]}({self.number})_{before}"
            return f"{name}({self.number})_{t}"

        if columns:
            formula = re.sub(r"(\w-?|\[.*\]) (W\w*)", r"\2 \1", formula)
        return re.sub(r"[a-zA-Z]\w*-?", one, formula)


def layers_of(
    sizes: Sequence[int], *, output: str, cell: str = "simple"
) -> list[Layer]:
    """Return the layers of a network.

    Args:
        sizes: of the input, of every recurrent layer, of the output. With two sizes,
            the only layer is recurrent.
        output: kind of the last layer, "dense" or "recurrent".
        cell: of the recurrent layers, one of `CELLS`.
    """
    last = len(sizes) - 1
    kinds = [CELLS[cell]] * last
    if output == "dense" and last > 1:
        kinds[-1] = DENSE
    pairs = zip(sizes, sizes[1:], kinds, strict=False)
    return [Layer(number, *layer) for number, layer in enumerate(pairs, start=1)]


def shapes_of(
    size: int, *, batch: int, steps: int, columns: bool = False
) -> tuple[Shape, Shape, Shape]:
    """Return the shape of a vector at one step, of a batch of it, and of all steps.

    Rows: (size,), (B, size), (B, T, size). Columns: (size, 1), (size, B), (size, B, T).
    """
    if columns:
        return (size, 1), (size, batch), (size, batch, steps)
    return (size,), (batch, size), (batch, steps, size)


def rows(layer: Layer, *, batch: int, steps: int, columns: bool = False) -> list[tuple]:
    """Return a table's rows: name, shape at one step, of a batch, of all steps."""
    options = {"batch": batch, "steps": steps, "columns": columns}
    found = {name: shapes_of(size, **options) for name, size in layer.vectors.items()}
    for name, shape in layer.weights.items():
        turned = (*shape, 1) if len(shape) == 1 else shape[::-1]
        found[name] = (turned if columns else shape, "same", "same")
    return [(layer.named(name), *shapes) for name, shapes in found.items()]
