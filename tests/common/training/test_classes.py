"""The table by class, and which labels can be tested on."""

import io
import math

import pytest
from rich.console import Console

from common.errors import UserError
from common.training import classes


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
