"""The comparison of cells, on a network that takes no time to train."""

import dataclasses
import json
import time

import keras
import numpy as np
import pytest
from rich.console import Console

from common.comparison import compare, parity
from common.preprocessing.sequences import Batches
from common.settings import CELLS, Repeats, Settings
from common.training import fitting
from common.training.task import Task
from examples import results_page

UNITS = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Settings):
    """Settings of the comparison."""


def layer(cell):
    if cell == "custom":
        return keras.layers.RNN(keras.layers.SimpleRNNCell(UNITS))
    kinds = {"builtin": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
    return getattr(keras.layers, kinds[cell])(UNITS)


def build(cell, seed):
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((5, 2)), layer(cell), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile("adam", "mse", steps_per_execution=4, jit_compile=False)
    return model


def batches(seed):
    inputs = np.random.default_rng(seed).normal(size=(32, 5, 2)).astype("float32")
    return Batches(inputs, inputs.sum(axis=(1, 2)), batch_size=8)


def squared_errors(model):
    inputs, targets = batches(100).inputs, batches(100).targets
    return (model.predict_on_batch(inputs)[:, 0] - targets) ** 2


TASK = Task(
    example="toy",
    dataset="random numbers",
    data_hash="sha256:1",
    metric="mse",
    mode="min",
    monitor="val_loss",
    build=build,
    train=batches,
    validation=batches(100),
    score=squared_errors,
    baselines=lambda: {"zero": batches(100).targets ** 2},
)


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "CELLS", CELLS[:2])  # the others take their time
        patch.setattr(compare, "TIMING_ROUNDS", 2)
        patch.setattr(compare, "CALLS_PER_ROUND", 2)
        yield


def compared(folder, **settings):
    config = Compare(epochs=1, seed=3, seeds=2, runs_dir=str(folder), **settings)
    run = compare.compare(TASK, config, console=Console(quiet=True))
    return run, json.loads((run / "compare.json").read_text())


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Return a comparison that nothing has interrupted, and its document."""
    return compared(tmp_path_factory.mktemp("straight"))


def test_comparison_holds_what_its_page_needs(straight):
    folder, document = straight
    assert [row["cell"] for row in document["cells"]] == ["builtin", "custom"]
    assert (document["seed"], document["seeds"]) == (3, 2)
    zero = float((batches(100).targets ** 2).mean())
    assert document["models"]["zero"]["mse"] == pytest.approx(zero)
    assert document["verdict"]["against"] == "zero"
    builtin, custom = document["cells"]
    # Two seeds each, from the same weights on the same batches.
    assert builtin["min"] < builtin["max"]
    for key in ("min", "median", "max"):
        assert custom[key] == pytest.approx(builtin[key], rel=1e-4)
    assert document["against_builtin"]["custom"]["says"] == "undecided"
    assert document["parity"]["output"] <= 1e-5
    assert document["parity"]["gradient"] <= 1e-4
    ratio = document["step_time"]["custom"]
    assert 0 < ratio["low"] <= ratio["median"] <= ratio["high"]
    assert "random numbers, seeds 3 to 4" in results_page.block(document)
    for suffix in ("png", "svg"):
        assert (folder / "figures" / f"compare.{suffix}").stat().st_size > 1000


def test_models_that_were_trained_start_from_the_same_weights():
    pair = build("builtin", 1), build("custom", 2)
    assert max(parity.parity(TASK, 0, pair).values()) < 1e-5


def test_cell_that_is_another_network_is_found():
    def other(cell, seed):
        model = build(cell, seed)
        if cell == "custom":
            model.layers[0].cell.activation = keras.activations.relu
        return model

    pair = other("builtin", 1), other("custom", 2)
    found = parity.parity(dataclasses.replace(TASK, build=other), 0, pair)
    assert found["output"] > 1e-5
    assert found["gradient"] > 1e-4


class Sleeper:
    """Instead of a model: a training step takes `pause` seconds; four are a call."""

    steps_per_execution = 4

    def __init__(self, pause):
        self.pause = pause

    def fit(self, batches, *, steps_per_epoch, callbacks, **_):
        assert len(list(batches)) == steps_per_epoch
        for step in range(0, steps_per_epoch, 4):
            callbacks[0].on_train_batch_begin(step)
            time.sleep(4 * self.pause)
            callbacks[0].on_train_batch_end(step + 3)


def test_times_are_those_of_one_step_of_each_model():
    pauses = {"builtin": 0.01, "custom": 0.03}
    models = {cell: Sleeper(pause) for cell, pause in pauses.items()}
    times = compare.step_times(models, batches(0)[0], seconds=0)
    for cell, pause in pauses.items():
        assert len(times[cell]) == compare.TIMING_ROUNDS
        assert pause <= min(times[cell]) < 2 * pause


def test_interrupted_comparison_has_no_result_and_is_continued(
    straight, tmp_path, monkeypatch
):
    fit, trained = fitting.fit, []

    def stopped(*args, **options):
        trained.append(options["run"].path.name)
        fitted = fit(*args, **options)
        return dataclasses.replace(fitted, interrupted=len(trained) == 3)

    monkeypatch.setattr(fitting, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path)
    (half,) = {path.parent for path in tmp_path.glob("toy/*/config.json")}
    assert not (half / "compare.json").exists()
    resumed, document = compared(tmp_path, resume=True)
    assert resumed.path == half
    # The two that were done are not trained again; the third goes on where it was.
    assert trained == ["builtin-3", "custom-3", *["builtin-4"] * 2, "custom-4"]
    for one, other in zip(document["cells"], straight[1]["cells"], strict=True):
        assert one["median"] == other["median"]
