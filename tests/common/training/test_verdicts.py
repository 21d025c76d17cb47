"""Verdicts: better, worse or undecided, and what a statistician would say."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from common.training import metrics, verdicts

RNG = np.random.default_rng(0)


def task(mode, *, blocks=None, root=False):
    """Return what a verdict needs to know of a task."""
    return SimpleNamespace(mode=mode, blocks=blocks, root=root)


def right(*counts):
    """Return scores: 1 so many times, then 0 so many times, and so on."""
    ones = [i % 2 == 0 for i in range(len(counts))]
    return np.repeat(np.array(ones, float), counts)


def test_one_text_of_150_decides_nothing():
    network, other = right(149, 1), right(150)
    found = verdicts.verdict(task("max"), {"network": network, "b": other})
    assert found["says"] == "undecided"
    assert found["difference"] == pytest.approx(-1 / 150)
    low, high = found["interval_95"]
    assert low == pytest.approx(-1 / 150)
    assert high > 0


@pytest.mark.parametrize("ahead", range(3, 14))
def test_shares_of_right_answers_follow_the_exact_test(ahead):
    """McNemar: of 14 cases that tell two models apart, so many speak for the first."""
    first, second = right(ahead, 14 - ahead, 86), right(0, ahead, 100 - ahead)
    found = verdicts.difference(task("max"), first, second)
    significant = stats.binomtest(ahead, 14).pvalue < 0.05
    assert (found["says"] != "undecided") == significant
    if significant:
        assert found["says"] == ("better" if ahead > 7 else "worse")


def test_best_baseline_is_compared_and_smaller_can_be_better():
    network = RNG.normal(1, 0.1, 400)
    scores = {"network": network, "good": network + 0.05, "bad": network + 3}
    found = verdicts.verdict(task("min"), scores)
    assert (found["against"], found["says"]) == ("good", "better")
    assert found["interval_95"] == pytest.approx([-0.05, -0.05])
    assert verdicts.verdict(task("max"), scores)["against"] == "bad"
    assert verdicts.verdict(task("max"), {"network": network}) is None


def test_interval_covers_the_true_difference_as_often_as_it_says():
    hits = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        first, second = rng.gamma(2, size=60) + 0.3, rng.gamma(2, size=60)
        low, high = verdicts.difference(task("max"), first, second)["interval_95"]
        hits += low < 0.3 < high
    assert 180 <= hits <= 197


def test_cases_that_depend_on_each_other_count_as_one_block():
    each = RNG.normal(0.2, 1, 40)
    many = np.repeat(each, 50)
    zeros, blocks = np.zeros_like(many), np.repeat(np.arange(40), 50)
    single = verdicts.difference(task("max"), each, np.zeros(40))["interval_95"]
    in_blocks = verdicts.difference(task("max", blocks=blocks), many, zeros)
    assert in_blocks["interval_95"] == pytest.approx(single, abs=0.02)
    alone = verdicts.difference(task("max"), many, zeros)["interval_95"]
    assert np.ptp(alone) < 0.3 * np.ptp(single)


def test_root_of_the_mean_is_compared_for_rmse():
    squares = RNG.gamma(1, 4, 500)
    found = verdicts.difference(task("min", root=True), squares, 4 * squares)
    assert found["difference"] == pytest.approx(-np.sqrt(squares.mean()))
    assert found["says"] == "better"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.arange(5.0), np.arange(5.0) + 1),  # too few cases
        (np.full(9, np.nan), np.arange(9.0)),
        (np.array([]), np.array([])),
    ],
)
def test_too_few_cases_are_undecided(first, second):
    found = verdicts.difference(task("max"), first, second)
    assert found["interval_95"] == [None, None]
    assert found["says"] == "undecided"


def test_sentence_says_what_the_verdict_says():
    document = {
        "metric": {"name": "accuracy", "split": "test", "mode": "max"},
        "models": {"network": {"accuracy": 0.98}, "tfidf": {"accuracy": 0.79}},
        "verdict": {
            "against": "tfidf",
            "difference": 0.19,
            "interval_95": [0.17, 0.21],
            "says": "better",
        },
    }
    assert metrics.sentence(document) == (
        "The network is better than its best baseline, tfidf: accuracy 0.9800 against "
        "0.7900; difference +0.1900, 95 % interval +0.1700 to +0.2100."
    )
    document["verdict"]["says"] = "undecided"
    assert metrics.sentence(document).startswith("Undecided at 95 %: the network")
    assert metrics.sentence({**document, "verdict": None}).startswith("No verdict")
