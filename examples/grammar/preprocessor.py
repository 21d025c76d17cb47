"""The preprocessor: from sentences to arrays.

Letters: N sentences, T words of a sentence.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.errors import UserError
from common.preprocessing.padding import padded
from common.preprocessing.text import Vocabulary
from common.settings import MAX_COUNT, Limits, check

WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")  # "isn't" and "built-in" are words
ENDING = 2  # letters


def words(text: str) -> list[str]:
    """Split `text` into lower-case words; marks are dropped."""
    return [word.replace("\u2019", "'") for word in WORD.findall(text.lower())]


@dataclass(frozen=True)
class Preprocessor:
    """Turns sentences into rows of word ids.

    A rare word is replaced by its ending, "-ng" or "-ed": that tells what kind of word
    it is.
    """

    vocabulary: Vocabulary  # of words, and of endings such as "-ng"
    max_length: int

    @classmethod
    def fit(
        cls, sentences: Sequence[Sequence[str]], *, min_count: int, max_length: int
    ) -> "Preprocessor":
        """Learn the words of the training sentences.

        Words, and endings of rarer words, that occur `min_count` times are known.
        """
        counts = Counter(word for sentence in sentences for word in sentence)
        tokens = (
            [word if counts[word] >= min_count else ending(word) for word in sentence]
            for sentence in sentences
        )
        return cls(Vocabulary.fit(tokens, min_count=min_count), max_length)

    def token(self, word: str) -> str:
        """Return the word if it is known, or else its ending."""
        return word if word in self.vocabulary else ending(word)

    def encode(self, sentences: Sequence[Sequence[str]]) -> np.ndarray:
        """Return word ids, int32 (N, T); short rows are filled with padding, id 0.

        At most `max_length` words are read. A sentence without words becomes one
        unknown word.
        """
        rows = [sentence[: self.max_length] or [""] for sentence in sentences]
        return padded([self.vocabulary.encode(map(self.token, row)) for row in rows])

    def to_json(self) -> dict[str, Any]:
        return {"max_length": self.max_length, "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessor":
        """Rebuild a preprocessor.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        keys = ("vocabulary", "max_length")
        if not isinstance(value, dict) or not set(keys) <= set(value):
            raise UserError(f"a preprocessor needs {' and '.join(keys)}")
        check("max_length", value["max_length"], int, Limits(1, MAX_COUNT))
        return cls(Vocabulary.from_json(value["vocabulary"]), value["max_length"])


def ending(word: str) -> str:
    """Return the ending that stands for a rare word."""
    return f"-{word[-ENDING:]}"


def without_each_word(ids: np.ndarray) -> np.ndarray:
    """Return a sentence T times, each time without another one of its words.

    Args:
        ids: (T,) without padding.

    Returns:
        (T, T): each row ends with padding; a single word becomes an unknown one.
    """
    if len(ids) == 1:
        return np.array([[Vocabulary.UNKNOWN]])
    return padded([np.delete(ids, place) for place in range(len(ids))], width=len(ids))
