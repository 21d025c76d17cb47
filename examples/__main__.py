"""`python -m examples`: the index of the examples, results, reports, copies."""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from common.command_line import cli, new_example
from examples.benchmark.config import Benchmark
from examples.compare_all import Compare

ROOT = Path(__file__).parents[1]


def index() -> dict[str, str]:
    """Return each example's name and the first line of its docstring."""
    packages = sorted(Path(__file__).parent.glob("*/__main__.py"))
    lines = {}
    for main in packages:
        # Parsed, not imported: the index must not pay for TensorFlow.
        tree = ast.parse((main.parent / "__init__.py").read_text(encoding="utf-8"))
        lines[main.parent.name] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return lines


@dataclass(frozen=True, kw_only=True)
class Show:
    """The index has no settings."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Which runs to report on."""

    runs_dir: str = "runs"
    """Folder of the run folders; the index becomes RUNS_DIR/index.html."""


@dataclass(frozen=True, kw_only=True)
class New:
    """What to copy and what to call it."""

    name: Annotated[str, tyro.conf.Positional]
    """Name of the new example: lower-case letters, digits and _."""
    source: Annotated[str | None, tyro.conf.arg(name="from")] = None
    """Example to copy; `python -m examples` lists them."""


def show(options: Show):
    """List the examples, one line each."""
    lines = index()
    width = max(map(len, lines))
    for name, line in lines.items():
        print(f"python -m examples.{name:<{width}}  {line}")
    print("\nEach answers --help, which explains every setting. About all of them:\n")
    for verb in (new, report, compare, benchmark):
        print(f"python -m examples {verb.__name__:<9}  {cli.one_line(verb.__doc__)}")


def report(options: Report):
    """Collect the newest run of every example into one page; add missing reports."""
    from common.report.pages import collect

    lines = {name: line for name, line in index().items() if _is_trained(name)}
    page, written, damaged = collect(options.runs_dir, lines)
    for line in damaged:
        print(f"skipped: {line}", file=sys.stderr)
    for path in [*written, page]:
        print(path)


def new(options: New):
    """Copy an example, with its tests, as the start of your own."""
    new_example.copy(ROOT, options.source, options.name)
    print(new_example.what_to_edit(ROOT, options.source, options.name))


def compare(options: Compare):
    """Run the comparisons of all examples and write what they found on one page."""
    from examples.compare_all import run_all

    run_all(options)


def benchmark(options: Benchmark):
    """Time training steps: built-in, by hand, unrolled, XLA, gated, PyTorch."""
    cli.import_keras()
    from examples.benchmark.run import benchmark

    benchmark(options)


def _is_trained(name: str) -> bool:
    return name in new_example.templates(ROOT)


def main():
    """Parse the command line and call the verb."""
    cli.main("", show, new, report, compare, benchmark, presets={}, keras=False)


if __name__ == "__main__":
    main()
