"""Models of text without a network: n-grams with Witten-Bell smoothing, a compressor.

Letters: M characters that are counted, N that are predicted, V ids.
"""

import lzma

import numpy as np

ORDERS = {1: "unigram", 2: "bigram", 3: "trigram", 5: "5-gram"}


def ngrams(train: np.ndarray, text: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """Return p, (N - 1,), of every character of `text` but the first, by model.

    The ids `train` (M,) are counted, the ids `text` (N,) predicted; `size` is V.

    Each order is mixed with the order below it. The lower order gets more weight if
    more different characters have followed the context (interpolated Witten-Bell
    smoothing; Chen and Goodman 1999, section 2.4):

        p_n(c | h) = (count(h c) + kinds(h) p_{n-1}(c | h')) / (count(h) + kinds(h))

    where h' is h without its first character, and p_0 is 1 / V.
    """
    joined = np.concatenate([train, text]).astype("int64")
    counted = np.arange(len(joined)) < len(train)
    probability = np.full(len(text) - 1, 1 / size)
    context = np.zeros(len(joined), dtype="int64")  # a number for every context
    found = {}
    for order in range(1, max(ORDERS) + 1):
        grams, gram = np.unique(context * size + joined, return_inverse=True)
        count = np.bincount(gram[counted], minlength=len(grams))
        owner = grams // size  # the context of every n-gram
        total = np.bincount(owner, weights=count)
        kinds = np.bincount(owner, weights=count > 0)
        seen, h = count[gram[len(train) + 1 :]], context[len(train) + 1 :]
        known = np.maximum(total[h] + kinds[h], 1)
        mixed = (seen + kinds[h] * probability) / known
        probability = np.where(total[h] > 0, mixed, probability)
        if order in ORDERS:
            found[ORDERS[order]] = probability
        context = np.concatenate([[len(grams)], gram[:-1]])  # none before the first
    return found


def compressed_bits(train: str, text: str) -> float:
    """Return the bits per character that LZMA needs for `text` once it has `train`.

    LZMA goes on learning as it reads `text`, which the network does not.
    """
    before, after = (
        len(lzma.compress(part.encode(), preset=9 | lzma.PRESET_EXTREME))
        for part in (train, train + text)
    )
    return 8 * (after - before) / len(text)
