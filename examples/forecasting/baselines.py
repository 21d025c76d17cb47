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
    """Return the forecasts of each baseline, (N, H), for the windows of `test`.

    The linear autoregression is fitted on `train`. Those by exponential smoothing and
    Theta are `slow`. One that fails becomes a note.
    """
    period, values = data.preprocessor.period, test.panel.values
    models = {"last_value": lambda: _repeated(test, 1)}
    if period > 1 and (test.panel.place[test.rows] >= period).all():
        models["seasonal_naive"] = lambda: _repeated(test, period)
    models["linear_ar"] = lambda: _linear(train, test)
    if slow:
        models["ets"] = lambda: _followed(smoothing.ets, test, values, period)
        models["theta"] = lambda: _followed(smoothing.theta, test, values, period)
    if slow and data.preprocessor.remove_season and period > 1:
        models["stl_ets"] = lambda: test.to_units(
            _followed(smoothing.ets, test, test.normalized.values, 1)
        )
    found = {}
    for name, model in models.items():
        with out.attempt(console, f"baseline {name}"):
            found[name] = model()
    return found


def _repeated(windows: Windows, period: int) -> np.ndarray:
    """Return the last `period` values again and again, (N, H)."""
    steps = np.arange(windows.futures.shape[1]) % period
    return windows.panel.values[windows.rows[:, None] - period + steps]


def _linear(train: Windows, test: Windows) -> np.ndarray:
    """Return forecasts by a linear function of the window for each step, (N, H)."""
    flat = train.inputs(train.pasts).reshape(len(train), -1)
    model = LinearRegression().fit(flat, train.targets()[:, 0])
    answers = test.forecast(
        lambda inputs: model.predict(inputs.reshape(len(inputs), -1)),
        test.futures.shape[1],
    )
    return test.to_units(answers)


def _followed(
    method: Callable, windows: Windows, values: np.ndarray, period: int
) -> np.ndarray:
    """Return forecasts (N, H) by a method that is fitted on each series.

    It is fitted on what is before the cutoff. Its states follow the series from there.
    """
    forecast = np.empty(windows.futures.shape)
    for rows in windows.panel.rows.values():
        mine = np.isin(windows.rows, rows)
        if mine.any():
            origins = windows.rows[mine] - rows[0]
            cutoff = len(rows) - windows.left
            forecast[mine] = method(
                values[rows], cutoff, origins, forecast.shape[1], period
            )
    return forecast
