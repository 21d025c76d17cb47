"""The preprocessor: from tokens to arrays, and from class numbers to tags.

A token is a character of Python source, or a word of a sentence. Letters: N windows,
T time steps (tokens) of a window.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.errors import UserError
from common.preprocessing.padding import padded
from common.preprocessing.text import Vocabulary
from common.settings import MAX_COUNT, Limits, check

from .config import Config

MIN_COUNT = 2  # tokens that are rarer in training are known by their last letters
SUFFIXES = (3, 2)  # letters


@dataclass(frozen=True)
class Text:
    """One file of source, or one sentence."""

    name: str
    tokens: Sequence[str]  # a `str` for source: its characters
    tags: Sequence[str]


@dataclass(frozen=True)
class Preprocessor:
    """Turns tokens into rows of ids, and class numbers into tags."""

    vocabulary: Vocabulary
    tags: list[str]
    words: bool  # or characters
    length: int
    context: int

    @classmethod
    def fit(
        cls, texts: Sequence[Text], config: Config, *, words: bool
    ) -> "Preprocessor":
        """Learn the tokens and the tags of the training texts.

        A word that occurs once stands for all unknown words that end alike.
        """
        counts = Counter(token for text in texts for token in text.tokens)
        rare = (_suffixes(t) for t, n in counts.items() if n < MIN_COUNT)
        tokens = (t for t, n in counts.items() for _ in range(n) if n >= MIN_COUNT)
        vocabulary = Vocabulary.fit(
            [tokens, *(rare if words else ())], max_size=config.vocabulary_size
        )
        tags = sorted({tag for text in texts for tag in text.tags})
        return cls(vocabulary, tags, words, config.length, config.context)

    def ids(self, tokens: Sequence[str]) -> np.ndarray:
        """Return the ids of tokens, int32 (their number,)."""
        if self.words:
            known = self.vocabulary
            tokens = [
                next((x for x in (token, *_suffixes(token)) if x in known), token)
                for token in tokens
            ]
        return np.array(self.vocabulary.encode(tokens), "int32")

    def windows(self, count: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield start and end of each window of a text, and of the part that it tags.

        A text of `count` tokens is tagged from its beginning to its end once.
        """
        done = 0
        while done < count:
            start = max(0, done - self.context)
            end = min(count, start + self.length)
            stop = end if end == count else end - self.context
            yield start, end, done, stop
            done = stop

    def encode(self, texts: Sequence[Sequence[str]]) -> tuple[np.ndarray, list[tuple]]:
        """Return ids, int32 (N, T), and the place of each window.

        Places are (text, start, end, first, stop): the window has the tokens start to
        end of a text, and tags those from first to stop.
        """
        places, rows = [], []
        for number, tokens in enumerate(texts):
            ids = self.ids(tokens)
            for place in self.windows(len(ids)):
                places.append((number, *place))
                rows.append(ids[place[0] : place[1]])
        return padded(rows), places

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessor":
        """Rebuild a preprocessor.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        names = {"vocabulary", "tags", "words", "length", "context"}
        if not isinstance(value, dict) or set(value) != names:
            raise UserError(f"a preprocessor needs {', '.join(sorted(names))}")
        tags = value["tags"]
        if not isinstance(tags, list) or not all(isinstance(x, str) for x in tags):
            raise UserError("the tags of a preprocessor must be a list of texts")
        check("words", value["words"], bool)
        check("length", value["length"], int, Limits(2, MAX_COUNT))
        check("context", value["context"], int, Limits(0, (value["length"] - 1) // 2))
        return cls(**{**value, "vocabulary": Vocabulary.from_json(value["vocabulary"])})


def _suffixes(token: str) -> list[str]:
    """Return what stands for a word that is not known: its last letters."""
    return [f"~{token[-size:].lower()}" for size in SUFFIXES]
