"""Train, test beside the baselines, and leave all of it in a run folder."""

import dataclasses
import time

import keras
from keras import ops
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.training import fitting, metrics, models, plots, run_folder
from examples.sorting.config import Compare, Config
from examples.sorting.data import CODEC, EXAMPLE, PADDING, Data, load
from examples.sorting.evaluate import (
    METRIC,
    baseline_answers,
    draw_figures,
    evaluate,
    measures,
    show,
)
from examples.sorting.model import build_model
from examples.sorting.predict import READ_BATCH, Sorter

STEPS_PER_CALL = 10  # batches per call from Python: less time between small steps
# XLA makes a step a tenth to a third faster; compiling with it takes some seconds.
XLA_PAYS_FROM = 1000  # training steps


def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    run = run_folder.begin(EXAMPLE, config)
    with run.locked():
        files.write_json(run / CODEC, data.codec.to_json())
        model = compiled_model(config)
        fitted = fitting.fit(
            model,
            batches(config, data, config.seed),
            validation=data.validation_batches(READ_BATCH),
            run=run,
            epochs=config.epochs,
            monitor="val_wholly_right",
            better="higher",
            console=console,
        )
        models.save(run, model)
        sorter = Sorter(model, data.codec)
        evaluation = evaluate(sorter, data)
        document = metrics.document(
            EXAMPLE,
            config,
            model,
            fitted,
            dataset=f"{config.values} lists",
            total_seconds=time.perf_counter() - started,
            **evaluation.values,
        )
        figures = run / "figures"
        plots.learning_curves(
            figures / "learning_curves.png",
            fitted.history,
            best_epoch=fitted.best_epoch,
        )
        draw_figures(figures, document, sorter, data)
        files.write_json(run / run_folder.METRICS, document)
        run_folder.finish(run, can_resume=fitted.interrupted)
    show(document, evaluation, data, console)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return run


def batches(config: Config, data: Data, seed: int):
    """Return the training batches of `config`, drawn by `seed`."""
    return data.train_batches(
        steps=config.steps_per_epoch, batch_size=config.batch_size, seed=seed
    )


def wholly_right(targets, logits):
    """Return for every list (B,) whether each step's most likely answer is right.

    That is also the share of lists that come out right when the network is fed its own
    answers: as long as all before were right, it was fed the same.
    """
    answers = ops.argmax(logits, axis=-1)  # (B, T)
    targets = ops.cast(targets, answers.dtype)
    right = ops.logical_or(ops.equal(answers, targets), ops.equal(targets, PADDING))
    return ops.cast(ops.all(right, axis=-1), "float32")


def compiled_model(config: Config) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(
        cell=config.cell,
        units=config.units,
        values=config.values,
        length=config.length,
        max_value=config.max_value,
    )
    steps = config.epochs * config.steps_per_epoch
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            global_clipnorm=1.0,  # a ReLU state can grow without bound
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=PADDING
        ),
        metrics=[wholly_right],
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=steps >= XLA_PAYS_FROM,
    )
    return model


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder.

    Raises:
        UserError: the run folder cannot be used.
    """
    data = load(config)
    test = data.slices["random"]

    def measure(model: keras.Model) -> float:
        return measures(test, Sorter(model, data.codec).sort(test))[METRIC]

    def baselines() -> dict[str, float]:
        answers = baseline_answers(data)
        return {name: measures(test, lists)[METRIC] for name, lists in answers.items()}

    task = comparison.Task(
        example=EXAMPLE,
        dataset=f"{config.values} lists",
        metric=METRIC,
        better="higher",
        monitor="val_wholly_right",
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed)
        ),
        train=lambda seed: batches(config, data, seed),
        validation=data.validation_batches(READ_BATCH),
        measure=measure,
        baselines=baselines,
    )
    return comparison.compare(
        task, config, seeds=config.seeds, console=console or Console()
    )
