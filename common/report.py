"""Pages made of run folders: a report in each of them, and an index of the newest.

A page is made of the files of the run folder alone and needs nothing else: no network,
no script, no TensorFlow. What the files hold is shown, never executed: texts are
escaped, and figures stand in `<img>`, where a browser runs nothing and loads nothing.
"""

import base64
import math
import re
import struct
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import jinja2

from common import advice, results, runs, tables
from common.errors import UserError, one_line

REPORT, INDEX = "report.html", "index.html"
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
DC = "{http://purl.org/dc/elements/1.1/}"  # Dublin Core, in an SVG file's metadata
SVG = "{http://www.w3.org/2000/svg}"
PNG_START = b"\x89PNG\r\n\x1a\n"

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _plain(name: str) -> str:
    return str(name).replace("_", " ")


def _number(value: Any) -> str:
    if isinstance(value, float):
        tiny = 0 < abs(value) < 1e-3
        return f"{value:.1e}" if tiny else f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


_pages.filters |= {"plain": _plain, "number": _number}


@dataclass(frozen=True)
class Picture:
    """A figure of a run, ready to stand in a page."""

    name: str
    source: str  # data: URI
    width: int  # CSS pixels
    height: int
    caption: str
    alt: str
    has_colour_map: bool
    """Whether colours stand for values, so that a dark page must leave them alone."""


@dataclass(frozen=True)
class Table:
    """Numbers by row and column; the first of `columns` heads the rows' names."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple, ...]


@dataclass(frozen=True)
class Comparison:
    """What a finished comparison left in its folder."""

    run: runs.Run
    config: dict[str, Any]
    document: dict[str, Any]
    pictures: list[Picture]
    pace: str


def leave(run: runs.Run):
    """Write the page of a run that has just finished, and never fail.

    After a comparison, the page of the example's newest run is written anew: it shows
    the comparison too. What goes wrong is a warning on stderr: a page must not cost
    what was trained.
    """
    try:
        write(run)
        if (run / runs.COMPARE).exists() and (newest := _latest(run.path.parent)):
            write(newest)
    # Whatever it is, the run is finished and its files are there.
    except Exception as error:  # noqa: BLE001
        print(f"warning: no {REPORT}: {one_line(error)}", file=sys.stderr)


def write(run: runs.Run) -> Path:
    """Write the page of a finished run or comparison into its folder.

    Raises:
        UserError: a file is missing or damaged.
    """
    if (run / runs.COMPARE).exists():
        comparison = read_comparison(run)
        context = {"comparison": comparison, "example": run.path.parent.name}
        page = _render("compare.html", run, context)
    else:
        page = _render("run.html", run, read_run(run))
    try:
        runs.write_text(run / REPORT, page)
    except OSError as error:
        path = run / REPORT
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None
    return run / REPORT


def _render(template: str, run: runs.Run, context: dict[str, Any]) -> str:
    return _pages.get_template(template).render(name=run.path.name, **context)


def read_run(run: runs.Run) -> dict[str, Any]:
    """Return what the page of a finished run shows.

    Raises:
        UserError: a file is missing or damaged.
    """
    example = run.path.parent.name
    config = runs.read_config(example, run)
    document = runs.read_json(run / runs.METRICS)
    _check(run / runs.METRICS, document, METRICS_NEED)
    metric = document["metric"]
    _check(run / runs.METRICS, metric, METRIC_NEEDS)
    if metric["better"] not in ("higher", "lower"):
        raise UserError(f"{run / runs.METRICS}: better must be higher or lower")
    document["baselines"] = _numbers(document["baselines"])
    document["slices"] = _numbers(document.get("slices"))
    document["seconds"] = _numbers(document["seconds"])
    document["interrupted"] = document.get("interrupted") is True
    history = _history(run / "history.csv")
    comparison = newest_comparison(run.path.parent)
    pictures = _pictures(run / "figures")
    models = {f"network ({document['cell']})": metric["value"], **document["baselines"]}
    best = best_baseline(document)
    return {
        "example": example,
        "config": config,
        "document": document,
        "verdict": results.verdict(document) if document["baselines"] else "",
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


def _sign(metric: Mapping[str, Any]) -> int:
    return 1 if metric["better"] == "higher" else -1


def best_baseline(document: dict[str, Any]) -> tuple[str, float] | None:
    """Return name and value of the best baseline, or `None` where there is none."""
    sign = _sign(document["metric"])
    pairs = document["baselines"].items()
    return max(pairs, key=lambda pair: sign * pair[1], default=None)


def read_comparison(run: runs.Run) -> Comparison:
    """Return what a finished comparison left.

    Raises:
        UserError: a file is missing or damaged.
    """
    path = run / runs.COMPARE
    config = runs.read_config(run.path.parent.name, run)
    document = runs.read_json(path)
    _check(path, document, COMPARE_NEEDS)
    _check(path, document["metric"], {"name": NAME, "better": NAME})
    for row in document["cells"]:
        _check(path, row, CELL_NEEDS)
    ratio = document.get("step_time_ratio")
    _check(path, ratio, RATIO_NEEDS)
    document["parity"] = _numbers(document["parity"])
    document["baselines"] = _numbers(document.get("baselines"))
    pictures = _pictures(run / "figures")
    says = " ".join(results.findings(document))
    return Comparison(run, config, document, pictures, says)


def newest_comparison(folder: Path) -> Comparison | None:
    """Return the newest comparison in an example's folder that can be read."""
    for path in sorted(folder.glob(f"*/{runs.COMPARE}"), key=_time, reverse=True):
        try:
            return read_comparison(runs.Run(path.parent))
        except UserError:
            continue  # `python -m examples report` says what is wrong with it
    return None


def collect(
    runs_dir: str, examples: Mapping[str, str]
) -> tuple[Path, list[Path], list[str]]:
    """Write an index of the newest finished runs, and the pages that are missing.

    The page of each newest run is made anew, so that it shows the newest comparison.

    Args:
        runs_dir: folder of the run folders.
        examples: what each example does, by name.

    Returns:
        the index, the pages that were written, and a line for each damaged run.

    Raises:
        UserError: there is no run to show, or the folder cannot be written to.
    """
    written, damaged, newest = [], [], {}
    for example in examples:
        folder = Path(runs_dir) / example
        for path in sorted(folder.glob(f"*/{runs.COMPARE}"), key=_time):
            _write_missing(runs.Run(path.parent), written, damaged)
        for run in _finished(folder):
            if example in newest:
                _write_missing(run, written, damaged)
                continue
            try:
                context = read_run(run)
                written.append(write(run))
                newest[example] = {**context, "stamp": run.path.name}
            except UserError as error:
                damaged.append(one_line(error))
    if not newest:
        lines = "".join(f"; {line}" for line in damaged)
        raise UserError(
            f"no finished run in {runs_dir}{lines}; "
            f"train one first: python -m examples.{next(iter(examples))}"
        )
    cards = [
        {
            "example": example,
            "line": line,
            "run": newest.get(example),
            "href": f"{quote(example)}/{quote(newest[example]['stamp'])}/{REPORT}"
            if example in newest
            else "",
        }
        for example, line in examples.items()
    ]
    index = Path(runs_dir) / INDEX
    runs.write_text(index, _pages.get_template("index.html").render(cards=cards))
    return index, written, damaged


def _write_missing(run: runs.Run, written: list[Path], damaged: list[str]):
    """Write the page of a run that has none."""
    if not (run / REPORT).exists():
        try:
            written.append(write(run))
        except UserError as error:
            damaged.append(one_line(error))


def _finished(folder: Path) -> Iterable[runs.Run]:
    """Return the finished runs of an example, the newest first."""
    paths = sorted(folder.glob(f"*/{runs.METRICS}"), key=_time, reverse=True)
    return [runs.Run(path.parent) for path in paths]


def _time(path: Path) -> int:
    return path.stat().st_mtime_ns


def _latest(folder: Path) -> runs.Run | None:
    return next(iter(_finished(folder)), None)


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


def _pictures(folder: Path) -> list[Picture]:
    """Read the figures, by name: SVG, or PNG where there is no SVG.

    Raises:
        UserError: a file is not a picture.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.png"))}
    paths |= {path.stem: path for path in sorted(folder.glob("*.svg"))}
    return [_picture(path) for _, path in sorted(paths.items())]


def _picture(path: Path) -> Picture:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None
    read, kind = (_svg, "svg+xml") if path.suffix == ".svg" else (_png, "png")
    try:
        width, height, *texts, has_colour_map = read(content)
    except (ElementTree.ParseError, ValueError, struct.error) as error:
        raise UserError(f"{path} is damaged: {one_line(error)}") from None
    caption, alt = texts
    plain = _plain(path.stem).capitalize()
    return Picture(
        path.stem,
        f"data:image/{kind};base64,{base64.b64encode(content).decode()}",
        width,
        height,
        caption or f"{plain}.",
        alt or f"{plain}; no description was saved with it.",
        has_colour_map,
    )


def _svg(content: bytes) -> tuple[int, int, str | None, str | None, bool]:
    """Return size, caption, description, and whether there is an image inside."""
    root = ElementTree.fromstring(content)
    if root.tag != f"{SVG}svg":
        raise ValueError("it is not SVG")
    sizes = [
        re.fullmatch(r"([\d.]+)pt", root.get(name, "")) for name in ("width", "height")
    ]
    if not all(sizes):
        raise ValueError("it has no width and height in points")
    # 72 points and 96 CSS pixels are an inch.
    width, height = (round(float(size[1]) * 96 / 72) for size in sizes)
    return (
        width,
        height,
        root.findtext(f"{SVG}title"),
        root.findtext(f".//{DC}description"),
        root.find(f".//{SVG}image") is not None,
    )


def _png(content: bytes) -> tuple[int, int, None, None, bool]:
    """Return the size of a PNG file; what `_svg` says else, it does not say."""
    if not content.startswith(PNG_START):
        raise ValueError("it is not PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height, None, None, True
