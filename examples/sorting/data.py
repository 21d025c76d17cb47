"""Lists of numbers, drawn as many as asked for; what the network reads and writes.

A list belongs to training, validation or test by a hash of its numbers, so that no
list of the one is ever drawn for the other. Letters: N lists, T numbers of a list.
"""

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np

from common.errors import UserError, check_choice, check_whole
from common.preprocessing.sequences import Batches
from examples.sorting.config import VALUES, Config

EXAMPLE = "sorting"  # name of the folder of its runs
CODEC = "codec.json"  # name of the codec in a run folder
PADDING = -1  # stands after the end of a list, in lists and in targets
# A tenth of all lists each, and eight tenths for training.
TEST, VALIDATION, TRAIN = range(3)
SHARES = (0.1, 0.1, 0.8)
VALIDATION_LISTS, TEST_LISTS, SLICE_LISTS = 2000, 5000, 1000
# Validation and test lists have a fixed seed: --seed changes the training alone.
DATA_SEED = 0
ROUNDS = 50  # draws before it is taken as certain that there is no such list


@dataclass(frozen=True)
class Codec:
    """Says which lists there are, and turns them into what the network takes."""

    values: str  # "int" or "float"
    shortest: int
    length: int
    max_value: int

    @classmethod
    def of(cls, config: Config) -> "Codec":
        """Return the codec of the lists that `config` describes."""
        return cls(config.values, config.shortest, config.length, config.max_value)

    def inputs(self, numbers: np.ndarray) -> np.ndarray:
        """Return what the network reads of lists (N, T): ids, or the numbers.

        The id of a whole number is the number + 1; id 0 is padding, and in front of
        what is written it is the start.
        """
        return numbers + 1 if self.values == "int" else numbers

    def examples(self, numbers: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return inputs and targets of lists (N, T), for training.

        Returns:
            whole numbers: (ids, ids of what is to be written, one step late) and the
            numbers to be written; others: the numbers and each one's place.
        """
        if self.values == "float":
            places = np.argsort(np.argsort(fill(numbers), axis=1), axis=1)
            return numbers, np.where(numbers < 0, PADDING, places).astype("int32")
        targets = ascending(numbers)
        previous = np.pad(self.inputs(targets), ((0, 0), (1, 0)))[:, :-1]
        return (self.inputs(numbers), previous), targets

    def parse(self, text: str) -> list[float]:
        """Return the numbers of a list as a user writes it, with spaces or commas.

        Raises:
            UserError: it is not a list as the network has learned to sort.
        """
        numbers = [self._number(word) for word in words(text)]
        if not self.shortest <= len(numbers) <= self.length:
            one_length = self.shortest == self.length
            legal = self.length if one_length else f"{self.shortest}..{self.length}"
            raise UserError(
                f"a list must have {legal} numbers, as those that the "
                f"network was trained on; received {len(numbers)}"
            )
        return numbers

    def _number(self, word: str) -> float:
        whole = self.values == "int"
        try:
            number = int(word) if whole else float(np.float32(word))
        except ValueError:
            number = -1
        # Written so that NaN, which is neither smaller nor larger, is refused too.
        if not (0 <= number <= self.max_value if whole else 0 <= number < 1):
            legal = f"a whole number, 0..{self.max_value}" if whole else "in [0, 1)"
            raise UserError(f"every number must be {legal}; received {word[:40]!r}")
        return number

    def array(self, lists: list[list[float]]) -> np.ndarray:
        """Lay lists out as one array (N, T), with padding up to the longest length."""
        array = np.full((len(lists), self.length), PADDING, self.dtype)
        for row, numbers in zip(array, lists, strict=True):
            row[: len(numbers)] = numbers
        return array

    @property
    def dtype(self) -> str:
        """What the numbers are stored as."""
        return f"{self.values}32"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> "Codec":
        """Rebuild a codec.

        Raises:
            UserError: `value` is not what `to_json` returns.
        """
        try:
            codec = cls(**value)
        except TypeError:
            needs = ", ".join(cls.__dataclass_fields__)
            raise UserError(f"a codec needs {needs}, and nothing else") from None
        check_choice("values of a codec", codec.values, VALUES)
        check_whole("length of a codec", codec.length, at_least=2)
        check_whole(
            "shortest of a codec", codec.shortest, at_least=2, at_most=codec.length
        )
        check_whole("max_value of a codec", codec.max_value, at_least=1)
        return codec


def words(text: str) -> list[str]:
    """Split a list as a user writes it, at spaces and commas."""
    return text.replace(",", " ").split()


def fill(numbers: np.ndarray) -> np.ndarray:
    """Return lists (N, T) with padding as infinity, so that it sorts to the end."""
    return np.where(numbers < 0, np.inf, numbers)


def ascending(numbers: np.ndarray) -> np.ndarray:
    """Return lists (N, T) sorted, with the padding still at the end."""
    ordered = np.sort(fill(numbers), axis=1)
    return np.where(np.isinf(ordered), PADDING, ordered).astype(numbers.dtype)


def split_of(numbers: np.ndarray) -> np.ndarray:
    """Return TEST, VALIDATION or TRAIN for every list (N, T); padding counts not."""
    bits = numbers.view("uint32").astype("uint64")
    mixed = np.zeros(len(numbers), "uint64")
    for t in range(numbers.shape[1]):
        # One round of a multiplicative hash a number, with the high bits folded back.
        new = (mixed ^ (bits[:, t] + np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
        mixed = np.where(numbers[:, t] < 0, mixed, new ^ (new >> np.uint64(29)))
    tenth = (mixed >> np.uint64(20)) % np.uint64(10)
    return np.minimum(tenth, np.uint64(TRAIN)).astype("int8")


def _duplicates(numbers: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Use only the numbers in the first half of a list, in any order and amount."""
    half = (numbers.shape[1] + 1) // 2
    chosen = random.integers(0, half, numbers.shape)
    return np.take_along_axis(numbers, chosen, axis=1)


# Each turns lists without padding into lists of its kind.
KINDS = {
    "random": lambda numbers, random: numbers,
    "duplicates": _duplicates,
    "already_sorted": lambda numbers, random: np.sort(numbers, axis=1),
    "reversed": lambda numbers, random: np.sort(numbers, axis=1)[:, ::-1],
    "all_equal": lambda numbers, random: np.repeat(
        numbers[:, :1], numbers.shape[1], axis=1
    ),
}
# Two equal numbers drawn from [0, 1) are as good as impossible.
FLOAT_KINDS = ("random", "already_sorted", "reversed")


def draw(
    codec: Codec,
    random: np.random.Generator,
    count: int,
    *,
    split: int,
    lengths: tuple[int, int],
    kind: str = "random",
    width: int | None = None,
) -> np.ndarray:
    """Draw lists of one split.

    Args:
        codec: says which numbers there are.
        random: where chance comes from.
        count: N; fewer are returned, or none, where the split has no such lists.
        split: TEST, VALIDATION or TRAIN.
        lengths: the shortest and the longest; all lengths between are as likely.
        kind: one of `KINDS`.
        width: T; by default the longest length.

    Returns:
        lists (N, T), with padding at the end.
    """
    shortest, longest = lengths
    parts = [np.empty((0, width or longest), codec.dtype)]
    # A tenth more than needed in the mean, so that one round mostly is enough.
    at_once = int(1.1 * count / SHARES[split]) + 10
    for _ in range(ROUNDS):
        shape = (at_once, longest)
        if codec.values == "int":
            numbers = random.integers(0, codec.max_value + 1, shape, codec.dtype)
        else:
            numbers = random.random(shape, codec.dtype)
        numbers = KINDS[kind](numbers, random)
        ends = random.integers(shortest, longest + 1, (at_once, 1))
        numbers = np.where(np.arange(longest) < ends, numbers, PADDING)
        numbers = numbers[split_of(numbers) == split]
        more = (width or longest) - longest
        parts.append(np.pad(numbers, ((0, 0), (0, more)), constant_values=PADDING))
        if sum(map(len, parts)) >= count:
            break
    return np.concatenate(parts)[:count]


class FreshBatches(keras.utils.PyDataset):
    """Training batches of lists that are a function of (seed, epoch) alone.

    A resumed training so sees the lists that it would have seen without the break.
    """

    def __init__(self, codec: Codec, *, steps: int, batch_size: int, seed: int):
        """Draw `steps` batches of `batch_size` lists anew for every epoch."""
        super().__init__()
        self.codec, self.steps = codec, steps
        self.batch_size, self.seed = batch_size, seed
        self._epoch = -1
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose lists are served; `training.fit` sets it."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int):
        if epoch != self._epoch:
            self._epoch = epoch
            self.numbers = draw(  # (N, T), what the batches are cut from
                self.codec,
                np.random.default_rng([self.seed, epoch]),
                self.steps * self.batch_size,
                split=TRAIN,
                lengths=(self.codec.shortest, self.codec.length),
            )

    @property
    def num_batches(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple:
        start = index * self.batch_size
        return self.codec.examples(self.numbers[start : start + self.batch_size])


@dataclass(frozen=True)
class Data:
    """Everything that a training and its test need."""

    codec: Codec
    validation: np.ndarray  # (N, T) as the training lists
    slices: dict[str, np.ndarray]  # (N, T) test lists of the longest length, by kind
    by_length: dict[int, np.ndarray]  # (N, 2T) test lists of one length each

    def train_batches(self, *, steps: int, batch_size: int, seed: int) -> FreshBatches:
        """Return training batches, drawn anew in every epoch."""
        return FreshBatches(self.codec, steps=steps, batch_size=batch_size, seed=seed)

    def validation_batches(self, batch_size: int) -> Batches:
        """Return the same validation lists in every epoch."""
        return Batches(*self.codec.examples(self.validation), batch_size=batch_size)


def load(config: Config) -> Data:
    """Draw the validation and test lists that `config` asks for."""
    codec, length = Codec.of(config), config.length
    random = np.random.default_rng(DATA_SEED)
    whole = codec.values == "int"

    def drawn(count: int, split: int, lengths: tuple[int, int], **more) -> np.ndarray:
        return draw(codec, random, count, split=split, lengths=lengths, **more)

    validation = drawn(VALIDATION_LISTS, VALIDATION, (codec.shortest, length))
    slices = {}
    for kind in KINDS if whole else FLOAT_KINDS:
        count = TEST_LISTS if kind == "random" else SLICE_LISTS
        lists = drawn(count, TEST, (length, length), kind=kind)
        # Of equal numbers there are few lists, a tenth of them for the test.
        slices[kind] = np.unique(lists, axis=0) if kind == "all_equal" else lists
    # A network of places has none after the last place that it was trained on.
    first, last = (2, 2 * length) if whole else (codec.shortest, length)
    by_length = {
        count: drawn(SLICE_LISTS // 2, TEST, (count, count), width=last)
        for count in range(first, last + 1)
    }
    return Data(
        codec,
        validation,
        slices={kind: lists for kind, lists in slices.items() if len(lists)},
        by_length={count: lists for count, lists in by_length.items() if len(lists)},
    )
