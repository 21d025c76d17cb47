"""One sequence, step by step: the numbers, and the sums that they come from.

Letters: T time steps, D numbers that a layer reads, U units.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from examples.anatomy.shapes import Layer, weights

WRITTEN_OUT = 3  # widest layer whose sums are written out
SHOWN = 8  # numbers of a vector that are shown


@dataclass(frozen=True)
class Step:
    """What one layer does at one step."""

    x: np.ndarray  # (D,) what it reads
    h: np.ndarray | None  # (U,) its state before; None for a dense layer
    z: np.ndarray  # (U,)
    a: np.ndarray  # (U,) what it puts out, and its state from now on


Weights = dict[str, np.ndarray]


def tiny(layers: list[Layer]) -> bool:
    """Return whether all layers are so narrow that the sums can be written out."""
    return max(max(layer.reads, layer.units) for layer in layers) <= WRITTEN_OUT


def random_weights(layers: list[Layer], seed: int) -> list[Weights]:
    """Return random weights for every layer; those of a tiny network are tenths."""
    rng = np.random.default_rng(seed)
    drawn = []
    for layer in layers:
        # As wide as Glorot's, so that tanh is not driven to its ends.
        limit = 1 if tiny(layers) else (6 / (layer.reads + layer.units)) ** 0.5
        arrays = {
            name: rng.uniform(-limit, limit, shape)
            for name, shape in weights(layer).items()
        }
        drawn.append(
            {name: _tenths(w) if tiny(layers) else w for name, w in arrays.items()}
        )
    return drawn


def random_sequence(layers: list[Layer], steps: int, seed: int) -> np.ndarray:
    """Return a sequence (T, D) of tenths."""
    rng = np.random.default_rng([seed, 1])
    return _tenths(rng.uniform(-1, 1, (steps, layers[0].reads)))


def _tenths(array: np.ndarray) -> np.ndarray:
    return np.round(array, 1) + 0.0  # no -0.0


def run(
    layers: list[Layer], layer_weights: list[Weights], x: np.ndarray
) -> list[list[Step]]:
    """Return what every layer does at every step: a list by step, by layer.

    Args:
        layers: of the network.
        layer_weights: W_F, W_R where there is one, and b, of every layer.
        x: the sequence, (T, D).
    """
    states = [np.zeros(layer.units) if layer.recurrent else None for layer in layers]
    taken = []
    for x_t in x:
        row = []
        for index, w in enumerate(layer_weights):
            h = states[index]
            if h is None:
                z = x_t @ w["W_F"] + w["b"]
                step = Step(x_t, None, z, z)
            else:
                z = x_t @ w["W_F"] + h @ w["W_R"] + w["b"]
                step = Step(x_t, h, z, np.tanh(z))
                states[index] = step.a
            row.append(step)
            x_t = step.a  # what the layer above reads
        taken.append(row)
    return taken


def concise_z(step: Step, w: Weights) -> np.ndarray:
    """Return z of a step in the concise notation: [x ; h] [W_F ; W_R] + b."""
    if step.h is None:
        return step.x @ w["W_F"] + w["b"]
    both = np.concatenate([step.x, step.h])  # (D + U,)
    return both @ np.concatenate([w["W_F"], w["W_R"]]) + w["b"]


def lines(
    layers: list[Layer], layer_weights: list[Weights], taken: list[list[Step]]
) -> Iterator[str]:
    """Yield the steps as text; sums are written out if the network is tiny."""
    if tiny(layers):
        for layer, w in zip(layers, layer_weights, strict=True):
            yield f"layer {layer.number}"
            for name, array in w.items():
                yield f"  {name:<3} = {_matrix(array)}"
    for t, row in enumerate(taken, start=1):
        yield f"step {t}"
        for layer, w, step in zip(layers, layer_weights, row, strict=True):
            yield f"  layer {layer.number}, {layer.kind}"
            digits = 1 if layer.number == 1 else 3
            yield f"    x_{t} = {_vector(step.x, digits)}"
            if step.h is not None:
                yield f"    h_{t - 1} = {_vector(step.h)}"
            if tiny(layers):
                for unit in range(layer.units):
                    yield from _sum(step, w, unit, t, digits)
            yield f"    z_{t} = {_vector(step.z)}"
            formula = f"tanh(z_{t})" if layer.recurrent else f"z_{t}"
            yield f"    a_{t} = {formula} = {_vector(step.a)}"


def _sum(step: Step, w: Weights, unit: int, t: int, digits: int) -> Iterator[str]:
    """Yield the sum that is z of one unit, a line for each of its parts."""
    parts = [(_products(step.x, w["W_F"][:, unit], digits), f"x_{t} W_F")]
    if step.h is not None:
        parts.append((_products(step.h, w["W_R"][:, unit], 3), f"h_{t - 1} W_R"))
    parts.append((f"{_number(w['b'][unit], 1)} = {step.z[unit]:.3f}", "b"))
    for index, (text, name) in enumerate(parts):
        sign = "+" if index else f"z_{t}[{unit + 1}] ="
        yield f"      {sign:>8} {text:<52} {name}"


def _products(values: np.ndarray, column: np.ndarray, digits: int) -> str:
    pairs = zip(values, column, strict=True)
    return " + ".join(f"{_number(v, digits)}·{_number(w, 1)}" for v, w in pairs)


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return f"({text})" if value < 0 else text


def _vector(values: np.ndarray, digits: int = 3) -> str:
    shown = [f"{value:.{digits}f}" for value in values]
    if len(shown) > SHOWN:
        shown = [*shown[:4], "...", *shown[-2:], f"({len(values)} numbers)"]
    return "[" + " ".join(shown) + "]"


def _matrix(array: np.ndarray) -> str:
    if array.ndim == 1:
        return _vector(array, 1)
    return "[" + ", ".join(_vector(row, 1) for row in array) + "]"
