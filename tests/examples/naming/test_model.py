"""The network around the cell: it trains alike with either cell, and keeps masks.

The cell itself is held against the equations in test_cells.py.
"""

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights, weights_as_custom
from examples.naming.config import Config
from examples.naming.model import build_model

B, T, F, U, V = 5, 9, 3, 6, 8
OPTIONS = {"every step": {}, "first state": {"no_every_step": True}}
every_network = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


def model(**options):
    keras.utils.set_random_seed(0)
    config = Config(units=U, embedding_size=4, **options)
    return build_model(config, numbers=F, letters=V)


def some_texts(seed=0):
    """Return ids (B, T), 0 behind the end, and numbers (B, F)."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, V, (B, T)) * (np.arange(T) < rng.integers(1, T + 1, (B, 1)))
    return ids.astype("int32"), rng.normal(size=(B, F)).astype("float32")


@every_network
def test_custom_network_equals_builtin_in_training(options):
    builtin, custom = (model(cell=cell, **options) for cell in ("builtin", "custom"))
    copy_weights(builtin, custom)
    np.testing.assert_allclose(
        builtin(some_texts()), custom(some_texts()), rtol=1e-5, atol=1e-6
    )
    before = custom.get_weights()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    for network in (builtin, custom):
        network.compile("sgd", loss, run_eagerly=True)
        for step in range(3):
            texts = some_texts(step)
            network.train_on_batch(texts, texts[0])
    after = weights_as_custom(builtin, custom)
    for one, other, old in zip(after, custom.get_weights(), before, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
        assert old.dtype.kind != "f" or not np.array_equal(old, other)


@every_network
def test_padding_changes_nothing(options):
    network, (ids, numbers) = model(**options), some_texts()
    expected = np.asarray(network((ids, numbers)))
    longer = np.asarray(network((np.pad(ids, ((0, 0), (0, 8))), numbers)))
    np.testing.assert_allclose(longer[:, :T], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", ["custom", "lstm"])
def test_numbers_make_the_first_state(cell):
    """A letter that is read has no say in it, so the first answers differ by it."""
    network, (ids, numbers) = model(cell=cell, no_every_step=True), some_texts()
    answers = np.asarray(network((np.ones_like(ids), numbers)))
    assert np.abs(answers[0] - answers[1]).max() > 1e-3
    same = np.asarray(network((np.ones_like(ids), numbers[:1].repeat(B, axis=0))))
    np.testing.assert_allclose(same, same[:1].repeat(B, axis=0), rtol=1e-5, atol=1e-6)


@every_network
def test_no_layer_has_to_hand_a_mask_on(options, monkeypatch):
    expected = model(**options)(some_texts())
    monkeypatch.setattr(keras.layers.RNN, "compute_mask", lambda *_, **__: None)
    np.testing.assert_array_equal(model(**options)(some_texts()), expected)
