"""The drawn lists, the split by hash, the preprocessor, measures and baselines."""

import itertools
import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from common.training.run_folder import PREPROCESSOR, Run
from examples.sorting.config import MIN_LISTS, Config
from examples.sorting.data import (
    KINDS,
    MOST_LENGTHS,
    TEST,
    TRAIN,
    VALIDATION,
    FreshBatches,
    draw,
    draw_to_learn,
    load,
    split_of,
)
from examples.sorting.evaluate import BASELINES, measures
from examples.sorting.predict import in_words, right
from examples.sorting.preprocessor import PADDING, Preprocessor, ascending

SPLITS = (TEST, VALIDATION, TRAIN)
PREPROCESSORS = st.builds(
    Preprocessor,
    values=st.sampled_from(["int", "float"]),
    min_length=st.integers(2, 4),
    length=st.integers(4, 9),
    max_value=st.integers(19, 200),
)


def rows(numbers):
    """Return the lists of an array as a set of tuples without padding."""
    return {tuple(row[row != PADDING].tolist()) for row in numbers}


def some(preprocessor, count, split, seed):
    return draw(preprocessor, np.random.default_rng(seed), count, split=split)


@settings(max_examples=50, deadline=None)
@given(PREPROCESSORS, st.sampled_from(SPLITS), st.integers(0, 2**31))
def test_drawn_lists_are_as_the_settings_say(wanted, split, seed):
    lists = some(wanted, 200, split, seed)
    assert lists.shape == (200, wanted.length)
    assert lists.dtype == f"{wanted.values}32"
    counts = (lists != PADDING).sum(axis=1)
    assert set(counts) == set(range(wanted.shortest, wanted.length + 1))
    # Padding stands at the end alone.
    assert (lists[np.arange(wanted.length) >= counts[:, None]] == PADDING).all()
    numbers = lists[lists != PADDING]
    assert numbers.min() >= 0
    assert numbers.max() < (1 if wanted.values == "float" else wanted.max_value + 1)
    assert (split_of(lists) == split).all()
    np.testing.assert_array_equal(lists, some(wanted, 200, split, seed))


@pytest.mark.parametrize("kind", KINDS)
def test_lists_of_a_kind_are_of_that_kind(kind):
    wanted, random = Preprocessor(), np.random.default_rng(0)
    lists = draw(wanted, random, 300, split=TEST, length=8, kind=kind)
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
    data = load(Config(values=values, length=3, max_value=9))
    batches = FreshBatches(data.preprocessor, steps=50, batch_size=100, seed=0)
    train = set().union(*(rows(batches.drawn(epoch)) for epoch in range(3)))
    test = set().union(*map(rows, [*data.test.values(), *data.by_length.values()]))
    validation = rows(data.validation)
    assert min(map(len, (train, test, validation))) > 0
    for one, other in itertools.combinations((train, test, validation), 2):
        assert not one & other
    if values == "int":
        assert len(train) > 0.7 * (10**2 + 10**3)


def test_lists_of_an_epoch_depend_on_seed_and_epoch_alone():
    def batches(seed, epoch=0):
        made = FreshBatches(Preprocessor(length=4), steps=3, batch_size=5, seed=seed)
        made.epoch = epoch
        return [made[index][0][0] for index in range(made.num_batches)]

    made = FreshBatches(Preprocessor(length=4), steps=3, batch_size=5, seed=1)
    first = made[2][0][0]
    made.epoch = 7
    late = made[2][0][0]
    np.testing.assert_array_equal(first, batches(1)[2])
    np.testing.assert_array_equal(late, batches(1, 7)[2])
    assert not np.array_equal(first, late)
    assert not np.array_equal(first, batches(2)[2])
    assert len({batch.tobytes() for batch in batches(1)}) == 3


def test_every_second_list_to_learn_from_has_duplicates():
    lists = draw_to_learn(
        Preprocessor(min_length=None), np.random.default_rng(0), 400, split=TRAIN
    )
    different = np.array([len(set(row)) for row in lists])
    assert len(lists) == 400
    assert 0.4 < (different <= 5).mean() < 0.6
    assert (different[:200] <= 5).mean() > 0.3  # in random order


def test_the_test_lists_do_not_depend_on_the_seed():
    one, other = (load(Config(seed=seed)) for seed in (0, 1))
    for kind, lists in one.test.items():
        np.testing.assert_array_equal(lists, other.test[kind])
    assert list(one.by_length) == list(range(2, 21))


def test_lengths_of_test_lists_reach_twice_the_training_lengths_but_are_not_many():
    lengths = list(load(Config(length=30)).by_length)
    assert (len(lengths), lengths[0], lengths[-1]) == (MOST_LENGTHS, 2, 60)
    assert max(np.diff(lengths)) <= 3


def test_lists_that_are_not_there_are_not_waited_for():
    binary = Preprocessor(length=7, min_length=7, max_value=1)  # two lists of this kind
    counts = [
        len(draw(binary, np.random.default_rng(0), 9, split=split, kind="all_equal"))
        for split in SPLITS
    ]
    assert set(counts) == {0, 9}


@settings(max_examples=50, deadline=None)
@given(PREPROCESSORS, st.integers(0, 2**31))
def test_targets_say_what_is_to_be_written(made, seed):
    lists = some(made, 20, TRAIN, seed)
    inputs, targets = made.inputs_and_targets(lists)
    for row, numbers in enumerate(lists):
        kept = numbers[numbers != PADDING].tolist()
        rest = [PADDING] * (made.length - len(kept))
        if made.values == "float":
            places = targets[row][: len(kept)].tolist()
            assert [sorted(kept)[place] for place in places] == kept
            assert targets[row][len(kept) :].tolist() == rest
            continue
        assert targets[row].tolist() == sorted(kept) + rest
        ids, previous = inputs[0][row], inputs[1][row]
        assert ids.tolist() == [x + 1 for x in numbers.tolist()]
        # What was written before each step: the start, then the numbers' ids.
        expected = [0, *(x + 1 for x in sorted(kept)[:-1])]
        assert previous[: len(kept)].tolist() == expected


@given(PREPROCESSORS)
def test_preprocessor_survives_saving_and_reads_what_it_allows(made):
    assert Preprocessor(**json.loads(json.dumps(asdict(made)))) == made
    number = {"int": made.max_value, "float": 0.5}[made.values]
    text = ", ".join([str(number)] * made.shortest)
    array = made.parse([text, text])
    assert array.shape == (2, made.length)
    assert rows(array) == {(number,) * made.shortest}


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        {},
        {"length": 3},
        {"values": "words", "min_length": 2, "length": 3, "max_value": 9},
        {"values": "int", "min_length": "2", "length": 3, "max_value": 9},
        {"values": "int", "min_length": 4, "length": 3, "max_value": 9},
        {"values": "int", "min_length": 2, "length": 3, "max_value": -9},
        {"values": "int", "min_length": 2, "length": 10**200, "max_value": 9},
    ],
)
def test_damaged_preprocessor_is_refused(damage, tmp_path):
    (tmp_path / PREPROCESSOR).write_text(json.dumps(damage))
    with pytest.raises(UserError, match="is damaged"):
        Preprocessor.load(Run(tmp_path))


def values(numbers, written):
    return {name: x.tolist() for name, x in measures(numbers, written).items()}


def test_measures_of_answers_worked_out_by_hand():
    lists = np.array([[3, 1, 2], [2, 2, 1], [5, 4, PADDING], [9, 7, 8]])
    written = np.array([[1, 2, 3], [1, 1, 2], [5, 4, PADDING], [7, 9, 8]])
    assert values(lists, written) == {
        "exact_match": [True, False, False, False],
        "position_accuracy": [1, 2 / 3, 0, 1 / 3],
        "permutation": [True, False, True, True],
        "ascending": [True, True, False, False],
    }
    assert in_words(lists[0], written[0]) == "3 1 2 -> 1 2 3 (right)"
    assert in_words(lists[2], written[2]) == "5 4 -> 5 4 (wrong)"


def test_measures_of_places_that_no_number_got():
    lists = np.array([[0.5, 0.25, 0.75]] * 3, "float32")
    written = np.array(
        [[0.25, 0.5, 0.75], [0.25, np.nan, 0.75], [0.5, np.nan, 0.25]], "float32"
    )
    assert values(lists, written) == {
        "exact_match": [True, False, False],
        "position_accuracy": [1, 2 / 3, 0],
        "permutation": [True, False, False],
        "ascending": [True, True, False],
    }
    assert in_words(lists[1], written[1]) == "0.5 0.25 0.75 -> 0.25 ? 0.75 (wrong)"
    tenths = np.array([0.3, 0.1], "float32")
    assert in_words(tenths, tenths[::-1], short=False) == "0.3 0.1 -> 0.1 0.3 (right)"


@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=5), min_size=1))
def test_a_right_answer_is_a_permutation_and_ascending_and_the_reverse(lists):
    made = Preprocessor(length=5, max_value=9)
    numbers = made.parse([" ".join(map(str, numbers)) for numbers in lists])
    assert all(x.all() for x in measures(numbers, ascending(numbers)).values())
    copied = measures(numbers, numbers)
    assert copied["permutation"].all()
    assert copied["exact_match"].tolist() == [x == sorted(x) for x in lists]
    np.testing.assert_array_equal(copied["exact_match"], copied["ascending"])


@pytest.mark.parametrize("values", ["int", "float"])
def test_baselines_copy_write_the_median_and_learn_to_sort(values):
    made = Preprocessor(values=values, min_length=None, length=4)
    seen, test = some(made, 3000, TRAIN, 0), some(made, 500, TEST, 0)
    answers = {name: answer(seen, test) for name, answer in BASELINES.items()}
    np.testing.assert_array_equal(answers["copy"], test)
    # Of four uniform numbers, the medians of the smallest and of the largest.
    expected = np.array([1 - 0.5**0.25, 0.5**0.25]) * (1 if values == "float" else 100)
    found = answers["median"][:, [0, -1]]
    np.testing.assert_allclose(found / expected, 1, atol=0.1)
    exact = {name: right(test, answer).mean() for name, answer in answers.items()}
    assert exact["median"] < exact["copy"] < 0.1
    assert exact["boosted_trees"] > 0.95
