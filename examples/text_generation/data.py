"""From text to streams of character ids: reading, splitting, and the codec.

Letters: N characters of a text, B streams, T characters of a chunk, V ids.
"""

import sysconfig
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from common import files
from common.errors import UserError
from common.preprocessing import tfds
from common.preprocessing.text import Vocabulary
from examples.text_generation.config import Config

EXAMPLE = "text_generation"  # name of the folder of its runs
CODEC = "codec.json"  # name of the codec in a run folder
SPLITS = ("train", "validation", "test")
# Of every ten files, which one is for validation and which for the test. A single text
# is cut in order, in the same shares.
VALIDATION_FILE, TEST_FILE, FOLD = 4, 9, 10
# The standard library is cut down to about 2 MB: the files right in its folder, by
# name, the largest left out, since a single one would be half of a split.
LARGEST_FILE, LARGEST_TEXT = 40 * 1024, 2_000_000
# What a split needs for its figures to mean anything.
MIN_CHARACTERS, MIN_PER_SPLIT = 10_000, 500
# Training steps in an epoch below which a user is told so.
FEW_STEPS = 20
# Characters that training has fewer times than this share one id.
MIN_COUNT = 5


@dataclass(frozen=True)
class Codec:
    """Turns a text into ids of characters, and ids into text."""

    vocabulary: Vocabulary

    def encode(self, text: str) -> np.ndarray:
        """Return ids, int32 (N,); unknown characters share one."""
        return np.array(self.vocabulary.encode(text), dtype="int32")

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of known characters' ids."""
        return "".join(self.vocabulary.decode(ids))

    def unknown(self, text: str) -> list[str]:
        """Return the characters of `text` that have no id of their own, each once."""
        return [c for c in dict.fromkeys(text) if c not in self.vocabulary]

    def to_json(self) -> dict[str, list[str]]:
        return {"characters": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, value: object) -> "Codec":
        """Rebuild a codec.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        if not isinstance(value, dict) or set(value) != {"characters"}:
            raise UserError("a codec needs characters, and nothing else")
        vocabulary = Vocabulary.from_json(value["characters"])
        if any(len(character) != 1 for character in value["characters"]):
            raise UserError("every character of a codec must be a single one")
        return cls(vocabulary)


class Streams(keras.utils.PyDataset):
    """A text as B streams side by side, served T characters at a time, in order.

    A row of one batch goes on where the same row of the batch before it ended, so that
    a state can be carried along. Targets are the characters one further on. The last
    few characters, too few for a chunk, are left out.

    In every epoch the text starts at another place and goes on from its end to its
    beginning, so that chunks begin elsewhere; the place depends on (seed, epoch) alone.
    """

    def __init__(
        self, ids: np.ndarray, *, streams: int, chunk: int, seed: int | None = None
    ):
        """Take the ids (N,); without a seed, every epoch starts at their beginning."""
        super().__init__()
        self.ids, self.streams, self.seed = ids, streams, seed
        self.per_stream = (len(ids) - 1) // streams
        self.chunk = min(chunk, self.per_stream)
        self._epoch = -1
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch that is served; `training.fit` sets it."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int):
        if epoch != self._epoch:
            self._epoch = epoch
            start = 0
            if self.seed is not None:
                random = np.random.default_rng([self.seed, epoch])
                start = int(random.integers(len(self.ids)))
            ids, length = np.roll(self.ids, -start), self.streams * self.per_stream
            shape = (self.streams, self.per_stream)
            self._inputs = ids[:length].reshape(shape)
            self._targets = ids[1 : length + 1].reshape(shape)

    @property
    def num_batches(self) -> int:
        return self.per_stream // self.chunk

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        steps = slice(index * self.chunk, (index + 1) * self.chunk)
        return self._inputs[:, steps], self._targets[:, steps]


@dataclass(frozen=True)
class Split:
    """The text of one split, as text and as ids."""

    text: str
    ids: np.ndarray  # (N,) int32

    def streams(self, streams: int, *, chunk: int, seed: int | None = None) -> Streams:
        """Return batches; with a seed, cut elsewhere in every epoch."""
        return Streams(self.ids, streams=streams, chunk=chunk, seed=seed)


@dataclass(frozen=True)
class Data:
    """A text ready for training."""

    codec: Codec
    train: Split
    validation: Split
    test: Split
    notes: list[str]  # what a user should know of the reading


def load(config: Config) -> Data:
    """Read the text that `config` names; fit the codec on its train part.

    Raises:
        UserError: the text cannot be read or is too short; the message says why.
    """
    if config.data is not None:
        source, (texts, notes) = config.data, _own_text(Path(config.data), config.glob)
    elif config.dataset == "python_source":
        source, (texts, notes) = "the standard library", _python_source()
    else:
        source, (texts, notes) = config.dataset, _tensorflow_datasets(config)
    _check_sizes(source, texts, config)
    codec = Codec(Vocabulary.fit([texts["train"]], min_count=MIN_COUNT))
    folded = len(codec.unknown(texts["train"]))
    if folded:
        notes = [*notes, f"{folded} rare characters share one id, which is not written"]
    splits = {name: Split(text, codec.encode(text)) for name, text in texts.items()}
    streams = splits["train"].streams(config.batch_size, chunk=config.chunk)
    if streams.num_batches < FEW_STEPS:
        few = f"{streams.num_batches} training steps in an epoch are few"
        notes = [*notes, f"{few}; a smaller --batch-size makes more of them"]
    return Data(codec=codec, notes=notes, **splits)


def _check_sizes(source: str, texts: dict[str, str], config: Config):
    total = sum(map(len, texts.values()))
    if total < MIN_CHARACTERS:
        raise UserError(
            f"a text must have at least {MIN_CHARACTERS:,} characters; {source} has "
            f"{total:,}"
        )
    for name, text in texts.items():
        if len(text) < MIN_PER_SPLIT:
            raise UserError(
                f"the {name} part of {source} must have at least {MIN_PER_SPLIT} "
                f"characters; it has {len(text)}"
            )
    smallest = min(len(texts["train"]) // config.chunk, len(texts["validation"])) - 1
    if config.batch_size > smallest:
        raise UserError(
            f"--batch-size must be at most {smallest} for a text of {total:,} "
            f"characters in chunks of {config.chunk}; received {config.batch_size}"
        )


def _by_file(texts: Sequence[str]) -> dict[str, str]:
    """Put whole texts into splits, of every ten one each for validation and test."""
    place = {VALIDATION_FILE: "validation", TEST_FILE: "test"}
    parts: dict[str, list[str]] = {name: [] for name in SPLITS}
    for index, text in enumerate(texts):
        parts[place.get(index % FOLD, "train")].append(text)
    return {name: "\n".join(part) for name, part in parts.items()}


def _in_order(text: str) -> dict[str, str]:
    """Cut one text into a beginning, a middle and an end."""
    share = len(text) // FOLD
    cuts = (0, len(text) - 2 * share, len(text) - share, len(text))
    return {
        name: text[start:end]
        for name, start, end in zip(SPLITS, cuts, cuts[1:], strict=False)
    }


def _python_source() -> tuple[dict[str, str], list[str]]:
    """Read modules of the standard library, as text: nothing of it is executed."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts, total = [], 0
    for path in sorted(folder.glob("*.py")):
        if path.stat().st_size > LARGEST_FILE or total > LARGEST_TEXT:
            continue
        texts.append(files.read_text(path, may_be_blank=True))
        total += len(texts[-1])
    if total < MIN_CHARACTERS:
        raise UserError(
            f"this Python has no source of its standard library in {folder}; name a "
            "text of your own with --data"
        )
    version = ".".join(sysconfig.get_python_version().split(".")[:2])
    return _by_file(texts), [f"{len(texts)} modules of Python {version}"]


def _tensorflow_datasets(config: Config) -> tuple[dict[str, str], list[str]]:
    """Load a data set that is one text in three parts."""
    arrays, _ = tfds.load(
        config.dataset, SPLITS, config.data_dir, instead="--dataset python_source"
    )
    parts = {
        split: b"".join(arrays[split]["text"].tolist()).decode("utf-8")
        for split in SPLITS
    }
    return parts, []


def _own_text(path: Path, pattern: str) -> tuple[dict[str, str], list[str]]:
    """Read a file, or the files of a folder that match `pattern`, by name."""
    if not path.is_dir():
        return _in_order(_readable(path)), []
    try:
        paths = sorted(path.rglob(pattern))
    except (ValueError, NotImplementedError) as error:
        raise UserError(f"--glob must be a pattern such as *.md; {error}") from None
    paths = [
        found
        for found in paths
        # Hidden folders hold a version control's or an editor's own files.
        if found.is_file()
        and not any(part.startswith(".") for part in found.relative_to(path).parts)
    ]
    if not paths:
        raise UserError(f"{path} has no file that matches --glob {pattern}")
    texts = [_readable(found) for found in paths]
    files = f"{len(paths)} files"
    if len(texts) < FOLD:
        return _in_order("\n".join(texts)), [f"{files}, cut in order"]
    return _by_file(texts), [f"{files}, each in one split"]


def _readable(path: Path) -> str:
    """Return the text of a file.

    Raises:
        UserError: it is not one.
    """
    text = files.read_text(path, may_be_blank=True)
    if "\0" in text:
        raise UserError(f"{path} must be text; it holds bytes of value 0")
    return text


def kind_of(character: str) -> str:
    """Name the kind of character that it is reported under."""
    if character == "\n":
        return "line end"
    if character.isspace():
        return "space"
    category = unicodedata.category(character)[0]
    return {"L": "letter", "N": "digit"}.get(category, "other")
