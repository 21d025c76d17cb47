"""Times steps in turns, so that a machine that slows down slows all of them."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence

WARM_UP = 2  # calls before any that counts; TensorFlow still plans in the second
# Times differ by this fraction between processes on one machine. So one process cannot
# show that a ratio closer to 1 than this differs from 1.
NOISE = 0.05
Timer = Callable[[int], list[float]]  # makes so many calls; returns the seconds of each


def alternate(
    timers: Mapping[str, Timer], *, rounds: int, seconds: float, least: int = 1
) -> dict[str, list[float]]:
    """Return the median seconds of a call, one value per round, by name.

    The order is A B C, then C B A, and so on. Calls before the first round do not
    count: they compile, and tell how many calls fill a turn.

    Args:
        timers: what to time, by name.
        rounds: turns of each.
        seconds: approximate length of a turn.
        least: smallest number of calls in a turn.
    """
    calls, taken = {}, {name: [] for name in timers}
    for name, timed in timers.items():
        *_, last = timed(WARM_UP + 1)
        calls[name] = max(least, math.ceil(seconds / last))
    order = list(timers)
    for _ in range(rounds):
        for name in order:
            taken[name].append(statistics.median(timers[name](calls[name])))
        order.reverse()
    return taken


def ratio(values: Sequence[float], base: Sequence[float]) -> dict[str, float]:
    """Return the `median` of the ratios round by round, and its 95 % interval.

    The interval goes from one ordered ratio, `low`, to another, `high` (Conover 1999,
    section 3.2). Fewer than 6 rounds cannot reach 95 %. Then these are the smallest
    and the largest ratio.
    """
    from scipy import stats  # slow, and the pages need only `says`

    ratios = sorted(v / other for v, other in zip(values, base, strict=True))
    rank = max(1, int(stats.binom.ppf(0.025, len(ratios), 0.5)))
    middle = statistics.median(ratios)
    return {"median": middle, "low": ratios[rank - 1], "high": ratios[-rank]}


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
