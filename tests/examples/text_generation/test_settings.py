"""Every setting of the text generation example changes what is trained."""

import dataclasses

import numpy as np
import pytest

from common.errors import UserError
from examples.text_generation.config import PRESETS, Config, Generate
from examples.text_generation.data import load
from examples.text_generation.train import compiled_model, task
from tests.conftest import write_code

SMALL = {"units": 6, "chunk": 8, "batch_size": 4}
# Each value differs from the default and from SMALL.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "epochs": {"epochs": 1},
    "batch_size": {"batch_size": 5},
    "learning_rate": {"learning_rate": 0.5},
    "seed": {"seed": 9},
    "data": {"data": "other.txt"},
    "chunk": {"chunk": 9},
    "dropout": {"dropout": 0.4},
}
# `preset` names where other settings come from; `data_dir`, `runs_dir` and `resume`
# say where things lie. The tests of the data use `dataset` and `glob`.
ELSEWHERE = {"preset", "dataset", "glob", "data_dir", "runs_dir", "resume"}
ELSEWHERE |= {"validation_data", "test_data"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    write_code(folder / "small.txt")
    write_code(folder / "other.txt", seed=1)
    return folder


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    model = compiled_model(config, data)
    model.run_eagerly = True  # two steps are done before a graph is traced
    streams = task(config, data).train(config.seed)
    for index in range(2):
        model.train_on_batch(*streams[index])
    names = [type(layer).__name__ for layer in model.layers]
    rate = float(model.optimizer.learning_rate)
    return str((data.preprocessor.to_json(), names, rate)), model.get_weights()


def same(one, other):
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(one[1], other[1], strict=False)
    )


@pytest.fixture(scope="module")
def before(files):
    return fingerprint(Config(data=str(files / "small.txt"), **SMALL))


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


def test_the_same_settings_train_the_same(before, files):
    assert same(before, fingerprint(Config(data=str(files / "small.txt"), **SMALL)))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_setting_changes_what_is_trained(name, before, files, monkeypatch):
    monkeypatch.chdir(files)
    settings = {"data": "small.txt", **SMALL, **CHANGES[name]}
    assert not same(before, fingerprint(Config(**settings)))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (Config, {"test_data": "a.txt"}),
        (Generate, {"prompt_file": "a", "prompt": "b"}),
    ],
)
def test_settings_that_do_not_fit_are_refused(kind, bad):
    with pytest.raises(UserError, match=[*bad][-1].replace("_", "-")):
        kind(**bad)
