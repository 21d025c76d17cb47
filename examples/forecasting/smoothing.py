"""Exponential smoothing and Theta, fitted once and then followed from origin to origin.

Letters: T values of a series, n of them before the cutoff, N origins, H steps forecast,
m steps of a season, K numbers in a first state: a slope, if any, then m seasons with
the level.

An additive smoother's errors are a linear filter of the values, less the same filter
of what its first state adds. So the best first state is a least-squares fit, and the
optimizer only looks for one to four rates. Sources: Hyndman, Koehler, Ord and Snyder
(2008); Assimakopoulos and Nikolopoulos (2000); Hyndman and Billah (2003).
"""

from collections.abc import Callable
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
SMALL = 0.01  # of the largest value; a smaller one's logarithm would be an outlier
RATE, DAMPING = (1e-4, 1 - 1e-4), (0.8, 0.98)  # the usual bounds
STARTS = 0.1, 0.3, 0.5, 0.7, 0.9  # of alpha, whose likelihood may have two maxima


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
def follow(
    method: Callable,
    values: np.ndarray,
    cutoff: int,
    origins: np.ndarray,
    horizon: int,
    period: int,
) -> np.ndarray:
    """Return the forecasts of a method, (N, H).

    Where nothing can be fitted, the last value is repeated.

    Args:
        method: `ets` or `theta`.
        values: the series, (T,).
        cutoff: n, number of values that the fit may see.
        origins: the steps forecast first, none before the cutoff, (N,). The states
            follow the values before each one.
        horizon: H.
        period: m. A season needs two of it before the cutoff.
    """
    last = np.repeat(values[origins - 1, None], horizon, axis=1)
    known, unit = values[:cutoff], np.abs(values[:cutoff]).max(initial=0)
    if cutoff < MIN_STEPS or not np.ptp(known) > FLAT * unit:
        return last  # flat, or not finite
    scaled = values[: origins.max()] / unit
    answers = unit * method(scaled, cutoff, origins, horizon, period)
    return np.where(np.isfinite(answers).all(axis=1, keepdims=True), answers, last)


def ets(
    values: np.ndarray, n: int, origins: np.ndarray, horizon: int, period: int
) -> np.ndarray:
    """Return the forecasts of the exponential smoother with the best AICc, (N, H).

    The candidates have no or a damped trend and no or an additive season, of the values
    or of their logarithms. The fit takes the last MAX_STEPS before the cutoff.
    """
    begin = max(0, n - MAX_STEPS)
    values, n, origins = values[begin:], n - begin, origins - begin
    periods = (1, period) if 1 < period <= min(MAX_PERIOD, n // 2) else (1,)
    found = []
    for change, trend, m in product(transforms(values[:n]), (False, True), periods):
        to, back, jacobian = change
        fit = fitted(to(values[:n]), trend, m)
        found.append((fit.aicc + jacobian, fit, to, back))
    _, fit, to, back = min(found, key=lambda candidate: candidate[0])
    return back(forecast(fit, to(values), origins, horizon))


def theta(
    values: np.ndarray, n: int, origins: np.ndarray, horizon: int, period: int
) -> np.ndarray:
    """Return the forecasts of the classic Theta method, (N, H).

    Simple smoothing with half the slope of a straight line as its drift. A season is
    taken out first, a factor if all values are positive, if the autocorrelation at its
    lag passes the M competitions' test at 90 %.
    """
    to, back, _ = transforms(values[:n])[-1]
    season = np.zeros(1)
    if 1 < period <= n // 2:
        lags = acf(values[:n], nlags=period, fft=True)[1:]
        bound = 1.645 * np.sqrt((1 + 2 * np.sum(lags[:-1] ** 2)) / n)
        if abs(lags[-1]) > bound:
            season = seasonal_decompose(to(values[:n]), period=period).seasonal[:period]
    adjusted = back(to(values) - np.resize(season, len(values)))
    fit = fitted(adjusted[:n], False, 1)
    drift = np.polyfit(np.arange(n), adjusted[:n], 1)[0] / 2
    # How many steps smoothing is behind the slope, of Hyndman & Billah's equation 5.
    behind = (1 - (1 - fit.alpha) ** origins[:, None]) / fit.alpha
    ahead = np.arange(horizon)
    answers = forecast(fit, adjusted, origins, horizon) + drift * (behind + ahead)
    return back(to(answers) + season[(origins[:, None] + ahead) % len(season)])


def transforms(known: np.ndarray) -> list[tuple[Callable, Callable, float]]:
    """Return transforms, their inverses, and what they add to the AICc of the values.

    The logarithm comes last, if there is one. After the cutoff, what has none becomes
    the least known value.
    """
    found, least = [(np.asarray, np.asarray, 0.0)], known.min()
    if least > SMALL:

        def to(values: np.ndarray) -> np.ndarray:
            return np.log(np.where(values > 0, values, least))

        found.append((to, np.exp, 2 * np.log(known).sum()))
    return found


def fitted(values: np.ndarray, trend: bool, period: int) -> Fit:
    """Return the most likely additive smoother of the values, (n,)."""

    def rates(point: np.ndarray) -> tuple[float, float, float, float]:
        alpha, *rest = map(float, point)
        gamma = rest.pop() * (1 - alpha) if period > 1 else 0.0
        beta, phi = (rest[0] * alpha, rest[1]) if trend else (0.0, 0.0)
        return alpha, beta, gamma, phi

    def first_state(point: np.ndarray) -> tuple[np.ndarray, float]:
        columns = filtered(values, *rates(point), period)
        first = np.linalg.lstsq(columns[:, 1:], columns[:, 0], rcond=None)[0]
        errors = columns[:, 0] - columns[:, 1:] @ first
        return first, np.log(np.mean(errors**2) + PERFECT)

    def loss(point: np.ndarray) -> float:
        return first_state(point)[1]

    bounds = [RATE, *[RATE, DAMPING] * trend, *[RATE] * (period > 1)]
    others = [*[0.1, 0.95] * trend, *[0.1] * (period > 1)]
    start = min(([alpha, *others] for alpha in STARTS), key=loss)
    best = minimize(loss, start, bounds=bounds).x
    first, least = first_state(best)
    n, count = len(values), len(bounds) + len(first) + 1  # one for the variance
    aicc = n * (np.log(2 * np.pi) + 1 + least)
    aicc += 2 * count * n / (n - count - 1) if n > count + 1 else np.inf
    return Fit(aicc, *rates(best), period, first)


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
    begin = first[0] if phi else 0.0  # the slope before the first step
    slope = lfilter([beta], [1, -phi], errors) + begin * phi ** (steps + 1.0)
    before = np.concatenate([[begin], slope[:-1]])
    level = np.cumsum(phi * before + alpha * errors)
    season = first[-m:][steps % m] + lfilter([gamma], cycle(m), errors)
    answers = level[origins - 1, None] + season[origins[:, None] - m + ahead % m]
    return answers + slope[origins - 1, None] * np.cumsum(phi ** (ahead + 1.0))


def cycle(period: int) -> np.ndarray:
    """Return the filter that takes a value's last period from it, (m + 1,)."""
    return np.array([1.0, *[0.0] * (period - 1), -1.0])
