"""Sequences of unequal length in one array."""

from collections.abc import Sequence

import numpy as np


def padded(
    rows: Sequence, *, width: int | None = None, dtype: str = "int32", value: float = 0
) -> np.ndarray:
    """Return N sequences as one array (N, T, ...), each filled up behind its end.

    `keras.utils.pad_sequences` does the same, but to import Keras takes seconds, and
    whoever only asks a network does not need it.

    Args:
        rows: lists or arrays (their length, ...).
        width: T, at least the longest length. Default: the longest length.
        dtype: of the array.
        value: what fills the places behind the end.
    """
    arrays = [np.asarray(row, dtype) for row in rows]
    longest = max(map(len, arrays), default=0) if width is None else width
    rest = arrays[0].shape[1:] if arrays else ()
    full = np.full((len(arrays), longest, *rest), value, dtype)
    for place, row in zip(full, arrays, strict=True):
        place[: len(row)] = row
    return full
