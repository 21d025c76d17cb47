"""Time everything, in turns, and leave the numbers, figures and a page.

PyTorch is timed in the same process as TensorFlow, in the same turns, each with as many
threads as there are cores. Each slows the other somewhat: on two cores, 15 turns each,
SimpleRNN of 16 units took 4.3 ms beside nn.RNN and 3.2 ms in a process of its own, and
nn.RNN 4.0 and 3.2 ms; at 128 units it was 10.3 and 9.2, and 11.0 and 10.4 ms. So their
ratio errs by up to a tenth, in nn.RNN's favour.
"""

import dataclasses
import gc
from collections.abc import Iterator
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from rich.console import Console

from common import files
from common.comparison import machine, results_page, timing
from common.training import console_tables, run_folder
from examples.benchmark import figures, lengths, models, page, pytorch, ways
from examples.benchmark.config import Benchmark

DOCUMENT = "benchmark.json"


def benchmark(options: Benchmark, console: Console | None = None) -> dict[str, Any]:
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
    console.print(*page.facts(document), sep="\n", highlight=False, soft_wrap=True)
    if not torch_is_there():
        note = "PyTorch is not installed, and so is not timed"
        console.print(note, highlight=False)
    document |= {"sizes": [], "lengths": [], "examples": []}
    for part, row in timings(options, console):
        document[part].append(row)
        # After each, so that one that is cut short leaves what it has.
        files.write_json(run / DOCUMENT, document)
    figures.draw(run / "figures", document)
    for section in page.sections(document):
        if section.rows:
            console_tables.show(console, section.title, section.columns, section.rows)
        console.print(*section.says, sep="\n", highlight=False, soft_wrap=True)
    if options.output is not None:
        page.write(Path(options.output), document)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return document


def timings(
    options: Benchmark, console: Console
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Time one thing after the other; yield its part of the document, and its row."""
    for units, steps in options.sizes:
        yield "sizes", timed_size(options, units, steps, console)
    for name in options.examples:
        yield "examples", timed_example(options, name, console)
    for length in sorted(options.lengths):
        for row in timed_length(options, length, console):
            yield "lengths", row


def torch_is_there() -> bool:
    """Say whether PyTorch can be imported."""
    try:
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def about(options: Benchmark) -> dict[str, Any]:
    """Return what was measured, when and on what."""
    versions = machine.versions()
    if torch_is_there():
        versions["torch"] = metadata.version("torch")
    intra = tf.config.threading.get_intra_op_parallelism_threads()
    return {
        "command": page.command(options),
        "date": date.today().isoformat(),
        "machine": machine.describe(),
        "versions": versions,
        # 0 is TensorFlow's word for one a core.
        "threads": intra or pytorch.cores(),
    }


def forget():
    """Give back the memory of models that are not needed any more."""
    keras.backend.clear_session()
    gc.collect()


def timed_size(
    options: Benchmark, units: int, steps: int, console: Console
) -> dict[str, Any]:
    """Return seconds a training step by way, one value a round."""
    console.print(f"units {units}, steps {steps}", highlight=False)
    size = {"batch": options.batch_size, "steps": steps, "units": units}
    calls = ways.keras_ways(**size, seed=options.seed)
    if torch_is_there():
        calls[ways.TORCH] = pytorch.torch_step(**size, seed=options.seed)
    product, operations = ways.matrix_product()
    calls[ways.PRODUCT] = product
    first = timing.first_calls(calls)
    taken = timing.alternate(calls, rounds=options.rounds, seconds=options.seconds)
    products = taken.pop(ways.PRODUCT)
    calls.clear()
    forget()
    return {
        **size,
        "operations_per_second": [operations / seconds for seconds in products],
        "operations": {way: ways.flops(way, **size) for way in taken},
        "first_call": {way: first[way] for way in taken},
        "seconds": {
            way: [value / ways.STEPS_PER_CALL.get(way, 1) for value in values]
            for way, values in taken.items()
        },
    }


def timed_length(
    options: Benchmark, steps: int, console: Console
) -> Iterator[dict[str, Any]]:
    """Yield seconds and memory of a training step on so many steps, by library."""
    units = sorted(options.units)[len(options.units) // 2]
    names = {"keras": ways.BUILTIN, "torch": ways.TORCH}
    if not torch_is_there():
        del names["torch"]
    console.print(f"length {steps}", highlight=False)
    size = {"batch": options.batch_size, "steps": steps, "units": units}
    for library, way in names.items():
        measured = lengths.measure(library, **size, seed=options.seed)
        yield {"way": way, **size, **measured}


def timed_example(options: Benchmark, name: str, console: Console) -> dict[str, Any]:
    """Return seconds a step of an example's own model, by way."""
    console.print(f"example {name}", highlight=False)
    build, batches = models.source(name, options.models)
    batch = batches[batches.num_batches // 2]
    inputs = batch[0][0] if isinstance(batch[0], tuple) else batch[0]
    defaults = [models.default_way(build(cell), cell) for cell in models.CELLS]
    wanted = models.ways(build, inputs.shape[1])
    calls = models.training_steps(build, batch, wanted)
    first = timing.first_calls(calls)
    taken = timing.alternate(calls, rounds=options.rounds, seconds=options.seconds)
    calls.clear()
    forget()
    rows = [
        {
            **way._asdict(),
            "default": way in defaults,
            "first_call": first[way],
            "seconds": [value / way.at_once for value in taken[way]],
        }
        for way in wanted
    ]
    return {
        "example": name,
        "preset": options.models,
        "batch": list(inputs.shape),
        "ways": rows,
    }
