"""Models of text without a network: n-grams with Witten-Bell smoothing, a compressor.

Letters: N characters of a text, V ids.
"""

import lzma

import numpy as np

ORDERS = {1: "unigram", 2: "bigram", 3: "trigram", 5: "5-gram"}


def ngrams(
    train: np.ndarray, text: np.ndarray, vocabulary_size: int
) -> dict[str, np.ndarray]:
    """Return what n-gram models of `train` give each character of `text` but the first.

    Each order is mixed with the order below it, the more so the more different
    characters have followed a context (interpolated Witten-Bell smoothing; Chen and
    Goodman 1999, section 2.4):

        p_n(c | h) = (count(h c) + kinds(h) p_{n-1}(c | h')) / (count(h) + kinds(h))

    where h' is h without its first character, and p_0 is 1 / V.

    Args:
        train: ids (M,) that are counted.
        text: ids (N,) that are predicted.
        vocabulary_size: V.

    Returns:
        probabilities (N - 1,) by the model's name.
    """
    joined = np.concatenate([train, text]).astype("int64")
    counted = np.arange(len(joined)) < len(train)
    probability = np.full(len(text) - 1, 1 / vocabulary_size)
    context = np.zeros(len(joined), dtype="int64")  # a number for every context
    answers = {}
    for order in range(1, max(ORDERS) + 1):
        pairs = context * vocabulary_size + joined
        grams, gram = np.unique(pairs, return_inverse=True)
        count = np.bincount(gram[counted], minlength=len(grams))
        owner = grams // vocabulary_size  # the context of every n-gram
        contexts = int(owner.max()) + 1
        total = np.bincount(owner, weights=count, minlength=contexts)
        kinds = np.bincount(owner, weights=count > 0, minlength=contexts)
        here = slice(len(train) + 1, None)
        seen, h = count[gram[here]], context[here]
        known = np.maximum(total[h] + kinds[h], 1)
        mixed = (seen + kinds[h] * probability) / known
        probability = np.where(total[h] > 0, mixed, probability)
        if order in ORDERS:
            answers[ORDERS[order]] = probability
        context = np.concatenate([[len(grams)], gram[:-1]])  # none before the first
    return answers


def compressed_bits(train: str, text: str) -> float:
    """Return the bits a character that LZMA needs for `text` once it has `train`.

    It goes on learning as it reads `text`, which the network does not.
    """

    def size(part: str) -> int:
        return len(lzma.compress(part.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME))

    return 8 * (size(train + text) - size(train)) / len(text)
