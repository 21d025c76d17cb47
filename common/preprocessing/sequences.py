"""Sequences of different lengths as arrays, and the order they are trained in.

Letters: N sequences, B batch, T time steps.
"""

from collections.abc import Sequence

import keras
import numpy as np

# Padded widths are multiples of this: few distinct shapes, little wasted work.
WIDTH_MULTIPLE = 8


def pad(
    sequences: Sequence[Sequence[int]], *, length: int | None = None, value: int = 0
) -> np.ndarray:
    """Lay `sequences` out as one array, filled up with `value` after each one's end.

    Args:
        sequences: N lists of whole numbers, of any lengths, also empty.
        length: T; longer sequences are cut after it. `None`: that of the longest.
        value: the padding id.

    Returns:
        int32 array (N, T).
    """
    if length is None:
        length = max(map(len, sequences), default=0)
    array = np.full((len(sequences), length), value, dtype="int32")  # (N, T)
    for row, sequence in zip(array, sequences, strict=True):
        row[: len(sequence)] = sequence[:length]
    return array


class Batches(keras.utils.PyDataset):
    """Batches for `fit` and `evaluate` whose order depends on (seed, epoch) alone.

    `fit(shuffle=True)` draws from global random state, so that a training that was
    cut short and resumed would see its batches in another order.

    Given `lengths`, sequences of similar length share a batch, and each batch is cut
    to its longest sequence: padding then costs little time.
    """

    POOL = 64  # batches' worth of shuffled sequences among which lengths are sorted

    def __init__(
        self,
        inputs: np.ndarray | tuple[np.ndarray, ...],
        targets: np.ndarray | tuple[np.ndarray, ...],
        *,
        batch_size: int,
        seed: int | None = None,
        lengths: np.ndarray | None = None,
        trim_targets: bool = False,
    ):
        """Take whole arrays.

        Args:
            inputs: array (N, T, ...), or a tuple of them for several inputs.
            targets: array (N, ...), or a tuple of them.
            batch_size: B; the last batch may be smaller.
            seed: seed of the order; `None` serves every epoch alike, in the given order
                or, with lengths, from short to long.
            lengths: (N,) true lengths; inputs are then cut along T batch by batch.
            trim_targets: whether targets have the time axis too and are cut as well.
        """
        super().__init__()
        self.inputs, self.targets = inputs, targets
        self.batch_size, self.seed, self.lengths = batch_size, seed, lengths
        self.trim_targets = trim_targets
        self._epoch = -1
        self.epoch = 0

    @property
    def epoch(self) -> int:
        """The epoch whose order is served; `training.fit` sets it."""
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: int):
        if epoch != self._epoch:
            self._epoch = epoch
            self._rows = self._order(epoch)

    @property
    def num_batches(self) -> int:
        return len(self._rows)

    @property
    def size(self) -> int:
        """N, the number of sequences."""
        first = self.inputs[0] if isinstance(self.inputs, tuple) else self.inputs
        return len(first)

    def _order(self, epoch: int) -> list[np.ndarray]:
        """Return the row numbers of every batch of `epoch`."""
        rows = np.arange(self.size)
        if self.seed is None:
            if self.lengths is not None:
                rows = np.argsort(self.lengths, kind="stable")
            return self._widest_first(self._cut(rows))
        random = np.random.default_rng([self.seed, epoch])
        rows = random.permutation(rows)
        if self.lengths is None:
            return self._cut(rows)
        pool = self.POOL * self.batch_size
        pools = [rows[start : start + pool] for start in range(0, len(rows), pool)]
        rows = np.concatenate(
            [part[np.argsort(self.lengths[part], kind="stable")] for part in pools]
        )
        batches = self._cut(rows)
        batches = [batches[index] for index in random.permutation(len(batches))]
        return self._widest_first(batches)

    def _cut(self, rows: np.ndarray) -> list[np.ndarray]:
        starts = range(0, len(rows), self.batch_size)
        return [rows[start : start + self.batch_size] for start in starts]

    def _widest_first(self, batches: list[np.ndarray]) -> list[np.ndarray]:
        """Move the widest batch to the first place and the narrowest to the second.

        Keras reads from the first two batches which dimensions vary. (The widest one
        in front also shows at once whether memory is enough.)
        """
        if self.lengths is None or len(batches) < 2:
            return batches
        by_width = sorted(range(len(batches)), key=lambda i: self._width(batches[i]))
        first, second = by_width[-1], by_width[0]
        rest = [i for i in range(len(batches)) if i not in (first, second)]
        return [batches[i] for i in (first, second, *rest)]

    def _width(self, rows: np.ndarray) -> int:
        longest = max(1, int(self.lengths[rows].max()))
        return -(-longest // WIDTH_MULTIPLE) * WIDTH_MULTIPLE

    def __getitem__(self, index: int) -> tuple:
        rows = self._rows[index]
        width = None if self.lengths is None else self._width(rows)

        def take(array: np.ndarray, *, trim: bool) -> np.ndarray:
            return array[rows, :width] if trim and width else array[rows]

        def take_all(arrays, *, trim: bool):
            if isinstance(arrays, tuple):
                return tuple(take(array, trim=trim) for array in arrays)
            return take(arrays, trim=trim)

        return (
            take_all(self.inputs, trim=True),
            take_all(self.targets, trim=self.trim_targets),
        )

    def rows_in_order(self) -> np.ndarray:
        """Return the row number of every sequence in the order it is served, (N,)."""
        return np.concatenate(self._rows)


def predict(model: keras.Model, batches: Batches) -> np.ndarray:
    """Return the model's outputs for `batches`, in the order of the given arrays.

    Returns:
        array (N, ...) like the model's output.
    """
    served = model.predict(batches, verbose=0)
    outputs = np.empty_like(served)
    outputs[batches.rows_in_order()] = served
    return outputs
