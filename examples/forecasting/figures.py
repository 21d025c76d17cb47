"""Figures of a run and of a forecast.

Letters: N windows, H steps forecast.
"""

from pathlib import Path

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from common.training import plots
from common.training.plots import BLUE, GREEN, GREY, ORANGE

from .data import Windows
from .series import TIME

SHOWN = 4  # series in one figure
LAGS = 24  # of the autocorrelation, at most
MANY = 200  # values and series that are drawn or averaged, at most
# Of the network and of its baselines, in this order.
COLORS = (BLUE, GREY, ORANGE, GREEN, "k", "#CC79A7", "#E69F00")


def forecasts(
    path: Path, windows: Windows, answers: dict[str, np.ndarray], caption: str | None
):
    """Draw history, forecast and intervals of a few series.

    Of a series with many windows, only the last step of each forecast is drawn.

    Args:
        path: the PNG file.
        windows: N of them.
        answers: what `Forecaster.forecast` returns, (N, H) each.
        caption: stands below the figure in a report. `None`: a file that the user has
            named, and no SVG beside it.
    """
    panel, horizon = windows.panel, answers["mean"].shape[1]
    names = list(dict.fromkeys(panel.frame.iloc[windows.rows, 0]))
    last = np.linspace(0, len(names) - 1, min(SHOWN, len(names))).astype(int)
    figure = Figure(figsize=(8, 2.6 * len(last)))
    for axes, name in zip(
        np.ravel(figure.subplots(len(last), 1)), [names[i] for i in last], strict=True
    ):
        rows = panel.rows[name]
        mine = np.flatnonzero((windows.rows >= rows.start) & (windows.rows < rows.stop))
        step = slice(horizon - 1, None) if len(mine) > 1 else slice(None)
        mine = mine[-max(2 * horizon, MANY) :]  # far more would be a smear
        ahead = windows.future_rows(horizon)[mine, step].ravel()
        values = {key: value[mine, step].ravel() for key, value in answers.items()}
        history = max(len(ahead) if len(mine) > 1 else 4 * horizon, 30)
        shown = np.arange(max(rows.start, ahead[0] - history), ahead[-1] + 1)
        times = panel.frame[TIME].to_numpy()
        axes.plot(times[shown], panel.values[shown], "k.-", linewidth=1, markersize=3)
        _forecast(axes, times[ahead], values)
        steps = f"{horizon} step{'s' if horizon > 1 else ''}"
        axes.set_title(f"{plots.literal(name)}, {steps} ahead", fontsize=10, loc="left")
    figure.tight_layout()
    text = caption or ""
    plots.save(figure, path, caption=text, svg=caption is not None)


def _forecast(axes, times: np.ndarray, values: dict[str, np.ndarray]):
    for share, alpha in (("95", 0.15), ("80", 0.25)):
        low, high = values[f"lo-{share}"], values[f"hi-{share}"]
        if len(times) == 1:  # a band of no width would not be seen
            axes.errorbar(times, (low + high) / 2, (high - low) / 2, color=BLUE)
        axes.fill_between(
            times, low, high, color=BLUE, alpha=alpha, linewidth=0, label=f"{share} %"
        )
    axes.plot(times, values["mean"], ".-", color=BLUE, label="forecast")
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.legend(fontsize=8, loc="upper left", framealpha=0.5)


def errors(
    path: Path, places: list, curves: dict[str, list[float]], *, name: str, caption: str
):
    """Draw the error of every model at some places; at a single one, as bars.

    Args:
        path: the PNG file.
        places: steps, or cutoffs.
        curves: a value for each place, by model.
        name: of the metric.
        caption: stands below the figure in a report.
    """
    figure = Figure(figsize=(6, 3.6))
    axes = figure.subplots()
    for (model, values), color in zip(curves.items(), COLORS, strict=False):
        if len(places) == 1:
            axes.bar([model], values, color=color)
        else:
            axes.plot(places, values, "o-", color=color, label=model, markersize=4)
    if len(places) > 1:
        axes.legend()
        if not isinstance(places[0], str):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(ylabel=name, ylim=(0, None))
    ends = ", ".join(f"{model} {values[-1]:.3g}" for model, values in curves.items())
    alt = f"{name} at {places[0]} to {places[-1]}; at the last: {ends}."
    plots.save(figure, path, caption=caption, alt=alt)


def autocorrelation(path: Path, windows: Windows, forecast: np.ndarray, what: str):
    """Draw the autocorrelation of the errors one step ahead, of up to 200 series.

    Args:
        path: the PNG file.
        windows: N of them.
        forecast: one step ahead, normalized, (N, 1).
        what: the part of the data that the windows are of.
    """
    from statsmodels.graphics.tsaplots import plot_acf  # slow to import

    residuals = windows.futures[:, 0] - forecast[:, 0]
    names = windows.panel.frame.iloc[windows.rows, 0].to_numpy()
    ends = np.flatnonzero(names[1:] != names[:-1]) + 1
    each = [one for one in np.split(residuals, ends)[:MANY] if np.ptp(one) > 0]
    lags = min(LAGS, min(map(len, each)) - 1)
    # Missing values between two series keep their errors apart.
    apart = [np.append(one / one.std(), np.full(lags, np.nan)) for one in each]
    figure = Figure(figsize=(6, 3.2))
    axes = figure.subplots()
    plot_acf(
        np.concatenate(apart)[:-lags],
        ax=axes,
        lags=lags,
        zero=False,
        missing="conservative",
        auto_ylims=True,
        bartlett_confint=False,
        color=BLUE,
        vlines_kwargs={"colors": BLUE},
        title=None,
    )
    axes.set(xlabel="lag", ylabel="autocorrelation")
    axes.set_title(f"errors one step ahead, {what}", fontsize=10, loc="left")
    plots.save(
        figure,
        path,
        caption="Autocorrelation of the errors one step ahead. Points outside the "
        "band, 95 % of noise, are a pattern that the network has not learned.",
    )
