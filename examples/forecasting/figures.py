"""Figures of a run and of a forecast.

Letters: N windows, H steps forecast.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE
from examples.forecasting.data import Data, Windows
from examples.forecasting.evaluate import Evaluation
from examples.forecasting.series import Series

SHOWN = 4  # series in one figure
LAGS = 24  # of the autocorrelation, at most
ACF_SERIES = 200  # that its mean is taken over, at most
# Of the network and of its baselines, in this order.
STYLES = ((BLUE, "o-"), (GREY, "s--"), (ORANGE, "^--"), (GREEN, "v--"), ("k", "d:"))


def draw(
    folder: Path,
    document: dict[str, Any],
    evaluation: Evaluation,
    data: Data,
    residuals: tuple[list[np.ndarray], str],
):
    """Draw all figures of a run but the learning curves.

    Args:
        folder: takes the PNG files.
        document: content of `metrics.json`.
        evaluation: of the test.
        data: series and splits.
        residuals: errors one step ahead, in order, of each series, and what of.
    """
    forecasts(folder / "forecasts.png", document, evaluation, data)
    name, steps = document["metric"]["name"], document["by_step"]
    curves = {"network": steps[name], **document["baselines_by_step"]}
    by_step(folder / "error_by_step.png", curves, name)
    autocorrelation(folder / "residual_autocorrelation.png", *residuals)
    backtest(folder / "backtest.png", document["backtest"], name)


def _rows(count: int) -> tuple[Figure, np.ndarray]:
    figure = Figure(figsize=(8, 2.6 * count))
    return figure, np.ravel(figure.subplots(count, 1))


def _with_interval(axes, times, values: dict[str, np.ndarray], style: str = "-"):
    for share, alpha in (("95", 0.15), ("80", 0.25)):
        low, high = values[f"lo-{share}"], values[f"hi-{share}"]
        if len(times) == 1:  # a band of no width would not be seen
            axes.errorbar(times, (low + high) / 2, (high - low) / 2, color=BLUE)
        axes.fill_between(
            times, low, high, color=BLUE, alpha=alpha, linewidth=0, label=f"{share} %"
        )
    axes.plot(times, values["mean"], style, color=BLUE, label="forecast")


def _calendar(axes):
    """Label times so that they do not run into each other."""
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def forecasts(path: Path, document: dict[str, Any], evaluation: Evaluation, data: Data):
    """Draw history, forecast and interval of a few series of the test.

    Of a test with many origins, the forecasts are of the last step: each made as many
    steps before as the horizon has.
    """
    windows, horizon = evaluation.windows, data.codec.horizon
    shown = np.unique(windows.which)
    shown = shown[np.linspace(0, len(shown) - 1, min(SHOWN, len(shown))).astype(int)]
    figure, rows = _rows(len(shown))
    for axes, index in zip(rows, shown, strict=True):
        series, mine = (
            windows.views[index].series,
            np.flatnonzero(windows.which == index),
        )
        many = len(mine) > 1
        # Far more would be a smear.
        mine = mine[-max(2 * horizon, 200) :] if many else mine
        column = slice(horizon - 1, None) if many else slice(None)
        values = {k: v[mine, column].ravel() for k, v in evaluation.answers.items()}
        first = windows.origins[mine[0]] + (horizon - 1 if many else 0)
        history = len(values["mean"]) if many else 4 * horizon
        begin = max(0, first - max(history, 3 * data.codec.period))
        end = first + len(values["mean"])
        times = series.times(begin, end - begin)
        axes.plot(times, series.values[begin:end], "k.-", linewidth=1, markersize=3)
        _with_interval(axes, times[first - begin :], values)
        _calendar(axes)
        ahead = f", {_steps(horizon)} ahead" if many else ""
        axes.set_title(f"{series.name}{ahead}", fontsize=10, loc="left")
        axes.legend(fontsize=8, loc="upper left", framealpha=0.5)
    figure.tight_layout()
    names = ", ".join(windows.views[index].series.name for index in shown)
    within = ", ".join(
        f"{row['coverage']:.0%} lie within the interval of {share} %"
        for share, row in document["intervals"].items()
    )
    plots.save(
        figure,
        path,
        caption="Test forecasts with their intervals; black: the series. Of all test "
        f"values, {within}.",
        alt=f"History, forecast and two intervals of {names}.",
    )


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"


def _bars(axes, values: dict[str, float]):
    colors = [color for color, _ in STYLES[: len(values)]]
    axes.bar(list(values), list(values.values()), color=colors)


def by_step(path: Path, curves: dict[str, list[float]], name: str):
    """Draw the error of every model by step; with one step, as bars."""
    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    if len(curves["network"]) == 1:
        _bars(axes, {key: values[0] for key, values in curves.items()})
    else:
        for (key, values), (color, style) in zip(curves.items(), STYLES, strict=False):
            steps = np.arange(1, len(values) + 1)
            axes.plot(steps, values, style, color=color, label=key, markersize=4)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="step")
        axes.legend()
    axes.set(ylabel=name, ylim=(0, None))
    ends = ", ".join(
        f"{key} {values[0]:.3g}" + (f" to {values[-1]:.3g}" if len(values) > 1 else "")
        for key, values in curves.items()
    )
    plots.save(
        figure,
        path,
        caption=f"Error ({name}) by step of the forecast; lower is better.",
        alt=f"{name} at the first and the last step: {ends}.",
    )


def autocorrelation(path: Path, residuals: list[np.ndarray], what: str):
    """Draw the mean autocorrelation of errors; within the band it may be chance."""
    from statsmodels.tsa.stattools import acf  # slow to import

    lags = min(LAGS, min(len(values) for values in residuals) - 1)
    each = [acf(values, nlags=lags, fft=True)[1:] for values in residuals]
    means = np.nanmean(each, axis=0)
    bound = 1.96 / np.sqrt(sum(map(len, residuals)))
    figure = Figure(figsize=(6, 3.2))
    axes = figure.subplots()
    axes.axhspan(-bound, bound, color=GREY, alpha=0.25, label="95 % of noise")
    axes.bar(range(1, lags + 1), means, width=0.4, color=BLUE)
    axes.axhline(0, color="k", linewidth=0.8)
    axes.set(xlabel="lag", ylabel="autocorrelation")
    axes.set_title(what, fontsize=10, loc="left")
    axes.legend()
    outside = int((np.abs(means) > bound).sum())
    plots.save(
        figure,
        path,
        caption="Autocorrelation of the errors one step ahead. Bars beyond the band "
        "are a pattern that the network has not learned.",
        alt=f"{outside} of {lags} bars beyond the band of {bound:.2f}; the first is "
        f"{means[0]:.2f}.",
    )


def backtest(path: Path, rows: list[dict[str, Any]], name: str):
    """Draw the error of every model at each origin of the backtest."""
    figure = Figure(figsize=(6, 3.4))
    axes = figure.subplots()
    origins = [row["origin"] for row in rows]
    keys = [key for key in rows[0] if key not in ("origin", "windows")]
    what = "origin: the network knows what is before"
    if len(rows) == 1:
        _bars(axes, {key: rows[0][key] for key in keys})
        axes.set_xlabel(f"{what} {origins[0]}")
    else:
        for key, (color, style) in zip(keys, STYLES, strict=False):
            values = [row[key] for row in rows]
            axes.plot(origins, values, style, color=color, label=key)
        axes.set_xlabel(what)
        axes.legend()
    axes.set(ylabel=name, ylim=(0, None))
    last = ", ".join(f"{key} {rows[-1][key]:.3g}" for key in keys)
    plots.save(
        figure,
        path,
        caption="Backtest: a network trained anew with what was known at each origin, "
        "and tried on what follows.",
        alt=f"{name} at {', '.join(origins)}; at the last: {last}.",
    )


def futures(path: Path, every: list[Series], answers: dict[str, np.ndarray]):
    """Draw the end of the history and the forecast of a few series."""
    count = min(SHOWN, len(every))
    figure, rows = _rows(count)
    horizon = answers["mean"].shape[1]
    for axes, index in zip(rows, range(count), strict=True):
        series = every[index]
        begin = max(0, len(series) - max(5 * horizon, 30))
        axes.plot(
            series.times(begin, len(series) - begin),
            series.values[begin:],
            "k.-",
            linewidth=1,
            markersize=3,
        )
        values = {name: columns[index] for name, columns in answers.items()}
        _with_interval(axes, series.times(len(series), horizon), values, ".-")
        _calendar(axes)
        axes.set_title(f"{series.name}, {_steps(horizon)}", fontsize=10, loc="left")
        axes.legend(fontsize=8, loc="upper left", framealpha=0.5)
    figure.tight_layout()
    plots.save(figure, path, svg=False)  # a file that the user has named


def one_step_residuals(
    train: Windows, tested: Windows, forecast
) -> tuple[list[np.ndarray], str]:
    """Return the errors one step ahead of each series, in order, and what they are of.

    Of the test if it has 20 origins or more, else of windows that were trained on.

    Args:
        train: training windows.
        tested: test windows.
        forecast: from windows to adjusted forecasts (N, 1).
    """
    many = len(tested) >= 20 * len(np.unique(tested.which))
    windows = tested if many else train
    shown = np.unique(windows.which)[:ACF_SERIES]
    windows = windows.rows(np.isin(windows.which, shown))
    errors = windows.futures[:, 0] - forecast(windows)[:, 0]
    each = [errors[windows.which == index] for index in shown]
    each = [values for values in each if len(values) > 2 and np.ptp(values) > 0]
    return each, f"errors one step ahead, {'test' if many else 'training windows'}"
