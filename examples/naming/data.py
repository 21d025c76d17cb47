"""From rows of numbers with a text to arrays: reading and splitting.

Letters: N rows, F numbers of a row, T letters of a text and its end, V ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.colors import XKCD_COLORS

from common import files
from common.errors import UserError, check_choice, shown
from common.preprocessing import tables
from common.preprocessing.sequences import Batches
from common.preprocessing.text import Vocabulary
from common.settings import flag

from .colours import AXES, oklab
from .config import Config
from .preprocessor import END, Preprocessor

COLOURS = "xkcd colours"
SPLITS = ("train", "validation", "test")
SPLIT_SEED = 0  # fixed, so that --seed changes the training alone
PARTS = (0.75, 0.1, 0.15)
MIN_ROWS = 40


@dataclass(frozen=True)
class Rows:
    """Rows of one file or one split."""

    numbers: np.ndarray  # (N, F) as they were read; a colour in OKLab
    texts: list[str]  # N
    names: list[str]  # N, what a row is called in figures: the colour, or its numbers

    def take(self, chosen: Sequence[int]) -> "Rows":
        """Return some of the rows."""
        lists = ([part[n] for n in chosen] for part in (self.texts, self.names))
        return Rows(self.numbers[list(chosen)], *lists)


@dataclass(frozen=True)
class Split:
    """The rows of one split, as they were read and as arrays."""

    rows: Rows
    inputs: np.ndarray  # (N, F) float32, standardized
    read: np.ndarray  # (N, T) int32
    targets: np.ndarray  # (N, T) int32; 0 where there is nothing to write

    def batches(self, batch_size: int, *, seed: int | None = None) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch."""
        inputs = (self.read, self.inputs)
        return Batches(inputs, self.targets, batch_size=batch_size, seed=seed)


@dataclass(frozen=True)
class Data:
    """A data set ready for training."""

    name: str  # of the data set, or path of the file
    data_hash: str
    notes: list[str]  # what a user should know about the reading
    preprocessor: Preprocessor
    train: Split
    validation: Split
    test: Split


def load(config: Config) -> Data:
    """Read the data that `config` names; fit the preprocessor on its training split.

    Raises:
        UserError: a file cannot be used; the message says why.
    """
    notes: list[str] = []
    columns = list(AXES)
    if config.data is None:
        rows = colours()
    else:
        rows, columns = read(Path(config.data), config, notes)
    given = {"validation": config.validation_data, "test": config.test_data}
    own = {}
    for name, path in given.items():
        if path:
            own[name], others = read(Path(path), config, notes)
            if others != columns:
                raise UserError(f"{path} must have the columns {shown(columns)}")
    if len(rows.texts) < MIN_ROWS:
        raise UserError(
            f"{config.data} must have at least {MIN_ROWS} rows; it has "
            f"{len(rows.texts)}"
        )
    parts = split(rows, own)
    train = parts["train"]
    spread = train.numbers.std(axis=0)
    preprocessor = Preprocessor(
        vocabulary=Vocabulary.fit([END, *train.texts]),
        columns=columns,
        means=train.numbers.mean(axis=0).tolist(),
        deviations=np.where(spread > 0, spread, 1.0).tolist(),
        colours=config.data is None,
        max_length=config.max_length,
    )
    made = {
        name: Split(
            part,
            preprocessor.standardized(part.numbers),
            *preprocessor.encode(part.texts),
        )
        for name, part in parts.items()
    }
    contents = [x for name in SPLITS for x in (parts[name].numbers, parts[name].texts)]
    return Data(
        name=config.data or COLOURS,
        data_hash=files.hash_of(*contents),
        notes=notes,
        preprocessor=preprocessor,
        **made,
    )


def split(rows: Rows, own: dict[str, Rows]) -> dict[str, Rows]:
    """Return the rows of every split; those in `own` take nothing of `rows`.

    All rows with the same text are in one split.
    """
    wanted = [name for name in SPLITS if name not in own]
    shares = np.cumsum([dict(zip(SPLITS, PARTS, strict=True))[name] for name in wanted])
    texts = np.random.default_rng(SPLIT_SEED).permutation(sorted(set(rows.texts)))
    ends = np.round(len(texts) * shares / shares[-1]).astype(int)
    found = dict(own)
    for name, part in zip(wanted, np.split(texts, ends[:-1]), strict=True):
        chosen = set(part.tolist())
        found[name] = rows.take([n for n, x in enumerate(rows.texts) if x in chosen])
    return {name: found[name] for name in SPLITS}


def colours() -> Rows:
    """Return 949 colours and the names that people gave them."""
    names = {key.removeprefix("xkcd:"): colour for key, colour in XKCD_COLORS.items()}
    numbers = np.stack([oklab(colour) for colour in names.values()])
    return Rows(numbers, list(names), list(names.values()))


def read(path: Path, config: Config, notes: list[str]) -> tuple[Rows, list[str]]:
    """Read rows from a file; return them and their columns.

    Rows without a text or without a number are left out, with a note.

    Raises:
        UserError: the file cannot be read, lacks a column, or has a cell that is not a
            number.
    """
    frame = pd.DataFrame.from_dict(tables.read(path), orient="index")
    check_choice(flag("text_column"), config.text_column, frame.columns)
    others = [name for name in frame if name != config.text_column]
    for name in config.input_columns:
        check_choice("every value of --input-columns", name, others)
    columns = list(dict.fromkeys(config.input_columns)) or others
    if not columns:
        raise UserError(f"{path} has no column of numbers beside the text")
    texts = frame[config.text_column].fillna("").astype(str)
    texts = texts.str.split().str.join(" ")
    cells = frame[columns].apply(lambda cells: cells.astype(str).str.strip())
    empty = frame[columns].isna() | (cells == "")
    numbers = cells.apply(pd.to_numeric, errors="coerce").astype("float64")
    bad = (~empty & ~np.isfinite(numbers)).to_numpy()
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise UserError(
            f"{path}, line {frame.index[row]}: column {shown(columns[column])} must "
            f"hold numbers; received {shown(frame[columns].iloc[row, column])}"
        )
    kept = ((texts != "") & ~empty.any(axis=1)).to_numpy()
    if skipped := int((~kept).sum()):
        notes.append(f"{path}: {skipped} rows without text or number: skipped")
    values = numbers.to_numpy()[kept]
    names = [", ".join(f"{x:g}" for x in row) for row in values]
    return Rows(values, texts[kept].tolist(), names), columns
