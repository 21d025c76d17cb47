"""Series to windows: normalizing, splitting in time, batches.

Letters: R rows of all series, N windows, L steps read, H steps forecast, C covariates.
"""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import boxcox1p, inv_boxcox1p
from scipy.stats import boxcox_normmax

from common import files
from common.errors import UserError, one_line, shown
from common.preprocessing.sequences import Batches
from common.settings import Checked, Limits

from .config import Config, Steps, Transform
from .series import ID, TIME, VALUE, Panel, read

INTERVALS = ("80", "95")  # per cent of the values that should lie within
Reals = Annotated[tuple[float, ...], Limits(-math.inf, math.inf)]


@dataclass(frozen=True)
class DataSet:
    """What is published about a data set: its split, and how results are reported."""

    load: Callable[[bool], Panel]  # the argument: whether to read on after the test
    test_steps: int
    validation_steps: int
    variance: float | None = None  # that squared errors are divided by
    slices: dict[str, tuple[int, int]] = field(default_factory=dict)  # years


class Normalized(NamedTuple):
    """All series, transformed and without season, by what is known at a cutoff."""

    values: np.ndarray  # (R,); nan where a series is too short for a window
    season: np.ndarray  # (R,)
    power: np.ndarray | None  # (R,) exponent of Box-Cox; None: not transformed
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
        if isinstance(value, dict) and set(value) == set(cls.__dataclass_fields__):
            lists = {k: tuple(v) for k, v in value.items() if isinstance(v, list)}
            with contextlib.suppress(UserError):
                one = cls(**{**value, **lists})
        if not one or not len(one.width_80) == len(one.width_95) == one.horizon:
            raise UserError(f"{path} is not the preprocessor of a run")
        return one

    def normalize(self, panel: Panel, left: int) -> Normalized:
        """Return the series with statistics from before the last `left` steps of each.

        Raises:
            UserError: a value is below 0, which the transform does not allow.
        """
        values, season, power, scale = np.zeros((4, len(panel.values)))
        values[:], scale[:] = np.nan, self.scale
        for name, rows in panel.rows.items():
            known, one = max(0, len(rows) - left), panel.values[rows]
            if known < self.window:
                continue
            if self.transform != "none":
                if np.nanmin(one) < 0:
                    raise UserError(
                        f"--transform {self.transform} needs values of at least 0; "
                        f"series {shown(name)} holds {np.nanmin(one):g} "
                        "(--transform none)"
                    )
                power[rows] = POWERS[self.transform](one[:known])
                one = boxcox1p(one, power[rows])
            if self.remove_season and known >= 2 * self.period > 2:
                found = _season(one[:known], self.period)
                # After the cutoff the last period comes again.
                again = np.resize(found[-self.period :], left)
                season[rows] = np.concatenate([found, again])
            values[rows] = one - season[rows]
            if self.own_scale:
                scale[rows] *= max(values[rows[:known]].std(), 1e-9)
        return Normalized(
            values, season, power if self.transform != "none" else None, scale
        )


def _likeliest(past: np.ndarray) -> float:
    """Return the exponent of Box-Cox, 0 to 1, after which values are most normal."""

    def within(badness):
        return minimize_scalar(badness, bounds=(0, 1), method="bounded")

    if np.ptp(past) == 0:
        return 1.0  # any will do
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


@dataclass(frozen=True)
class Windows:
    """Windows of several series, and what follows each of them, normalized."""

    panel: Panel
    normalized: Normalized
    left: int  # steps of each series after the cutoff
    rows: np.ndarray  # (N,) row of the first step after each window
    pasts: np.ndarray  # (N, L)
    futures: np.ndarray  # (N, H)
    covariates: np.ndarray  # (N, L, C) standardized

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def scale(self) -> np.ndarray:
        """What each window is divided by, (N, 1)."""
        return self.normalized.scale[self.rows - 1][:, None]

    @property
    def local_scale(self) -> np.ndarray:
        """How much each window goes up and down, (N, 1). Errors grow with it."""
        steps = np.abs(np.diff(self.pasts)).mean(axis=1, keepdims=True)
        return steps + 0.1 * self.scale  # no interval without width

    def inputs(self, pasts: np.ndarray) -> np.ndarray:
        """Return what the network reads, float32 (N, L, 1 + C).

        The last value is subtracted: the network need not know how high series are.
        """
        scaled = ((pasts - pasts[:, -1:]) / self.scale)[:, :, None]
        return np.concatenate([scaled, self.covariates], axis=2).astype("float32")

    def targets(self) -> np.ndarray:
        """Return what it must answer, float32 (N, 1, H): the same for each network."""
        scaled = (self.futures - self.pasts[:, -1:]) / self.scale
        return scaled[:, None].astype("float32")

    def batches(self, batch_size: int, seed: int | None = None, passes: int = 1):
        """Return batches, with a seed in another order in every epoch."""
        arrays = (self.inputs(self.pasts), self.targets())
        arrays = (np.concatenate([array] * passes) for array in arrays)
        return Batches(*arrays, batch_size=batch_size, seed=seed)

    def forecast(self, answer: Callable, horizon: int) -> np.ndarray:
        """Return normalized forecasts (N, H) by a function from inputs to (N, K).

        If it answers fewer steps than H, it reads its own answers to go on.
        """
        pasts, done = self.pasts, np.empty((len(self), 0))
        while done.shape[1] < horizon:
            new = answer(self.inputs(pasts)) * self.scale + pasts[:, -1:]
            done = np.concatenate([done, new], axis=1)
            pasts = np.concatenate([pasts, new], axis=1)[:, -pasts.shape[1] :]
        return done[:, :horizon]

    def future_rows(self, horizon: int) -> np.ndarray:
        """Return the rows of the steps after each window, (N, H)."""
        return self.rows[:, None] + np.arange(horizon)

    def to_units(self, forecast: np.ndarray) -> np.ndarray:
        """Turn normalized forecasts (N, H) into the series' own units."""
        rows, power = self.future_rows(forecast.shape[1]), self.normalized.power
        values = forecast + self.normalized.season[rows]
        if power is None:
            return values
        # No value was below 0, so no forecast is.
        least = -1 / np.maximum(power[rows], 1e-300)
        return np.maximum(inv_boxcox1p(np.maximum(values, least), power[rows]), 0)


@dataclass(frozen=True)
class Data:
    """Series, their split in time, and windows of them.

    The last steps of every series are the test part, those before it the validation
    part. The future of a window lies within one part; its past may reach back further.
    A cutoff is given in steps from the end of each series.
    """

    preprocessor: Preprocessor
    panel: Panel
    test_steps: int
    validation_steps: int = 0
    dataset: DataSet | None = None  # None: a file of the user's own
    notes: list[str] = field(default_factory=list)  # what a user should know
    normalized: dict[int, Normalized] = field(default_factory=dict)  # by cutoff
    made: dict[tuple, Windows] = field(default_factory=dict)  # by cutoff and span

    @property
    def cutoff(self) -> int:
        """Where the validation part begins."""
        return self.test_steps + self.validation_steps

    def before(self, cutoff: int) -> Windows:
        """Return the training windows of a network that knows what is before it."""
        return self._windows(cutoff, math.inf, cutoff)

    def after(self, cutoff: int, steps: int) -> Windows:
        """Return the windows that forecast the `steps` steps after the cutoff."""
        return self._windows(cutoff, cutoff, cutoff - steps)

    @property
    def tested(self) -> Windows:
        """The windows of the test."""
        return self.after(self.test_steps, self.test_steps)

    def _windows(self, left: int, first: float, end: int) -> Windows:
        """Return all windows whose futures lie between `first` and `end`."""
        key, panel, one = (left, first, end), self.panel, self.preprocessor
        if left not in self.normalized:
            self.normalized[left] = one.normalize(panel, left)
        if key not in self.made:
            long = panel.place + panel.left - left >= one.window
            chosen = long & (panel.place >= one.window) & (panel.left <= first)
            rows = np.flatnonzero(chosen & (panel.left >= end + one.horizon))
            past = rows[:, None] + np.arange(-one.window, 0)  # (N, L)
            found = self.normalized[left]
            futures = found.values[rows[:, None] + np.arange(one.horizon)]
            read = (panel.covariates[past] - one.means) / np.array(one.deviations)
            self.made[key] = Windows(
                panel, found, left, rows, found.values[past], futures, read
            )
        return self.made[key]

    @property
    def hash(self) -> str:
        """Hash of all that was read."""
        frame = self.panel.frame
        times = frame[TIME].to_numpy("datetime64[s]").astype("int64")
        numbers = frame.drop(columns=[ID, TIME]).to_numpy(float)
        return files.hash_of(list(frame[ID]), times, numbers)


def load(config: Config) -> Data:
    """Read what `config` names and fit the preprocessor on the training part.

    Raises:
        UserError: the file cannot be used; the message says why.
    """
    recipe, (panel, notes) = config.recipe, read_panel(config)
    dataset = None if config.data else DATASETS[recipe.dataset]
    if dataset and recipe.made_for:
        notes = [f"--preset {config.preset} is for --data with {recipe.made_for}"]
    split = (dataset.test_steps, dataset.validation_steps) if dataset else ()
    if config.test_steps or not dataset:
        usual = 0 if len(panel.rows) > 1 else len(panel.values) // 10
        split = (config.test_steps or max(config.horizon, usual),) * 2
    needed = config.window + max(split[0], config.horizon)
    before = panel.frame[panel.left > split[0]].groupby(ID)[VALUE]
    spread = (before.max() - before.min()).reindex(panel.lengths.index)
    short = panel.lengths < needed
    rule = f"shorter than --window {config.window} and {needed - config.window} more"
    panel = leave_out(
        panel, {rule: short, "constant before the test": ~short & (spread == 0)}, notes
    )
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
    train, validated = data.before(data.cutoff), data.after(data.cutoff, split[1])
    for name, windows in (("training", train), ("validation", validated)):
        if not len(windows):
            raise UserError(
                f"no series is long enough for a {name} window: --window "
                f"{config.window} and --horizon {config.horizon} before the last "
                f"{data.cutoff} steps"
            )
    scale = float(train.inputs(train.pasts)[:, :, 0].std())
    scale = scale if 0 < scale < math.inf else 1.0
    for one in data.normalized.values():
        one.scale[:] *= scale
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
    chosen = panel.frame[ID].isin(gone.index[~gone])
    steps = {name: panel.steps[name] for name in gone.index[~gone]}
    return Panel(panel.frame[chosen], steps)


def read_panel(
    config: Config, *, include_rest: bool = False
) -> tuple[Panel, list[str]]:
    """Read the series that `config` names, on request past the test, and notes.

    Raises:
        UserError: the file cannot be used.
    """
    if config.data is None:
        return DATASETS[config.recipe.dataset].load(include_rest), []
    until = None if include_rest else config.recipe.until
    names = ("time_column", "target", "id_column", "covariates", "max_gap")
    options = {name: getattr(config, name) for name in names}
    return read(Path(config.data), until=until, **options)


def _single(name: str, values: pd.Series) -> Panel:
    """Return one series, whose index is its times, as a panel."""
    frame = pd.DataFrame({ID: name, TIME: values.index, VALUE: values.to_numpy(float)})
    return Panel(frame, {name: values.index.freq})


def _sunspots(include_rest: bool) -> Panel:
    """Return the yearly sunspot numbers from 1700 to 1979, or to 2008."""
    from statsmodels.datasets import sunspots  # slow to import

    values = sunspots.load_pandas().data["SUNACTIVITY"]
    values.index = pd.date_range("1700", periods=len(values), freq="YS", unit="us")
    return _single("sunspots", values if include_rest else values[:"1979"])


def _jena_climate(include_rest: bool) -> Panel:
    """Return the temperature in Jena by the hour, 2009 to 2016."""
    import keras

    name = "jena_climate_2009_2016.csv"
    url = f"https://storage.googleapis.com/tensorflow/tf-keras-datasets/{name}.zip"
    try:
        path = keras.utils.get_file(f"{name}.zip", url, extract=True)
    except Exception as error:  # noqa: BLE001  what is raised depends on the network
        raise UserError(
            f"jena_climate could not be downloaded ({one_line(error)}); the default "
            "preset needs no network"
        ) from None
    (file,) = Path(path).rglob(name)
    table = pd.read_csv(file, usecols=["Date Time", "T (degC)"])
    times = pd.to_datetime(table["Date Time"], format="%d.%m.%Y %H:%M:%S")
    # Every ten minutes, some twice and some missing: the first value of each hour.
    hourly = table["T (degC)"].groupby(times.dt.floor("h")).first()
    return _single("temperature", hourly.asfreq("h").ffill())


DATASETS = {
    # Weigend, Huberman and Rumelhart (1990): to 1920, 1955 and 1979; errors over 1535.
    "sunspots": DataSet(
        _sunspots,
        test_steps=59,
        validation_steps=40,
        variance=1535.0,
        slices={"1921-1955": (1921, 1955), "1956-1979": (1956, 1979)},
    ),
    "jena_climate": DataSet(_jena_climate, test_steps=8760, validation_steps=8760),
}
