"""The network around the cell: it trains alike with either cell, and keeps masks.

The cell itself is held against the equations in test_cells.py.
"""

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights, weights_as_custom
from examples.signals.config import Config
from examples.signals.model import build_model

B, T, D, U = 5, 9, 4, 6
OPTIONS = {
    **{pooling: {"pooling": pooling} for pooling in ("last", "max", "mean")},
    "last-layers": {"layers": 2},
    "max-layers": {"layers": 2, "pooling": "max"},
}
every_network = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def model(**options):
    keras.utils.set_random_seed(0)
    return build_model(Config(units=U, **options), channels=D, classes=3)


def some_windows(seed=0):
    rng = np.random.default_rng(seed)
    present = np.arange(T) < rng.integers(1, T + 1, size=(B, 1))
    signals = rng.normal(size=(B, T, D)) * present[..., None]
    return signals.astype("float32"), present.astype("int32")


@every_network
def test_custom_network_equals_builtin_in_training(options):
    builtin, custom = (model(cell=cell, **options) for cell in ("builtin", "custom"))
    copy_weights(builtin, custom)
    np.testing.assert_allclose(
        builtin(some_windows()), custom(some_windows()), rtol=1e-5, atol=1e-6
    )
    before = custom.get_weights()
    for network in (builtin, custom):
        network.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
        for step in range(3):
            network.train_on_batch(some_windows(step), np.arange(B) % 3)
    after = weights_as_custom(builtin, custom)
    for one, other, old in zip(after, custom.get_weights(), before, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert not np.array_equal(old, other)


@every_network
def test_padding_changes_nothing_whatever_stands_in_it(options):
    network, (signals, present) = model(**options), some_windows()
    longer = np.pad(signals, ((0, 0), (0, 8), (0, 0)))
    marks = np.pad(present, ((0, 0), (0, 8)))
    longer[marks == 0] = 99
    expected = network((signals, present))
    np.testing.assert_allclose(network((longer, marks)), expected, rtol=1e-5, atol=1e-6)
    alone = signals[:1, : present[0].sum()]
    ones = np.ones(alone.shape[:2], "int32")
    np.testing.assert_allclose(
        network((alone, ones))[0], expected[0], rtol=1e-5, atol=1e-6
    )


def test_measured_zero_is_no_padding():
    network, (signals, present) = model(), some_windows()
    longer = np.insert(signals, 1, 0.0, axis=1)  # a step of zeros after the first
    marks = np.insert(present, 0, 1, axis=1)
    assert not np.allclose(network((longer, marks)), network((signals, present)))


@every_network
def test_no_layer_has_to_hand_a_mask_on(options, monkeypatch):
    expected = model(**options)(some_windows())
    monkeypatch.setattr(keras.layers.RNN, "compute_mask", lambda *_, **__: None)
    np.testing.assert_array_equal(model(**options)(some_windows()), expected)


def test_saved_network_is_the_same_in_a_fresh_process(fresh, tmp_path):
    network = model(cell="custom", layers=2, pooling="max")
    network.save(tmp_path / "a.keras")
    np.savez(tmp_path / "a.npz", *some_windows())
    program = (
        "import keras, numpy as np, examples.signals.model\n"
        f"folder = {str(tmp_path)!r}\n"
        "model = keras.saving.load_model(folder + '/a.keras')\n"
        "inputs = tuple(np.load(folder + '/a.npz').values())\n"
        "np.save(folder + '/a.npy', model(inputs))\n"
    )
    assert fresh(program) == 0
    found = np.load(tmp_path / "a.npy")
    np.testing.assert_array_equal(found, network(some_windows()))
