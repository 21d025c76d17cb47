"""The table by class, rare classes, and which labels can be tested on."""

import io
import math

import keras
import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import f1_score
from sklearn.utils.class_weight import compute_class_weight

from common.errors import UserError
from common.training import classes
from common.training.macro_f1 import MacroF1


def test_table_has_the_interval_and_the_scores_of_each_class():
    truth = ["a"] * 6 + ["b"] * 4
    predicted = ["a"] * 5 + ["b"] + ["b"] * 2 + ["a"] * 2
    console = Console(file=io.StringIO(), width=80)
    classes.show(console, truth, predicted)
    text = " ".join(console.file.getvalue().replace("│", " ").split())
    # Wilson (1927), with 7 of 10 right.
    z, n, p = 1.959964, 10, 0.7
    middle, width = p + z**2 / (2 * n), z * math.sqrt(p * 0.3 / n + (z / (2 * n)) ** 2)
    low, high = ((middle + sign * width) / (1 + z**2 / n) for sign in (-1, 1))
    assert f"accuracy 0.7000, 95 % interval {low:.4f} to {high:.4f}" in text
    precision, recall = 5 / 7, 5 / 6
    f1 = 2 * precision * recall / (precision + recall)
    assert f"a 6 {precision:.4f} {recall:.4f} {f1:.4f}" in text
    assert "b 4 0.6667 0.5000 0.5714" in text
    assert f"mean 10 {(precision + 2 / 3) / 2:.4f}" in text


def test_labels_must_be_known_and_there_must_be_some():
    classes.check_known("x.csv", ["a"], ["a", "b"])
    with pytest.raises(UserError, match="has nothing to test on"):
        classes.check_known("x.csv", [], ["a"])
    with pytest.raises(UserError, match="has the label 'c'; the run knows 'a'"):
        classes.check_known("x.csv", ["a", "c"], ["a", "b"])


def test_balanced_weights_are_those_of_scikit_learn():
    truth = np.array([2] * 7 + [0] * 2 + [1])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=truth)
    weights = classes.balanced_weights(truth)
    np.testing.assert_allclose(weights, expected[truth], rtol=1e-6)
    # Every class weighs the same, and a case weighs 1 on average.
    np.testing.assert_allclose(np.bincount(truth, weights), 10 / 3, rtol=1e-6)


def test_macro_f1_of_all_batches_is_that_of_scikit_learn():
    random = np.random.default_rng(0)
    # Class 3 never occurs; class 2 is true and never the answer; class 4 is an answer
    # and never true.
    truth = random.choice([0, 1, 2], p=[0.7, 0.2, 0.1], size=50)
    p = random.random((50, 5)) * [1, 1, 0.1, 0, 0.9]
    model = keras.Sequential([keras.Input((5,)), keras.layers.Identity()])
    model.compile(
        loss="sparse_categorical_crossentropy", metrics=[MacroF1(5)], run_eagerly=True
    )
    for _ in range(2):  # the second pass begins anew
        found = model.evaluate(p, truth, batch_size=8, verbose=0, return_dict=True)
        expected = f1_score(truth, p.argmax(axis=1), average="macro")
        assert found["macro_f1"] == pytest.approx(expected, abs=1e-6)
