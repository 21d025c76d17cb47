"""Series to windows: normalizing, splitting in time, batches.

Letters: R rows of all series, N windows, L steps read, H steps forecast, C covariates.
"""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import boxcox1p, inv_boxcox1p

from common import files
from common.errors import UserError, one_line, shown
from common.settings import Checked, Limits

from .config import Config, Steps, Transform
from .series import ID, SUNSPOTS, VALUE, DataSet, Panel, read_panel

INTERVALS = ("80", "95")  # per cent of the values that should lie within
Reals = Annotated[tuple[float, ...], Limits(-math.inf, math.inf)]


class Normalized(NamedTuple):
    """All series, transformed and without season, by what is known at a cutoff."""

    values: np.ndarray  # (R,); nan where a series is too short for a window
    season: np.ndarray  # (R,)
    power: np.ndarray  # (R,) exponent of Box-Cox
    scale: np.ndarray  # (R,) that windows are divided by


@dataclass(frozen=True, kw_only=True)
class Preprocessor(Checked):
    """How series become what the network reads, and its answers values again."""

    frequency: str
    period: Steps
    window: Steps  # L
    horizon: Steps  # H, the run's
    transform: Transform
    remove_season: bool
    own_scale: bool  # divide each series by its own standard deviation
    means: Reals  # (C,) of the covariates
    deviations: Reals  # (C,)
    scale: Annotated[float, Limits(0, math.inf, above=True)] = 1.0  # of all series
    # Half the width of the intervals by step, (H,), over `Windows.local_scale`.
    width_80: Reals = ()
    width_95: Reals = ()

    @classmethod
    def load(cls, path: Path) -> "Preprocessor":
        """Read a preprocessor from JSON; raise `UserError` if the file is not one."""
        value, one = files.read_json(path), None
        # What is no mapping, or has other fields, is a TypeError or an AttributeError.
        with contextlib.suppress(UserError, TypeError, AttributeError):
            lists = {k: tuple(v) for k, v in value.items() if isinstance(v, list)}
            one = cls(**{**value, **lists})
        if not one or not len(one.width_80) == len(one.width_95) == one.horizon:
            raise UserError(f"{path} is not the preprocessor of a run")
        return one

    def normalize(self, panel: Panel, left: int) -> Normalized:
        """Return the series with statistics from before the last `left` steps of each.

        `UserError` if a value is below 0, unless the transform is none.
        """
        values, season, power = np.zeros((3, len(panel.values)))
        values[:], scale = np.nan, np.ones(len(values))
        for name, rows in panel.rows.items():
            known, one = max(0, len(rows) - left), panel.values[rows]
            if known < self.window:
                continue
            if self.transform != "none":
                if np.nanmin(one) < 0:
                    rule = f"--transform {self.transform} needs values of at least 0"
                    least = f"series {shown(name)} holds {np.nanmin(one):g}"
                    raise UserError(f"{rule}; {least} (--transform none)")
                power[rows] = POWERS[self.transform](one[:known])
                one = boxcox1p(one, power[rows])
            if self.remove_season and known >= 2 * self.period > 2:
                found = _season(one[:known], self.period)
                # After the cutoff the last period comes again.
                again = np.resize(found[-self.period :], left)
                season[rows] = np.concatenate([found, again])
            values[rows] = one - season[rows]
            if self.own_scale:
                scale[rows] = max(values[rows[:known]].std(), 1e-9)
        return Normalized(values, season, power, scale)


def _likeliest(past: np.ndarray) -> float:
    """Return the exponent of Box-Cox, 0 to 1, after which values are most normal."""
    if np.ptp(past) == 0:
        return 1.0  # any will do
    # Slow to import, and few runs need it.
    from scipy.optimize import minimize_scalar
    from scipy.stats import boxcox_normmax

    within = partial(minimize_scalar, bounds=(0, 1), method="bounded")
    return boxcox_normmax(past + 1, method="mle", optimizer=within)


# Exponents of Box-Cox by what is known.
POWERS = {"log": lambda past: 0.0, "sqrt": lambda past: 0.5, "boxcox": _likeliest}


def _season(past: np.ndarray, period: int) -> np.ndarray:
    """Return the season of every step of the past.

    STL finds a season in noise too. So it counts only by its strength, the share of
    the detrended variance that it explains (Wang, Smith and Hyndman 2006).
    """
    from statsmodels.tsa.seasonal import STL  # slow to import

    # With so wide a window every year's season is the same.
    parts = STL(past, period, seasonal=10 * len(past) + 1, seasonal_deg=0).fit()
    total = np.var(parts.seasonal + parts.resid)
    strength = max(0.0, 1 - np.var(parts.resid) / total) if total > 0 else 0.0
    return parts.seasonal * strength


class Windows:
    """Windows of all series, and what follows each of them."""

    def __init__(self, data: "Data", left: int, rows: np.ndarray):
        """Take the steps of each series after the cutoff, and rows of series, (N,).

        The rows are those of the first step after each window.
        """
        panel, one = data.panel, data.preprocessor
        if left not in data.normalized:
            data.normalized[left] = one.normalize(panel, left)
        self.normalized = data.normalized[left]
        self.data, self.panel, self.left, self.rows = data, panel, left, rows
        past = rows[:, None] + np.arange(-one.window, 0)
        self.future_rows = rows[:, None] + np.arange(one.horizon)  # (N, H)
        self.pasts = self.normalized.values[past]  # (N, L)
        self.futures = self.normalized.values[self.future_rows]  # (N, H)
        self.actual = panel.values[self.future_rows]  # (N, H) not normalized
        self.names = panel.frame[ID].to_numpy()[rows]  # (N,) of the series
        read = panel.covariates[past] - one.means
        self.covariates = read / np.array(one.deviations)  # (N, L, C)
        # What each window is divided by, (N, 1).
        self.scale = one.scale * self.normalized.scale[rows - 1][:, None]
        # How much each window goes up and down, (N, 1). Errors grow with it.
        steps = np.abs(np.diff(self.pasts)).mean(axis=1, keepdims=True)
        self.local_scale = steps + 0.1 * self.scale  # no interval without width

    def __len__(self) -> int:
        return len(self.rows)

    def inputs(self, pasts: np.ndarray | None = None) -> np.ndarray:
        """Return what the network reads, float32 (N, L, 1 + C), by default `pasts`.

        The last value is subtracted: the network need not know how high series are.
        """
        pasts = self.pasts if pasts is None else pasts
        scaled = ((pasts - pasts[:, -1:]) / self.scale)[:, :, None]
        return np.concatenate([scaled, self.covariates], axis=2).astype("float32")

    def targets(self) -> np.ndarray:
        """Return what it must answer, float32 (N, 1, H): the same for each network."""
        scaled = (self.futures - self.pasts[:, -1:]) / self.scale
        return scaled[:, None].astype("float32")

    def batches(self, batch_size: int, seed: int | None = None, count: int = 0):
        """Return batches, with a seed in another order in every epoch.

        An epoch has every window once, or `count` windows, some of them several times.
        """
        # Imports Keras, which a forecast can do without.
        from common.preprocessing.sequences import Batches

        rows = np.arange(count or len(self)) % len(self)
        arrays = self.inputs()[rows], self.targets()[rows]
        return Batches(*arrays, batch_size=batch_size, seed=seed)

    def forecast(self, answer: Callable) -> np.ndarray:
        """Return normalized forecasts (N, H) by a function from inputs to (N, K).

        If it answers fewer steps than H, it reads its own answers to go on.
        """
        pasts, done = self.pasts, np.empty((len(self), 0))
        while done.shape[1] < self.futures.shape[1]:
            new = answer(self.inputs(pasts)) * self.scale + pasts[:, -1:]
            done = np.concatenate([done, new], axis=1)
            pasts = np.concatenate([pasts, new], axis=1)[:, -pasts.shape[1] :]
        return done[:, : self.futures.shape[1]]

    def to_units(self, forecast: np.ndarray) -> np.ndarray:
        """Turn normalized forecasts (N, H) into the series' own units."""
        values = forecast + self.normalized.season[self.future_rows]
        if self.data.preprocessor.transform == "none":
            return values
        # No value was below 0, so no forecast is.
        power = self.normalized.power[self.future_rows]
        least = -1 / np.maximum(power, 1e-300)
        return np.maximum(inv_boxcox1p(np.maximum(values, least), power), 0)


@dataclass(frozen=True)
class Data:
    """Series, their split in time, and windows of them.

    The last steps of every series are the test part, those before it the validation
    part. The future of a window lies within one part; its past may reach back further.
    A cutoff is given in steps from the end of each series; `cutoff` is where the
    validation part begins.
    """

    preprocessor: Preprocessor
    panel: Panel
    test_steps: int
    validation_steps: int = 0
    dataset: DataSet | None = None  # None: a file of the user's own
    notes: list[str] = field(default_factory=list)  # what a user should know
    normalized: dict[int, Normalized] = field(default_factory=dict)  # by cutoff

    @property
    def cutoff(self) -> int:
        return self.test_steps + self.validation_steps

    @property
    def training(self) -> Windows:
        return self.before(self.cutoff)

    @property
    def validation(self) -> Windows:
        return self.after(self.cutoff, self.validation_steps)

    @property
    def tested(self) -> Windows:
        return self.after(self.test_steps, self.test_steps)

    def before(self, cutoff: int) -> Windows:
        """Return the training windows of a network that knows what is before it."""
        return self._windows(cutoff, math.inf, cutoff)

    def after(self, cutoff: int, steps: int) -> Windows:
        """Return the windows that forecast the `steps` steps after the cutoff."""
        return self._windows(cutoff, cutoff, cutoff - steps)

    def _windows(self, left: int, first: float, end: int) -> Windows:
        """Return all windows whose futures lie between `first` and `end`."""
        panel, window = self.panel, self.preprocessor.window
        chosen = (panel.place >= window) & (panel.place + panel.left - left >= window)
        least = end + self.preprocessor.horizon
        chosen &= (panel.left <= first) & (panel.left >= least)
        return Windows(self, left, np.flatnonzero(chosen))

    @cached_property
    def scales(self) -> pd.DataFrame:
        """Naive error and variance of each series, that errors are divided by.

        The error is that of repeating the last period before the test. The variance is
        the published one, or that of the training part. Of 0, both are nan.
        """
        table, period = {}, self.preprocessor.period
        for name, rows in self.panel.rows.items():
            past = self.panel.values[rows[: -self.test_steps]]
            lag = period if len(past) > period else 1
            known = past[: max(2, len(rows) - self.cutoff)]
            variance = self.dataset.variance if self.dataset else known.var()
            table[name] = np.abs(past[lag:] - past[:-lag]).mean(), variance
        scales = pd.DataFrame(table, ["naive", "variance"]).T
        return scales.where(scales > 0)

    @property
    def hash(self) -> str:
        """Hash of all that was read."""
        rows = pd.util.hash_pandas_object(self.panel.frame, index=False)
        return files.hash_of(rows.to_numpy())


def load(config: Config) -> Data:
    """Read what `config` names and fit the preprocessor on the training part.

    Raises `UserError`, as `read_panel` does, where nothing can be trained on it.
    """
    panel, notes = read_panel(config)
    dataset = None if config.data else SUNSPOTS
    if dataset and config.recipe.made_for:
        made_for = config.recipe.made_for
        notes = [f"--preset {config.preset} is for --data with {made_for}"]
    usual = 0 if len(panel.rows) > 1 else len(panel.values) // 10
    split = (config.test_steps or max(config.horizon, usual),) * 2
    if dataset and not config.test_steps:
        split = (dataset.test_steps, dataset.validation_steps)
    more = max(split[0], config.horizon)
    short = panel.lengths < config.window + more
    known = panel.frame[VALUE].where(panel.left > split[0])
    flat = known.groupby(panel.frame[ID], sort=False).nunique() == 1
    reasons = {f"shorter than --window {config.window} and {more} more": short}
    reasons["constant before the test"] = ~short & flat
    panel = leave_out(panel, reasons, notes)
    known = panel.covariates[panel.left > sum(split)]
    deviations = known.std(axis=0)
    preprocessor = Preprocessor(
        frequency=panel.frequency,
        period=config.season_length or panel.usual_period,
        window=config.window,
        horizon=config.horizon,
        transform=config.transform,
        remove_season=config.season_length != 0,
        # A logarithm makes series of all sizes alike.
        own_scale=len(panel.rows) > 1 and config.transform != "log",
        means=tuple(known.mean(axis=0).tolist()),
        deviations=tuple(np.where(deviations > 0, deviations, 1.0).tolist()),
    )
    data = Data(preprocessor, panel, *split, dataset, notes)
    if not len(data.training) or not len(data.validation):
        raise UserError(
            "no series is long enough for a window to train and one to validate: "
            f"--window {config.window} and --horizon {config.horizon} before the last "
            f"{data.cutoff} and {data.test_steps} steps"
        )
    scale = float(data.training.inputs()[:, :, 0].std())
    scale = scale if 0 < scale < math.inf else 1.0
    return replace(data, preprocessor=replace(preprocessor, scale=scale))


def leave_out(panel: Panel, reasons: dict[str, pd.Series], notes: list[str]) -> Panel:
    """Return the other series and note which are left out; `UserError` if all are."""
    gone = pd.concat(reasons.values(), axis=1).any(axis=1)
    for why, chosen in reasons.items():
        lengths = panel.lengths[chosen]
        named = [f"{one_line(n, 40)} ({steps} steps)" for n, steps in lengths.items()]
        if named:
            listed = ", ".join(named[:3] + ["..."] * (len(named) > 3))
            notes.append(f"{len(named)} series left out, {why}: {listed}")
    if gone.all():
        raise UserError(f"no series is left; {'; '.join(notes)}")
    return Panel(panel.frame[panel.frame[ID].isin(gone.index[~gone])], panel.steps)
