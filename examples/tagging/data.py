"""From tagged texts to arrays: reading and splitting.

A token is a character of Python source, or a word of a sentence. Letters: N windows,
T time steps (tokens) of a window, C classes.
"""

import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import files
from common.errors import UserError, one_line, shown
from common.preprocessing.sequences import Batches

from .config import Config
from .preprocessor import Preprocessor, Text
from .source import classes_of

PYTHON_SOURCE = "python_source"
SPLITS = ("train", "validation", "test")
# Of every ten texts, these two are held out.
HELD_OUT, FOLD = {4: "validation", 9: "test"}, 10
# About 1 MB of the standard library: the files directly in its folder, by name, without
# the largest ones, since a single one would be half of a split.
LARGEST_FILE, LARGEST_TEXT = 40 * 1024, 1_000_000
MIN_TEXTS = 10
NO_CLASS = -1  # target where nothing is to be tagged


@dataclass(frozen=True)
class Split:
    """The texts of one split, and their windows as arrays."""

    texts: list[Text]
    ids: np.ndarray  # (N, T) int32
    places: list[tuple]  # N, see `Preprocessor.encode`
    classes: np.ndarray  # (N, T) int32; NO_CLASS where a window tags nothing

    def batches(self, batch_size: int, *, seed: int | None = None) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch and trimmed."""
        lengths = None if seed is None else np.count_nonzero(self.ids, axis=1)
        options = {"batch_size": batch_size, "seed": seed, "lengths": lengths}
        return Batches(self.ids, self.classes, **options)

    def tagged(self, windows: np.ndarray) -> np.ndarray:
        """Return the part of arrays (N, T, ...) that the windows tag, text by text."""
        rows = zip(windows, self.places, strict=True)
        parts = [
            row[first - start : stop - start]
            for row, (_, start, _, first, stop) in rows
        ]
        return np.concatenate(parts)


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
    texts, words = read(config.data, notes)
    given = {"validation": config.validation_data, "test": config.test_data}
    parts: dict[str, list[Text]] = {name: [] for name in SPLITS}
    for name, source in given.items():
        if source:
            parts[name], kind = read(source, notes)
            if kind != words:
                raise UserError(f"{source} must be of the same kind as {config.data}")
    if len(texts) < MIN_TEXTS:
        raise UserError(
            f"{config.data} must have at least {MIN_TEXTS} files or sentences; "
            f"it has {len(texts)}"
        )
    for number, text in enumerate(texts):
        split = HELD_OUT.get(number % FOLD, "train")
        parts["train" if given.get(split) else split].append(text)
    preprocessor = Preprocessor.fit(parts["train"], config, words=words)
    made = {name: _split(part, preprocessor) for name, part in parts.items()}
    read_texts = [text for part in parts.values() for text in part]
    contents = [x for text in read_texts for x in (list(text.tokens), list(text.tags))]
    return Data(
        name=config.data or PYTHON_SOURCE,
        data_hash=files.hash_of(*contents),
        notes=notes,
        preprocessor=preprocessor,
        **made,
    )


def _split(texts: list[Text], preprocessor: Preprocessor) -> Split:
    number_of = {tag: number for number, tag in enumerate(preprocessor.tags)}
    if odd := {tag for text in texts for tag in text.tags} - set(number_of):
        raise UserError(
            f"the tag {shown(min(odd))} does not occur in the training data"
        )
    ids, places = preprocessor.encode([text.tokens for text in texts])
    classes = np.full(ids.shape, NO_CLASS, "int32")
    for row, (text, start, _, first, stop) in zip(classes, places, strict=True):
        tags = texts[text].tags[first:stop]
        row[first - start : stop - start] = [number_of[tag] for tag in tags]
    return Split(texts, ids, places, classes)


def read(source: str | None, notes: list[str]) -> tuple[list[Text], bool]:
    """Read tagged texts; say whether they are words (or characters).

    Args:
        source: a .conllu file, a .py file, a folder of .py files, or `None` for the
            standard library.
        notes: takes what a user should know.

    Raises:
        UserError: it cannot be read, or has nothing that is tagged.
    """
    if source is not None and Path(source).suffix.lower() == ".conllu":
        return list(conllu(Path(source))), True
    if source is None:
        folder = Path(sysconfig.get_paths()["stdlib"])
        paths = [
            p for p in sorted(folder.glob("*.py")) if p.stat().st_size <= LARGEST_FILE
        ]
    elif Path(source).is_dir():
        paths = sorted(Path(source).rglob("*.py"))
    elif Path(source).suffix.lower() == ".py":
        paths = [Path(source)]
    else:
        kinds = "a .conllu file, a .py file or a folder"
        raise UserError(f"{one_line(source)} must be {kinds}")
    texts, total, broken = [], 0, 0
    for path in paths:
        if source is None and total > LARGEST_TEXT:
            break
        text = files.read_text(path, may_be_blank=True)
        try:
            tags = classes_of(text)
        except (SyntaxError, ValueError, RecursionError):
            broken += 1
            continue
        if tags:
            texts.append(Text(str(path), text, tags))
            total += len(text)
    if broken:
        notes.append(f"{broken} files that this Python cannot parse: skipped")
    if not texts:
        raise UserError(f"{source or 'this Python'} has no source that can be parsed")
    version = sysconfig.get_python_version()
    what = f"modules of Python {version}" if source is None else f"files of {source}"
    notes.append(f"{len(texts)} {what}")
    return texts, False


def conllu(path: Path) -> Iterator[Text]:
    """Yield the sentences of a CoNLL-U file: words (FORM) and parts of speech (UPOS).

    Multiword tokens (1-2) and empty nodes (1.1) are passed over, since their words or
    their neighbours are there as well.

    Raises:
        UserError: the file cannot be read, or a line is malformed.
    """
    words, tags, start = [], [], 1
    lines = files.read_text(path).split("\n")
    for number, line in enumerate([*lines, ""], start=1):
        if not line.strip():
            if words:
                yield Text(f"line {start}", words, tags)
            words, tags, start = [], [], number + 1
        elif not line.startswith("#"):
            cells = line.split("\t")
            if len(cells) != 10 or not cells[1] or not cells[3]:
                raise UserError(
                    f"{path}, line {number}: a word needs 10 cells between tabs, with "
                    f"FORM and UPOS; received {shown(line)}"
                )
            if cells[0].isdecimal():
                words.append(cells[1])
                tags.append(cells[3])
