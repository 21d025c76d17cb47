"""Train, test together with the baselines, and save everything in a run folder."""

import math
import statistics
import time
from dataclasses import replace

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.errors import UserError
from common.settings import MAX_COUNT
from common.training import metrics, models, plots, run_folder
from common.training.console import attempt, note, say, table
from common.training.fitting import execution, fit
from common.training.run_folder import Run
from common.training.task import Task

from . import figures, play
from .config import EXAMPLE, Compare, Config, Generate
from .data import Data, Streams, load
from .evaluate import BLOCK, METRIC, evaluate, ngram_surprisals, show, surprisals
from .model import build_model
from .predict import Writer, printable

STEPS_PER_CALL = 10  # batches per call from Python: a little less time per step
WARM_UP = 100  # steps, or a tenth of all, over which the learning rate grows
ADAM_RATIO = 1.4  # learning rate of AdamW over that of Muon
WEIGHT_DECAY = 0.01
TIMED_CALLS = 6  # for `--minutes`; as many again come before and do not count
AFTER_EPOCH, AT_THE_END = 160, 2000  # characters of the samples


def train(config: Config, console: Console | None = None) -> Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the text or the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    sizes = [(name, len(text)) for name, text in data.texts.items()]
    title = f"text; {len(data.preprocessor) - 2} characters known"
    table(console, title, ("split", "characters"), sizes)
    for text in data.notes:
        note(console, text)
    config = within_minutes(config, data, console)
    job = task(config, data)
    run = run_folder.begin(EXAMPLE, config, data_hash=job.data_hash)
    with run.locked():
        files.write_json(run / run_folder.PREPROCESSOR, data.preprocessor.to_json())
        model = job.build(config.cell, config.seed)
        network = build_model(config, len(data.preprocessor))
        writer = Writer(network, data.preprocessor)

        def write(length: int) -> str:
            return "".join(writer.write("\n", Generate(length=length)))

        def sample(_: keras.Model) -> str:
            network.set_weights(model.get_weights())
            try:
                lines = printable(write(AFTER_EPOCH).strip("\n")).split("\n")
            except UserError as error:  # `fit` says what to do about it
                lines = [str(error)]
            return "\n".join(f"    | {line}" for line in lines)

        fitted = fit(model, job, config, run=run, console=console, sample=sample)
        network.set_weights(model.get_weights())
        models.save(run, network)
        written = write(AT_THE_END)
        files.write_text(run / "sample.txt", written)
        results = evaluate(writer, data, written, job, console)
        document = metrics.save(
            run, job, config, model, fitted, **results, started=started
        )
        folder, test = run / "figures", data.texts["test"]
        with attempt(console, "the learning curves"):
            path, best = folder / "learning_curves.png", fitted.best_epoch
            plots.learning_curves(path, fitted.history, best_epoch=best)
        with attempt(console, "the figure of the sample"):
            path = folder / "sample_probability.png"
            figures.sample_probability(path, writer, "\n" + written)
        with attempt(console, "the figure of a hidden unit"):
            figures.hidden_unit(folder / "hidden_unit.png", writer, test)
        with attempt(console, "the page to play with"):
            play.write(run, network, data.preprocessor, test)
        run_folder.finish(run)
    show(document, written, console)
    say(console, f"run folder: {run.path}")
    return run


def within_minutes(config: Config, data: Data, console: Console) -> Config:
    """Return settings whose training takes `minutes`, if that is set.

    The first calls of a model like the one to be trained are timed; the number of
    epochs and of their steps follow. An interrupted run has them in its settings, so
    it is resumed with the same.
    """
    if config.minutes is None or config.resume:
        return config
    train = Streams(data.ids["train"], config, config.seed)
    timer = comparison.step_timer(compiled_model(config, data), train[0])
    *_, calls = timer(TIMED_CALLS), timer(TIMED_CALLS)
    steps = 60 * config.minutes * STEPS_PER_CALL / statistics.median(calls)
    # Without a gradient, a validation step takes about a third of a training step.
    validation = Streams(data.ids["validation"], config).num_batches / 3
    epochs = min(MAX_COUNT, math.ceil(steps / (train.num_batches + validation)))
    per_epoch = max(1, int(steps / epochs - validation))
    timed = replace(
        config, epochs=epochs, steps_per_epoch=min(per_epoch, train.num_batches)
    )
    took = f"{config.minutes:g} minutes are about {epochs:,} epochs"
    note(console, f"{took} of {timed.steps_per_epoch:,} steps")
    return timed


def compiled_model(config: Config, data: Data) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(config, len(data.preprocessor), streams=config.batch_size)
    steps = config.epochs * Streams(data.ids["train"], config, config.seed).num_batches
    warm_up = min(WARM_UP, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm_up, warmup_target=config.learning_rate, warmup_steps=warm_up
    )
    model.compile(
        optimizer(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # XLA's loop takes longer on a CPU at this width.
        **execution(STEPS_PER_CALL, xla=False),
    )
    return model


def optimizer(rate: keras.optimizers.schedules.LearningRateSchedule):
    """Return Muon for square matrices, with AdamW for all other weights.

    Muon makes the step of a matrix orthogonal: it changes all directions alike, also
    those with small gradients (Jordan et al. 2024; Liu et al. 2025, section 2). A row
    of the first W_F or a column of the last layer belongs to one character. They are
    steps of AdamW, as are vectors.
    """
    return keras.optimizers.Muon(
        rate,
        adam_lr_ratio=ADAM_RATIO,
        weight_decay=WEIGHT_DECAY,
        adam_weight_decay=WEIGHT_DECAY,
        exclude_layers=["^recurrent/.*/(kernel|W_F)", "^logits/", "bias$"],
        # Through many steps a gradient can grow without bound (Pascanu, Mikolov and
        # Bengio 2013, section 3.2).
        global_clipnorm=1.0,
    )


def task(config: Config, data: Data | None = None) -> Task:
    """Return what is trained and compared: models, batches, scores and baselines."""
    data = data or load(config)

    def build(cell: str, seed: int) -> keras.Model:
        return compiled_model(replace(config, cell=cell, seed=seed), data)

    def score(model: keras.Model) -> np.ndarray:
        network = build_model(replace(config, cell=model.name), len(data.preprocessor))
        network.set_weights(model.get_weights())
        return surprisals(Writer(network, data.preprocessor), data.ids["test"])

    return Task(
        example=EXAMPLE,
        dataset=config.data or config.dataset,
        data_hash=files.hash_of(*data.texts.values()),
        metric=METRIC,
        mode="min",
        monitor="val_loss",
        build=build,
        train=lambda seed: Streams(data.ids["train"], config, seed),
        validation=Streams(data.ids["validation"], config),
        score=score,
        baselines=lambda: ngram_surprisals(data),
        blocks=np.arange(len(data.ids["test"]) - 1) // BLOCK,
    )


def compare(config: Compare, console: Console | None = None) -> Run:
    """Compare the four cells and return the comparison's run folder."""
    console, data = console or Console(), load(config)
    config = within_minutes(config, data, console)
    return comparison.compare(task(config, data), config, console=console)
