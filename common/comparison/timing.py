"""Times steps in turns, so that a machine that slows down slows all of them."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

WARM_UP = 2  # calls after the first; TensorFlow still plans during the second
# Whole processes differ by this much on the same machine, so that a ratio closer to 1
# cannot be told from 1 within a single process.
NOISE = 0.05


def first_calls(steps: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Call each step once; return the seconds that took, compiling included."""
    return {name: _seconds(step, 1) for name, step in steps.items()}


def alternate(
    steps: Mapping[str, Callable[[], object]], *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Return the seconds of one call, one value per round, by name.

    The order is A B C, then C B A, and so on. Calls before the first round do not
    count: they compile, and tell how many calls fill a turn.

    Args:
        steps: what to call, by name.
        rounds: turns of each.
        seconds: approximate length of a turn.
    """
    calls = {}
    for name, step in steps.items():
        _seconds(step, WARM_UP)
        calls[name] = max(1, math.ceil(seconds / _seconds(step, 1)))
    taken: dict[str, list[float]] = {name: [] for name in steps}
    order = list(steps)
    for _ in range(rounds):
        for name in order:
            taken[name].append(_seconds(steps[name], calls[name]) / calls[name])
        order.reverse()
    return taken


def _seconds(step: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        step()
    return time.perf_counter() - start


def ratio(values: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Return the median of the ratios round by round, and its 95 % interval.

    The interval goes from one ordered ratio to another (Conover 1999, section 3.2).
    Fewer than 6 rounds cannot reach 95 %; then it goes from the smallest to the
    largest.

    Returns:
        `median`, `low` and `high`.
    """
    from scipy import stats  # slow, and the pages need only `says`

    ratios = sorted(v / other for v, other in zip(values, base, strict=True))
    rank = max(1, int(stats.binom.ppf(0.025, len(ratios), 0.5)))
    return {
        "median": statistics.median(ratios),
        "low": ratios[rank - 1],
        "high": ratios[-rank],
    }


def says(ratio: Mapping[str, float]) -> str:
    """Return what a ratio of times means: slower, faster, as fast, or undecided."""
    low, high = ratio["low"], ratio["high"]
    if low > 1 + NOISE:
        return "slower"
    if high < 1 - NOISE:
        return "faster"
    if low >= 1 - NOISE and high <= 1 + NOISE:
        return f"as fast, within {NOISE:.0%}"
    return "undecided"
