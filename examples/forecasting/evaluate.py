"""The test: the network beside its baselines, by step, with intervals and a backtest.

Letters: N windows, H steps forecast. A case is a window of the test: its series and its
cutoff, the last time that is known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from utilsforecast import losses

from common.training import console as out
from common.training import verdicts

from . import baselines
from .config import Config
from .data import INTERVALS, Data, Windows
from .predict import Forecaster
from .series import ID, TIME

CUTOFF = "cutoff"  # column of a long frame of forecasts
# Errors over the mean of the squares, of the seasonal naive forecast, and so on.
METRICS = ("relative_variance", "smape", "mase", "mae", "rmse")
SHOWN_STEPS = 12  # rows of the table by step, at most


@dataclass(frozen=True)
class Fold:
    """One cutoff of the backtest, and forecasts by a network that knew nothing after."""

    date: str
    train: Windows
    windows: Windows
    normalized: np.ndarray  # (N, H)


@dataclass(frozen=True)
class Evaluation:
    """Results of the test, in the terms of `metrics.json`."""

    answers: dict[str, np.ndarray]  # (N, H) the network's forecasts and intervals
    models: dict[str, dict[str, float]]
    verdict: dict[str, Any] | None
    slices: dict[str, dict[str, Any]]
    details: dict[str, Any]


def scores(
    data: Data, windows: Windows, forecasts: dict[str, np.ndarray], by: str = CUTOFF
) -> dict[str, pd.DataFrame]:
    """Return every metric of every case and model; "rmse" holds squared errors.

    Args:
        data: the series that errors are scaled with.
        windows: N of them.
        forecasts: of each model, (N, H).
        by: "cutoff", or "step" for a value for each series and step.

    Returns:
        a table for each metric, with the columns of `forecasts`. `mase` is over the
        mean error of the seasonal naive forecast before the test, `relative_variance`
        the squared error over the variance of the series' training part.
    """
    rows, names = windows.future_rows(windows.horizon), list(forecasts)
    frame = windows.panel.frame.iloc[rows.ravel(), :3].reset_index(drop=True)
    known = np.repeat(windows.rows - 1, windows.horizon)
    steps = np.tile(np.arange(1, windows.horizon + 1), len(windows))
    frame[CUTOFF] = (
        windows.panel.frame[TIME].to_numpy()[known] if by == CUTOFF else steps
    )
    for name, forecast in forecasts.items():
        # A forecast that overflows must not be skipped as if it were missing.
        frame[name] = forecast.ravel() if np.isfinite(forecast).all() else np.nan
    mae, mse, smape = (
        loss(frame, names).set_index([CUTOFF, ID])
        for loss in (losses.mae, losses.mse, losses.smape)
    )
    naive, variance = data.errors.loc[mae.index.get_level_values(ID)].to_numpy().T
    return {
        "relative_variance": mse.div(variance, axis=0),
        "smape": 200 * smape,
        "mase": mae.div(naive, axis=0),
        "mae": mae,
        "rmse": mse,
    }


def mean(scores: pd.DataFrame, metric: str) -> pd.Series:
    """Return the metric of each model. A root is taken last, of the mean of squares."""
    return np.sqrt(scores.mean()) if metric == "rmse" else scores.mean()


def blocks(cases: pd.MultiIndex, horizon: int) -> np.ndarray:
    """Return the number of each case's block for the verdict, (N,): its series.

    Cases of a single series depend on their neighbours. They are put together by time,
    at least a horizon or the cube root of N (Hall, Horowitz and Jing 1995).
    """
    series = pd.factorize(cases.get_level_values(ID))[0]
    length = max(horizon, math.ceil(len(cases) ** (1 / 3)))
    return series if series.any() else np.arange(len(cases)) // length


def conformal_widths(
    folds: Sequence[Fold], console: Console
) -> dict[str, tuple[float, ...]]:
    """Return half the relative width of the intervals by step, from backtest errors.

    Split conformal prediction: the quantile of the absolute errors, each over its
    window's local scale, with one rank added for the value that is yet to come.
    """
    errors = [
        np.abs(fold.normalized - fold.windows.futures) / fold.windows.local_scale
        for fold in folds
    ]
    ordered, widths = np.sort(np.concatenate(errors), axis=0), {}
    for share in INTERVALS:
        rank = math.ceil((len(ordered) + 1) * int(share) / 100)
        if rank > len(ordered):
            out.note(
                console,
                f"the backtest has too few errors for a {share} % interval; it is as "
                "wide as the largest of them (--test-steps)",
            )
        widths[f"width_{share}"] = tuple(ordered[min(rank, len(ordered)) - 1].tolist())
    return widths


def evaluate(
    config: Config,
    forecaster: Forecaster,
    data: Data,
    folds: Sequence[Fold],
    train: Windows,
    console: Console,
) -> Evaluation:
    """Measure the network and the baselines on the test windows, once.

    Args:
        config: settings of the run.
        forecaster: the trained network.
        data: series and splits.
        folds: of the backtest.
        train: windows that the network was trained on.
        console: takes notes.
    """
    windows, metric = data.tested, config.recipe.metric
    answers = forecaster.forecast(windows)
    forecasts = {"network": answers["mean"]}
    forecasts |= baselines.forecasts(data, train, windows, console)
    found = scores(data, windows, forecasts)
    main = found[metric]
    means = {
        name: mean(found[name], name) for name in sorted(METRICS, key=metric.__ne__)
    }
    steps = {
        name: values.groupby(CUTOFF).agg(lambda one, n=name: mean(one, n))
        for name, values in scores(data, windows, forecasts, by="step").items()
    }
    best = means[metric].drop("network").min()
    return Evaluation(
        answers,
        models={
            model: {name: float(values[model]) for name, values in means.items()}
            for model in forecasts
        },
        verdict=verdicts.verdict(
            {name: main[name].to_numpy() for name in main},
            mode="min",
            blocks=blocks(main.index, windows.horizon),
            root=metric == "rmse",
        ),
        slices={
            label: {
                "count": int(chosen.sum()),
                "models": dict(mean(main[chosen], metric)),
            }
            for label, chosen in parts(data, windows, main.index).items()
        },
        details={
            "skill": float(1 - means[metric]["network"] / best)
            if best > 0
            else math.nan,
            "by_step": {name: steps[name]["network"].tolist() for name in means},
            "models_by_step": steps[metric].to_dict("list"),
            "intervals": coverage(data, windows, answers),
            "backtest": {
                fold.date: {
                    "windows": len(fold.windows),
                    **backtested(fold, data, metric, console),
                }
                for fold in folds
            },
        },
    )


def parts(data: Data, windows: Windows, cases: pd.MultiIndex) -> dict[str, np.ndarray]:
    """Return which cases belong to the parts of the test that are reported, (N,) each.

    The published periods of a data set; of a test with several cutoffs, its halves; of
    many series, the shorter and the longer ones.
    """
    first = windows.panel.frame.iloc[windows.rows]
    index = [windows.panel.frame[TIME].to_numpy()[windows.rows - 1], first[ID]]
    table = pd.DataFrame(
        {
            "year": first[TIME].dt.year.to_numpy(),
            "place": windows.panel.place[windows.rows],
        },
        index=pd.MultiIndex.from_arrays(index),
    ).loc[cases]
    if data.dataset and data.dataset.slices:
        return {
            label: table["year"].between(*years).to_numpy()
            for label, years in data.dataset.slices.items()
        }
    early = (table["place"] < table["place"].median()).to_numpy()
    if not early.any():
        return {}
    if len(cases) == cases.get_level_values(ID).nunique():
        return {"shorter series": early, "longer series": ~early}
    return {"first half of the test": early, "second half of the test": ~early}


def coverage(
    data: Data, windows: Windows, answers: dict[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Return the share of values within each interval, and its mean width.

    `width` is in units, `width_scaled` over the naive error as in MASE.
    """
    actual, table = windows.actual(), {}
    naive = data.errors["naive"].loc[windows.panel.frame[ID].iloc[windows.rows]]
    for share in INTERVALS:
        low, high = answers[f"lo-{share}"], answers[f"hi-{share}"]
        table[share] = {
            "coverage": float(((low <= actual) & (actual <= high)).mean()),
            "width": float((high - low).mean()),
            "width_scaled": float(np.nanmean((high - low) / naive.to_numpy()[:, None])),
        }
    return table


def backtested(
    fold: Fold, data: Data, metric: str, console: Console
) -> dict[str, float]:
    """Return the metric of the network and of the quick baselines after a cutoff."""
    others = baselines.forecasts(data, fold.train, fold.windows, console, slow=False)
    forecasts = {"network": fold.windows.to_units(fold.normalized), **others}
    return dict(mean(scores(data, fold.windows, forecasts)[metric], metric))


def show(document: dict[str, Any], console: Console):
    """Print the tables and the verdict."""
    models, details = document["models"], document["details"]
    metric = document["metric"]["name"]
    columns = ("model", *models["network"])
    rows = [(name, *values.values()) for name, values in models.items()]
    out.table(console, "test, in the series' own units", columns, rows)
    rows = [
        (label, *part["models"].values()) for label, part in document["slices"].items()
    ]
    if rows:
        out.table(console, f"test {metric}", ("part", *models), rows)
    by_step = list(zip(*details["by_step"].values(), strict=True))
    if len(by_step) > 1:
        every = math.ceil(len(by_step) / SHOWN_STEPS)
        rows = [
            (step + 1, *by_step[step]) for step in range(every - 1, len(by_step), every)
        ]
        out.table(console, "test by step, network", ("step", *details["by_step"]), rows)
    rows = [
        (f"{share} %", *row.values()) for share, row in details["intervals"].items()
    ]
    columns = ("interval", "measured coverage", "mean width", "over naive error")
    out.table(console, "prediction intervals, test", columns, rows)
    rows = [(date, *row.values()) for date, row in details["backtest"].items()]
    columns = ("cutoff", *next(iter(details["backtest"].values())))
    title = f"backtest {metric}, trained again before each cutoff"
    out.table(console, title, columns, rows)
    out.say(console, verdicts.sentence(document))
    for name, text in disagreeing(models, metric).items():
        out.say(console, f"By {name} it is the other way round: {text}.")


def disagreeing(models: dict[str, dict[str, float]], metric: str) -> dict[str, str]:
    """Return the metrics by which the network is ahead though not by `metric`, or not."""
    found = {}
    own, others = models["network"], {k: v for k, v in models.items() if k != "network"}
    ahead = {}
    for name, value in own.items():
        best = min(others, key=lambda other, n=name: others[other][n], default=None)
        ahead[name] = best is not None and value < others[best][name]
        found[name] = (
            ""
            if best is None
            else f"{value:.4f} against {others[best][name]:.4f}, {best}"
        )
    return {name: text for name, text in found.items() if ahead[name] != ahead[metric]}
