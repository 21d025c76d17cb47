"""Time everything in turns, and leave the numbers, figures and a page.

TensorFlow and PyTorch are timed in one process, each with one thread per core, and slow
each other down. In processes of their own, on two cores, SimpleRNN and nn.RNN of 16 units
both took 3.2 ms, against 4.3 and 4.0 ms here; of 128 units, 9.2 and 10.4 against 10.3 and
11.0 ms. So their ratio is wrong by up to 10 %, in favour of nn.RNN.
"""

import dataclasses
import gc
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from rich.console import Console

from common import files
from common.comparison import machine, results_page, timing
from common.training import run_folder
from common.training.console import attempt, note, say, table
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
    del settings["runs_dir"], settings["output"]
    run = run_folder.start("benchmark", options.runs_dir, settings)
    document = {**about(options), "settings": settings}
    say(console, "\n".join(page.facts(document)))
    if not pytorch.installed():
        note(console, "PyTorch is not installed, and so is not timed")
    document |= {"sizes": [], "lengths": [], "examples": []}
    for part, row in timings(options, console):
        document[part].append(row)
        # After each, so that an interrupted benchmark leaves what it has.
        files.write_json(run / "benchmark.json", document)
    with attempt(console, "figures"):
        figures.draw(run / "figures", document)
    for section in page.sections(document):
        table(console, section.title, section.columns, section.rows)
        say(console, "\n".join(section.findings))
    if options.output is not None:
        page.write(Path(options.output), document)
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
        for way in (ways.BUILTIN, *[ways.TORCH] * pytorch.installed()):
            found = lengths.measure(way, **size, steps=steps, seed=options.seed)
            yield "lengths", {"way": way, **size, "steps": steps, **found}


def about(options: Benchmark) -> Row:
    """Return what was measured, when and on what."""
    versions, described = machine.versions(), machine.describe()
    if pytorch.installed():
        versions["torch"] = metadata.version("torch")
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    return {
        "command": page.command(options),
        "date": date.today().isoformat(),
        "machine": described,
        "versions": versions,
        "threads": threads or described["cores"],  # 0: one per core
    }


def timed(
    calls: dict[Any, ways.Step], per_call: Mapping[Any, int], options: Benchmark
) -> tuple[dict[Any, float], dict[Any, list[float]]]:
    """Return the seconds of each way's first call, and of one step in each round.

    Args:
        calls: by way. They are removed, to free the memory of the models.
        per_call: steps in one call, where it is not 1.
        options: number of rounds, and seconds of a turn.
    """
    first = timing.first_calls(calls)
    taken = timing.alternate(calls, rounds=options.rounds, seconds=options.seconds)
    calls.clear()
    keras.backend.clear_session()
    gc.collect()
    return first, {
        way: [value / per_call.get(way, 1) for value in values]
        for way, values in taken.items()
    }


def timed_size(options: Benchmark, units: int, steps: int) -> Row:
    """Return the seconds of a training step by way, one value per round."""
    size = {"batch": options.batch_size, "steps": steps, "units": units}
    calls = ways.keras_ways(**size, seed=options.seed)
    if pytorch.installed():
        calls[ways.TORCH] = pytorch.last_state_step(**size, seed=options.seed)
    calls[ways.PRODUCT], operations = ways.matrix_product()
    first, seconds = timed(calls, ways.STEPS_PER_CALL, options)
    products = seconds.pop(ways.PRODUCT)
    return {
        **size,
        "operations_per_second": [operations / value for value in products],
        "operations": {way: ways.flops(way, **size) for way in seconds},
        "first_call": {way: first[way] for way in seconds},
        "seconds": seconds,
    }


def timed_example(options: Benchmark, name: str) -> Row:
    """Return the seconds of a step of an example's own model, by way."""
    calls, defaults, shape = models.training_steps(name, options.models, options.seed)
    per_call = {way: way.steps_per_call for way in calls}
    first, seconds = timed(calls, per_call, options)
    rows = [
        {
            "name": str(way),
            **way._asdict(),
            "default": way in defaults,
            "first_call": first[way],
            "seconds": seconds[way],
        }
        for way in seconds
    ]
    return {"example": name, "preset": options.models, "batch": shape, "ways": rows}
