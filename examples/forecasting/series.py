"""Series from tables: one or many, at a steady step, without gaps.

Letters: R rows of all series together, C covariates.
"""

import math
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from common.errors import UserError, check_choice, one_line, shown
from common.preprocessing import tables

from .config import Config

ID, TIME, VALUE = "unique_id", "ds", "y"  # the first columns of a long frame
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")  # for a number
ZONE = r"\s*(?:Z|[+-]\d\d:?(?:\d\d)?)$"  # of a time that has a clock
STRETCH = 10  # times from which the step is told where there are gaps
MAX_ROWS = 10_000_000  # of one series, its gaps filled
LAST_YEAR = 9000  # times can be written and drawn up to 9999, with a margin
# Steps of a year, a week or a day, by pandas' name of the step.
PERIODS = {"QS": 4, "QE": 4, "MS": 12, "ME": 12, "W": 52, "B": 5, "D": 7}
PERIODS |= {"h": 24, "min": 24 * 60, "s": 24 * 60 * 60}


class DataSet(NamedTuple):
    """What is published about a data set: its split, and how results are reported."""

    name: str
    until: str  # end of the test
    test_steps: int
    validation_steps: int
    variance: float  # that squared errors are divided by
    slices: dict[str, tuple[int, int]]  # years


# Weigend, Huberman and Rumelhart (1990): to 1920, 1955 and 1979; errors over 1535.
YEARS = {"1921-1955": (1921, 1955), "1956-1979": (1956, 1979)}
SUNSPOTS = DataSet("sunspots", "1979", 59, 40, variance=1535.0, slices=YEARS)


class Panel:
    """Series as a long frame: one row per series and time, series after series."""

    def __init__(self, frame: pd.DataFrame, steps: dict[str, pd.DateOffset]):
        """Take columns unique_id, ds, y and covariates, and the step of each series."""
        self.frame, self.steps = frame.reset_index(drop=True), steps
        self.values = frame[VALUE].to_numpy(float)  # (R,)
        self.covariates = frame.iloc[:, 3:].to_numpy(float)  # (R, C)
        series = self.frame.groupby(ID, sort=False)
        self.rows: dict[str, np.ndarray] = series.indices
        self.lengths = series.size()  # by name
        self.place = series.cumcount().to_numpy()  # (R,) steps before each row
        self.left = series.cumcount(ascending=False).to_numpy() + 1  # and from it on
        self.frequency = _frequency(next(iter(steps.values())))

    @property
    def usual_period(self) -> int:
        """Steps of a year, a week or a day, whichever suits the step."""
        period = PERIODS.get(self.frequency.lstrip("0123456789"), 1)
        count = next(iter(self.steps.values())).n
        return period // count if period % count == 0 else 1

    def check_frequency(self, expected: str):
        """Raise `UserError` unless all series have the expected frequency."""
        for name, step in self.steps.items():
            if _frequency(step) != expected:
                rule = f"every series must have the frequency {expected}"
                raise UserError(f"{rule}; {shown(name)} has {step.freqstr}")

    def extended(self, count: int) -> "Panel":
        """Append `count` future steps, without values, to every series."""
        parts = []
        for name, part in self.frame.groupby(ID, sort=False):
            last = part[TIME].iloc[-1]
            try:
                times = pd.date_range(last, periods=count + 1, freq=self.steps[name])
                ends = times[-1].year
            except (ValueError, OverflowError):
                ends = math.inf
            if ends > LAST_YEAR:
                rule = f"--horizon must end by the year {LAST_YEAR}"
                raise UserError(f"{rule}; {count} steps after {last} do not")
            parts += [part, pd.DataFrame({ID: name, TIME: times[1:]})]
        return Panel(pd.concat(parts), self.steps)


def _frequency(step: pd.DateOffset) -> str:
    """Return the name of a step without its anchor: `QS` for `QS-OCT`, `15min`."""
    return step.freqstr.split("-")[0]


def read_panel(
    config: Config, *, include_rest: bool = False
) -> tuple[Panel, list[str]]:
    """Read the series that `config` names, on request past the test, and notes.

    A value is missing where its cell is empty or its time is left out. It repeats the
    value before it, never a later one. Missing values at either end are cut off.
    Without a column `unique_id`, there is one series.

    Raises:
        UserError: the file cannot be read, lacks a column, or breaks a rule.
    """
    if config.data is None:
        from statsmodels.datasets import sunspots  # slow to import

        values = sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(float)
        times = pd.date_range("1700", periods=len(values), freq="YS", unit="us")
        frame = pd.DataFrame({ID: SUNSPOTS.name, TIME: times, VALUE: values})
        frame = frame if include_rest else frame[frame[TIME] <= SUNSPOTS.until]
        return Panel(frame, {SUNSPOTS.name: times.freq}), []
    path = Path(config.data)
    rows = tables.read(path)
    # As texts: a series may be named 007. The index counts lines.
    table = pd.DataFrame(list(rows.values()), rows, dtype=object).fillna("").map(str)
    table = table.map(str.strip)[(table != "").any(axis=1)]
    if table.empty:
        raise UserError(f"{path} has a header with no rows")
    values = (config.target, *config.covariates)
    needed = [("--time-column", config.time_column), ("--target", config.target)]
    needed += [("--id-column", config.id_column)] * (config.id_column != ID)
    for flag, name in (*needed, *(("--covariates", name) for name in values[1:])):
        check_choice(f"{flag}, a column of {path},", name, table)
    one = pd.Series(config.target, table.index, name=config.id_column)
    names, times = table.get(config.id_column, one), table[config.time_column]
    _check(path, names == "", names, "not be empty")
    frame = pd.DataFrame({ID: names, TIME: _times(path, times)})
    for number, name in enumerate(values):
        column = pd.to_numeric(table[name], errors="coerce").astype("float64")
        wrong = ~np.isfinite(column) & ~table[name].isin(MISSING)
        _check(path, wrong, table[name], "be a finite number")
        frame[f"x{number}" if number else VALUE] = column
    if config.recipe.until and not include_rest:
        frame = frame[frame[TIME] <= config.recipe.until]
        if frame.empty:
            raise UserError(f"{path} has no row up to {config.recipe.until}")
    rule = "ascend within a series (several series are told apart by --id-column)"
    _check(path, frame.groupby(ID)[TIME].diff() <= pd.Timedelta(0), times, rule)
    steps, parts = {}, []
    for name, rows in frame.groupby(ID, sort=False):
        part, steps[name] = _steady(f"{path}, series {shown(name)}", rows)
        parts.append(part)
    frame, filled = _filled(path, pd.concat(parts, ignore_index=True), config.max_gap)
    panel = Panel(frame, steps)
    panel.check_frequency(panel.frequency)
    notes = [f"{filled} missing values: each repeats the value before it"]
    return panel, notes if filled else []


def panel_of(frame: pd.DataFrame) -> Panel:
    """Return the series of a long frame: columns unique_id, ds, y and covariates.

    Raises:
        UserError: a series has no steady step, or a value that is not a finite number.
    """
    steps, parts = {}, []
    for name, rows in frame.groupby(ID, sort=False):
        part, steps[name] = _steady(f"series {shown(name)}", rows)
        parts.append(part[[ID, TIME, VALUE, *frame.columns.drop([ID, TIME, VALUE])]])
    whole = pd.concat(parts, ignore_index=True)
    if not np.isfinite(whole.iloc[:, 2:].to_numpy(float)).all():
        raise UserError("the frame must hold a finite number at every step of a series")
    return Panel(whole, steps)


def _check(path: Path, wrong: pd.Series, column: pd.Series, rule: str):
    """Raise `UserError` with the first line where a column is wrong."""
    if wrong.any():
        line = wrong.idxmax()
        raise UserError(
            f"{path}, line {line}: {one_line(column.name, 40)} must {rule}; "
            f"received {shown(column[line])}"
        )


def _times(path: Path, column: pd.Series) -> pd.Series:
    """Return times without a zone: UTC, or the local clock if it always says the same.

    UTC has no summer time: hours stay an hour apart. On the local clock, days do.
    """
    options = {"format": "ISO8601", "errors": "coerce", "utc": True}
    times = pd.to_datetime(column, **options).dt.tz_localize(None)
    rule = "be a time in ISO 8601, 2020-01-31 or 2020-01-31 13:00, from the year 1 on"
    _check(path, times.isna() | (times.dt.year < 1), column, rule)
    zoned = column.str.contains(r"[T ]\d.*" + ZONE)
    differs = zoned != zoned.iloc[0]
    _check(path, differs, column, "have a time zone on every line or on none")
    clock = column.str.replace(ZONE, "", regex=True)
    local = pd.to_datetime(clock, **options).dt.tz_localize(None)
    always_same = (local - local.dt.normalize()).nunique() == 1
    return local if zoned.iloc[0] and always_same else times


def _steady(where: str, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DateOffset]:
    """Return one series with a row for each step, empty where none was, and the step.

    With gaps, the step is the one that most stretches between them have.

    Raises:
        UserError: there is no steady step, or there are fewer than three times.
    """
    times = pd.DatetimeIndex(rows[TIME])
    if len(times) < 3:
        raise UserError(f"{where}: at least 3 times are needed; there are {len(times)}")
    with pd.option_context("future.infer_freq_returns_offset", True):
        step = pd.infer_freq(times)
        if step is None:
            length = min(STRETCH, max(3, math.isqrt(len(times))))
            starts = range(min(500, len(times) - length + 1))
            found = Counter(pd.infer_freq(times[i : i + length]) for i in starts)
            del found[None]
            step = max(found, key=found.get, default=None)
    if step is None or (times[-1] - times[0]) / np.diff(times).min() > MAX_ROWS:
        raise UserError(f"{where}: the times have no steady step")
    # utilsforecast's fill_gaps fails for days from 6:00 on and for years before 1678.
    grid = rows.set_index(TIME).asfreq(step)
    off = times.difference(grid.index)
    if len(off):
        rule = f"times must be at the step {step.freqstr}"
        raise UserError(f"{where}: {rule}; {off[0]} is not")
    return grid.rename_axis(TIME).reset_index().assign(**{ID: rows[ID].iloc[0]}), step


def _filled(path: Path, frame: pd.DataFrame, max_gap: int) -> tuple[pd.DataFrame, int]:
    """Cut off what is missing at the ends, fill the rest, and count what was filled."""
    names, complete = frame[ID], frame.notna().all(axis=1)
    later = frame[VALUE].notna()[::-1].groupby(names).cummax()[::-1]
    kept = complete.groupby(names).cummax() & later
    empty = set(names) - set(names[kept])
    if empty:
        raise UserError(f"{path}, series {shown(min(empty))} holds no value")
    frame, missing = frame[kept], ~complete[kept]
    in_a_row = missing.groupby((~missing).cumsum()).cumsum()
    row, count = in_a_row.idxmax(), in_a_row.max()
    if count > max_gap:
        raise UserError(
            f"{path}: at most --max-gap {max_gap} values in a row may be missing; of "
            f"series {shown(frame[ID][row])} {count} are, up to {frame[TIME][row]}: "
            f"--max-gap {count} would do"
        )
    columns = [ID, TIME, *frame.columns.drop([ID, TIME])]
    return frame[columns].ffill(), int(missing.sum())
