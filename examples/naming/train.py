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
from .evaluate import METRIC, READ_BATCH, baselines, blocks, evaluate, show, surprisals
from .model import build_model
from .predict import Namer

WEIGHT_DECAY = 0.01
STEPS_PER_CALL = 10  # batches per call from Python: half the time at small widths


def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    splits = [getattr(data, name) for name in SPLITS]
    counts = [("texts", *(len(split.rows.texts) for split in splits))]
    counts.append(("letters", *(np.count_nonzero(split.read) for split in splits)))
    table(console, data.name, ("", *SPLITS), counts)
    for text in data.notes:
        note(console, text)
    what = task(config, data)
    run = run_folder.begin(EXAMPLE, config, data_hash=what.data_hash)
    with run.locked():
        files.write_json(run / run_folder.PREPROCESSOR, data.preprocessor.to_json())
        model = what.build(config.cell, config.seed)
        fitted = fitting.fit(model, what, config, run=run, console=console)
        models.save(run, model)
        namer = Namer(model, data.preprocessor)
        results = evaluate(namer, data, what)
        document = metrics.save(
            run, what, config, model, fitted, started=started, **results
        )
        with attempt(console, "the learning curves"):
            path = run / "figures" / "learning_curves.png"
            plots.learning_curves(path, fitted.history, best_epoch=fitted.best_epoch)
        if data.preprocessor.colours:
            with attempt(console, "the colours and their names"):
                figures.named_colours(run, namer, data.test.rows)
            with attempt(console, "the names around the hue circle"):
                figures.hue_circle(run, namer)
        with attempt(console, "the page to play with"):
            play.write(run, model, data)
        run_folder.finish(run)
    show(document, namer, data, console)
    say(console, f"run folder: {run.path}")
    return run


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    preprocessor = data.preprocessor
    model = build_model(
        config,
        numbers=len(preprocessor.columns),
        letters=len(preprocessor.vocabulary),
    )
    steps = config.epochs * -(-len(data.train.read) // config.batch_size)
    model.compile(
        # Muon makes the step of W_R orthogonal (Jordan et al. 2024). All else takes the
        # steps of AdamW.
        optimizer=keras.optimizers.Muon(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=WEIGHT_DECAY,
            adam_weight_decay=WEIGHT_DECAY,
            exclude_layers=["^(?!recurrent/.*/(recurrent_kernel|W_R))"],
            # Through many steps a gradient can grow without bound (Pascanu, Mikolov and
            # Bengio 2013, section 3.2).
            global_clipnorm=1.0,
        ),
        # Padding is no letter: it counts neither here nor in the test.
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=0
        ),
        **fitting.execution(STEPS_PER_CALL),
    )
    return model


def task(config: Config, data: Data | None = None) -> Task:
    """Return what a comparison of cells needs to know of this example."""
    data = data or load(config)
    return Task(
        example=EXAMPLE,
        dataset=data.name,
        data_hash=data.data_hash,
        metric=METRIC,
        mode="min",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed), data
        ),
        train=lambda seed: data.train.batches(config.batch_size, seed=seed),
        validation=data.validation.batches(READ_BATCH),
        score=lambda model: surprisals(model, data.test),
        baselines=lambda: baselines(data),
        blocks=blocks(data.test),
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder."""
    return comparison.compare(task(config), config, console=console or Console())
