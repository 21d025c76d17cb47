"""The built-in recurrent layer against the cell written by hand, GRU and LSTM.

Letters: N test cases.
"""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from common import files
from common.comparison import machine, timing
from common.comparison.findings import findings
from common.comparison.parity import copy_weights, parity
from common.comparison.task import Task
from common.settings import CELLS, Repeats
from common.training import console as out
from common.training import fitting, plots, run_folder, verdicts
from common.training.callbacks import History
from common.training.run_folder import Run

TIMING_ROUNDS = 12
CALLS_PER_ROUND, ROUND_SECONDS = 5, 1.0  # smallest length of one cell's turn
RESULT, SCORES = "result.json", "scores.npy"  # of one finished training


@dataclass(frozen=True)
class _Trained:
    """One training of one cell."""

    parameters: int
    seconds: float
    monitored: list[float]  # the monitored value by epoch
    scores: np.ndarray  # (N,)


class _Repeated(keras.utils.PyDataset):
    """One batch again and again: times a step without making its batch."""

    def __init__(self, batch: tuple, steps: int):
        super().__init__()
        self.batch, self.steps = batch, steps

    @property
    def num_batches(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple:
        return self.batch


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
    seeds = range(config.seed, config.seed + config.seeds)
    with run.locked():
        trained = {
            # Seed by seed: a machine that slows down for a while slows all cells.
            (cell, seed): _train(task, config, run, cell, seed, console)
            for seed in seeds
            for cell in CELLS
        }
        by_cell = {cell: [trained[cell, seed] for seed in seeds] for cell in CELLS}
        out.say(console, "timing training steps of all cells in turns")
        # A toy training is not worth a long timing.
        quickest = min(one.seconds for one in trained.values())
        turn = min(ROUND_SECONDS, quickest / 30)
        times = step_times(task, config.seed, seconds=turn)
        document = {
            "example": task.example,
            "dataset": task.dataset,
            "data_hash": task.data_hash,
            "preset": config.preset,
            "backend": keras.backend.backend(),
            "date": date.today().isoformat(),
            "machine": machine.describe(),
            "versions": machine.versions(),
            "metric": {"name": task.metric, "split": "test", "mode": task.mode},
            "seed": config.seed,
            "seeds": config.seeds,
            "cells": [_row(task, cell, by_cell[cell], times[cell]) for cell in CELLS],
            **_verdicts(task, by_cell),
            "parity": parity(task, config.seed),
            "step_time": {
                cell: timing.ratio(times[cell], times["builtin"]) for cell in CELLS[1:]
            },
            "rounds": TIMING_ROUNDS,
        }
        curves = {cell: by_cell[cell][0].monitored for cell in ("builtin", "custom")}
        _draw(run, curves, task.monitor)
        files.write_json(run / run_folder.COMPARE, document)
    _show(document, console)
    out.say(console, f"run folder: {run.path}")
    return run


def _train(
    task: Task, config: Repeats, run: Run, cell: str, seed: int, console: Console
) -> _Trained:
    """Train one cell, or read what an earlier process has trained."""
    folder = Run(run / f"{cell}-{seed}")
    if (folder / RESULT).is_file():
        scores = np.load(folder / SCORES, allow_pickle=False)
        return _Trained(**files.read_json(folder / RESULT), scores=scores)
    out.say(console, f"{cell}, seed {seed}")
    model = task.build(cell, seed)
    if cell == "custom":
        copy_weights(task.build("builtin", seed), model)
    folder.path.mkdir(exist_ok=True)
    fitted = fitting.fit(
        model,
        task.train(seed),
        validation=task.validation,
        run=folder,
        epochs=config.epochs,
        monitor=task.monitor,
        mode="max"
        if task.monitor.endswith(task.metric) and task.mode == "max"
        else "min",
        console=console,
    )
    if fitted.interrupted:
        raise KeyboardInterrupt
    monitored = [row[task.monitor] for row in fitted.history]
    result = {
        "parameters": model.count_params(),
        "seconds": fitted.seconds,
        "monitored": monitored,
    }
    scores = task.score(model)
    with files.atomic_write(folder / SCORES) as path:
        np.save(path, scores)
    files.write_json(folder / RESULT, result)
    (folder / run_folder.STATE).unlink()
    return _Trained(**result, scores=scores)


def step_times(task: Task, seed: int, *, seconds: float) -> dict[str, list[float]]:
    """Return the seconds of a training step by cell, one value per round.

    All cells train on one batch as `fit` trains them, in turns.

    Args:
        task: what is compared.
        seed: of the models and the batch.
        seconds: smallest length of one cell's turn.
    """
    models = {cell: task.build(cell, seed) for cell in CELLS}
    batch = task.train(seed)[0]
    calls, times = {}, {cell: [] for cell in CELLS}
    for cell, model in models.items():
        at_once = model.steps_per_execution
        _, *others = _step_seconds(model, batch, 3 * at_once)  # the first compiles
        fill = math.ceil(seconds / (min(others) * at_once))
        calls[cell] = at_once * max(CALLS_PER_ROUND, fill)
    order = list(CELLS)
    for _ in range(TIMING_ROUNDS):
        for cell in order:
            steps = _step_seconds(models[cell], batch, calls[cell])
            times[cell].append(statistics.median(steps))
        order.reverse()
    return times


def _step_seconds(model: keras.Model, batch: tuple, steps: int) -> list[float]:
    """Train `steps` times on `batch`; return the seconds of a step in every call."""
    history = History()
    model.fit(_Repeated(batch, steps), verbose=0, shuffle=False, callbacks=[history])
    return history.step_seconds


def _row(
    task: Task, cell: str, trained: list[_Trained], times: list[float]
) -> dict[str, Any]:
    values = [task.value(one.scores) for one in trained]
    return {
        "cell": cell,
        "parameters": trained[0].parameters,
        "median": statistics.median(values),
        "min": min(values),
        "max": max(values),
        "milliseconds_per_step": 1000 * statistics.median(times),
        "seconds": sum(one.seconds for one in trained),
    }


def _verdicts(task: Task, by_cell: Mapping[str, list[_Trained]]) -> dict[str, Any]:
    """Compare the built-in layer with its baselines, and the other cells with it.

    Against baselines, the training with the median metric stands for the network.
    """
    builtin = by_cell["builtin"]
    ordered = sorted(builtin, key=lambda one: task.value(one.scores))
    scores = {"network": ordered[len(ordered) // 2].scores, **task.baselines()}
    options = {"mode": task.mode, "blocks": task.blocks, "root": task.root}
    return {
        "models": {
            name: {task.metric: task.value(values)} for name, values in scores.items()
        },
        "verdict": verdicts.verdict(scores, **options),
        "against_builtin": {
            cell: _against(task, by_cell[cell], builtin, options) for cell in CELLS[1:]
        },
    }


def _against(
    task: Task, first: list[_Trained], second: list[_Trained], options: Mapping
) -> dict[str, Any]:
    """Compare two cells by their mean scores over the seeds.

    A difference counts only if it is larger than chance in the test cases and in the
    seeds: the interval excludes 0, and the seeds' metrics do not overlap.
    """
    means = [np.mean([one.scores for one in cell], axis=0) for cell in (first, second)]
    found = verdicts.difference(*means, **options)
    one, other = ([task.value(x.scores) for x in cell] for cell in (first, second))
    overlap = max(min(one), min(other)) <= min(max(one), max(other))
    if len(one) == 1 or overlap:
        found["says"] = "undecided"
    return found


def _draw(run: Run, curves: Mapping[str, list[float]], monitor: str):
    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    # The second line is thinner, so that one on top of the other hides neither.
    for (cell, values), width, color in zip(
        curves.items(), (5, 1.5), (plots.ORANGE, plots.BLUE), strict=True
    ):
        epochs = range(1, len(values) + 1)
        # A single epoch is a point, which a line alone would not show.
        axes.plot(epochs, values, ".-", c=color, lw=width, ms=2 * width, label=cell)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    name = monitor.replace("val_", "validation ")
    axes.set(xlabel="epoch", ylabel=name)
    axes.legend()
    ends = [f"{cell} ends at {values[-1]:.3g}" for cell, values in curves.items()]
    plots.save(
        figure,
        run / "figures" / "compare.png",
        caption=f"{name.capitalize()} by epoch. Where the thin line covers the thick "
        "one, both cells agree.",
        alt=f"One line each for {' and '.join(curves)}: {', '.join(ends)}.",
    )


def _show(document: Mapping[str, Any], console: Console):
    """Print the table, the parity, and what the numbers say."""
    columns = ("cell", "parameters", "median", "min", "max", "ms a step", "seconds")
    rows = [
        (*list(row.values())[:5], *(f"{row[key]:.1f}" for key in list(row)[5:]))
        for row in document["cells"]
    ]
    title = f"test {document['metric']['name']}, {document['seeds']} seeds"
    out.table(console, title, columns, rows)
    for name, value in document["parity"].items():
        what = name.replace("_", " ").replace("after", "after 20 steps of")
        out.say(console, f"largest difference, {what}: {value:.1e}")
    for sentence in findings(document):
        out.say(console, sentence)
