"""Time everything in turns; save the numbers, the figures and a page.

TensorFlow and PyTorch are timed in one process, each with one thread per core, and slow
each other down: the ratio of SimpleRNN to nn.RNN is up to 10 % higher than in processes
of their own.
"""

import dataclasses
import gc
import shlex
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import keras
import tensorflow as tf
from rich.console import Console

from common import files
from common.comparison import machine, timing
from common.training import run_folder
from common.training.console import attempt, note, say, table
from examples import results_page
from examples.benchmark import figures, lengths, models, page, pytorch, ways
from examples.benchmark.config import Benchmark, middle

Row = dict[str, Any]


def benchmark(options: Benchmark, console: Console | None = None) -> Row:
    """Time training steps and return the content of `benchmark.json`.

    Raises:
        UserError: the run folder or the page cannot be written.
    """
    console = console or Console()
    if options.output is not None:
        results_page.check_free(Path(options.output), page.COMMAND)
    settings = dataclasses.asdict(options)
    run = run_folder.start("benchmark", options.runs_dir, settings)
    found, threads = machine.describe(), tf.config.threading
    document = {
        "command": shlex.join(["python", "-m", "examples", *sys.argv[1:]]),
        "date": date.today().isoformat(),
        "machine": found,
        "versions": machine.versions(),
        "threads": threads.get_intra_op_parallelism_threads() or found["cores"],
        "settings": settings,
    } | {"sizes": [], "examples": [], "lengths": []}
    say(console, "\n".join(page.facts(document)))
    if not pytorch.installed():
        note(console, "PyTorch is not installed, and so is not timed")
    for part, row in timings(options, console):
        document[part].append(row)
        # After each, so that an interrupted benchmark leaves what it has.
        files.write_json(run / "benchmark.json", document)
    with attempt(console, "figures"):
        figures.draw(run / "figures", document)
    for title, columns, rows, findings in page.sections(document):
        table(console, title, columns, rows)
        for line in findings:
            say(console, line)
    if options.output is not None:
        files.write_text(Path(options.output), page.markdown(document))
    say(console, f"run folder: {run.path}")
    return document


def timings(options: Benchmark, console: Console) -> Iterator[tuple[str, Row]]:
    """Time one thing after the other; yield its part of the document, and its row."""
    for units, steps in options.sizes:
        say(console, f"units {units}, steps {steps}")
        yield "sizes", timed_size(options, units, steps)
    for name in options.examples:
        say(console, f"example {name}")
        yield "examples", timed_example(options, name)
    size = {"batch": options.batch_size, "units": middle(options.units)}
    for steps in sorted(options.lengths):
        say(console, f"length {steps}")
        size["steps"] = steps
        for torch in (False, True)[: 1 + pytorch.installed()]:
            found = lengths.measure(torch=torch, **size, seed=options.seed)
            way = ways.TORCH if torch else ways.BUILTIN
            yield "lengths", {"way": way, **size, **found}


def timed(
    calls: dict[Any, ways.Step], per_call: Mapping[Any, int], options: Benchmark
) -> tuple[dict[Any, float], dict[Any, list[float]]]:
    """Return the seconds of each first call, and of one step in each round."""
    timers = {way: lengths.timer(step) for way, step in calls.items()}
    first = {way: timer(1)[0] for way, timer in timers.items()}
    taken = timing.alternate(timers, rounds=options.rounds, seconds=options.seconds)
    calls.clear()  # frees the memory of the models, with the lines that follow
    timers.clear()
    keras.backend.clear_session()
    gc.collect()
    return first, {
        way: [value / per_call.get(way, 1) for value in values]
        for way, values in taken.items()
    }


def timed_size(options: Benchmark, units: int, steps: int) -> Row:
    """Return the seconds of a training step by way, one value per round."""
    size = {"batch": options.batch_size, "steps": steps, "units": units}
    calls = ways.all_ways(**size, seed=options.seed)
    calls[ways.PRODUCT], operations = ways.matrix_product()
    first, seconds = timed(calls, ways.STEPS_PER_CALL, options)
    products = [operations / value for value in seconds.pop(ways.PRODUCT)]
    peak = median(products)
    rates = {way: ways.flops(way, **size) / median(seconds[way]) for way in seconds}
    return {
        **size,
        "operations_per_second": products,
        "peak": peak,
        "of_peak": {way: rate / peak for way, rate in rates.items()},
        "first_call": {way: first[way] for way in seconds},
        "seconds": seconds,
    }


def timed_example(options: Benchmark, name: str) -> Row:
    """Return the seconds of a step of an example's own model, by way."""
    calls, defaults, shape = models.training_steps(name, options.models, options.seed)
    per_call = {way: way.steps_per_call for way in calls}
    first, seconds = timed(calls, per_call, options)
    rows = [
        {"name": str(way), **way._asdict(), "default": way in defaults}
        | {"first_call": first[way], "seconds": seconds[way]}
        for way in seconds
    ]
    return {"example": name, "preset": options.models, "batch": shape, "ways": rows}
