"""The test: the network beside its baselines, by step, with intervals and a backtest.

Letters: N windows, H steps forecast. A test case is a window.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from utilsforecast import losses

from common.training import console as out
from common.training import verdicts

from . import baselines
from .data import INTERVALS, Data, Windows
from .series import ID, TIME

CUTOFF = "cutoff"  # column: the last time that a forecast knows
SHOWN_STEPS = 12  # rows of the table by step, at most
Forecasts = dict[str, np.ndarray]  # (N, H) by model


class Fold(NamedTuple):
    """Forecasts after a cutoff of the backtest, by a network trained before it."""

    date: str
    train: Windows
    windows: Windows
    forecast: np.ndarray  # (N, H) normalized


def scores(
    data: Data, windows: Windows, forecasts: Forecasts, *, by_step: bool = False
) -> dict[str, pd.DataFrame]:
    """Return every metric of every case, or of every series and step, by model.

    `relative_variance` is the squared error over the variance of the series' training
    part, or over the one that is published for the data set; `mase` the error over that
    of the seasonal naive forecast before the test. "rmse" holds squared errors.
    """
    count, horizon = len(windows), windows.futures.shape[1]
    rows = windows.future_rows(horizon).ravel()
    frame = windows.panel.frame.iloc[rows, :3].reset_index(drop=True)
    times = windows.panel.frame[TIME].to_numpy()[windows.rows - 1]
    frame[CUTOFF] = np.repeat(times, horizon)
    if by_step:
        frame[CUTOFF] = np.tile(np.arange(1, horizon + 1), count)
    for name, forecast in forecasts.items():
        # A forecast that overflows must not be skipped as if it were missing.
        frame[name] = forecast.ravel() if np.isfinite(forecast).all() else np.nan
    mae, mse, smape = (
        loss(frame, list(forecasts)).set_index([CUTOFF, ID])
        for loss in (losses.mae, losses.mse, losses.smape)
    )
    naive, variance = _scales(data).loc[mae.index.get_level_values(ID)].to_numpy().T
    return {
        "relative_variance": mse.div(variance, axis=0),
        "smape": 200 * smape,
        "mase": mae.div(naive, axis=0),
        "mae": mae,
        "rmse": mse,
    }


def _scales(data: Data) -> pd.DataFrame:
    """Return the seasonal naive error and the variance of each series; nan for 0."""
    table, published = {}, data.dataset and data.dataset.variance
    for name, rows in data.panel.rows.items():
        past = data.panel.values[rows[: -data.test_steps]]
        lag = data.preprocessor.period
        lag = lag if len(past) > lag else 1
        train = past[: max(2, len(rows) - data.cutoff)]
        table[name] = np.abs(past[lag:] - past[:-lag]).mean(), published or train.var()
    scales = pd.DataFrame.from_dict(table, orient="index")
    return scales.where(scales > 0)


def mean(scores: pd.DataFrame, metric: str) -> pd.Series:
    """Return the metric of each model. A root is taken last, of the mean of squares."""
    return np.sqrt(scores.mean()) if metric == "rmse" else scores.mean()


def blocks(cases: pd.MultiIndex, horizon: int) -> np.ndarray:
    """Return the block of each case for the verdict, (N,): its series.

    Cases of a single series depend on their neighbours: blocks are as long as the
    horizon, and at least the cube root of N (Hall, Horowitz and Jing 1995).
    """
    series = pd.factorize(cases.get_level_values(ID))[0]
    length = max(horizon, math.ceil(len(cases) ** (1 / 3)))
    return series if series.any() else np.arange(len(cases)) // length


def evaluate(
    data: Data,
    metric: str,
    answers: Forecasts,
    folds: list[Fold],
    train: Windows,
    console: Console,
) -> dict[str, Any]:
    """Measure the network and the baselines on the test, once; for `metrics.save`.

    Args:
        data: series and splits.
        metric: the main metric.
        answers: forecasts and intervals of the network, as `Forecaster.forecast`.
        folds: of the backtest.
        train: windows that the network was trained on.
        console: takes notes.
    """
    windows, forecasts = data.tested, {"network": answers["mean"]}
    forecasts |= baselines.forecasts(data, train, windows, console)
    found = scores(data, windows, forecasts)
    main, cases = found[metric], found[metric].index
    means = {metric: mean(main, metric)}
    means |= {name: mean(values, name) for name, values in found.items()}
    steps = scores(data, windows, forecasts, by_step=True)[metric].groupby(CUTOFF)
    verdict = verdicts.verdict(
        {name: main[name].to_numpy() for name in main},
        mode="min",
        blocks=blocks(cases, windows.futures.shape[1]),
        root=metric == "rmse",
    )
    return {
        "models": {
            model: {name: float(values[model]) for name, values in means.items()}
            for model in forecasts
        },
        "verdict": verdict,
        "slices": {
            label: {"count": int(rows.sum()), "models": dict(mean(main[rows], metric))}
            for label, rows in _slices(data, windows, cases).items()
        },
        "details": {
            "by_step": steps.apply(mean, metric).to_dict("list"),
            "intervals": _coverage(data, windows, answers),
            "backtest": {
                fold.date: _row(fold, data, metric, console) for fold in folds
            },
        },
    }


def _slices(data: Data, windows: Windows, cases: pd.MultiIndex) -> Forecasts:
    """Return which cases belong to the parts of the test that are reported, (N,) each.

    The published periods of a data set; of a test with several cutoffs, its halves; of
    many series, the shorter and the longer ones.
    """
    place = windows.panel.frame.iloc[windows.rows, :2].assign(
        place=windows.panel.place[windows.rows],
        cutoff=windows.panel.frame[TIME].to_numpy()[windows.rows - 1],
    )
    place = place.set_index([CUTOFF, ID]).loc[cases]
    if data.dataset and data.dataset.slices:
        years = place[TIME].dt.year
        parts = data.dataset.slices.items()
        return {name: years.between(*ends).to_numpy() for name, ends in parts}
    early = (place["place"] < place["place"].median()).to_numpy()
    names = ("shorter series", "longer series")
    if cases.get_level_values(ID).has_duplicates:
        names = ("first half of the test", "second half of the test")
    return dict(zip(names, (early, ~early), strict=True)) if early.any() else {}


def _coverage(data: Data, windows: Windows, answers: Forecasts) -> dict[str, Any]:
    """Return the share of values within each interval, and its mean width.

    `width` is in units, `width_scaled` over the naive error as in MASE.
    """
    rows = windows.future_rows(windows.futures.shape[1])
    actual, table = windows.panel.values[rows], {}
    naive = _scales(data)[0].loc[windows.panel.frame[ID].iloc[windows.rows]].to_numpy()
    for share in INTERVALS:
        low, high = answers[f"lo-{share}"], answers[f"hi-{share}"]
        table[share] = {
            "coverage": float(((low <= actual) & (actual <= high)).mean()),
            "width": float((high - low).mean()),
            "width_scaled": float(pd.Series((high - low).mean(1) / naive).mean()),
        }
    return table


def _row(fold: Fold, data: Data, metric: str, console: Console) -> dict[str, float]:
    """Return the metric of the network and of the quick baselines after a cutoff."""
    forecasts = {"network": fold.windows.to_units(fold.forecast)}
    forecasts |= baselines.forecasts(
        data, fold.train, fold.windows, console, slow=False
    )
    return dict(mean(scores(data, fold.windows, forecasts)[metric], metric))


def show(document: dict[str, Any], console: Console):
    """Print the tables and the verdict."""
    models, details = document["models"], document["details"]
    metric = document["metric"]["name"]
    rows = [(name, *values.values()) for name, values in models.items()]
    columns = ("model", *models["network"])
    out.table(console, "test, in the series' own units", columns, rows)
    slices = document["slices"]
    rows = [
        (name, *(part["models"][name] for part in slices.values())) for name in models
    ]
    if slices:
        out.table(console, f"test {metric}", ("model", *slices), rows)
    steps = list(enumerate(zip(*details["by_step"].values(), strict=True), start=1))
    every = math.ceil(len(steps) / SHOWN_STEPS)
    rows = [(step, *values) for step, values in steps[every - 1 :: every]]
    if len(steps) > 1:
        out.table(console, f"test {metric} by step", ("step", *models), rows)
    rows = [
        (f"{share} %", *row.values()) for share, row in details["intervals"].items()
    ]
    columns = ("interval", "measured coverage", "mean width", "over naive error")
    out.table(console, "prediction intervals, test", columns, rows)
    rows = [(date, *row.values()) for date, row in details["backtest"].items()]
    columns = ("cutoff", *next(iter(details["backtest"].values())))
    out.table(console, f"backtest {metric}", columns, rows)
    out.say(console, verdicts.sentence(document))
    # The network's metrics minus the best of the baselines'.
    gaps = {
        name: value - min(row[name] for key, row in models.items() if key != "network")
        for name, value in models["network"].items()
        if len(models) > 1
    }
    others = [name for name, gap in gaps.items() if gap * gaps[metric] < 0]
    if others:
        what = "worse" if gaps[metric] < 0 else "better"
        out.say(console, f"By {' and '.join(others)}, the network is {what}.")
