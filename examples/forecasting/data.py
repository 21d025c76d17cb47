"""Series to windows: reading, splitting in time, batches.

Letters: N windows, L steps read, H steps forecast, C covariates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from common.errors import UserError
from common.preprocessing.sequences import Batches
from examples.forecasting import series as tables
from examples.forecasting.codec import Codec, View
from examples.forecasting.config import FOR_FILES, Config
from examples.forecasting.series import Series

EXAMPLE = "forecasting"  # name of the folder of its runs
CODEC = "codec.json"  # name of the codec in a run folder
# Steps of the test and, before them, of the validation part. The literature splits the
# sunspots at 1920, 1955 and 1979; the weather has a year each.
SPLITS = {"sunspots": (59, 40), "jena_climate": (8760, 8760)}
JENA = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
JENA_FILE = "jena_climate_2009_2016.csv"


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
    test, validation = split(config, every)
    every, notes = _long_enough(every, notes, config, test)
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
        season=config.season,
        level=config.level,
        scale=config.scale,
        target=config.target,
        covariates=dict(zip(config.covariates, pairs, strict=True)),
    )
    data = Data(codec, every, test, validation, config.steps_at_once, notes)
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


def split(config: Config, every: list[Series]) -> tuple[int, int]:
    """Return the steps of the test part and of the validation part."""
    own = (None, None) if config.data else SPLITS[config.dataset]
    # Of a series that stands alone, one forecast would say little.
    usual = 0 if len(every) > 1 else len(every[0]) // 10
    test = config.test_steps or own[0] or max(config.horizon, usual)
    return test, config.validation_steps or own[1] or test


def _long_enough(
    every: list[Series], notes: list[str], config: Config, test: int
) -> tuple[list[Series], list[str]]:
    """Leave out what cannot be learned from; return the rest, and add to the notes why.

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
    notes = list(notes)
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
            id_column=config.id_column,
            covariates=config.covariates,
            until=None if whole else config.until,
            max_gap=config.max_gap,
        )
    one = _sunspots(whole) if config.dataset == "sunspots" else _jena_climate()
    meant_for = FOR_FILES.get(config.preset)
    if whole or not meant_for:
        return [one], []
    return [one], [f"--preset {config.preset} is made for --data with {meant_for}"]


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
