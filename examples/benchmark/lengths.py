"""Time and memory of a training step on long sequences, each in a fresh process.

The peak memory of a process never falls, so a second length in the same process would
show the peak of the first.
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
TIMED = 3  # steps, of which the median counts


def measure(way: str, **size: int) -> dict[str, float]:
    """Return the `seconds` of a step, and the peak `memory` after and `before` it.

    Args:
        way: `ways.BUILTIN` or `ways.TORCH`. Memory is in MiB.
        **size: batch, steps, units and seed.
    """
    command = [sys.executable, "-m", __spec__.name, way, json.dumps(size)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    done = subprocess.run(command, cwd=ROOT, check=True, text=True, **pipes)
    return json.loads(done.stdout.splitlines()[-1])


def main(way: str, size: dict[str, int]):
    """Measure in this process and print the result as JSON."""
    if way.startswith("PyTorch"):
        step = pytorch.last_state_step(**size)
    else:
        import keras

        from examples.benchmark import ways

        keras.utils.set_random_seed(size["seed"])
        layer = keras.layers.SimpleRNN(size["units"])
        step = ways.network(layer, pytorch.arrays(**size))
    before = peak()
    taken = timing.alternate({"": step}, rounds=TIMED, seconds=1e-9)[""]
    result = {"seconds": statistics.median(taken), "memory": peak(), "before": before}
    print(json.dumps(result))


def peak() -> float:
    """Return the peak memory of this process in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, where `ru_maxrss` begins with the parent's memory
        (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(kib) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT / 2**10


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
