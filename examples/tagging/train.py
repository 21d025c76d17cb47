"""Train, test, and save everything in a run folder."""

import dataclasses
import time

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.errors import one_line
from common.training import fitting, metrics, models, plots, run_folder
from common.training.console import attempt, note, say, table
from common.training.task import Task

from . import figures, play
from .config import EXAMPLE, Compare, Config
from .data import NO_CLASS, SPLITS, Data, load
from .evaluate import READ_BATCH, baselines, blocks, evaluate, logits, show
from .model import build_model

STEPS_PER_CALL = 10  # batches per call from Python


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
        y = logits(model, data.test)
        results = evaluate(data, y, console)
        document = metrics.save(
            run, what, config, model, fitted, started=started, **results
        )
        with attempt(console, "the learning curves"):
            path = run / "figures" / "learning_curves.png"
            plots.learning_curves(path, fitted.history, best_epoch=fitted.best_epoch)
        with attempt(console, "the confusion matrix"):
            figures.confusion_matrix(run, document["details"])
        with attempt(console, "the coloured text"):
            figures.coloured_text(run, y, data)
        with attempt(console, "the page to play with"):
            play.write(run, model, data)
        run_folder.finish(run)
    show(document, y, data, console)
    say(console, f"run folder: {run.path}")
    return run


def describe(data: Data, console: Console):
    """Print the number of tokens of every split and tag, and the notes."""
    splits = [getattr(data, name) for name in SPLITS]
    tags = data.preprocessor.tags
    counts = [
        np.bincount(split.tagged(split.classes), minlength=len(tags))
        for split in splits
    ]
    names = (one_line(tag, 40) for tag in tags)
    rows = [*zip(names, *counts, strict=True)]
    rows.append(("all", *(int(count.sum()) for count in counts)))
    what = "words" if data.preprocessor.words else "characters"
    table(console, what, ("tag", *SPLITS), rows)
    for text in data.notes:
        note(console, text)


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    preprocessor = data.preprocessor
    model = build_model(
        config,
        vocabulary_size=len(preprocessor.vocabulary),
        classes=len(preprocessor.tags),
    )
    steps = config.epochs * -(-len(data.train.ids) // config.batch_size)
    model.compile(
        # Clipping: through many steps a gradient can grow without bound
        # (Pascanu, Mikolov and Bengio 2013, section 3.2).
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=1e-3,
            clipnorm=1.0,
        ),
        # Padding, and what another window tags, counts neither here nor in the test.
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=NO_CLASS
        ),
        # XLA would compile every width of a batch anew.
        **fitting.execution(STEPS_PER_CALL, xla=False),
    )
    return model


def task(config: Config, data: Data | None = None) -> Task:
    """Return what a comparison of cells needs to know of this example."""
    data = data or load(config)
    true = data.test.tagged(data.test.classes)  # (tokens,)

    def right(classes: np.ndarray) -> np.ndarray:
        return (classes == true).astype(float)

    return Task(
        example=EXAMPLE,
        dataset=data.name,
        data_hash=data.data_hash,
        metric="accuracy",
        mode="max",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed), data
        ),
        train=lambda seed: data.train.batches(config.batch_size, seed=seed),
        validation=data.validation.batches(READ_BATCH),
        score=lambda model: right(logits(model, data.test).argmax(axis=1)),
        baselines=lambda: {
            name: right(classes) for name, classes in baselines(data, Console()).items()
        },
        blocks=blocks(data.test),
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder."""
    return comparison.compare(task(config), config, console=console or Console())
