"""Draws random lists and turns them into arrays for the network.

A hash of its numbers puts every list into training, validation or test, so that no
list is drawn for two of them. Letters: N lists, T numbers in a list.
"""

import functools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from .config import Config, Lists
from .preprocessor import PADDING, Preprocessor

TEST, VALIDATION, TRAIN = range(3)
SHARES = (0.1, 0.1, 0.8)  # of all lists
VALIDATION_LISTS, TEST_LISTS, SLICE_LISTS = 2000, 5000, 1000
DATA_SEED = 0  # of validation and test lists, whatever --seed is
MOST_LENGTHS = 25  # of test lists; among longer lists some lengths are left out
ROUNDS = 50  # most rounds of drawing; a split may have too few lists of a kind


def split_of(numbers: np.ndarray) -> np.ndarray:
    """Return TEST, VALIDATION or TRAIN for every list (N, T), whatever its padding."""
    bits = numbers.view("uint32").astype("uint64")
    mixed = np.zeros(len(numbers), "uint64")
    for t in range(numbers.shape[1]):
        # One round of a multiplicative hash per number, with high bits folded back.
        new = (mixed ^ (bits[:, t] + np.uint64(1))) * np.uint64(0x9E3779B97F4A7C15)
        mixed = np.where(numbers[:, t] < 0, mixed, new ^ (new >> np.uint64(29)))
    tenth = (mixed >> np.uint64(20)) % np.uint64(10)
    return np.minimum(tenth, np.uint64(TRAIN)).astype("int8")


# Each turns random lists without padding into lists of its kind.
KINDS = {
    "random": lambda lists, random: lists,
    # At most half as many different numbers as places.
    "duplicates": lambda lists, random: np.take_along_axis(
        lists, random.integers(0, (lists.shape[1] + 1) // 2, lists.shape), axis=1
    ),
    "already_sorted": lambda lists, random: np.sort(lists, axis=1),
    "reversed": lambda lists, random: np.sort(lists, axis=1)[:, ::-1],
    "all_equal": lambda lists, random: np.tile(lists[:, :1], lists.shape[1]),
}
FLOAT_KINDS = ("random", "already_sorted", "reversed")  # equal floats hardly occur


def draw(
    lists: Lists,
    random: np.random.Generator,
    count: int,
    *,
    split: int,
    length: int | None = None,
    kind: str = "random",
) -> np.ndarray:
    """Draw lists of one split, padded at the end: (N, T).

    Args:
        lists: says which lists there are.
        random: source of randomness.
        count: N. Fewer lists, or none, are returned if the split has no such lists.
        split: TEST, VALIDATION or TRAIN.
        length: of every list; by default all training lengths are equally likely.
        kind: one of `KINDS`.
    """
    shortest, longest = length or lists.shortest, length or lists.length
    found = np.empty((0, longest), f"{lists.values}32")
    # A tenth more than needed on average, so that one round is nearly always enough.
    shape = (int(1.1 * count / SHARES[split]) + 10, longest)
    for _ in range(ROUNDS):
        if lists.values == "int":
            numbers = random.integers(0, lists.max_value + 1, shape, found.dtype)
        else:
            numbers = random.random(shape, found.dtype)
        numbers = KINDS[kind](numbers, random)
        ends = random.integers(shortest, longest + 1, (len(numbers), 1))
        numbers = np.where(np.arange(longest) < ends, numbers, PADDING)
        found = np.concatenate([found, numbers[split_of(numbers) == split]])
        if len(found) >= count:
            break
    return found[:count]


def draw_to_learn(
    lists: Lists, random: np.random.Generator, count: int, *, split: int
) -> np.ndarray:
    """Draw lists (N, T) of one split, every second whole-number list with duplicates.

    Random lists hardly ever hold a number three times: a network would not learn to
    count. The order is random.
    """
    kinds = ["random", "duplicates"] if lists.values == "int" else ["random"]
    count = -(-count // len(kinds))
    parts = [draw(lists, random, count, split=split, kind=kind) for kind in kinds]
    return random.permutation(np.concatenate(parts))


class FreshBatches(keras.utils.PyDataset):
    """Training batches of lists that depend only on (seed, epoch).

    A resumed training therefore sees the same lists as one without a break.
    """

    num_batches = 0  # of an epoch

    def __init__(self, lists: Lists, *, steps: int, batch_size: int, seed: int):
        """Draw `steps` batches of `batch_size` new lists for every epoch."""
        super().__init__()
        self.preprocessor, self.seed = lists, seed
        self.num_batches, self.batch_size = steps, batch_size
        self.epoch = 0  # `fitting.fit` sets it
        self.drawn = functools.lru_cache(maxsize=1)(self._draw)

    def _draw(self, epoch: int) -> np.ndarray:
        random = np.random.default_rng([self.seed, epoch])
        count = self.num_batches * self.batch_size
        return draw_to_learn(self.preprocessor, random, count, split=TRAIN)

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray]:
        start = index * self.batch_size
        numbers = self.drawn(self.epoch)[start : start + self.batch_size]
        return self.preprocessor.inputs_and_targets(numbers)


@dataclass(frozen=True)
class Data:
    """All lists that a training and its test need, but for the training lists."""

    preprocessor: Preprocessor
    validation: np.ndarray  # (N, T), lengths as in training
    test: dict[str, np.ndarray]  # (N, T) lists of the longest length, by kind
    by_length: dict[int, np.ndarray]  # (N, 2T) random test lists of one length each


def load(config: Config) -> Data:
    """Draw the validation and test lists that `config` asks for."""
    lists, length, whole = (
        Preprocessor.of(config),
        config.length,
        config.values == "int",
    )
    random, test, by_length = np.random.default_rng(DATA_SEED), {}, {}
    validation = draw_to_learn(lists, random, VALIDATION_LISTS, split=VALIDATION)
    drawn = functools.partial(draw, lists, random)
    for kind in KINDS if whole else FLOAT_KINDS:
        count = TEST_LISTS if kind == "random" else SLICE_LISTS
        test[kind] = drawn(count, split=TEST, length=length, kind=kind)
        if kind == "all_equal":  # few such lists exist
            test[kind] = np.unique(test[kind], axis=0)
    # The network for floats has no place after the longest list that it was trained on.
    first, last = (2, 2 * length) if whole else (config.shortest, length)
    for n in np.unique(np.linspace(first, last, MOST_LENGTHS).astype(int)).tolist():
        found = drawn(SLICE_LISTS // 2, split=TEST, length=n)
        by_length[n] = np.pad(found, ((0, 0), (0, last - n)), constant_values=PADDING)
    # With few numbers, a kind or a length may have no list that is for the test.
    test, by_length = (
        {k: v for k, v in d.items() if len(v)} for d in (test, by_length)
    )
    return Data(lists, validation, test, by_length)
