"""The bundled reviews, the codec, the splits."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.preprocessing.tables import read
from common.preprocessing.text import Vocabulary, words
from examples.sentiment.config import Config
from examples.sentiment.data import REVIEWS, SPLITS, Codec, load
from tests.conftest import REAL_DATA

CODEC = Codec(Vocabulary.fit([["a", "b", "c", "d", "e"]]), ["bad", "good"], 4)


@pytest.fixture(scope="module")
def rows():
    return read(REVIEWS)


def test_generator_writes_the_bundled_file_byte_for_byte(tmp_path):
    program = REVIEWS.with_name("generate.py")
    path = tmp_path / "reviews.csv"
    command = [sys.executable, program, "--output", path]
    subprocess.run(command, check=True, capture_output=True)
    assert path.read_bytes() == REVIEWS.read_bytes()


def test_reviews_are_as_many_and_as_long_as_the_card_says(rows):
    assert list(rows[0]) == ["text", "label", "split", "phenomenon"]
    keys = [" ".join(words(row["text"])) for row in rows]
    assert len(set(keys)) == len(rows) >= 12_000  # no text is in two splits either
    assert all(4 <= len(row["text"].split()) <= 60 for row in rows)
    assert len({word for key in keys for word in key.split()}) >= 1500
    card = REVIEWS.with_name("README.md").read_text()
    for split in SPLITS:
        for label in ("negative", "positive"):
            total = sum(row["split"] == split and row["label"] == label for row in rows)
            assert f"{total} + {total}" in card
    assert f"{len(rows):,} short reviews" in card


def test_order_pairs_hold_the_same_words_and_opposite_labels(rows):
    pairs = [row for row in rows if row["phenomenon"] == "order_pairs"]
    for one, other in zip(pairs[::2], pairs[1::2], strict=True):
        assert one["split"] == other["split"]
        assert {one["label"], other["label"]} == {"negative", "positive"}
        assert Counter(words(one["text"])) == Counter(words(other["text"]))


def test_patterns_of_the_splits_differ():
    program = (
        "import itertools, sentence_patterns as s\n"
        "for p in s.FRAMES:\n"
        "    sets = [set(s.patterns(split, p)) for split in s.SHARES]\n"
        "    assert all(sets), p\n"
        "    for a, b in itertools.combinations(sets, 2): assert not a & b, p\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=REVIEWS.parent, check=True)


@given(st.lists(st.lists(st.sampled_from("abcdexyz"), max_size=9), max_size=5))
def test_codec_encodes_known_words_and_survives_json(texts):
    copy = Codec.from_json(json.loads(json.dumps(CODEC.to_json())))
    sentences = [" ".join(text) for text in texts]
    ids = CODEC.encode(sentences)
    assert (copy.encode(sentences) == ids).all()
    for row, text in zip(ids, texts, strict=True):
        shown = [word if word in "abcde" else "<unknown>" for word in text[:4]]
        assert CODEC.vocabulary.decode(row) == shown


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        {"labels": ["a"]},
        {**CODEC.to_json(), "labels": [1]},
        {**CODEC.to_json(), "max_length": 0},
        {**CODEC.to_json(), "vocabulary": "abc"},
    ],
)
def test_damaged_codec_is_refused(damage):
    with pytest.raises(UserError):
        Codec.from_json(damage)


def test_own_file_is_split_disjointly_and_in_proportion(small_file):
    data = load(Config(data=str(small_file)))
    parts = [getattr(data, name) for name in SPLITS]
    assert [len(part.texts) for part in parts] == [160, 20, 20]
    assert len({text for part in parts for text in part.texts}) == 200
    assert [part.classes.mean() for part in parts] == [0.5, 0.5, 0.5]
    seen = {word for text in data.train.texts for word in words(text)}
    assert set(data.codec.vocabulary.to_json()) == seen


def test_the_split_does_not_depend_on_the_seed(small_file):
    one, other = (load(Config(data=str(small_file), seed=seed)) for seed in (0, 1))
    assert one.test.texts == other.test.texts


@pytest.mark.skipif(
    not (REAL_DATA / "tfds" / "imdb_reviews").is_dir(),
    reason="no prepared copy of imdb_reviews in ../shared/data/tfds",
)
def test_imdb_reviews_are_read_from_a_prepared_copy():
    data = load(Config(dataset="imdb_reviews", data_dir=str(REAL_DATA / "tfds")))
    sizes = [len(getattr(data, name).texts) for name in SPLITS]
    assert sizes == [22_500, 2_500, 25_000]
    assert data.codec.labels == ["neg", "pos"]
    assert data.test.classes.mean() == 0.5
    assert not any("<br />" in text for text in data.train.texts)
