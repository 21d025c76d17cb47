"""One sequence, step by step: the numbers, and the sums that they come from.

Letters: T time steps, D inputs of a layer, U its units.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .shapes import Layer

WRITTEN_OUT = 3  # widest layer whose sums are written out
SHOWN = 9  # longest array that is printed whole

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Step:
    """What one layer computes at one step."""

    x: np.ndarray  # (D,) input
    h: np.ndarray | None  # (U,) previous state; None for a dense layer
    z: np.ndarray  # (U,) sum
    a: np.ndarray  # (U,) output, and the new state


def tiny(layers: list[Layer]) -> bool:
    """Return whether all layers are narrow enough for their sums to be printed."""
    return max(max(layer.inputs, layer.units) for layer in layers) <= WRITTEN_OUT


def random_weights(layers: list[Layer], seed: int) -> list[Weights]:
    """Return random weights of every layer, rounded to tenths if they are printed."""
    rng = np.random.default_rng(seed)
    rounded, drawn = _tenths if tiny(layers) else np.asarray, []
    for layer in layers:
        # Glorot's limit, so that tanh does not saturate.
        limit = 1 if tiny(layers) else (6 / (layer.inputs + layer.units)) ** 0.5
        shapes = layer.full.weights.items()
        drawn.append({n: rounded(rng.uniform(-limit, limit, s)) for n, s in shapes})
    return drawn


def random_sequence(layers: list[Layer], steps: int, seed: int) -> np.ndarray:
    """Return a random sequence (T, D), rounded to tenths."""
    rng = np.random.default_rng([seed, 1])
    return _tenths(rng.uniform(-1, 1, (steps, layers[0].inputs)))


def _tenths(array: np.ndarray) -> np.ndarray:
    return np.round(array, 1) + 0.0  # no -0.0


def run(weights: list[Weights], x: np.ndarray) -> list[list[Step]]:
    """Return what every layer computes at every step: a list by step, by layer.

    Args:
        weights: W_F, W_R where there is one, and b, of every layer.
        x: the sequence, (T, D).
    """
    states = [np.zeros_like(w["b"]) if "W_R" in w else None for w in weights]
    steps = []
    for x_t in x:
        row = []
        for index, w in enumerate(weights):
            h = states[index]
            if h is None:
                z = a = x_t @ w["W_F"] + w["b"]
            else:
                z = x_t @ w["W_F"] + h @ w["W_R"] + w["b"]
                a = states[index] = np.tanh(z)
            row.append(Step(x_t, h, z, a))
            x_t = a  # input of the next layer
        steps.append(row)
    return steps


def concise_z(step: Step, w: Weights) -> np.ndarray:
    """Return z of a step in the concise notation: [x ; h] [W_F ; W_R] + b."""
    if step.h is None:
        return step.x @ w["W_F"] + w["b"]
    both = np.concatenate([step.x, step.h])  # (D + U,)
    return both @ np.concatenate([w["W_F"], w["W_R"]]) + w["b"]


def lines(
    layers: list[Layer], weights: list[Weights], trace: list[list[Step]]
) -> Iterator[str]:
    """Yield the trace as text. A tiny network's weights and sums are written out."""
    if tiny(layers):
        for layer, w in zip(layers, weights, strict=True):
            yield f"layer {layer.number}"
            for name, array in w.items():
                yield f"  {name:<3} = {_array(array, 1)}"
    for t, row in enumerate(trace, start=1):
        yield f"step {t}"
        for layer, w, step in zip(layers, weights, row, strict=True):
            yield f"  layer {layer.number}, {layer.kind}"
            digits = 1 if layer.number == 1 else 3
            yield f"    x_{t} = {_array(step.x, digits)}"
            if layer.recurrent:
                yield f"    h_{t - 1} = {_array(step.h)}"
            if tiny(layers):
                for unit in range(layer.units):
                    yield from _sum(step, w, unit, t, digits)
            yield f"    z_{t} = {_array(step.z)}"
            yield f"    a_{t} = {layer.a.replace('z_t', f'z_{t}')} = {_array(step.a)}"


def _sum(step: Step, w: Weights, unit: int, t: int, digits: int) -> Iterator[str]:
    """Yield the sum that gives z of one unit, one line for each of its parts."""
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


def _array(values: np.ndarray, digits: int = 3) -> str:
    text = np.array2string(
        values,
        max_line_width=1000,
        threshold=SHOWN,
        formatter={"float_kind": f"{{:.{digits}f}}".format},
    ).replace("\n", "")
    return text if values.size <= SHOWN else f"{text} ({values.size} numbers)"
