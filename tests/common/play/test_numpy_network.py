"""The stored network that answers without Keras: when it is written, and when read."""

import json
import sys

import keras
import numpy as np
import pytest

from common.play import numpy_network
from common.play.network import Description
from common.training.run_folder import MODEL, PREPROCESSOR, Run

INPUTS = np.arange(6.0, dtype="float32").reshape(2, 3)


@pytest.fixture
def run(tmp_path):
    """Return a run folder with a model and its preprocessor, as any bytes."""
    for name in (MODEL, PREPROCESSOR):
        (tmp_path / name).write_text(name)
    return Run(tmp_path)


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    x = keras.Input((3,))
    return keras.Model(x, keras.layers.Dense(2, "sigmoid")(x))


def stored(run, model, difference=0.0):
    outputs = keras.ops.convert_to_numpy(model(INPUTS)) + difference
    numpy_network.save(run, Description(model), [(INPUTS, [outputs])])
    return numpy_network.load(run)


def test_a_stored_network_answers_as_the_model_does(run, model):
    network = stored(run, model)
    np.testing.assert_allclose(network(INPUTS), model(INPUTS), rtol=1e-5, atol=1e-6)


def test_a_network_that_answers_otherwise_is_not_stored(run, model):
    assert stored(run, model, difference=1e-4) is None
    assert not (run / numpy_network.NAME).exists()


@pytest.mark.parametrize("name", [MODEL, PREPROCESSOR])
def test_it_is_void_once_its_model_or_preprocessor_has_changed(run, model, name):
    assert stored(run, model)
    (run / name).write_text("another")
    assert numpy_network.load(run) is None


def test_without_the_file_or_with_a_damaged_one_keras_answers(run, model):
    assert numpy_network.load(run) is None
    assert stored(run, model)
    path = run / numpy_network.NAME
    whole = path.read_bytes()
    for damaged in (b"", b"PK\x03\x04", whole[: len(whole) // 2], b"\x80\x04N."):
        path.write_bytes(damaged)
        assert numpy_network.load(run) is None


class Loud:
    """Says so if it is unpickled."""

    def __reduce__(self):
        return print, ("unpickled",)


def test_nothing_is_unpickled(run, model, capsys):
    network = stored(run, model)
    with np.load(run / numpy_network.NAME) as arrays:
        texts = {name: arrays[name] for name in ("described", "of")}
    assert json.loads(str(texts["described"]))["layers"].keys() == network.layers.keys()
    np.savez(run / numpy_network.NAME, **texts, **{"0": np.array(Loud())})
    assert numpy_network.load(run) is None
    assert not capsys.readouterr().out


def test_keras_is_not_imported(command, tmp_path, in_process, small_file):
    from examples.sentiment.__main__ import main

    flags = ["--runs-dir", tmp_path]
    in_process(main, "--data", small_file, "--units", 4, "--epochs", 1, *flags)
    asked = ["classify", "goodish a b", *flags]
    done = command(
        "sentiment", *asked, env={"PYTHONPROFILEIMPORTTIME": "1", "PYTHONPATH": "."}
    )
    assert "numpy" in done.stderr
    for name in ("keras", "tensorflow", "pandas", "sklearn", "matplotlib"):
        assert f" {name}\n" not in done.stderr
    # Keras gives the same answer to three digits.
    for path in tmp_path.rglob(numpy_network.NAME):
        path.unlink()
    assert in_process(main, *asked) == done.stdout
    assert "keras" in sys.modules
