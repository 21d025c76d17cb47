"""Train, test beside the baselines, and leave all of it in a run folder."""

import dataclasses
import time

import keras
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.preprocessing.sequences import Batches
from common.training import fitting, metrics, models, plots, run_folder
from examples.forecasting import baselines
from examples.forecasting.config import Compare, Config
from examples.forecasting.data import CODEC, EXAMPLE, Data, Windows, load
from examples.forecasting.evaluate import (
    Fold,
    conformal_widths,
    evaluate,
    measures,
    over_steps,
    show,
    too_few_for,
)
from examples.forecasting.model import build_model
from examples.forecasting.predict import READ_BATCH, Forecaster

STEPS_PER_CALL = 20  # batches per call from Python: less time between small steps


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
        before = data.before(data.cuts[0])
        model = compiled_model(config, before)
        fitted = fitting.fit(
            model,
            _batches(config, before),
            validation=_validation(data),
            run=run,
            epochs=config.epochs,
            monitor="val_loss",
            better="lower",
            console=console,
        )
        folds = backtest(config, data, model)
        codec = dataclasses.replace(data.codec, widths=conformal_widths(folds))
        for share in too_few_for(folds):
            console.print(
                f"note: the backtest's errors are too few for a {share} % interval; it "
                "is as wide as the largest of them (--backtest, --validation-steps)",
                highlight=False,
                soft_wrap=True,
            )
        data = dataclasses.replace(data, codec=codec)
        if config.refit:
            console.print("training anew with the validation part", highlight=False)
            before = data.before(data.cuts[1])
            model = trained(config, before)
        files.write_json(run / CODEC, codec.to_json())
        models.save(run, model)
        forecaster = Forecaster(model, codec)
        evaluation = evaluate(config, forecaster, data, folds, before)
        document = metrics.document(
            EXAMPLE,
            config,
            model,
            fitted,
            dataset=config.data or config.dataset,
            total_seconds=time.perf_counter() - started,
            refit=config.refit,
            **evaluation.values,
        )
        draw(run / "figures", document, evaluation, data, before, forecaster, fitted)
        files.write_json(run / run_folder.METRICS, document)
        run_folder.finish(run, can_resume=fitted.interrupted)
    show(document, console)
    console.print(f"run folder: {run.path}", highlight=False, markup=False)
    return run


def describe(data: Data, console: Console):
    """Print what was read, and the notes."""
    lengths = [len(one) for one in data.series]
    codec = data.codec
    train, validation, test = (
        len(data.before(data.cuts[0])),
        len(data.after(data.cuts[0], data.validation_steps)),
        len(data.after(data.cuts[1], data.test_steps)),
    )
    console.print(
        f"{len(lengths)} series of {min(lengths)} to {max(lengths)} steps, frequency "
        f"{codec.frequency}, period {codec.period}; windows: {train} to train, "
        f"{validation} to validate, {test} to test",
        highlight=False,
        soft_wrap=True,
    )
    for note in data.notes:
        console.print(f"note: {note}", highlight=False, markup=False, soft_wrap=True)


def _batches(config: Config, windows: Windows) -> Batches:
    return windows.batches(config.batch_size, seed=config.seed, passes=config.passes)


def _validation(data: Data) -> Batches:
    cut = data.cuts[0]
    windows = data.after(cut, data.validation_steps, data.steps_at_once)
    return windows.batches(READ_BATCH)


def compiled_model(config: Config, windows: Windows) -> keras.Model:
    """Return a new model, ready to train; the same seed gives the same weights."""
    keras.utils.set_random_seed(config.seed)
    model = build_model(
        cell=config.cell,
        units=config.units,
        window=config.window,
        features=1 + len(config.covariates),
        horizon=config.steps_at_once,
        members=config.members,
        linear=config.linear,
        noise=config.noise,
        seed=config.seed,
    )
    in_epoch = -(-len(windows) * config.passes // config.batch_size)
    model.compile(
        # Clipping: through many steps a gradient can grow without bound
        # (Pascanu, Mikolov and Bengio 2013, section 3.2).
        optimizer=keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                config.learning_rate, config.epochs * in_epoch
            ),
            weight_decay=config.weight_decay,
            clipnorm=1.0,
        ),
        # The targets (B, 1, H) are the same for all members of the answers (B, M, H).
        loss=config.loss,
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,
    )
    return model


def trained(config: Config, windows: Windows) -> keras.Model:
    """Return a new model after all epochs, none of which is chosen."""
    model = compiled_model(config, windows)
    batches = _batches(config, windows)
    order = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch)
    )
    model.fit(
        batches, epochs=config.epochs, shuffle=False, verbose=0, callbacks=[order]
    )
    return model


def backtest(config: Config, data: Data, model: keras.Model) -> list[Fold]:
    """Forecast from origins further and further before the test.

    The last origin is where the validation part begins: there the model that is
    given takes its turn. Before each of the others a new one is trained.
    """
    folds = []
    for number in range(config.backtest):
        cut = data.cuts[0] + number * data.validation_steps
        train, tried = data.before(cut), data.after(cut, data.validation_steps)
        if not len(train) or not len(tried):
            break  # no series is that long
        if number:
            model = trained(config, train)
        longest = max(data.series, key=len)
        origin = longest.times(len(longest) - cut, 1)[0]
        adjusted = Forecaster(model, data.codec).adjusted(tried, data.codec.horizon)
        folds.append(Fold(str(origin.date()), train, tried, adjusted))
    return folds[::-1]


def draw(folder, document, evaluation, data, before, forecaster, fitted):
    """Draw the figures of the run."""
    from examples.forecasting import figures  # matplotlib is slow to import

    plots.learning_curves(
        folder / "learning_curves.png",
        fitted.history,
        best_epoch=fitted.best_epoch,
        kept=not document["refit"],
    )
    residuals = figures.one_step_residuals(
        before, evaluation.windows, lambda windows: forecaster.adjusted(windows, 1)
    )
    figures.draw(folder, document, evaluation, data, residuals)


def compare(config: Compare, console: Console | None = None) -> run_folder.Run:
    """Compare the four cells and return the run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    data = load(config)
    before = data.before(data.cuts[0])
    tested = data.after(data.cuts[1], data.test_steps)

    def measured(forecast) -> float:
        return over_steps(measures(tested, data, forecast))[config.metric]

    def measure(model: keras.Model) -> float:
        adjusted = Forecaster(model, data.codec).adjusted(tested, config.horizon)
        return measured(tested.to_units(adjusted))

    def others() -> dict[str, float]:
        forecasts = baselines.forecasts(before, tested)
        return {name: measured(forecast) for name, forecast in forecasts.items()}

    task = comparison.Task(
        example=EXAMPLE,
        dataset=config.data or config.dataset,
        metric=config.metric,
        better="lower",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            dataclasses.replace(config, cell=cell, seed=seed), before
        ),
        train=lambda seed: _batches(dataclasses.replace(config, seed=seed), before),
        validation=_validation(data),
        measure=measure,
        baselines=others,
    )
    return comparison.compare(
        task, config, seeds=config.seeds, console=console or Console()
    )
