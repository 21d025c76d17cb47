"""Every setting of the tagging example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from examples.tagging.config import PRESETS, Config
from examples.tagging.data import load
from examples.tagging.train import compiled_model
from tests.conftest import write_conllu

# Each value differs from the default.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "layers": {"layers": 2},
    "epochs": {"epochs": 1},
    "batch_size": {"batch_size": 5},
    "learning_rate": {"learning_rate": 0.5},
    "seed": {"seed": 9},
    "data": {"data": "other.conllu"},
    "validation_data": {"validation_data": "other.conllu"},
    "test_data": {"test_data": "other.conllu"},
    "direction": {"direction": "forward"},
    "length": {"length": 5, "context": 1},
    "context": {"context": 0},
    "vocabulary_size": {"vocabulary_size": 12},
    "embedding_size": {"embedding_size": 3},
    "dropout": {"dropout": 0.4},
}
# `preset` names where other settings come from; `runs_dir` and `resume` say where
# things lie: the tests of the commands use them.
ELSEWHERE = {"preset", "runs_dir", "resume"}


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    model = compiled_model(config, data)
    model.run_eagerly = True  # two steps are done before a graph is traced
    batches = data.train.batches(config.batch_size, seed=config.seed)
    for index in range(2):
        model.train_on_batch(*batches[index % batches.num_batches])
    said = (data.preprocessor.to_json(), float(model.optimizer.learning_rate))
    arrays = [*model.get_weights(), data.train.ids, data.validation.ids, data.test.ids]
    return str(said), arrays


def same(one, other):
    return (
        one[0] == other[0]
        and len(one[1]) == len(other[1])
        and all(np.array_equal(a, b) for a, b in zip(one[1], other[1], strict=True))
    )


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    return write_conllu(tmp_path_factory.mktemp("data") / "words.conllu")


@pytest.fixture(scope="module")
def before(words):
    return fingerprint(Config(data=str(words)))


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


def test_same_settings_train_the_same(before, words):
    assert same(before, fingerprint(Config(data=str(words))))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(name, before, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_conllu(tmp_path / "other.conllu", seed=1)
    config = Config(**{"data": str(words), **CHANGES[name]})
    assert not same(before, fingerprint(config))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)
