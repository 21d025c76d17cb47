"""What a run came to: `metrics.json`, the same document in every example.

Reports read finished runs with it, so importing it must not load TensorFlow.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import files
from common.errors import UserError, one_line
from common.settings import Settings
from common.training.run_folder import COMPARE, HISTORY, METRICS, Run

if TYPE_CHECKING:
    import keras

    from common.training.fitting import Fitted

NUMBER = int | float
# What readers need of a document: types, choices, mappings of these by key (`str`:
# every key), and lists of these.
METRIC = {"name": str, "split": str, "mode": ("max", "min")}
SAYS = {
    "difference": NUMBER,
    "interval_95": [NUMBER | None, NUMBER | None],
    "says": ("better", "worse", "undecided"),
}
RUN = {
    **dict.fromkeys(("dataset", "data_hash", "preset", "cell"), str),
    **dict.fromkeys(("seed", "parameters", "epochs", "best_epoch"), int),
    "interrupted": bool,
    "metric": METRIC,
    "models": {str: dict},
    "references": {str: dict},
    "slices": {str: {"count": int, "models": dict}},
    "details": dict,
    "seconds": dict,
}
NUMBERS_OF_A_CELL = ("median", "min", "max", "milliseconds_per_step", "seconds")
CELL = {"cell": str, "parameters": int, **dict.fromkeys(NUMBERS_OF_A_CELL, NUMBER)}
STEP_TIME = dict.fromkeys(("median", "low", "high"), NUMBER)
COMPARISON = {
    **dict.fromkeys(("dataset", "data_hash", "preset"), str),
    "seeds": int,
    "metric": METRIC,
    "cells": [CELL],
    "models": {str: dict},
    "parity": {"output": NUMBER, "gradient": NUMBER},
}


def save(
    run: Run,
    example: str,
    config: Settings,
    model: keras.Model,
    fitted: Fitted,
    *,
    dataset: str,
    data_hash: str,
    metric: str,
    mode: str,
    models: Mapping[str, Mapping[str, float]],
    verdict: Mapping[str, Any] | None,
    references: Mapping[str, Mapping[str, float]] | None = None,
    slices: Mapping[str, Mapping[str, Any]] | None = None,
    details: Mapping[str, Any] | None = None,
    started: float,
) -> dict[str, Any]:
    """Write `metrics.json` and return its content.

    Args:
        run: takes the file.
        example: name of the example's package.
        config: settings of the run.
        model: the trained model.
        fitted: how its training went.
        dataset: name of the data set or file.
        data_hash: hash of the data that was read.
        metric: name of the main metric on the test split.
        mode: "max" if larger values are better, else "min".
        models: metrics by name, of "network" and of each baseline.
        verdict: what `verdicts.verdict` returned.
        references: metrics of models that may not be compared with the network.
        slices: parts of the test split: {"count": N, "models": {name: main metric}}.
        details: everything that only this example has.
        started: `time.perf_counter()` at the beginning.
    """
    import keras  # slow, and only a training needs it, which has it loaded

    document = {
        "example": example,
        "dataset": dataset,
        "data_hash": data_hash,
        "preset": config.preset,
        "cell": config.cell,
        "backend": keras.backend.backend(),
        "seed": config.seed,
        "parameters": model.count_params(),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "interrupted": fitted.interrupted,
        "metric": {"name": metric, "split": "test", "mode": mode},
        "models": models,
        "references": references or {},
        "verdict": verdict,
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

    Of the values by name, those that are no finite numbers are dropped.

    Raises:
        UserError: the file is missing or damaged.
    """
    document = _read(run / METRICS, RUN)
    for part in document["slices"].values():
        part["models"] = numbers(part["models"])
    for name, row in document["references"].items():
        document["references"][name] = numbers(row)
    document["seconds"] = numbers(document["seconds"])
    return document


def read_comparison(run: Run) -> dict[str, Any]:
    """Return the content of a comparison's `compare.json`, checked as `read` does.

    Raises:
        UserError: the file is missing or damaged.
    """
    path = run / COMPARE
    document = _read(path, COMPARISON)
    document["parity"] = numbers(document["parity"])
    others = [row["cell"] for row in document["cells"] if row["cell"] != "builtin"]
    for part, needs in (("against_builtin", SAYS), ("step_time", STEP_TIME)):
        _check(path, document.get(part), dict.fromkeys(others, needs), part)
    return document


def read_history(run: Run) -> list[dict[str, float]]:
    """Return one row of numbers per epoch of a run's `history.csv`.

    Raises:
        UserError: the file is missing or damaged.
    """
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
    return {name: value for name, value in values.items() if _fits(value, NUMBER)}


def _read(path: Path, needs: Mapping[str, Any]) -> dict[str, Any]:
    document = files.read_json(path)
    _check(path, document, needs)
    models = {name: numbers(row) for name, row in document["models"].items()}
    verdict = document.setdefault("verdict", None)
    if verdict is not None:
        needs = {"against": str, **SAYS, "difference": NUMBER | None}
        _check(path, verdict, needs, "verdict")
    main = {document["metric"]["name"]: NUMBER}
    compared = ["network", *([verdict["against"]] if verdict else [])]
    _check(path, models, dict.fromkeys(compared, main), "models")
    document["models"] = {"network": models["network"], **models}  # the first one
    return document


def _check(path: Path, value: Any, needs: Any, key: str = ""):
    """Raise `UserError` unless `value` is what `needs` describes."""
    fits = _fits(value, needs)
    if fits and isinstance(needs, dict):
        for name in value if str in needs else needs:
            _check(
                path, value.get(name), needs.get(name, needs.get(str)), f"{key}.{name}"
            )
    elif fits and isinstance(needs, list):
        for item, kind in zip(value, itertools.cycle(needs)):
            _check(path, item, kind, key)
    elif not fits:
        raise UserError(
            f"{path}: {key.strip('.') or 'the content'} is missing or of the wrong type"
        )


def _fits(value: Any, kind: Any) -> bool:
    if isinstance(kind, tuple):
        return value in kind
    if isinstance(kind, list):
        return isinstance(value, list) and len(kind) in (1, len(value))
    if isinstance(kind, dict):
        return isinstance(value, dict)
    if isinstance(value, bool):
        return kind is bool
    finite = not isinstance(value, float) or math.isfinite(value)
    return finite and isinstance(value, kind)


def sentence(document: Mapping[str, Any]) -> str:
    """Say in one sentence how the network compares with its best baseline.

    Args:
        document: the content of `metrics.json` or `compare.json`.
    """
    found, metric = document.get("verdict"), document["metric"]["name"]
    if not found or found["difference"] is None:
        return f"No verdict: {metric} of the network or of its baselines is missing."
    own, other = (
        document["models"][name][metric] for name in ("network", found["against"])
    )
    says = {
        "better": "The network is better than",
        "worse": "The network is worse than",
        "undecided": "Undecided at 95 %: the network against",
    }[found["says"]]
    return (
        f"{says} its best baseline, {found['against']}: {metric} {own:.4f} against "
        f"{other:.4f}; {interval(found)}."
    )


def interval(found: Mapping[str, Any]) -> str:
    """Return a difference and its interval in words."""
    low, high = found["interval_95"]
    value = f"difference {found['difference']:+.4f}"
    if None in (low, high):
        return f"{value}, too few test cases for an interval"
    return f"{value}, 95 % interval {low:+.4f} to {high:+.4f}"
