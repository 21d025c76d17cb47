"""Timing in turns, with a clock that only the steps move."""

import pytest

from common.comparison import timing


@pytest.fixture
def steps(monkeypatch):
    """Return two steps and what they have written: the order of their calls."""
    now, calls = [0.0], []
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def step(name, seconds):
        def call():
            calls.append(name)
            now[0] += seconds * (10 if calls.count(name) == 1 else 1)

        return call

    return {"a": step("a", 1.0), "b": step("b", 4.0)}, calls


def test_steps_take_turns_that_last_as_long(steps):
    named, calls = steps
    taken = timing.alternate(named, rounds=2, seconds=4)
    warm_up = timing.WARM_UP + 1
    assert "".join(calls) == "a" * warm_up + "b" * warm_up + "aaaab" * 2
    assert taken == {"a": [1, 1], "b": [4, 4]}


def test_first_call_counts_what_only_it_takes(steps):
    assert timing.first_calls(steps[0]) == {"a": 10, "b": 40}


def test_spread_is_that_of_the_ratios_round_by_round():
    """A machine that was slow in the second round was so for both."""
    assert timing.spread([2, 20, 3], [1, 10, 2]) == (2, 1.5, 2)
