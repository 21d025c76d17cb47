"""The test: the network beside its baselines, by step, with intervals and a backtest.

Letters: N windows, H steps forecast. A test case is a window.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from utilsforecast import losses

from common.training import console as out
from common.training import metrics, verdicts

from . import baselines
from .data import INTERVALS, Windows
from .series import ID, TIME, VALUE

SHOWN_STEPS = 12  # rows of the table by step, at most
Forecasts = dict[str, np.ndarray]  # (N, H) by model


def scores(
    windows: Windows, forecasts: Forecasts, steps: slice = slice(None)
) -> dict[str, pd.DataFrame]:
    """Return the metrics of each window, (N, models) each, over all or some steps.

    `relative_variance` is the squared error over the variance of the series, `mase` the
    error over that of the seasonal naive forecast: see `Data.scales`. "rmse" holds
    squared errors.
    """
    actual = windows.actual[:, steps]
    frame = pd.DataFrame({VALUE: actual.ravel()})
    frame[ID] = np.repeat(np.arange(len(actual)), actual.shape[1])
    for name, forecast in forecasts.items():
        # A forecast that overflows must not be skipped as if it were missing.
        known = np.isfinite(forecast).all()
        frame[name] = forecast[:, steps].ravel() if known else np.nan
    mae, mse, smape = (
        loss(frame, list(forecasts)).set_index(ID)
        for loss in (losses.mae, losses.mse, losses.smape)
    )
    scales = windows.data.scales.loc[windows.names]
    return {
        "relative_variance": mse.div(scales["variance"].to_numpy(), axis=0),
        "smape": 200 * smape,
        "mase": mae.div(scales["naive"].to_numpy(), axis=0),
        "mae": mae,
        "rmse": mse,
    }


def mean(scores: pd.DataFrame, metric: str) -> pd.Series:
    """Return the metric of each model. A root is taken last, of the mean of squares."""
    return np.sqrt(scores.mean()) if metric == "rmse" else scores.mean()


def blocks(windows: Windows) -> np.ndarray:
    """Return the block of each window for the verdict, (N,): its series.

    Of few series, stretches of each are blocks, since neighbours depend on each other:
    as long as the horizon, and at least the cube root of a series' windows (Hall,
    Horowitz and Jing 1995).
    """
    series, names = pd.factorize(windows.names)
    if len(names) >= verdicts.FEWEST_BLOCKS:
        return series
    cases = pd.Series(series).groupby(series)
    shortest = np.ceil(cases.transform("size") ** (1 / 3))
    length = np.maximum(windows.futures.shape[1], shortest)
    return series * len(series) + (cases.cumcount() // length).to_numpy(int)


def evaluate(
    metric: str, windows: Windows, answers: Forecasts, train: Windows, console: Console
) -> dict[str, Any]:
    """Measure network and baselines on windows of the test, once; for `metrics.save`.

    `metric` is the main one. `answers` are the network's, as of `Forecaster.forecast`.
    It was trained on the windows `train`, and the baselines are fitted on them.
    """
    forecasts = {"network": answers["mean"]}
    forecasts |= baselines.forecasts(train, windows, console)
    found = scores(windows, forecasts)
    main = found[metric]
    means = {name: mean(found[name], name) for name in (metric, *found)}
    steps = (slice(step, step + 1) for step in range(windows.futures.shape[1]))
    by_step = [mean(scores(windows, forecasts, s)[metric], metric) for s in steps]
    slices, dataset = {}, windows.data.dataset
    years = windows.panel.frame[TIME].dt.year.iloc[windows.rows]
    for name, ends in (dataset.slices if dataset else {}).items():
        rows = years.between(*ends).to_numpy()
        models = dict(mean(main[rows], metric))
        slices[name] = {"count": int(rows.sum()), "models": models}
    return {
        "models": pd.DataFrame(means).to_dict("index"),
        "scores": {name: main[name].to_numpy() for name in main},
        "slices": slices,
        "details": {
            "by_step": pd.DataFrame(by_step).to_dict("list"),
            "intervals": _coverage(windows, answers),
        },
    }


def _coverage(windows: Windows, answers: Forecasts) -> dict[str, Any]:
    """Return the share of values within each interval, and its mean width.

    `width` is in units, `width_scaled` over the naive error as in MASE.
    """
    naive, table = windows.data.scales["naive"].loc[windows.names].to_numpy(), {}
    for share in INTERVALS:
        low, high = answers[f"lo-{share}"], answers[f"hi-{share}"]
        inside = (low <= windows.actual) & (windows.actual <= high)
        table[share] = {
            "coverage": float(inside.mean()),
            "width": float((high - low).mean()),
            "width_scaled": float(np.nanmean((high - low).mean(axis=1) / naive)),
        }
    return table


def show(document: dict[str, Any], console: Console):
    """Print the tables and the verdict."""
    models, details = document["models"], document["details"]
    metric = document["metric"]["name"]
    slices = {name: part["models"] for name, part in document["slices"].items()}
    steps = pd.DataFrame(details["by_step"])
    steps.index += 1
    every = math.ceil(len(steps) / SHOWN_STEPS)
    steps = steps[every - 1 :: every].to_dict("index") if len(steps) > 1 else {}
    intervals = {f"{share} %": row for share, row in details["intervals"].items()}
    for title, label, rows in (
        ("test, in the series' own units", "model", models),
        (f"test {metric}", "part", slices),
        (f"test {metric} by step", "step", steps),
        ("prediction intervals, test", "interval", intervals),
        (f"backtest {metric}", "cutoff", details["backtest"]),
    ):
        if rows:
            columns = (label, *next(iter(rows.values())))
            cells = [(name, *row.values()) for name, row in rows.items()]
            out.table(console, title, columns, cells)
    if not math.isfinite(models["network"][metric]):
        what = f"the network's {metric} is not a finite number; so there is no verdict"
        return out.note(console, what)
    out.say(console, metrics.sentence(document))
