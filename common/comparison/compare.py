"""The built-in recurrent layer against the cell written by hand: same, and as fast?

A custom cell says with `weights_from_builtin` how it stores a built-in layer's
weights; by it the two networks start from the same point.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import findings, machine
from common.preprocessing.sequences import Batches
from common.settings import CELLS, Settings
from common.training import console_tables, fitting, plots, run_folder
from common.training.callbacks import History

PARITY_STEPS = 20
# A round times so many calls from Python at least, and so many seconds of a cell.
TIMING_ROUNDS, CALLS_PER_ROUND, ROUND_SECONDS = 12, 5, 1.0


@dataclass(frozen=True)
class Task:
    """What an example must bring along to be compared."""

    example: str
    dataset: str
    metric: str
    better: str  # "higher" or "lower"
    monitor: str  # value of the logs that chooses the epoch
    build: Callable[[str, int], keras.Model]  # cell, seed -> compiled model
    train: Callable[[int], Batches]  # seed -> training batches
    validation: Batches
    measure: Callable[[keras.Model], float]  # metric on the test split
    # metric of models without a network on the test split, by name
    baselines: Callable[[], Mapping[str, float]]


class _Trained(NamedTuple):
    """One training of one cell."""

    fitted: fitting.Fitted
    value: float  # of the metric
    parameters: int


class _Repeated(keras.utils.PyDataset):
    """One batch again and again: what a step takes without making its batch."""

    def __init__(self, batch: tuple, steps: int):
        super().__init__()
        self.batch, self.steps = batch, steps

    @property
    def num_batches(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple:
        return self.batch


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers that hold weights, both halves of a bidirectional one too."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif isinstance(layer, keras.layers.Bidirectional):
            yield from (layer.forward_layer, layer.backward_layer)
        else:
            yield layer


def weights_as_custom(builtin: keras.Model, custom: keras.Model) -> list[np.ndarray]:
    """Return the weights of `builtin`, layer by layer, in the form of `custom`."""
    weights = []
    for source, target in zip(_layers(builtin), _layers(custom), strict=True):
        values = source.get_weights()
        convert = getattr(
            getattr(target, "cell", None), "weights_from_builtin", lambda values: values
        )
        weights += convert(values)
    return weights


def copy_weights(builtin: keras.Model, custom: keras.Model):
    """Let `custom` go on from the weights of `builtin`."""
    weights = iter(weights_as_custom(builtin, custom))
    for layer in _layers(custom):
        layer.set_weights([next(weights) for _ in layer.weights])


def _weights(model: keras.Model) -> list[np.ndarray]:
    return [value for layer in _layers(model) for value in layer.get_weights()]


def _largest_difference(first: Sequence, second: Sequence) -> float:
    pairs = zip(first, second, strict=True)
    return float(max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in pairs))


def parity(task: Task, seed: int) -> dict[str, float]:
    """Return how far built-in and custom are apart, starting from the same weights.

    Returns:
        largest absolute difference of any output on the first batch, of any gradient
        on it, and of any weight after 20 training steps.
    """
    builtin, custom = task.build("builtin", seed), task.build("custom", seed)
    copy_weights(builtin, custom)
    batches = task.train(seed)
    inputs, _ = batches[0]
    output = _largest_difference(
        [builtin(inputs, training=False)], [custom(inputs, training=False)]
    )
    for step in range(PARITY_STEPS):
        for model in (builtin, custom):
            model.train_on_batch(*batches[step % batches.num_batches])
    trained = _largest_difference(weights_as_custom(builtin, custom), _weights(custom))
    return {
        "output": output,
        "gradient": _gradient_difference(task, seed, batches[0]),
        "weights_after_training": trained,
    }


def _gradient_difference(task: Task, seed: int, batch: tuple) -> float:
    builtin, custom = task.build("builtin", seed), task.build("custom", seed)
    copy_weights(builtin, custom)
    before = weights_as_custom(builtin, custom)
    for model in (builtin, custom):
        # One step of plain gradient descent of length 1: the weights move by the
        # gradient, whatever the backend.
        model.compile(optimizer=keras.optimizers.SGD(1.0), loss=model.loss)
        model.train_on_batch(*batch)
    moved = (weights_as_custom(builtin, custom), _weights(custom))
    gradients = [[a - b for a, b in zip(after, before, strict=True)] for after in moved]
    return _largest_difference(*gradients)


def step_time_ratio(
    task: Task, seed: int, *, seconds: float = ROUND_SECONDS
) -> dict[str, float]:
    """Return the time of a custom step over that of a built-in step, on one batch.

    Both train as `fit` trains them, in alternation, so that a machine that slows down
    slows both: A B, B A, A B, ... Each round has a ratio of its own.

    Args:
        task: what is compared.
        seed: of the two models and the batch.
        seconds: time of one cell in a round, at least.

    Returns:
        median, smallest and largest of the ratios, and how many `rounds` there were.
    """
    models = [task.build(cell, seed) for cell in ("builtin", "custom")]
    batch = task.train(seed)[0]
    at_once = models[0].steps_per_execution
    for model in models:
        _, *others = _step_seconds(model, batch, 3 * at_once)  # the first compiles
    calls = max(CALLS_PER_ROUND, math.ceil(seconds / (min(others) * at_once)))
    ratios = []
    order = [0, 1]
    for _ in range(TIMING_ROUNDS):
        taken = [0.0, 0.0]
        for which in order:
            steps = _step_seconds(models[which], batch, calls * at_once)
            taken[which] = statistics.median(steps)
        ratios.append(taken[1] / taken[0])
        order.reverse()
    return {
        "median": statistics.median(ratios),
        "min": min(ratios),
        "max": max(ratios),
        "rounds": TIMING_ROUNDS,
    }


def _step_seconds(model: keras.Model, batch: tuple, steps: int) -> list[float]:
    """Train `steps` times on `batch`; return the time of a step in every call."""
    history = History()
    model.fit(_Repeated(batch, steps), verbose=0, shuffle=False, callbacks=[history])
    return history.step_seconds


def compare(
    task: Task, config: Settings, *, seeds: int, console: Console
) -> run_folder.Run:
    """Train every cell with every seed, and return the content of `compare.json`.

    Raises:
        UserError: the run folder cannot be used.
        KeyboardInterrupt: Ctrl-C. A comparison of half a training would say nothing.
    """
    run = run_folder.start(
        task.example, config.runs_dir, run_folder.to_json(config), "compare-"
    )
    trained: dict[str, list[_Trained]] = {cell: [] for cell in CELLS}
    # Side by side: a machine that slows down for a while slows all cells.
    for seed in range(config.seed, config.seed + seeds):
        for cell in CELLS:
            console.print(f"{cell}, seed {seed}", highlight=False)
            trained[cell].append(_train(task, config, run, cell, seed, console))
    quickest = min(one.fitted.seconds for all_ in trained.values() for one in all_)
    document = {
        "example": task.example,
        "dataset": task.dataset,
        "preset": config.preset,
        "backend": keras.backend.backend(),
        "date": date.today().isoformat(),
        "machine": machine.describe(),
        "versions": machine.versions(),
        "metric": {"name": task.metric, "split": "test", "better": task.better},
        "seed": config.seed,
        "seeds": seeds,
        "cells": [_row(cell, trained[cell]) for cell in CELLS],
        "baselines": dict(task.baselines()),
        "parity": parity(task, config.seed),
        # A toy training is not worth a long timing.
        "step_time_ratio": step_time_ratio(
            task, config.seed, seconds=min(ROUND_SECONDS, quickest / 30)
        ),
    }
    plots.overlaid_curves(
        run / "figures" / "compare.png",
        {cell: trained[cell][0].fitted.history for cell in ("builtin", "custom")},
        value=task.monitor,
    )
    files.write_json(run / run_folder.COMPARE, document)
    show(document, console)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return run


def _train(
    task: Task,
    config: Settings,
    run: run_folder.Run,
    cell: str,
    seed: int,
    console: Console,
) -> _Trained:
    model = task.build(cell, seed)
    if cell == "custom":
        copy_weights(task.build("builtin", seed), model)
    folder = run_folder.Run(run / f"{cell}-{seed}")
    folder.path.mkdir()
    fitted = fitting.fit(
        model,
        task.train(seed),
        validation=task.validation,
        run=folder,
        epochs=config.epochs,
        monitor=task.monitor,
        better=task.better,
        console=console,
    )
    (folder / run_folder.STATE).unlink()
    if fitted.interrupted:
        raise KeyboardInterrupt
    return _Trained(fitted, task.measure(model), model.count_params())


def _row(cell: str, trained: Sequence[_Trained]) -> dict[str, Any]:
    values = [one.value for one in trained]
    return {
        "cell": cell,
        "parameters": trained[0].parameters,
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "milliseconds_per_step": statistics.median(
            one.fitted.milliseconds_per_step for one in trained
        ),
        "seconds": sum(one.fitted.seconds for one in trained),
    }


def show(document: dict[str, Any], console: Console):
    """Print the table, the parity, the ratio, and what the numbers say."""
    columns = ("cell", "parameters", "median", "min", "max", "ms a step", "seconds")
    rows = [
        (*list(row.values())[:5], *(f"{row[key]:.1f}" for key in list(row)[5:]))
        for row in document["cells"]
    ]
    title = f"test {document['metric']['name']}, seeds: {document['seeds']}"
    console_tables.show(console, title, columns, rows)
    for name, value in document["parity"].items():
        what = name.replace("_", " ").replace("after", "after 20 steps of")
        console.print(f"largest difference, {what}: {value:.1e}", highlight=False)
    for sentence in findings.findings(document):
        console.print(sentence, highlight=False, soft_wrap=True)
