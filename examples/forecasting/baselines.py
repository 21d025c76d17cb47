"""Forecasts without a network, on the same windows.

Letters: T values of a series, n of them known, N windows or origins, H steps forecast.
"""

import warnings
from functools import partial

import numpy as np
from rich.console import Console
from sklearn.linear_model import LinearRegression

from common.training import console as out

from .data import Windows

MAX_STEPS = 2000  # older values cost time and say little
FEWEST = 10  # values that a smoother is fitted on
RATES = ("smoothing_level", "smoothing_trend", "damping_trend")


def forecasts(
    train: Windows, test: Windows, console: Console, *, slow: bool = True
) -> dict[str, np.ndarray]:
    """Return the forecasts of each baseline, (N, H), for the windows of `test`.

    The linear autoregression is fitted on `train`, those by exponential smoothing and
    Theta, the `slow` ones, on each series. One that fails becomes a note.
    """
    period = test.data.preprocessor.period
    models = {"last_value": partial(_repeated, test, 1)}
    if period > 1 and (test.panel.place[test.rows] >= period).all():
        models["seasonal_naive"] = partial(_repeated, test, period)
    models["linear_ar"] = partial(_linear, train, test)
    for method in (ets, theta) if slow else ():
        models[method.__name__] = partial(_by_series, test, method)
    found = {}
    for name, model in models.items():
        with out.attempt(console, f"baseline {name}"):
            found[name] = model()
    return found


def _repeated(windows: Windows, period: int) -> np.ndarray:
    """Return the last `period` values again and again, (N, H)."""
    steps = np.arange(windows.futures.shape[1]) % period
    return windows.panel.values[windows.rows[:, None] - period + steps]


def linear_model(train: Windows) -> LinearRegression:
    """Return the linear function of flat windows that fits the next steps best."""
    flat = train.inputs().reshape(len(train), -1)
    return LinearRegression().fit(flat, train.targets()[:, 0])


def _linear(train: Windows, test: Windows) -> np.ndarray:
    """Return forecasts by a linear function of the window for each step, (N, H)."""
    model = linear_model(train)
    answers = test.forecast(lambda read: model.predict(read.reshape(len(read), -1)))
    return test.to_units(answers)


def _by_series(windows: Windows, method) -> np.ndarray:
    """Return forecasts (N, H) by a method that is fitted on each normalized series.

    Of a series with few known values, the last value is repeated.
    """
    horizon = windows.futures.shape[1]
    forecast = np.repeat(windows.pasts[:, -1:], horizon, axis=1)
    for name, rows in windows.panel.rows.items():
        rows = rows[-MAX_STEPS - windows.left :]
        mine, known = windows.names == name, len(rows) - windows.left
        if mine.any() and known >= FEWEST:
            values, origins = windows.normalized.values[rows], windows.rows[mine]
            forecast[mine] = method(values, known, origins - rows[0], horizon)
    return windows.to_units(forecast)


def ets(values, known: int, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Return forecasts (N, H) by exponential smoothing with a damped trend.

    The fit may see n `known` values of the series (T,). `origins` (N,) are the steps
    forecast first. The values before each are followed.
    """
    fit = _followed(values, known, trend="add", damped_trend=True)
    damped = np.cumsum(fit.params["damping_trend"] ** np.arange(1, horizon + 1))
    return fit.level[origins - 1, None] + fit.trend[origins - 1, None] * damped


def theta(values, known: int, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Return forecasts (N, H) by the Theta method; arguments as of `ets`.

    Exponential smoothing with half the slope of a straight line as its drift
    (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003, equation 5).
    """
    fit = _followed(values, known)
    drift = np.polyfit(np.arange(known), values[:known], 1)[0] / 2
    rate = fit.params["smoothing_level"]
    behind = (1 - (1 - rate) ** origins[:, None]) / rate
    return fit.level[origins - 1, None] + drift * (behind + np.arange(horizon))


def _followed(values: np.ndarray, known: int, **options):
    """Fit exponential smoothing on the known values; let it follow the others."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing  # slow to import

    options["initialization_method"] = "heuristic"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a poor fit shows in its errors
        fit = ExponentialSmoothing(values[:known], **options).fit()
        rates = {k: v for k, v in fit.params.items() if k in RATES and np.isfinite(v)}
        return ExponentialSmoothing(values, **options).fit(optimized=False, **rates)
