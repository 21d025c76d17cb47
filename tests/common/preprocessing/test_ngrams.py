"""N-grams against the formula of their smoothing."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from common.preprocessing.ngrams import ngrams


def witten_bell(train, context, character, size):
    """Return p(character | context), straight from the formula."""
    if context is None:
        return 1 / size
    following = defaultdict(Counter)
    length = len(context)
    for end in range(length, len(train)):
        following[tuple(train[end - length : end])][train[end]] += 1
    shorter = context[1:] if context else None
    lower = witten_bell(train, shorter, character, size)
    counts = following[tuple(context)]
    kinds, total = len(counts), counts.total()
    if not total:
        return lower
    return (counts[character] + kinds * lower) / (total + kinds)


@pytest.mark.parametrize(("name", "order"), [("unigram", 1), ("trigram", 3)])
def test_ngrams_follow_the_formula(name, order):
    random = np.random.default_rng(0)
    train, text = random.integers(0, 4, 200), random.integers(0, 5, 30)
    given = ngrams(train, text, 6)[name]
    assert given.shape == (29,)
    for place in range(order, 30):
        context = list(text[place - order + 1 : place])
        expected = witten_bell(list(train), context, text[place], 6)
        assert given[place - 1] == pytest.approx(expected)
