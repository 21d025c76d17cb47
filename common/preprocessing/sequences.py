"""Batches of sequences in an order that can be repeated.

Letters: N sequences, B batch, T time steps.
"""

import functools
from typing import Any

import keras
import numpy as np

# Padded widths are multiples of this: few distinct shapes, little wasted work.
WIDTH_MULTIPLE = 8


class Batches(keras.utils.PyDataset):
    """Batches for `fit` and `evaluate` whose order depends only on (seed, epoch).

    `fit(shuffle=True)` draws from global random state: an interrupted and resumed
    training would see its batches in another order.

    Given `lengths`, sequences of similar length share a batch. Each batch is trimmed
    to its longest sequence, rounded up to a multiple of 8, to save time on padding.
    """

    POOL = 64  # batches; sequences are sorted by length within pools of this size

    def __init__(
        self,
        inputs: np.ndarray | tuple[np.ndarray, ...],
        targets: np.ndarray,
        *,
        batch_size: int,
        seed: int | None = None,
        lengths: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ):
        """Take whole arrays.

        Args:
            inputs: array (N, T, ...), or a tuple of them for several inputs.
            targets: array (N, ...). With lengths, one with a value per step (N, T) is
                trimmed like the inputs.
            batch_size: B; the last batch may be smaller.
            seed: seed of the order. With `None` every epoch has the given order, or
                with lengths, the order from short to long.
            lengths: (N,) lengths without padding. They group and trim the inputs.
            weights: (N,) how much the loss of each sequence counts. Default: all alike.
        """
        super().__init__()
        self.inputs, self.targets = inputs, targets
        self.batch_size, self.seed, self.lengths = batch_size, seed, lengths
        self.weights = weights
        self.epoch = 0  # whose order is served; `fitting.fit` sets it
        self._order = functools.lru_cache(maxsize=1)(self._order_of)

    @property
    def num_batches(self) -> int:
        return -(-len(self.targets) // self.batch_size)

    def _order_of(self, epoch: int) -> list[np.ndarray]:
        """Return the row numbers of every batch of `epoch`."""
        rows = np.arange(len(self.targets))
        pools, random = [rows], np.random.default_rng([self.seed or 0, epoch])
        if self.seed is not None:
            rows = random.permutation(rows)
            pools = _split(rows, self.POOL * self.batch_size)
        if self.lengths is None:
            return _split(rows, self.batch_size)
        ordered = [
            part[np.argsort(self.lengths[part], kind="stable")] for part in pools
        ]
        batches = _split(np.concatenate(ordered), self.batch_size)
        if self.seed is not None:
            batches = [batches[index] for index in random.permutation(len(batches))]
        # The widest batch comes first and the narrowest second: Keras reads from these
        # two which dimensions vary. The widest one in front also shows at once whether
        # there is enough memory.
        by_width = sorted(range(len(batches)), key=lambda i: self._width(batches[i]))
        order = dict.fromkeys((by_width[-1], by_width[0], *range(len(batches))))
        return [batches[index] for index in order]

    def _width(self, rows: np.ndarray) -> int:
        longest = max(1, int(self.lengths[rows].max()))
        return -(-longest // WIDTH_MULTIPLE) * WIDTH_MULTIPLE

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return inputs, targets and, if there are any, weights of a batch."""
        rows = self._order(self.epoch)[index]
        width = None if self.lengths is None else self._width(rows)
        if isinstance(self.inputs, tuple):
            inputs = tuple(array[rows, :width] for array in self.inputs)
        else:
            inputs = self.inputs[rows, :width] if width else self.inputs[rows]
        targets = self.targets[rows]
        targets = targets[:, :width] if targets.ndim > 1 else targets
        if self.weights is None:
            return inputs, targets
        return inputs, targets, self.weights[rows]

    def rows_in_order(self) -> np.ndarray:
        """Return the row number of every sequence in the order it is served, (N,)."""
        return np.concatenate(self._order(self.epoch))


def _split(rows: np.ndarray, size: int) -> list[np.ndarray]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def predict(model: keras.Model, batches: Batches) -> np.ndarray:
    """Return the model's outputs (N, ...) for `batches`, in the order they came in."""
    served = model.predict(batches, verbose=0)
    outputs = np.empty_like(served)
    outputs[batches.rows_in_order()] = served
    return outputs
