"""Every setting of the grammar example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from common.errors import UserError
from examples.grammar.config import PRESETS, Config
from examples.grammar.data import load
from examples.grammar.train import compiled_model
from tests.conftest import write_sentences

# Each value differs from the default; with what it needs beside it to show.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "layers": {"layers": 2},
    "bidirectional": {"bidirectional": False},
    "epochs": {"epochs": 1},
    "batch_size": {"batch_size": 5},
    "learning_rate": {"learning_rate": 0.5},
    "seed": {"seed": 9},
    "data": {"data": "other.txt"},
    "copies": {"copies": 2},
    "min_count": {"min_count": 70},
    "max_length": {"max_length": 7},
    "embedding_size": {"embedding_size": 3},
    "dropout": {"dropout": 0.4},
    "word_dropout": {"word_dropout": 0.4},
}
# `preset` names where other settings come from; `runs_dir` and `resume` say where
# things lie: the tests of the commands use them. The tests of the data use the rest.
ELSEWHERE = {"validation_data", "test_data", "preset", "runs_dir", "resume"}


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    model = compiled_model(config, data)
    model.run_eagerly = True  # two steps are done before a graph is traced
    batches = data.train.batches(config.batch_size, seed=config.seed)
    for index in range(2):
        model.train_on_batch(*batches[index])
    rate = model.optimizer.learning_rate
    weights = [layer.get_weights() for layer in model.layers]
    names = [type(layer).__name__ for layer in model.layers]
    return str((data.preprocessor.to_json(), names, float(rate))), weights


def same(one, other):
    def flat(weights):
        return [value for layer in weights for value in layer]

    pairs = zip(flat(one[1]), flat(other[1]), strict=False)
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b) for a, b in pairs
    )


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return str(write_sentences(tmp_path_factory.mktemp("data") / "small.txt"))


@pytest.fixture(scope="module")
def before(file):
    return fingerprint(Config(data=file))


def test_same_settings_train_the_same(before, file):
    assert same(before, fingerprint(Config(data=file)))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(name, before, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_sentences(tmp_path / "other.txt", seed=1, count=200)
    if name == "max_length":  # all sentences of the file have eight words
        with pytest.raises(UserError, match="5 to 7 words"):
            fingerprint(Config(data=file, **CHANGES[name]))
        return
    assert not same(before, fingerprint(Config(**{"data": file, **CHANGES[name]})))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)
