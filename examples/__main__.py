"""`python -m examples`: the index of the examples, results, reports, copies."""

import ast
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from common import starting
from common.command_line import cli
from common.errors import one_line
from common.settings import Checked
from examples import new_example
from examples.benchmark.config import Benchmark
from examples.compare_all import CompareAll
from examples.export_all import ExportAll

ROOT = Path(__file__).parents[1]
EDIT = """
examples/{name} is a copy of {source} that works as it is:

    python -m examples.{name} --preset smoke
    python -m examples.{name} compare --preset smoke --seeds 1
    python -m pytest tests/examples -k test_{name}_

Then edit, in this order; "Adapt it" in its README says more:

 1. __init__.py   one line: what it does; the index shows it
 2. data.py       where your data comes from; preprocessor.py makes arrays of it
 3. model.py      the cell, and right below it the network
 4. train.py      loss, metric and optimizer
 5. evaluate.py   the test, the baselines, the tables; figures.py the pictures
 6. predict.py    how a finished run answers; export.py and use.py elsewhere
 7. config.py     a setting for what you vary, and the presets
 8. __main__.py   the verbs, if you rename or add one
 9. README.md     what it does and what it reached, measured again
"""


def index() -> dict[str, str]:
    """Return each example's name and the first line of its docstring."""
    lines = {}
    for main in sorted(Path(__file__).parent.glob("[!._]*/__main__.py")):
        # Parsed, not imported: the index must not load TensorFlow.
        tree = ast.parse((main.parent / "__init__.py").read_text(encoding="utf-8"))
        lines[main.parent.name] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return lines


@dataclass(frozen=True, kw_only=True)
class Show(Checked):
    """The index has no settings."""


@dataclass(frozen=True, kw_only=True)
class Report(Checked):
    """Which runs to report on."""

    runs_dir: str = "runs"
    """Folder of the run folders. The index becomes RUNS_DIR/index.html."""


@dataclass(frozen=True, kw_only=True)
class New(Checked):
    """What to copy, and the name of the copy."""

    name: Annotated[str, tyro.conf.Positional]
    """Name of the new example: lower-case letters, digits and _."""
    source: Annotated[str | None, tyro.conf.arg(name="from")] = None
    """Example to copy; required. Any example that trains a network will do."""


def show(options: Show):
    """List the examples, one line each."""
    lines = index()
    width = max(map(len, lines))
    for name, line in lines.items():
        print(f"python -m examples.{name:<{width}}  {line}")
    print("\nAdd --help to see the settings of one. Commands about all examples:\n")
    for verb in VERBS:
        print(f"python -m examples {verb.__name__:<9}  {one_line(verb.__doc__)}")


def report(options: Report):
    """Collect the newest run of every example on one page; add missing reports."""
    from common.report.pages import collect

    trained = new_example.templates(ROOT)
    lines = {name: line for name, line in index().items() if name in trained}
    page, written, damaged = collect(options.runs_dir, lines)
    for line in damaged:
        print(f"skipped: {line}", file=sys.stderr)
    for path in [*written, page]:
        print(path)


def new(options: New):
    """Copy an example, with its tests, as the start of your own."""
    new_example.copy(ROOT, options.source, options.name)
    print(EDIT.strip().format(name=options.name, source=options.source))


def compare(options: CompareAll):
    """Run the comparisons of all examples and write the results on one page."""
    from examples.compare_all import run_all

    run_all(options)


def benchmark(options: Benchmark):
    """Time training steps: built-in, by hand, unrolled, XLA, GRU, LSTM, PyTorch."""
    starting.import_keras()
    from examples.benchmark.run import benchmark

    benchmark(options)


def export(options: ExportAll):
    """Export every example in every format, and write how that went to a page."""
    starting.import_keras()
    from examples.export_all import export_all

    export_all(options)


VERBS = (new, report, compare, benchmark, export)


def main():
    """Parse the command line and call the verb."""
    cli.main("examples", show, *VERBS, presets={}, keras=False)


def command():
    """Run `rnn-examples`: the command of an example, or that about all of them.

    `rnn-examples sentiment classify` is `python -m examples.sentiment classify`.
    """
    name = next(iter(sys.argv[1:]), "")
    if name not in index():
        main()
        return
    del sys.argv[1]
    importlib.import_module(f"examples.{name}.__main__").main()


if __name__ == "__main__":
    main()
