"""Every setting of the signals example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from examples.signals.config import PRESETS, Config
from examples.signals.data import load
from examples.signals.train import task
from tests.conftest import write_signals

# Each value differs from the default.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "layers": {"layers": 2},
    "epochs": {"epochs": 1},
    "batch_size": {"batch_size": 5},
    "learning_rate": {"learning_rate": 0.5},
    "monitor": {"monitor": "macro_f1"},
    "class_weight": {"class_weight": "balanced"},
    "seed": {"seed": 9},
    "data": {"data": "other.csv"},
    "validation_data": {"validation_data": "other.csv"},
    "test_data": {"test_data": "other.csv"},
    "id_column": {"id_column": "who", "label_column": "who"},
    "time_column": {"time_column": "y"},
    "label_column": {"label_column": "who"},
    "channels": {"channels": ("y",)},
    "group_column": {"group_column": "who"},
    "max_length": {"max_length": 3},
    "pooling": {"pooling": "max"},
    "dropout": {"dropout": 0.1},
    "noise": {"noise": 0.0},
}
# `preset` names where other settings come from; `runs_dir` and `resume` say where
# things lie: the tests of the commands use them.
ELSEWHERE = {"preset", "runs_dir", "resume"}


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    what = task(config, data)
    model = what.build(config.cell, config.seed)
    model.run_eagerly = True  # two steps are done before a graph is traced
    batches = what.train(config.seed)
    for index in range(2):
        model.train_on_batch(*batches[index % batches.num_batches])
    splits = [part.windows.names for part in (data.train, data.validation, data.test)]
    rate = float(model.optimizer.learning_rate)
    names = [type(layer).__name__ for layer in model.layers]
    arrays = [*model.get_weights(), data.train.signals, data.validation.signals]
    said = str((data.preprocessor.to_json(), names, rate, splits, what.monitor))
    return said, [*arrays, data.test.signals]


def same(one, other):
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(one[1], other[1], strict=False)
    )


@pytest.fixture(scope="module")
def signals(tmp_path_factory):
    return write_signals(tmp_path_factory.mktemp("data") / "signals.csv", windows=80)


@pytest.fixture(scope="module")
def before(signals):
    return fingerprint(Config(data=str(signals)))


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


def test_same_settings_train_the_same(before, signals):
    assert same(before, fingerprint(Config(data=str(signals))))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(name, before, signals, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_signals(tmp_path / "other.csv", windows=80, seed=1)
    if name in ("id_column", "label_column"):
        with pytest.raises(Exception, match="must"):
            fingerprint(Config(data=str(signals), **CHANGES[name]))
        return
    config = Config(**{"data": str(signals), **CHANGES[name]})
    if name == "time_column":  # `time` becomes a channel
        config = dataclasses.replace(config, time_column="absent")
    assert not same(before, fingerprint(config))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)
