"""The residual block against its equation in plain NumPy."""

import keras
import numpy as np
import pytest

from common.training.blocks import residual_block
from tests.reference import Weights, forward

B, T, D, U = 3, 5, 4, 6
MASK = np.arange(T) < np.array([[5], [3], [0]])


def network(*, dropout=0.0, return_state=False):
    """Return a model from x, a mask and a first state to the sum and last states."""
    keras.utils.set_random_seed(0)
    x, mask = keras.Input((T, D)), keras.Input((T,), dtype="bool")
    first = keras.Input((U,))
    options = {"return_sequences": True, "return_state": return_state}
    layer = keras.layers.SimpleRNN(U, name="recurrent", **options)
    inputs = {"mask": mask, "initial_state": [first]}
    total, last = residual_block(
        x, layer, dropout=dropout, seed=0, name="block", **inputs
    )
    model = keras.Model([x, mask, first], [total, *last])
    random = np.random.default_rng(1)
    model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
    return model


def some_inputs():
    random = np.random.default_rng(2)
    x, first = (random.normal(size=s).astype("float32") for s in ((B, T, D), (B, U)))
    return x, MASK, first


def expected(model, x, mask, first):
    """Return the sum and the last state, from the equations."""

    def weights(name):
        return model.get_layer(name).get_weights()

    scale, shift = weights("block_norm")
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-3)
    done = forward(
        Weights(*weights("recurrent")),
        centred / spread * scale + shift,
        h_0=first,
        mask=mask,
    )
    value, gate = (
        done.outputs @ W + b for W, b in map(weights, ("block_value", "block_gate"))
    )
    return x + value / (1 + np.exp(-gate)), done.state


@pytest.mark.parametrize("return_state", [False, True])
def test_block_follows_its_equation_where_steps_are_masked_too(return_state):
    model, inputs = network(return_state=return_state), some_inputs()
    total, state = expected(model, *inputs)
    found, *last = model(inputs) if return_state else [model(inputs)]
    np.testing.assert_allclose(found, total, rtol=1e-4, atol=1e-5)
    assert len(last) == return_state
    for array in last:
        np.testing.assert_allclose(array, state, rtol=1e-4, atol=1e-5)


def test_saved_block_is_the_same(tmp_path):
    model, inputs = network(return_state=True), some_inputs()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    for one, other in zip(model(inputs), again(inputs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_dropout_drops_what_is_added_in_training_alone():
    model, (x, mask, first) = network(dropout=0.5), some_inputs()
    total = model([x, mask, first])
    np.testing.assert_array_equal(total, network()([x, mask, first]))
    dropped = np.isclose(model([x, mask, first], training=True), x, atol=1e-7)
    assert 0.3 < dropped.mean() < 0.7
