"""Train, test beside the baselines, and leave all of it in a run folder."""

import dataclasses
import time

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.training import console_tables, fitting, metrics, models, plots, run_folder
from examples.sentiment.config import Compare, Config
from examples.sentiment.data import CODEC, EXAMPLE, Data, load
from examples.sentiment.evaluate import (
    READ_BATCH,
    accuracy,
    baseline_predictions,
    classes,
    draw,
    evaluate,
    show,
)
from examples.sentiment.model import build_model

STEPS_PER_CALL = 10  # batches per call from Python: half the time at small widths


def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    describe(data, console)
    run = run_folder.begin(EXAMPLE, config)
    with run.locked():
        files.write_json(run / CODEC, data.codec.to_json())
        model = compiled_model(config, data)
        fitted = fitting.fit(
            model,
            data.train.batches(config.batch_size, seed=config.seed),
            validation=data.validation.batches(READ_BATCH),
            run=run,
            epochs=config.epochs,
            monitor="val_accuracy",
            better="higher",
            console=console,
        )
        models.save(run, model)
        evaluation = evaluate(model, data)
        document = metrics.document(
            EXAMPLE,
            config,
            model,
            fitted,
            dataset=config.data or config.dataset,
            total_seconds=time.perf_counter() - started,
            **evaluation.values,
        )
        figures = run / "figures"
        plots.learning_curves(
            figures / "learning_curves.png",
            fitted.history,
            best_epoch=fitted.best_epoch,
        )
        draw(figures, evaluation, model, data)
        files.write_json(run / run_folder.METRICS, document)
        run_folder.finish(run, can_resume=fitted.interrupted)
    show(document, evaluation, data, console)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return run


def describe(data: Data, console: Console):
    """Print the size of every split, the count of every class, and the notes."""
    rows = []
    for name in ("train", "validation", "test"):
        split = getattr(data, name)
        counts = np.bincount(split.classes, minlength=len(data.codec.labels))
        rows.append((name, len(split.texts), *counts.tolist()))
    console_tables.show(console, "texts", ("split", "all", *data.codec.labels), rows)
    for note in data.notes:
        console.print(f"note: {note}", highlight=False, markup=False)


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(
        cell=config.cell,
        units=config.units,
        vocabulary_size=len(data.codec.vocabulary),
        embedding_size=config.embedding_size,
        classes=len(data.codec.labels),
        summary=config.summary,
        dropout=config.dropout,
        seed=config.seed,
    )
    steps = config.epochs * -(-len(data.train.texts) // config.batch_size)
    model.compile(
        # Clipping: through many steps a gradient can grow without bound
        # (Pascanu, Mikolov and Bengio 2013, section 3.2).
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=1e-3,
            clipnorm=1.0,
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_CALL,
    )
    return model


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    data = load(config)

    def baselines() -> dict[str, float]:
        predicted = baseline_predictions(data)
        return {name: accuracy(data.test, found) for name, found in predicted.items()}

    task = comparison.Task(
        example=EXAMPLE,
        dataset=config.data or config.dataset,
        metric="accuracy",
        better="higher",
        monitor="val_accuracy",
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed), data
        ),
        train=lambda seed: data.train.batches(config.batch_size, seed=seed),
        validation=data.validation.batches(READ_BATCH),
        measure=lambda model: accuracy(data.test, classes(model, data.test)),
        baselines=baselines,
    )
    return comparison.compare(
        task, config, seeds=config.seeds, console=console or Console()
    )
