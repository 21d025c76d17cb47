"""Networks with the hoisted cell equal those with the built-in layer.

Letters: B batch, T time steps, D features, U units, H steps forecast, M networks.
"""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from common.comparison.parity import copy_weights, weights_as_custom
from examples.forecasting.config import Recipe
from examples.forecasting.model import HoistedCell, HoistedRNN, build_model

B, T, D, U, H, M = 5, 7, 2, 4, 3, 2
CELLS = ("builtin", "custom")


def model(cell, *, seed=0, linear=True, noise=0.0, layers=1):
    keras.utils.set_random_seed(seed)
    recipe = Recipe(ensemble_size=M, linear=linear, noise=noise)
    sizes = {
        "layers": layers,
        "window": T,
        "covariates": ("x",),
        "horizon": H,
        "recipe": recipe,
    }
    return build_model(SimpleNamespace(cell=cell, units=U, seed=seed, **sizes))


def batch(seed=0):
    random = np.random.default_rng(seed)
    shapes = (B, T, D), (B, 1, H)
    return tuple(random.normal(size=shape).astype("float32") for shape in shapes)


def train_steps(network, *, steps, optimizer=None):
    network.compile(
        optimizer or keras.optimizers.Adam(0.01),
        "mse",
        run_eagerly=True,  # a few steps are done before a graph is traced
    )
    for step in range(steps):
        network.train_on_batch(*batch(step))


def layers(**options):
    """Return a built-in layer and the one written by hand, with the same weights."""
    keras.utils.set_random_seed(0)
    builtin = keras.layers.SimpleRNN(U, **options)
    custom = HoistedRNN(HoistedCell(U), **options)
    for layer in (builtin, custom):
        layer.build((B, T, D))
    random = np.random.default_rng(1)
    weights = [random.normal(0, 0.5, w.shape) for w in builtin.get_weights()]
    builtin.set_weights(weights)
    custom.set_weights(HoistedCell.weights_from_builtin(weights))
    return builtin, custom


def assert_same(one, other, **options):
    for a, b in zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6, **options)


def test_cell_is_the_equation():
    _, custom = layers(return_sequences=True)
    inputs, _ = batch()
    W_F, W_R, b = custom.get_weights()
    h, expected = np.zeros((B, U)), []
    for t in range(T):
        h = np.tanh(inputs[:, t] @ W_F + b + h @ W_R)
        expected.append(h)
    np.testing.assert_allclose(
        custom(inputs), np.stack(expected, axis=1), rtol=1e-5, atol=1e-6
    )


def test_cell_starts_as_the_builtin_layer_does():
    cell = HoistedCell(200)
    cell.build((None, 100))
    limit = (6 / (100 + 200)) ** 0.5
    W_F, W_R, b = (keras.ops.convert_to_numpy(w) for w in cell.weights)
    assert 0.98 * limit < np.abs(W_F).max() <= limit
    np.testing.assert_allclose(W_R @ W_R.T, np.eye(200), atol=1e-5)
    assert not b.any()


def test_inputs_are_projected_before_the_loop():
    """The step itself multiplies with nothing but the state's matrix."""
    cell = HoistedCell(U)
    cell.build((None, D))
    p_t, h = (np.random.default_rng(seed).normal(size=(B, U)) for seed in (0, 1))
    out, (state,) = cell(p_t, [h])
    expected = np.tanh(p_t + h @ keras.ops.convert_to_numpy(cell.W_R))
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(out, state)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"unroll": True},
        {"return_sequences": True},
        {"return_state": True},
        {"go_backwards": True, "return_sequences": True},
    ],
    ids=str,
)
def test_custom_layer_equals_builtin(options):
    builtin, custom = layers(**options)
    inputs, _ = batch()
    assert_same(builtin(inputs), custom(inputs))


@pytest.mark.parametrize("unroll", [False, True])
def test_masked_steps_are_passed_over(unroll):
    builtin, custom = layers(return_sequences=True, unroll=unroll)
    inputs, _ = batch()
    mask = np.arange(T) < np.array([[7], [3], [1], [0], [5]])
    assert_same(builtin(inputs, mask=mask), custom(inputs, mask=mask))
    other = np.where(mask[:, :, None], inputs, 9)
    assert_same(custom(inputs, mask=mask), custom(other, mask=mask))
    last = custom(inputs, mask=mask)[1]
    np.testing.assert_allclose(last[2:], np.tile(last[2], (T - 2, 1)))


def test_state_goes_on_where_it_stopped():
    builtin, custom = layers(stateful=True)
    whole = layers()[1]
    inputs, _ = batch()
    for layer in (builtin, custom):
        layer(inputs[:, :4])
    assert_same(builtin(inputs[:, 4:]), custom(inputs[:, 4:]))
    builtin.reset_state()
    custom.reset_state()
    custom(inputs[:, :4])
    assert_same(custom(inputs[:, 4:]), whole(inputs))
    start = np.full((B, U), 0.5, "float32")
    builtin, custom = layers()
    assert_same(
        builtin(inputs, initial_state=start), custom(inputs, initial_state=start)
    )
    assert np.abs(custom(inputs[:, :1], initial_state=start) - whole(inputs)).max() > 0


def test_custom_network_equals_builtin_in_training():
    builtin, custom = (model(cell) for cell in CELLS)
    copy_weights(builtin, custom)
    inputs, _ = batch(9)
    np.testing.assert_allclose(builtin(inputs), custom(inputs), rtol=1e-5, atol=1e-6)
    before = custom.get_weights()
    # A step of plain gradient descent moves the weights by the gradient.
    for steps, optimizer, tolerance in ((1, "sgd", 1e-6), (5, None, 1e-4)):
        train_steps(builtin, steps=steps, optimizer=optimizer)
        train_steps(custom, steps=steps, optimizer=optimizer)
        after = weights_as_custom(builtin, custom)
        for one, other in zip(after, custom.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=tolerance)
    moved = zip(before, custom.get_weights(), strict=True)
    assert all(np.abs(old - new).max() > 1e-2 for old, new in moved)


@pytest.mark.parametrize("cell", [*CELLS, "gru", "lstm"])
def test_one_step_moves_every_weight(cell):
    network = model(cell)
    before = network.get_weights()
    train_steps(network, steps=1)
    assert len(before) == M * 6
    for old, new in zip(before, network.get_weights(), strict=True):
        assert not np.array_equal(old, new)


def test_networks_of_the_ensemble_differ_and_share_nothing():
    network = model("custom")
    inputs, _ = batch()
    both = keras.ops.convert_to_numpy(network(inputs))
    assert both.shape == (B, M, H)
    assert np.abs(both[:, 0] - both[:, 1]).max() > 0.01
    layer = network.get_layer("network_1")
    layer.set_weights([0 * w for w in layer.get_weights()])
    after = keras.ops.convert_to_numpy(network(inputs))
    np.testing.assert_array_equal(after[:, 0], both[:, 0])
    assert not np.array_equal(after[:, 1], both[:, 1])


def test_linear_part_adds_a_function_of_the_whole_window():
    network = model("custom")
    inputs, _ = batch()
    plain = keras.ops.convert_to_numpy(network(inputs))
    matrix = np.random.default_rng(0).normal(size=(T * D, H))
    network.get_layer("network_0_linear").set_weights([matrix])
    added = network(inputs)[:, 0] - plain[:, 0]
    np.testing.assert_allclose(added, inputs.reshape(B, -1) @ matrix, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_further_layers_stand_in_residual_blocks(cell):
    network = model(cell, layers=3, linear=False)
    names = {layer.name for layer in network.layers}
    assert {"network_1", "network_1_1", "network_1_2"} <= names
    inputs, _ = batch()
    before = keras.ops.convert_to_numpy(network(inputs))
    assert before.shape == (B, M, H)
    for block in ("network_0_1_block_value", "network_0_2_block_value"):
        network.get_layer(block).set_weights([np.zeros((U, U)), np.zeros(U)])
    # Blocks that add nothing leave the first layer's last state.
    plain = model(cell, linear=False)
    for name in ("network_0", "network_0_answer"):
        plain.get_layer(name).set_weights(network.get_layer(name).get_weights())
    after = keras.ops.convert_to_numpy(network(inputs))
    np.testing.assert_allclose(after[:, 0], plain(inputs)[:, 0], rtol=1e-5, atol=1e-6)
    assert np.abs(after[:, 0] - before[:, 0]).max() > 0.01
    np.testing.assert_array_equal(after[:, 1], before[:, 1])


def test_noise_disturbs_training_alone():
    inputs, _ = batch()
    network, plain = model("custom", noise=0.5), model("custom")
    np.testing.assert_array_equal(network(inputs), plain(inputs))
    disturbed = network(inputs, training=True)
    assert np.abs(disturbed - plain(inputs)).max() > 0.01


def test_saved_network_is_the_same_in_a_fresh_process(fresh, tmp_path):
    network, (inputs, _) = model("custom"), batch()
    network.save(tmp_path / "model.keras")
    np.save(tmp_path / "inputs.npy", inputs)
    program = (
        "import keras, numpy as np\n"
        "import examples.forecasting.model\n"
        f"model = keras.saving.load_model(r'{tmp_path / 'model.keras'}')\n"
        f"inputs = np.load(r'{tmp_path / 'inputs.npy'}')\n"
        f"np.save(r'{tmp_path / 'out.npy'}', model(inputs))"
    )
    assert fresh(program) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), network(inputs))
