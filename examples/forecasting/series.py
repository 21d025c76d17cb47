"""Time series from tables: one or many, at a steady step, without holes.

Letters: N time steps of a series, C covariates.
"""

import io
import math
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from common.errors import UserError, one_line
from common.files import read_text
from common.preprocessing.tables import DELIMITERS

ID = "unique_id"  # column that tells the series of a long table apart
STRETCH = 10  # times from which a frequency is told where the whole has gaps
# Steps after which a pattern usually comes back, by pandas' name of the step.
PERIODS = {"YS": 1, "YE": 1, "QS": 4, "QE": 4, "MS": 12, "ME": 12, "W": 52, "B": 5}
DAY = {"D": 1, "h": 24, "min": 24 * 60, "s": 24 * 60 * 60}


@dataclass(frozen=True)
class Series:
    """Values at a steady step, with covariates known at the same times."""

    name: str
    start: pd.Timestamp
    step: pd.DateOffset
    values: np.ndarray  # (N,) float64
    covariates: np.ndarray  # (N, C) float64

    def __len__(self) -> int:
        return len(self.values)

    def times(self, first: int, count: int) -> pd.DatetimeIndex:
        """Return the times of `count` steps from number `first` on, also beyond N."""
        begin = self.start + first * self.step
        return pd.date_range(begin, periods=count, freq=self.step)


def frequency(step: pd.DateOffset) -> str:
    """Return the name of a step without its anchor: `QS` for `QS-OCT`, `15min`."""
    return step.freqstr.split("-")[0]


def usual_period(step: pd.DateOffset) -> int:
    """Return the steps of a year, a week or a day, whichever suits the step."""
    name = frequency(step).lstrip("0123456789")
    if name == "D":
        return 7 if step.n == 1 else 1
    if name in DAY:
        return DAY[name] // step.n if DAY[name] % step.n == 0 else 1
    return PERIODS.get(name, 1) if step.n == 1 else 1


def read(
    path: Path,
    *,
    time_column: str,
    target: str,
    id_column: str = ID,
    covariates: Sequence[str] = (),
    until: str | None = None,
    max_gap: int = 0,
) -> tuple[list[Series], list[str]]:
    """Read a .csv or .tsv file: long, with a column of names, or one series wide.

    A value is missing where its cell is empty or its time is left out. Such a value is
    taken from the step before it, never from a later one; missing values at either end
    are cut off.

    Args:
        path: the file, with a header.
        time_column: column with the times, ISO 8601, ascending within a series.
        target: column with the values.
        id_column: column that tells several series apart; without a column
            `unique_id`, the file is one series.
        covariates: further columns with numbers.
        until: last time that is read, ISO 8601; `None` for all.
        max_gap: most missing values in a row.

    Returns:
        the series in the order of the file, and sentences for the user.

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
        if name not in table.columns:
            there = ", ".join(map(repr, table.columns))
            raise UserError(
                f"{flag} must be a column of {path}: {there}; received {name!r}"
            )
    numbers = {name: _numbers(path, table[name]) for name in (target, *covariates)}
    frame = pd.DataFrame(numbers)
    times = _times(path, table[time_column])
    names = table[id_column] if id_column in table else pd.Series(target, table.index)
    if names.isna().any():
        raise UserError(f"{path}, {_line(names.isna())}: {id_column} is empty")
    if until is not None:
        kept = times <= _until(until)
        frame, times, names = frame[kept], times[kept], names[kept]
        if frame.empty:
            raise UserError(f"--until {until} leaves no row of {path}")
    every, filled = [], 0
    for name, rows in frame.groupby(names, sort=False):
        one, count = _series(path, str(name), times[rows.index], rows, max_gap)
        every.append(one)
        filled += count
    check_frequency(every)
    notes = [f"{filled} missing values: taken from the step before"] if filled else []
    return every, notes


def check_frequency(every: Sequence[Series], expected: str | None = None):
    """Raise `UserError` unless all series have the same frequency, or the expected."""
    for one in every:
        expected = expected or frequency(one.step)
        if frequency(one.step) != expected:
            raise UserError(
                f"every series must have the frequency {expected}; "
                f"{one.name!r} has {frequency(one.step)}"
            )


def _table(path: Path) -> pd.DataFrame:
    kind = path.suffix.lower()
    if not path.is_dir() and kind not in DELIMITERS:
        raise UserError(f"{path} must be a file of kind {', '.join(DELIMITERS)}")
    text = read_text(path)
    try:
        with warnings.catch_warnings():
            # Else a row with more cells than the header loses the last ones.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # As text: pandas would take the year 1700 for a number.
            table = pd.read_csv(
                io.StringIO(text),
                sep=DELIMITERS[kind],
                dtype=str,
                skipinitialspace=True,
                index_col=False,
            )
    except pd.errors.ParserWarning:
        raise UserError(f"{path}: a row has more cells than the header") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None
    if table.empty:
        raise UserError(f"{path} has a header and no rows")
    return table.reset_index(drop=True)


def _line(wrong: pd.Series) -> str:
    """Name the line of the first row that is wrong; the header is line 1."""
    return f"line {wrong.idxmax() + 2}"


def _numbers(path: Path, column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    wrong = (numbers.isna() & column.notna()) | np.isinf(numbers)
    if wrong.any():
        raise UserError(
            f"{path}, {_line(wrong)}: {column.name} must be a finite number; "
            f"received {column[wrong.idxmax()]!r}"
        )
    return numbers


def _parse(times: pd.Series) -> pd.Series:
    # Times with an offset become UTC, so that summer time tears no hole.
    parsed = pd.to_datetime(times, format="ISO8601", errors="coerce", utc=True)
    return parsed.dt.tz_localize(None)


def _until(text: str) -> pd.Timestamp:
    time = _parse(pd.Series([text]))[0]
    if pd.isna(time):
        raise UserError(f"--until must be a time in ISO 8601; received {text!r}")
    return time


def _times(path: Path, column: pd.Series) -> pd.Series:
    times = _parse(column)
    if times.isna().any():
        raise UserError(
            f"{path}, {_line(times.isna())}: {column.name} must be a time in ISO 8601, "
            f"as 2020-01-31 or 2020-01-31 13:00; "
            f"received {column[times.isna().idxmax()]!r}"
        )
    return times


def _series(
    path: Path, name: str, times: pd.Series, rows: pd.DataFrame, max_gap: int
) -> tuple[Series, int]:
    """Return one series without holes, and how many of its values were missing."""
    where = f"{path}, series {name!r}"
    behind = times <= times.shift()
    if behind.any():
        row = behind.idxmax()
        repeated = (times.loc[:row] == times[row]).sum() > 1
        what = "stands there twice" if repeated else "comes after a later time"
        raise UserError(
            f"{where}, line {row + 2}: times must ascend; {times[row]} {what} "
            "(several series are told apart by --id-column)"
        )
    index = pd.DatetimeIndex(times)
    step, steady = _step(where, index)
    table = rows.set_axis(index)
    if not steady:
        grid = pd.date_range(index[0], index[-1], freq=step)
        off = index.difference(grid)
        if len(off):
            raise UserError(
                f"{where}: times must be at the step {step.freqstr}; {off[0]} is not"
            )
        table = table.reindex(grid)
    complete = table.notna().all(axis=1)
    if steady and complete.all():
        values = table.to_numpy(float)
        return Series(name, index[0], step, values[:, 0], values[:, 1:]), 0
    last = table.iloc[:, 0].last_valid_index()
    if last is None or not complete.any():
        raise UserError(f"{where} holds no value")
    first = complete.idxmax()
    table, complete = table.loc[first:last], complete.loc[first:last]
    runs = (~complete).groupby(complete.cumsum()).sum()
    if runs.max() > max_gap:
        begin = table.index[complete.cumsum() == runs.idxmax()][1]
        raise UserError(
            f"{where}: at most --max-gap {max_gap} values in a row may be missing; "
            f"from {begin} on, {runs.max()} are"
        )
    values = table.ffill().to_numpy(float)
    return Series(name, first, step, values[:, 0], values[:, 1:]), int(runs.sum())


def _step(where: str, times: pd.DatetimeIndex) -> tuple[pd.DateOffset, bool]:
    """Return the step between the times, or that of most stretches without a gap.

    The second value says whether there is no gap at all.

    Raises:
        UserError: there is none, or fewer than three times.
    """
    if len(times) < 3:
        raise UserError(
            f"{where}: at least 3 times are needed to tell the step; there are "
            f"{len(times)}"
        )
    with pd.option_context("future.infer_freq_returns_offset", True):
        step = pd.infer_freq(times)
        steady = step is not None
        if not steady:
            length = min(STRETCH, max(3, math.isqrt(len(times))))
            starts = range(len(times) - length + 1)
            found = Counter(pd.infer_freq(times[i : i + length]) for i in starts[:500])
            del found[None]
            step = found.most_common(1)[0][0] if found else None
    if step is None:
        raise UserError(f"{where}: the times have no steady step")
    return step, steady
