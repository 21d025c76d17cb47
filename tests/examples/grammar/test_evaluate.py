"""The test: what is counted of probabilities and places."""

import numpy as np

from examples.grammar.data import Damage, Split
from examples.grammar.evaluate import drops, kind_of, pairs_of, places_found, told_apart


class Suspicious:
    """A network that finds damage where word 9 is."""

    def predict(self, batches, verbose):
        ids = np.concatenate([batches[i][0] for i in range(batches.num_batches)])
        return (ids == 9).any(axis=1, keepdims=True).astype("float32")


def test_drop_is_what_the_damage_falls_by_without_the_word():
    ids = np.array([[2, 9, 3, 0], [9, 0, 0, 0], [2, 3, 4, 5]])
    found = drops(Suspicious(), ids)
    assert [drop.tolist() for drop in found] == [[0, 1, 0], [1], [0, 0, 0, 0]]


def test_place_is_found_where_the_largest_drop_is_misplaced():
    ids = np.array([[2, 3, 9], [3, 9, 2], [2, 9, 3], [9, 3, 2]])
    damages = [None, Damage("move", 2, (1,)), None, Damage("swap", 1, (1, 2))]
    split = Split([[]] * 4, damages, ids, np.array([[0], [1], [0], [1]]))
    found = places_found(Suspicious(), split)
    assert found == {"found": 0.5, "at_random": 0.5}
    assert pairs_of(split) == [damages[1], damages[1], damages[3], damages[3]]


def test_pairs_told_apart_count_ties_by_half():
    assert told_apart(np.array([0.1, 0.9, 0.5, 0.5, 0.8, 0.7, 0.0, 0.1])) == 0.625


def test_kinds_name_how_far_a_damage_reaches():
    kinds = [kind_of(Damage("swap", distance, ())) for distance in (1, 2, 4, 5, 20)]
    assert kinds == [
        "swap, neighbours",
        *["swap, 2 to 4 apart"] * 2,
        *["swap, 5 or more apart"] * 2,
    ]
