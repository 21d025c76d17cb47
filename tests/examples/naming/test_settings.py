"""Every setting of the naming example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from examples.naming.config import PRESETS, Config
from examples.naming.data import load
from examples.naming.train import compiled_model
from tests.conftest import write_named

# Each value differs from the default.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "epochs": {"epochs": 1},
    "batch_size": {"batch_size": 5},
    "learning_rate": {"learning_rate": 0.5},
    "seed": {"seed": 9},
    "data": {"data": "other.csv"},
    "validation_data": {"validation_data": "other.csv"},
    "test_data": {"test_data": "other.csv"},
    "text_column": {"text_column": "other"},
    "input_columns": {"input_columns": ("y",)},
    "max_length": {"max_length": 3},
    "embedding_size": {"embedding_size": 5},
    "no_every_step": {"no_every_step": True},
    "noise": {"noise": 0.0},
    "letter_dropout": {"letter_dropout": 0.5},
    "dropout": {"dropout": 0.6},
}
# `preset` names where other settings come from; `runs_dir` and `resume` say where
# things lie: the tests of the commands use them.
ELSEWHERE = {"preset", "runs_dir", "resume"}


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    model = compiled_model(config, data)
    model.run_eagerly = True  # to build a graph takes longer than two steps
    batches = data.train.batches(config.batch_size, seed=config.seed)
    for index in range(2):
        model.train_on_batch(*batches[index % batches.num_batches])
    parts = (data.train, data.validation, data.test)
    rate = float(model.optimizer.learning_rate)
    names = [type(layer).__name__ for layer in model.layers]
    texts = [part.rows.texts for part in parts]
    said = str((data.preprocessor.to_json() | {"vocabulary": 0}, names, rate, texts))
    return said, [*model.get_weights(), *(part.inputs for part in parts)]


def same(one, other):
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(one[1], other[1], strict=False)
    )


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    return write_named(tmp_path_factory.mktemp("data") / "named.csv")


@pytest.fixture(scope="module")
def before(named):
    return fingerprint(Config(data=str(named), units=8, max_length=4))


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


def test_same_settings_train_the_same(before, named):
    assert same(before, fingerprint(Config(data=str(named), units=8, max_length=4)))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(name, before, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_named(tmp_path / "other.csv", seed=1)
    if name == "text_column":
        with pytest.raises(Exception, match="must be one of"):
            fingerprint(Config(data=str(named), **CHANGES[name]))
        return
    settings = {"data": str(named), "units": 8, "max_length": 4, **CHANGES[name]}
    assert not same(before, fingerprint(Config(**settings)))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)
