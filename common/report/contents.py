"""What a page shows of a finished run or a comparison: its files, read and checked.

The files are those of the run folder alone, and reading them needs no TensorFlow.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import files
from common.comparison import findings
from common.errors import UserError, one_line
from common.preprocessing import tables
from common.report import advice
from common.report.pictures import Picture, read_pictures
from common.training import metrics, run_folder

NUMBER, NAME = (int, float), str
# What a page cannot do without. Of everything else, it shows what are numbers.
METRICS_NEED = {
    "dataset": NAME,
    "preset": NAME,
    "cell": NAME,
    "seed": int,
    "parameters": int,
    "epochs": int,
    "best_epoch": int,
    "metric": dict,
    "baselines": dict,
    "seconds": dict,
}
METRIC_NEEDS = {"name": NAME, "value": NUMBER, "better": NAME}
COMPARE_NEEDS = {"metric": dict, "seeds": int, "cells": list, "parity": dict}
CELL_NEEDS = {
    "cell": NAME,
    "parameters": int,
    "median": NUMBER,
    "min": NUMBER,
    "max": NUMBER,
    "milliseconds_per_step": NUMBER,
    "seconds": NUMBER,
}
RATIO_NEEDS = dict.fromkeys(("median", "min", "max"), NUMBER)
# Keys of `metrics.json` that have their own place in the page.
PLACED = {*METRICS_NEED, "metrics", "slices", "slices_beside"}
CURVES = "learning_curves"


@dataclass(frozen=True)
class Table:
    """Numbers by row and column; the first of `columns` heads the rows' names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]


@dataclass(frozen=True)
class Comparison:
    """What a finished comparison left in its folder."""

    run: run_folder.Run
    config: dict[str, Any]
    document: dict[str, Any]
    pictures: list[Picture]
    pace: str


def read_run(run: run_folder.Run) -> dict[str, Any]:
    """Return what the page of a finished run shows.

    Raises:
        UserError: a file is missing or damaged.
    """
    example = run.path.parent.name
    config = run_folder.read_config(example, run)
    document = files.read_json(run / run_folder.METRICS)
    _check(run / run_folder.METRICS, document, METRICS_NEED)
    metric = document["metric"]
    _check(run / run_folder.METRICS, metric, METRIC_NEEDS)
    if metric["better"] not in ("higher", "lower"):
        raise UserError(f"{run / run_folder.METRICS}: better must be higher or lower")
    document["baselines"] = _numbers(document["baselines"])
    document["slices"] = _numbers(document.get("slices"))
    document["seconds"] = _numbers(document["seconds"])
    document["interrupted"] = document.get("interrupted") is True
    history = _history(run / "history.csv")
    comparison = newest_comparison(run.path.parent)
    pictures = read_pictures(run / "figures")
    models = {f"network ({document['cell']})": metric["value"], **document["baselines"]}
    best = best_baseline(document)
    return {
        "example": example,
        "config": config,
        "document": document,
        "verdict": metrics.verdict(document) if document["baselines"] else "",
        "beats": best is not None and _sign(metric) * (metric["value"] - best[1]) > 0,
        "best": best,
        "models": [
            (name, value, share)
            for (name, value), share in zip(
                models.items(), _shares(models.values()), strict=True
            )
        ],
        "metrics": _numbers(document.get("metrics")),
        "slices": _slices(document),
        "more": list(_more(document)),
        "history": _table("epochs", "epoch", {row["epoch"]: row for row in history}),
        "curves": [picture for picture in pictures if picture.name == CURVES],
        "pictures": [picture for picture in pictures if picture.name != CURVES],
        "comparison": comparison,
        "differs": _differing(config, comparison.config) if comparison else [],
        "advice": advice.advise(
            example,
            document,
            config,
            history,
            cells=comparison.document["cells"] if comparison else [],
            can_resume=run.can_resume,
        ),
    }


def written_at(path: Path) -> int:
    """Return when a file was last written, in nanoseconds."""
    return path.stat().st_mtime_ns


def _sign(metric: Mapping[str, Any]) -> int:
    return 1 if metric["better"] == "higher" else -1


def best_baseline(document: dict[str, Any]) -> tuple[str, float] | None:
    """Return name and value of the best baseline, or `None` where there is none."""
    sign = _sign(document["metric"])
    pairs = document["baselines"].items()
    return max(pairs, key=lambda pair: sign * pair[1], default=None)


def read_comparison(run: run_folder.Run) -> Comparison:
    """Return what a finished comparison left.

    Raises:
        UserError: a file is missing or damaged.
    """
    path = run / run_folder.COMPARE
    config = run_folder.read_config(run.path.parent.name, run)
    document = files.read_json(path)
    _check(path, document, COMPARE_NEEDS)
    _check(path, document["metric"], {"name": NAME, "better": NAME})
    for row in document["cells"]:
        _check(path, row, CELL_NEEDS)
    ratio = document.get("step_time_ratio")
    _check(path, ratio, RATIO_NEEDS)
    document["parity"] = _numbers(document["parity"])
    document["baselines"] = _numbers(document.get("baselines"))
    pictures = read_pictures(run / "figures")
    says = " ".join(findings.findings(document))
    return Comparison(run, config, document, pictures, says)


def newest_comparison(folder: Path) -> Comparison | None:
    """Return the newest comparison in an example's folder that can be read."""
    for path in sorted(
        folder.glob(f"*/{run_folder.COMPARE}"), key=written_at, reverse=True
    ):
        try:
            return read_comparison(run_folder.Run(path.parent))
        except UserError:
            continue  # `python -m examples report` says what is wrong with it
    return None


def _check(path: Path, value: Any, needs: Mapping[str, Any]):
    """Raise `UserError` unless `value` has what a page needs."""
    for name, kind in needs.items():
        if not isinstance(value, dict) or not isinstance(value.get(name), kind):
            raise UserError(f"{path} is damaged: {name} is missing or of a wrong kind")


def _is_number(value: Any) -> bool:
    return isinstance(value, NUMBER) and not isinstance(value, bool)


def _numbers(values: Any) -> dict[str, float]:
    """Return those of `values` that are numbers."""
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if _is_number(value)}


def _history(path: Path) -> list[dict[str, float]]:
    rows = tables.read(path)
    try:
        history = [{name: float(row[name]) for name in row} for row in rows]
        return [{**row, "epoch": int(row["epoch"])} for row in history]
    except (ValueError, OverflowError, KeyError) as error:
        raise UserError(f"{path} is damaged: {one_line(error)}") from None


def _shares(values: Iterable[float]) -> list[float]:
    """Return the length of each value's bar, 0 to 100."""
    values = [value if math.isfinite(value) else 0.0 for value in values]
    longest = max(1.0 if max(values) <= 1 else 0.0, *values)
    return [round(100 * max(0.0, value) / longest, 1) for value in values]


def _table(title: str, first: str, rows: Mapping[Any, Mapping[str, float]]) -> Table:
    """Lay out mappings with like keys, a row each."""
    names = dict.fromkeys(name for row in rows.values() for name in row)
    columns = [name for name in names if name != first]
    cells = tuple(
        (key, *(row.get(column, "") for column in columns)) for key, row in rows.items()
    )
    return Table(title, (first, *columns), cells)


def _nested(value: Any) -> dict[str, dict[str, float]]:
    """Return those entries of `value` that are mappings to numbers."""
    if not isinstance(value, dict):
        return {}
    pairs = ((name, _numbers(inner)) for name, inner in value.items())
    return {name: inner for name, inner in pairs if inner}


def _slices(document: dict[str, Any]) -> Table | None:
    """Return the metric on every slice, and beside it what the example put there."""
    slices = document["slices"]
    if not slices:
        return None
    rows = {name: {"network": value} for name, value in slices.items()}
    beside = _nested(document.get("slices_beside"))
    # An example puts either models or slices on the outside.
    by_slice = set(beside) <= set(slices)
    for outer, inner in beside.items():
        for key, value in inner.items():
            row, column = (outer, key) if by_slice else (key, outer)
            if row in rows and column != document["metric"]["name"]:
                rows[row][column] = value
    return _table("slices", "part of the test split", rows)


def _more(document: dict[str, Any]) -> Iterable[Table]:
    """Yield a table for every other key that holds numbers by name."""
    for key, value in document.items():
        if key in PLACED:
            continue
        if flat := _numbers(value):
            rows = {name: {"value": number} for name, number in flat.items()}
            yield _table(key, "of what", rows)
        elif nested := _nested(value):
            yield _table(key, "of what", nested)


def _differing(config: dict[str, Any], other: dict[str, Any]) -> list[tuple]:
    """Return the settings that differ, apart from the cell, which is compared."""
    names = [name for name in config if name in other and name != "cell"]
    return [
        (name, config[name], other[name])
        for name in names
        if config[name] != other[name]
    ]
