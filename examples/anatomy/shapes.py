"""What has which shape in a recurrent network, and how many parameters it has.

Pure functions of the sizes of the layers. Vectors are rows, as in Keras: W_F has a row
for every number that is read. Letters: B batch, T time steps, D numbers that a layer
reads, U its units.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One layer of a network."""

    number: int  # counted from 1, the first above the input
    reads: int  # D
    units: int  # U
    recurrent: bool  # else dense: the same at every step, and without a state

    @property
    def kind(self) -> str:
        """What it is called."""
        return "recurrent" if self.recurrent else "dense"


def layers_of(sizes: Sequence[int], *, output: str) -> list[Layer]:
    """Return the layers of a network.

    Args:
        sizes: of the input, of every recurrent layer, of the output. Of only two, the
            second is that of a recurrent layer, and there is no layer above it.
        output: kind of the last layer, "dense" or "recurrent".
    """
    count = len(sizes) - 1
    return [
        Layer(
            number=number,
            reads=sizes[number - 1],
            units=sizes[number],
            recurrent=number < count or output == "recurrent" or count == 1,
        )
        for number in range(1, count + 1)
    ]


def weights(layer: Layer) -> dict[str, Shape]:
    """Return the shapes of the weights, with a matrix for what is read and for h."""
    shapes = {"W_F": (layer.reads, layer.units)}
    if layer.recurrent:
        shapes["W_R"] = (layer.units, layer.units)
    return {**shapes, "b": (layer.units,)}


def concise_weights(layer: Layer) -> dict[str, Shape]:
    """Return the shapes of the weights in the concise notation: W_F over W_R."""
    rows = layer.reads + layer.units if layer.recurrent else layer.reads
    return {"W": (rows, layer.units), "b": (layer.units,)}


def values(layer: Layer) -> dict[str, int]:
    """Return how many numbers of a sequence a layer handles at a step, by name."""
    read = {"x_t": layer.reads}
    if layer.recurrent:
        read["h_t-1"] = layer.units
    return {**read, "z_t": layer.units, "a_t": layer.units}


def concise_values(layer: Layer) -> dict[str, int]:
    """Return the same in the concise notation: x_t with h_t-1 behind it."""
    both = {"[x_t ; h_t-1]": layer.reads + layer.units}
    return {
        **(both if layer.recurrent else {"x_t": layer.reads}),
        "z_t": layer.units,
        "a_t": layer.units,
    }


def shapes_of(size: int, *, batch: int, steps: int) -> tuple[Shape, Shape, Shape]:
    """Return the shape of `size` numbers: for one step, the batch, and all steps.

    Returns:
        (size,), (B, size) and (B, T, size).
    """
    return (size,), (batch, size), (batch, steps, size)


def parameters(layer: Layer) -> int:
    """Return the number of parameters of a layer."""
    return sum(map(math.prod, weights(layer).values()))


def concise_parameters(layer: Layer) -> int:
    """Return the same number, counted in the concise notation."""
    return sum(map(math.prod, concise_weights(layer).values()))


def counted(layer: Layer) -> tuple[str, str]:
    """Return the two counts as sums: 3·7 + 7·7 + 7 = 77 and (3 + 7)·7 + 7 = 77."""
    D, U = layer.reads, layer.units
    recurrent = f" + {U}·{U}" if layer.recurrent else ""
    both = f"({D} + {U})" if layer.recurrent else f"{D}"
    return (
        f"{D}·{U}{recurrent} + {U} = {parameters(layer)}",
        f"{both}·{U} + {U} = {concise_parameters(layer)}",
    )
