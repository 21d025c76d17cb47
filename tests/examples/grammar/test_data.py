"""Sentences: what is read of a text, how it is damaged and split."""

from collections import Counter

import numpy as np
import pytest

from common.errors import UserError
from examples.grammar import data as grammar
from examples.grammar.config import Config
from examples.grammar.preprocessor import Preprocessor, without_each_word, words
from tests.conftest import write_sentences


@pytest.fixture
def file(tmp_path):
    return write_sentences(tmp_path / "small.txt")


def load(file, **options):
    return grammar.load(Config(data=str(file), **options))


def test_sentences_are_prose_from_a_capital_to_an_end():
    text = (
        "A heading\n\nThe first one (of two), if this\none, is prose. "
        'The second "one" isn\'t long! It has x_1. Nor, e.g. this one.\n\n'
        "* A bullet\n  goes on. Ends here\n\n   code = 3.\n\n"
        "Der Straße geht\u2019s gut."
    )
    assert grammar.sentences(text) == [
        "The first one (of two), if this one, is prose.",
        'The second "one" isn\'t long!',
        "A bullet goes on.",
        "Der Straße geht\u2019s gut.",
    ]


def test_words_are_small_letters_without_marks():
    assert words("It isn\u2019t built-in, (x): 'A' \u2013 B!") == [
        *("it", "isn't", "built-in", "x", "a", "b")
    ]


def test_documentation_of_this_python_has_thousands_of_sentences():
    documents = grammar.python_documentation()
    assert len(documents) > 100
    found = [sentence for document in documents for sentence in document]
    assert len(found) > 3000
    assert all(s[-1] in ".!?" and not s[0].islower() for s in found)


def test_damaged_sentence_has_the_same_words_in_another_order():
    random, kinds = np.random.default_rng(0), Counter()
    sentence = ["a", "b", "a", "c", "d", "e"]
    for _ in range(500):
        changed, damage = grammar.damaged(sentence, random)
        assert changed != sentence
        assert sorted(changed) == sorted(sentence)
        kinds[damage.kind, damage.distance] += 1
        if damage.kind == "swap":
            first, second = damage.places
            back = list(changed)
            back[first], back[second] = back[second], back[first]
            assert back == sentence
            assert abs(first - second) == damage.distance
        else:
            (place,) = damage.places
            rest = changed[:place] + changed[place + 1 :]
            froms = [
                start
                for start in range(6)
                if sentence[:start] + sentence[start + 1 :] == rest
            ]
            assert any(abs(place - start) == damage.distance for start in froms)
    assert set(kinds) == {
        *(("swap", distance) for distance in range(1, 6)),
        *(("move", distance) for distance in range(2, 6)),
    }


def test_every_sentence_stands_beside_its_damaged_form(file):
    data = load(file, copies=3)
    for split in (data.train, data.validation, data.test):
        assert split.targets[:, 0].tolist() == [0, 1] * (len(split.texts) // 2)
        pairs = zip(split.texts[::2], split.texts[1::2], strict=True)
        for written, damaged in pairs:
            assert written != damaged
            assert sorted(written) == sorted(damaged)
        assert split.damages[0] is None
        assert split.damages[1] is not None
    assert len(data.test.texts) == 2 * 30
    assert len(data.train.texts) == 3 * 2 * 240
    written = [" ".join(text) for text in data.train.texts[::2]]
    assert set(Counter(written).values()) == {3}
    damaged = [" ".join(text) for text in data.train.texts[1::2]]
    assert len(set(damaged)) > 2 * 240  # another damage each time


def test_splits_share_no_sentence_and_repeated_ones_are_counted(file):
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, *lines[:7], "Too short this."]))
    data = load(file)
    splits = [
        {" ".join(text) for text in split.texts[::2]}
        for split in (data.train, data.validation, data.test)
    ]
    assert sum(map(len, splits)) == len(set.union(*splits)) == 300
    assert data.notes == ["7 sentences that occur again: skipped"]


def test_own_splits_are_taken_as_they_are(file, tmp_path):
    other = write_sentences(tmp_path / "other.txt", seed=5, count=40)
    third = write_sentences(tmp_path / "third.txt", seed=6, count=40)
    data = load(file, validation_data=str(third), test_data=str(other))
    written = {" ".join(words(line)) for line in other.read_text().splitlines()}
    assert {" ".join(text) for text in data.test.texts[::2]} == written
    assert not {" ".join(text) for text in data.train.texts[::2]} & written


def test_split_without_a_sentence_is_refused(file, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("no sentence here\n")
    with pytest.raises(UserError, match=r"other\.txt has no sentence for test"):
        load(file, test_data=str(other))
    with pytest.raises(UserError, match="at least 100 different sentences"):
        load(write_sentences(tmp_path / "few.txt", count=99))


def test_rare_words_are_read_by_their_endings():
    texts = [["the", "cat"]] * 3 + [["running"], ["walking"], ["dog"]]
    preprocessor = Preprocessor.fit(texts, min_count=2, max_length=4)
    assert preprocessor.vocabulary.to_json() == ["cat", "the", "-ng"]
    ids = preprocessor.encode([["the", "dog", "singing"], [], ["the"] * 9])
    assert ids.tolist() == [[3, 1, 4, 0], [1, 0, 0, 0], [3, 3, 3, 3]]
    back = Preprocessor.from_json(preprocessor.to_json())
    assert back.to_json() == preprocessor.to_json()
    for value in ({}, [], {"vocabulary": [], "max_length": 0}):
        with pytest.raises(UserError):
            Preprocessor.from_json(value)


def test_each_word_is_left_out_once():
    assert without_each_word(np.array([5, 6, 7])).tolist() == [
        *([6, 7, 0], [5, 7, 0], [5, 6, 0])
    ]
    assert without_each_word(np.array([5])).tolist() == [[1]]
