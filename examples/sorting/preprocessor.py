"""The preprocessor: from lists of numbers to arrays.

Letters: N lists, T numbers in a list.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from common import files
from common.errors import UserError, shown
from common.preprocessing.padding import padded
from common.training.run_folder import PREPROCESSOR, Run

from .config import Config, Lists

PADDING = -1  # fills lists and targets up to the longest length


@dataclass(frozen=True, kw_only=True)
class Preprocessor(Lists):
    """Parses lists of numbers and turns them into arrays for the network."""

    @classmethod
    def of(cls, config: Config) -> "Preprocessor":
        """Return the preprocessor of the lists that `config` describes."""
        return cls(**{field.name: getattr(config, field.name) for field in fields(cls)})

    @classmethod
    def load(cls, run: Run) -> "Preprocessor":
        """Read the preprocessor of a run; `UserError` if it is missing or damaged."""
        value, found = files.read_json(run / PREPROCESSOR), None
        with contextlib.suppress(TypeError, UserError):
            found = cls(**value)
        if found is None or asdict(found) != value:
            raise UserError(f"{run / PREPROCESSOR} is damaged: {shown(value)}")
        return found

    def __str__(self) -> str:
        """Return a name of the data set: `lists of 2..10 numbers, 0..99`."""
        numbers = f", 0..{self.max_value}" if self.values == "int" else " in [0, 1)"
        return f"lists of {self.shortest}..{self.length} numbers{numbers}"

    def inputs(self, numbers: np.ndarray) -> np.ndarray:
        """Return what the network reads of lists (N, T): ids, or floats as they are.

        The id of a whole number is the number + 1. Id 0 is padding in the list that is
        read, and the start in the list that is written.
        """
        return numbers + 1 if self.values == "int" else numbers

    def inputs_and_targets(self, numbers: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return the training arrays of lists (N, T), each (N, T) with padding.

        Whole numbers: inputs (ids, ids of the sorted list one step late), targets the
        sorted list. Floats: inputs the numbers, targets the place of each.
        """
        if self.values == "float":
            places = ranks(np.where(numbers < 0, np.inf, numbers))
            return numbers, np.where(numbers < 0, PADDING, places).astype("int32")
        targets = ascending(numbers)
        previous = np.pad(self.inputs(targets), ((0, 0), (1, 0)))[:, :-1]
        return (self.inputs(numbers), previous), targets

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """Return lists written with spaces or commas as an array (N, T).

        Raises:
            UserError: the network was not trained on such lists.
        """
        lists = []
        for count, text in enumerate(texts, start=1):
            lists.append([self._number(word, count) for word in words(text)])
            if not self.shortest <= len(lists[-1]) <= self.length:
                raise UserError(
                    f"list {count} must have {self.shortest}..{self.length} numbers, "
                    f"like the training lists; received {len(lists[-1])}"
                )
        return padded(lists, width=self.length, dtype=f"{self.values}32", value=PADDING)

    def _number(self, word: str, count: int) -> float:
        whole = self.values == "int"
        with contextlib.suppress(ValueError):
            number = int(word) if whole else float(np.float32(word))
            if 0 <= number <= self.max_value if whole else 0 <= number < 1:
                return number
        legal = f"a whole number, 0..{self.max_value}" if whole else "in [0, 1)"
        raise UserError(
            f"every number of list {count} must be {legal}; received {shown(word, 40)}"
        )


def words(text: str) -> list[str]:
    """Split a list at spaces and commas."""
    return text.replace(",", " ").split()


def ranks(numbers: np.ndarray) -> np.ndarray:
    """Return the place (N, T) of every number in its sorted list, counted from 0."""
    order = np.argsort(numbers, axis=1, kind="stable")
    return np.argsort(order, axis=1)


def ascending(numbers: np.ndarray) -> np.ndarray:
    """Return lists (N, T) sorted, with the padding still at the end."""
    ordered = np.sort(np.where(numbers < 0, np.inf, numbers), axis=1)
    return np.where(np.isinf(ordered), PADDING, ordered).astype(numbers.dtype)
