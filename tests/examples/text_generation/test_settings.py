"""Every setting of the text generation example changes what is trained."""

import dataclasses
import re

import numpy as np
import pytest
from rich.console import Console

from common.comparison import compare
from common.errors import UserError
from examples.text_generation.config import PRESETS, Config, Generate
from examples.text_generation.data import Streams, load
from examples.text_generation.train import compiled_model, task, within_minutes
from tests.conftest import write_code

SMALL = {"units": 6, "chunk": 8, "batch_size": 4}
# Each value differs from the default and from SMALL.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 7},
    "layers": {"layers": 2},
    "epochs": {"epochs": 1},
    "minutes": {"minutes": 1e-9},
    "steps_per_epoch": {"steps_per_epoch": 3},
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
    config = within_minutes(config, data, Console(quiet=True))
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


@pytest.mark.parametrize("cell", ["builtin", "custom", "gru"])
def test_matrices_of_characters_are_not_made_orthogonal(cell, files):
    config = Config(data=str(files / "small.txt"), cell=cell, layers=2, **SMALL)
    model = compiled_model(config, load(config))
    weights, optimizer = model.trainable_variables, model.optimizer
    optimizer.build(weights)
    orthogonal = {
        weight.path
        for weight, velocity in zip(weights, optimizer.adam_velocities, strict=True)
        if velocity is None  # which only AdamW has
    }
    above = re.compile("recurrent_2/.*/(kernel|W_F)|block_2_(value|gate)/kernel")
    square = re.compile("/(recurrent_kernel|W_R)$")
    paths = {weight.path for weight in weights}
    assert orthogonal == {p for p in paths if above.search(p) or square.search(p)}
    assert len(orthogonal) == 5


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


@pytest.mark.parametrize("minutes", [0.05, 1, 20])
def test_minutes_set_the_epochs_and_the_schedule(minutes, files, monkeypatch):
    """A call of 10 steps takes 0.625 s here: 960 steps a minute. The first compile."""
    turns = iter([[9.0] * 6, [0.625] * 6])
    monkeypatch.setattr(compare, "step_timer", lambda *_: lambda _: next(turns))
    config = Config(data=str(files / "small.txt"), minutes=minutes, **SMALL)
    data = load(config)
    timed = within_minutes(config, data, Console(quiet=True))
    most, *held_out = (
        Streams(data.ids[k], config).num_batches for k in ("train", "validation")
    )
    epoch = timed.steps_per_epoch + held_out[0] / 3
    assert 960 * minutes - timed.epochs <= timed.epochs * epoch <= 960 * minutes
    assert timed.steps_per_epoch <= most
    assert (timed.epochs - 1) * (most + held_out[0] / 3) < 960 * minutes
    steps = timed.epochs * task(timed, data).train(0).num_batches
    rate = compiled_model(timed, data).optimizer._learning_rate
    assert 0 < float(rate(0.99 * steps)) < float(rate(0.5 * steps)) < 7e-3
    assert float(rate(steps)) == pytest.approx(0, abs=1e-9)
    resumed = dataclasses.replace(timed, resume=True)
    assert within_minutes(resumed, data, Console(quiet=True)) is resumed
