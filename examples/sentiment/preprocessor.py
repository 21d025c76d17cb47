"""The preprocessor: from texts to arrays, and from class numbers to labels.

Letters: N texts, T words of a text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.errors import UserError
from common.preprocessing.padding import padded
from common.preprocessing.text import Vocabulary
from common.settings import MAX_COUNT, Limits, check

# Chinese and Japanese have no spaces: each of their characters is a word.
CJK = (
    "\u3041-\u3096\u30a1-\u30fa\u30fc"  # Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
# Any other word keeps its apostrophes ("isn't").
_WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:['\u2019][^\W_{CJK}]+)*|[!?]")


def words(text: str) -> list[str]:
    """Split `text` into lower-case words, "!" and "?"; other marks are dropped.

    Every Chinese or Japanese character is a word.
    """
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.lower())]


@dataclass(frozen=True)
class Preprocessor:
    """Turns texts into rows of word ids, and class numbers into labels."""

    vocabulary: Vocabulary
    labels: list[str]
    max_length: int

    def tokens(self, text: str) -> list[str]:
        """Return the words of `text` that are read, the first `max_length`."""
        return words(text)[: self.max_length]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return word ids, int32 (N, T); short rows are filled with padding, id 0.

        A text without words becomes one unknown word.
        """
        rows = [self.vocabulary.encode(self.tokens(text) or [""]) for text in texts]
        return padded(rows)

    def to_json(self) -> dict[str, Any]:
        return {
            "max_length": self.max_length,
            "labels": self.labels,
            "vocabulary": self.vocabulary.to_json(),
        }

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessor":
        """Rebuild a preprocessor.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        keys = ("vocabulary", "labels", "max_length")
        if not isinstance(value, dict) or not set(keys) <= set(value):
            raise UserError(f"a preprocessor needs {', '.join(keys)}")
        vocabulary, labels, max_length = (value[key] for key in keys)
        if not isinstance(labels, list) or not all(isinstance(x, str) for x in labels):
            raise UserError("the labels of a preprocessor must be a list of texts")
        check("max_length", max_length, int, Limits(1, MAX_COUNT))
        return cls(Vocabulary.from_json(vocabulary), labels, max_length)
