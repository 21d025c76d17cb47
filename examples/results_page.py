"""The page of all comparisons, `RESULTS.md`, and its parts in the READMEs.

Each line about an example begins with its name, on the page and in the READMEs, so
that the two can be compared line by line.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from common import files
from common.comparison import timing
from common.comparison.findings import findings
from common.errors import UserError, one_line
from common.training import run_folder

PAGE = "RESULTS.md"
# In a README, the command replaces what stands between the two.
BLOCK = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=False,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals |= {"findings": findings, "says": timing.says}


def newest(
    folder: Path, settings: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the newest comparison in an example's folder that has these settings.

    If none has as many seeds, the newest with any number of seeds is returned.

    Args:
        folder: `RUNS_DIR/EXAMPLE`.
        settings: what `config.json` must hold.

    Returns:
        the content of `compare.json`, or `None`; a line for each newer damaged file.
    """
    damaged, others = [], []
    wanted = json.loads(json.dumps(settings))
    for run in run_folder.holding(folder, run_folder.COMPARE):
        path = run / run_folder.COMPARE
        try:
            config = run_folder.read_config(folder.name, run)
            if {**config, "seeds": wanted["seeds"]} == wanted:
                document = files.read_json(path)
                block(document)
                if config == wanted:
                    return document, damaged
                others.append(document)
        except UserError as error:
            damaged.append(str(error))
        except (jinja2.TemplateError, LookupError, TypeError, ValueError) as error:
            damaged.append(f"{path} is damaged or old: {error!r}")
    return next(iter(others), None), damaged


def page(
    command: str, documents: Sequence[Mapping[str, Any]], missing: Sequence[str]
) -> str:
    """Return the page of comparisons with the same preset.

    Args:
        command: what the user types to have it written.
        documents: content of the `compare.json` of each example, one at least.
        missing: examples without such a comparison.
    """
    template = _templates.get_template("results.md.jinja")
    text = template.render(
        command=command, marker=marker(command), documents=documents, missing=missing
    )
    return text.strip() + "\n"


def marker(command: str) -> str:
    """Return the first line of the page that `command` writes."""
    return f"<!-- Written by `{command}`, which replaces this page. -->"


def block(document: Mapping[str, Any]) -> str:
    """Return the part of the page about one example, for its README."""
    return page("", [document], []).strip()


def check_free(path: Path, command: str):
    """Raise `UserError` unless `path` is free, or a page that `command` has written."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path.parent.is_dir():
            return
        raise UserError(f"--output: there is no folder {path.parent}") from None
    except (OSError, ValueError) as error:
        raise UserError(f"--output cannot be used: {one_line(error)}") from None
    if text.partition("\n")[0] != marker(command):
        raise UserError(
            f"--output must be a new file or a page that {command} has written; "
            f"{path} is another"
        )


def write(
    path: Path,
    command: str,
    documents: Sequence[Mapping[str, Any]],
    missing: Sequence[str],
) -> list[Path]:
    """Write the page. For `RESULTS.md`, fill the blocks in the READMEs as well.

    Returns:
        the files that were written.

    Raises:
        UserError: `path` holds something else, or cannot be written.
    """
    check_free(path, command)
    texts = {path: page(command, documents, missing)}
    for document in documents if path.name == PAGE else ():
        readme = path.parent / "examples" / document["example"] / "README.md"
        if readme.is_file():
            text, new = readme.read_text(encoding="utf-8"), block(document)
            texts[readme] = BLOCK.sub(
                lambda found, new=new: f"{found[1]}\n{new}\n\n{found[2]}", text, count=1
            )
    for file, text in texts.items():
        files.write_text(file, text)
    return list(texts)
