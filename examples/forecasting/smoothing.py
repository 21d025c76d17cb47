"""Exponential smoothing and Theta, fitted once and then followed from origin to origin.

Letters: T values of a series, N origins, H steps forecast, m steps of a season, K
numbers in a first state: a slope, if any, then m seasons with the level.

An additive smoother's errors are a linear filter of the values, less the same filter
of what its first state adds. So the best first state is a least-squares fit, and the
optimizer only looks for one to four rates. Sources: Hyndman, Koehler, Ord and Snyder
(2008); Assimakopoulos and Nikolopoulos (2000); Hyndman and Billah (2003).
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.signal import lfilter
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

MIN_STEPS = 5  # AICc is not defined for fewer
MAX_STEPS = 2000  # older values cost time and say little
MAX_PERIOD = 24  # longer seasons have too many numbers to be told
FLAT = 1e-10  # a range below this part of the values is rounding
PERFECT = 1e-24  # mean squared errors below it are rounding, too
RATE, DAMPING = (1e-4, 1 - 1e-4), (0.8, 0.98)  # the usual bounds
STARTS = 0.2, 0.7  # of alpha, whose likelihood may have two maxima


class Fit(NamedTuple):
    """A smoother. Without a trend, `phi`, what a step keeps of the slope, is 0."""

    aicc: float
    alpha: float
    beta: float
    gamma: float
    phi: float
    period: int
    first: np.ndarray  # (K,)


@np.errstate(all="ignore")
def ets(
    values: np.ndarray, cutoff: int, origins: np.ndarray, horizon: int, period: int
) -> np.ndarray:
    """Return the forecasts of the exponential smoother with the best AICc, (N, H).

    The candidates have no or a damped trend, no or an additive season, and smooth the
    values or, if all before the cutoff are positive, their logarithms. Where nothing
    can be fitted, the last value is repeated.

    Args:
        values: the series, (T,).
        cutoff: number of values that the fit may see. It takes the last MAX_STEPS.
        origins: the steps forecast first, none before the cutoff, (N,). The states
            follow the values before each one.
        horizon: H.
        period: m. A season needs two of it before the cutoff, and at most MAX_PERIOD.
    """
    values, origins, last = prepared(values, origins, horizon)
    begin = max(0, cutoff - MAX_STEPS)
    n = cutoff - begin
    if is_flat(values[begin:cutoff]):
        return last
    unit = np.abs(values[begin:cutoff]).max()
    series = values[begin : max(cutoff, origins.max(initial=0))] / unit
    transforms = [(series, np.asarray, 0.0)]
    if (least := series[:n].min()) > 0:
        # What has no logarithm after the cutoff becomes the least value before it.
        logs = np.log(np.where(series > 0, series, least))
        transforms.append((logs, np.exp, 2 * logs[:n].sum()))  # the Jacobian
    periods = (1, period) if 1 < period <= min(MAX_PERIOD, n // 2) else (1,)
    found = []
    for (followed, inverse, jacobian), trend, m in product(transforms, (0, 1), periods):
        fit = fitted(followed[:n], bool(trend), m)
        found.append((fit.aicc + jacobian, fit, followed, inverse))
    _, fit, followed, inverse = min(found, key=lambda candidate: candidate[0])
    answers = inverse(forecast(fit, followed, origins - begin, horizon)) * unit
    return finite(answers, last)


@np.errstate(all="ignore")
def theta(
    values: np.ndarray, cutoff: int, origins: np.ndarray, horizon: int, period: int
) -> np.ndarray:
    """Return the forecasts of the classic Theta method, (N, H); arguments as of `ets`.

    Simple smoothing with half the slope of a straight line as its drift. A season that
    shows is taken out first: a factor if all values are positive, else a term.
    """
    values, origins, last = prepared(values, origins, horizon)
    if is_flat(values[:cutoff]):
        return last
    unit = np.abs(values[:cutoff]).max()
    series = values[: max(cutoff, origins.max(initial=0))] / unit
    put, take, season = seasons(series[:cutoff], period)
    adjusted = take(series, season[np.arange(len(series)) % len(season)])
    fit = fitted(adjusted[:cutoff], False, 1)
    drift = np.polyfit(np.arange(cutoff), adjusted[:cutoff], 1)[0] / 2
    # How many steps smoothing is behind the slope, of Hyndman & Billah's equation 5.
    behind = (1 - (1 - fit.alpha) ** origins[:, None]) / fit.alpha
    ahead = np.arange(horizon)
    answers = forecast(fit, adjusted, origins, horizon) + drift * (behind + ahead)
    steps = origins[:, None] + ahead
    return finite(put(answers, season[steps % len(season)]) * unit, last)


def prepared(values, origins, horizon: int) -> tuple:
    """Return the values, (T,), the origins, (N,), and the last values, (N, H)."""
    values, origins = np.asarray(values, float), np.asarray(origins, int)
    return values, origins, np.repeat(values[origins - 1, None], horizon, axis=1)


def is_flat(values: np.ndarray) -> bool:
    """Return whether the values (n,) are too few, the same or not all finite."""
    return len(values) < MIN_STEPS or not (
        values.max() - values.min() > FLAT * np.abs(values).max()
    )


def finite(answers: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return the answers where a row is finite, the last values elsewhere, (N, H)."""
    return np.where(np.isfinite(answers).all(axis=1, keepdims=True), answers, last)


def seasons(values: np.ndarray, period: int) -> tuple[np.ufunc, np.ufunc, np.ndarray]:
    """Return how seasons are put in and taken out, and one period of them, (m,).

    The autocorrelation at lag m decides, by the M competitions' test at 90 %.
    """
    if 1 < period <= len(values) // 2:
        lags = acf(values, nlags=period, fft=True)[1:]
        bound = 1.645 * np.sqrt((1 + 2 * np.sum(lags[:-1] ** 2)) / len(values))
        if abs(lags[-1]) > bound:
            if values.min() > 0:
                parts = seasonal_decompose(values, "multiplicative", period=period)
                if parts.seasonal.min() > 0.01:
                    return np.multiply, np.divide, parts.seasonal[:period]
            parts = seasonal_decompose(values, "additive", period=period)
            return np.add, np.subtract, parts.seasonal[:period]
    return np.add, np.subtract, np.zeros(1)


def fitted(values: np.ndarray, trend: bool, period: int) -> Fit:
    """Return the most likely additive smoother of the values, (n,)."""

    def rates(point: np.ndarray) -> tuple[float, float, float, float]:
        alpha, *rest = map(float, point)
        gamma = rest.pop() * (1 - alpha) if period > 1 else 0.0
        beta, phi = (rest[0] * alpha, rest[1]) if trend else (0.0, 0.0)
        return alpha, beta, gamma, phi

    def solved(point: np.ndarray) -> tuple[np.ndarray, float]:
        columns = filtered(values, *rates(point), period)
        first = np.linalg.lstsq(columns[:, 1:], columns[:, 0], rcond=None)[0]
        errors = columns[:, 0] - columns[:, 1:] @ first
        return first, np.log(np.mean(errors**2) + PERFECT)

    bounds = [RATE, *[RATE, DAMPING] * trend, *[RATE] * (period > 1)]
    others = [*[0.1, 0.95] * trend, *[0.1] * (period > 1)]
    tried = [
        minimize(lambda point: solved(point)[1], [alpha, *others], bounds=bounds)
        for alpha in STARTS
    ]
    best = min(tried, key=lambda result: result.fun)
    first, loss = solved(best.x)
    n, count = len(values), len(bounds) + len(first) + 1  # one for the variance
    aicc = n * (np.log(2 * np.pi) + 1 + loss)
    aicc += 2 * count * n / (n - count - 1) if n > count + 1 else np.inf
    return Fit(aicc, *rates(best.x), period, first)


def filtered(values: np.ndarray, alpha, beta, gamma, phi, period: int) -> np.ndarray:
    """Filter the values and what each number of a first state adds, (T, 1 + K).

    The errors are the first column minus the others times the first state.
    """
    steps, damp = np.arange(len(values)), np.array([1, -phi])
    fixed = np.convolve(cycle(period), damp)
    moving = fixed.copy()
    moving[1:] += alpha * np.convolve(np.ones(period), damp)
    moving[1:-1] += beta * phi
    moving[period:] += gamma * damp
    slope = [np.cumsum(phi ** (steps + 1.0))] if phi else []
    seasonal = np.eye(period)[steps % period].T
    columns = np.stack([values, *slope, *seasonal], axis=1)
    return lfilter(fixed, moving, columns, axis=0)


def forecast(
    fit: Fit, values: np.ndarray, origins: np.ndarray, horizon: int
) -> np.ndarray:
    """Return the forecasts from the states that followed the values (T,), (N, H)."""
    _, alpha, beta, gamma, phi, m, first = fit
    columns = filtered(values, alpha, beta, gamma, phi, m)
    errors = columns[:, 0] - columns[:, 1:] @ first
    steps, ahead = np.arange(len(values)), np.arange(horizon)
    slope = lfilter([beta], [1, -phi], errors)
    before = np.concatenate([[0.0], slope[:-1]])
    if phi:
        slope += first[0] * phi ** (steps + 1.0)
        before += first[0] * phi ** (1.0 * steps)
    level = np.cumsum(phi * before + alpha * errors)
    season = first[-m:][steps % m] + lfilter([gamma], cycle(m), errors)
    answers = level[origins - 1, None] + season[origins[:, None] - m + ahead % m]
    return answers + slope[origins - 1, None] * np.cumsum(phi ** (ahead + 1.0))


def cycle(period: int) -> np.ndarray:
    """Return the filter that takes a value's last period from it, (m + 1,)."""
    return np.array([1.0, *[0.0] * (period - 1), -1.0])
