"""Train, test, and save everything in a run folder."""

import dataclasses
import time

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.errors import one_line
from common.training import classes, fitting, metrics, models, plots, run_folder
from common.training.console import attempt, note, say, table
from common.training.macro_f1 import MacroF1
from common.training.task import Task

from . import figures, play
from .config import EXAMPLE, Compare, Config
from .data import SPLITS, Data, load
from .evaluate import READ_BATCH, baselines, evaluate, probabilities, show
from .model import build_model

STEPS_PER_CALL = 10  # batches per call from Python: half the time at small widths
MAX_SHOWN = 20  # labels in the table of the data


def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    describe(data, console)
    what = task(config, data)
    run = run_folder.begin(EXAMPLE, config, data_hash=what.data_hash)
    with run.locked():
        files.write_json(run / run_folder.PREPROCESSOR, data.preprocessor.to_json())
        model = what.build(config.cell, config.seed)
        fitted = fitting.fit(model, what, config, run=run, console=console)
        models.save(run, model)
        p = probabilities(model, data.test)
        results = evaluate(model, data, p, console)
        document = metrics.save(
            run, what, config, model, fitted, started=started, **results
        )
        with attempt(console, "the learning curves"):
            path = run / "figures" / "learning_curves.png"
            plots.learning_curves(path, fitted.history, best_epoch=fitted.best_epoch)
        with attempt(console, "the confusion matrix"):
            figures.confusion_matrix(run, document["details"])
        with attempt(console, "the reading curves"):
            figures.reading_curves(run, model, data)
        with attempt(console, "the page to play with"):
            play.write(run, model, data)
        run_folder.finish(run)
    show(document, p, data, console)
    say(console, f"run folder: {run.path}")
    return run


def describe(data: Data, console: Console):
    """Print the number of texts of every split and label, and the notes."""
    splits = [getattr(data, name) for name in SPLITS]
    labels = [one_line(label, 40) for label in data.preprocessor.labels]
    counts = [np.bincount(split.classes, minlength=len(labels)) for split in splits]
    rows = [*zip(labels, *counts, strict=True)][:MAX_SHOWN]
    rows.append(("all", *(len(split.texts) for split in splits)))
    table(console, "texts", ("label", *SPLITS), rows)
    if len(labels) > MAX_SHOWN:
        note(console, f"{len(labels) - MAX_SHOWN} more labels are not shown")
    for text in data.notes:
        note(console, text)


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(
        config,
        vocabulary_size=len(data.preprocessor.vocabulary),
        classes=len(data.preprocessor.labels),
    )
    scores = ["accuracy"]
    if config.monitor == "macro_f1":
        scores.append(MacroF1(len(data.preprocessor.labels)))
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
        metrics=scores,
        **fitting.execution(STEPS_PER_CALL),
    )
    return model


def task(config: Config, data: Data | None = None) -> Task:
    """Return what a comparison of cells needs to know of this example."""
    data = data or load(config)
    balanced = config.class_weight == "balanced"
    weights = classes.balanced_weights(data.train.classes) if balanced else None

    def right(answers: np.ndarray) -> np.ndarray:
        return (answers == data.test.classes).astype(float)  # (N,)

    return Task(
        example=EXAMPLE,
        dataset=data.name,
        data_hash=data.data_hash,
        metric="accuracy",
        mode="max",
        monitor=f"val_{config.monitor or ('loss' if config.patience else 'accuracy')}",
        patience=config.patience,
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed), data
        ),
        train=lambda seed: data.train.batches(
            config.batch_size, seed=seed, weights=weights
        ),
        validation=data.validation.batches(READ_BATCH),
        score=lambda model: right(probabilities(model, data.test).argmax(axis=1)),
        baselines=lambda: {
            name: right(answers) for name, answers in baselines(data, Console()).items()
        },
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder."""
    return comparison.compare(task(config), config, console=console or Console())
