"""A training step in PyTorch. This module does not load TensorFlow.

Letters: B batch, T time steps, D features, U units.
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


def training_step(batch: tuple, *, units: int, seed: int, ids: int = 0) -> Step:
    """Return the training step of `nn.RNN` and a linear layer.

    By default, the batch is vectors (B, T, D) and targets (B, 1) for the last state.
    If `ids`, the number of different ids, is given, the batch is ids (B, T), read as
    one-hot vectors, and the next ids (B, T). The state is then carried between calls.
    """
    import torch
    from torch.nn import functional

    torch.set_num_threads(machine.describe()["cores"])
    torch.manual_seed(seed)
    inputs, targets = map(torch.from_numpy, batch)
    recurrent = torch.nn.RNN(ids or inputs.shape[-1], units, batch_first=True)
    dense = torch.nn.Linear(units, ids or 1)
    weights = [*recurrent.parameters(), *dense.parameters()]
    optimizer = torch.optim.Adam(weights)
    state = None

    def step() -> float:
        nonlocal state
        optimizer.zero_grad()
        if ids:
            one_hot = functional.one_hot(inputs.long(), ids).float()
            states, last = recurrent(one_hot, state)
            state = last.detach()
            logits = dense(states).flatten(0, 1)
            loss = functional.cross_entropy(logits, targets.long().flatten())
        else:
            loss = functional.mse_loss(dense(recurrent(inputs)[0][:, -1]), targets)
        loss.backward()
        if ids:  # as text generation does
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        return loss.item()

    return step
