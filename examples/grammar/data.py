"""From documentation to sentences in order and out of order: reading and splitting.

Letters: N texts (sentences as written, and damaged ones), T words of a text.
"""

import re
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import files
from common.errors import UserError
from common.preprocessing.sequences import Batches

from .config import Config
from .preprocessor import Preprocessor, words

PYTHON_DOCUMENTATION = "python_documentation"
SPLITS = ("train", "validation", "test")
# Of every ten documents, these two are held out.
HELD_OUT, FOLD = {4: "validation", 9: "test"}, 10
SENTENCES_OF_A_DOCUMENT = 10  # where a file does not say where documents end
MIN_SENTENCES = 100
MIN_WORDS, MIN_DIFFERENT = 5, 3  # of a sentence
DAMAGE_SEED = 0  # fixed, so that --seed changes the training alone
LABELS = ("in order", "damaged")

_DOCSTRING = re.compile(r'^[ \t]*[rR]?"""(.*?)"""', re.M | re.S)
_NOT_DOCUMENTED = {"site-packages", "dist-packages", "test", "tests", "pydoc_data"}
_BULLET = re.compile(r"\A\s*(?:[*-]|\d+\.)\s")
# A sentence ends at a mark that is followed by white space and no small letter.
_END = re.compile(r"(?<=[.!?])\s+(?![a-z])")
# Words and ordinary marks alone: no digits, no code.
_PROSE = re.compile(r"(?:[^\W\d_]|[\s,;:'\u2019\"\u201c\u201d()*-])+[.!?]")


@dataclass(frozen=True)
class Damage:
    """What was done to a sentence."""

    kind: str  # "swap" or "move"
    distance: int  # words from one place to the other
    places: tuple[int, ...]  # where the misplaced words now stand


@dataclass(frozen=True)
class Split:
    """The texts of one split: each sentence as written, then damaged."""

    texts: list[list[str]]  # N lists of words
    damages: list[Damage | None]  # N; None for a sentence as written
    ids: np.ndarray  # (N, T) int32
    targets: np.ndarray  # (N, 1) float32: 1 where the text is damaged

    def batches(self, batch_size: int, *, seed: int | None = None) -> Batches:
        """Return batches; with a seed, reshuffled in every epoch."""
        lengths = np.count_nonzero(self.ids, axis=1)
        return Batches(
            self.ids, self.targets, batch_size=batch_size, seed=seed, lengths=lengths
        )


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
    """Read the data that `config` names, and damage a copy of every sentence.

    Raises:
        UserError: a file cannot be used; the message says why.
    """
    notes: list[str] = []
    parts = split_documents(config, notes)
    preprocessor = Preprocessor.fit(
        parts["train"], min_count=config.min_count, max_length=config.max_length
    )
    splits = {}
    for number, (name, sentences) in enumerate(parts.items()):
        random = np.random.default_rng([DAMAGE_SEED, number])
        copies = config.copies if name == "train" else 1
        texts, damages = with_damage(sentences * copies, random)
        targets = np.array([[damage is not None] for damage in damages], "float32")
        splits[name] = Split(texts, damages, preprocessor.encode(texts), targets)
    texts = [" ".join(text) for split in splits.values() for text in split.texts]
    name = config.data or PYTHON_DOCUMENTATION
    return Data(name, files.hash_of(texts), notes, preprocessor, **splits)


def with_damage(
    sentences: list[list[str]], random: np.random.Generator
) -> tuple[list[list[str]], list[Damage | None]]:
    """Return each sentence as written, then damaged; and what was done to each."""
    texts, damages = [], []
    for sentence in sentences:
        changed, damage = damaged(sentence, random)
        texts += [sentence, changed]
        damages += [None, damage]
    return texts, damages


def damaged(
    sentence: list[str], random: np.random.Generator
) -> tuple[list[str], Damage]:
    """Swap two words of a sentence, or move one; return the words and the damage.

    Kind and places are drawn evenly, until the words read otherwise than before. The
    sentence needs different words.
    """
    while True:
        swap = random.random() < 0.5
        first, second = random.choice(len(sentence), 2, replace=False).tolist()
        distance = abs(first - second)
        changed = list(sentence)
        if swap:
            changed[first], changed[second] = changed[second], changed[first]
            damage = Damage("swap", distance, (first, second))
        else:
            changed.insert(second, changed.pop(first))
            damage = Damage("move", distance, (second,))
        # To move a word by one place is to swap two neighbours.
        if changed != sentence and (swap or distance > 1):
            return changed, damage


def split_documents(config: Config, notes: list[str]) -> dict[str, list[list[str]]]:
    """Return the sentences of every split, each as a list of words.

    Documents stay whole. A sentence that occurs again stays where it came first, where
    the test comes before the validation and that before the training.

    Raises:
        UserError: a file cannot be read, or has too few sentences.
    """
    source = config.data or PYTHON_DOCUMENTATION
    given = {"validation": config.validation_data, "test": config.test_data}
    documents: dict[str, list[list[str]]] = {name: [] for name in SPLITS}
    for name, path in given.items():
        if path:
            documents[name] = own_documents(Path(path))
    whole = own_documents(Path(config.data)) if config.data else python_documentation()
    for number, document in enumerate(whole):
        split = HELD_OUT.get(number % FOLD, "train")
        documents["train" if given.get(split) else split].append(document)
    seen: set[tuple[str, ...]] = set()
    parts, again = {}, 0
    for name in reversed(SPLITS):
        parts[name] = []
        for text in (text for document in documents[name] for text in document):
            sentence = words(text)
            long = MIN_WORDS <= len(sentence) <= config.max_length
            if long and len(set(sentence)) >= MIN_DIFFERENT:
                again += tuple(sentence) in seen
                if tuple(sentence) not in seen:
                    parts[name].append(sentence)
                seen.add(tuple(sentence))
        if not parts[name]:
            raise UserError(
                f"{given.get(name) or source} has no sentence for {name} (from a "
                f"capital to a full stop, {MIN_WORDS} to {config.max_length} words)"
            )
    if len(seen) < MIN_SENTENCES:
        raise UserError(
            f"{source} must have at least {MIN_SENTENCES} different sentences of "
            f"{MIN_WORDS} to {config.max_length} words; it has {len(seen)}"
        )
    if again:
        notes.append(f"{again} sentences that occur again: skipped")
    return {name: parts[name] for name in SPLITS}


def python_documentation() -> list[list[str]]:
    """Return the sentences of each document that comes with Python, by its name.

    These are the topics of `help()`, and the docstrings of the standard library.
    """
    from pydoc_data.topics import topics  # 0.7 MB

    documents = {f"topic {name}": sentences(text) for name, text in topics.items()}
    root = Path(sysconfig.get_path("stdlib"))
    for path in root.rglob("*.py"):
        name = path.relative_to(root)
        if not _NOT_DOCUMENTED & set(name.parts):
            source = path.read_text("utf-8", errors="replace")
            found = [
                one for doc in _DOCSTRING.findall(source) for one in sentences(doc)
            ]
            documents[name.as_posix()] = found
    return [documents[name] for name in sorted(documents) if documents[name]]


def own_documents(path: Path) -> list[list[str]]:
    """Return the sentences of a user's text file; ten neighbours are a document.

    Raises:
        UserError: the file cannot be read.
    """
    found = sentences(files.read_text(path))
    step = SENTENCES_OF_A_DOCUMENT
    return [found[start : start + step] for start in range(0, len(found), step)]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that are prose, from a capital to a full stop."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        joined = " ".join(_BULLET.sub("", paragraph).split())
        for sentence in _END.split(joined):
            if not sentence[:1].islower() and _PROSE.fullmatch(sentence):
                found.append(sentence)
    return found
