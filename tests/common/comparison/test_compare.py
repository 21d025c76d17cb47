"""The comparison of two cells, on a network that takes no time to train."""

import dataclasses
import io
import json

import keras
import numpy as np
import pytest
from rich.console import Console

from common.comparison import compare, results_page
from common.preprocessing.sequences import Batches
from common.settings import CELLS, Settings
from common.training import fitting

UNITS = 3


def layer(cell):
    if cell == "custom":
        return keras.layers.RNN(keras.layers.SimpleRNNCell(UNITS))
    kinds = {"builtin": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
    return getattr(keras.layers, kinds[cell])(UNITS)


def build(cell, seed, *, before=()):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((5, 2)), *before, layer(cell), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse", steps_per_execution=4)
    return model


def batches(seed):
    inputs = np.random.default_rng(seed).normal(size=(32, 5, 2)).astype("float32")
    return Batches(inputs, inputs.sum(axis=(1, 2)), batch_size=8)


@pytest.fixture
def task():
    validation = batches(100)
    return compare.Task(
        example="toy",
        dataset="random numbers",
        metric="loss",
        better="lower",
        monitor="val_loss",
        build=build,
        train=batches,
        validation=validation,
        measure=lambda model: model.evaluate(validation, verbose=0),
        baselines=lambda: {"zero": 10.0},
    )


@pytest.fixture
def run(tmp_path):
    def compared(task, **settings):
        config = Settings(epochs=1, runs_dir=str(tmp_path), **settings)
        console = Console(file=io.StringIO(), width=80)
        return compare.compare(task, config, seeds=2, console=console)

    return compared


def test_comparison_holds_what_its_page_needs(task, run, tmp_path, monkeypatch):
    monkeypatch.setattr(compare, "CELLS", CELLS[:2])  # the others take their time
    document = run(task, seed=3)
    (path,) = tmp_path.glob("toy/compare-*/compare.json")
    assert json.loads(path.read_text()) == document
    assert [row["cell"] for row in document["cells"]] == ["builtin", "custom"]
    assert (document["seed"], document["seeds"]) == (3, 2)
    assert document["baselines"] == {"zero": 10.0}
    builtin, custom = document["cells"]
    # Two seeds each, from the same weights on the same batches.
    assert builtin["min"] < builtin["max"]
    for key in ("min", "median", "max"):
        assert custom[key] == pytest.approx(builtin[key], rel=1e-4)
    assert document["parity"]["output"] <= 1e-5
    assert document["parity"]["gradient"] <= 1e-4
    ratio = document["step_time_ratio"]
    assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]
    block = results_page.block(document)
    assert "random numbers, seeds 3 to 4" in block
    for suffix in ("png", "svg"):
        assert (path.parent / "figures" / f"compare.{suffix}").stat().st_size > 1000
    assert "are the same network" in (path.parent / "report.html").read_text()


def test_cell_that_is_another_network_is_found(task):
    def other(cell, seed):
        model = build(cell, seed)
        if cell == "custom":
            model.layers[0].cell.activation = keras.activations.relu
        return model

    found = compare.parity(dataclasses.replace(task, build=other), 0)
    assert found["output"] > 1e-5
    assert found["gradient"] > 1e-4


def test_slower_cell_takes_longer(task):
    def slow(cell, seed):
        more = 3 if cell == "custom" else 0
        before = [keras.layers.SimpleRNN(3, return_sequences=True) for _ in range(more)]
        return build(cell, seed, before=before)

    ratio = compare.step_time_ratio(dataclasses.replace(task, build=slow), 0, seconds=0)
    assert ratio["rounds"] == compare.TIMING_ROUNDS
    assert ratio["median"] > 1.5


def test_interrupted_comparison_is_none(task, run, tmp_path, monkeypatch):
    fit = fitting.fit

    def stopped(*args, **options):
        return dataclasses.replace(fit(*args, **options), interrupted=True)

    monkeypatch.setattr(fitting, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(task)
    assert not list(tmp_path.glob("toy/*/compare.json"))
