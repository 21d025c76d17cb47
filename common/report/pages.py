"""Pages made of run folders: a report in each of them, and an index of the newest.

A page needs the files of the run folder alone: no network, no script, no TensorFlow.
What they hold is shown, never executed: texts are escaped, figures stand in `<img>`.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from common import files
from common.errors import UserError, one_line
from common.report.contents import read_comparison, read_run
from common.training import run_folder

REPORT, INDEX = "report.html", "index.html"
MAX_TEXT = 200  # characters of a name; somebody's labels can be whole books


def _plain(name: object) -> str:
    text = str(name).replace("_", " ")
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _prose(sentence: str) -> str:
    return sentence.replace("_", " ").replace(" %", "\N{NO-BREAK SPACE}%")


def _number(value: Any) -> str:
    if isinstance(value, float):
        plain = value == 0 or 1e-3 <= abs(value) < 1e9
        return f"{value:.4f}" if plain else f"{value:.1e}"
    return f"{value:,}" if isinstance(value, int) else _plain(value)


templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters |= {"plain": _plain, "prose": _prose, "number": _number}


def leave(run: run_folder.Run):
    """Write the page of a run that has just finished, and never fail.

    After a comparison, the page of the example's newest run is written anew: it may
    show the comparison too. An error becomes a warning on stderr.
    """
    try:
        write(run)
        if (run / run_folder.COMPARE).exists():
            for newest in run_folder.holding(run.path.parent, run_folder.METRICS)[:1]:
                write(newest)
    # Whatever it is, the run is finished and its files are there.
    except Exception as error:  # noqa: BLE001
        print(f"warning: no {REPORT}: {one_line(error)}", file=sys.stderr)


def write(run: run_folder.Run) -> dict[str, Any]:
    """Write the page of a finished run or comparison; return what it shows.

    Raises:
        UserError: the settings or the results are missing or damaged, or the page
            cannot be written.
    """
    if (run / run_folder.METRICS).exists():
        template, contents = "run.html", read_run(run)
    else:
        template, contents = "compare.html", {"comparison": read_comparison(run)}
    _render(template, run / REPORT, contents)
    return contents


def _render(template: str, path: Path, contents: Mapping[str, Any]):
    page = templates.get_template(template).render(**contents)
    # JSON and file names may hold lone surrogates, which UTF-8 cannot encode.
    files.write_text(path, page.encode("utf-8", "replace").decode())


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
        runs = run_folder.holding(folder, run_folder.METRICS)
        for run in [*run_folder.holding(folder, run_folder.COMPARE), *runs]:
            if (run / REPORT).exists() and (run not in runs or example in newest):
                continue
            try:
                contents = write(run)
            except UserError as error:
                damaged.append(one_line(error))
                continue
            written.append(run / REPORT)
            if run in runs:
                place = quote(os.fsencode(f"{example}/{run.path.name}/{REPORT}"))
                newest.setdefault(example, {**contents, "href": place})
    if not newest:
        lines = "".join(f"; {line}" for line in damaged)
        raise UserError(
            f"no finished run in {runs_dir}{lines}; python -m examples lists the "
            "examples"
        )
    cards = [(example, line, newest.get(example)) for example, line in examples.items()]
    index = Path(runs_dir) / INDEX
    _render("index.html", index, {"cards": cards})
    return index, written, damaged
