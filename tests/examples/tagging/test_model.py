"""The network around the cell: it trains alike with either cell, and keeps masks.

The cell itself is held against the equations in test_cells.py.
"""

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights, weights_as_custom
from examples.tagging.config import Config
from examples.tagging.data import NO_CLASS
from examples.tagging.model import build_model
from examples.tagging.train import compiled_model

B, T, C = 5, 9, 3
OPTIONS = {
    "both": {},
    "forward": {"direction": "forward"},
    "both-layers": {"layers": 2},
    "forward-layers": {"direction": "forward", "layers": 2},
}
every_network = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def model(**options):
    keras.utils.set_random_seed(0)
    config = Config(units=6, embedding_size=4, **options)
    return build_model(config, vocabulary_size=20, classes=C)


def some_ids(seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, size=(B, 1))
    ids = rng.integers(1, 20, size=(B, T))
    return np.where(np.arange(T) < lengths, ids, 0).astype("int32")


@every_network
def test_custom_network_equals_builtin_in_training(options):
    builtin, custom = (model(cell=cell, **options) for cell in ("builtin", "custom"))
    copy_weights(builtin, custom)
    np.testing.assert_allclose(
        builtin(some_ids()), custom(some_ids()), rtol=1e-5, atol=1e-6
    )
    before = custom.get_weights()
    loss = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=NO_CLASS)
    for network in (builtin, custom):
        network.compile("adam", loss, run_eagerly=True)
        for step in range(3):
            ids = some_ids(step)
            network.train_on_batch(ids, np.where(ids, ids % C, NO_CLASS))
    after = weights_as_custom(builtin, custom)
    for one, other, old in zip(after, custom.get_weights(), before, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert not np.array_equal(old, other)


@every_network
def test_padding_changes_no_answer(options):
    network, ids = model(**options), some_ids()
    longer = network(np.pad(ids, ((0, 0), (0, 8))))
    real = ids > 0
    np.testing.assert_allclose(
        network(ids)[real], np.asarray(longer)[:, :T][real], rtol=1e-5, atol=1e-6
    )
    alone = np.trim_zeros(ids[0])
    found = network(alone[None])[0]
    np.testing.assert_allclose(found, longer[0, : len(alone)], rtol=1e-5, atol=1e-6)


def test_only_what_reads_both_ways_sees_what_comes_later():
    ids = some_ids()
    ids[0] = 5
    changed = ids.copy()
    changed[0, -1] = 7
    for direction, sees in (("forward", False), ("both", True)):
        network = model(direction=direction)
        same = np.allclose(network(ids)[0, 0], network(changed)[0, 0], atol=1e-7)
        assert same != sees


@every_network
def test_no_layer_has_to_hand_a_mask_on(options, monkeypatch):
    expected = model(**options)(some_ids())
    for layer in (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.Embedding):
        monkeypatch.setattr(layer, "compute_mask", lambda *_, **__: None)
    np.testing.assert_array_equal(model(**options)(some_ids()), expected)


def test_what_is_not_tagged_does_not_count_in_the_loss(tmp_path):
    from examples.tagging.data import load
    from tests.conftest import write_conllu

    data = load(Config(data=str(write_conllu(tmp_path / "a.conllu"))))
    network = compiled_model(Config(units=4), data)
    network.run_eagerly = True
    ids, classes = data.test.ids, data.test.classes
    kept = classes != NO_CLASS
    p = keras.ops.convert_to_numpy(keras.ops.softmax(network(ids)))
    right = np.take_along_axis(p, np.maximum(classes, 0)[..., None], axis=2)[..., 0]
    expected = -np.log(right[kept]).mean()
    assert network.test_on_batch(ids, classes) == pytest.approx(expected, abs=1e-5)


def test_saved_network_is_the_same_in_a_fresh_process(fresh, tmp_path):
    network = model(cell="custom", layers=2)
    network.save(tmp_path / "a.keras")
    np.save(tmp_path / "ids.npy", some_ids())
    program = (
        "import keras, numpy as np, examples.tagging.model\n"
        f"folder = {str(tmp_path)!r}\n"
        "model = keras.saving.load_model(folder + '/a.keras')\n"
        "np.save(folder + '/a.npy', model(np.load(folder + '/ids.npy')))\n"
    )
    assert fresh(program) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), network(some_ids()))
