"""Timing in turns, with steps that say how long they take."""

import pytest

from common.comparison import timing


@pytest.fixture
def steps():
    """Return two timers and what they have written: the order of their calls."""
    written = []

    def timer(name, seconds):
        def timed(calls):
            first = 1 if name in written else 10  # the first call of all takes longer
            written.extend(name * calls)
            return [seconds * first, *[seconds] * (calls - 1)]

        return timed

    return {"a": timer("a", 1.0), "b": timer("b", 4.0)}, written


def test_steps_take_turns_that_last_as_long(steps):
    named, calls = steps
    taken = timing.alternate(named, rounds=2, seconds=4)
    warm_up = timing.WARM_UP + 1
    assert "".join(calls) == "a" * warm_up + "b" * warm_up + "aaaab" + "baaaa"
    assert taken == {"a": [1, 1], "b": [4, 4]}


def test_ratio_is_taken_round_by_round():
    """A machine that was slow in the second round was so for both."""
    found = timing.ratio([2, 20, 3], [1, 10, 2])
    assert found == {"median": 2, "low": 1.5, "high": 2}


def test_interval_of_twelve_rounds_leaves_the_extremes_out():
    """The 3rd and the 10th of 12 ordered values enclose the median in 96 of 100."""
    found = timing.ratio([*range(1, 12), 1000], [1] * 12)
    assert (found["low"], found["high"]) == (3, 10)


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (0.31, 4.26, "undecided"),
        (1.02, 1.12, "undecided"),
        (1.06, 1.3, "slower"),
        (0.7, 0.94, "faster"),
        (0.97, 1.04, "as fast, within 5%"),
    ],
)
def test_ratio_is_only_decided_beyond_the_noise(low, high, says):
    assert timing.says({"median": 1.0, "low": low, "high": high}) == says
