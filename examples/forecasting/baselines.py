"""Forecasts without a network, on the same windows.

Letters: N windows, H steps forecast.
"""

from collections.abc import Callable

import numpy as np
from rich.console import Console
from sklearn.linear_model import LinearRegression

from common.training import console as out

from . import smoothing
from .data import Data, Windows


def forecasts(
    data: Data, train: Windows, test: Windows, console: Console, *, slow: bool = True
) -> dict[str, np.ndarray]:
    """Return the forecasts of every baseline for the windows of `test`, (N, H) each.

    Args:
        data: says how long a season is, and whether it is removed.
        train: windows that the linear autoregression is fitted on.
        test: windows whose futures are forecast.
        console: told if a baseline fails. The others go on.
        slow: whether to include exponential smoothing and Theta.
    """
    period, values = data.preprocessor.period, test.panel.values
    models = {"last_value": lambda: repeated(test, 1)}
    if period > 1 and (test.panel.place[test.rows] >= period).all():
        models["seasonal_naive"] = lambda: repeated(test, period)
    models["linear_ar"] = lambda: linear(train, test)
    if slow:
        models["ets"] = lambda: smoothed(smoothing.ets, test, values, period)
        models["theta"] = lambda: smoothed(smoothing.theta, test, values, period)
    if slow and data.preprocessor.remove_season and period > 1:
        normalized = test.normalized.values
        models["stl_ets"] = lambda: test.to_units(
            smoothed(smoothing.ets, test, normalized, 1)
        )
    found = {}
    for name, model in models.items():
        with out.attempt(console, f"baseline {name}"):
            found[name] = model()
    return found


def repeated(windows: Windows, period: int) -> np.ndarray:
    """Return the last `period` values again and again, (N, H)."""
    rows = windows.rows[:, None] - period + np.arange(windows.horizon) % period
    return windows.panel.values[rows]


def linear(train: Windows, test: Windows) -> np.ndarray:
    """Return forecasts by a linear function of the window for each step, (N, H)."""
    model = LinearRegression()
    model.fit(train.inputs().reshape(len(train), -1), train.targets()[:, 0])
    answers = test.roll_out(
        lambda x: model.predict(x.reshape(len(x), -1)), test.horizon
    )
    return test.to_units(answers)


def smoothed(
    method: Callable, windows: Windows, values: np.ndarray, period: int
) -> np.ndarray:
    """Return forecasts by exponential smoothing or Theta, (N, H).

    The model of each series is fitted on what is before the cutoff. Then its states
    follow the series up to the end of each window.
    """
    forecast = np.empty((len(windows), windows.horizon))
    for rows in windows.panel.rows.values():
        mine = (windows.rows >= rows.start) & (windows.rows < rows.stop)
        if mine.any():
            origins = windows.rows[mine] - rows.start
            cutoff = rows.stop - rows.start - windows.left
            forecast[mine] = method(
                values[rows], cutoff, origins, windows.horizon, period
            )
    return forecast
