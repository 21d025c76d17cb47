"""Every setting of the sentiment example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from examples.sentiment.config import PRESETS, Config
from examples.sentiment.data import load
from examples.sentiment.train import task
from tests.conftest import write_reviews

# Each value differs from the default; with what it needs beside it to show.
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
    "text_column": {"text_column": "label"},
    "label_column": {"label_column": "text"},
    "vocabulary_size": {"vocabulary_size": 12},
    "max_length": {"max_length": 3},
    "embedding_size": {"embedding_size": 3},
    "pooling": {"pooling": "last"},
    "bidirectional": {"bidirectional": True},
    "dropout": {"dropout": 0.4},
    "word_dropout": {"word_dropout": 0.4},
}
# `preset` names where other settings come from; `data_dir`, `runs_dir` and `resume`
# say where things lie: the tests of the commands use them. The tests of the data use
# `dataset`, and `patience` tells when to stop.
ELSEWHERE = {
    "validation_data",
    "test_data",
    "patience",
    "preset",
    "dataset",
    "data_dir",
    "runs_dir",
    "resume",
}


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    what = task(config, data)
    model = what.build(config.cell, config.seed)
    model.run_eagerly = True  # two steps are done before a graph is traced
    batches = what.train(config.seed)
    for index in range(2):
        model.train_on_batch(*batches[index])
    rate = model.optimizer.learning_rate
    weights = [layer.get_weights() for layer in model.layers]
    names = [type(layer).__name__ for layer in model.layers]
    said = str((data.preprocessor.to_json(), names, float(rate), what.monitor))
    return said, weights


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
def before(small_file):
    return fingerprint(Config(data=str(small_file)))


def test_same_settings_train_the_same(before, small_file):
    assert same(before, fingerprint(Config(data=str(small_file))))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(
    name, before, small_file, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_reviews(tmp_path / "other.csv", seed=1)
    base = {"data": str(small_file)}
    if name == "class_weight":  # it matters where a label is rare
        lines = small_file.read_text().splitlines()
        (tmp_path / "rare.csv").write_text("\n".join(lines[:141] + lines[142::2]))
        base = {"data": "rare.csv"}
        before = fingerprint(Config(**base))
    if name in ("text_column", "label_column"):
        # Texts as labels, or labels as texts: nothing that can be learned from.
        with pytest.raises(Exception, match="at least"):
            fingerprint(Config(**base, **CHANGES[name]))
        return
    assert not same(before, fingerprint(Config(**{**base, **CHANGES[name]})))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)
