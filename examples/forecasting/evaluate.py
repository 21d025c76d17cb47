"""The test: the network beside its baselines, by step, with intervals and a backtest.

Letters: N windows, H steps forecast.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console

from common.training import console_tables, metrics
from examples.forecasting import baselines
from examples.forecasting.codec import INTERVALS
from examples.forecasting.config import Config
from examples.forecasting.data import Data, Windows
from examples.forecasting.predict import Forecaster

# The variance that the literature divides the squared error of the sunspots by.
SUNSPOTS_VARIANCE = 1535.0
SUNSPOTS_PERIODS = {"1921-1955": (1921, 1955), "1956-1979": (1956, 1979)}
SHOWN_STEPS = 12  # rows of the table by step, at most


@dataclass(frozen=True)
class Fold:
    """One origin of the backtest: a network that knew nothing after it, and its errors.

    The forecasts are adjusted, as the network gives them.
    """

    origin: str
    train: Windows
    windows: Windows
    adjusted: np.ndarray  # (N, H)


@dataclass(frozen=True)
class Evaluation:
    """What the test came to."""

    windows: Windows
    answers: dict[str, np.ndarray]  # (N, H) the network's forecasts and intervals
    others: dict[str, np.ndarray]  # (N, H) the baselines' forecasts
    values: dict[str, Any]  # for metrics.json


def measures(
    windows: Windows, data: Data, forecast: np.ndarray
) -> dict[str, list[float]]:
    """Return every metric of forecasts (N, H) by step, each the mean over windows.

    `mase`: over the mean error of the seasonal naive forecast in the series' past
    before the test; `relative_variance`: the squared error over the variance of the
    series' training part (of the sunspots, over the literature's 1535).
    """
    actual = windows.actual()
    error = np.abs(forecast - actual)
    size = np.abs(forecast) + np.abs(actual)
    views = windows.views
    naive = np.array([_naive_error(view.series.values, data) for view in views])
    spread = np.array([_variance(view.series, data) for view in views])
    by_step = {
        "mae": error.mean(axis=0),
        "rmse": np.sqrt((error**2).mean(axis=0)),
        "smape": (200 * error / np.where(size > 0, size, 1)).mean(axis=0),
        "mase": np.nanmean(error / naive[windows.which][:, None], axis=0),
        "relative_variance": np.nanmean(
            error**2 / spread[windows.which][:, None], axis=0
        ),
    }
    return {name: values.tolist() for name, values in by_step.items()}


def over_steps(by_step: dict[str, list[float]]) -> dict[str, float]:
    """Return every metric over all steps together."""
    return {
        # A root is taken last, of the mean of all squares.
        name: float(
            np.sqrt(np.mean(np.square(values))) if name == "rmse" else np.mean(values)
        )
        for name, values in by_step.items()
    }


def _naive_error(values: np.ndarray, data: Data) -> float:
    past = values[: len(values) - data.test_steps]
    lag = data.codec.period if len(past) > data.codec.period else 1
    error = np.abs(past[lag:] - past[:-lag]).mean()
    return error if error > 0 else math.nan  # then the series has no MASE


def _variance(series, data: Data) -> float:
    if series.name == "sunspots":
        return SUNSPOTS_VARIANCE
    past = series.values[: max(2, len(series) - data.cuts[0])]
    return float(np.var(past)) or math.nan


def conformal_widths(folds: Sequence[Fold]) -> dict[str, list[float]]:
    """Return half the relative width of the intervals by step, from backtest errors.

    Split conformal prediction: the quantile of the absolute errors, each over its
    window's roughness, with one place added for the value that is yet to come.
    """
    scores = np.concatenate(
        [
            np.abs(fold.adjusted - fold.windows.futures) / fold.windows.roughness
            for fold in folds
        ]
    )
    count, ordered = len(scores), np.sort(scores, axis=0)
    return {
        share: ordered[min(_rank(share, count), count) - 1].tolist()
        for share in INTERVALS
    }


def too_few_for(folds: Sequence[Fold]) -> list[str]:
    """Return the intervals for which the backtest has not enough errors a step."""
    count = sum(len(fold.windows) for fold in folds)
    return [share for share in INTERVALS if _rank(share, count) > count]


def _rank(share: str, count: int) -> int:
    """Return which of `count` ordered errors bounds the interval, counted from 1."""
    return math.ceil((count + 1) * int(share) / 100)


def coverage(
    windows: Windows, answers: dict[str, np.ndarray], data: Data
) -> dict[str, dict[str, float]]:
    """Return the share of values within each interval, and its mean width.

    `width` is in units, `width_scaled` over the naive error as in MASE.
    """
    actual = windows.actual()
    naive = [_naive_error(view.series.values, data) for view in windows.views]
    naive = np.array(naive)[windows.which][:, None]
    table = {}
    for share in INTERVALS:
        low, high = answers[f"lo-{share}"], answers[f"hi-{share}"]
        within = (low <= actual) & (actual <= high)
        table[share] = {
            "coverage": float(within.mean()),
            "width": float((high - low).mean()),
            "width_scaled": float(np.nanmean((high - low) / naive)),
        }
    return table


def evaluate(
    config: Config,
    forecaster: Forecaster,
    data: Data,
    folds: Sequence[Fold],
    train: Windows,
) -> Evaluation:
    """Measure the network and the baselines on the test windows, once.

    Args:
        config: settings of the run.
        forecaster: the trained network.
        data: series and splits.
        folds: of the backtest.
        train: windows that the network was trained on.
    """
    windows = data.after(data.test_steps, data.test_steps)
    answers = forecaster.forecast(windows, data.codec.horizon)
    others = baselines.forecasts(train, windows)
    name = config.metric
    by_step = measures(windows, data, answers["mean"])
    beside = {key: measures(windows, data, other) for key, other in others.items()}
    totals = over_steps(by_step)
    compared = {key: over_steps(values)[name] for key, values in beside.items()}
    slices, slices_beside = {}, {}
    for label, rows in parts(windows).items():
        slices[label] = over_steps(measures(*_only(windows, data, answers, rows)))[name]
        slices_beside[label] = {
            key: over_steps(measures(*_only(windows, data, {"mean": other}, rows)))[
                name
            ]
            for key, other in others.items()
        }
    values = {
        "metric": (name, totals[name], "lower"),
        "metrics": {key: value for key, value in totals.items() if key != name},
        "baselines": compared,
        "baselines_beside": {key: over_steps(values) for key, values in beside.items()},
        "skill": 1 - totals[name] / min(compared.values()),
        "slices": slices,
        "slices_beside": slices_beside,
        "by_step": by_step,
        "baselines_by_step": {key: values[name] for key, values in beside.items()},
        "intervals": coverage(windows, answers, data),
        "backtest": [_row(fold, data, name) for fold in folds],
    }
    return Evaluation(windows, answers, others, values)


def _only(windows: Windows, data: Data, answers: dict, rows: np.ndarray) -> tuple:
    return windows.rows(rows), data, answers["mean"][rows]


def parts(windows: Windows) -> dict[str, np.ndarray]:
    """Return the rows of the parts of the test that are reported by themselves.

    The literature's two periods of the sunspots; halves of a test of many origins; of
    many series, the shorter and the longer half.
    """
    if windows.views[0].series.name == "sunspots":
        years = windows.origins + 1700
        return {
            label: (years >= first) & (years <= last)
            for label, (first, last) in SUNSPOTS_PERIODS.items()
        }
    first, second = "first half of the test", "second half of the test"
    if len(windows) == len(windows.views):  # one origin each
        first, second = "shorter series", "longer series"
    middle = np.median(windows.origins)
    early = windows.origins < middle
    return {first: early, second: ~early} if early.any() else {}


def _row(fold: Fold, data: Data, name: str) -> dict[str, Any]:
    """Return a line of the backtest: the network and the quick baselines."""
    forecast = fold.windows.to_units(fold.adjusted)
    others = baselines.forecasts(fold.train, fold.windows, ets=False)
    totals = {
        key: over_steps(measures(fold.windows, data, values))[name]
        for key, values in (("network", forecast), *others.items())
    }
    return {"origin": fold.origin, "windows": len(fold.windows), **totals}


def show(document: dict[str, Any], console: Console):
    """Print the tables and a verdict."""
    name = document["metric"]["name"]
    own = {name: document["metric"]["value"], **document["metrics"]}
    columns = ("model", *own)
    rows = [(f"network ({document['cell']})", *own.values())]
    rows += [
        (key, *(values[column] for column in own))
        for key, values in document["baselines_beside"].items()
    ]
    console_tables.show(console, "test, in the series' own units", columns, rows)
    if document["slices"]:
        others = list(document["baselines"])
        rows = [
            (label, value, *document["slices_beside"][label].values())
            for label, value in document["slices"].items()
        ]
        console_tables.show(console, f"test {name}", ("part", "network", *others), rows)
    steps = len(document["by_step"]["mae"])
    if steps > 1:
        every = max(1, math.ceil(steps / SHOWN_STEPS))
        rows = [
            (str(step + 1), *(values[step] for values in document["by_step"].values()))
            for step in range(every - 1, steps, every)
        ]
        columns = ("step", *document["by_step"])
        console_tables.show(console, "test by step, network", columns, rows)
    rows = [
        (f"{share} %", row["coverage"], row["width"], row["width_scaled"])
        for share, row in document["intervals"].items()
    ]
    columns = ("interval", "measured coverage", "mean width", "over naive error")
    console_tables.show(console, "prediction intervals, test", columns, rows)
    rows = [tuple(row.values()) for row in document["backtest"]]
    columns = tuple(document["backtest"][0])
    title = f"backtest {name}, trained anew before each origin"
    console_tables.show(console, title, columns, rows)
    console.print(metrics.verdict(document), highlight=False, soft_wrap=True)
