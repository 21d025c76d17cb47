"""The drawn lists, the split by hash, the codec, and what is measured."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from examples.sorting.config import MIN_LISTS, Config
from examples.sorting.data import (
    KINDS,
    PADDING,
    ROUNDS,
    TEST,
    TRAIN,
    VALIDATION,
    Codec,
    ascending,
    draw,
    load,
    split_of,
)
from examples.sorting.evaluate import baseline_answers, measures
from examples.sorting.predict import in_words

SPLITS = (TEST, VALIDATION, TRAIN)
CODECS = st.builds(
    Codec,
    values=st.sampled_from(["int", "float"]),
    shortest=st.integers(2, 4),
    length=st.integers(4, 9),
    max_value=st.integers(19, 200),
)


def rows(numbers):
    """Return the lists of an array as a set of tuples without padding."""
    return {tuple(row[row != PADDING].tolist()) for row in numbers}


@settings(max_examples=50, deadline=None)
@given(CODECS, st.sampled_from(SPLITS), st.integers(0, 2**31))
def test_drawn_lists_are_as_the_codec_says(codec, split, seed):
    lengths = (codec.shortest, codec.length)
    random = np.random.default_rng(seed)
    lists = draw(codec, random, 200, split=split, lengths=lengths)
    assert lists.shape == (200, codec.length)
    assert lists.dtype == codec.dtype
    counts = (lists != PADDING).sum(axis=1)
    assert set(counts) == set(range(codec.shortest, codec.length + 1))
    # Padding stands at the end alone.
    assert (lists[np.arange(codec.length) >= counts[:, None]] == PADDING).all()
    numbers = lists[lists != PADDING]
    assert numbers.min() >= 0
    assert numbers.max() < (1 if codec.values == "float" else codec.max_value + 1)
    assert (split_of(lists) == split).all()
    again = draw(codec, np.random.default_rng(seed), 200, split=split, lengths=lengths)
    np.testing.assert_array_equal(lists, again)


@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_a_kind_are_of_that_kind(kind):
    codec = Codec("int", 8, 8, 99)
    random = np.random.default_rng(0)
    lists = draw(codec, random, 300, split=TEST, lengths=(8, 8), kind=kind)
    assert (split_of(lists) == TEST).all()
    rises = np.diff(lists, axis=1)
    different = np.array([len(set(row)) for row in lists])
    expected = {
        "random": different.mean() > 7,
        "duplicates": different.max() <= 4 < 2 * different.mean(),
        "already_sorted": (rises >= 0).all() and different.mean() > 7,
        "reversed": (rises <= 0).all() and different.mean() > 7,
        "all_equal": (rises == 0).all(),
    }
    assert expected[kind]


def test_the_hash_shares_lists_out_whatever_their_padding_and_order_matters():
    random = np.random.default_rng(0)
    for numbers in (
        random.integers(0, 100, (20_000, 6), "int32"),
        random.random((20_000, 6), "float32"),
        random.integers(0, 2, (20_000, 30), "int32"),
    ):
        splits = split_of(numbers)
        shares = np.bincount(splits, minlength=3) / len(splits)
        np.testing.assert_allclose(shares, [0.1, 0.1, 0.8], atol=0.015)
        padded = np.pad(numbers, ((0, 0), (0, 9)), constant_values=PADDING)
        np.testing.assert_array_equal(splits, split_of(padded))
        assert (splits != split_of(numbers[:, ::-1])).mean() > 0.2


def test_every_split_has_lists_however_few_there_are():
    """All numbers of values and lengths that are just enough for `Config`."""
    for length in range(2, 8):
        values = math.ceil(MIN_LISTS ** (1 / length))
        for count in range(values, values + 10):
            grid = np.indices((count,) * length).reshape(length, -1).T
            counts = np.bincount(split_of(grid.astype("int32")), minlength=3)
            assert counts.min() > 0
            if len(grid) > 5000:
                break


@pytest.mark.parametrize("values", ["int", "float"])
def test_no_list_is_in_two_splits(values):
    """With so few values, every list of the test would else be trained on."""
    config = Config(values=values, length=3, max_value=9)
    data = load(config)
    batches = data.train_batches(steps=50, batch_size=100, seed=0)
    train = set()
    for epoch in range(3):
        batches.epoch = epoch
        train |= rows(batches.numbers)
    test = set().union(*map(rows, [*data.slices.values(), *data.by_length.values()]))
    validation = rows(data.validation)
    assert min(map(len, (train, test, validation))) > 0
    for one, other in itertools.combinations((train, test, validation), 2):
        assert not one & other
    if values == "int":
        assert len(train) > 0.7 * (10**2 + 10**3)


def test_lists_of_an_epoch_depend_on_seed_and_epoch_alone():
    data = load(Config(length=4))
    made = data.train_batches(steps=3, batch_size=5, seed=1)
    first = made.numbers
    made.epoch = 7
    late = made.numbers
    assert not np.array_equal(first, late)
    fresh = data.train_batches(steps=3, batch_size=5, seed=1)
    fresh.epoch = 7
    np.testing.assert_array_equal(fresh.numbers, late)
    other = data.train_batches(steps=3, batch_size=5, seed=2)
    assert not np.array_equal(other.numbers, first)
    assert made.num_batches == 3
    (ids, _), _ = made[2]
    np.testing.assert_array_equal(ids, late[10:15] + 1)


def test_the_test_lists_do_not_depend_on_the_seed():
    one, other = (load(Config(seed=seed)) for seed in (0, 1))
    for kind, lists in one.slices.items():
        np.testing.assert_array_equal(lists, other.slices[kind])
    assert list(one.by_length) == list(range(2, 21))


def test_lists_that_are_not_there_are_not_waited_for():
    codec = Codec("int", 2, 2, 1)
    few = draw(
        codec, np.random.default_rng(0), 5, split=TEST, lengths=(2, 2), kind="reversed"
    )
    assert len(few) in (0, 5)
    assert ROUNDS < 1000


@settings(max_examples=50, deadline=None)
@given(CODECS, st.integers(0, 2**31))
def test_examples_say_what_is_to_be_written(codec, seed):
    lists = draw(
        codec,
        np.random.default_rng(seed),
        20,
        split=TRAIN,
        lengths=(codec.shortest, codec.length),
    )
    inputs, targets = codec.examples(lists)
    for row, numbers in enumerate(lists):
        kept = numbers[numbers != PADDING].tolist()
        if codec.values == "float":
            places = targets[row][: len(kept)].tolist()
            assert [sorted(kept)[place] for place in places] == kept
            assert (targets[row][len(kept) :] == PADDING).all()
            continue
        assert targets[row].tolist() == sorted(kept) + [PADDING] * (
            codec.length - len(kept)
        )
        ids, previous = inputs[0][row], inputs[1][row]
        assert ids.tolist() == [x + 1 for x in numbers.tolist()]
        # What was written before each step: the start, then the numbers' ids.
        expected = [0, *(x + 1 for x in sorted(kept)[:-1])]
        assert previous[: len(kept)].tolist() == expected


@given(CODECS)
def test_codec_survives_json_and_reads_what_it_allows(codec):
    copy = Codec.from_json(json.loads(json.dumps(codec.to_json())))
    assert copy == codec
    number = {"int": codec.max_value, "float": 0.5}[codec.values]
    text = ", ".join([str(number)] * codec.shortest)
    assert codec.parse(text) == [number] * codec.shortest
    array = codec.array([codec.parse(text)])
    assert rows(array) == {(number,) * codec.shortest}


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        {"length": 3},
        {"values": "words", "shortest": 2, "length": 3, "max_value": 9},
        {"values": "int", "shortest": "2", "length": 3, "max_value": 9},
        {"values": "int", "shortest": 4, "length": 3, "max_value": 9},
        {"values": "int", "shortest": 2, "length": 3, "max_value": -9},
    ],
)
def test_damaged_codec_is_refused(damage):
    with pytest.raises(UserError):
        Codec.from_json(damage)


def test_measures_of_answers_worked_out_by_hand():
    lists = np.array([[3, 1, 2], [2, 2, 1], [5, 4, PADDING], [9, 7, 8]])
    written = np.array([[1, 2, 3], [1, 1, 2], [5, 4, PADDING], [7, 9, 8]])
    assert measures(lists, written) == {
        "wholly_right": 1 / 4,
        "position_right": (3 + 2 + 0 + 1) / 11,
        "is_permutation": 3 / 4,
        "is_ascending": 2 / 4,
    }
    assert in_words(lists[0], written[0]) == "3 1 2 -> 1 2 3 (right)"
    assert in_words(lists[2], written[2]) == "5 4 -> 5 4 (wrong)"


def test_measures_of_places_that_no_number_got():
    lists = np.array([[0.5, 0.25, 0.75]] * 3, "float32")
    written = np.array(
        [[0.25, 0.5, 0.75], [0.25, np.nan, 0.75], [0.5, np.nan, 0.25]], "float32"
    )
    assert measures(lists, written) == {
        "wholly_right": pytest.approx(1 / 3),
        "position_right": pytest.approx(5 / 9),
        "is_permutation": pytest.approx(1 / 3),
        "is_ascending": pytest.approx(2 / 3),
    }
    assert in_words(lists[1], written[1]) == "0.5 0.25 0.75 -> 0.25 ? 0.75 (wrong)"
    tenths = np.array([0.3, 0.1], "float32")
    assert in_words(tenths, tenths[::-1], short=False) == "0.3 0.1 -> 0.1 0.3 (right)"


@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=5), min_size=1))
def test_a_right_answer_is_a_permutation_and_ascending_and_the_reverse(lists):
    numbers = Codec("int", 2, 5, 9).array(lists)
    assert set(measures(numbers, ascending(numbers)).values()) == {1.0}
    copied = measures(numbers, numbers)
    assert copied["is_permutation"] == 1
    assert copied["wholly_right"] == copied["is_ascending"]
    assert copied["wholly_right"] == np.mean([x == sorted(x) for x in lists])


@pytest.mark.parametrize("values", ["int", "float"])
def test_baselines_copy_and_write_the_median(values):
    data = load(Config(values=values, length=3))
    answers = baseline_answers(data)
    test = data.slices["random"]
    np.testing.assert_array_equal(answers["copy"], test)
    # Of three uniform numbers, the medians of smallest, middle and largest.
    quantiles = np.array([1 - 0.5 ** (1 / 3), 0.5, 0.5 ** (1 / 3)])
    scale = 1 if values == "float" else 100
    np.testing.assert_allclose(answers["median"][0] / scale, quantiles, atol=0.03)
    assert (answers["median"] == answers["median"][0]).all()
