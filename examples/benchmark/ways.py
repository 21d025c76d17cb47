"""The ways to compute one training step, all of the same size.

Letters: B batch, T time steps, D features, U units; here D = U.

Every network is one recurrent layer and a dense layer that turns its last state into
one number, with squared error and Adam. A timed call includes what `fit` does for every
step: it takes the batch from a `tf.data` iterator in memory and reads the loss.
"""

import keras
import numpy as np
import tensorflow as tf

from examples.benchmark.pytorch import Step, arrays
from examples.forecasting.model import recurrent_layer as hoisted
from examples.sentiment.model import recurrent_layer as textbook
from examples.sorting.model import recurrent_layer as concise
from examples.text_generation.model import recurrent_layer as row_lookup

BUILTIN, TORCH, PRODUCT = "SimpleRNN", "PyTorch nn.RNN", "matrix product"
TEXTBOOK, CONCISE, HOISTED = "textbook cell", "concise cell", "hoisted cell"
ONE_HOT, ROW_LOOKUP = "SimpleRNN, one-hot input", "row lookup cell"
UNROLL, XLA = "SimpleRNN, unrolled", "SimpleRNN, XLA"
TEN, TOGETHER = "SimpleRNN, 10 steps per call", "hoisted, unrolled, 10 steps per call"
GRU, LSTM = "GRU", "LSTM"
STEPS_PER_CALL = {TEN: 10, TOGETHER: 10}
GATES = {GRU: 3, LSTM: 4}  # products per step, where SimpleRNN has 1
PRODUCT_SIDE = 1024


def flops(way: str, *, batch: int, steps: int, units: int) -> int:
    """Return multiplications and additions in the matrix products of a training step.

    Forward, each time step multiplies (B, D + U) by (D + U, U): 2 B (D + U) U. The
    gradient of the weights takes as many again, that of the previous state 2 B U U.
    The common estimate, 3 times forward, includes the gradient of the input, which is
    not computed here. Row lookup needs no product with W_F.
    """
    features = 0 if way == ROW_LOOKUP else units
    forward = 2 * batch * steps * (features + units) * units
    state = 2 * batch * steps * units * units
    return GATES.get(way, 1) * (2 * forward + state)


def matrix_product() -> tuple[Step, int]:
    """Return a function that multiplies two large matrices, and its operations."""
    side = PRODUCT_SIDE
    one, other = (tf.random.stateless_normal((side, side), (0, n)) for n in range(2))
    product = tf.function(tf.matmul)
    return lambda: product(one, other).numpy()[0, 0], 2 * side**3


def training_step(model: keras.Model, batch: tuple) -> Step:
    """Return a function that makes one call: `model.steps_per_execution` steps."""
    model.make_train_function()
    iterator = iter(tf.data.Dataset.from_tensors(batch).repeat())
    return lambda: float(model.train_function(iterator)["loss"])


def network(
    layer: keras.layers.Layer,
    batch: tuple,
    *,
    steps_per_call: int = 1,
    xla: bool = False,
) -> Step:
    """Return the training step of a network around a recurrent layer."""
    inputs = keras.Input(batch[0].shape[1:], dtype=batch[0].dtype.name)
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    model.compile("adam", "mse", steps_per_execution=steps_per_call, jit_compile=xla)
    return training_step(model, batch)


def keras_ways(*, batch: int, steps: int, units: int, seed: int) -> dict[str, Step]:
    """Return the training steps in Keras, by name."""
    keras.utils.set_random_seed(seed)
    plain = arrays(batch=batch, steps=steps, units=units, seed=seed)
    ids = np.random.default_rng(seed).integers(0, units, (batch, steps, 1), "int32")
    one_hot = (np.eye(units, dtype="float32")[ids[..., 0]], plain[1])
    builtin, ten = keras.layers.SimpleRNN, STEPS_PER_CALL[TEN]
    together = hoisted("custom", units, unroll=True)
    return {
        BUILTIN: network(builtin(units), plain),
        TEXTBOOK: network(textbook("custom", units, "orthogonal"), plain),
        CONCISE: network(concise("custom", units, "tanh"), plain),
        HOISTED: network(hoisted("custom", units), plain),
        ONE_HOT: network(builtin(units), one_hot),
        ROW_LOOKUP: network(row_lookup("custom", units, units), (ids, plain[1])),
        UNROLL: network(builtin(units, unroll=True), plain),
        XLA: network(builtin(units), plain, xla=True),
        TEN: network(builtin(units), plain, steps_per_call=ten),
        TOGETHER: network(together, plain, steps_per_call=ten),
        GRU: network(keras.layers.GRU(units), plain),
        LSTM: network(keras.layers.LSTM(units), plain),
    }
