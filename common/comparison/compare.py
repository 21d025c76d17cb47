"""The built-in recurrent layer against the cell written by hand, GRU and LSTM.

Letters: N test cases.
"""

import dataclasses
import itertools
import statistics
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from common import files
from common.comparison import machine, timing
from common.comparison.findings import findings
from common.comparison.parity import copy_weights, parity
from common.settings import CELLS, Repeats
from common.training import console as out
from common.training import fitting, plots, run_folder, verdicts
from common.training.callbacks import History
from common.training.run_folder import Run
from common.training.task import Task

TIMING_ROUNDS = 12
CALLS_PER_ROUND, ROUND_SECONDS = 5, 1.0  # one cell's turn: at least so long
RESULT, SCORES = "result.json", "scores.npy"  # of one finished training


def compare(task: Task, config: Repeats, *, console: Console) -> Run:
    """Train every cell with every seed and return the run folder.

    An interrupted comparison is continued with `--resume`.

    Raises:
        UserError: the run folder cannot be used.
        KeyboardInterrupt: Ctrl-C. Half a comparison has no result.
    """
    run = run_folder.begin(
        task.example, config, data_hash=task.data_hash, prefix=run_folder.COMPARISON
    )
    with run.locked():
        trained, models = {cell: [] for cell in CELLS}, {}
        seeds = range(config.seed, config.seed + config.seeds)
        # Seed by seed: a machine that slows down for a while slows all cells.
        for seed, cell in itertools.product(seeds, CELLS):
            # The last model of each cell, which is compiled, is timed below.
            one, models[cell] = _train(task, config, run, cell, seed, console)
            trained[cell].append(one)
        out.say(console, "timing training steps of all cells in turns")
        # A toy training is not worth a long timing.
        quickest = min(one["seconds"] for one in itertools.chain(*trained.values()))
        turn = min(ROUND_SECONDS, quickest / 30)
        # Batches may differ in width; the first is the widest.
        batches = task.train(config.seed)
        batch = batches[batches.num_batches // 2]
        times = step_times(models, batch, seconds=turn)
        document = {
            **task.about(config),
            "date": date.today().isoformat(),
            "machine": machine.describe(),
            "versions": machine.versions(),
            "seeds": config.seeds,
            **_results(task, trained, times),
            "parity": parity(task, config.seed, [models[c] for c in CELLS[:2]]),
            "step_time": {
                cell: timing.ratio(times[cell], times["builtin"]) for cell in CELLS[1:]
            },
            "rounds": TIMING_ROUNDS,
        }
        _draw(run / "figures" / "compare.png", trained, task.monitor)
        files.write_json(run / run_folder.COMPARE, document)
    _show(document, console)
    out.say(console, f"run folder: {run.path}")
    return run


def _train(
    task: Task, config: Repeats, run: Run, cell: str, seed: int, console: Console
) -> tuple[dict[str, Any], keras.Model]:
    """Train one cell, or read its results if an earlier process has finished it.

    Returns:
        `parameters`, `seconds`, the `monitored` values by epoch, the `scores` (N,); and
        the compiled model.
    """
    folder, model = Run(run / f"{cell}-{seed}"), task.build(cell, seed)
    if (folder / RESULT).is_file():
        scores = np.load(folder / SCORES, allow_pickle=False)
        return {**files.read_json(folder / RESULT), "scores": scores}, model
    out.say(console, f"{cell}, seed {seed}")
    if cell == "custom":
        copy_weights(task.build("builtin", seed), model)
    folder.path.mkdir(exist_ok=True)
    config = dataclasses.replace(config, seed=seed)
    fitted = fitting.fit(model, task, config, run=folder, console=console)
    if fitted.interrupted:
        raise KeyboardInterrupt
    result = {
        "parameters": model.count_params(),
        "seconds": fitted.seconds,
        "monitored": [row[task.monitor] for row in fitted.history],
    }
    scores = task.score(model)
    with files.atomic_write(folder / SCORES) as path:
        np.save(path, scores)
    files.write_json(folder / RESULT, result)
    (folder / run_folder.STATE).unlink()
    return {**result, "scores": scores}, model


def step_timer(model: keras.Model, batch: tuple) -> timing.Timer:
    """Return a timer of training calls on one batch, made as `fit` makes them."""

    def timed(calls: int) -> list[float]:
        steps, history = calls * model.steps_per_execution, History()
        again = (batch for _ in range(steps))  # no time is spent on making batches
        options = {"verbose": 0, "shuffle": False, "callbacks": [history]}
        model.fit(again, steps_per_epoch=steps, **options)
        return [one * model.steps_per_execution for one in history.step_seconds]

    return timed


def step_times(
    models: Mapping[str, keras.Model], batch: tuple, *, seconds: float
) -> dict[str, list[float]]:
    """Return the seconds of a training step by cell, one value per round.

    All models train on one batch as `fit` trains them, in turns of about `seconds`.
    """
    timers = {cell: step_timer(model, batch) for cell, model in models.items()}
    options = {"rounds": TIMING_ROUNDS, "least": CALLS_PER_ROUND}
    times = timing.alternate(timers, seconds=seconds, **options)
    return {c: [t / models[c].steps_per_execution for t in times[c]] for c in models}


def _results(task: Task, trained: Mapping, times: Mapping) -> dict[str, Any]:
    """Return a row for each cell, and what is better than what.

    Against baselines, the training with the median metric stands for the network. A
    difference between cells counts only if it is larger than chance in the test cases
    and in the seeds: the interval excludes 0, and the seeds' metrics do not overlap.
    """
    scores = {cell: [one["scores"] for one in own] for cell, own in trained.items()}
    values = {cell: list(map(task.value, own)) for cell, own in scores.items()}
    means = {cell: np.mean(own, axis=0) for cell, own in scores.items()}  # over seeds
    builtin = values["builtin"]
    middle = np.argsort(builtin, kind="stable")[len(builtin) // 2]
    compared = {"network": scores["builtin"][middle], **task.baselines()}
    against = {}
    for cell in CELLS[1:]:
        found = verdicts.difference(task, means[cell], means["builtin"])
        own = values[cell]
        overlap = min(own) <= max(builtin) and min(builtin) <= max(own)
        if len(builtin) == 1 or overlap:
            found["says"] = "undecided"
        against[cell] = found
    return {
        "cells": [
            {
                "cell": cell,
                "parameters": own[0]["parameters"],
                "median": statistics.median(values[cell]),
                "min": min(values[cell]),
                "max": max(values[cell]),
                "milliseconds_per_step": 1000 * statistics.median(times[cell]),
                "seconds": sum(one["seconds"] for one in own),
            }
            for cell, own in trained.items()
        ],
        "models": {name: {task.metric: task.value(x)} for name, x in compared.items()},
        "verdict": verdicts.verdict(task, compared),
        "against_builtin": against,
    }


def _draw(path: Path, trained: Mapping[str, list[dict[str, Any]]], monitor: str):
    figure = Figure(figsize=(6, 3.6))
    # The second line is thinner, so that one on top of the other hides neither.
    styles = {
        "builtin": {"color": plots.ORANGE, "linewidth": 5, "markersize": 10},
        "custom": {"color": plots.BLUE, "linewidth": 1.5, "markersize": 3},
    }
    lines = {cell: (trained[cell][0]["monitored"], styles[cell]) for cell in styles}
    name = monitor.replace("val_", "validation ")
    axes = figure.subplots()
    alt = f"Lines by epoch: {plots.by_epoch(axes, lines, name)}."
    plots.legend_above(axes)
    covers = "Where the thin line covers the thick one, both cells agree."
    plots.save(figure, path, caption=f"{name.capitalize()} by epoch. {covers}", alt=alt)


def _show(document: Mapping[str, Any], console: Console):
    """Print the table, the parity, and what the numbers say."""
    columns = ("cell", "parameters", "median", "min", "max", "ms a step", "seconds")
    rows = [[*row.values()] for row in document["cells"]]
    rows = [(*numbers, f"{ms:.1f}", f"{s:.1f}") for *numbers, ms, s in rows]
    title = f"test {document['metric']['name']}, {document['seeds']} seeds"
    out.table(console, title, columns, rows)
    for name, value in document["parity"].items():
        what = name.replace("_", " ").replace("after", "after 20 steps of")
        out.say(console, f"largest difference, {what}: {value:.1e}")
    for sentence in findings(document):
        out.say(console, sentence)
