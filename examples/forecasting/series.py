"""Series from tables: one or many, at a steady step, without gaps.

Letters: R rows of all series together, C covariates.
"""

import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from common import files
from common.errors import UserError, one_line, shown
from common.preprocessing.tables import DELIMITERS

ID, TIME, VALUE = "unique_id", "ds", "y"  # the first columns of a long frame
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")  # for a number
STRETCH = 10  # times from which the step is told where there are gaps
ZONE = r"\s*(?:Z|[+-]\d\d:?(?:\d\d)?)$"  # of a time that has a clock
LAST_YEAR = 9000  # times can be written and drawn up to 9999, with a margin
MAX_STEPS = 10_000_000  # of one series
# Steps after which a pattern usually comes back, by pandas' name of the step.
PERIODS = {"YS": 1, "YE": 1, "QS": 4, "QE": 4, "MS": 12, "ME": 12, "W": 52, "B": 5}
DAY = {"D": 1, "h": 24, "min": 24 * 60, "s": 24 * 60 * 60}


@dataclass(frozen=True)
class Panel:
    """Series as a long frame: one row per series and time, series after series."""

    frame: pd.DataFrame  # unique_id, ds, y, and the covariates; index 0 to R - 1
    steps: dict[str, pd.DateOffset]  # between the times of each series

    @cached_property
    def values(self) -> np.ndarray:
        """Values of all series, (R,)."""
        return self.frame[VALUE].to_numpy(float)

    @cached_property
    def covariates(self) -> np.ndarray:
        """Covariates of all series, (R, C)."""
        return self.frame.iloc[:, 3:].to_numpy(float)

    @cached_property
    def lengths(self) -> pd.Series:
        """Number of steps of each series, by name."""
        return self.frame[ID].value_counts(sort=False)

    @cached_property
    def place(self) -> np.ndarray:
        """Steps of the same series before each row, (R,)."""
        return np.concatenate([np.arange(length) for length in self.lengths])

    @cached_property
    def left(self) -> np.ndarray:
        """Steps of the same series from each row on, (R,)."""
        return self.lengths.repeat(self.lengths).to_numpy() - self.place

    @cached_property
    def rows(self) -> dict[str, slice]:
        """Rows of each series, by name."""
        ends = self.lengths.cumsum()
        return {
            name: slice(ends[name] - n, ends[name]) for name, n in self.lengths.items()
        }

    @property
    def frequency(self) -> str:
        """Name of the step without its anchor: `QS` for `QS-OCT`, `15min`."""
        return _frequency(next(iter(self.steps.values())))

    @property
    def usual_period(self) -> int:
        """Steps of a year, a week or a day, whichever suits the step."""
        step, name = (
            next(iter(self.steps.values())),
            self.frequency.lstrip("0123456789"),
        )
        if name == "D":
            return 7 if step.n == 1 else 1
        if name in DAY:
            return DAY[name] // step.n if DAY[name] % step.n == 0 else 1
        return PERIODS.get(name, 1) if step.n == 1 else 1

    def only(self, names: Sequence[str]) -> "Panel":
        """Return some of the series."""
        frame = self.frame[self.frame[ID].isin(names)].reset_index(drop=True)
        return Panel(frame, {name: self.steps[name] for name in names})

    def extended(self, count: int) -> "Panel":
        """Append `count` future steps to every series, without values.

        Raises:
            UserError: the times leave the range of the calendar.
        """
        parts = []
        for name, part in self.frame.groupby(ID, sort=False):
            last = part[TIME].iloc[-1]
            try:
                times = pd.date_range(last, periods=count + 1, freq=self.steps[name])
                if times[-1].year > LAST_YEAR:
                    raise OverflowError
            except (ValueError, OverflowError):
                raise UserError(
                    f"--horizon must end by the year {LAST_YEAR}; {count} steps after "
                    f"the end of {shown(name)}, {last}, do not"
                ) from None
            parts += [part, pd.DataFrame({ID: name, TIME: times[1:]})]
        return Panel(pd.concat(parts, ignore_index=True), self.steps)


def _frequency(step: pd.DateOffset) -> str:
    return step.freqstr.split("-")[0]


def read(
    path: Path,
    *,
    time_column: str,
    target: str,
    id_column: str = ID,
    covariates: Sequence[str] = (),
    until: str | None = None,
    max_gap: int = 0,
) -> tuple[Panel, list[str]]:
    """Read a .csv or .tsv file: long, with a column of names, or a single series.

    A value is missing where its cell is empty or its time is left out. It repeats the
    value before it, never a later one. Missing values at either end are cut off.

    Args:
        path: the file, with a header.
        time_column: column with the times, ISO 8601, ascending within a series.
        target: column with the values.
        id_column: column with the names of the series. A file without a column
            `unique_id` is one series.
        covariates: further columns with numbers.
        until: last time that is read, ISO 8601; `None` for all.
        max_gap: maximum number of missing values in a row.

    Returns:
        the series in the order of the file, and notes for the user.

    Raises:
        UserError: the file cannot be read, lacks a column, or breaks a rule.
    """
    table = _table(path)
    for flag, name in (
        ("--time-column", time_column),
        ("--target", target),
        *([("--id-column", id_column)] if id_column != ID else []),
        *(("--covariates", name) for name in covariates),
    ):
        if name not in table:
            raise UserError(
                f"{flag} must be a column of {path}: "
                f"{', '.join(map(repr, table))}; received {shown(name)}"
            )
    names = table[id_column] if id_column in table else pd.Series(target, table.index)
    if (names == "").any():
        raise UserError(f"{path}, {_line(names == '')}: {id_column} is empty")
    frame = pd.DataFrame({ID: names, TIME: _times(path, table[time_column])})
    for number, name in enumerate((target, *covariates)):
        frame[f"x{number}" if number else VALUE] = _numbers(path, table[name])
    if until is not None:
        frame = frame[frame[TIME] <= pd.Timestamp(until)]
        if frame.empty:
            raise UserError(f"{path} has no row up to {until}")
    _check_order(path, frame)
    steps, parts = {}, []
    for name, rows in frame.groupby(ID, sort=False):
        where = f"{path}, series {shown(name)}"
        steps[name], has_gaps = _step(where, pd.DatetimeIndex(rows[TIME]))
        parts.append(_at_every_step(where, rows, steps[name]) if has_gaps else rows)
    frame = pd.concat(parts, ignore_index=True)
    frame, filled = _without_missing(path, frame, max_gap)
    panel = Panel(frame, steps)
    check_frequency(panel, panel.frequency)
    notes = [f"{filled} missing values: each repeats the value before it"]
    return panel, notes if filled else []


def check_frequency(panel: Panel, expected: str):
    """Raise `UserError` unless all series have the expected frequency."""
    for name, step in panel.steps.items():
        if _frequency(step) != expected:
            raise UserError(
                f"every series must have the frequency {expected}; "
                f"{shown(name)} has {_frequency(step)}"
            )


def _table(path: Path) -> pd.DataFrame:
    """Return the cells of a file as texts; the index counts lines from 0."""
    kind = path.suffix.lower()
    if not path.is_dir() and kind not in DELIMITERS:
        raise UserError(f"{path} must be a file of kind {', '.join(DELIMITERS)}")
    text = files.read_text(path)
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=DELIMITERS[kind],
            header=None,
            dtype=str,  # else the year 1700 would be a number
            na_filter=False,  # a series may be named NA
            skipinitialspace=True,
            skip_blank_lines=False,
        ).fillna("")
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None
    table = table[(table != "").any(axis=1)]
    table, header = table[1:].set_axis(table.iloc[0], axis=1), table.iloc[0]
    twice = header[header.duplicated() & (header != "")]
    if len(twice):
        raise UserError(f"{path} has two columns named {shown(twice.iloc[0])}")
    if table.empty:
        raise UserError(f"{path} has a header and no rows")
    return table


def _line(wrong: pd.Series) -> str:
    return f"line {wrong.idxmax() + 1}"


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    wrong = ~np.isfinite(numbers) & ~column.isin(MISSING)
    if wrong.any():
        raise UserError(
            f"{path}, {_line(wrong)}: {shown(column.name)} must be a finite number; "
            f"received {shown(column[wrong.idxmax()])}"
        )
    return numbers


def _times(path: Path, column: pd.Series) -> pd.Series:
    """Return times without a zone: UTC, or the local clock if it always says the same.

    UTC knows no summer time, so hours stay an hour apart; the local midnight of every
    day stays a day apart.
    """

    def parse(texts: pd.Series) -> pd.Series:
        times = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
        return times.dt.tz_localize(None)

    times = parse(column)
    wrong = times.isna() | (times.dt.year < 1)
    if wrong.any():
        raise UserError(
            f"{path}, {_line(wrong)}: {shown(column.name)} must be a time in ISO 8601, "
            "as 2020-01-31 or 2020-01-31 13:00, from the year 1 on; "
            f"received {shown(column[wrong.idxmax()])}"
        )
    zoned = column.str.contains(r"[T ]\d.*" + ZONE)
    if zoned.nunique() > 1:
        raise UserError(
            f"{path}, {_line(zoned != zoned.iloc[0])}: either all times have a time "
            f"zone or none; received {shown(column[(zoned != zoned.iloc[0]).idxmax()])}"
        )
    if zoned.iloc[0]:
        local = parse(column.str.replace(ZONE, "", regex=True))
        if (local - local.dt.normalize()).nunique() == 1:
            return local
    return times


def _check_order(path: Path, frame: pd.DataFrame):
    behind = frame.groupby(ID, sort=False)[TIME].diff() <= pd.Timedelta(0)
    if behind.any():
        name, time = frame.loc[behind.idxmax(), [ID, TIME]]
        before = frame.loc[: behind.idxmax()]
        twice = ((before[ID] == name) & (before[TIME] == time)).sum() > 1
        raise UserError(
            f"{path}, {_line(behind)}, series {shown(name)}: times must ascend; {time} "
            f"{'stands there twice' if twice else 'comes after a later time'} "
            "(several series are told apart by --id-column)"
        )


def _at_every_step(where: str, rows: pd.DataFrame, step: pd.DateOffset) -> pd.DataFrame:
    """Return one series with a row for each step; new rows are empty."""
    table = rows.set_index(TIME)
    # utilsforecast's fill_gaps fails for days from 6:00 on and for years before 1678.
    grid = table.asfreq(step)
    off = table.index.difference(grid.index)
    if len(off):
        raise UserError(
            f"{where}: times must be at the step {step.freqstr}; {off[0]} is not"
        )
    return grid.rename_axis(TIME).reset_index().assign(**{ID: rows[ID].iloc[0]})


def _without_missing(
    path: Path, frame: pd.DataFrame, max_gap: int
) -> tuple[pd.DataFrame, int]:
    """Cut off what is missing at the ends, fill the rest, and count what was filled."""
    names = frame[ID]
    complete = frame.notna().all(axis=1)
    begun = complete.groupby(names).cummax()
    goes_on = frame[VALUE].notna()[::-1].groupby(names).cummax()[::-1]
    frame, complete = frame[begun & goes_on], complete[begun & goes_on]
    empty = set(names) - set(frame[ID])
    if empty:
        raise UserError(f"{path}, series {shown(min(empty))} holds no value")
    in_a_row = (~complete).groupby(complete.cumsum()).cumsum()
    longest = in_a_row.groupby(frame[ID]).max().sort_values()
    if longest.iloc[-1] > max_gap:
        name, count = longest.index[-1], longest.iloc[-1]
        end = in_a_row[frame[ID] == name].idxmax()
        raise UserError(
            f"{path}: at most --max-gap {max_gap} values in a row may be missing; "
            f"{(longest > max_gap).sum()} series lack more; {shown(name)} lacks "
            f"{count} from {frame.loc[end - count + 1, TIME]} on, so --max-gap {count} "
            "would do"
        )
    frame = frame.ffill().reset_index(drop=True)
    return frame[[ID, TIME, *frame.columns.drop([ID, TIME])]], int((~complete).sum())


def _step(where: str, times: pd.DatetimeIndex) -> tuple[pd.DateOffset, bool]:
    """Return the step between times, or that of most stretches; and if there are gaps.

    Raises:
        UserError: there is no steady step, or there are fewer than three times.
    """
    if len(times) < 3:
        raise UserError(
            f"{where}: at least 3 times are needed to tell the step; there are "
            f"{len(times)}"
        )
    with pd.option_context("future.infer_freq_returns_offset", True):
        step = pd.infer_freq(times)
        if step is not None:
            return step, False
        length = min(STRETCH, max(3, math.isqrt(len(times))))
        starts = range(len(times) - length + 1)
        found = Counter(pd.infer_freq(times[i : i + length]) for i in starts[:500])
    del found[None]
    smallest = np.diff(times).min()
    if not found or (times[-1] - times[0]) / smallest > MAX_STEPS:
        raise UserError(f"{where}: the times have no steady step")
    return found.most_common(1)[0][0], True
