"""The bundled reviews, the preprocessor, the user's own file, the splits."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.preprocessing.tables import read
from common.preprocessing.text import Vocabulary
from examples.sentiment.config import Config
from examples.sentiment.data import REVIEWS, SPLITS, load, public_data
from examples.sentiment.preprocessor import Preprocessor, words
from tests.conftest import REAL_DATA, write_reviews

PREPROCESSOR = Preprocessor(Vocabulary.fit([list("abcde")]), ["bad", "good"], 4)


@pytest.fixture(scope="module")
def rows():
    return list(read(REVIEWS).values())


def test_words_keep_apostrophes_and_drop_other_marks():
    assert words("It ISN\u2019T bad -- isn't it?! 10/10, l'été_fin") == (
        ["it", "isn't", "bad", "isn't", "it", "?", "!", "10", "10", "l'été", "fin"]
    )
    assert words(" ... ") == []


def test_words_without_spaces_are_characters():
    assert words("這部電影很好。") == list("這部電影很好")
    assert words("このスープ") == list("このスープ")
    assert words("我爱Keras 3") == ["我", "爱", "keras", "3"]
    assert words("좋은 영화") == ["좋은", "영화"]


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


@given(
    st.lists(st.lists(st.sampled_from("abcdexyz"), max_size=9), min_size=1, max_size=5)
)
def test_preprocessor_encodes_known_words_and_survives_json(texts):
    copy = Preprocessor.from_json(json.loads(json.dumps(PREPROCESSOR.to_json())))
    sentences = [" ".join(text) for text in texts]
    ids = PREPROCESSOR.encode(sentences)
    assert (copy.encode(sentences) == ids).all()
    for row, text in zip(ids, texts, strict=True):
        shown = [word if word in "abcde" else "<unknown>" for word in text[:4]]
        # A text without words is one unknown word.
        assert PREPROCESSOR.vocabulary.decode(row) == (shown or ["<unknown>"])


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        {"labels": ["a"]},
        {**PREPROCESSOR.to_json(), "labels": [1]},
        {**PREPROCESSOR.to_json(), "max_length": 0},
        {**PREPROCESSOR.to_json(), "vocabulary": "abc"},
    ],
)
def test_damaged_preprocessor_is_refused(damage):
    with pytest.raises(UserError):
        Preprocessor.from_json(damage)


def test_own_file_is_split_disjointly_and_in_proportion(small_file):
    data = load(Config(data=str(small_file)))
    parts = [getattr(data, name) for name in SPLITS]
    assert [len(part.texts) for part in parts] == [160, 20, 20]
    assert len({text for part in parts for text in part.texts}) == 200
    assert [part.classes.mean() for part in parts] == [0.5, 0.5, 0.5]
    seen = {word for text in data.train.texts for word in words(text)}
    assert set(data.preprocessor.vocabulary.to_json()) == seen


def test_files_of_their_own_are_the_held_out_splits(tmp_path):
    train = write_reviews(tmp_path / "train.csv", seed=1)
    lines = train.read_text().splitlines()
    test = tmp_path / "test.csv"
    test.write_text("\n".join([lines[0], "good,never seen", *lines[1:4]]) + "\n")
    data = load(Config(data=str(train), test_data=str(test)))
    assert data.test.texts[0] == "never seen"
    assert len(data.test.texts) == 4
    assert not set(data.test.texts) & {*data.train.texts, *data.validation.texts}
    assert data.notes == ["3 training texts are in test too: left out"]
    assert len(data.validation.texts) == 20  # a tenth of the other 197
    both = {"validation_data": str(test), "test_data": str(test)}
    data = load(Config(data=str(train), **both))
    assert data.validation.texts == data.test.texts
    assert len(data.train.texts) == 197


@pytest.mark.parametrize(
    ("row", "message"),
    [("other,a b", "label 'other', unknown in"), ("", "has no text")],
)
def test_a_held_out_file_needs_texts_and_known_labels(tmp_path, row, message):
    train = write_reviews(tmp_path / "train.csv")
    test = tmp_path / "test.csv"
    test.write_text(f"label,text\n{row or 'good,'}\n")
    with pytest.raises(UserError, match=message):
        load(Config(data=str(train), test_data=str(test)))


def test_the_split_does_not_depend_on_the_seed(small_file):
    one, other = (load(Config(data=str(small_file), seed=seed)) for seed in (0, 1))
    assert one.test.texts == other.test.texts


def own(tmp_path, rows):
    """Return the data of a file with these texts and labels."""
    path = tmp_path / "own.jsonl"
    lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    path.write_text("\n".join(lines))
    return load(Config(data=str(path)))


ROWS = [(f"text number {n}", ("no", "yes")[n % 2]) for n in range(24)]


@pytest.mark.parametrize(("labels", "each"), [(4, 5), (100, 6), (1000, 5)])
def test_every_label_is_in_every_split(tmp_path, labels, each):
    rows = [(f"a{n} b{m}", f"label {n}") for n in range(labels) for m in range(each)]
    data = own(tmp_path, rows)
    for split in SPLITS:
        assert len(set(getattr(data, split).classes)) == labels


def test_labels_of_any_kind_become_texts(tmp_path):
    data = own(tmp_path, [(f"t {n}", (1, True, 2.5)[n % 3]) for n in range(30)])
    assert data.preprocessor.labels == ["1", "2.5", "True"]


def test_unusable_rows_are_skipped_and_counted(tmp_path):
    extra = [("", "yes"), ("  ...", "no"), ("no label", None)]
    extra += [("Text, NUMBER 0.", "no"), ("torn", "yes"), ("torn", "no")]
    data = own(tmp_path, ROWS + extra)
    assert sum(len(getattr(data, name).texts) for name in SPLITS) == len(ROWS)
    assert data.notes == [
        "3 rows without text or label: skipped",
        "2 rows that repeat a text: skipped",
        "1 texts that have different labels: skipped",
    ]
    assert data.data_hash == own(tmp_path, ROWS).data_hash
    assert data.data_hash != own(tmp_path, [*ROWS, ("one more", "no")]).data_hash


def test_joined_labels_are_noted(tmp_path):
    films = [(f"film {n}", "comedy|drama") for n in range(5)]
    (note,) = own(tmp_path, ROWS + films).notes
    assert "'comedy|drama' is one label" in note


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS[:19], "at least 20 different texts and 2 labels; it has 19 and 2"),
        ([(text, "yes") for text, _ in ROWS], "it has 24 and 1"),
        ([*ROWS, ("lonely", "odd")], "1 of 3 have fewer: 'odd' (1)"),
        ([(text, n / 7) for n, (text, _) in enumerate(ROWS)], "(regression)"),
        ([(f"text {n}", n % 30 / 7) for n in range(300)], "(regression)"),
        ([*ROWS, (5, "no")], "line 25: 5 is not a text"),
        ([*ROWS, ("five", ["no"])], "line 25: ['no'] is not a label"),
    ],
)
def test_files_that_cannot_be_learned_from_are_refused(tmp_path, rows, message):
    with pytest.raises(UserError) as caught:
        own(tmp_path, rows)
    assert message in str(caught.value)


def test_columns_that_are_there_are_listed(small_file):
    with pytest.raises(UserError, match="one of label, text; received 'stars'"):
        load(Config(data=str(small_file), label_column="stars"))


@pytest.mark.skipif(
    not (REAL_DATA / "tfds" / "imdb_reviews").is_dir(),
    reason="no prepared copy of imdb_reviews in ../shared/data/tfds",
)
def test_imdb_reviews_are_read_from_a_prepared_copy():
    config = Config(dataset="imdb_reviews", data_dir=str(REAL_DATA / "tfds"))
    train, validation, test = public_data(config)
    assert [len(train), len(validation), len(test)] == [22_500, 2_500, 25_000]
    assert test["label"].value_counts().to_dict() == {"neg": 12_500, "pos": 12_500}
    assert not train["text"].str.contains("<br />").any()
