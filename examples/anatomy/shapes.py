"""The shapes and the parameters of a recurrent network, computed from its sizes.

Vectors are rows, as in Keras: W_F has one row per input.
Letters: B batch, T time steps, D inputs of a layer, U its units.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Notation:
    """One way to write the step of a layer."""

    inputs: dict[str, int]  # size of each vector that the step reads
    weights: dict[str, Shape]
    z: str  # formula of the sum
    count: str  # formula of the number of parameters

    @property
    def parameters(self) -> int:
        """Number of parameters, counted over all weights."""
        return sum(map(math.prod, self.weights.values()))


@dataclass(frozen=True)
class Layer:
    """One layer of a network."""

    number: int  # counted from 1, the first above the input
    inputs: int  # D
    units: int  # U
    recurrent: bool  # else dense: applied to every step alone, without a state

    @property
    def kind(self) -> str:
        """Its name in tables and figures."""
        return "recurrent" if self.recurrent else "dense"

    @property
    def a(self) -> str:
        """Formula of the output."""
        return "tanh(z_t)" if self.recurrent else "z_t"

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return self.full.parameters

    @property
    def full(self) -> Notation:
        """The step with one matrix for the input and one for the state."""
        D, U = self.inputs, self.units
        if not self.recurrent:
            weights = {"W_F": (D, U), "b": (U,)}
            return Notation({"x_t": D}, weights, "x_t W_F + b", f"{D}·{U} + {U}")
        weights = {"W_F": (D, U), "W_R": (U, U), "b": (U,)}
        z, count = "x_t W_F + h_t-1 W_R + b", f"{D}·{U} + {U}·{U} + {U}"
        return Notation({"x_t": D, "h_t-1": U}, weights, z, count)

    @property
    def concise(self) -> Notation:
        """The same step with one matrix: x_t beside h_t-1, and W_F above W_R."""
        D, U = self.inputs, self.units
        if not self.recurrent:
            weights = {"W = W_F": (D, U), "b": (U,)}
            return Notation({"x_t": D}, weights, "x_t W + b", f"{D}·{U} + {U}")
        weights = {"W = [W_F ; W_R]": (D + U, U), "b": (U,)}
        z, count = "[x_t ; h_t-1] W + b", f"({D} + {U})·{U} + {U}"
        return Notation({"[x_t ; h_t-1]": D + U}, weights, z, count)


def layers_of(sizes: Sequence[int], *, output: str) -> list[Layer]:
    """Return the layers of a network.

    Args:
        sizes: of the input, of every recurrent layer, of the output. With two sizes,
            the only layer is recurrent.
        output: kind of the last layer, "dense" or "recurrent".
    """
    last = len(sizes) - 1
    return [
        Layer(
            number=number,
            inputs=sizes[number - 1],
            units=sizes[number],
            recurrent=number < last or output == "recurrent" or last == 1,
        )
        for number in range(1, last + 1)
    ]


def shapes_of(size: int, *, batch: int, steps: int) -> tuple[Shape, Shape, Shape]:
    """Return (size,) of one step, (B, size) of a batch, (B, T, size) of all steps."""
    return (size,), (batch, size), (batch, steps, size)


def rows(layer: Layer, notation: Notation, *, batch: int, steps: int) -> list[tuple]:
    """Return a table's rows: name, shape at one step, of a batch, of all steps."""
    vectors = {
        **notation.inputs,
        f"z_t = {notation.z}": layer.units,
        f"a_t = {layer.a}": layer.units,
    }
    sizes = {"batch": batch, "steps": steps}
    *inputs, z, a = ((name, *shapes_of(n, **sizes)) for name, n in vectors.items())
    weights = [(name, n, "same", "same") for name, n in notation.weights.items()]
    return [*inputs, *weights, z, a]
