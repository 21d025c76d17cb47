"""The built-in recurrent layer against the cell written by hand: same, and as fast?

A custom cell says with `weights_from_builtin` how it stores a built-in layer's
weights; by it the two networks start from the same point.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from rich.console import Console

from common import plots, report, results, runs, training
from common.sequences import Batches
from common.settings import CELLS, Settings

PARITY_STEPS = 20
TIMING_ROUNDS, STEPS_PER_ROUND = 11, 20


@dataclass(frozen=True)
class Task:
    """What an example must bring along to be compared."""

    example: str
    metric: str
    better: str  # "higher" or "lower"
    monitor: str  # value of the logs that chooses the epoch
    build: Callable[[str, int], keras.Model]  # cell, seed -> compiled model
    train: Callable[[int], Batches]  # seed -> training batches
    validation: Batches
    measure: Callable[[keras.Model], float]  # metric on the test split


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


def step_time_ratio(task: Task, seed: int) -> dict[str, float]:
    """Return the time of a custom step over that of a built-in step, on one batch.

    Both are timed in alternation, so that a machine that slows down slows both.
    """
    models = [task.build(cell, seed) for cell in ("builtin", "custom")]
    batch = task.train(seed)[0]
    ratios = []
    for round_ in range(TIMING_ROUNDS + 1):
        seconds = []
        for model in models:
            start = time.perf_counter()
            for _ in range(STEPS_PER_ROUND):
                model.train_on_batch(*batch)
            seconds.append(time.perf_counter() - start)
        if round_:  # the first one compiles
            ratios.append(seconds[1] / seconds[0])
    return {
        "median": statistics.median(ratios),
        "min": min(ratios),
        "max": max(ratios),
    }


def compare(task: Task, config: Settings, *, seeds: int, console: Console) -> dict:
    """Train every cell with every seed, and return the content of `compare.json`.

    Raises:
        UserError: the run folder cannot be used.
    """
    run = runs.start(task.example, config.runs_dir, runs.to_json(config), "compare-")
    rows, histories = [], {}
    for cell in CELLS:
        trainings = []
        for seed in range(config.seed, config.seed + seeds):
            console.print(f"{cell}, seed {seed}", highlight=False)
            model = task.build(cell, seed)
            if cell == "custom":
                copy_weights(task.build("builtin", seed), model)
            folder = runs.Run(run / f"{cell}-{seed}")
            folder.path.mkdir()
            fitted = training.fit(
                model,
                task.train(seed),
                validation=task.validation,
                run=folder,
                epochs=config.epochs,
                monitor=task.monitor,
                better=task.better,
                console=console,
            )
            (folder / runs.STATE).unlink()
            trainings.append((fitted, task.measure(model)))
            histories.setdefault(cell, []).append(fitted.history)
        rows.append(_row(cell, model, trainings))
    document = {
        "example": task.example,
        "metric": {"name": task.metric, "split": "test", "better": task.better},
        "seeds": seeds,
        "cells": rows,
        "parity": parity(task, config.seed),
        "step_time_ratio": step_time_ratio(task, config.seed),
    }
    plots.overlaid_curves(
        run / "figures" / "compare.png",
        {cell: histories[cell][0] for cell in ("builtin", "custom")},
        value=task.monitor,
    )
    runs.write_json(run / runs.COMPARE, document)
    report.leave(run)
    show(document, console)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return document


def _row(cell: str, model: keras.Model, trainings: list[tuple]) -> dict[str, Any]:
    values = [value for _, value in trainings]
    return {
        "cell": cell,
        "parameters": model.count_params(),
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "milliseconds_per_step": statistics.median(
            fitted.milliseconds_per_step for fitted, _ in trainings
        ),
        "seconds": sum(fitted.seconds for fitted, _ in trainings),
    }


def show(document: dict[str, Any], console: Console):
    """Print the table, the parity, the ratio, and what the numbers say."""
    columns = ("cell", "parameters", "median", "min", "max", "ms a step", "seconds")
    rows = [
        (*list(row.values())[:5], *(f"{row[key]:.1f}" for key in list(row)[5:]))
        for row in document["cells"]
    ]
    title = f"test {document['metric']['name']}, seeds: {document['seeds']}"
    results.show(console, title, columns, rows)
    for name, value in document["parity"].items():
        what = name.replace("_", " ").replace("after", "after 20 steps of")
        console.print(f"largest difference, {what}: {value:.1e}", highlight=False)
    console.print(
        results.pace(document["step_time_ratio"]), highlight=False, soft_wrap=True
    )
