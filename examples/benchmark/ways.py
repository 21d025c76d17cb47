"""The ways to compute one training step, all of the same size.

Letters: B batch, T time steps, D features, U units; here D = U.

Every network is one recurrent layer and a dense layer on its last state, with squared
error and Adam. A call includes what `fit` does for every step: it takes the batch from
a `tf.data` iterator in memory and reads the loss.
"""

import keras
import numpy as np
import tensorflow as tf

from examples.benchmark import pytorch
from examples.benchmark.pytorch import Step
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
    gradient of the weights takes as many, that of the previous state 2 B U U. The
    gradient of the input is not computed. With D = U, that is 5 times 2 B U U; for row
    lookup, which has no product with W_F, 3 times.
    """
    square = 2 * batch * steps * units * units
    return GATES.get(way, 1) * square * (3 if way == ROW_LOOKUP else 5)


def matrix_product() -> tuple[Step, int]:
    """Return a function that multiplies two large matrices, and its operations."""
    matrix = tf.random.stateless_normal((PRODUCT_SIDE, PRODUCT_SIDE), (0, 0))
    product = tf.function(tf.matmul)
    return lambda: product(matrix, matrix).numpy()[0, 0], 2 * PRODUCT_SIDE**3


def training_step(model: keras.Model, batch: tuple) -> Step:
    """Return a function that makes one call: `model.steps_per_execution` steps."""
    model.make_train_function()
    iterator = iter(tf.data.Dataset.from_tensors(batch).repeat())
    return lambda: float(model.train_function(iterator)["loss"])


def network(layer: keras.layers.Layer, batch: tuple, **options) -> Step:
    """Return the training step of a network around a layer, compiled with `options`."""
    inputs = keras.Input(batch[0].shape[1:], dtype=batch[0].dtype.name)
    model = keras.Model(inputs, keras.layers.Dense(1)(layer(inputs)))
    model.compile("adam", "mse", **{"jit_compile": False, **options})
    return training_step(model, batch)


def all_ways(*, batch: int, steps: int, units: int, seed: int) -> dict[str, Step]:
    """Return the training steps by name; that in PyTorch only if it is installed."""
    keras.utils.set_random_seed(seed)
    plain = pytorch.arrays(batch=batch, steps=steps, units=units, seed=seed)
    ids = np.random.default_rng(seed).integers(0, units, (batch, steps, 1), "int32")
    one_hot = (np.eye(units, dtype="float32")[ids[..., 0]], plain[1])
    builtin, ten = keras.layers.SimpleRNN, {"steps_per_execution": 10}
    fast = hoisted("custom", units, unroll=True)
    steps = {
        BUILTIN: network(builtin(units), plain),
        TEXTBOOK: network(textbook("custom", units, "orthogonal"), plain),
        CONCISE: network(concise("custom", units, "tanh"), plain),
        HOISTED: network(hoisted("custom", units), plain),
        ONE_HOT: network(builtin(units), one_hot),
        ROW_LOOKUP: network(row_lookup("custom", units, units), (ids, plain[1])),
        UNROLL: network(builtin(units, unroll=True), plain),
        XLA: network(builtin(units), plain, jit_compile=True),
        TEN: network(builtin(units), plain, **ten),
        TOGETHER: network(fast, plain, **ten),
        GRU: network(keras.layers.GRU(units), plain),
        LSTM: network(keras.layers.LSTM(units), plain),
    }
    if pytorch.installed():
        steps[TORCH] = pytorch.training_step(plain, units=units, seed=seed)
    return steps
