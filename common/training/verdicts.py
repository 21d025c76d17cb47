"""Is the network better than its best baseline? A verdict with an interval.

Letters: N test cases.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from common.training.metrics import sentence  # noqa: F401

LEVEL = 0.95
RESAMPLES = 2000
# With fewer blocks even a sign test cannot reach 95 %: 2 * 0.5**5 > 0.05.
FEWEST_BLOCKS = 6


def verdict(
    scores: Mapping[str, np.ndarray],
    *,
    mode: str,
    blocks: np.ndarray | None = None,
    root: bool = False,
) -> dict[str, Any] | None:
    """Compare the network with the best baseline on the same test cases.

    Args:
        scores: one value per test case, (N,), of "network" and of each baseline. The
            metric is their mean. Cases where any of them is not finite do not count.
        mode: "max" if larger values are better, else "min".
        blocks: (N,) number of the block that each case belongs to, where neighbouring
            cases depend on each other. By default every case is a block of its own.
        root: whether the metric is the square root of the mean, as for RMSE.

    Returns:
        `against`: name of the best baseline; `difference`: the network's metric minus
        its; `interval_95`: of the difference; `says`: better, worse or undecided.
        `None` if there is no baseline, or the network has no finite score.
    """
    others = [name for name in scores if name != "network"]
    finite = np.isfinite(scores["network"])
    if not others or not finite.any():
        return None
    sign = 1 if mode == "max" else -1
    means = {name: np.mean(scores[name][finite]) for name in others}
    known = {name: mean for name, mean in means.items() if np.isfinite(mean)}
    if not known:
        return None
    best = max(known, key=lambda name: sign * known[name])
    compared = difference(
        scores["network"], scores[best], mode=mode, blocks=blocks, root=root
    )
    return {"against": best, **compared}


def difference(
    first: np.ndarray,
    second: np.ndarray,
    *,
    mode: str,
    blocks: np.ndarray | None = None,
    root: bool = False,
) -> dict[str, Any]:
    """Return `difference`, `interval_95` and `says` of two models' scores, (N,) each.

    Shares of right answers (all scores 0 or 1) are compared by McNemar's exact test:
    only the cases count in which one model is right and the other is wrong (Dietterich
    1998, section 3.1). All other scores are compared by a paired bootstrap over blocks
    (Efron and Tibshirani 1993, section 8.6).
    """
    finite = np.isfinite(first) & np.isfinite(second)
    first, second = (np.asarray(x, "float64")[finite] for x in (first, second))
    blocks = np.arange(len(first)) if blocks is None else np.asarray(blocks)[finite]
    interval, value = [None, None], None
    if len(first):
        value = float(_metric(first.mean(), root) - _metric(second.mean(), root))
        if blocks.size == np.unique(blocks).size and _all_binary(first, second):
            interval = _mcnemar(first, second)
        elif np.unique(blocks).size >= FEWEST_BLOCKS:
            interval = _bootstrap(first, second, blocks, root)
    low, high = interval
    says = "undecided"
    if low is not None and (low > 0 or high < 0):
        says = "better" if (low > 0) == (mode == "max") else "worse"
    return {"difference": value, "interval_95": interval, "says": says}


def _metric(mean, root: bool):
    return np.sqrt(mean) if root else mean


def _all_binary(*scores: np.ndarray) -> bool:
    return all(np.isin(values, (0, 1)).all() for values in scores)


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
    return [float(share * (2 * part.low - 1)), float(share * (2 * part.high - 1))]


def _bootstrap(
    first: np.ndarray, second: np.ndarray, blocks: np.ndarray, root: bool
) -> list[float]:
    _, block = np.unique(blocks, return_inverse=True)
    sums = [np.bincount(block, weights=values) for values in (first, second)]
    counts = np.bincount(block)

    def statistic(one, other, count, axis=-1):
        total = count.sum(axis)
        return _metric(one.sum(axis) / total, root) - _metric(
            other.sum(axis) / total, root
        )

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
