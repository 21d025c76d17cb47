"""What gradients do on their way back, at the start of training.

All is measured on the sequences of the adding problem, and all at once for N networks,
one a seed. Letters: T time steps, B batch, U units.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from . import bptt
from .bptt import Arrays
from .config import Config

BATCH = 64
BACK = (1, 5, 10, 25, 50)  # steps of a truncated pass
TOLERANCE = 1e-4  # of the check; both sides compute in 32 bits


class Start(NamedTuple):
    """How a plain network starts."""

    activation: str
    kind: str
    scale: float = 1.0

    @property
    def name(self) -> str:
        scale = "" if self.scale == 1 else f"{self.scale:g} x "
        return f"{self.activation}, {scale}{self.kind}"


STARTS = [Start(a, kind) for a in bptt.ACTIVATIONS for kind in bptt.STARTS]
STARTS.append(Start("relu", "identity", 1.1))
# The cell, and which of its states. c of an LSTM is what its gates protect.
GATED = {
    "GRU, h": (keras.layers.GRUCell, 0),
    "LSTM, h": (keras.layers.LSTMCell, 0),
    "LSTM, c": (keras.layers.LSTMCell, 1),
}


def adding(rng: np.random.Generator, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of the adding problem, and their sums.

    At each step there is a number in [0, 1) and a mark: 1 at one step of each half,
    else 0. The target is the sum of the two marked numbers. (Hochreiter and Schmidhuber
    1997, experiment 4; one mark in each half as in Arjovsky, Shah, Bengio 2016.)

    Args:
        rng: where the random numbers come from.
        *shape: T, at least 2; N; B.

    Returns:
        x (T, N, B, 2) and target (N, B, 1). Always answering 1 has a mean squared error
        of 1/6.
    """
    T, *rest = shape
    values = rng.random(shape, dtype="float32")
    marks = np.zeros_like(values)
    for low, high in ((0, T // 2), (T // 2, T)):
        np.put_along_axis(marks, rng.integers(low, high, (1, *rest)), 1, axis=0)
    return np.stack([values, marks], axis=-1), (values * marks).sum(0)[..., None]


def first_weights(start: Start, config: Config) -> Arrays:
    """Return the weights of N networks for the adding problem, at their start."""
    sizes = {"inputs": 2, "units": config.units, "scale": start.scale}
    rngs = (np.random.default_rng([config.seed, n]) for n in range(config.seeds))
    return bptt.side_by_side([bptt.start(rng, start.kind, **sizes) for rng in rngs])


def passes(
    start: Start, config: Config, back: int | None = None
) -> tuple[Arrays, np.ndarray, np.ndarray, np.ndarray, Arrays, np.ndarray]:
    """Go forward and back once; the loss is the mean squared error.

    Returns:
        weights, x, target, states, and the gradients by weights and by states; `back`
        is that of `bptt.backward`.
    """
    w = first_weights(start, config)
    rng = np.random.default_rng([config.seed, config.seeds])
    x, target = adding(rng, config.steps, config.seeds, BATCH)
    h = bptt.forward(x, w, start.activation)
    _, dy = bptt.squared_error(bptt.answer(h[-1], w), target)
    return w, x, target, h, *bptt.backward(x, dy, h, w, start.activation, back=back)


def through_keras(
    cell: keras.Layer, x: np.ndarray, loss: Callable[[tf.Tensor], tf.Tensor]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Let TensorFlow differentiate a loss through any cell of Keras.

    Args:
        cell: a recurrent cell of U units.
        x: (T, B, D).
        loss: the loss as a function of the last output h_T (B, U).

    Returns:
        the gradients by the cell's weights, and by each of its states, (T + 1, B, U).
    """
    states = cell.get_initial_state(batch_size=x.shape[1])
    path = [states]
    with tf.GradientTape() as tape:
        tape.watch(states)
        for x_t in x:
            output, states = cell(tf.constant(x_t), states)
            path.append(list(states))
        value = loss(output)
    weights = [weight.value for weight in cell.trainable_weights]
    by_weight, by_state = tape.gradient(value, [weights, path])
    by_state = [np.stack(gradients) for gradients in zip(*by_state, strict=True)]
    return [np.asarray(gradient) for gradient in by_weight], by_state


def _loss(w: Arrays, target: np.ndarray, n: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the loss of the n-th network, for TensorFlow."""
    return lambda h: tf.reduce_mean((h @ w["W_O"][n] + w["b_O"][n] - target[n]) ** 2)


def check(config: Config) -> float:
    """Compare the gradients of `bptt` with those of TensorFlow.

    Returns:
        the largest difference of any gradient by a weight or a state, as a share of the
        largest value of that gradient.

    Raises:
        RuntimeError: it is larger than rounding explains.
    """
    errors = []
    for activation in bptt.ACTIVATIONS:
        # Identity: gradients arrive at every step, so that all can be compared.
        w, x, target, _, g, dh = passes(Start(activation, "identity"), config)
        cell = keras.layers.SimpleRNNCell(config.units, activation)
        cell.build((BATCH, 2))
        cell.set_weights([w["W_F"][0], w["W_R"][0], w["b"][0, 0]])
        by_weight, by_state = through_keras(cell, x[:, 0], _loss(w, target, 0))
        own = [g["W_F"][0], g["W_R"][0], g["b"][0, 0], dh[:, 0]]
        pairs = zip(own, by_weight + by_state, strict=True)
        errors += [np.abs(a - b).max() / np.abs(b).max() for a, b in pairs]
    if not max(errors) < TOLERANCE:
        raise RuntimeError(f"bptt and TensorFlow differ by {max(errors):.0e}")
    return float(max(errors))


def arriving(dh: np.ndarray) -> list[float]:
    """Return the median over all sequences of |dL/dh_t| / |dL/dh_T|, for t = 0..T."""
    norms = np.linalg.norm(dh.astype("float64"), axis=-1)  # (T + 1, ..., B)
    return np.median((norms / norms[-1]).reshape(len(norms), -1), axis=1).tolist()


def norms(config: Config) -> dict[str, Any]:
    """Measure how gradients shrink or grow on their way back.

    Returns:
        `check`, what `check` returned; and `networks`, a row for each: `name`;
        `gradient`, what `arriving` returned; and, of the plain networks, `sigma`, the
        largest singular value of W_R, `derivative`, the mean of phi'(z_t), `bound`, by
        t what `gradient` cannot exceed, and `lost`, by steps of a truncated pass, the
        share of the gradient by W_R that it leaves out: |full - truncated| / |full|.
        All but the mean are medians over seeds or sequences.
    """
    rows = []
    for start in STARTS:
        w, x, target, h, g, dh = passes(start, config)
        lost = {}
        for back in (steps for steps in BACK if steps < config.steps):
            rest = g["W_R"] - passes(start, config, back)[4]["W_R"]
            sizes = [np.linalg.norm(array, axis=(-2, -1)) for array in (rest, g["W_R"])]
            lost[back] = float(np.median(sizes[0] / sizes[1]))
        row = {"name": start.name, "gradient": arriving(dh), "lost": lost}
        row["sigma"] = float(np.median(bptt.largest_singular_value(w["W_R"])))
        row["derivative"] = float(bptt.DERIVATIVES[start.activation](h[1:]).mean())
        bound = bptt.bound(h, w, start.activation)
        row["bound"] = np.median(bound.reshape(len(bound), -1), axis=1).tolist()
        rows.append(row)
    for name, (kind, state) in GATED.items():
        found = []
        for n in range(config.seeds):
            keras.utils.set_random_seed(config.seed + n)
            cell = kind(config.units)
            found.append(through_keras(cell, x[:, n], _loss(w, target, n))[1][state])
        rows.append({"name": name, "gradient": arriving(np.stack(found, axis=1))})
    return {"check": check(config), "networks": rows}
