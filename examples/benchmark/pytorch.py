"""The training step in PyTorch, for which TensorFlow need not be loaded.

Letters: B batch, T time steps, U units, as many as a step reads.
"""

import os
from collections.abc import Callable

import numpy as np

Step = Callable[[], object]


def arrays(*, batch: int, steps: int, units: int, seed: int) -> tuple:
    """Return inputs (B, T, U) and targets (B, 1), both random."""
    random = np.random.default_rng(seed)
    shapes = ((batch, steps, units), (batch, 1))
    return tuple(random.normal(size=shape).astype("float32") for shape in shapes)


def torch_step(*, batch: int, steps: int, units: int, seed: int) -> Step:
    """Return the training step of the same network in PyTorch, on all cores.

    Raises:
        ImportError: PyTorch is not installed.
    """
    import torch

    torch.set_num_threads(cores())
    torch.manual_seed(seed)
    inputs, targets = map(
        torch.from_numpy, arrays(batch=batch, steps=steps, units=units, seed=seed)
    )
    recurrent = torch.nn.RNN(units, units, batch_first=True)
    dense = torch.nn.Linear(units, 1)
    optimizer = torch.optim.Adam([*recurrent.parameters(), *dense.parameters()])

    def step() -> float:
        optimizer.zero_grad()
        states, _ = recurrent(inputs)
        loss = torch.nn.functional.mse_loss(dense(states[:, -1]), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
