"""Times steps in turns, so that a machine that slows down slows all of them."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

WARM_UP = 2  # calls after the first; TensorFlow still plans during the second


def first_calls(steps: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Call each step once and return the seconds that it took, compiling included."""
    return {name: _seconds(step, 1) for name, step in steps.items()}


def alternate(
    steps: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Return the seconds that a call takes, one value a round, by name.

    The order is A B C A B C ... Some calls before the first round do not count: they
    compile, and say how many calls fill a turn.

    Args:
        steps: what to call, by name.
        rounds: turns of each.
        seconds: how long a turn lasts, about.
    """
    calls = {}
    for name, step in steps.items():
        _seconds(step, WARM_UP)
        calls[name] = max(1, math.ceil(seconds / _seconds(step, 1)))
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            taken[name].append(_seconds(step, calls[name]) / calls[name])
    return taken


def _seconds(step: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        step()
    return time.perf_counter() - start


def spread(values: Sequence[float], base: Sequence[float]) -> tuple[float, ...]:
    """Return median, smallest and largest of the ratios round by round."""
    ratios = [value / other for value, other in zip(values, base, strict=True)]
    return statistics.median(ratios), min(ratios), max(ratios)
