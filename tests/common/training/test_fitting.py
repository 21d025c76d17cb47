"""Training: the best epoch, early stop, resume, a loss that is not a number."""

import csv

import keras
import numpy as np
import pytest
from rich.console import Console

from common.errors import UserError
from common.preprocessing.sequences import Batches
from common.training import fitting, run_folder
from common.training.callbacks import BestEpoch

QUIET = Console(quiet=True)


def toy(*, learning_rate=0.05, seed=0):
    """Return a compiled model with dropout, and training and validation batches."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((6, 2)),
            keras.layers.Dropout(0.2, seed=seed),
            keras.layers.SimpleRNN(4),
            keras.layers.Dense(1),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse")
    inputs = np.random.default_rng(1).normal(size=(64, 6, 2)).astype("float32")
    targets = inputs[:, :, :1].sum(axis=1)
    return model, Batches(inputs, targets, batch_size=16, seed=0), inputs, targets


def fit(run, *, epochs, patience=None, learning_rate=0.05, show=None):
    model, train, inputs, targets = toy(learning_rate=learning_rate)
    fitted = fitting.fit(
        model,
        train,
        validation=Batches(inputs[:16], targets[:16], batch_size=16),
        run=run,
        epochs=epochs,
        monitor="val_loss",
        better="lower",
        patience=patience,
        console=QUIET,
        samples=show,
    )
    return model, fitted


def new_run(tmp_path):
    return run_folder.start("toy", str(tmp_path), {})


def test_the_best_epoch_is_kept(tmp_path):
    run = new_run(tmp_path)
    model, fitted = fit(run, epochs=6, learning_rate=0.4)
    values = [row["val_loss"] for row in fitted.history]
    assert fitted.best_epoch == 1 + int(np.argmin(values)) < 6
    _, _, inputs, targets = toy()
    again = model.evaluate(inputs[:16], targets[:16], verbose=0)
    assert again == pytest.approx(min(values), rel=1e-5)
    rows = list(csv.DictReader((run / "history.csv").open()))
    assert [float(row["val_loss"]) for row in rows] == values


def test_training_stops_when_patience_is_used_up(tmp_path):
    _, fitted = fit(new_run(tmp_path), epochs=40, patience=2, learning_rate=0.4)
    assert len(fitted.history) == fitted.best_epoch + 2 < 40


def test_a_better_epoch_renews_the_patience():
    best = BestEpoch(monitor="val_loss", better="lower", patience=2)
    best.set_model(toy()[0])
    for epoch, value in enumerate([3.0, 4.0, 2.0, float("nan")]):
        best.on_epoch_end(epoch, {"val_loss": value})
    assert (best.epoch, best.value, best.ended) == (2, 2.0, False)
    best.on_epoch_end(4, {"val_loss": 2.0})
    assert best.ended


def test_resumed_training_equals_an_uninterrupted_one(tmp_path):
    whole, expected = fit(new_run(tmp_path), epochs=5)
    run = new_run(tmp_path)

    class KilledError(Exception):
        pass

    epochs = []

    def die_in_epoch_3(model):
        epochs.append(1)
        if len(epochs) == 3:
            raise KilledError
        return ""

    with pytest.raises(KilledError):
        fit(run, epochs=5, show=die_in_epoch_3)
    assert run.can_resume
    model, fitted = fit(run, epochs=5)
    for one, other in zip(whole.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert fitted.best_epoch == expected.best_epoch
    assert [row["loss"] for row in fitted.history] == [
        row["loss"] for row in expected.history
    ]


def test_damaged_state_is_refused(tmp_path):
    run = new_run(tmp_path)
    fit(run, epochs=1)
    (run / run_folder.STATE).write_bytes(b"PK\x03\x04 not a state")
    with pytest.raises(UserError, match="cannot be resumed"):
        fit(run, epochs=2)


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_state_with_pickled_objects_is_not_executed(tmp_path):
    run = new_run(tmp_path)
    trap = np.array([Trap(str(tmp_path / "executed"))], dtype=object)
    np.savez(run / run_folder.STATE, notes=trap)
    (tmp_path / "executed").unlink(missing_ok=True)
    with pytest.raises(UserError, match="cannot be resumed"):
        fit(run, epochs=2)
    assert not (tmp_path / "executed").exists()


def test_a_loss_that_is_not_a_number_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="not a number in epoch 1; try a smaller"):
        fit(new_run(tmp_path), epochs=3, learning_rate=float("inf"))
