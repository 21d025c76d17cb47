"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (tokens), D features of a token, U units, C classes.
W_F is what Keras calls `kernel`, and W_R its `recurrent_kernel`.
"""

import keras
from keras import ops

from common.training.blocks import residual_block

from .config import EXAMPLE, Config


@keras.saving.register_keras_serializable(package=EXAMPLE)
class TextbookCell(keras.layers.Layer):
    """Adds the new token to the state so far and squashes the sum with tanh.

    The same network as `keras.layers.SimpleRNN`, as the equations write it:

        z_t = x_t W_F + h_{t-1} W_R + b,    h_t = tanh(z_t)
    """

    def __init__(self, units: int, **kwargs):
        """Make a cell with a hidden state of `units` numbers."""
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        features, units = input_shape[-1], self.units
        self.W_F = self.add_weight((features, units), "glorot_uniform", name="W_F")
        self.W_R = self.add_weight((units, units), "orthogonal", name="W_R")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: from x_t (B, D) and [h] (B, U) to output h and state [h]."""
        (h,) = states
        h = ops.tanh(ops.matmul(x_t, self.W_F) + ops.matmul(h, self.W_R) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}


def recurrent_layer(cell: str, units: int) -> keras.layers.Layer:
    """Return a layer that gives all its states: "builtin", "custom", "gru" or "lstm".

    This is the only place where the cells differ.
    """
    if cell == "custom":
        return keras.layers.RNN(TextbookCell(units), return_sequences=True)
    gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    return gated.get(cell, keras.layers.SimpleRNN)(units, return_sequences=True)


def build_model(config: Config, *, vocabulary_size: int, classes: int) -> keras.Model:
    """Return a network from token ids (B, T) to logits of each class (B, T, C).

    Args:
        config: settings of the network; `units` is U, and `embedding_size` is D.
        vocabulary_size: number of token ids; id 0 is padding and is masked.
        classes: C.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")  # (B, T)
    # From Keras 3.16 on, recurrent layers drop the mask, so each layer is given it.
    mask = ops.not_equal(ids, 0)  # (B, T)
    states = keras.layers.Embedding(
        vocabulary_size,
        config.embedding_size,
        keras.initializers.RandomUniform(-0.3, 0.3),
        name="embedding",
    )(ids)  # (B, T, D)
    for number in range(1, config.layers + 1):
        layer = recurrent_layer(config.cell, config.units)
        if config.direction == "both":
            layer = keras.layers.Bidirectional(layer)  # its states are (B, T, 2 U)
        if number == 1:
            states = layer(states, mask=mask)  # (B, T, U)
            continue
        states, _ = residual_block(
            states,
            layer,
            dropout=config.dropout,
            seed=config.seed + number,
            name=f"block_{number}",
            mask=mask,
        )
    states = keras.layers.Dropout(config.dropout, seed=config.seed)(states)
    logits = keras.layers.Dense(classes, name="logits")(states)  # (B, T, C)
    return keras.Model(ids, logits, name=EXAMPLE)
