"""Train a network, and test it beside the baselines."""

import math
import time
from dataclasses import asdict, replace

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.errors import UserError
from common.training import console as out
from common.training import fitting, metrics, models, run_folder
from common.training.task import Task

from . import baselines, figures
from .config import EXAMPLE, Compare, Config
from .data import INTERVALS, Data, Windows, load
from .evaluate import Fold, blocks, evaluate, scores, show
from .model import build_model
from .predict import READ_BATCH, Forecaster
from .series import TIME

STEPS_PER_CALL = 20  # batches per call from Python: less time between small steps


@np.errstate(all="ignore")  # what is not finite shows in the tables
def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    started, console, recipe = time.perf_counter(), console or Console(), config.recipe
    data = load(config)
    describe(data, console)
    what, train = task(config, data), data.training
    run = run_folder.begin(EXAMPLE, config, data_hash=what.data_hash)
    with run.locked():
        model = what.build(config.cell, config.seed)
        fitted = fitting.fit(model, what, config, run=run, console=console)
        folds = backtest(config, data, model, console)
        preprocessor = replace(data.preprocessor, **conformal_widths(folds, console))
        if recipe.refit:
            train = data.before(data.test_steps)
            model = trained(config, train, console, "with the validation part")
        files.write_json(run / run_folder.PREPROCESSOR, asdict(preprocessor))
        models.save(run, model)
        forecaster = Forecaster(model, preprocessor)
        answers = forecaster.forecast(data.tested)
        tested = evaluate(what.metric, data.tested, answers, folds, train, console)
        document = metrics.save(
            run, what, config, model, fitted, started=started, **tested
        )
        figures.draw(run, config, document, fitted, data.tested, answers, console)
        with out.attempt(console, "figure of the autocorrelation"):
            # Of a few test windows for each series it would say nothing.
            few = len(data.tested) < 20 * len(data.panel.rows)
            windows, of = (train, "training windows") if few else (data.tested, "test")
            errors = (windows.futures - forecaster.normalized(windows))[:, 0]
            path = run / "figures" / "residual_autocorrelation.png"
            figures.draw_autocorrelation(path, windows, errors, of)
        run_folder.finish(run)
    show(document, console)
    out.say(console, f"run folder: {run.path}")
    return run


def describe(data: Data, console: Console):
    """Print what was read, and the notes."""
    lengths, preprocessor = data.panel.lengths, data.preprocessor
    out.say(
        console,
        f"{len(lengths)} series of {lengths.min()} to {lengths.max()} steps, frequency "
        f"{preprocessor.frequency}, period {preprocessor.period}; windows: "
        f"{len(data.training)} to train, {len(data.validation)} to validate, "
        f"{len(data.tested)} to test",
    )
    for note in data.notes:
        out.note(console, note)


def task(config: Config, data: Data | None = None) -> Task:
    """Return what is trained and tested; `data` is loaded unless given."""
    data, metric = data or load(config), config.recipe.metric
    train, tested = data.training, data.tested

    def scored(forecasts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = scores(tested, forecasts)[metric]
        return {name: found[name].to_numpy() for name in found}

    def score(model: keras.Model) -> np.ndarray:
        answers = Forecaster(model, data.preprocessor).normalized(tested)
        return scored({"network": tested.to_units(answers)})["network"]

    def others() -> dict[str, np.ndarray]:
        quiet = Console(quiet=True)
        return scored(baselines.forecasts(train, tested, quiet))

    return Task(
        example=EXAMPLE,
        dataset=config.data or config.recipe.dataset,
        data_hash=data.hash,
        metric=metric,
        mode="min",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            replace(config, cell=cell, seed=seed), train
        ),
        train=lambda seed: train.batches(config.batch_size, seed, config.recipe.passes),
        validation=data.validation.batches(READ_BATCH),
        score=score,
        baselines=others,
        blocks=blocks(tested),
        root=metric == "rmse",
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder; raises as `train` does."""
    return comparison.compare(task(config), config, console=console or Console())


def compiled_model(config: Config, windows: Windows) -> keras.Model:
    """Return a new model, ready to train. The same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    recipe, model = config.recipe, build_model(config)
    steps = config.epochs * math.ceil(len(windows) * recipe.passes / config.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps)
    model.compile(
        # Clipping: through many steps a gradient can grow without bound
        # (Pascanu, Mikolov and Bengio 2013, section 3.2).
        optimizer=keras.optimizers.AdamW(
            rate, weight_decay=recipe.weight_decay, clipnorm=1.0
        ),
        # The targets (B, 1, H) are the same for all networks' answers (B, M, H).
        loss="mae" if recipe.metric in ("smape", "mase", "mae") else "mse",
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,
    )
    return model


def trained(
    config: Config, windows: Windows, console: Console, what: str
) -> keras.Model:
    """Return a new model after all epochs; none is chosen.

    Raises:
        UserError: the loss is not finite.
    """
    out.say(console, f"training again {what}: {len(windows)} windows")
    model = compiled_model(config, windows)
    batches = windows.batches(config.batch_size, config.seed, config.recipe.passes)
    order = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch)
    )
    options = {"epochs": config.epochs, "shuffle": False, "verbose": 0}
    history = model.fit(batches, callbacks=[order], **options).history
    if not math.isfinite(history["loss"][-1]):
        raise UserError("the loss is not finite; try a smaller --learning-rate")
    return model


def backtest(
    config: Config, data: Data, model: keras.Model, console: Console
) -> list[Fold]:
    """Forecast from cutoffs further and further before the test.

    The latest is where the validation part begins: there the given model forecasts.
    Before each of the others a new one is trained.
    """
    folds, count, steps = [], config.recipe.backtest, data.validation_steps
    for number in range(count):
        cutoff = data.cutoff + number * steps
        train, tried = data.before(cutoff), data.after(cutoff, steps)
        if not len(train) or not len(tried):
            break  # no series is that long
        date = str(data.panel.frame[TIME][tried.rows[0]].date())
        with out.attempt(console, f"backtest {date}"):
            if number:
                what = f"for backtest {number + 1} of {count}, before {date}"
                model = trained(config, train, console, what)
            answers = Forecaster(model, data.preprocessor).normalized(tried)
            folds.append(Fold(date, train, tried, answers))
    return folds[::-1]


def conformal_widths(folds: list[Fold], console: Console) -> dict[str, tuple]:
    """Return half the relative width of the intervals by step, from backtest errors.

    Split conformal prediction: the quantile of the absolute errors, each over its
    window's local scale, with one rank added for the value that is yet to come.
    """
    errors = np.concatenate(
        [abs(f.forecast - f.windows.futures) / f.windows.local_scale for f in folds]
    )
    ordered, widths = np.sort(errors, axis=0), {}
    for share in INTERVALS:
        rank = math.ceil((len(ordered) + 1) * int(share) / 100)
        if rank > len(ordered):
            what = f"the backtest has too few errors for a {share} % interval"
            out.note(console, f"{what}; it is as wide as the largest (--test-steps)")
        widths[f"width_{share}"] = tuple(ordered[min(rank, len(ordered)) - 1].tolist())
    return widths
