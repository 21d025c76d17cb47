"""Series to windows and back: reading, splitting in time, and the codec.

Letters: N windows, L steps read, H steps forecast, C covariates.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import boxcox1p, inv_boxcox1p
from scipy.stats import boxcox_normmax

from common import series as tables
from common.errors import UserError, check_choice, check_real, check_whole
from common.sequences import Batches
from common.series import Series
from examples.forecasting.config import LEVELS, SCALES, SEASONS, TRANSFORMS, Config

EXAMPLE = "forecasting"  # name of the folder of its runs
CODEC = "codec.json"  # name of the codec in a run folder
# Steps of the test and, before them, of the validation part. The literature splits the
# sunspots at 1920, 1955 and 1979; the weather has a year each.
SPLITS = {"sunspots": (59, 40), "jena_climate": (8760, 8760)}
INTERVALS = ("80", "95")  # per cent of the values that should lie within
JENA = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
JENA_FILE = "jena_climate_2009_2016.csv"


@dataclass(frozen=True)
class Codec:
    """Turns values into what the network reads, and its answers into values."""

    frequency: str
    period: int
    window: int  # L
    horizon: int  # H, the run's
    transform: str
    power: float | None
    season: str
    level: str
    scale: str
    target: str
    covariates: dict[str, tuple[float, float]]  # name: mean, standard deviation
    pooled: float = 1.0  # what remains to be divided by, for all series alike
    # Half the width of the intervals by step (H,), over `Windows.roughness`.
    widths: dict[str, list[float]] = field(default_factory=dict)

    def view(self, one: Series, cut: int) -> "View":
        """Return a series as the network sees it who knows what is before `cut`.

        Raises:
            UserError: a value that the transform does not allow.
        """
        past = one.values[:cut]
        power = None
        if self.transform != "none":
            if one.values.min() < 0:
                raise UserError(
                    f"--transform {self.transform} needs values of at least 0; series "
                    f"{one.name!r} holds {one.values.min():g} (--transform none)"
                )
            power = 0.0 if self.transform == "log" else self.power
            if power is None:
                power = _likeliest_power(past)
        transformed = one.values if power is None else boxcox1p(one.values, power)
        season = self._season(transformed[:cut])
        adjusted = transformed - at(season, np.arange(len(one)), self.period)
        spread = max(adjusted[:cut].std(), 1e-9)
        return View(
            series=one,
            cut=cut,
            power=power,
            season=season,
            period=self.period,
            adjusted=adjusted,
            center=float(adjusted[:cut].mean()),
            scale=self.pooled * (spread if self.scale == "series" else 1.0),
        )

    def _season(self, past: np.ndarray) -> np.ndarray:
        """Return the season of every step of the past.

        STL finds a season in noise too. So it counts only by its strength, the share of
        the detrended variance that it explains (Wang, Smith and Hyndman 2006).
        """
        if self.season == "none" or self.period < 2 or len(past) < 2 * self.period:
            return np.zeros(max(len(past), self.period))
        from statsmodels.tsa.seasonal import STL  # slow to import

        # A window that wide makes every year's season the same.
        steady = 10 * len(past) + 1
        parts = STL(past, self.period, seasonal=steady, seasonal_deg=0).fit()
        total = np.var(parts.seasonal + parts.resid)
        strength = max(0.0, 1 - np.var(parts.resid) / total) if total > 0 else 0.0
        return parts.seasonal * strength

    def levels(self, pasts: np.ndarray, centers: np.ndarray) -> np.ndarray:
        """Return what is subtracted from every window (N, L), as (N, 1)."""
        if self.level == "series":
            return centers[:, None]
        return pasts[:, -1:] if self.level == "last" else pasts.mean(1, keepdims=True)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "Codec":
        """Rebuild a codec.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        try:
            covariates = {
                name: (float(mean), float(deviation))
                for name, (mean, deviation) in value["covariates"].items()
            }
            codec = cls(**{**value, "covariates": covariates})
            steps = {len(codec.widths[name]) for name in INTERVALS}
        except (TypeError, KeyError, ValueError, AttributeError):
            needs = ", ".join(cls.__dataclass_fields__)
            raise UserError(f"a codec needs {needs}, and nothing else") from None
        check_choice("transform of a codec", codec.transform, TRANSFORMS)
        check_choice("season of a codec", codec.season, SEASONS)
        check_choice("level of a codec", codec.level, LEVELS)
        check_choice("scale of a codec", codec.scale, SCALES)
        check_whole("period of a codec", codec.period, at_least=1)
        check_whole("window of a codec", codec.window, at_least=2)
        check_whole("horizon of a codec", codec.horizon, at_least=1)
        check_real("pooled of a codec", codec.pooled, above=0)
        if codec.power is not None:
            check_real("power of a codec", codec.power, at_least=0, at_most=1)
        if steps != {codec.horizon}:
            raise UserError("the widths of a codec must be one for each step")
        return codec


def _likeliest_power(past: np.ndarray) -> float:
    """Return the exponent of Box-Cox, 0 to 1, after which values are most normal."""
    if np.ptp(past) == 0:
        return 1.0  # any will do

    def within(badness):
        return minimize_scalar(badness, bounds=(0, 1), method="bounded")

    return float(boxcox_normmax(past + 1, method="mle", optimizer=within))


def at(season: np.ndarray, steps: np.ndarray, period: int) -> np.ndarray:
    """Return the season at `steps`; after its end the last period comes again."""
    beyond = np.maximum(steps - len(season), 0)
    again = len(season) - period + beyond % period
    return season[np.where(steps < len(season), steps, again)]


@dataclass(frozen=True)
class View:
    """A series transformed and without its season, by what was known before `cut`."""

    series: Series
    cut: int
    power: float | None  # of Box-Cox; None: not transformed
    season: np.ndarray  # (cut,)
    period: int
    adjusted: np.ndarray  # (length of the series,)
    center: float
    scale: float

    def to_units(self, adjusted: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Undo what was done to values at `steps`; both of any one shape."""
        values = adjusted + at(self.season, steps, self.period)
        if self.power is None:
            return values
        # No value was below 0, so no forecast is.
        least = -np.inf if self.power == 0 else -1 / self.power
        return np.maximum(inv_boxcox1p(np.maximum(values, least), self.power), 0)


@dataclass(frozen=True)
class Windows:
    """Windows of several series, and what follows each of them."""

    codec: Codec
    views: list[View]
    which: np.ndarray  # (N,) index of each window's view
    origins: np.ndarray  # (N,) number of the first step after the window
    pasts: np.ndarray  # (N, L) adjusted
    futures: np.ndarray  # (N, H) adjusted
    covariates: np.ndarray  # (N, L, C) standardised

    @classmethod
    def cut(
        cls,
        codec: Codec,
        views: Sequence[View],
        horizon: int,
        span: Callable[[int], tuple[int, int]],
    ) -> "Windows":
        """Cut all windows out of the series whose futures lie within a span.

        Args:
            codec: says how long a window is.
            views: of the series.
            horizon: H.
            span: from the length of a series to the first step of its span, and the
                step after the last.
        """
        length, known = codec.window, list(codec.covariates.values())
        which, origins, pasts, futures, covariates = [], [], [], [], []
        for index, view in enumerate(views):
            first, end = span(len(view.series))
            starts = np.arange(max(first, length), end - horizon + 1)
            if not len(starts):
                continue
            which.append(np.full(len(starts), index))
            origins.append(starts)
            back = starts[:, None] + np.arange(-length, 0)  # (N, L)
            pasts.append(view.adjusted[back])
            futures.append(view.adjusted[starts[:, None] + np.arange(horizon)])
            mean, deviation = np.reshape(known, (-1, 2)).T
            covariates.append((view.series.covariates[back] - mean) / deviation)
        if not which:
            none = np.empty((0, length))
            shapes = (none, none[:, :0], np.empty((0, length, len(known))))
            return cls(codec, list(views), np.empty(0, int), np.empty(0, int), *shapes)
        columns = (which, origins, pasts, futures, covariates)
        return cls(codec, list(views), *map(np.concatenate, columns))

    def __len__(self) -> int:
        return len(self.which)

    def rows(self, rows: np.ndarray) -> "Windows":
        """Return some of the windows."""
        names = ("which", "origins", "pasts", "futures", "covariates")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def scales(self) -> np.ndarray:
        """What the adjusted values of every window are divided by, (N, 1)."""
        return np.array([view.scale for view in self.views])[self.which][:, None]

    @property
    def roughness(self) -> np.ndarray:
        """How much every window goes up and down, (N, 1): what errors grow with."""
        steps = np.abs(np.diff(self.pasts)).mean(axis=1, keepdims=True)
        return steps + 0.1 * self.scales  # no interval without width

    def levels(self, pasts: np.ndarray) -> np.ndarray:
        """Return what is subtracted from each window, (N, 1)."""
        centers = np.array([view.center for view in self.views])[self.which]
        return self.codec.levels(pasts, centers)

    def inputs(self, pasts: np.ndarray | None = None) -> np.ndarray:
        """Return what the network reads, float32 (N, L, 1 + C)."""
        pasts = self.pasts if pasts is None else pasts
        scaled = (pasts - self.levels(pasts)) / self.scales
        parts = [scaled[:, :, None], self.covariates]
        return np.concatenate(parts, axis=2).astype("float32")

    def targets(self) -> np.ndarray:
        """Return what it is to answer, float32 (N, 1, H): the same for each member."""
        scaled = (self.futures - self.levels(self.pasts)) / self.scales
        return scaled[:, None].astype("float32")

    def batches(
        self, batch_size: int, *, seed: int | None = None, passes: int = 1
    ) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch.

        Args:
            batch_size: windows in a batch.
            seed: of the order.
            passes: how often every window is served in an epoch.
        """
        inputs, targets = (
            np.concatenate([array] * passes)
            for array in (self.inputs(), self.targets())
        )
        return Batches(inputs, targets, batch_size=batch_size, seed=seed)

    def steps(self, horizon: int) -> np.ndarray:
        """Return the numbers of the steps after each window, (N, H)."""
        return self.origins[:, None] + np.arange(horizon)

    def to_units(self, adjusted: np.ndarray) -> np.ndarray:
        """Turn adjusted values (N, H) after the windows into the series' own units."""
        steps, values = self.steps(adjusted.shape[1]), np.empty_like(adjusted)
        for index in np.unique(self.which):
            rows = self.which == index
            values[rows] = self.views[index].to_units(adjusted[rows], steps[rows])
        return values

    def actual(self) -> np.ndarray:
        """Return the values after the windows in the series' own units, (N, H)."""
        steps = self.steps(self.futures.shape[1])
        rows = zip(self.which, steps, strict=True)
        values = [self.views[index].series.values[row] for index, row in rows]
        return np.reshape(values, steps.shape)


@dataclass(frozen=True)
class Data:
    """Everything that a training and its tests need.

    The last steps of every series are the test part, those before it the validation
    part. What a window is to forecast lies within one part; what it reads is the past,
    whichever part that is in.
    """

    codec: Codec
    series: list[Series]
    test_steps: int
    validation_steps: int
    steps_at_once: int  # what the network answers with
    notes: list[str]  # what a user should know of the reading

    def windows(
        self, *, cut: int, first: int | None, end: int, horizon: int
    ) -> Windows:
        """Return windows; all counts are of steps from the end of a series.

        Args:
            cut: transform and season are fitted on what is before.
            first: where the futures begin; `None`: at the beginning of the series.
            end: where the futures end.
            horizon: H.
        """
        views = [
            self.codec.view(one, len(one) - cut)
            for one in self.series
            if len(one) - cut >= self.codec.window
        ]

        def span(length: int) -> tuple[int, int]:
            return 0 if first is None else length - first, length - end

        return Windows.cut(self.codec, views, horizon, span)

    def before(self, cut: int) -> Windows:
        """Return the training windows of a network that knows what is before `cut`."""
        return self.windows(cut=cut, first=None, end=cut, horizon=self.steps_at_once)

    def after(self, cut: int, steps: int, horizon: int | None = None) -> Windows:
        """Return the windows that forecast the `steps` steps after `cut`."""
        return self.windows(
            cut=cut,
            first=cut,
            end=cut - steps,
            horizon=horizon or self.codec.horizon,
        )

    @property
    def cuts(self) -> tuple[int, int]:
        """Where the validation part and the test part begin."""
        return self.test_steps + self.validation_steps, self.test_steps


def load(config: Config) -> Data:
    """Read the data set or file that `config` names; fit the codec on its train part.

    Raises:
        UserError: the file cannot be used; the message says why.
    """
    every, notes = read(config)
    test, validation = split(config)
    every, more = _long_enough(every, config, test, test + validation)
    known = np.concatenate(
        [one.covariates[: len(one) - test - validation] for one in every]
    )
    deviations = np.where(known.std(axis=0) > 0, known.std(axis=0), 1)
    pairs = zip(known.mean(axis=0).tolist(), deviations.tolist(), strict=True)
    step = every[0].step
    codec = Codec(
        frequency=tables.frequency(step),
        period=config.period or tables.usual_period(step),
        window=config.window,
        horizon=config.horizon,
        transform=config.transform,
        power=config.power,
        season=config.season,
        level=config.level,
        scale=config.scale,
        target=config.target,
        covariates=dict(zip(config.covariates, pairs, strict=True)),
    )
    data = Data(codec, every, test, validation, config.steps_at_once, [*notes, *more])
    train = data.before(test + validation)
    tried = data.after(test + validation, validation)
    for name, windows in (("training", train), ("validation", tried)):
        if not len(windows):
            raise UserError(
                f"no series is long enough for a {name} window: --window "
                f"{config.window} and --horizon {config.horizon} before the last "
                f"{test + validation} steps"
            )
    pooled = float(train.inputs()[:, :, 0].std())
    return replace(data, codec=replace(codec, pooled=pooled or 1.0))


def split(config: Config) -> tuple[int, int]:
    """Return the steps of the test part and of the validation part."""
    own = (None, None) if config.data else SPLITS[config.dataset]
    test = config.test_steps or own[0] or config.horizon
    return test, config.validation_steps or own[1] or test


def _long_enough(
    every: list[Series], config: Config, test: int, held_out: int
) -> tuple[list[Series], list[str]]:
    """Leave out what cannot be learned from; return the rest, and why.

    Raises:
        UserError: nothing is left.
    """
    needed = config.window + max(test, config.horizon)
    short = [one for one in every if len(one) < needed]
    flat = [
        one
        for one in every
        if len(one) >= needed and np.ptp(one.values[: len(one) - test]) == 0
    ]
    reasons = {
        f"shorter than --window {config.window} and the test's {needed - config.window}"
        " steps": short,
        "constant before the test": flat,
    }
    notes = []
    for reason, left_out in reasons.items():
        if left_out:
            names = ", ".join(f"{one.name} ({len(one)} steps)" for one in left_out[:3])
            more = ", ..." if len(left_out) > 3 else ""
            notes.append(f"{len(left_out)} series left out, {reason}: {names}{more}")
    gone = {one.name for one in (*short, *flat)}
    kept = [one for one in every if one.name not in gone]
    if not kept:
        raise UserError(f"no series is left; {'; '.join(notes)}")
    return kept, notes


def read(config: Config, *, whole: bool = False) -> tuple[list[Series], list[str]]:
    """Read the series that `config` names, and notes for the user.

    Args:
        config: names them.
        whole: also what is after the test: --until, and the end of the data set.

    Raises:
        UserError: the file cannot be used.
    """
    if config.data is not None:
        return tables.read(
            Path(config.data),
            time_column=config.time_column,
            target=config.target,
            covariates=config.covariates,
            until=None if whole else config.until,
            max_gap=config.max_gap,
        )
    one = _sunspots(whole) if config.dataset == "sunspots" else _jena_climate()
    return [one], []


def _sunspots(whole: bool) -> Series:
    """Return the yearly sunspot numbers, to 1979 or, whole, to 2008."""
    from statsmodels.datasets import sunspots  # slow to import

    table = sunspots.load_pandas().data
    values = table["SUNACTIVITY"].to_numpy(float)
    values = values if whole else values[: 1980 - 1700]
    none = np.empty((len(values), 0))
    step = pd.tseries.frequencies.to_offset("YS")
    return Series("sunspots", pd.Timestamp("1700-01-01"), step, values, none)


def _jena_climate() -> Series:
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
            f"jena_climate could not be downloaded ({error}); --dataset sunspots needs "
            "no network"
        ) from None
    (file,) = Path(path).rglob(JENA_FILE)
    table = pd.read_csv(file, usecols=["Date Time", "T (degC)"])
    times = pd.to_datetime(table["Date Time"], format="%d.%m.%Y %H:%M:%S")
    # A value every ten minutes, some twice and some missing: the first of each hour, or
    # else that of the hour before.
    hourly = table["T (degC)"].groupby(times.dt.floor("h")).first()
    hourly = hourly.asfreq("h").ffill()
    return Series(
        "temperature",
        hourly.index[0],
        hourly.index.freq,
        hourly.to_numpy(float),
        np.empty((len(hourly), 0)),
    )
