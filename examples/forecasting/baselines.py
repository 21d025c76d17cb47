"""Forecasts without a network, on the same windows.

Letters: N windows, H steps forecast, K numbers in a state.
"""

import warnings
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LinearRegression

from examples.forecasting.data import Windows

LAST, SEASONAL, LINEAR, ETS = "last_value", "seasonal_naive", "linear_ar", "ets"
ETS_MIN_STEPS = 10  # fewer do not tell a trend


def forecasts(train: Windows, test: Windows, *, ets: bool = True) -> dict:
    """Return the forecasts of every baseline for the windows of `test`, (N, H) each.

    Args:
        train: what the linear autoregression is fitted on.
        test: windows with the futures to be forecast.
        ets: whether exponential smoothing is tried too, which takes longest.
    """
    period = test.codec.period
    answers = {LAST: repeated(test, 1)}
    if period > 1 and (test.origins >= period).all():
        answers[SEASONAL] = repeated(test, period)
    answers[LINEAR] = linear(train, test)
    if ets:
        answers[ETS] = exponential_smoothing(test)
    return answers


def repeated(windows: Windows, period: int) -> np.ndarray:
    """Return the last `period` values again and again, (N, H)."""
    horizon = windows.futures.shape[1]
    steps = windows.origins[:, None] - period + np.arange(horizon) % period
    values = [
        windows.views[index].series.values[row]
        for index, row in zip(windows.which, steps, strict=True)
    ]
    return np.reshape(values, steps.shape)


def linear(train: Windows, test: Windows) -> np.ndarray:
    """Return the forecasts of a linear function of the window for every step, (N, H).

    It is fitted by least squares, reads what the network reads, and where training
    windows have fewer steps to forecast it goes on from its own forecasts.
    """
    model = LinearRegression()
    model.fit(train.inputs().reshape(len(train), -1), train.targets()[:, 0])
    horizon, pasts, done = test.futures.shape[1], test.pasts, []
    for _ in range(-(-horizon // train.futures.shape[1])):
        answers = model.predict(test.inputs(pasts).reshape(len(test), -1))
        done.append(answers * test.scales + test.levels(pasts))
        pasts = np.concatenate([pasts, done[-1]], axis=1)[:, -pasts.shape[1] :]
    return test.to_units(np.concatenate(done, axis=1)[:, :horizon])


def exponential_smoothing(windows: Windows) -> np.ndarray:
    """Return the forecasts of statsmodels' exponential smoothing, (N, H).

    For every series the better by AICc of simple smoothing and a damped trend, fitted
    on what the windows' views know, after the transform of the codec and, whatever the
    settings, STL. Its states then follow the series up to each window's end.
    """
    codec = replace(windows.codec, season="stl")
    views = [codec.view(view.series, view.cut) for view in windows.views]
    seasonal = replace(windows, codec=codec, views=views)
    answers = np.empty(windows.futures.shape)
    for index in np.unique(windows.which):
        view, rows = views[index], windows.which == index
        answers[rows] = _smoothed(
            view.adjusted, view.cut, windows.origins[rows], answers.shape[1]
        )
    return seasonal.to_units(answers)


def _smoothed(
    values: np.ndarray, cut: int, origins: np.ndarray, horizon: int
) -> np.ndarray:
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    if cut < ETS_MIN_STEPS or np.ptp(values[:cut]) == 0:
        return np.repeat(values[origins - 1][:, None], horizon, axis=1)
    # One scale for all series helps the optimizer to its end.
    scale = values[:cut].std()
    fitted = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about convergence: AICc decides
        for trend in (False, True):
            model = ExponentialSmoothing(
                values[:cut] / scale,
                trend=trend,
                damped_trend=trend,
                initialization_method="heuristic",
            )
            fitted.append(model.fit(disp=False, maxiter=50))
        best = min(fitted, key=lambda result: result.aicc)
        followed = best.apply(values / scale) if len(values) > cut else best
    states = followed.predicted_state[:, origins]  # (K, N)
    design, transition = best.model["design"], best.model["transition"]
    answers = []
    for _ in range(horizon):
        answers.append((design @ states)[0])
        states = transition @ states
    return np.stack(answers, axis=1) * scale
