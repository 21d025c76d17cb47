"""From text to streams of character ids: reading, splitting, and the preprocessor.

Letters: N characters of a text, B streams, T characters of a chunk.
"""

import itertools
import re
import sysconfig
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from common import files
from common.errors import UserError
from common.preprocessing import tfds
from common.preprocessing.text import Vocabulary
from common.settings import Limits, check

from .config import Config

SPLITS = ("train", "validation", "test")
# What the files or folders of a published text are called.
SPLIT_NAMES = {"train": "train", "training": "train", "test": "test"}
SPLIT_NAMES |= dict.fromkeys(("validation", "valid", "val", "dev"), "validation")
# Of every ten files, these two are held out. A single text is split 80 : 10 : 10.
HELD_OUT, FOLD = {4: "validation", 9: "test"}, 10
# About 2 MB of the standard library: the files directly in its folder, by name, without
# the largest ones, since a single one would be half of a split.
LARGEST_FILE, LARGEST_TEXT = 40 * 1024, 2_000_000
MIN_CHARACTERS, MIN_PER_SPLIT = 10_000, 500  # with less, a test would mean nothing
FEW_STEPS = 20  # fewer training steps in an epoch are worth a note
MIN_COUNT = 5  # characters that are rarer in the training text share one id


class Preprocessor(Vocabulary):
    """Turns a text into ids of characters, and ids into text."""

    def encode(self, text: str) -> np.ndarray:
        """Return ids, int32 (N,); unknown characters share one."""
        return np.array(super().encode(text), dtype="int32")

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of known characters' ids."""
        return "".join(super().decode(ids))

    def unknown(self, text: str) -> list[str]:
        """Return the characters of `text` that have no id of their own, each once."""
        return [character for character in dict.fromkeys(text) if character not in self]


class Streams(keras.utils.PyDataset):
    """Batches of a text that is read as B parallel streams, T characters at a time.

    A row of a batch begins where the same row of the batch before it ended, so that the
    state can be carried along. Targets are the next characters. The last few
    characters, too few for a chunk, are left out.

    With a seed, every epoch begins at another place of the text, which depends on
    (seed, epoch) alone, and goes on from the end of the text to its beginning. It ends
    after `steps_per_epoch` of the settings.
    """

    def __init__(self, ids: np.ndarray, config: Config, seed: int | None = None):
        """Take the ids (N,); B is the batch size, T the chunk of the settings."""
        super().__init__()
        self.ids, self.seed = ids, seed
        self.epoch = 0  # `fitting.fit` sets it
        self.limit = None if seed is None else config.steps_per_epoch
        self.per_stream = (len(ids) - 1) // config.batch_size
        self.chunk = min(config.chunk, self.per_stream)
        starts = self.per_stream * np.arange(config.batch_size)[:, None]
        self.places = starts + np.arange(self.chunk + 1)  # (B, T + 1), first batch

    @property
    def num_batches(self) -> int:
        steps = self.per_stream // self.chunk
        return min(steps, self.limit or steps)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        start = index * self.chunk
        if self.seed is not None:
            random = np.random.default_rng([self.seed, self.epoch])
            start += random.integers(len(self.ids))
        read = self.ids[(start + self.places) % len(self.ids)]
        return read[:, :-1], read[:, 1:]


@dataclass(frozen=True)
class Data:
    """A text ready for training: as text and as ids (N,), by split."""

    texts: dict[str, str]
    ids: dict[str, np.ndarray]
    preprocessor: Preprocessor
    notes: list[str]  # what a user should know about how the text was read


def load(config: Config) -> Data:
    """Read the text that `config` names; fit the preprocessor on its training part.

    Raises:
        UserError: the text cannot be read or is too short; the message says why.
    """
    source, notes = config.data or config.dataset, []
    if config.data:
        texts, notes = _own_text(config)
    elif source == "python_source":
        texts, notes = _python_source()
    else:
        instead = "--dataset python_source"
        parts, _ = tfds.load(source, SPLITS, config.data_dir, instead=instead)
        texts = {k: b"".join(parts[k]["text"].tolist()).decode("utf-8") for k in SPLITS}
    for name, text in {"whole": "".join(texts.values()), **texts}.items():
        least = MIN_CHARACTERS if name == "whole" else MIN_PER_SPLIT
        if len(text) < least:
            needs = (
                f"the {name} text of {source} must have at least {least:,} characters"
            )
            raise UserError(f"{needs}; it has {len(text):,}")
    most = min(len(texts["train"]), len(texts["validation"])) - 1
    check("--batch-size", config.batch_size, int, Limits(1, most))
    preprocessor = Preprocessor.fit([texts["train"]], min_count=MIN_COUNT)
    rare = len(preprocessor.unknown(texts["train"]))
    if len(preprocessor) == len(Preprocessor.SPECIAL):
        needs = f"a character must occur {MIN_COUNT} times in the training text"
        raise UserError(f"{needs}; all {rare:,} characters of {source} are rarer")
    if rare:
        notes.append(f"{rare} rare characters share one id, which is not written")
    ids = {name: preprocessor.encode(text) for name, text in texts.items()}
    steps = Streams(ids["train"], config).num_batches
    if steps < FEW_STEPS:
        few = f"{steps} training steps in an epoch are few"
        notes.append(f"{few}; a smaller --batch-size makes more of them")
    return Data(texts, ids, preprocessor, notes)


def _split(texts: list[str], given: dict[str, str]) -> dict[str, str]:
    """Return the text of every split: by file where there are ten, else in order.

    Splits in `given` take nothing of `texts`, which has one text per file.
    """
    parts = {name: [] for name in SPLITS if name not in given}
    if len(texts) < FOLD:
        text = "\n".join(texts)
        ends = [len(text) - n * (len(text) // FOLD) for n in range(len(parts))][::-1]
        for name, start, end in zip(parts, [0, *ends], ends, strict=False):
            parts[name].append(text[start:end])
    else:
        for index, text in enumerate(texts):
            parts.get(HELD_OUT.get(index % FOLD), parts["train"]).append(text)
    found = {name: "\n".join(part) for name, part in parts.items()} | given
    return {name: found[name] for name in SPLITS}


def _python_source() -> tuple[dict[str, str], list[str]]:
    """Read modules of the standard library, as text: nothing of it is executed."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    texts, total = [], 0
    for path in sorted(folder.glob("*.py")):
        if path.stat().st_size <= LARGEST_FILE and total <= LARGEST_TEXT:
            texts.append(files.read_text(path, may_be_blank=True))
            total += len(texts[-1])
    if total < MIN_CHARACTERS:
        missing = f"this Python has no source of its standard library in {folder}"
        raise UserError(f"{missing}; name a text of your own with --data")
    version = sysconfig.get_python_version()
    return _split(texts, {}), [f"{len(texts)} modules of Python {version}"]


def _own_text(config: Config) -> tuple[dict[str, str], list[str]]:
    """Read the files that the settings name, and put each into its split."""
    held_out = {"validation": config.validation_data, "test": config.test_data}
    given = {k: _read(path, config.glob) for k, path in held_out.items() if path}
    folder, read, notes = Path(config.data), _read(config.data, config.glob), []
    for path in itertools.chain(*given.values()):
        read.pop(path, None)
    by_name = {name: {} for name in SPLITS}
    for path, text in read.items():
        names = re.split(r"[._-]", path.stem)
        names = (names[0], names[-1], *path.relative_to(folder.resolve()).parent.parts)
        split = next(filter(None, map(SPLIT_NAMES.get, map(str.lower, names))), None)
        by_name.get(split, {})[path] = text
    train, *others = by_name.values()
    if train and any(others) and len(given) < 2:
        notes = ["only files named after a split are used, each in that split"]
        given = {k: v for k, v in zip(SPLITS[1:], others, strict=True) if v} | given
        read = train
    if folder.is_dir():
        how = "each in one split" if len(read) >= FOLD else "split in order"
        notes.append(f"{len(read)} files, {how}")
    texts = {name: "\n".join(part.values()) for name, part in given.items()}
    return _split(list(read.values()), texts), notes


def _read(name: str, pattern: str) -> dict[Path, str]:
    """Return the text of a file, or of the files of a folder that match, by path."""
    folder = Path(name).resolve()
    paths = [folder]
    if folder.is_dir():
        try:
            found = sorted(folder.rglob(pattern))
        except (ValueError, NotImplementedError, IndexError) as error:
            raise UserError(f"--glob must be a pattern such as *.md; {error}") from None
        # Hidden folders hold a version control's or an editor's own files.
        hidden = re.compile(r"(^|/)\.")
        shown = [p for p in found if not hidden.search(str(p.relative_to(folder)))]
        paths = [path for path in shown if path.is_file()]
    if not paths:
        raise UserError(f"{name} has no file that matches --glob {pattern}")
    texts = {path: files.read_text(path, may_be_blank=True) for path in paths}
    for path, text in texts.items():
        if "\0" in text:
            raise UserError(f"{path} must be text; it holds bytes of value 0")
    return texts


def kind_of(character: str) -> str:
    """Return the kind of a character; results are reported by kind."""
    if character.isspace():
        return "line end" if character == "\n" else "space"
    kinds = {"L": "letter", "N": "digit"}
    return kinds.get(unicodedata.category(character)[0], "other")
