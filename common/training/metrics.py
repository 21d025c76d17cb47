"""The results of a run: `metrics.json`, with the same entries in every example.

Reports import this module, so importing it must not load TensorFlow.
"""

import csv
import io
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common import files
from common.errors import UserError, one_line
from common.settings import CELLS, Settings
from common.training.run_folder import COMPARE, HISTORY, METRICS, Run

# What readers need of a document: the type or the choices at each of these places. A *
# stands for every key, `float` for any finite number.
BOTH = {
    "metric.name metric.split dataset data_hash preset": str,
    "metric.mode": ("max", "min"),
    "models models.*": dict,
}
RUN = BOTH | {
    "cell": str,
    "seed parameters epochs best_epoch": int,
    "interrupted": bool,
    "references references.* slices slices.* slices.*.models details seconds": dict,
    "slices.*.count": int,
}
COMPARISON = BOTH | {
    "cells": list,
    "cells.*.cell": CELLS,
    "seeds cells.*.parameters": int,
    "cells.*.median cells.*.min cells.*.max cells.*.seconds": float,
    "cells.*.milliseconds_per_step parity.output parity.gradient": float,
}
INTERVAL = "two numbers, or two times nothing"
SAYS = ("better", "worse", "undecided")
FOUND = {"difference": float, "interval_95": INTERVAL, "says": SAYS}
STEP_TIME = {"median low high": float}


def save(
    run: Run,
    task,
    config: Settings,
    model,
    fitted,
    *,
    scores: Mapping[str, Any],
    models: Mapping[str, Mapping[str, float]],
    references: Mapping[str, Mapping[str, float]] | None = None,
    slices: Mapping[str, Mapping[str, Any]] | None = None,
    details: Mapping[str, Any] | None = None,
    started: float,
) -> dict[str, Any]:
    """Write `metrics.json` and return its content.

    Args:
        task: what was trained and tested, a `Task`.
        config: its settings.
        model: the network, a `keras.Model`.
        fitted: how its training went, a `Fitted`.
        scores: main metric of every test case (N,), of "network" and of each baseline.
        models: metrics by name, of the same models.
        references: metrics of models that may not be compared with the network.
        slices: parts of the test split: {"count": N, "models": {name: main metric}}.
        details: everything that only this example has.
        started: `time.perf_counter()` at the beginning.
    """
    from common.training import verdicts  # slow; a training has it loaded

    document = {
        **task.about(config),
        "cell": config.cell,
        "parameters": model.count_params(),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "interrupted": fitted.interrupted,
        "models": models,
        "references": references or {},
        "verdict": verdicts.verdict(task, scores),
        "slices": slices or {},
        "details": details or {},
        "seconds": {
            "train": round(fitted.seconds, 2),
            "total": round(time.perf_counter() - started, 2),
        },
        "milliseconds_per_step": round(fitted.milliseconds_per_step, 3),
    }
    files.write_json(run / METRICS, document)
    return document


def read(run: Run) -> dict[str, Any]:
    """Return the content of a run's `metrics.json`, checked.

    Metrics and times that are not finite numbers are dropped.

    Raises:
        UserError: the file is missing or damaged.
    """
    document = _read(run / METRICS, RUN)
    for part in document["slices"].values():
        part["models"] = numbers(part["models"])
    document["references"] = _rows(document["references"])
    document["seconds"] = numbers(document["seconds"])
    return document


def read_comparison(run: Run) -> dict[str, Any]:
    """Return the content of a comparison's `compare.json`; raises as `read` does."""
    path = run / COMPARE
    document = _read(path, COMPARISON)
    document["parity"] = numbers(document["parity"])
    for cell in (row["cell"] for row in document["cells"]):
        if cell != "builtin":
            _check(path, document, FOUND, f"against_builtin.{cell}.")
            _check(path, document, STEP_TIME, f"step_time.{cell}.")
    return document


def read_history(run: Run) -> list[dict[str, float]]:
    """Return a row of numbers per epoch of `history.csv`; raises as `read` does."""
    path = run / HISTORY
    try:
        rows = list(csv.DictReader(io.StringIO(files.read_text(path), newline="")))
        history = [{name: float(row[name]) for name in row} for row in rows]
        history = [{**row, "epoch": int(row["epoch"])} for row in history]
    # TypeError: a row has too few or too many cells.
    except (csv.Error, ValueError, TypeError, OverflowError, KeyError) as error:
        raise UserError(f"{path} is damaged: {one_line(error)}") from None
    if not history:
        raise UserError(f"{path} has no epochs")
    return history


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Return those of `values` that are finite numbers."""
    return {name: value for name, value in values.items() if _fits(value, float)}


def _rows(rows: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    return {name: numbers(row) for name, row in rows.items()}


def _read(path: Path, needs: Mapping[str, Any]) -> dict[str, Any]:
    document = files.read_json(path)
    _check(path, document, needs)
    rows = {"network": {}, **document["models"]}  # the network comes first
    document["models"], main = _rows(rows), document["metric"]["name"]
    compared, verdict = ["network"], document.setdefault("verdict", None)
    if verdict is not None:
        _check(path, document, {"against": str, **FOUND}, "verdict.")
        compared.append(verdict["against"])
    elif rows["network"].get(main, 0) is None:  # written so where it was not finite
        document["models"]["network"][main] = math.nan
    for name in compared:
        if main not in document["models"].get(name, ()):
            raise UserError(f"{path}: models.{name} has no {main}")
    return document


def _check(path: Path, document: Any, needs: Mapping[str, Any], prefix: str = ""):
    """Raise `UserError` unless every place of a document holds what it needs to."""
    for names, kind in needs.items():
        for name in names.split():
            place = prefix + name
            if not all(_fits(value, kind) for value in _at(document, place.split("."))):
                place = place.replace(".*", "")
                raise UserError(f"{path}: {place} is missing or of the wrong type")


def _at(value: Any, keys: Sequence[str]) -> list[Any]:
    """Return every value at a place, `None` if there is nothing."""
    if not keys:
        return [value]
    rows = dict(enumerate(value)) if isinstance(value, list) else value
    rows = rows if isinstance(rows, dict) else {}
    inner = rows.values() if keys[0] == "*" else [rows.get(keys[0])]
    return [found for one in inner for found in _at(one, keys[1:])]


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, tuple):
        return value in kind
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and math.isfinite(value)
    if kind is INTERVAL:
        pair = isinstance(value, list) and len(value) == 2
        return pair and (value == [None] * 2 or all(_fits(end, float) for end in value))
    return isinstance(value, kind)


def sentence(document: Mapping[str, Any]) -> str:
    """Say how the network compares with its best baseline, by either result file."""
    found, metric = document.get("verdict"), document["metric"]["name"]
    if not found:
        return f"No verdict: {metric} of the network or of its baselines is missing."
    models, against = document["models"], found["against"]
    says = {
        "better": "The network is better than",
        "worse": "The network is worse than",
        "undecided": "Undecided at 95 %: the network against",
    }[found["says"]]
    return (
        f"{says} its best baseline, {against}: {metric} "
        f"{models['network'][metric]:.4f} against {models[against][metric]:.4f}; "
        f"{interval(found)}."
    )


def interval(found: Mapping[str, Any]) -> str:
    """Return a difference and its interval in words."""
    low, high = found["interval_95"]
    value = f"difference {found['difference']:+.4f}"
    if None in (low, high):
        return f"{value}, too few test cases for an interval"
    return f"{value}, 95 % interval {low:+.4f} to {high:+.4f}"
