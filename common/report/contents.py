"""What a page shows of a run: its files, read and laid out.

The files are those of the run folder alone, and reading them needs no TensorFlow. A
damaged part is left out with a note. Without settings or results there is no page.
"""

from typing import Any

from common.comparison import findings
from common.errors import UserError
from common.play import page
from common.report.advice import reasons
from common.report.pictures import read_pictures
from common.training import metrics, run_folder

# Between a run and a comparison: its cells and seeds, and where the same data lie.
MAY_DIFFER = ("cell", "seed", "data", "data_dir")


def read_comparison(run: run_folder.Run) -> dict[str, Any]:
    """Return what the page of a comparison shows; raises as `read_run` does."""
    document = metrics.read_comparison(run)
    found = findings.findings(document)
    return {**_common(run), "document": document, "findings": found}


def read_run(run: run_folder.Run) -> dict[str, Any]:
    """Return what the page of a finished run shows; tables are {row: {column: value}}.

    Raises:
        UserError: the settings or the results are missing or damaged.
    """
    contents, document, history = _common(run), metrics.read(run), []
    try:
        history = metrics.read_history(run)
    except UserError as error:
        contents["notes"].append(f"The history is left out: {error}.")
    comparison = _comparison_of(run, contents, document)
    main, models = document["metric"]["name"], document["models"]
    slices, details = document["slices"], document["details"]
    details = {"numbers": metrics.numbers(details), **details}
    return {
        **contents,
        "document": document,
        "verdict": metrics.sentence(document),
        "scores": {name: row[main] for name, row in models.items() if main in row},
        "slices": {k: {"cases": x["count"], **x["models"]} for k, x in slices.items()},
        "details": {title: _rows(part) for title, part in details.items()},
        "history": {row["epoch"]: row for row in history},
        "comparison": comparison,
        "can_resume": run.can_resume,
        "play": page.PAGE if (run / page.PAGE).is_file() else None,
        "why_no_play": page.why_not(run),
        **reasons(document, history, comparison and comparison["document"]),
    }


def _common(run) -> dict[str, Any]:
    """Return what the page of a run and of a comparison both show."""
    example = run.path.parent.name
    pictures, notes = read_pictures(run / "figures")
    return {
        "name": run.path.name,
        "example": example,
        "config": run_folder.read_config(example, run),
        "pictures": pictures,
        "notes": notes,
    }


def _comparison_of(run, contents, document) -> dict[str, Any] | None:
    """Return the newest comparison with the data and the settings of the run."""
    settings = {k: v for k, v in contents["config"].items() if k not in MAY_DIFFER}
    for compared in run_folder.holding(run.path.parent, run_folder.COMPARE):
        try:
            comparison = read_comparison(compared)
        except UserError as error:
            contents["notes"].append(f"A comparison is left out: {error}.")
            continue
        # One data set makes different tests with, for example, another horizon.
        same = {**comparison["config"], **settings} == comparison["config"]
        if same and comparison["document"]["data_hash"] == document["data_hash"]:
            return comparison
    return None


def _rows(value: Any) -> dict[Any, dict[str, float]]:
    """Return the numbers in a detail by row and column; lists become columns."""
    rows: dict[Any, dict[str, Any]] = {}
    named = {"value": value} if isinstance(value, list) else value
    for name, inner in named.items() if isinstance(named, dict) else ():
        if isinstance(inner, list):
            for number, item in enumerate(inner, start=1):
                rows.setdefault(number, {})[name] = item
        else:
            rows[name] = inner if isinstance(inner, dict) else {"value": inner}
    kept = {name: metrics.numbers(row) for name, row in rows.items()}
    return {name: row for name, row in kept.items() if row}
