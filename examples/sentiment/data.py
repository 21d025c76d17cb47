"""From texts with labels to arrays: reading, splitting, and the codec.

Letters: N texts, T words of a text, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import UserError
from common.preprocessing import tables, tfds
from common.preprocessing.sequences import Batches, pad
from common.preprocessing.text import Vocabulary, words
from examples.sentiment.config import Config

REVIEWS = Path(__file__).parents[2] / "datasets" / "reviews" / "reviews.csv"
EXAMPLE = "sentiment"  # name of the folder of its runs
CODEC = "codec.json"  # name of the codec in a run folder
SPLITS = ("train", "validation", "test")
# Validation shares and their seed are fixed: --seed changes the training alone.
SPLIT_SEED = 0


@dataclass(frozen=True)
class Codec:
    """Turns texts into rows of word ids and class numbers into labels."""

    vocabulary: Vocabulary
    labels: list[str]
    max_length: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return word ids, int32 (N, T); id 0 fills short rows and is masked."""
        rows = [self.vocabulary.encode(self.tokens(text)) for text in texts]
        return pad(rows, length=max(1, *map(len, rows)) if rows else 1)

    def tokens(self, text: str) -> list[str]:
        """Return the words of `text` that are read, the first `max_length`."""
        return words(text)[: self.max_length]

    def to_json(self) -> dict[str, Any]:
        return {
            "max_length": self.max_length,
            "labels": self.labels,
            "vocabulary": self.vocabulary.to_json(),
        }

    @classmethod
    def from_json(cls, value: Any) -> "Codec":
        """Rebuild a codec.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        try:
            labels, max_length = value["labels"], value["max_length"]
            vocabulary = Vocabulary.from_json(value["vocabulary"])
        except (KeyError, TypeError):
            raise UserError("a codec needs max_length, labels and vocabulary") from None
        if not (isinstance(labels, list) and all(isinstance(x, str) for x in labels)):
            raise UserError("the labels of a codec must be a list of texts")
        if not isinstance(max_length, int) or max_length < 1:
            raise UserError(f"max_length must be at least 1; received {max_length!r}")
        return cls(vocabulary, labels, max_length)


@dataclass(frozen=True)
class Split:
    """The texts of one split, as text and as arrays."""

    texts: list[str]
    ids: np.ndarray  # (N, T) int32
    classes: np.ndarray  # (N,) int32
    slices: list[str]  # (N,) what each text is reported under

    def batches(self, batch_size: int, *, seed: int | None = None) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch."""
        lengths = np.count_nonzero(self.ids, axis=1)
        return Batches(
            self.ids, self.classes, batch_size=batch_size, seed=seed, lengths=lengths
        )


@dataclass(frozen=True)
class Data:
    """A data set ready for training."""

    codec: Codec
    train: Split
    validation: Split
    test: Split
    notes: list[str]  # what a user should know of the reading


def load(config: Config) -> Data:
    """Read the data set or file that `config` names; fit the codec on its train part.

    Raises:
        UserError: the file or the data set cannot be used; the message says why.
    """
    if config.data is not None:
        parts, notes = _own_file(config)
    elif config.dataset == "reviews":
        parts, notes = _bundled(), []
    else:
        parts, notes = _tensorflow_datasets(config.dataset, config.data_dir), []
    vocabulary = Vocabulary.fit(
        map(words, parts["train"].texts), max_size=config.vocabulary_size
    )
    codec = Codec(vocabulary, sorted(set(parts["train"].labels)), config.max_length)
    number = {label: index for index, label in enumerate(codec.labels)}
    splits = {
        name: Split(
            texts=part.texts,
            ids=codec.encode(part.texts),
            classes=np.array([number[label] for label in part.labels], dtype="int32"),
            slices=part.slices,
        )
        for name, part in parts.items()
    }
    return Data(codec=codec, notes=notes, **splits)


@dataclass(frozen=True)
class _Part:
    texts: list[str]
    labels: list[str]
    slices: list[str]


def _bundled() -> dict[str, _Part]:
    rows = tables.read(REVIEWS)
    columns = ("text", "label", "phenomenon")
    return {
        split: _Part(
            *(
                [row[column] for row in rows if row["split"] == split]
                for column in columns
            )
        )
        for split in SPLITS
    }


def _by_length(text: str) -> str:
    """Name the group of lengths that `text` is reported under."""
    count = len(words(text))
    for limit in (50, 100, 200, 400):
        if count <= limit:
            return f"up to {limit} words"
    return "over 400 words"


def _cut(texts: list[str], labels: list[str], share: float) -> tuple[_Part, _Part]:
    """Cut a stratified share of the texts off; return the rest and the share."""
    from sklearn.model_selection import train_test_split  # slow to import

    kept, cut, kept_labels, cut_labels = train_test_split(
        texts, labels, test_size=share, stratify=labels, random_state=SPLIT_SEED
    )
    return (
        _Part(kept, kept_labels, [_by_length(text) for text in kept]),
        _Part(cut, cut_labels, [_by_length(text) for text in cut]),
    )


def _tensorflow_datasets(name: str, data_dir: str | None) -> dict[str, _Part]:
    """Load a labelled text data set that has the splits train and test."""
    arrays, features = tfds.load(
        name, ("train", "test"), data_dir, instead="--dataset reviews"
    )
    texts, labels = (
        {
            split: [convert(value) for value in part[key].tolist()]
            for split, part in arrays.items()
        }
        for key, convert in (
            # The reviews hold line breaks as they stood on the web page.
            ("text", lambda text: text.decode("utf-8").replace("<br />", " ")),
            ("label", features["label"].int2str),
        )
    )
    train, validation = _cut(texts["train"], labels["train"], 0.1)
    slices = [_by_length(text) for text in texts["test"]]
    test = _Part(texts["test"], labels["test"], slices)
    return {"train": train, "validation": validation, "test": test}


def _own_file(config: Config) -> tuple[dict[str, _Part], list[str]]:
    """Read the user's file and split it 80 : 10 : 10, each label in proportion."""
    columns = (config.text_column, config.label_column)
    texts, labels, notes = tables.labelled_texts(Path(config.data), *columns)
    rest, test = _cut(texts, labels, 0.1)
    train, validation = _cut(rest.texts, rest.labels, 1 / 9)
    return {"train": train, "validation": validation, "test": test}, notes
