"""Tokens to numbers and back: a vocabulary that can be saved."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from common.errors import UserError


class Vocabulary:
    """The tokens a model knows; a token's id is its place in the list.

    Id 0 is padding and id 1 stands for every token that is not in the list.
    """

    PADDING = 0
    UNKNOWN = 1
    SPECIAL = ("<padding>", "<unknown>")

    def __init__(self, tokens: Sequence[str]):
        """Make a vocabulary of `tokens`, which get the ids from 2 on."""
        self.tokens = (*self.SPECIAL, *tokens)
        self._ids = {token: id_ for id_, token in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            raise ValueError("tokens must be distinct and none a special token")

    @classmethod
    def fit(
        cls,
        sequences: Iterable[Sequence[str]],
        *,
        max_size: int | None = None,
        min_count: int = 1,
    ) -> "Vocabulary":
        """Take the tokens of `sequences`, the most frequent first, then by alphabet.

        Args:
            sequences: the training data alone, as lists of tokens.
            max_size: largest number of ids, the two special ones included.
            min_count: tokens that occur less often stay unknown.
        """
        counts = Counter(token for sequence in sequences for token in sequence)
        for special in cls.SPECIAL:
            counts.pop(special, None)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        tokens = [token for token, count in ranked if count >= min_count]
        return cls(tokens if max_size is None else tokens[: max(0, max_size - 2)])

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return self._ids.get(token, self.UNKNOWN) > self.UNKNOWN

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Return the id of every token."""
        # A special token's own text in the input is an unknown token like any other.
        ids = (self._ids.get(token, self.UNKNOWN) for token in tokens)
        return [max(id_, self.UNKNOWN) for id_ in ids]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the token of every id, leaving padding out."""
        return [self.tokens[id_] for id_ in ids if id_ != self.PADDING]

    def to_json(self) -> list[str]:
        """Return the tokens as a JSON value."""
        return list(self.tokens[len(self.SPECIAL) :])

    @classmethod
    def from_json(cls, value: Any) -> "Vocabulary":
        """Rebuild a vocabulary; `UserError` if `value` is no list of distinct texts."""
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not texts or len(set(value) | set(cls.SPECIAL)) != len(value) + 2:
            raise UserError("a vocabulary must be a JSON list of distinct texts")
        return cls(value)
