"""Every setting of the sorting example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from common.errors import UserError
from examples.sorting.config import PRESETS, Config
from examples.sorting.train import task

SMALL = {"length": 4, "units": 6, "steps_per_epoch": 3, "batch_size": 4}
# Each value differs from the default and from SMALL.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "epochs": {"epochs": 1},
    "batch_size": {"batch_size": 5},
    "learning_rate": {"learning_rate": 0.5},
    "seed": {"seed": 9},
    "steps_per_epoch": {"steps_per_epoch": 5},
    "length": {"length": 5},
    "min_length": {"min_length": None},
    "max_value": {"max_value": 49},
    "values": {"values": "float"},
}
# `preset` names where other settings come from; `runs_dir` and `resume` say where
# things lie. The tests of the commands use them.
ELSEWHERE = {"preset", "runs_dir", "resume"}


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    made = task(config)
    model = made.build(config.cell, config.seed)
    model.run_eagerly = True  # two steps are done before a graph is traced
    train = made.train(config.seed)
    for index in range(2):
        model.train_on_batch(*train[index])
    rate = float(model.optimizer.learning_rate)
    names = [type(layer).__name__ for layer in model.layers]
    text = str((made.dataset, made.data_hash, names, rate, train.num_batches))
    return text, model.get_weights()


def same(one, other):
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(one[1], other[1], strict=False)
    )


@pytest.fixture(scope="module")
def before():
    return fingerprint(Config(**SMALL))


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


def test_the_same_settings_train_the_same(before):
    assert same(before, fingerprint(Config(**SMALL)))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(name, before):
    assert not same(before, fingerprint(Config(**{**SMALL, **CHANGES[name]})))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)


@pytest.mark.parametrize(
    "bad",
    [
        {"length": 1},
        {"length": 101},
        {"min_length": 1},
        {"length": 5, "min_length": 6},
        {"max_value": 0},
        {"max_value": 8},
        {"values": "words"},
        {"steps_per_epoch": 0},
        {"steps_per_epoch": 10**6},
        {"batch_size": 100_000},
    ],
)
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(UserError, match=list(bad)[-1].replace("_", "-")):
        Config(**bad)
