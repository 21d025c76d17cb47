"""Backpropagation through time in NumPy, one step at a time.

The network reads T steps and answers once, from its last state:

    z_t = x_t W_F + h_{t-1} W_R + b     h_t = phi(z_t)     h_0 = 0
    y   = h_T W_O + b_O                 L = loss(y)

The chain rule, from the last step to the first:

    dL/dh_T     = dL/dy W_O^T
    dL/dz_t     = dL/dh_t * phi'(z_t)
    dL/dh_{t-1} = dL/dz_t W_R^T

and every step adds its share to the gradients of the weights, which all steps use:

    dL/dW_F += x_t^T dL/dz_t     dL/dW_R += h_{t-1}^T dL/dz_t     dL/db += dL/dz_t

Letters: T time steps, B batch, D inputs of a step, U units; N networks side by side,
each with its own weights and batch: several seeds at once.
"""

import numpy as np

Arrays = dict[str, np.ndarray]

ACTIVATIONS = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0)}
# The derivative phi'(z), from h = phi(z).
DERIVATIVES = {"tanh": lambda h: 1 - h * h, "relu": lambda h: (h > 0).astype(h.dtype)}
STARTS = ("glorot", "orthogonal", "identity")


def start(
    rng: np.random.Generator, kind: str, *, inputs: int, units: int, scale: float = 1
) -> Arrays:
    """Return the first weights of a network; the biases are zero.

    Args:
        rng: where the random numbers come from.
        kind: start of W_R, one of `STARTS`: uniform in the limits of Glorot and Bengio
            (2010), a random orthogonal matrix (Saxe, McClelland, Ganguli 2014), or the
            identity matrix (Le, Jaitly, Hinton 2015). W_F and W_O are always the first.
        inputs: D.
        units: U.
        scale: factor of W_R.

    Returns:
        W_F (D, U), W_R (U, U), b (1, U), W_O (U, 1) and b_O (1, 1), in 32 bits.
    """

    def glorot(*shape: int) -> np.ndarray:
        return rng.uniform(-1, 1, shape) * np.sqrt(6 / sum(shape))

    w_f, w_o, w_r = glorot(inputs, units), glorot(units, 1), np.eye(units)
    if kind == "glorot":
        w_r = glorot(units, units)
    elif kind == "orthogonal":
        w_r = np.linalg.qr(rng.normal(size=(units, units)))[0]
    w = {"W_F": w_f, "W_R": scale * w_r, "b": np.zeros((1, units))}
    w |= {"W_O": w_o, "b_O": np.zeros((1, 1))}
    return {name: array.astype("float32") for name, array in w.items()}


def side_by_side(networks: list[Arrays]) -> Arrays:
    """Stack the weights of N networks: W_R becomes (N, U, U)."""
    return {name: np.stack([w[name] for w in networks]) for name in networks[0]}


def forward(x: np.ndarray, w: Arrays, activation: str) -> np.ndarray:
    """Return all states h_0 to h_T, (T + 1, N, B, U), for x (T, N, B, D)."""
    phi, shape = ACTIVATIONS[activation], (*x.shape[1:-1], w["W_R"].shape[-1])
    h = np.zeros((len(x) + 1, *shape), x.dtype)
    for t, x_t in enumerate(x, start=1):
        h[t] = phi(x_t @ w["W_F"] + h[t - 1] @ w["W_R"] + w["b"])
    return h


def answer(h_last: np.ndarray, w: Arrays) -> np.ndarray:
    """Return y (N, B, 1) for the last state (N, B, U)."""
    return h_last @ w["W_O"] + w["b_O"]


def squared_error(y: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean squared error of each network (N,), and dL/dy (N, B, 1)."""
    error = y - target
    return (error * error).mean((-2, -1)), 2 * error / error.shape[-2]


def backward(
    x: np.ndarray,
    dy: np.ndarray,
    h: np.ndarray,
    w: Arrays,
    activation: str,
    *,
    back: int | None = None,
) -> tuple[Arrays, np.ndarray]:
    """Return the gradients of the loss by all weights, and by all states.

    Args:
        x: the inputs, (T, N, B, D).
        dy: dL/dy, (N, B, 1).
        h: what `forward` returned, (T + 1, N, B, U).
        w: the weights, each of N networks.
        activation: a key of `ACTIVATIONS`.
        back: steps to go back from the last one; earlier states then count as constant
            (truncated backpropagation). `None` for all T.

    Returns:
        the gradients, shaped like `w`; and dL/dh_0 to dL/dh_T, shaped like `h`, zero
        where a truncated pass has not come.
    """
    derivative, T = DERIVATIVES[activation], len(x)
    g = {name: np.zeros_like(array) for name, array in w.items()}
    g["W_O"] += h[T].mT @ dy
    g["b_O"] += dy.sum(-2, keepdims=True)
    dh = np.zeros_like(h)
    dh[T] = dy @ w["W_O"].mT
    for t in range(T, 0 if back is None else max(0, T - back), -1):
        dz = dh[t] * derivative(h[t])
        g["W_F"] += x[t - 1].mT @ dz  # x[0] is x_1
        g["W_R"] += h[t - 1].mT @ dz
        g["b"] += dz.sum(-2, keepdims=True)
        dh[t - 1] = dz @ w["W_R"].mT
    return g, dh


def norm(gradients: Arrays) -> np.ndarray:
    """Return the norm of all gradients of each network together, (N, 1, 1)."""
    # Squares of an exploding gradient do not fit into 32 bits.
    squares = [np.square(g, dtype="float64") for g in gradients.values()]
    return np.sqrt(sum(s.sum((-2, -1), keepdims=True) for s in squares))


def clip(gradients: Arrays, limit: float) -> Arrays:
    """Shorten the gradient of each network to the norm `limit` where it is longer.

    All of it is divided by one number, so its direction stays (Pascanu, Mikolov,
    Bengio 2013, algorithm 1).
    """
    factor = np.minimum(1, limit / np.maximum(norm(gradients), 1e-30))
    return {name: (g * factor).astype(g.dtype) for name, g in gradients.items()}


def largest_singular_value(matrices: np.ndarray) -> np.ndarray:
    """Return by how much each of N matrices can make a vector longer, (N,)."""
    return np.linalg.svd(matrices.astype("float64"), compute_uv=False)[..., 0]


def bound(h: np.ndarray, w: Arrays, activation: str) -> np.ndarray:
    """Return the largest factor by which each dL/dh_t can exceed dL/dh_T.

    A step back multiplies by phi'(z_t) and W_R^T, which makes no vector longer than
    the largest phi'(z_t) times the largest singular value of W_R (Pascanu, Mikolov,
    Bengio 2013, section 2.1).

    Args:
        h: what `forward` returned, (T + 1, N, B, U).
        w: the weights, each of N networks.
        activation: a key of `ACTIVATIONS`.

    Returns:
        the products of these factors from T down to t + 1, (T + 1, N, B) in 64 bits.
    """
    steepest = DERIVATIVES[activation](h.astype("float64")).max(-1)
    factors = largest_singular_value(w["W_R"])[:, None] * steepest  # (T + 1, N, B)
    factors[0] = 1  # nothing goes back from h_0
    products = np.cumprod(np.roll(factors, -1, axis=0)[::-1], axis=0)
    return products[::-1]
