"""The page of all comparisons, `RESULTS.md`, and its parts in the READMEs.

Each line about an example begins with its name, on the page and in the READMEs, so
that the two can be compared line by line.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from common import files
from common.comparison import machine, timing
from common.comparison.findings import findings
from common.errors import UserError, one_line
from common.training import run_folder

PAGE = "RESULTS.md"
# In a README, the command replaces what stands between the two.
BLOCK = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)
ARROWS = {"max": "↑", "min": "↓"}
CELLS_TABLE = (
    *("example", "cell", "parameters", "test metric", "median", "smallest to largest"),
    *("best baseline", "ms a step", "seconds"),
)
PAIR_TABLE = (
    *("example", "outputs", "gradients", "weights after 20 steps"),
    *("step time, custom over built-in", "95 % interval", "says"),
)
ABOUT = """
Test metric of trainings with {seeds}: median, smallest and largest (↑: higher is
better; ↓: lower is). All cells have the same units and see the same batches. The
milliseconds of a training step are medians of {rounds} rounds, timed in turns after all
trainings. The seconds are those of all trainings of a cell together.
"""
ABOUT_PAIRS = """
Largest difference between built-in and custom, starting from the same weights, and the
time of a custom step divided by that of a built-in step.
"""


def newest(
    folder: Path, settings: Mapping[str, Any]
) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the newest comparison in an example's folder that has these settings.

    Args:
        folder: `RUNS_DIR/EXAMPLE`.
        settings: what `config.json` must hold, apart from the cell.

    Returns:
        the content of `compare.json`, or `None` if there is none; and a line for every
        newer file that is damaged.
    """
    paths = folder.glob(f"*/{run_folder.COMPARE}")
    damaged = []
    wanted = json.loads(json.dumps({**settings, "cell": None}))
    for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            config = run_folder.read_config(folder.name, run_folder.Run(path.parent))
            if {**config, "cell": None} != wanted:
                continue
            document = files.read_json(path)
            block(document)
            return document, damaged
        except UserError as error:
            damaged.append(str(error))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            damaged.append(f"{path} is damaged or old: {error!r}")
    return None, damaged


def page(
    command: str, documents: Sequence[Mapping[str, Any]], missing: Sequence[str]
) -> str:
    """Return the page of comparisons with the same preset and seeds.

    Args:
        command: what the user types to have it written.
        documents: content of the `compare.json` of each example, one at least.
        missing: examples without such a comparison.
    """
    about = {"seeds": _seeds(documents[0]), "rounds": documents[0]["rounds"]}
    paragraphs = [
        f"{marker(command)}\n# Results: built-in, custom, GRU and LSTM",
        f"```bash\n{command}\n```",
        ABOUT.strip().format(**about),
        _cells(documents),
        ABOUT_PAIRS.strip(),
        _pairs(documents),
        "## What the numbers say",
        *(_words(document) for document in documents),
    ]
    if missing:
        paragraphs.append(f"Without a comparison so far: {', '.join(missing)}.")
    return "\n\n".join(paragraphs) + "\n"


def marker(command: str) -> str:
    """Return the first line of the page that `command` writes."""
    return f"<!-- Written by `{command}`, which replaces this page. -->"


def block(document: Mapping[str, Any]) -> str:
    """Return the part of the page about one example, for its README."""
    return "\n\n".join([_cells([document]), _pairs([document]), _words(document)])


def lines_about(example: str, text: str) -> list[str]:
    """Return the lines of a page or of a README's block that are about `example`."""
    starts = (f"| {example} |", f"**{example}**")
    return [line for line in text.split("\n") if line.startswith(starts)]


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
    """Write the page, and beside `RESULTS.md` the blocks of the examples' READMEs.

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
            text = readme.read_text(encoding="utf-8")
            new = block(document)
            texts[readme] = BLOCK.sub(
                lambda found, new=new: f"{found[1]}\n{new}\n\n{found[2]}", text, count=1
            )
    write_files(texts)
    return list(texts)


def write_files(texts: Mapping[Path, str]):
    """Write each text to its path.

    Raises:
        UserError: one cannot be written.
    """
    try:
        for path, text in texts.items():
            files.write_text(path, text)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None


def table(columns: Sequence[str], rows: Sequence[Sequence], *, left: int = 2) -> str:
    """Return a Markdown table, whose columns after the first `left` are numbers."""
    lines = [columns, ["---"] * left + ["--:"] * (len(columns) - left), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _cells(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for document in documents:
        metric = document["metric"]
        verdict = document["verdict"]
        best = document["models"][verdict["against"]][metric["name"]]
        rows += [
            (
                document["example"],
                row["cell"],
                f"{row['parameters']:,}",
                f"{metric['name']} {ARROWS[metric['mode']]}",
                f"{row['median']:.4f}",
                f"{row['min']:.4f} to {row['max']:.4f}",
                f"{best:.4f}, {verdict['against']}",
                f"{row['milliseconds_per_step']:.1f}",
                f"{row['seconds']:.0f}",
            )
            for row in document["cells"]
        ]
    return table(CELLS_TABLE, rows)


def _pairs(documents: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for document in documents:
        parity, ratio = document["parity"], document["step_time"]["custom"]
        differences = ("output", "gradient", "weights_after_training")
        rows.append(
            (
                document["example"],
                *(f"{parity[name]:.1e}" for name in differences),
                f"{ratio['median']:.2f}",
                f"{ratio['low']:.2f} to {ratio['high']:.2f}",
                timing.says(ratio),
            )
        )
    return table(PAIR_TABLE, rows)


def _words(document: Mapping[str, Any]) -> str:
    """Return what the numbers of an example say, and how they were measured."""
    example, preset = document["example"], document["preset"]
    flags = "" if preset == "default" else f" --preset {preset}"
    facts = [
        f"`python -m examples.{example} compare{flags} --seeds {document['seeds']}`",
        f"{document['dataset']}, {_seeds(document)}, {document['date']}",
        *machine.facts(document),
    ]
    says = " ".join(findings(document))
    return f"**{example}**: {says}\n\n**{example}**, measured: {'; '.join(facts)}."


def _seeds(document: Mapping[str, Any]) -> str:
    first, count = document["seed"], document["seeds"]
    return f"seed {first}" if count == 1 else f"seeds {first} to {first + count - 1}"
