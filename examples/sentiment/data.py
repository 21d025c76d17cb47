"""From labelled texts to arrays: reading and splitting.

Letters: N texts, T words of a text, C classes.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from common import files
from common.errors import UserError, check_choice, shown
from common.preprocessing import tables, tfds
from common.preprocessing.sequences import Batches
from common.preprocessing.text import Vocabulary
from common.settings import flag

from .config import Config
from .preprocessor import Preprocessor, words

REVIEWS = Path(__file__).parents[2] / "datasets" / "reviews" / "reviews.csv"
SPLITS = ("train", "validation", "test")
SPLIT_SEED = 0  # fixed, so that --seed changes the training alone
MIN_TEXTS, MIN_PER_LABEL = 20, 5  # what three stratified splits need
MAX_FRACTIONS = 20  # more labels like 3.7 are measurements
LENGTHS = (50, 100, 200, 400)  # words; the test is sliced at these lengths


@dataclass(frozen=True)
class Split:
    """The texts of one split, as text and as arrays."""

    texts: list[str]
    ids: np.ndarray  # (N, T) int32
    classes: np.ndarray  # (N,) int32
    slices: list[str]  # (N,) part of the test that each text belongs to

    def batches(
        self,
        batch_size: int,
        *,
        seed: int | None = None,
        weights: np.ndarray | None = None,
    ) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch. `weights`: (N,)."""
        lengths = np.count_nonzero(self.ids, axis=1)
        options = {"batch_size": batch_size, "seed": seed, "weights": weights}
        return Batches(self.ids, self.classes, lengths=lengths, **options)


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
        UserError: the file or the data set cannot be used; the message says why.
    """
    notes: list[str] = []
    if config.data is not None:
        parts, notes = own_data(config)
    elif config.dataset == "reviews":
        rows = pd.read_csv(REVIEWS, dtype=str, keep_default_na=False)
        parts = [rows[rows["split"] == split] for split in SPLITS]
    else:
        parts = public_data(config)
    tokens = map(words, parts[0]["text"])
    vocabulary = Vocabulary.fit(tokens, max_size=config.vocabulary_size)
    labels = sorted(set(parts[0]["label"]))
    preprocessor = Preprocessor(vocabulary, labels, config.max_length)
    splits = [
        Split(
            texts=part["text"].tolist(),
            ids=preprocessor.encode(part["text"]),
            classes=pd.Categorical(part["label"], labels).codes.astype("int32"),
            slices=_slices(part),
        )
        for part in parts
    ]
    read = [part[name].tolist() for part in parts for name in ("text", "label")]
    name = config.data or config.dataset
    return Data(name, files.hash_of(*read), notes, preprocessor, *splits)


def split_off(rows: pd.DataFrame, share: float) -> list[pd.DataFrame]:
    """Split a share of the rows off, each label in proportion; return rest and share.

    The share has at least as many rows as there are labels.
    """
    from sklearn.model_selection import train_test_split  # slow to import

    labels = rows["label"].tolist()
    size = max(math.ceil(share * len(rows)), len(set(labels)))
    return train_test_split(
        rows, test_size=size, stratify=labels, random_state=SPLIT_SEED
    )


def _slices(rows: pd.DataFrame) -> list[str]:
    """Return the slice of each text: what decides its label, or else its length."""
    if "phenomenon" in rows:
        return rows["phenomenon"].tolist()
    limits = [f"up to {limit} words" for limit in LENGTHS]
    names = np.array([*limits, f"over {LENGTHS[-1]} words"])
    counts = [len(words(text)) for text in rows["text"]]
    return names[np.searchsorted(LENGTHS, counts)].tolist()


def public_data(config: Config) -> list[pd.DataFrame]:
    """Load a labelled text data set that has the splits train and test."""
    arrays, features = tfds.load(
        config.dataset, ("train", "test"), config.data_dir, instead="--dataset reviews"
    )
    parts = []
    for part in arrays.values():
        # The reviews contain line breaks of the web page, as HTML.
        texts = [text.decode().replace("<br />", " ") for text in part["text"].tolist()]
        labels = [features["label"].int2str(n) for n in part["label"].tolist()]
        parts.append(pd.DataFrame({"text": texts, "label": labels}))
    return [*split_off(parts[0], 1 / 10), parts[1]]


def own_data(config: Config) -> tuple[list[pd.DataFrame], list[str]]:
    """Return the rows of each split of the user's data, and notes.

    What no file is given for is a tenth of the training file. A training text that a
    given file holds too is left out.

    Raises:
        UserError: a file cannot be used, has no text, or has a label that is not in
            training.
    """
    given = {"validation": config.validation_data, "test": config.test_data}
    path = Path(config.data)
    rest, notes = labelled_texts(config, path)
    held = {}
    for split, name in given.items():
        if name is not None:
            held[split], more = labelled_texts(config, Path(name))
            notes += [f"{split}: {note}" for note in more]
            again = rest["words"].isin(held[split]["words"])
            if again.any():
                notes.append(
                    f"{again.sum()} training texts are in {split} too: left out"
                )
                rest = rest[~again]
    _check_labels(path, rest["label"].value_counts())
    for split, rows in held.items():
        new = set(rows["label"]) - set(rest["label"])
        if new or rows.empty:
            what = f"label {shown(min(new))}, unknown in {path}" if new else "no text"
            raise UserError(f"{given[split]} has {what}")
    tenths = 10
    for split in ("test", "validation"):
        if split not in held:
            rest, held[split] = split_off(rest, 1 / tenths)
            tenths -= 1
    return [rest, held["validation"], held["test"]], notes


def labelled_texts(config: Config, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of a user's file that can be used, and notes.

    Rows without text or label are skipped. So are repeated texts, since a copy could
    get into both training and test. The notes count both.

    Raises:
        UserError: the file cannot be read, lacks a column, or has a cell of a wrong
            kind.
    """
    pairs = []
    table = tables.read(path)
    columns = sorted({name for cells in table.values() for name in cells})
    for setting in ("text_column", "label_column") if table else ():
        check_choice(flag(setting), getattr(config, setting), columns)
    for line, cells in table.items():
        text, label = cells.get(config.text_column), cells.get(config.label_column)
        if not isinstance(text, str | None):
            raise UserError(f"{path}, line {line}: {shown(text)} is not a text")
        if not isinstance(label, str | int | float | None):
            raise UserError(f"{path}, line {line}: {shown(label)} is not a label")
        label = "" if label is None else str(label).strip()
        pairs.append((text or "", label, " ".join(words(text or ""))))
    rows = pd.DataFrame(pairs, columns=["text", "label", "words"])
    full = rows[(rows["words"] != "") & (rows["label"] != "")]
    labels_of = full.groupby("words")["label"].transform("nunique")
    kept = full[labels_of == 1].drop_duplicates("words")
    counts = kept["label"].value_counts()
    different = full["words"].nunique()
    skipped = {
        "rows without text or label": len(rows) - len(full),
        "rows that repeat a text": len(full) - different,
        "texts that have different labels": different - len(kept),
    }
    notes = [f"{count} {what}: skipped" for what, count in skipped.items() if count]
    if joined := [label for label in counts.index if "|" in label or ";" in label]:
        notes.append(f"{shown(joined[0])} is one label: a text has only one here")
    return kept, notes


def _check_labels(path: Path, counts: pd.Series):
    """Raise `UserError` unless the labels, with their counts, can be learned."""
    if counts.sum() < MIN_TEXTS or len(counts) < 2:
        raise UserError(
            f"{path} must have at least {MIN_TEXTS} different texts and 2 labels; "
            f"it has {counts.sum()} and {len(counts)}"
        )
    rare = counts[counts < MIN_PER_LABEL]
    numbers = pd.to_numeric(counts.index, errors="coerce")
    fractions = np.isfinite(numbers).all() and (numbers % 1 != 0).any()
    if fractions and (len(rare) or len(counts) > MAX_FRACTIONS):
        raise UserError(
            f"{path}: the labels are {len(counts)} numbers such as {counts.index[-1]}; "
            "this example classifies, it does not predict numbers (regression)"
        )
    if len(rare):
        listed = [f"{shown(name)} ({count})" for name, count in rare[:5].items()]
        raise UserError(
            f"{path}: every label needs at least {MIN_PER_LABEL} texts; {len(rare)} of "
            f"{len(counts)} have fewer: {', '.join(listed)}"
        )
