"""Time and memory of one training step on long sequences, each in a fresh process.

The largest memory that a process has had never falls again, so that a second length
in the same process would show the first one's.
"""

import json
import re
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from common.comparison import timing
from examples.benchmark import pytorch

ROOT = Path(__file__).parents[2]
# `ru_maxrss` counts KiB, on macOS bytes.
UNIT = 2**10 if sys.platform == "darwin" else 1
LIBRARIES = ("keras", "torch")
SIZE = ("batch", "steps", "units", "seed")
TIMED = 3  # steps; the median counts


def measure(library: str, **size: int) -> dict[str, float]:
    """Return `seconds` of a step, and `memory` at most and `before` the first, in MiB.

    Args:
        library: one of `LIBRARIES`.
        **size: batch, steps, units and seed.
    """
    program = "from examples.benchmark import lengths; lengths.main()"
    words = [library, *(str(size[key]) for key in SIZE)]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure what the command line says and print it as JSON."""
    library, *numbers = sys.argv[1:]
    size = dict(zip(SIZE, map(int, numbers), strict=True))
    if library == "torch":
        step = pytorch.torch_step(**size)
    else:
        import keras

        from examples.benchmark import ways

        keras.utils.set_random_seed(size["seed"])
        batch = pytorch.arrays(**size)
        step = ways.network(keras.layers.SimpleRNN(size["units"]), batch)
    before = peak()
    taken = timing.alternate({"": step}, rounds=TIMED, seconds=1e-9)[""]
    result = {"seconds": statistics.median(taken), "memory": peak(), "before": before}
    print(json.dumps(result))


def peak() -> float:
    """Return the largest memory that this process has had so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, where `ru_maxrss` begins with the parent's memory
        (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(kib) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT / 2**10
