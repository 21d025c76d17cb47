"""Training: the best epoch, resume, a loss that is not finite."""

import csv
import zipfile
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from rich.console import Console

from common.errors import UserError
from common.preprocessing.sequences import Batches
from common.settings import Settings
from common.training import fitting, run_folder

QUIET = Console(quiet=True)


def toy(*, learning_rate=0.05, seed=0, units=4, xla=False):
    """Return a compiled model with dropout, and training and validation batches."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((6, 2)),
            keras.layers.Dropout(0.2, seed=seed),
            keras.layers.SimpleRNN(units),
            keras.layers.Dense(1),
        ]
    )
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, loss="mse", jit_compile=xla)
    inputs = np.random.default_rng(1).normal(size=(64, 6, 2)).astype("float32")
    targets = inputs[:, :, :1].sum(axis=1)
    return model, Batches(inputs, targets, batch_size=16, seed=0), inputs, targets


def fit(run, *, epochs, sample=None, patience=None, **options):
    model, train, inputs, targets = toy(**options)
    task = SimpleNamespace(
        train=lambda seed: train,
        validation=Batches(inputs[:16], targets[:16], batch_size=16),
        monitor="val_loss",
        metric="mse",
        patience=patience,
    )
    config = Settings(epochs=epochs)
    return model, fitting.fit(
        model, task, config, run=run, console=QUIET, sample=sample
    )


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


def test_patience_ends_the_training_and_a_resume_adds_nothing(tmp_path):
    run = new_run(tmp_path)
    model, fitted = fit(run, epochs=40, learning_rate=0.4, patience=2)
    assert len(fitted.history) == fitted.best_epoch + 2 < 40
    again, resumed = fit(run, epochs=40, learning_rate=0.4, patience=2)
    assert resumed.history == fitted.history
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_resumed_training_equals_an_uninterrupted_one_with_xla_too(tmp_path):
    """Without XLA, `tests/test_copies.py` tests it in processes that are killed."""
    straight, expected = fit(new_run(tmp_path), epochs=5, xla=True)
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
        fit(run, epochs=5, sample=die_in_epoch_3, xla=True)
    assert run.can_resume
    model, fitted = fit(run, epochs=5, xla=True)
    for one, other in zip(straight.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert fitted.best_epoch == expected.best_epoch
    losses = [[row["loss"] for row in x.history] for x in (fitted, expected)]
    assert losses[0] == losses[1]


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_bad_states_are_refused_and_nothing_in_them_is_executed(tmp_path):
    run = new_run(tmp_path)
    fit(run, epochs=1)
    state, good = run / run_folder.STATE, (run / run_folder.STATE).read_bytes()
    with np.load(state) as arrays:
        parts = dict(arrays)
    trap = np.array([Trap(str(tmp_path / "executed"))], dtype=object)

    def bomb():
        with zipfile.ZipFile(state, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("notes.npy", b"\0" * 2**27)

    for break_it, message in (
        (lambda: state.write_bytes(b"PK\x03\x04 not a state"), "not a zip file"),
        (lambda: state.write_bytes(b""), "not a zip file"),
        (lambda: np.savez(state, notes=np.zeros(2, "uint8")), "cannot be resumed"),
        (lambda: np.savez(state, notes=trap), "allow_pickle=False"),
        (lambda: np.savez(state, **{**parts, "variable/0": [1.0]}), "another model"),
        (bomb, "bytes unpacked"),
    ):
        break_it()
        (tmp_path / "executed").unlink(missing_ok=True)
        with pytest.raises(UserError, match=message):
            fit(run, epochs=2)
        assert not (tmp_path / "executed").exists()
    state.write_bytes(good)
    with pytest.raises(UserError, match="state of another model"):
        fit(run, epochs=2, units=5)


def test_a_loss_that_is_not_finite_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="not finite in epoch 1; try a smaller"):
        fit(new_run(tmp_path), epochs=3, learning_rate=1e38)
