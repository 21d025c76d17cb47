"""Exponential smoothing and Theta, fitted once and then followed from origin to origin.

Letters: T values of a series, N origins, H steps forecast, n values fitted on, m steps
of a season, K numbers in the first state (slope, then a level or m seasons).

An additive smoother has no recursion to be run: its errors are the values less what
the first state foretells, through one linear filter, and so is every state of them.
The best first state is then a least-squares fit, which leaves the optimizer the one to
four smoothing parameters, and an untransformed or a logarithmic series the same code.

Sources: Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential
Smoothing"; Assimakopoulos & Nikolopoulos (2000), "The theta model"; Hyndman & Billah
(2003), "Unmasking the Theta method".
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.signal import lfilter
from statsmodels.tsa.seasonal import seasonal_decompose
from statsmodels.tsa.stattools import acf

MAX_STEPS = 2000  # fitted on: what lies further back says little and costs most
MAX_PERIOD = 24  # above it a season has more first states than its data can tell
RATE, DAMPING = (1e-4, 1 - 1e-4), (0.8, 0.98)  # the usual bounds
STARTS = 0.2, 0.7  # of alpha: the likelihood often has a maximum near each end
FLAT = 1e-10  # a relative range below it is rounding
PERFECT = 1e-24  # mean squared error below which no form is the better
SEASONAL = 1.645  # the normal's 95 % point: a test at 90 %, from both sides


class Rates(NamedTuple):
    """How much of an error level, slope and season take, and what a slope keeps."""

    alpha: float
    beta: float
    gamma: float
    phi: float


class Fit(NamedTuple):
    """A smoother fitted. Without a trend, phi is 0."""

    aicc: float
    rates: Rates
    period: int
    first: np.ndarray  # (K,)


def ets(
    values: np.ndarray, cutoff: int, origins: np.ndarray, horizon: int, period: int
) -> np.ndarray:
    """Return the forecasts of the exponential smoother with the best AICc, (N, H).

    No or a damped trend, no or an additive season, of the values or, if those before
    the cutoff are all positive, of their logarithm, where seasons and errors multiply.
    A logarithm's forecasts are medians. What cannot be fitted repeats its last value.

    Args:
        values: the series, (T,). Up to MAX_STEPS before the cutoff are fitted on.
        cutoff: how many values the fit may see.
        origins: steps first forecast, cutoff or later, (N,). The states follow the
            values before each one; the parameters stay.
        horizon: H.
        period: m. Seasons need two of it before the cutoff, and MAX_PERIOD at most.
    """
    begin, origins = max(0, cutoff - MAX_STEPS), np.asarray(origins)
    naive = np.repeat(values[origins - 1][:, None], horizon, axis=1).astype(float)
    known = np.asarray(values[begin:cutoff], float)
    if len(known) == 0 or is_flat(known):
        return naive
    unit = np.abs(known).max()
    followed = values[begin : max(cutoff, origins.max(initial=0))] / unit
    seen, scales = followed[: len(known)], [(followed, np.asarray, 0.0)]
    if seen.min() > 0:
        # Where later values have no logarithm, the least one known stands in.
        logs = np.log(np.where(followed > 0, followed, seen.min()))
        scales.append((logs, np.exp, 2 * logs[: len(seen)].sum()))
    periods = (1, period) if 1 < period <= min(MAX_PERIOD, len(seen) // 2) else (1,)
    fits = []
    with np.errstate(all="ignore"):
        for (*scale, jacobian), trend, m in product(scales, (False, True), periods):
            fit = fitted(scale[0][: len(seen)], trend, m)
            fits.append((fit.aicc + jacobian, fit, *scale))
        aicc, fit, series, inverse = min(fits, key=lambda found: found[0])
        if not np.isfinite(aicc):
            return naive
        answers = inverse(followed_on(fit, series, origins - begin, horizon)) * unit
    return np.where(np.isfinite(answers).all(axis=1, keepdims=True), answers, naive)


def is_flat(values: np.ndarray) -> bool:
    """Return whether the values (n,) are no more than one, or not all finite."""
    if not np.isfinite(values).all():
        return True
    return bool(values.max() - values.min() <= FLAT * np.abs(values).max())


def fitted(values: np.ndarray, trend: bool, period: int) -> Fit:
    """Return the most likely additive smoother of the values, (n,)."""

    def rates(point: np.ndarray) -> Rates:
        alpha, *rest = point
        beta, phi = (rest[0] * alpha, rest[1]) if trend else (0.0, 0.0)
        return Rates(alpha, beta, rest[-1] * (1 - alpha) if period > 1 else 0.0, phi)

    def best_start(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        columns = filtered(values, rates(point), period)
        first = np.linalg.lstsq(columns[:, 1:], columns[:, 0], rcond=None)[0]
        return columns[:, 0] - columns[:, 1:] @ first, first

    def loss(point: np.ndarray) -> float:
        return np.log(np.mean(best_start(point)[0] ** 2) + PERFECT)

    bounds = [RATE, *[RATE, DAMPING] * trend, *[RATE] * (period > 1)]
    rest = [*[0.1, 0.95] * trend, *[0.1] * (period > 1)]
    n, count = len(values), len(bounds) + trend + period + 1
    if n <= count + 1:
        return Fit(np.inf, Rates(0, 0, 0, 0), period, np.zeros(trend + period))
    tried = [minimize(loss, [alpha, *rest], bounds=bounds) for alpha in STARTS]
    best = min(tried, key=lambda found: found.fun)
    aicc = n * (np.log(2 * np.pi) + 1 + best.fun) + 2 * count * n / (n - count - 1)
    return Fit(aicc, rates(best.x), period, best_start(best.x)[1])


def filtered(values: np.ndarray, rates: Rates, period: int) -> np.ndarray:
    """Return the errors of the values and of what a first state adds, (T, 1+K).

    Values are what the first state foretells and what the errors since have moved: all
    that comes after one by alpha and by beta (phi + phi^2 + ...), and every m-th step
    by gamma, too. As a filter that is `moving` over `fixed`; here it is undone.
    """
    steps, cycle, damp = len(values), np.zeros(period + 1), np.array([1, -rates.phi])
    cycle[0], cycle[-1] = 1, -1
    fixed = np.convolve(cycle, damp)
    moving = fixed.copy()
    moving[1:] += rates.alpha * np.convolve(np.ones(period), damp)
    moving[1:-1] += rates.beta * rates.phi
    moving[period:] += rates.gamma * damp
    columns = np.column_stack([values, first_adds(rates.phi, period, steps)])
    return lfilter(fixed, moving, columns, axis=0)


def first_adds(phi: float, period: int, steps: int) -> np.ndarray:
    """Return what a one in each place of the first state adds to the steps, (T, K)."""
    seasons = np.eye(period)[np.arange(steps) % period]
    slope = np.cumsum(phi ** np.arange(1, steps + 1))
    return np.column_stack([slope, seasons]) if phi else seasons


def followed_on(
    fit: Fit, values: np.ndarray, origins: np.ndarray, horizon: int
) -> np.ndarray:
    """Return the forecasts of a fit whose states have followed the values, (N, H)."""
    (alpha, beta, gamma, phi), m = fit.rates, fit.period
    columns = filtered(values, fit.rates, m)
    errors = columns[:, 0] - columns[:, 1:] @ fit.first
    cycle = np.zeros(m + 1)
    cycle[0], cycle[-1] = 1, -1
    slope = lfilter([beta], [1, -phi], errors)
    if phi:
        slope += fit.first[0] * phi ** np.arange(1, len(values) + 1)
    before = np.concatenate([fit.first[:1] * bool(phi), slope[:-1]])
    level = np.cumsum(phi * before + alpha * errors)
    season = fit.first[-m:][np.arange(len(values)) % m] + lfilter(
        [gamma], cycle, errors
    )
    ahead = np.arange(horizon)
    answers = level[origins - 1, None] + season[origins[:, None] - m + ahead % m]
    return answers + slope[origins - 1, None] * np.cumsum(phi ** (ahead + 1.0))


def theta(
    values: np.ndarray, cutoff: int, origins: np.ndarray, horizon: int, period: int
) -> np.ndarray:
    """Return the forecasts of the classic Theta method, (N, H).

    Half a straight line and half simple smoothing of the line of theta 2, which is
    simple smoothing with half the line's slope as drift, of the values without their
    season where one shows: a factor if all are positive, else a term.

    Args:
        values: the series, (T,).
        cutoff: how many values line, season and smoothing are fitted on.
        origins: steps first forecast, cutoff or later, (N,). The level follows the
            values before each one.
        horizon: H.
        period: m. A season needs two of it before the cutoff.
    """
    origins, n = np.asarray(origins), cutoff
    naive = np.repeat(values[origins - 1][:, None], horizon, axis=1).astype(float)
    if n < 4 or is_flat(np.asarray(values[:n], float)):
        return naive
    unit = np.abs(values[:n]).max()
    followed = values[: max(n, origins.max(initial=0))] / unit
    ahead = origins[:, None] + np.arange(horizon)
    join, part, season = seasons(followed[:n], period)
    with np.errstate(all="ignore"):
        adjusted = part(followed, season[np.arange(len(followed)) % len(season)])

        def level(alpha: float) -> np.ndarray:
            state = [(1 - alpha) * adjusted[0]]
            return lfilter([alpha], [1, alpha - 1], adjusted, zi=state)[0]

        def loss(alpha: float) -> float:
            return np.sum((adjusted[1:n] - level(alpha)[: n - 1]) ** 2)

        alpha = minimize_scalar(loss, bounds=RATE, method="bounded").x
        drift = np.polyfit(np.arange(n), adjusted[:n], 1)[0] / 2
        # The line of theta 2 has the drift too, which its smoothed level lags behind.
        lag = (1 - (1 - alpha) ** origins[:, None]) / alpha
        smooth = level(alpha)[origins - 1, None]
        answers = smooth + drift * (lag + np.arange(horizon))
        answers = join(answers, season[ahead % len(season)]) * unit
    return np.where(np.isfinite(answers).all(axis=1, keepdims=True), answers, naive)


def seasons(values: np.ndarray, period: int) -> tuple[np.ufunc, np.ufunc, np.ndarray]:
    """Return how a season is put in and taken out, and its steps, (m,) or none, (1,).

    Values (n,) have one if their autocorrelation at a period is beyond Bartlett's
    bound, the test of the M competitions' benchmarks.
    """
    none = np.add, np.subtract, np.zeros(1)
    if not 1 < period <= len(values) // 2:
        return none
    lags = acf(values, nlags=period, fft=True)[1:]
    bound = SEASONAL * np.sqrt((1 + 2 * np.sum(lags[:-1] ** 2)) / len(values))
    if not abs(lags[-1]) > bound:
        return none
    if values.min() > 0:
        season = seasonal_decompose(values, "multiplicative", period=period).seasonal
        if season.min() > 0.01:
            return np.multiply, np.divide, season[:period]
    season = seasonal_decompose(values, "additive", period=period).seasonal
    return np.add, np.subtract, season[:period]
