"""From files of measurements to arrays: reading, splitting, and the preprocessor.

Letters: N windows, T time steps of a window, D channels, C classes.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedGroupKFold

from common import files
from common.errors import UserError, check_choice, one_line, shown
from common.preprocessing import tables
from common.preprocessing.padding import padded
from common.preprocessing.sequences import Batches
from common.settings import MAX_COUNT, Limits, check, flag

from .config import Config

DIGITS = "scikit-learn's digits"
SPLITS = ("train", "validation", "test")
SPLIT_SEED = 0  # fixed, so that --seed changes the training alone
FOLDS = 5  # the test is one of five parts, the validation one of five of the rest
MIN_WINDOWS = 25
# Channel and step of a column in a file of one window per row: x_0, "acc-y 12", 3.
_STEP = re.compile(r"(?P<channel>.*?)[ _.\-]?(?P<step>\d+)")


@dataclass(frozen=True)
class Windows:
    """Windows of one file, as they were read: measured units, nothing standardized."""

    channels: list[str]  # D names
    values: list[np.ndarray]  # of each window (T, D)
    times: list[list[str]]  # of each window T texts
    names: list[str]  # N
    labels: list[str]  # N; "" where there is none
    groups: list[str]  # N windows of one group stay in one split
    notes: list[str]  # what a user should know about the reading

    def take(self, rows: Sequence[int]) -> "Windows":
        """Return some of the windows."""
        lists = ("values", "times", "names", "labels", "groups")
        chosen = {name: [getattr(self, name)[n] for n in rows] for name in lists}
        return Windows(channels=self.channels, notes=self.notes, **chosen)


@dataclass(frozen=True)
class Preprocessor:
    """Turns windows into standardized, padded arrays, and class numbers into labels."""

    channels: list[str]
    means: list[float]  # of each channel in the training split
    deviations: list[float]  # standard deviations; 1 for a constant channel
    labels: list[str]
    max_length: int

    @classmethod
    def fit(cls, train: Windows, max_length: int) -> "Preprocessor":
        """Learn means, standard deviations and labels from the training windows."""
        steps = np.concatenate([one[:max_length] for one in train.values])  # (all T, D)
        spread = np.nanstd(steps, axis=0, dtype="float64")
        return cls(
            channels=train.channels,
            means=np.nanmean(steps, axis=0, dtype="float64").tolist(),
            deviations=np.where(spread > 0, spread, 1.0).tolist(),
            labels=sorted(set(train.labels)),
            max_length=max_length,
        )

    def standardized(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return windows (T, D) with mean 0 and standard deviation 1 in training.

        A missing value becomes the last one before it in its window. With none before
        it, it becomes the mean.
        """
        done = []
        for one in values:
            filled = pd.DataFrame(one[: self.max_length]).ffill().to_numpy()
            scaled = (filled - self.means) / self.deviations
            done.append(np.nan_to_num(scaled, nan=0.0).astype("float32"))
        return done

    def encode(self, values: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return signals, float32 (N, T, D), and what is present, int32 (N, T).

        Short windows are filled with zeros behind their end, where `present` is 0.
        """
        windows = self.standardized(values)
        present = [np.ones(len(one)) for one in windows]
        return (
            padded(windows, dtype="float32"),
            padded(present),
        )

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessor":
        """Rebuild a preprocessor.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        names = ("channels", "means", "deviations", "labels", "max_length")
        if not isinstance(value, dict) or set(value) != set(names):
            raise UserError(f"a preprocessor needs {', '.join(names)}")
        kinds = {"channels": str, "labels": str, "means": float, "deviations": float}
        for name, kind in kinds.items():
            part = value[name]
            if not isinstance(part, list) or not all(type(x) is kind for x in part):
                raise UserError(f"{name} of a preprocessor must be a list of {kind}")
        if len({len(value[n]) for n in ("channels", "means", "deviations")}) > 1:
            raise UserError("a preprocessor needs one mean and deviation per channel")
        finite = np.isfinite(value["means"] + value["deviations"]).all()
        if not finite or min(value["deviations"], default=0) <= 0:
            raise UserError("the deviations of a preprocessor must be above 0")
        check("max_length", value["max_length"], int, Limits(1, MAX_COUNT))
        return cls(**value)


@dataclass(frozen=True)
class Split:
    """The windows of one split, as they were read and as arrays."""

    windows: Windows
    signals: np.ndarray  # (N, T, D) float32
    present: np.ndarray  # (N, T) int32
    classes: np.ndarray  # (N,) int32

    def batches(
        self,
        batch_size: int,
        *,
        seed: int | None = None,
        weights: np.ndarray | None = None,
    ) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch. `weights`: (N,)."""
        return Batches(
            (self.signals, self.present),
            self.classes,
            batch_size=batch_size,
            seed=seed,
            lengths=self.present.sum(axis=1),
            weights=weights,
        )


@dataclass(frozen=True)
class Data:
    """A data set ready for training."""

    name: str  # of the data set, or path of the file
    data_hash: str
    notes: list[str]
    preprocessor: Preprocessor
    train: Split
    validation: Split
    test: Split


def load(config: Config) -> Data:
    """Read the data that `config` names; fit the preprocessor on its training split.

    Raises:
        UserError: a file cannot be used; the message says why.
    """
    parts = splits(config)
    preprocessor = Preprocessor.fit(parts[0], config.max_length)
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    longest = max(len(one) for part in parts for one in part.values)
    if longest > config.max_length:
        notes.append(f"windows are read to step {config.max_length} of {longest}")
    made = []
    for part in parts:
        classes = pd.Categorical(part.labels, preprocessor.labels).codes
        if (classes < 0).any():
            odd = shown(part.labels[int(np.argmin(classes))])
            raise UserError(f"the label {odd} does not occur in the training windows")
        arrays = preprocessor.encode(part.values)
        made.append(Split(part, *arrays, classes.astype("int32")))
    contents = [one for part in parts for one in (*part.values, part.labels)]
    return Data(
        name=config.data or DIGITS,
        data_hash=files.hash_of(*contents),
        notes=notes,
        preprocessor=preprocessor,
        **dict(zip(SPLITS, made, strict=True)),
    )


def splits(config: Config) -> list[Windows]:
    """Return the windows of training, validation and test.

    Raises:
        UserError: a file cannot be read, two files have different channels, or there
            are too few windows, labels or groups.
    """
    path = Path(config.data) if config.data else None
    train = read(path, config) if path else digits()
    given = {"validation": config.validation_data, "test": config.test_data}
    own = {name: read(Path(file), config) for name, file in given.items() if file}
    for name, part in own.items():
        if part.channels != train.channels:
            raise UserError(
                f"{given[name]} must have the channels of {path}, "
                f"{shown(train.channels)}; it has {shown(part.channels)}"
            )
    counts = pd.Series(train.labels).value_counts()
    if len(train.values) < MIN_WINDOWS or len(counts) < 2 or counts.min() < FOLDS:
        listed = ", ".join(f"{shown(x)} {n}" for x, n in counts[::-1].head().items())
        raise UserError(
            f"{path} must have at least {MIN_WINDOWS} windows, 2 labels, and {FOLDS} "
            f"windows of each; it has {len(train.values)} and {len(counts)}: {listed}"
        )
    for name in ("test", "validation"):
        if name not in own:
            train, own[name] = split_off(train)
    return [train, own["validation"], own["test"]]


def split_off(windows: Windows) -> tuple[Windows, Windows]:
    """Return about four fifths of the windows, and the others.

    Each label keeps its share as far as possible, and each group is in one part.

    Raises:
        UserError: there are too few groups, or a label would be in one part only.
    """
    if len(set(windows.groups)) < FOLDS:
        raise UserError(
            f"--group-column needs at least {FOLDS} groups in each part that is split; "
            f"received {len(set(windows.groups))}"
        )
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SPLIT_SEED)
    rest, part = next(folds.split(windows.names, windows.labels, windows.groups))
    if missing := set(windows.labels) - {windows.labels[n] for n in rest}:
        raise UserError(f"only one group has the label {shown(sorted(missing)[0])}")
    return windows.take(rest), windows.take(part)


def digits() -> Windows:
    """Return 1,797 handwritten digits: 8 rows are the steps, 8 columns the channels."""
    data = load_digits()
    count = len(data.images)
    return Windows(
        channels=[f"column {n}" for n in range(1, 9)],
        values=list(data.images.astype("float32")),  # (8, 8), 0..16
        times=[[str(n) for n in range(1, 9)]] * count,
        names=[str(n) for n in range(count)],
        labels=[str(label) for label in data.target],
        groups=[str(n) for n in range(count)],
        notes=[],
    )


def read(path: Path, config: Config, *, labelled: bool = True) -> Windows:
    """Read windows from a file: one row per step, or one row per window.

    A file with the id column has one row per step. Every column that has no other
    meaning is a channel. A file without it has one row per window, and its columns
    are named after channel and step: `x_0`, `x_1`, `y_0`, `y_1`. Empty cells at the
    end of such a row mean a shorter window; other empty cells are missing values.

    Args:
        path: a .csv, .tsv or .jsonl file.
        config: names of the columns.
        labelled: whether every window needs a label.

    Raises:
        UserError: the file cannot be read, lacks a column, has no channel, a cell that
            is not a number, or a window with several labels or groups.
    """
    table = tables.read(path)
    frame = pd.DataFrame.from_dict(table, orient="index")
    if frame.empty:
        raise UserError(f"{path} has no rows")
    if labelled:
        check_choice(flag("label_column"), config.label_column, frame.columns)
    if config.group_column is not None and labelled:
        check_choice(flag("group_column"), config.group_column, frame.columns)
    reader = _long if config.id_column in frame else _wide
    windows = reader(path, frame, config)
    if not labelled or all(windows.labels):
        return windows
    kept = [n for n, label in enumerate(windows.labels) if label]
    skipped = len(windows.labels) - len(kept)
    windows.notes.append(f"{path}: {skipped} windows without label: skipped")
    return windows.take(kept)


def _numbers(path: Path, frame: pd.DataFrame) -> np.ndarray:
    """Return the cells as numbers (rows, columns); empty cells are `nan`."""
    empty = frame.isna() | (frame.astype(str).apply(lambda x: x.str.strip()) == "")
    numbers = frame.where(~empty).apply(pd.to_numeric, errors="coerce")
    bad = ~empty & ~np.isfinite(numbers.astype("float64"))
    if bad.to_numpy().any():
        line, column = np.argwhere(bad.to_numpy())[0]
        raise UserError(
            f"{path}, line {frame.index[line]}: column {shown(frame.columns[column])} "
            f"must hold numbers; received {shown(frame.iloc[line, column])}"
        )
    return numbers.to_numpy("float32")


def _texts(frame: pd.DataFrame, column: str | None) -> list[str]:
    """Return a column as texts; "" where a cell is empty or there is no column."""
    if column is None or column not in frame:
        return [""] * len(frame)
    return ["" if pd.isna(x) else str(x).strip() for x in frame[column]]


def _long(path: Path, frame: pd.DataFrame, config: Config) -> Windows:
    """Read one row per step."""
    given = {
        "names": config.id_column,
        "times": config.time_column,
        "labels": config.label_column,
        "groups": config.group_column,
    }
    channels = [name for name in frame if name not in given.values()]
    channels = _chosen(path, channels, config)
    numbers = _numbers(path, frame[channels])
    texts = {name: _texts(frame, column) for name, column in given.items()}
    order = np.arange(len(frame))
    if config.time_column in frame:
        times = pd.Series(texts["times"])
        as_numbers = pd.to_numeric(times, errors="coerce")  # else ISO dates, as text
        times = times if as_numbers.isna().any() else as_numbers
        order = times.argsort(kind="stable").to_numpy()
    rows_of: dict[str, list[int]] = {name: [] for name in texts["names"]}
    for row in order:
        rows_of[texts["names"][row]].append(row)
    one_each = {}
    for kind in ("labels", "groups"):
        one_each[kind] = []
        for name, rows in rows_of.items():
            found = sorted({texts[kind][row] for row in rows})
            if len(found) > 1:
                raise UserError(
                    f"{path}: the window {shown(name)} must have one value in "
                    f"{shown(given[kind])}; it has {shown(found)}"
                )
            one_each[kind].append(found[0])
    if config.group_column is None:
        one_each["groups"] = list(rows_of)
    return Windows(
        channels=channels,
        values=[numbers[rows] for rows in rows_of.values()],
        times=[
            [texts["times"][row] or str(step) for step, row in enumerate(rows, start=1)]
            for rows in rows_of.values()
        ],
        names=list(rows_of),
        notes=_missing(path, numbers),
        **one_each,
    )


def _wide(path: Path, frame: pd.DataFrame, config: Config) -> Windows:
    """Read one row per window."""
    meant = (config.label_column, config.group_column)
    columns = [name for name in frame if name not in meant]
    found = [_STEP.fullmatch(name) for name in columns]
    if not columns or not all(found):
        odd = shown(columns[found.index(None)]) if columns else "no other column"
        raise UserError(
            f"{path} must have a column {config.id_column!r} (--id-column), or columns "
            f"named after channel and step, such as x_0, x_1; received {odd}"
        )
    places = pd.DataFrame(
        [(match["channel"], int(match["step"])) for match in found],
        index=columns,
        columns=["channel", "step"],
    )
    channels = _chosen(path, dict.fromkeys(places["channel"]), config)
    places = places[places["channel"].isin(channels)]
    columns = list(places.index)
    steps = sorted(set(places["step"]))
    if len(columns) != len(channels) * len(steps) or places.duplicated().any():
        raise UserError(
            f"{path}: every channel needs the same steps; there are {len(channels)} "
            f"channels, {len(steps)} steps and {len(columns)} columns"
        )
    ordered = places.sort_values("step", kind="stable")
    by_channel = [ordered.index[ordered["channel"] == name] for name in channels]
    numbers = np.stack([_numbers(path, frame[one]) for one in by_channel], -1)
    known = np.isfinite(numbers).any(axis=2)  # (N, T)
    ends = np.where(known.any(axis=1), len(steps) - known[:, ::-1].argmax(axis=1), 0)
    if (ends == 0).any():
        line = frame.index[int(np.argmin(ends))]
        raise UserError(f"{path}, line {line}: the window has no values")
    groups = _texts(frame, config.group_column)
    cut = [one[:end] for one, end in zip(numbers, ends, strict=True)]  # (T, D)
    return Windows(
        channels=channels,
        values=cut,
        times=[[str(step) for step in steps[:end]] for end in ends],
        names=[f"line {line}" for line in frame.index],
        labels=_texts(frame, config.label_column),
        groups=groups if config.group_column else [str(n) for n in range(len(frame))],
        notes=_missing(path, np.concatenate(cut)),
    )


def _chosen(path: Path, channels: Iterable[str], config: Config) -> list[str]:
    """Return the channels of a file that are to be read."""
    channels = list(channels)
    if not channels:
        raise UserError(f"{path} has no channel: every column has another meaning")
    for name in config.channels:
        check_choice(f"{path}: a channel of --channels or of the run", name, channels)
    return list(dict.fromkeys(config.channels)) or channels


def _missing(path: Path, numbers: np.ndarray) -> list[str]:
    """Return a note on the missing values in (T, D), or none."""
    count = int(np.isnan(numbers).sum())
    if not count:
        return []
    return [f"{one_line(path)}: {count} missing values, filled with the last before"]
