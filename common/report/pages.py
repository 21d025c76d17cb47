"""Pages made of run folders: a report in each of them, and an index of the newest.

A page is made of the files of the run folder alone and needs nothing else: no network,
no script, no TensorFlow. What the files hold is shown, never executed: texts are
escaped, and figures stand in `<img>`, where a browser runs nothing and loads nothing.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from common import files
from common.errors import UserError, one_line
from common.report.contents import read_comparison, read_run, written_at
from common.training import run_folder

REPORT, INDEX = "report.html", "index.html"

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


def leave(run: run_folder.Run):
    """Write the page of a run that has just finished, and never fail.

    After a comparison, the page of the example's newest run is written anew: it shows
    the comparison too. What goes wrong is a warning on stderr: a page must not cost
    what was trained.
    """
    try:
        write(run)
        if (run / run_folder.COMPARE).exists() and (newest := _latest(run.path.parent)):
            write(newest)
    # Whatever it is, the run is finished and its files are there.
    except Exception as error:  # noqa: BLE001
        print(f"warning: no {REPORT}: {one_line(error)}", file=sys.stderr)


def write(run: run_folder.Run) -> Path:
    """Write the page of a finished run or comparison into its folder.

    Raises:
        UserError: a file is missing or damaged.
    """
    if (run / run_folder.COMPARE).exists():
        comparison = read_comparison(run)
        context = {"comparison": comparison, "example": run.path.parent.name}
        page = _render("compare.html", run, context)
    else:
        page = _render("run.html", run, read_run(run))
    try:
        files.write_text(run / REPORT, page)
    except OSError as error:
        path = run / REPORT
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None
    return run / REPORT


def _render(template: str, run: run_folder.Run, context: dict[str, Any]) -> str:
    return _pages.get_template(template).render(name=run.path.name, **context)


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
        for path in sorted(folder.glob(f"*/{run_folder.COMPARE}"), key=written_at):
            _write_missing(run_folder.Run(path.parent), written, damaged)
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
    files.write_text(index, _pages.get_template("index.html").render(cards=cards))
    return index, written, damaged


def _write_missing(run: run_folder.Run, written: list[Path], damaged: list[str]):
    """Write the page of a run that has none."""
    if not (run / REPORT).exists():
        try:
            written.append(write(run))
        except UserError as error:
            damaged.append(one_line(error))


def _finished(folder: Path) -> Iterable[run_folder.Run]:
    """Return the finished runs of an example, the newest first."""
    paths = sorted(folder.glob(f"*/{run_folder.METRICS}"), key=written_at, reverse=True)
    return [run_folder.Run(path.parent) for path in paths]


def _latest(folder: Path) -> run_folder.Run | None:
    return next(iter(_finished(folder)), None)
