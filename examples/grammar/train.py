"""Train, test, and save everything in a run folder."""

import dataclasses
import time

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.training import fitting, metrics, models, plots, run_folder
from common.training.console import attempt, note, say, table
from common.training.task import Task

from . import figures, play
from .config import EXAMPLE, Compare, Config
from .data import SPLITS, Data, load
from .evaluate import READ_BATCH, baselines, evaluate, probabilities, show
from .model import build_model

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
        with attempt(console, "the accuracy by kind"):
            figures.accuracy_by_kind(run, document["slices"])
        with attempt(console, "the places"):
            figures.places(run, model, data)
        with attempt(console, "the page to play with"):
            play.write(run, model, data)
        run_folder.finish(run)
    show(document, p, data, console)
    say(console, f"run folder: {run.path}")
    return run


def describe(data: Data, console: Console):
    """Print the number of texts of every split, and the notes."""
    splits = {name: getattr(data, name) for name in SPLITS}
    rows = [(name, len(x.texts), int(x.targets.sum())) for name, x in splits.items()]
    table(console, "sentences", ("split", "texts", "of these, damaged"), rows)
    for text in data.notes:
        note(console, text)


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(config, vocabulary_size=len(data.preprocessor.vocabulary))
    steps = config.epochs * -(-len(data.train.texts) // config.batch_size)
    model.compile(
        # Clipping: through many steps a gradient can grow without bound
        # (Pascanu, Mikolov and Bengio 2013, section 3.2).
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=1e-3,
            clipnorm=1.0,
        ),
        loss="binary_crossentropy",
        metrics=["binary_accuracy"],
        **fitting.execution(STEPS_PER_CALL),
    )
    return model


def task(config: Config, data: Data | None = None) -> Task:
    """Return what a comparison of cells needs to know of this example."""
    data = data or load(config)

    def right(damaged: np.ndarray) -> np.ndarray:
        return (damaged == data.test.targets[:, 0]).astype(float)  # (N,)

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
        score=lambda model: right(probabilities(model, data.test) > 0.5),
        baselines=lambda: {
            name: right(found > 0.5) for name, found in baselines(data).items()
        },
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder."""
    return comparison.compare(task(config), config, console=console or Console())
