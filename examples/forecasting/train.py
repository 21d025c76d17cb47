"""Train a network, and test it beside the baselines."""

import math
import time
from dataclasses import asdict, replace
from functools import partial

import keras
import numpy as np
from rich.console import Console

from common import files
from common.comparison import compare as comparison
from common.errors import UserError
from common.training import console as out
from common.training import fitting, metrics, models, run_folder
from common.training.task import Task

from . import baselines, evaluate, figures, play
from .config import EXAMPLE, Compare, Config, Recipe
from .data import INTERVALS, Data, Windows, load
from .model import build_model
from .predict import READ_BATCH, Forecaster
from .series import SUNSPOTS, TIME

STEPS_PER_CALL = 20  # batches per call from Python: less time between small steps


@np.errstate(all="ignore")  # what is not finite shows in the tables
def train(config: Config, console: Console | None = None) -> run_folder.Run:
    """Train one model and return its run folder.

    Raises:
        UserError: the data or the run folder cannot be used.
    """
    started, console, recipe = time.perf_counter(), console or Console(), config.recipe
    data = load(config)
    lengths, one = data.panel.lengths, data.preprocessor
    out.say(
        console,
        f"{len(lengths)} series of {lengths.min()} to {lengths.max()} steps, frequency "
        f"{one.frequency}, period {one.period}; windows: {len(data.training)} to "
        f"train, {len(data.validation)} to validate, {len(data.tested)} to test",
    )
    for note in data.notes:
        out.note(console, note)
    what, train = task(config, data), data.training
    run = run_folder.begin(EXAMPLE, config, data_hash=what.data_hash)
    with run.locked():
        model = what.build(config.cell, config.seed)
        sizes = config, recipe.passes * len(train), console
        again = partial(_train_again, model, model.get_weights(), *sizes)
        fitted = fitting.fit(model, what, config, run=run, console=console)
        table, errors = _backtest(data, model, recipe, again, console)
        preprocessor = replace(data.preprocessor, **conformal_widths(errors, console))
        if recipe.refit:
            train = data.before(data.test_steps)
            again(train, "with the validation part")
        files.write_json(run / run_folder.PREPROCESSOR, asdict(preprocessor))
        models.save(run, model)
        forecaster, windows = Forecaster(model, preprocessor), data.tested
        answers = forecaster.forecast(windows)
        tested = evaluate.evaluate(what.metric, windows, answers, train, console)
        tested["details"]["backtest"] = table
        document = metrics.save(
            run, what, config, model, fitted, started=started, **tested
        )
        figures.draw(run, config, document, fitted, windows, answers, console)
        with out.attempt(console, "figure of the autocorrelation"):
            errors = (train.futures - forecaster.normalized(train))[:, 0]
            figures.draw_autocorrelation(run / "figures", train, errors)
        with out.attempt(console, "the page to play with"):
            play.write(run, forecaster, train, windows)
        run_folder.finish(run)
    evaluate.show(document, console)
    out.say(console, f"run folder: {run.path}")
    return run


def task(config: Config, data: Data | None = None) -> Task:
    """Return what is trained and tested; `data` is loaded unless given."""
    data, metric = data or load(config), config.recipe.metric
    train, tested = data.training, data.tested
    count, quiet = config.recipe.passes * len(train), Console(quiet=True)

    def scored(**forecasts: np.ndarray) -> dict[str, np.ndarray]:
        found = evaluate.scores(tested, forecasts)[metric]
        return {name: found[name].to_numpy() for name in found}

    def score(model: keras.Model) -> np.ndarray:
        answers = Forecaster(model, data.preprocessor).normalized(tested)
        return scored(network=tested.to_units(answers))["network"]

    return Task(
        example=EXAMPLE,
        dataset=config.data or SUNSPOTS.name,
        data_hash=data.hash,
        metric=metric,
        mode="min",
        monitor="val_loss",
        build=lambda cell, seed: compiled_model(
            replace(config, cell=cell, seed=seed), train
        ),
        train=lambda seed: train.batches(config.batch_size, seed, count),
        validation=data.validation.batches(READ_BATCH),
        score=score,
        baselines=lambda: scored(**baselines.forecasts(train, tested, quiet)),
        blocks=evaluate.blocks(tested),
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
        **fitting.execution(STEPS_PER_CALL, xla=False),
    )
    return model


def _train_again(model, first, config, count, console, windows: Windows, why: str):
    """Train a compiled model from its first weights on other windows, for all epochs.

    To build and compile a new one would take seconds each time. So an epoch has as many
    steps as in the first training, `count` windows, however many windows there are.

    Raises:
        UserError: the loss is not finite.
    """
    out.say(console, f"training again {why}: {len(windows)} windows")
    model.set_weights(first)
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    batches = windows.batches(config.batch_size, config.seed, count)
    order = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(batches, "epoch", epoch)
    )
    options = {"epochs": config.epochs, "shuffle": False, "verbose": 0}
    history = model.fit(batches, callbacks=[order], **options).history
    if not math.isfinite(history["loss"][-1]):
        raise UserError("the loss is not finite; try a smaller --learning-rate")


def _backtest(data: Data, model: keras.Model, recipe: Recipe, again, console: Console):
    """Forecast from cutoffs further and further before the test.

    The latest is where the validation part begins: there the model forecasts as it is.
    Before each of the others it is trained `again`. Return the main metric of each
    model by cutoff, and the network's absolute errors over the local scale, (N, H).
    """
    table, errors, steps = {}, [], data.validation_steps
    for number in range(recipe.backtest):
        cutoff = data.cutoff + number * steps
        train, tried = data.before(cutoff), data.after(cutoff, steps)
        if not len(train) or not len(tried):
            break  # no series is that long
        date = str(data.panel.frame[TIME][tried.rows[0]].date())
        with out.attempt(console, f"backtest {date}"):
            if number:
                again(train, f"for the backtest, before {date}")
            answers = Forecaster(model, data.preprocessor).normalized(tried)
            errors.append(np.abs(answers - tried.futures) / tried.local_scale)
            forecasts = {"network": tried.to_units(answers)}
            forecasts |= baselines.forecasts(train, tried, console, slow=False)
            scores = evaluate.scores(tried, forecasts)[recipe.metric]
            table[date] = dict(evaluate.mean(scores, recipe.metric))
    return dict(reversed(table.items())), np.concatenate(errors)


def conformal_widths(errors: np.ndarray, console: Console) -> dict[str, tuple]:
    """Return half the relative width of the intervals by step, from errors (N, H).

    Split conformal prediction: the quantile of the absolute errors, each over its
    window's local scale, with one rank added for the value that is yet to come.
    """
    ordered, widths = np.sort(errors, axis=0), {}
    for share in INTERVALS:
        rank = math.ceil((len(ordered) + 1) * int(share) / 100)
        if rank > len(ordered):
            what = f"the backtest has too few errors for a {share} % interval"
            out.note(console, f"{what}; it is as wide as the largest (--test-steps)")
        widths[f"width_{share}"] = tuple(ordered[min(rank, len(ordered)) - 1].tolist())
    return widths
