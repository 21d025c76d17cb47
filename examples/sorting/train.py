"""Train, test and compare; everything ends up in a run folder."""

import dataclasses
import time

import keras
import numpy as np
from keras import ops
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.preprocessing.sequences import Batches
from common.training import fitting, metrics, models, run_folder
from common.training.console import attempt, say
from common.training.plots import learning_curves
from common.training.task import Task

from . import play
from .config import EXAMPLE, Compare, Config
from .data import DATA_SEED, Data, FreshBatches, load
from .evaluate import METRIC, baseline_answers, evaluate, show
from .figures import draw_lengths, draw_states
from .model import build_model
from .predict import READ_BATCH, Sorter, right
from .preprocessor import PADDING

STEPS_PER_CALL = 10  # batches per call from Python, which saves time on small steps
# XLA makes a step 10 to 30 % faster; compiling with it takes some seconds.
XLA_PAYS_FROM = 1000  # training steps


def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the run folder cannot be used, or the loss is not finite.
    """
    started, console = time.perf_counter(), console or Console()
    data = load(config)
    lists, what = data.preprocessor, task(config, data)
    run = run_folder.begin(EXAMPLE, config, data_hash=what.data_hash)
    with run.locked():
        files.write_json(run / run_folder.PREPROCESSOR, dataclasses.asdict(lists))
        model = what.build(config.cell, config.seed)
        fitted = fitting.fit(model, what, config, run=run, console=console)
        models.save(run, model)
        sorter = Sorter(model, lists)
        tested = evaluate(sorter, data, console)
        document = metrics.save(
            run, what, config, model, fitted, started=started, **tested
        )
        figures = run / "figures"
        with attempt(console, "figure of the learning curves"):
            path, best = figures / "learning_curves.png", fitted.best_epoch
            learning_curves(path, fitted.history, best_epoch=best)
        with attempt(console, "figure of the lengths"):
            by_length = document["details"]["by_length"]
            draw_lengths(figures / "lengths.png", by_length, sorter)
        with attempt(console, "figure of the hidden state"):
            draw_states(figures / "hidden_state.png", sorter, data.test["random"][0])
        with attempt(console, "the page to play with"):
            play.write(run, model, lists, data.test["random"])
        run_folder.finish(run)
    show(document, console)
    say(console, f"run folder: {run.path}")
    return run


def task(config: Config, data: Data | None = None) -> Task:
    """Return what is trained and tested; `data` is loaded unless given."""
    data = data or load(config)
    lists, test, steps = data.preprocessor, data.test["random"], config.steps_per_epoch

    def baselines() -> dict[str, np.ndarray]:
        answers = baseline_answers(data, test, Console())
        return {name: right(test, written) for name, written in answers.items()}

    return Task(
        example=EXAMPLE,
        dataset=str(lists),
        data_hash=files.hash_of(str(lists), str(DATA_SEED)),
        metric=METRIC,
        mode="max",
        monitor="val_loss",  # the exact match of many epochs is 1
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed)
        ),
        train=lambda seed: FreshBatches(
            lists, steps=steps, batch_size=config.batch_size, seed=seed
        ),
        validation=Batches(
            *lists.inputs_and_targets(data.validation), batch_size=READ_BATCH
        ),
        score=lambda model: right(test, Sorter(model, lists).sort(test)),
        baselines=baselines,
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder; raises as `train` does."""
    return comparison.compare(task(config), config, console=console or Console())


def compiled_model(config: Config) -> keras.Model:
    """Return a new model, ready to train. The same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(config)
    steps = config.epochs * config.steps_per_epoch
    schedule = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    model.compile(
        # Gradients are clipped because a ReLU state can grow without bound.
        optimizer=keras.optimizers.Adam(schedule, global_clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=PADDING
        ),
        metrics=[exact_match],
        **fitting.execution(STEPS_PER_CALL, xla=steps >= XLA_PAYS_FROM),
    )
    return model


def exact_match(targets, logits):
    """Return for every list (B,) whether the most likely answer of every step is right.

    Here the network reads the right answers. Reading its own gives the same result: up
    to the first wrong answer, both are equal.
    """
    answers = ops.argmax(logits, axis=-1)  # (B, T)
    targets = ops.cast(targets, answers.dtype)
    right = ops.logical_or(ops.equal(answers, targets), ops.equal(targets, PADDING))
    return ops.cast(ops.all(right, axis=-1), "float32")
