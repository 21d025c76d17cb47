"""What gradients do on their way back: norms, bounds, truncation.

All is measured at the start of training, on the sequences of the adding problem.
Letters: T time steps, N networks (one a seed), B batch, D inputs, U units.
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
BACK = (1, 5, 10, 25, 50, 100)  # steps of a truncated pass
TOLERANCE = 1e-4  # both compute in 32 bits


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
GATED = {
    "GRU, h": (keras.layers.GRUCell, 0),
    "LSTM, h": (keras.layers.LSTMCell, 0),
    "LSTM, c": (keras.layers.LSTMCell, 1),
}


def adding(rng: np.random.Generator, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of the adding problem, and their sums.

    At each step there is a number in [0, 1) and a mark: 1 at one step of each half,
    else 0. The target is the sum of the two marked numbers. (Hochreiter and Schmidhuber
    1997, experiment 4; the halves as in Arjovsky, Shah, Bengio 2016.)

    Args:
        rng: where the random numbers come from.
        *shape: T, at least 2, then N, if there are several networks, and B.

    Returns:
        x (T, N, B, 2) and target (N, B, 1). Always answering 1 has a mean squared error
        of 1/6.
    """
    T, *rest = shape
    values = rng.random(shape, dtype="float32")
    marks = np.zeros_like(values)
    for low, high in ((0, T // 2), (T // 2, T)):
        where = rng.integers(low, high, (1, *rest))
        np.put_along_axis(marks, where, 1, axis=0)
    target = (values * marks).sum(0)[..., None]
    return np.stack([values, marks], axis=-1), target


def first_weights(start: Start, config: Config) -> Arrays:
    """Return the weights of N networks for the adding problem, at their start."""
    sizes = {"inputs": 2, "units": config.units, "scale": start.scale}
    rngs = (np.random.default_rng([config.seed, n]) for n in range(config.seeds))
    return bptt.side_by_side([bptt.start(rng, start.kind, **sizes) for rng in rngs])


def networks(start: Start, config: Config) -> tuple[Arrays, np.ndarray, np.ndarray]:
    """Return N networks at their start, and a batch: weights, x and target."""
    rng = np.random.default_rng([config.seed, config.seeds])
    batch = adding(rng, config.steps, config.seeds, BATCH)
    return first_weights(start, config), *batch


def passes(
    start: Start, w: Arrays, x: np.ndarray, target: np.ndarray, back: int | None = None
) -> tuple[np.ndarray, Arrays, np.ndarray]:
    """Go forward and back: return the states, and the gradients by weights and states.

    The loss is the mean squared error; `back` is that of `bptt.backward`.
    """
    h = bptt.forward(x, w, start.activation)
    _, dy = bptt.squared_error(bptt.answer(h[-1], w), target)
    return h, *bptt.backward(x, dy, h, w, start.activation, back=back)


def _loss(w: Arrays, target: np.ndarray, n: int) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the same loss of the n-th network, for TensorFlow."""

    def loss(output: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean((output @ w["W_O"][n] + w["b_O"][n] - target[n]) ** 2)

    return loss


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


def check(config: Config) -> dict[str, float]:
    """Compare the gradients of `bptt` with those of TensorFlow.

    Returns:
        by activation, the largest difference of any gradient by a weight or a state,
        as a share of the largest value of that gradient.

    Raises:
        RuntimeError: a difference is larger than rounding explains.
    """
    largest = {}
    for activation in bptt.ACTIVATIONS:
        # Identity: gradients arrive at every step, so that all can be compared.
        w, x, target = networks(Start(activation, "identity"), config)
        _, g, dh = passes(Start(activation, "identity"), w, x, target)
        cell = keras.layers.SimpleRNNCell(config.units, activation)
        cell.build((BATCH, 2))
        cell.set_weights([w["W_F"][0], w["W_R"][0], w["b"][0, 0]])
        by_weight, (by_state,) = through_keras(cell, x[:, 0], _loss(w, target, 0))
        own = [g["W_F"][0], g["W_R"][0], g["b"][0, 0], dh[:, 0]]
        pairs = zip(own, [*by_weight, by_state], strict=True)
        errors = [np.abs(a - b).max() / np.abs(b).max() for a, b in pairs]
        largest[activation] = float(max(errors))
        if not largest[activation] < TOLERANCE:
            raise RuntimeError(f"bptt and TensorFlow differ by {max(errors):.0e}")
    return largest


def _lengths(dh: np.ndarray) -> np.ndarray:
    """Return the median of |dL/dh_t| / |dL/dh_T| over all sequences, (T + 1,)."""
    norms = np.linalg.norm(dh.astype("float64"), axis=-1)  # (T + 1, ..., B)
    return np.median((norms / norms[-1]).reshape(len(norms), -1), axis=1)


def norms(config: Config) -> list[dict[str, Any]]:
    """Measure how the gradient shrinks or grows on its way back, for each network.

    Returns:
        a row for each: `name`; `gradient`, the median of |dL/dh_t| / |dL/dh_T| over
        sequences and seeds, for t = 0..T; and for plain networks `sigma`, the median
        largest singular value of W_R, `derivative`, the mean of phi'(z_t), and `bound`,
        the median of what the gradient cannot exceed.
    """
    rows = []
    for start in STARTS:
        w, x, target = networks(start, config)
        h, _, dh = passes(start, w, x, target)
        sigma = np.linalg.svd(w["W_R"], compute_uv=False)[:, 0]
        bound = bptt.bound(h, w, start.activation)
        derivative = bptt.DERIVATIVES[start.activation](h[1:]).mean()
        rows.append(
            {
                "name": start.name,
                "sigma": float(np.median(sigma)),
                "derivative": float(derivative),
                "gradient": _lengths(dh).tolist(),
                "bound": np.median(bound.reshape(len(bound), -1), axis=1).tolist(),
            }
        )
    w, x, target = networks(STARTS[0], config)
    for name, (kind, index) in GATED.items():
        found = []
        for n in range(config.seeds):
            keras.utils.set_random_seed(config.seed + n)
            loss = _loss(w, target, n)
            found.append(through_keras(kind(config.units), x[:, n], loss)[1][index])
        rows.append({"name": name, "gradient": _lengths(np.stack(found, 1)).tolist()})
    return rows


def truncation(config: Config) -> list[dict[str, Any]]:
    """Compare gradients that go back only some steps with the full ones.

    Returns:
        a row for each network: `name`, and `lost`, by number of steps |full -
        truncated| / |full| of the gradient by W_R, median over seeds.
    """
    rows = []
    for start in STARTS[:-1]:
        w, x, target = networks(start, config)
        full = passes(start, w, x, target)[1]["W_R"]
        lost = {}
        for back in sorted({min(steps, config.steps) for steps in BACK}):
            rest = full - passes(start, w, x, target, back=back)[1]["W_R"]
            sizes = [np.linalg.norm(g, axis=(-2, -1)) for g in (rest, full)]
            lost[back] = float(np.median(sizes[0] / sizes[1]))
        rows.append({"name": start.name, "lost": lost})
    return rows


def all_norms(config: Config) -> dict[str, Any]:
    """Return what `check`, `norms` and `truncation` return."""
    found = {"check": check(config), "rows": norms(config)}
    return found | {"truncation": truncation(config)}
