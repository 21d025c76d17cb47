"""Every cell, built in or written by hand, against the equations in plain NumPy.

A cell is one entry of `CELLS`; all tests below then hold for it. Letters: B batch,
T time steps, D features, U units.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

from examples.forecasting.model import HoistedCell, HoistedRNN
from examples.grammar.model import TextbookCell as GrammarCell
from examples.naming.model import TextbookCell as NamingCell
from examples.sentiment.model import TextbookCell
from examples.signals.model import TextbookCell as SignalsCell
from examples.sorting.model import ConciseCell
from examples.tagging.model import TextbookCell as TaggingCell
from examples.text_generation.model import RowLookupCell
from tests.reference import Weights, backward, forward, random_weights

B, T, D, U = 5, 7, 4, 6
SPLIT = 3  # steps of the first chunk where a sequence comes in two


@dataclass(frozen=True)
class Cell:
    """How to build a layer around a cell, and what it takes."""

    layer: Callable[..., keras.layers.Layer]
    """From the options of `keras.layers.RNN` to a layer of U units."""
    activation: str = "tanh"
    ids: Callable[[np.ndarray], np.ndarray] | None = None
    """For a layer that takes ids: from one-hot vectors (B, T, D) to its input."""


CELLS = {
    "SimpleRNN": Cell(lambda **options: keras.layers.SimpleRNN(U, **options)),
    "SimpleRNN-relu": Cell(
        lambda **options: keras.layers.SimpleRNN(U, "relu", **options), "relu"
    ),
    "TextbookCell": Cell(
        lambda **options: keras.layers.RNN(TextbookCell(U), **options)
    ),
    "SignalsCell": Cell(lambda **options: keras.layers.RNN(SignalsCell(U), **options)),
    "GrammarCell": Cell(lambda **options: keras.layers.RNN(GrammarCell(U), **options)),
    "NamingCell": Cell(lambda **options: keras.layers.RNN(NamingCell(U), **options)),
    "TaggingCell": Cell(lambda **options: keras.layers.RNN(TaggingCell(U), **options)),
    "ConciseCell": Cell(lambda **options: keras.layers.RNN(ConciseCell(U), **options)),
    "ConciseCell-relu": Cell(
        lambda **options: keras.layers.RNN(ConciseCell(U, "relu"), **options), "relu"
    ),
    "RowLookupCell": Cell(
        lambda **options: keras.layers.RNN(RowLookupCell(U, D), **options),
        ids=lambda one_hot: one_hot.argmax(axis=-1)[..., None].astype("int32"),
    ),
    "RowLookupCell-features": Cell(
        lambda **options: keras.layers.RNN(RowLookupCell(U), **options)
    ),
    "HoistedCell": Cell(lambda **options: HoistedRNN(HoistedCell(U), **options)),
}
# True where a step counts. Rows differ in length; some are masked throughout.
MASKS = {
    "absent": None,
    "none": np.ones((B, T), bool),
    "right": np.arange(T) < np.array([[7], [4], [1], [6], [0]]),
    "left": np.arange(T) >= np.array([[0], [4], [6], [3], [7]]),
    "inside": np.arange(T) % np.array([[1], [2], [3], [4], [5]]) == 0,
    "all": np.zeros((B, T), bool),
}
# One row of each kind, where the kind does not matter by itself.
MIXED = np.stack([MASKS[kind][1] for kind in list(MASKS)[1:]])
every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)


@dataclass(frozen=True)
class Sample:
    """Random weights and what a layer reads; the derivatives of a loss by its ends."""

    weights: Weights
    x: np.ndarray  # (B, T, D) for the reference
    inputs: np.ndarray  # the same, as the layer takes it
    h_0: np.ndarray  # (B, U)
    by_outputs: np.ndarray  # (B, T, U)
    by_state: np.ndarray  # (B, U)


def sample(cell, *, seed=0, steps=T):
    rng = np.random.default_rng(seed)
    # Half as wide as usual: a ReLU state stays small, rounding errors do as well.
    weights = random_weights(rng, D, U, scale=0.5)
    x = rng.normal(size=(B, steps, D)).astype("float32")
    if cell.ids is not None:
        x = np.eye(D, dtype="float32")[rng.integers(0, D, (B, steps))]
    shapes = ((B, U), (B, steps, U), (B, U))
    rest = (rng.normal(size=shape).astype("float32") for shape in shapes)
    return Sample(weights, x, x if cell.ids is None else cell.ids(x), *rest)


def layer_with(cell, given, **options):
    """Return a built layer that holds the sample's weights."""
    layer = cell.layer(**options)
    layer.build(given.inputs.shape)
    layer.set_weights(as_stored(layer, given.weights))
    return layer


def as_stored(layer, weights):
    """Return weights, or gradients by them, in the form in which the layer has them."""
    convert = getattr(layer.cell, "weights_from_builtin", lambda arrays: arrays)
    return convert(weights.as_list())


def check(found, expected, tolerance):
    """Compare arrays; the tolerance is that of values about 1, relative above."""
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(
            np.asarray(one, "float64"), other, rtol=tolerance, atol=tolerance
        )


def outcome(layer, given, *, mask):
    """Return [output, state] and the gradients by the weights, h_0 and the inputs."""
    inputs, h_0 = tf.constant(given.inputs), tf.constant(given.h_0)
    with tf.GradientTape() as tape:
        tape.watch([h_0])
        if inputs.dtype.is_floating:
            tape.watch([inputs])
        output, state = layer(inputs, mask=mask, initial_state=[h_0])
        by_output = given.by_outputs
        if not layer.return_sequences:
            by_output = by_output[:, -1]
        loss = tf.reduce_sum(tf.cast(output, "float32") * by_output)
        loss += tf.reduce_sum(tf.cast(state, "float32") * given.by_state)
    wanted = [*(weight.value for weight in layer.trainable_weights), h_0]
    if inputs.dtype.is_floating:
        wanted.append(inputs)
    # Nothing depends on the weights where every step is masked: zeros, not None.
    zeros = tf.UnconnectedGradients.ZERO
    gradients = tape.gradient(loss, wanted, unconnected_gradients=zeros)
    # The gradient by a matrix whose rows were looked up comes as a list of rows.
    return [output, state], list(map(tf.convert_to_tensor, gradients))


def expected_outcome(cell, layer, given, *, mask):
    """Return what `outcome` should return, from the equations."""
    done = forward(
        given.weights,
        given.x,
        h_0=given.h_0,
        mask=mask,
        activation=cell.activation,
        go_backwards=layer.go_backwards,
    )
    output, by_outputs = done.outputs, given.by_outputs
    if not layer.return_sequences:
        output = output[:, -1]
        last = np.arange(T)[:, None] == T - 1
        by_outputs = np.where(last, by_outputs, 0)
    gradients = backward(done, outputs=by_outputs, state=given.by_state)
    expected = [*as_stored(layer, gradients.weights), gradients.h_0]
    if cell.ids is None:
        expected.append(gradients.x)
    return [output, done.state], expected


def check_outcome(cell, *, mask, **options):
    """Compare outputs, states and all gradients of one layer with the equations."""
    given = sample(cell)
    layer = layer_with(cell, given, return_state=True, **options)
    found, gradients = outcome(layer, given, mask=mask)
    expected, slopes = expected_outcome(cell, layer, given, mask=mask)
    check(found, expected, 1e-5)
    check(gradients, slopes, 1e-4)


@every_cell
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_masks(cell, mask):
    check_outcome(cell, mask=mask, return_sequences=True)


@every_cell
@pytest.mark.parametrize("go_backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("return_sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("unroll", [False, True], ids=["loop", "unroll"])
def test_options(cell, go_backwards, return_sequences, unroll):
    check_outcome(
        cell,
        mask=MIXED,
        go_backwards=go_backwards,
        return_sequences=return_sequences,
        unroll=unroll,
    )


@every_cell
def test_state_starts_at_zero(cell):
    given = sample(cell)
    layer = layer_with(cell, given, return_sequences=True)
    done = forward(given.weights, given.x, activation=cell.activation)
    check([layer(given.inputs)], [done.outputs], 1e-5)


@every_cell
@pytest.mark.parametrize("mask", [None, MIXED], ids=["no mask", "mask"])
def test_stateful_layer_takes_a_sequence_in_chunks_and_can_be_reset(cell, mask):
    given = sample(cell)
    layer = layer_with(
        cell, given, stateful=True, return_sequences=True, return_state=True
    )
    first, second = slice(None, SPLIT), slice(SPLIT, None)
    whole = forward(given.weights, given.x, mask=mask, activation=cell.activation)
    for _ in range(2):
        state = None
        for part in (first, second):
            now = None if mask is None else mask[:, part]
            done = forward(
                given.weights,
                given.x[:, part],
                h_0=state,
                mask=now,
                activation=cell.activation,
            )
            state = done.state
            check(layer(given.inputs[:, part], mask=now), [done.outputs, state], 1e-5)
        check([layer.states[0]], [whole.state], 1e-5)
        layer.reset_state()
        check([layer.states[0]], [np.zeros((B, U))], 0)


@pytest.fixture
def mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@every_cell
@pytest.mark.parametrize("unroll", [False, True], ids=["loop", "unroll"])
def test_mixed_precision(cell, unroll, mixed_precision):
    """Numbers of 8 significant bits: each rounding errs by up to 0.4 %.

    Over T steps it comes to about 1 % of an array's length, whatever the cell; 3 %
    leave room for processors that sum in another order.
    """
    given, mask = sample(cell), MIXED
    layer = layer_with(
        cell, given, return_sequences=True, return_state=True, unroll=unroll
    )
    found, gradients = outcome(layer, given, mask=mask)
    expected, slopes = expected_outcome(cell, layer, given, mask=mask)
    assert all(array.dtype == "bfloat16" for array in found)
    assert all(weight.dtype == "float32" for weight in layer.weights)
    for one, other in zip([*found, *gradients], [*expected, *slopes], strict=True):
        error = np.linalg.norm(np.asarray(one, "float64") - other)
        assert error < 0.03 * np.linalg.norm(other)


def network(cell, given, **options):
    """Return a model from inputs and a mask to what the layer puts out."""
    inputs = keras.Input(given.inputs.shape[1:], dtype=given.inputs.dtype.name)
    mask = keras.Input((T,), dtype="bool")
    layer = layer_with(cell, given, **options)
    return keras.Model([inputs, mask], layer(inputs, mask=mask)), layer


@every_cell
def test_a_few_training_steps(cell):
    """Gradient descent on mean squares, by Keras and by the equations."""
    given, rate, mask = sample(cell), 0.5, MASKS["right"]
    model, layer = network(cell, given)
    model.compile(keras.optimizers.SGD(rate), "mse", jit_compile=False)
    W_F, W_R, b = (array.astype("float64") for array in given.weights.as_list())
    for step in range(5):
        now = sample(cell, seed=step)
        target = np.tanh(now.h_0)
        model.train_on_batch([now.inputs, mask], target)
        done = forward(
            Weights(W_F, W_R, b), now.x, mask=mask, activation=cell.activation
        )
        slope = 2 * (done.state - target) / target.size
        gradients = backward(done, state=slope).weights
        W_F, W_R, b = (
            array - rate * gradient
            for array, gradient in zip((W_F, W_R, b), gradients.as_list(), strict=True)
        )
    check(layer.get_weights(), as_stored(layer, Weights(W_F, W_R, b)), 1e-5)
    assert all(
        np.abs(after - before).max() > 1e-2
        for after, before in zip((W_F, W_R, b), given.weights.as_list(), strict=True)
    )


def test_saved_layers_are_the_same_in_a_fresh_process(fresh, tmp_path):
    """One process for all cells, since starting one takes seconds."""
    np.save(tmp_path / "mask.npy", MIXED)
    modules, expected = {"keras"}, {}
    for name, cell in CELLS.items():
        given = sample(cell)
        model, layer = network(cell, given, return_sequences=True)
        modules |= {type(layer).__module__, type(layer.cell).__module__}
        model.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", given.inputs)
        expected[name] = model([given.inputs, MIXED])
    program = (
        "import importlib, pathlib, keras, numpy as np\n"
        f"for module in {sorted(modules)!r}: importlib.import_module(module)\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "mask = np.load(folder / 'mask.npy')\n"
        "for path in folder.glob('*.keras'):\n"
        "    model = keras.saving.load_model(path, safe_mode=True)\n"
        "    inputs = np.load(path.with_suffix('.npy'))\n"
        "    np.save(path.with_suffix('.out.npy'), model([inputs, mask]))\n"
    )
    assert fresh(program) == 0
    for name, output in expected.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.out.npy"), output)
