"""Training steps in PyTorch. This module does not load TensorFlow.

Letters: B batch, T time steps, U units.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

from common.comparison import machine

Step = Callable[[], object]


def installed() -> bool:
    """Return whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def arrays(*, batch: int, steps: int, units: int, seed: int) -> tuple:
    """Return random inputs (B, T, U) and targets (B, 1)."""
    random = np.random.default_rng(seed)
    shapes = ((batch, steps, units), (batch, 1))
    return tuple(random.normal(size=shape).astype("float32") for shape in shapes)


def last_state_step(*, batch: int, steps: int, units: int, seed: int) -> Step:
    """Return the training step of `nn.RNN` whose last state gives one number."""
    import torch

    torch.manual_seed(seed)
    data = arrays(batch=batch, steps=steps, units=units, seed=seed)
    inputs, targets = map(torch.from_numpy, data)
    recurrent = torch.nn.RNN(units, units, batch_first=True)
    dense = torch.nn.Linear(units, 1)

    def loss():
        states, _ = recurrent(inputs)
        return torch.nn.functional.mse_loss(dense(states[:, -1]), targets)

    return _step(loss, [*recurrent.parameters(), *dense.parameters()])


def every_state_step(
    x: np.ndarray, y: np.ndarray, *, units: int, ids: int, seed: int
) -> Step:
    """Return the training step of `nn.RNN` whose every state predicts the next id.

    It is text generation's: one-hot inputs, a state carried from batch to batch.

    Args:
        x: ids (B, T).
        y: next ids (B, T).
        units: U.
        ids: number of different ids.
        seed: fixes the weights.
    """
    import torch

    torch.manual_seed(seed)
    inputs, targets = (torch.from_numpy(part.astype("int64")) for part in (x, y))
    recurrent = torch.nn.RNN(ids, units, batch_first=True)
    dense = torch.nn.Linear(units, ids)
    state = torch.zeros(1, len(x), units)

    def loss():
        one_hot = torch.nn.functional.one_hot(inputs, ids).float()
        states, last = recurrent(one_hot, state.clone())
        state.copy_(last.detach())
        logits = dense(states).flatten(0, 1)
        return torch.nn.functional.cross_entropy(logits, targets.flatten())

    return _step(loss, [*recurrent.parameters(), *dense.parameters()], clip=1.0)


def _step(loss: Callable, weights: list, clip: float = float("inf")) -> Step:
    import torch

    torch.set_num_threads(machine.describe()["cores"])
    optimizer = torch.optim.Adam(weights)

    def step() -> float:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        if np.isfinite(clip):
            torch.nn.utils.clip_grad_norm_(weights, clip)
        optimizer.step()
        return value.item()

    return step
