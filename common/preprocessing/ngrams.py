"""Models of text without a network: n-grams with Witten-Bell smoothing.

Letters: M tokens that are counted, N that are predicted, V ids.
"""

import numpy as np

ORDERS = {1: "unigram", 2: "bigram", 3: "trigram", 5: "5-gram"}


def ngrams(train: np.ndarray, text: np.ndarray, size: int) -> dict[str, np.ndarray]:
    """Return p, (N - 1,), of every token of `text` but the first, by model.

    The ids `train` (M,) are counted, the ids `text` (N,) predicted; `size` is V.

    Each order is mixed with the order below it. The lower order gets more weight if
    more different tokens have followed the context (interpolated Witten-Bell
    smoothing; Chen and Goodman 1999, section 2.4):

        p_n(c | h) = (count(h c) + kinds(h) p_{n-1}(c | h')) / (count(h) + kinds(h))

    where h' is h without its first token, and p_0 is 1 / V.
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
