"""Figures of a run and of a forecast.

Letters: N windows, H steps forecast.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from rich.console import Console

from common.training import console as out
from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE

from .data import Windows
from .series import ID, TIME

SHOWN = 4  # series in one figure
LAGS = 24  # of the autocorrelation, at most
MANY = 200  # windows of a series, or series, that are drawn at most
# Of the network and of its baselines, in this order.
COLORS = (BLUE, GREY, ORANGE, GREEN, "k", "#CC79A7", "#E69F00")


def draw(run, config, document, fitted, windows, answers, one_step, console: Console):
    """Draw the figures of a run. One that fails is left out.

    Args:
        run: takes the figures.
        config: its settings.
        document: content of `metrics.json`.
        fitted: how the training went.
        windows: of the test.
        answers: forecasts and intervals of the test, (N, H) each.
        one_step: windows, normalized forecasts one step ahead, and what they are of.
        console: takes notes.
    """
    details, name = document["details"], document["metric"]["name"]
    steps = pd.DataFrame(details["by_step"])
    steps.index += 1
    inside = [f"{row['coverage']:.0%}" for row in details["intervals"].values()]
    every = {
        "learning_curves": lambda path: plots.learning_curves(
            path,
            fitted.history,
            best_epoch=fitted.best_epoch,
            kept=not config.recipe.refit,
        ),
        "forecasts": lambda path: forecasts(
            path,
            windows,
            answers,
            "Test forecasts with intervals of 80 and 95 %; black: the series. Of all "
            f"test values, {' and '.join(inside)} lie inside.",
        ),
        "error_by_step": lambda path: errors(
            path, steps, name, f"Error ({name}) by step of the forecast."
        ),
        "backtest": lambda path: errors(
            path,
            pd.DataFrame(details["backtest"]).T,
            name,
            "Backtest: a network trained before each cutoff and tried after it.",
        ),
        "residual_autocorrelation": lambda path: autocorrelation(path, *one_step),
    }
    for key, figure in every.items():
        with out.attempt(console, f"figure {key}"):
            figure(run / "figures" / f"{key}.png")


def forecasts(
    path: Path, windows: Windows, answers: dict[str, np.ndarray], caption: str = ""
):
    """Draw history, forecast and intervals of a few series.

    Of a series with many windows, only the last step of each forecast is drawn. Without
    a caption, no SVG for a report is written.
    """
    panel, horizon = windows.panel, answers["mean"].shape[1]
    names = panel.frame[ID].iloc[windows.rows].unique()
    names = names[np.linspace(0, len(names) - 1, min(SHOWN, len(names))).astype(int)]
    figure = Figure(figsize=(8, 2.6 * len(names)))
    every, times = (
        np.ravel(figure.subplots(len(names), 1)),
        panel.frame[TIME].to_numpy(),
    )
    for axes, name in zip(every, names, strict=True):
        mine = np.flatnonzero(np.isin(windows.rows, panel.rows[name]))
        many = len(mine) > 1
        chosen = (
            mine[-max(2 * horizon, MANY) :],
            slice(horizon - 1 if many else 0, None),
        )
        ahead = windows.future_rows(horizon)[chosen].ravel()
        history = max(30, len(ahead) if many else 4 * horizon)
        rows = np.arange(max(panel.rows[name][0], ahead[0] - history), ahead[-1] + 1)
        axes.plot(times[rows], panel.values[rows], "k.-", linewidth=1, markersize=3)
        values = {key: value[chosen].ravel() for key, value in answers.items()}
        for share, alpha in (("95", 0.15), ("80", 0.25)):
            ends = (values[f"lo-{share}"], values[f"hi-{share}"])
            look = {"color": BLUE, "alpha": alpha, "label": f"{share} %"}
            if len(ahead) == 1:  # a band of no width would not be seen
                axes.vlines(times[ahead], *ends, linewidth=6, **look)
            else:
                axes.fill_between(times[ahead], *ends, linewidth=0, **look)
        axes.plot(times[ahead], values["mean"], ".-", color=BLUE, label="forecast")
        locator = AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        title = f"{plots.literal(name)}, steps ahead: {horizon}"
        axes.set_title(title, fontsize=10, loc="left")
        axes.legend(fontsize=8, loc="upper left", framealpha=0.5)
    figure.tight_layout()
    plots.save(figure, path, caption=caption, svg=bool(caption))


def errors(path: Path, table: pd.DataFrame, name: str, caption: str):
    """Draw a metric of every model by step or by cutoff; at a single one, as bars."""
    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    if len(table) == 1:
        table.iloc[0].plot.bar(ax=axes, color=COLORS, rot=0)
    else:
        table.plot(ax=axes, style="o-", markersize=4, color=COLORS)
    axes.set(ylabel=name, xlabel="", ylim=(0, None))
    ends = ", ".join(f"{model} {value:.3g}" for model, value in table.iloc[-1].items())
    alt = f"{name} at {table.index[0]} to {table.index[-1]}; at the last: {ends}."
    plots.save(figure, path, caption=caption, alt=alt)


def autocorrelation(path: Path, windows: Windows, forecast: np.ndarray, what: str):
    """Draw the autocorrelation of the errors of forecasts one step ahead, (N, 1)."""
    from statsmodels.graphics.tsaplots import plot_acf  # slow to import

    residuals = (windows.futures - forecast)[:, 0]
    names = windows.panel.frame[ID].iloc[windows.rows].to_numpy()
    ends = np.flatnonzero(names[1:] != names[:-1]) + 1
    each = [one for one in np.split(residuals, ends)[:MANY] if np.ptp(one) > 0]
    if not each:
        raise ValueError("all errors are alike")
    lags = min(LAGS, min(map(len, each)) - 1)
    # Missing values between two series keep their errors apart.
    apart = [np.append(one / one.std(), np.full(lags, np.nan)) for one in each]
    figure = Figure(figsize=(6, 3.2))
    options = {"title": None, "zero": False, "auto_ylims": True, "lags": lags}
    options |= {"missing": "conservative", "bartlett_confint": False}
    plot_acf(np.concatenate(apart)[:-lags], ax=figure.subplots(), **options)
    figure.axes[0].set(xlabel="lag", ylabel=f"autocorrelation, {what}")
    caption = (
        "Autocorrelation of the errors one step ahead. Points outside the band, 95 % "
        "of noise, are a pattern that the network has not learned."
    )
    plots.save(figure, path, caption=caption)
