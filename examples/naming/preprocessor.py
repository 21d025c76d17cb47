"""The preprocessor: from numbers and texts to arrays.

Letters: N rows, F numbers of a row, T letters of a text and its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from common.errors import UserError, shown
from common.preprocessing.padding import padded
from common.preprocessing.text import Vocabulary
from common.settings import Limits, check

from .colours import oklab

END = "\n"  # begins and ends every text


@dataclass(frozen=True)
class Preprocessor:
    """Turns numbers into standardized inputs, and texts into ids and back."""

    vocabulary: Vocabulary  # of letters
    columns: list[str]  # F
    means: list[float]  # of each column in the training split
    deviations: list[float]  # standard deviations; 1 for a constant column
    colours: bool  # whether a row is a colour
    max_length: int

    def numbers(self, text: str) -> np.ndarray:
        """Return the numbers (F,) that a user has written: a colour, or 1.5,20,3.

        Raises:
            UserError: it is no colour, or not as many numbers as there are columns.
        """
        if self.colours:
            return oklab(text.strip())
        try:
            numbers = np.array([float(cell) for cell in text.split(",")])
        except ValueError:
            numbers = np.array([np.nan])
        if len(numbers) != len(self.columns) or not np.isfinite(numbers).all():
            raise UserError(
                f"a row needs {len(self.columns)} numbers between commas "
                f"({', '.join(self.columns)}); received {shown(text)}"
            )
        return numbers

    def standardized(self, numbers: np.ndarray) -> np.ndarray:
        """Return numbers (N, F) with mean 0 and deviation 1 in training, float32."""
        return ((numbers - self.means) / self.deviations).astype("float32")

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return what is read and what is to be written, int32 (N, T), 0 for padding.

        Both hold the letters; the first begins with `END`, the second ends with it.
        """
        ids = [self.vocabulary.encode(END + x[: self.max_length] + END) for x in texts]
        return padded([row[:-1] for row in ids]), padded([row[1:] for row in ids])

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "vocabulary": self.vocabulary.to_json()}

    @classmethod
    def from_json(cls, value: Any) -> "Preprocessor":
        """Rebuild a preprocessor.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        names = set(cls.__dataclass_fields__)
        if not isinstance(value, dict) or set(value) != names:
            raise UserError(f"a preprocessor needs {', '.join(sorted(names))}")
        kinds = {"columns": str, "means": float, "deviations": float}
        for name, kind in kinds.items():
            part = value[name]
            if not isinstance(part, list) or not all(type(x) is kind for x in part):
                raise UserError(f"{name} of a preprocessor must be a list of {kind}")
        numbers = value["means"] + value["deviations"]
        if len(numbers) != 2 * len(value["columns"]) or not np.isfinite(numbers).all():
            raise UserError("a preprocessor needs a mean and a deviation per column")
        if min(value["deviations"], default=0) <= 0:
            raise UserError("the deviations of a preprocessor must be above 0")
        check("colours", value["colours"], bool)
        check("max_length", value["max_length"], int, Limits(1, 1000))
        return cls(**{**value, "vocabulary": Vocabulary.from_json(value["vocabulary"])})
