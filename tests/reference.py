"""An Elman layer in plain NumPy, forward and backward: the oracle of the other tests.

    z_t = x_t W_F + h_{t-1} W_R + b,    h_t = g(z_t)

A step that is masked leaves the state as it is and puts out once more what was put out
before; before the first step that counts, that is zeros. Everything is float64.
Letters: B batch, T time steps, D features, U units.
"""

from dataclasses import dataclass

import numpy as np

# g, and its slope as a function of h = g(z).
ACTIVATIONS = {
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "relu": (lambda z: np.maximum(z, 0), lambda h: (h > 0).astype(h.dtype)),
}


@dataclass(frozen=True)
class Weights:
    """The weights of a layer, or their gradients."""

    W_F: np.ndarray  # (D, U)
    W_R: np.ndarray  # (U, U)
    b: np.ndarray  # (U,)

    def as_list(self) -> list[np.ndarray]:
        """Return the three in the order of a `SimpleRNN`."""
        return [self.W_F, self.W_R, self.b]


@dataclass(frozen=True)
class Forward:
    """What a forward pass came to; steps are in the order in which they were taken."""

    weights: Weights
    activation: str
    go_backwards: bool
    x: np.ndarray  # (B, T, D)
    mask: np.ndarray  # (B, T, 1)
    before: np.ndarray  # (B, T, U) state before each step
    h: np.ndarray  # (B, T, U) g(z_t), masked or not
    outputs: np.ndarray  # (B, T, U)
    state: np.ndarray  # (B, U) after the last step


@dataclass(frozen=True)
class Gradients:
    """Derivatives of a loss by all that went into a forward pass."""

    weights: Weights
    x: np.ndarray  # (B, T, D)
    h_0: np.ndarray  # (B, U)


def forward(
    weights: Weights,
    x: np.ndarray,
    *,
    h_0: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    activation: str = "tanh",
    go_backwards: bool = False,
) -> Forward:
    """Read sequences step by step.

    Args:
        weights: of the layer.
        x: what is read, (B, T, D).
        h_0: state before the first step, (B, U); `None` for zeros.
        mask: (B, T), true where a step counts; `None`: everywhere.
        activation: g, "tanh" or "relu".
        go_backwards: read from the last step to the first.
    """
    batch, steps, _ = x.shape
    g, _ = ACTIVATIONS[activation]
    W_F, W_R, b = (array.astype("float64") for array in weights.as_list())
    x = x.astype("float64")
    mask = np.ones((batch, steps), bool) if mask is None else mask
    if go_backwards:
        x, mask = x[:, ::-1], mask[:, ::-1]
    mask = mask[:, :, None]
    output = np.zeros((batch, len(b)))
    state = output if h_0 is None else h_0.astype("float64")
    before, news, outputs = [], [], []
    for t in range(steps):
        before.append(state)
        h = g(x[:, t] @ W_F + state @ W_R + b)
        news.append(h)
        state = np.where(mask[:, t], h, state)
        output = np.where(mask[:, t], h, output)
        outputs.append(output)
    stacked = (np.stack(rows, axis=1) for rows in (before, news, outputs))
    return Forward(
        Weights(W_F, W_R, b), activation, go_backwards, x, mask, *stacked, state
    )


def backward(
    done: Forward,
    *,
    outputs: np.ndarray | None = None,
    state: np.ndarray | None = None,
) -> Gradients:
    """Propagate the derivatives of a loss back through time.

    Args:
        done: the forward pass.
        outputs: derivatives by its outputs, (B, T, U); `None` for zeros.
        state: derivatives by its last state, (B, U); `None` for zeros.
    """
    W_F, W_R, b = done.weights.as_list()
    _, slope = ACTIVATIONS[done.activation]
    d_outputs = np.zeros_like(done.outputs) if outputs is None else outputs
    d_state = np.zeros_like(done.state) if state is None else state
    d_W_F, d_W_R, d_b = np.zeros_like(W_F), np.zeros_like(W_R), np.zeros_like(b)
    d_x = np.zeros_like(done.x)
    d_output = np.zeros_like(d_state)
    for t in reversed(range(done.x.shape[1])):
        mask = done.mask[:, t]
        d_output = d_output + d_outputs[:, t]
        d_h = np.where(mask, d_output + d_state, 0)
        d_z = d_h * slope(done.h[:, t])
        d_W_F += done.x[:, t].T @ d_z
        d_W_R += done.before[:, t].T @ d_z
        d_b += d_z.sum(axis=0)
        d_x[:, t] = d_z @ W_F.T
        d_state = np.where(mask, 0, d_state) + d_z @ W_R.T
        d_output = np.where(mask, 0, d_output)
    if done.go_backwards:
        d_x = d_x[:, ::-1]
    return Gradients(Weights(d_W_F, d_W_R, d_b), d_x, d_state)


def random_weights(
    rng: np.random.Generator, features: int, units: int, *, scale: float = 1.0
) -> Weights:
    """Draw float32 weights of which no two are alike, so that none can be swapped."""
    shapes = ((features, units), (units, units), (units,))
    arrays = (scale * rng.normal(size=shape) for shape in shapes)
    return Weights(*(array.astype("float32") for array in arrays))
