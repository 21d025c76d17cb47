"""The vocabulary."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.preprocessing.text import Vocabulary

TOKENS = st.lists(st.text(min_size=1, max_size=6), max_size=12)


def test_frequent_tokens_come_first_and_ties_go_by_alphabet():
    vocabulary = Vocabulary.fit([["b", "a", "c"], ["c"]])
    assert vocabulary.tokens == ("<padding>", "<unknown>", "c", "a", "b")
    assert len(Vocabulary.fit([["b", "a", "c"], ["c"]], max_size=3)) == 3
    assert "a" not in Vocabulary.fit([["b", "a", "c"], ["c"]], min_count=2)


@given(st.lists(TOKENS), TOKENS)
def test_known_tokens_survive_encoding_and_others_become_unknown(training, tokens):
    vocabulary = Vocabulary.fit(training)
    known = {token for row in training for token in row} - set(Vocabulary.SPECIAL)
    ids = vocabulary.encode(tokens)
    assert Vocabulary.PADDING not in ids
    expected = [token if token in known else "<unknown>" for token in tokens]
    assert vocabulary.decode(ids) == expected


def test_special_tokens_in_a_text_are_words_like_any_other():
    vocabulary = Vocabulary.fit([["a", "<padding>"]])
    assert vocabulary.encode(["<padding>", "<unknown>", "a"]) == [1, 1, 2]


@given(st.lists(TOKENS))
def test_vocabulary_survives_json(training):
    vocabulary = Vocabulary.fit(training)
    copy = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert copy.tokens == vocabulary.tokens


@pytest.mark.parametrize("value", [None, "abc", [1], ["a", "a"], ["<padding>"], {}])
def test_damaged_vocabulary_is_refused(value):
    with pytest.raises(UserError):
        Vocabulary.from_json(value)
