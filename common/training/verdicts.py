"""Is the network better than its best baseline? A verdict with an interval.

Letters: N test cases.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from common.training.task import Task

LEVEL = 0.95
RESAMPLES = 2000
# With fewer blocks even a sign test cannot reach 95 %: 2 * 0.5**5 > 0.05.
FEWEST_BLOCKS = 6


def verdict(task: Task, scores: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """Compare the network with the best baseline on the same test cases.

    Args:
        task: its `mode`, `blocks` and `root` say how to compare.
        scores: one value per test case, (N,), of "network" and of each baseline. The
            metric is their mean. Cases where the network's value is not finite do
            not count. A baseline with any other value that is not finite is left out.

    Returns:
        `against`: name of the best baseline; `difference`: the network's metric minus
        its; `interval_95`: of the difference; `says`: better, worse or undecided.
        `None` if there is no baseline, or the network has no finite score.
    """
    finite = np.isfinite(scores["network"])
    if not finite.any():
        return None
    sign = 1 if task.mode == "max" else -1
    means = {name: sign * np.mean(values[finite]) for name, values in scores.items()}
    known = [name for name in means if name != "network" and np.isfinite(means[name])]
    if not known:
        return None
    best = max(known, key=means.get)
    return {"against": best, **difference(task, scores["network"], scores[best])}


def difference(task: Task, first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    """Return `difference`, `interval_95` and `says` of two models' scores, (N,) each.

    Shares of right answers (all scores 0 or 1) are compared by McNemar's exact test:
    only the cases count in which one model is right and the other is wrong (Dietterich
    1998, section 3.1). All other scores are compared by a paired bootstrap over blocks
    (Efron and Tibshirani 1993, section 8.6).
    """
    finite = np.isfinite(first) & np.isfinite(second)
    first, second = (np.asarray(x, "float64")[finite] for x in (first, second))
    blocks = np.arange(len(finite)) if task.blocks is None else task.blocks
    blocks = np.asarray(blocks)[finite]
    count = np.unique(blocks).size
    metric = np.sqrt if task.root else lambda mean: mean
    interval, value, says = [None, None], None, "undecided"
    if len(first):
        value = float(metric(first.mean()) - metric(second.mean()))
        if count == len(first) and np.isin([first, second], (0, 1)).all():
            interval = _mcnemar(first, second)
        elif count >= FEWEST_BLOCKS:
            interval = _bootstrap(first, second, blocks, metric)
    low, high = interval
    if low is not None and (low > 0 or high < 0):
        says = "better" if (low > 0) == (task.mode == "max") else "worse"
    return {"difference": value, "interval_95": interval, "says": says}


def _mcnemar(first: np.ndarray, second: np.ndarray) -> list[float]:
    """Return the interval of the difference of two shares of right answers.

    Given how often exactly one of the two is right, the first one's part of these
    cases is binomial (Clopper and Pearson 1934).
    """
    ahead, behind = int((first > second).sum()), int((first < second).sum())
    if not ahead + behind:
        return [0.0, 0.0]
    part = stats.binomtest(ahead, ahead + behind).proportion_ci(LEVEL, "exact")
    share = (ahead + behind) / len(first)
    return [float(share * (2 * end - 1)) for end in part]


def _bootstrap(first, second, blocks, metric) -> list[float]:
    """Return the interval of the difference of two metrics of scores (N,) by block."""
    _, block = np.unique(blocks, return_inverse=True)
    sums = [np.bincount(block, weights=values) for values in (first, second)]
    counts = np.bincount(block)

    def statistic(one, other, count, axis=-1):
        one, other = (x.sum(axis) / count.sum(axis) for x in (one, other))
        return metric(one) - metric(other)

    if all((values == values[0]).all() for values in (*sums, counts)):
        return [float(statistic(*sums, counts))] * 2  # nothing to resample
    result = stats.bootstrap(
        (*sums, counts),
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=max(1, 10_000_000 // len(counts)),
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return [float(end) for end in result.confidence_interval]
