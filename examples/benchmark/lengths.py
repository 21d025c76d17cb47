"""Time and memory of a training step on long sequences, each in a new process.

The peak memory of a process never falls, so a second length in the same process would
show the peak of the first.
"""

import itertools
import multiprocessing
import re
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from common import starting
from common.comparison import timing
from examples.benchmark import pytorch

# `ru_maxrss` counts KiB, on macOS bytes.
UNIT = 2**10 if sys.platform == "darwin" else 1
TIMED = 3  # steps, of which the median counts


def measure(*, torch: bool, **size: int) -> dict[str, float]:
    """Measure one training step in a new process, in Keras or in PyTorch.

    Returns:
        its `seconds`, and the peak memory in MiB `before` and after it (`memory`).
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure, torch, size).result()


def _measure(torch: bool, size: dict[str, int]) -> dict[str, float]:
    batch, units, seed = pytorch.arrays(**size), size["units"], size["seed"]
    if torch:
        step = pytorch.training_step(batch, units=units, seed=seed)
    else:
        starting.import_keras()  # quietly
        import keras

        from examples.benchmark import ways

        keras.utils.set_random_seed(seed)
        step = ways.network(keras.layers.SimpleRNN(units), batch)
    before = peak()
    taken = timing.alternate({"": timer(step)}, rounds=TIMED, seconds=1e-9)[""]
    return {"seconds": statistics.median(taken), "memory": peak(), "before": before}


def timer(step: pytorch.Step) -> timing.Timer:
    """Return a timer of the calls of a function."""

    def timed(calls: int) -> list[float]:
        times = [time.perf_counter()]
        for _ in range(calls):
            step()
            times.append(time.perf_counter())
        return [end - start for start, end in itertools.pairwise(times)]

    return timed


def peak() -> float:
    """Return the peak memory of this process in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, where `ru_maxrss` begins with the parent's memory
        (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(kib) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT / 2**10
