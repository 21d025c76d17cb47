"""`python -m examples export`: every example in every format, and the page about it."""

import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import Annotated

from common import files, settings
from common.comparison import machine
from common.errors import UserError, check_choice
from common.export import export
from common.settings import CELLS, Checked, Limits
from examples import new_example

ROOT = Path(__file__).parents[1]
COMMAND = "python -m examples export"
PACKAGES = ("tensorflow", "keras", "tf2onnx", "onnxruntime", "ai-edge-litert")
FORMATS = tuple(export.REQUIREMENTS)
# Loads the runtime and the network, in a process of its own.
START = "import pathlib, network; network.Network(pathlib.Path.cwd())"
PAGE = """<!-- Written by `{command}`, which replaces this page. -->
# Export: SavedModel, ONNX and LiteRT

```bash
{command}
```

Each network is that of `--preset smoke`, trained for a few seconds. "Difference" is the
largest from Keras, relative where a number is above 1. Size is that of the network's
files. "One call" is the median of {calls} calls of each part with one input. It is as
long as the longest that the run reads: 400 words in sentiment, 1,000 steps in signals.
"Start" is a process that loads the runtime and the network, median of 3. Inputs of
sentiment, signals, tagging and sorting hold padding, which the mask leaves out.

| example | cell | format | difference | size, kB | one call, ms | start, s |
| --- | --- | --- | --: | --: | --: | --: |
{rows}

A SavedModel and ONNX keep the loop over the steps. LiteRT lacks the TensorList
operations that Keras's loop needs ([tensorflow 73254][1]), so there the steps are
unrolled.

[1]: https://github.com/tensorflow/tensorflow/issues/73254

Measured {date} on {machine}; {versions}.
"""


@dataclass(frozen=True, kw_only=True)
class ExportAll(Checked):
    """What to export and where the page goes."""

    examples: tuple[str, ...] = ()
    """Examples to export; default: all."""
    calls: Annotated[int, Limits(1, 10_000)] = 50
    """Calls that are timed for each network."""
    output: str = "EXPORT.md"
    """Page to write."""


def export_all(options: ExportAll):
    """Train a small network of every example and cell, export it, and write the page.

    Raises:
        UserError: an example is not one, or the page would replace another file.
    """
    names = new_example.templates(ROOT)
    for name in options.examples:
        check_choice("--examples", name, names)
    page = Path(options.output)
    if page.exists() and f"`{COMMAND}`" not in files.read_text(page)[:200]:
        raise UserError(f"--output: {page} is there already, and is no page of exports")
    rows = []
    for name in options.examples or names:
        for cell in CELLS:
            with tempfile.TemporaryDirectory() as folder:
                for row in _exports(name, cell, Path(folder), options.calls):
                    rows.append(f"| {name} | {cell} | {' | '.join(row)} |")
                    print(rows[-1], flush=True)
    found, versions = machine.describe(), machine.versions(PACKAGES)
    text = PAGE.format(
        command=COMMAND,
        calls=options.calls,
        rows="\n".join(rows),
        date=date.today(),
        machine=f"{found['cpu']}, cores used: {found['cores']}",
        versions=", ".join(f"{name} {version}" for name, version in versions.items()),
    )
    files.write_text(page, text)
    print(page)


def _exports(name: str, cell: str, folder: Path, calls: int) -> Iterator[list[str]]:
    """Yield the cells of the table for each format of one trained network."""
    package = f"examples.{name}"
    config, train, own = (
        importlib.import_module(f"{package}.{part}")
        for part in ("config", "train", "export")
    )
    one = settings.from_preset(config.Config, config.PRESETS, "smoke")
    run = train.train(replace(one, cell=cell, runs_dir=str(folder)))
    for form in FORMATS:
        target = folder / form
        home = ROOT / "examples" / name
        try:
            apart = export.write(run, form, target, home, own.parts)
        except UserError as error:
            yield [form, f"fails: {error}", "", "", ""]
            continue
        own_files = {"network.py", "use.py", "requirements.txt", "inputs.json"}
        own_files.add("preprocessor.json")
        size = sum(
            path.stat().st_size
            for path in target.rglob("*")
            if path.is_file() and path.name not in own_files
        )
        spent = _one_call(export.load(target), own.parts(run), calls)
        started = median(_start(target) for _ in range(3))
        size, spent = f"{size / 1000:.0f}", f"{1000 * spent:.2f}"
        yield [form, f"{apart:.1e}", size, spent, f"{started:.2f}"]


def _one_call(network, parts, calls: int) -> float:
    """Return the median time, in seconds, of one call of each part."""
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        for name, part in parts.items():
            network(name, **part.inputs)
        times.append(time.perf_counter() - begun)
    return median(times)


def _start(folder: Path) -> float:
    begun = time.perf_counter()
    command = [sys.executable, "-c", START]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - begun
