"""Series to windows: normalizing, splitting in time, batches.

Letters: R rows of all series, N windows, L steps read, H steps forecast, C covariates.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import boxcox1p, inv_boxcox1p
from scipy.stats import boxcox_normmax

from common import files
from common.errors import UserError, one_line, shown
from common.preprocessing.sequences import Batches
from common.settings import Checked, Limits

from .config import FOR_FILES, Config, Steps, Transform
from .series import ID, TIME, VALUE, Panel, read

INTERVALS = ("80", "95")  # per cent of the values that should lie within
POWERS = {"none": None, "log": 0.0, "sqrt": 0.5}  # exponents of Box-Cox
Reals = Annotated[tuple[float, ...], Limits(-math.inf, math.inf)]
JENA = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
JENA_FILE = "jena_climate_2009_2016.csv"


@dataclass(frozen=True)
class DataSet:
    """What is published about a data set: its split, and how results are reported."""

    load: Callable[[bool], Panel]  # the argument: also what comes after the test
    test_steps: int
    validation_steps: int
    variance: float | None = None  # that squared errors are divided by
    slices: dict[str, tuple[int, int]] = field(
        default_factory=dict
    )  # years of the test


@dataclass(frozen=True)
class Normalized:
    """All series, transformed and without their season, by what a cutoff lets know."""

    values: np.ndarray  # (R,); nan where a series is too short for a window
    season: np.ndarray  # (R,)
    power: np.ndarray | None  # (R,) exponent of Box-Cox; None: not transformed
    scale: np.ndarray  # (R,) that windows are divided by

    def to_units(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Turn normalized values of some rows, both (N, H), into the series' units."""
        values = values + self.season[rows]
        if self.power is None:
            return values
        power = self.power[rows]
        with np.errstate(divide="ignore"):
            least = np.where(power == 0, -np.inf, -1 / power)
        # No value was below 0, so no forecast is.
        return np.maximum(inv_boxcox1p(np.maximum(values, least), power), 0)


@dataclass(frozen=True, kw_only=True)
class Preprocessor(Checked):
    """Turns series into what the network reads, and its answers into values."""

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

    def normalize(self, panel: Panel, left: int) -> Normalized:
        """Return the series with statistics from before the cutoff.

        Args:
            panel: the series.
            left: steps of each series after its cutoff.

        Raises:
            UserError: a value is below 0, which the transform does not allow.
        """
        values, season = np.full(len(panel.values), np.nan), np.zeros(len(panel.values))
        power, scale = np.zeros_like(season), np.full_like(season, self.scale)
        for name, rows in panel.rows.items():
            cutoff = rows.stop - rows.start - left
            if cutoff < self.window:
                continue
            one = panel.values[rows]
            if self.transform != "none":
                if np.nanmin(one) < 0:
                    raise UserError(
                        f"--transform {self.transform} needs values of at least 0; "
                        f"series {shown(name)} holds {np.nanmin(one):g} "
                        "(--transform none)"
                    )
                power[rows] = POWERS.get(self.transform, _likeliest_power(one[:cutoff]))
                one = boxcox1p(one, power[rows])
            if self.remove_season and cutoff >= 2 * self.period > 2:
                found = _season(one[:cutoff], self.period)
                # After the cutoff the last period comes again.
                again = np.resize(found[-self.period :], left)
                season[rows] = np.concatenate([found, again])
            values[rows] = one - season[rows]
            if self.own_scale:
                scale[rows] *= max(values[rows][:cutoff].std(), 1e-9)
        return Normalized(
            values, season, None if self.transform == "none" else power, scale
        )

    def windows(
        self,
        panel: Panel,
        normalized: Normalized,
        left: int,
        first: int | None,
        end: int,
        horizon: int,
    ) -> "Windows":
        """Return windows; all counts are of steps from the end of a series.

        Args:
            panel: the series.
            normalized: the same, as `normalize` returns them.
            left: steps after the cutoff.
            first: where the futures begin; `None`: at the beginning of the series.
            end: where the futures end.
            horizon: H.
        """
        length = panel.place + panel.left
        chosen = (panel.place >= self.window) & (length - left >= self.window)
        chosen &= panel.left >= end + horizon
        if first is not None:
            chosen &= panel.left <= first
        rows = np.flatnonzero(chosen)
        past = rows[:, None] + np.arange(-self.window, 0)  # (N, L)
        return Windows(
            panel,
            normalized,
            left,
            rows,
            normalized.values[past],
            normalized.values[rows[:, None] + np.arange(horizon)],
            (panel.covariates[past] - self.means) / np.array(self.deviations),
        )

    @classmethod
    def load(cls, path: Path) -> "Preprocessor":
        """Read what `asdict` has made of a preprocessor.

        Raises:
            UserError: the file holds something else.
        """
        value = files.read_json(path)
        if not isinstance(value, dict) or set(value) != set(cls.__dataclass_fields__):
            raise UserError(f"{path} is not the preprocessor of a run")
        lists = {k: tuple(v) for k, v in value.items() if isinstance(v, list)}
        try:
            one = cls(**{**value, **lists})
        except UserError as error:
            raise UserError(f"{path}: {error}") from None
        if not len(one.width_80) == len(one.width_95) == one.horizon or len(
            one.means
        ) != len(one.deviations):
            raise UserError(f"{path} must have a width for each step")
        return one


def _likeliest_power(past: np.ndarray) -> float:
    """Return the exponent of Box-Cox, 0 to 1, after which values are most normal."""
    if np.ptp(past) == 0:
        return 1.0  # any will do

    def within(badness):
        return minimize_scalar(badness, bounds=(0, 1), method="bounded")

    return float(boxcox_normmax(past + 1, method="mle", optimizer=within))


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
    def horizon(self) -> int:
        return self.futures.shape[1]

    @property
    def scale(self) -> np.ndarray:
        """What each window is divided by, (N, 1)."""
        return self.normalized.scale[self.rows - 1][:, None]

    @property
    def local_scale(self) -> np.ndarray:
        """How much each window goes up and down, (N, 1). Errors grow with it."""
        steps = np.abs(np.diff(self.pasts)).mean(axis=1, keepdims=True)
        return steps + 0.1 * self.scale  # no interval without width

    def inputs(self, pasts: np.ndarray | None = None) -> np.ndarray:
        """Return what the network reads, float32 (N, L, 1 + C).

        A window minus its last value: the network need not know how high series are.
        """
        pasts = self.pasts if pasts is None else pasts
        scaled = (pasts - pasts[:, -1:]) / self.scale
        return np.concatenate([scaled[:, :, None], self.covariates], 2).astype(
            "float32"
        )

    def targets(self) -> np.ndarray:
        """Return what it must answer, float32 (N, 1, H): the same for each network."""
        scaled = (self.futures - self.pasts[:, -1:]) / self.scale
        return scaled[:, None].astype("float32")

    def roll_out(self, answer: Callable[[np.ndarray], np.ndarray], horizon: int):
        """Return normalized forecasts (N, H) of any horizon.

        Args:
            answer: from inputs (N, L, 1 + C) to answers (N, K), the next K steps. If
                K is smaller than H, it reads its own answers to go on.
            horizon: H.
        """
        pasts, done = self.pasts, np.empty((len(self), 0))
        while done.shape[1] < horizon:
            new = answer(self.inputs(pasts)) * self.scale + pasts[:, -1:]
            done = np.concatenate([done, new], axis=1)
            pasts = np.concatenate([pasts, new], axis=1)[:, -pasts.shape[1] :]
        return done[:, :horizon]

    def batches(
        self, batch_size: int, *, seed: int | None = None, passes: int = 1
    ) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch.

        Args:
            batch_size: windows in a batch.
            seed: of the order.
            passes: number of times that each window is served in an epoch.
        """
        arrays = [np.concatenate([a] * passes) for a in (self.inputs(), self.targets())]
        return Batches(*arrays, batch_size=batch_size, seed=seed)

    def future_rows(self, horizon: int) -> np.ndarray:
        """Return the rows of the steps after each window, (N, H)."""
        return self.rows[:, None] + np.arange(horizon)

    def to_units(self, forecast: np.ndarray) -> np.ndarray:
        """Turn normalized forecasts (N, H) into the series' own units."""
        return self.normalized.to_units(forecast, self.future_rows(forecast.shape[1]))

    def actual(self) -> np.ndarray:
        """Return the values after the windows in the series' own units, (N, H)."""
        return self.panel.values[self.future_rows(self.horizon)]


@dataclass(frozen=True)
class Data:
    """Everything that a training and its tests need.

    The last steps of every series are the test part, those before it the validation
    part. The future of a window lies within one part. Its past may reach back into the
    parts before. A cutoff is given in steps from the end of each series.
    """

    preprocessor: Preprocessor
    panel: Panel
    test_steps: int
    validation_steps: int
    steps_per_answer: int  # what the network answers at once
    notes: list[str]  # what a user should know about the data
    dataset: DataSet | None  # None: a file of the user's own
    normalized: dict[int, Normalized] = field(default_factory=dict)  # by cutoff
    made: dict[tuple, Windows] = field(default_factory=dict)  # by cutoff and span

    @property
    def cutoffs(self) -> tuple[int, int]:
        """Where the validation part and the test part begin."""
        return self.test_steps + self.validation_steps, self.test_steps

    def windows(self, left: int, first: int | None, end: int, horizon: int) -> Windows:
        """Return windows as `Preprocessor.windows` makes them, each set made once."""
        if left not in self.normalized:
            self.normalized[left] = self.preprocessor.normalize(self.panel, left)
        key = (left, first, end, horizon)
        if key not in self.made:
            self.made[key] = self.preprocessor.windows(
                self.panel, self.normalized[left], *key
            )
        return self.made[key]

    def before(self, cutoff: int) -> Windows:
        """Return the training windows of a network that knows what is before it."""
        return self.windows(cutoff, None, cutoff, self.steps_per_answer)

    def after(self, cutoff: int, steps: int, horizon: int | None = None) -> Windows:
        """Return the windows that forecast the `steps` steps after the cutoff."""
        horizon = horizon or self.preprocessor.horizon
        return self.windows(cutoff, cutoff, cutoff - steps, horizon)

    @property
    def tested(self) -> Windows:
        """The windows of the test."""
        return self.after(self.test_steps, self.test_steps)

    @property
    def validated(self) -> Windows:
        """The windows of the validation, with the whole horizon."""
        return self.after(self.cutoffs[0], self.validation_steps)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """What errors are scaled with, by series; nan where that would be 0.

        `naive`: mean error of the seasonal naive forecast before the test; `variance`:
        of the training part, or what is published for the data set.
        """
        table = {}
        for name, rows in self.panel.rows.items():
            one, period = self.panel.values[rows], self.preprocessor.period
            past = one[: len(one) - self.test_steps]
            lag = period if len(past) > period else 1
            variance = one[: max(2, len(one) - self.cutoffs[0])].var()
            if self.dataset and self.dataset.variance:
                variance = self.dataset.variance
            table[name] = np.abs(past[lag:] - past[:-lag]).mean(), variance
        columns = ["naive", "variance"]
        frame = pd.DataFrame.from_dict(table, orient="index", columns=columns)
        return frame.where(frame > 0)

    @property
    def hash(self) -> str:
        """Hash of all that was read."""
        frame = self.panel.frame
        numbers = frame.drop(columns=[ID, TIME]).to_numpy(float)
        times = frame[TIME].to_numpy("datetime64[s]").astype("int64")
        return files.hash_of(list(self.panel.rows), times, self.panel.place, numbers)


def load(config: Config) -> Data:
    """Read what `config` names and fit the preprocessor on the training part.

    Raises:
        UserError: the file cannot be used; the message says why.
    """
    panel, notes = read_panel(config)
    dataset = None if config.data else DATASETS[config.recipe.dataset]
    if dataset and config.preset in FOR_FILES:
        notes.append(
            f"--preset {config.preset} is for --data with {FOR_FILES[config.preset]}"
        )
    usual = 0 if len(panel.lengths) > 1 else len(panel.values) // 10
    test = config.test_steps or (
        dataset.test_steps if dataset else max(config.horizon, usual)
    )
    validation = dataset.validation_steps if dataset and not config.test_steps else test
    panel = _usable(panel, notes, config, test)
    known = panel.covariates[panel.left > test + validation]
    deviations = known.std(axis=0)
    several = len(panel.lengths) > 1
    preprocessor = Preprocessor(
        frequency=panel.frequency,
        period=config.season_length or panel.usual_period,
        window=config.window,
        horizon=config.horizon,
        transform=config.transform,
        remove_season=config.season_length != 0,
        # A logarithm makes series of all sizes alike.
        own_scale=several and config.transform != "log",
        means=tuple(known.mean(axis=0).tolist()),
        deviations=tuple(np.where(deviations > 0, deviations, 1.0).tolist()),
    )
    data = Data(
        preprocessor, panel, test, validation, config.steps_per_answer, notes, dataset
    )
    train = data.before(test + validation)
    for name, windows in (("training", train), ("validation", data.validated)):
        if not len(windows):
            raise UserError(
                f"no series is long enough for a {name} window: --window "
                f"{config.window} and --horizon {config.horizon} before the last "
                f"{test + validation} steps"
            )
    # All windows together have a standard deviation of 1.
    scale = float(train.inputs()[:, :, 0].std())
    if not scale > 0 or not math.isfinite(scale):
        scale = 1.0
    for one in data.normalized.values():
        one.scale[:] *= scale
    return replace(data, preprocessor=replace(preprocessor, scale=scale))


def _usable(panel: Panel, notes: list[str], config: Config, test: int) -> Panel:
    """Return the series that can be learned from; note which are left out, and why.

    Raises:
        UserError: nothing is left.
    """
    needed = config.window + max(test, config.horizon)
    before = panel.frame[panel.left > test].groupby(ID, sort=False)[VALUE]
    spread = (before.max() - before.min()).reindex(panel.lengths.index)
    short = panel.lengths < needed
    for why, names in (
        (
            f"shorter than --window {config.window} and the test's "
            f"{needed - config.window} steps",
            panel.lengths.index[short],
        ),
        ("constant before the test", panel.lengths.index[~short & (spread == 0)]),
    ):
        if len(names):
            notes.append(left_out(panel, names, why))
            panel = panel.only(panel.lengths.index.difference(names, sort=False))
        if panel.frame.empty:
            raise UserError(f"no series is left; {'; '.join(notes)}")
    return panel


def left_out(panel: Panel, names: pd.Index, why: str) -> str:
    """Say which series are left out."""
    listed = [
        f"{one_line(name, 40)} ({panel.lengths[name]} steps)" for name in names[:3]
    ]
    more = ", ..." if len(names) > 3 else ""
    return f"{len(names)} series left out, {why}: {', '.join(listed)}{more}"


def read_panel(
    config: Config, *, include_rest: bool = False
) -> tuple[Panel, list[str]]:
    """Read the series that `config` names, and notes for the user.

    Args:
        config: names them.
        include_rest: also read what comes after the test.

    Raises:
        UserError: the file cannot be used.
    """
    if config.data is None:
        return DATASETS[config.recipe.dataset].load(include_rest), []
    return read(
        Path(config.data),
        time_column=config.time_column,
        target=config.target,
        id_column=config.id_column,
        covariates=config.covariates,
        until=None if include_rest else config.recipe.until,
        max_gap=config.max_gap,
    )


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
    """Return the temperature in Jena by the hour, 2009 to 2016.

    Raises:
        UserError: the file is not there and cannot be downloaded.
    """
    import keras

    try:
        path = keras.utils.get_file(
            f"{JENA_FILE}.zip", f"{JENA}{JENA_FILE}.zip", extract=True
        )
    except Exception as error:  # noqa: BLE001  what is raised depends on the network
        raise UserError(
            f"jena_climate could not be downloaded ({one_line(error)}); the default "
            "preset needs no network"
        ) from None
    (file,) = Path(path).rglob(JENA_FILE)
    table = pd.read_csv(file, usecols=["Date Time", "T (degC)"])
    times = pd.to_datetime(table["Date Time"], format="%d.%m.%Y %H:%M:%S")
    # A value every ten minutes, some twice and some missing: the first of each hour, or
    # else that of the hour before.
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
