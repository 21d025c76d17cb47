"""Rules that find problems in a run's numbers; `advice.html` words the advice."""

from collections.abc import Mapping, Sequence
from typing import Any

GAP = 1.5  # overfitting: validation loss divided by training loss is above this
WEAK = 0.1  # a slice is mentioned if its metric is worse by more than this fraction
MIN_CASES = 10  # size of the smallest slice that is mentioned
SIGN = {"max": 1, "min": -1}


def reasons(
    document: Mapping[str, Any],
    history: Sequence[Mapping[str, float]],
    comparison: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return what the advice needs beside the documents.

    Args:
        document: the content of `metrics.json`, as `metrics.read` returns it.
        history: one row an epoch.
        comparison: the content of the `compare.json` that belongs to the run.

    Returns:
        `overfitting`: row of the epoch kept, if its validation loss is much the larger;
        `weakest`: slice where the network is much worse than on the whole test split;
        `gated`: best of the gated cells that are better than SimpleRNN. Each may be
        `None`.
    """
    best = next((r for r in history if r["epoch"] == document["best_epoch"]), {})
    gap = 0 < GAP * best.get("loss", 0) < best.get("val_loss", 0)
    return {
        "overfitting": best if gap else None,
        "weakest": _weakest_slice(document),
        "gated": comparison and _gated_cell(comparison),
    }


def _weakest_slice(document: Mapping[str, Any]) -> str | None:
    metric = document["metric"]
    sign, whole = SIGN[metric["mode"]], document["models"]["network"][metric["name"]]
    values = {
        name: part["models"]["network"]
        for name, part in document["slices"].items()
        if "network" in part["models"] and part["count"] >= MIN_CASES
    }
    worst = min(values, key=lambda name: sign * values[name], default=None)
    if len(values) > 1 and sign * (whole - values[worst]) > WEAK * abs(whole):
        return worst
    return None


def _gated_cell(comparison: Mapping[str, Any]) -> str | None:
    better = [
        (SIGN[comparison["metric"]["mode"]] * row["median"], row["cell"])
        for row in comparison["cells"]
        if row["cell"] in ("gru", "lstm")
        and comparison["against_builtin"][row["cell"]]["says"] == "better"
    ]
    return max(better)[1] if better else None
