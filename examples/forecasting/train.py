"""Train a network and compare it with the baselines, in a run folder."""

import time
from dataclasses import asdict, replace

import keras
import numpy as np
import pandas as pd
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.errors import UserError
from common.preprocessing.sequences import Batches
from common.training import console as out
from common.training import fitting, metrics, models, plots, run_folder

from . import baselines
from .config import EXAMPLE, Compare, Config
from .data import Data, Windows, load
from .evaluate import Evaluation, Fold, blocks, conformal_widths, evaluate, scores, show
from .model import build_model
from .predict import READ_BATCH, Forecaster
from .series import ID, TIME

STEPS_PER_CALL = 20  # batches per call from Python: less time between small steps


# What is not finite is reported in the tables, not by NumPy.
@np.errstate(all="ignore")
def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    started = time.perf_counter()
    console = console or Console()
    data = load(config)
    describe(data, console)
    run = run_folder.begin(EXAMPLE, config, data_hash=data.hash)
    with run.locked():
        train = data.before(data.cutoffs[0])
        model = compiled_model(config, train)
        fitted = fitting.fit(
            model,
            _batches(config, train),
            validation=_validation(data),
            run=run,
            epochs=config.epochs,
            monitor="val_loss",
            mode="min",
            console=console,
        )
        folds = backtest(config, data, model, console)
        preprocessor = replace(data.preprocessor, **conformal_widths(folds, console))
        if config.recipe.refit:
            train = data.before(data.test_steps)
            out.say(
                console,
                f"training again with the validation part: {len(train)} windows",
            )
            model = trained(config, train)
        files.write_json(run / run_folder.PREPROCESSOR, asdict(preprocessor))
        models.save(run, model)
        forecaster = Forecaster(model, preprocessor)
        found = evaluate(config, forecaster, data, folds, train, console)
        document = metrics.save(
            run,
            EXAMPLE,
            config,
            model,
            fitted,
            dataset=config.data or config.recipe.dataset,
            data_hash=data.hash,
            metric=config.recipe.metric,
            mode="min",
            models=found.models,
            verdict=found.verdict,
            slices=found.slices,
            details=found.details,
            started=started,
        )
        draw(run, config, data, found, forecaster, train, fitted, console)
        run_folder.finish(run)
    show(document, console)
    out.say(console, f"run folder: {run.path}")
    return run


def describe(data: Data, console: Console):
    """Print what was read, and the notes."""
    lengths, validation = data.panel.lengths, data.cutoffs[0]
    out.say(
        console,
        f"{len(lengths)} series of {lengths.min()} to {lengths.max()} steps, frequency "
        f"{data.preprocessor.frequency}, period {data.preprocessor.period}; windows: "
        f"{len(data.before(validation))} to train, {len(data.validated)} to validate, "
        f"{len(data.tested)} to test",
    )
    for note in data.notes:
        out.note(console, note)


def compiled_model(config: Config, windows: Windows) -> keras.Model:
    """Return a new model, ready to train. The same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    recipe = config.recipe
    model = build_model(
        cell=config.cell,
        units=config.units,
        window=config.window,
        features=1 + len(config.covariates),
        horizon=config.steps_per_answer,
        ensemble_size=recipe.ensemble_size,
        linear=recipe.linear,
        noise=recipe.noise,
        seed=config.seed,
    )
    steps = -(-len(windows) * recipe.passes // config.batch_size) * config.epochs
    model.compile(
        # Clipping: through many steps a gradient can grow without bound
        # (Pascanu, Mikolov and Bengio 2013, section 3.2).
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
            weight_decay=recipe.weight_decay,
            clipnorm=1.0,
        ),
        # The targets (B, 1, H) are the same for all networks' answers (B, M, H).
        loss=recipe.loss,
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,
    )
    return model


def _batches(config: Config, windows: Windows) -> Batches:
    return windows.batches(
        config.batch_size, seed=config.seed, passes=config.recipe.passes
    )


def _validation(data: Data) -> Batches:
    cutoff = data.cutoffs[0]
    windows = data.after(cutoff, data.validation_steps, data.steps_per_answer)
    return windows.batches(READ_BATCH)


def trained(config: Config, windows: Windows) -> keras.Model:
    """Return a new model after all epochs; none is chosen.

    Raises:
        UserError: the loss is not finite.
    """
    model, batches = compiled_model(config, windows), _batches(config, windows)
    order = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch)
    )
    history = model.fit(
        batches, epochs=config.epochs, shuffle=False, verbose=0, callbacks=[order]
    )
    if not np.isfinite(history.history["loss"][-1]):
        raise UserError("the loss is not finite; try a smaller --learning-rate")
    return model


def backtest(
    config: Config, data: Data, model: keras.Model, console: Console
) -> list[Fold]:
    """Forecast from cutoffs further and further before the test.

    The latest cutoff is where the validation part begins: there the given model
    forecasts. Before each of the others a new one is trained.
    """
    folds, count = [], config.recipe.backtest
    for number in range(count):
        cutoff = data.cutoffs[0] + number * data.validation_steps
        train, tried = data.before(cutoff), data.after(cutoff, data.validation_steps)
        if not len(train) or not len(tried):
            break  # no series is that long
        date = str(data.panel.frame[TIME][tried.rows[0]].date())
        with out.attempt(console, f"backtest at {date}"):
            if number:
                out.say(
                    console,
                    f"backtest {number + 1} of {count}: training on {len(train)} windows "
                    f"before {date}",
                )
                model = trained(config, train)
            normalized = Forecaster(model, data.preprocessor).normalized(tried)
            folds.append(Fold(date, train, tried, normalized))
    return folds[::-1]


def draw(
    run: run_folder.Run,
    config: Config,
    data: Data,
    found: Evaluation,
    forecaster: Forecaster,
    train: Windows,
    fitted: fitting.Fitted,
    console: Console,
):
    """Draw the figures of the run. One that fails is left out."""
    from . import figures  # matplotlib is slow to import

    folder, name, tested = run / "figures", config.recipe.metric, data.tested
    with out.attempt(console, "figure of the learning curves"):
        plots.learning_curves(
            folder / "learning_curves.png",
            fitted.history,
            best_epoch=fitted.best_epoch,
            kept=not config.recipe.refit,
        )
    within = ", ".join(
        f"{row['coverage']:.0%} lie within the interval of {share} %"
        for share, row in found.details["intervals"].items()
    )
    with out.attempt(console, "figure of the forecasts"):
        figures.forecasts(
            folder / "forecasts.png",
            tested,
            found.answers,
            "Test forecasts with their intervals; black: the series. Of all test "
            f"values, {within}.",
        )
    curves = found.details["models_by_step"]
    with out.attempt(console, "figure of the errors by step"):
        figures.errors(
            folder / "error_by_step.png",
            list(range(1, tested.horizon + 1)),
            curves,
            name=name,
            caption=f"Error ({name}) by step of the forecast; lower is better.",
        )
    folds = found.details["backtest"]
    with out.attempt(console, "figure of the backtest"):
        figures.errors(
            folder / "backtest.png",
            list(folds),
            {
                model: [fold[model] for fold in folds.values()]
                for model in curves
                if all(model in fold for fold in folds.values())
            },
            name=name,
            caption="Backtest: a network trained again with what was known at each "
            "cutoff, and tried on what follows.",
        )
    many = len(tested) >= 20 * tested.panel.frame[ID].nunique()
    windows = tested if many else train
    with out.attempt(console, "figure of the autocorrelation"):
        figures.autocorrelation(
            folder / "residual_autocorrelation.png",
            windows,
            forecaster.normalized(windows, 1),
            "test" if many else "training windows",
        )


def task(config: Config, data: Data | None = None) -> comparison.Task:
    """Return what a comparison of cells needs."""
    data = data or load(config)
    train, tested = data.before(data.cutoffs[0]), data.tested
    recipe = config.recipe

    def scored(forecasts: dict[str, np.ndarray]) -> pd.DataFrame:
        return scores(data, tested, forecasts)[recipe.metric]

    def score(model: keras.Model) -> np.ndarray:
        forecast = Forecaster(model, data.preprocessor).normalized(tested)
        return scored({"network": tested.to_units(forecast)})["network"].to_numpy()

    def others() -> dict[str, np.ndarray]:
        found = baselines.forecasts(data, train, tested, Console(quiet=True))
        return {name: values.to_numpy() for name, values in scored(found).items()}

    return comparison.Task(
        example=EXAMPLE,
        dataset=config.data or recipe.dataset,
        data_hash=data.hash,
        metric=recipe.metric,
        mode="min",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            replace(config, cell=cell, seed=seed), train
        ),
        train=lambda seed: _batches(replace(config, seed=seed), train),
        validation=_validation(data),
        score=score,
        baselines=others,
        blocks=blocks(scored({}).index, config.horizon),
        root=recipe.metric == "rmse",
    )


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    return comparison.compare(task(config), config, console=console or Console())
