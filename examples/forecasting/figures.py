"""Figures of a run and of a forecast.

Letters: N windows, H steps forecast.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from rich.console import Console

from common.training import plots
from common.training.console import attempt
from common.training.plots import BLUE, GREEN, GREY, ORANGE

from .data import Windows
from .series import TIME

SHOWN = 4  # series in one figure
LAGS = 24  # of the autocorrelation, at most
MANY = 200  # windows of a series, or series, that are drawn at most
# Of the network and of its baselines, in this order.
COLORS = (BLUE, GREY, ORANGE, GREEN, "k", "#CC79A7")
OUTSIDE = {"fontsize": 8, "loc": "upper left", "bbox_to_anchor": (1, 1)}  # of a legend


def draw(run, config, document, fitted, windows, answers, console: Console):
    """Draw the figures of a run from its results. One that fails is left out.

    `document` is the content of `metrics.json`. `windows` are those of the test, with
    their `answers`, the forecasts and intervals, (N, H) each.
    """
    figures, details = run / "figures", document["details"]
    metric = document["metric"]["name"]
    with attempt(console, "figure of the learning curves"):
        path, kept = figures / "learning_curves.png", not config.recipe.refit
        history, best = fitted.history, fitted.best_epoch
        plots.learning_curves(path, history, best_epoch=best, kept=kept)
    with attempt(console, "figure of the forecasts"):
        inside = [f"{row['coverage']:.0%}" for row in details["intervals"].values()]
        caption = (
            "Test forecasts with intervals of 80 and 95 %; black: the series. Of all "
            f"test values, {' and '.join(inside)} lie inside."
        )
        draw_forecasts(figures / "forecasts.png", windows, answers, caption)
    with attempt(console, "figure of the error by step"):
        table = pd.DataFrame(details["by_step"])
        table.index += 1
        caption = f"Error ({metric}) by step of the forecast."
        draw_errors(figures / "error_by_step.png", table, metric, caption)
    with attempt(console, "figure of the backtest"):
        table = pd.DataFrame(details["backtest"]).T
        caption = "Backtest: a network trained before each cutoff and tried after it."
        draw_errors(figures / "backtest.png", table, metric, caption)


@rc_context({"date.converter": "concise"})
def draw_forecasts(
    path: Path, windows: Windows, answers: dict[str, np.ndarray], caption: str = ""
):
    """Draw history, forecast and intervals of a few series.

    Of a series with many windows, only the last step of each forecast is drawn. Without
    a caption, no SVG for a report is written.
    """
    panel, horizon = windows.panel, windows.futures.shape[1]
    names = pd.unique(windows.names)
    names = names[np.linspace(0, len(names) - 1, min(SHOWN, len(names))).astype(int)]
    figure = Figure(figsize=(8, 2.6 * len(names)))
    times = panel.frame[TIME].to_numpy()
    for axes, name in zip(np.ravel(figure.subplots(len(names))), names, strict=True):
        mine = np.flatnonzero(windows.names == name)[-max(2 * horizon, MANY) :]
        many = len(mine) > 1
        chosen = mine, slice(horizon - 1 if many else 0, None)
        ahead = windows.future_rows[chosen].ravel()
        history = max(30, len(ahead) if many else 4 * horizon)
        rows = np.arange(max(panel.rows[name][0], ahead[0] - history), ahead[-1] + 1)
        axes.plot(times[rows], panel.values[rows], "k.-", linewidth=1, markersize=3)
        values = {key: value[chosen].ravel() for key, value in answers.items()}
        # The edge of a band of a single step is all that would be seen of it.
        look = {"color": BLUE, "linewidth": 6 if len(ahead) == 1 else 0}
        for share, alpha in (("95", 0.15), ("80", 0.25)):
            ends = values[f"lo-{share}"], values[f"hi-{share}"]
            look |= {"alpha": alpha, "label": f"{share} %"}
            axes.fill_between(times[ahead], *ends, **look)
        axes.plot(times[ahead], values["mean"], ".-", color=BLUE, label="forecast")
        axes.set_title(f"steps ahead: {horizon}", fontsize=10, loc="left")
        axes.set_ylabel(plots.literal(name, 24))
        axes.legend(**OUTSIDE)
    figure.tight_layout()
    # Without a caption it is a file that the user has named.
    own = {"svg": bool(caption), "most_telling": bool(caption)}
    plots.save(figure, path, caption=caption, **own)


def draw_errors(path: Path, table: pd.DataFrame, name: str, caption: str):
    """Draw a metric of every model by step or by cutoff; at a single one, as bars.

    The axis ends above the worst model but the last value, which would flatten them.
    """
    figure = Figure(figsize=(6, 3.6))
    look = {"ax": figure.subplots(), "color": COLORS, "ylabel": name, "xlabel": ""}
    if len(table) == 1:
        table.iloc[0].plot.bar(rot=0, **look)
    else:
        # One that lies above all of the axis is named so in the legend.
        top = 1.1 * table.drop(columns="last_value", errors="ignore").max(axis=None)
        names = {name: f"{name} (above)" for name in table if table[name].min() > top}
        drawn = table.rename(columns=names).plot(style="o-", markersize=4, **look)
        drawn.legend(**OUTSIDE)
        drawn.set_ylim(0, top)
    ends = ", ".join(f"{model} {value:.3g}" for model, value in table.iloc[-1].items())
    alt = f"{name} at {table.index[0]} to {table.index[-1]}; at the last: {ends}."
    plots.save(figure, path, caption=caption, alt=alt)


def draw_autocorrelation(folder: Path, windows: Windows, errors: np.ndarray):
    """Draw the autocorrelation of errors one step ahead, (N,), of training windows."""
    from statsmodels.graphics.tsaplots import plot_acf  # slow to import

    each = [one for _, one in pd.Series(errors).groupby(windows.names, sort=False)]
    each = [one for one in each[:MANY] if np.ptp(one) > 0]
    if not each:
        raise ValueError("all errors are alike")
    lags = min(LAGS, min(map(len, each)) - 1)
    # Missing values between two series keep their errors apart.
    apart = [np.append(one / one.std(ddof=0), np.full(lags, np.nan)) for one in each]
    figure = Figure(figsize=(6, 3.2))
    options = {"title": None, "zero": False, "auto_ylims": True, "lags": lags}
    options |= {"missing": "conservative", "bartlett_confint": False}
    plot_acf(np.concatenate(apart)[:-lags], ax=figure.subplots(), **options)
    figure.axes[0].set(xlabel="lag", ylabel="autocorrelation")
    caption = (
        "Autocorrelation of the errors one step ahead in training. Points outside the "
        "band, 95 % of noise, are a pattern that the network has not learned."
    )
    plots.save(figure, folder / "residual_autocorrelation.png", caption=caption)
