"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps, D channels, U units, C classes.
W_F is what Keras calls `kernel`, and W_R its `recurrent_kernel`.
"""

import keras
from keras import ops

from common.training.blocks import residual_block

from .config import EXAMPLE, Config


@keras.saving.register_keras_serializable(package=EXAMPLE)
class TextbookCell(keras.layers.Layer):
    """Adds the new measurements to the state so far and squashes the sum with tanh.

    The same network as `keras.layers.SimpleRNN`, as the equations write it:

        z_t = x_t W_F + h_{t-1} W_R + b,    h_t = tanh(z_t)
    """

    def __init__(self, units: int, **kwargs):
        """Make a cell with a hidden state of `units` numbers."""
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        channels, units = input_shape[-1], self.units
        self.W_F = self.add_weight((channels, units), "glorot_uniform", name="W_F")
        self.W_R = self.add_weight((units, units), "orthogonal", name="W_R")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: from x_t (B, D) and [h] (B, U) to output h and state [h]."""
        (h,) = states
        # x_t W_F + b does not depend on h, so it can be computed first.
        h = ops.tanh(ops.matmul(x_t, self.W_F) + self.b + ops.matmul(h, self.W_R))
        return h, [h]

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}


def recurrent_layer(cell: str, units: int, **options) -> keras.layers.Layer:
    """Return a layer of U units: "builtin", "custom", "gru" or "lstm".

    This is the only place where the cells differ. `options` are those of
    `keras.layers.RNN`.
    """
    if cell == "custom":
        return keras.layers.RNN(TextbookCell(units), **options)
    gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    return gated.get(cell, keras.layers.SimpleRNN)(units, **options)


def build_model(config: Config, *, channels: int, classes: int) -> keras.Model:
    """Return a network from windows to class probabilities (B, C).

    Inputs: standardized signals (B, T, D), and which steps are `present` (B, T): 1
    where a window has a step, 0 in the padding behind it.

    Args:
        config: settings of the network; `units` is U.
        channels: D.
        classes: C.
    """
    signals = keras.Input((None, channels), name="signals")  # (B, T, D)
    present = keras.Input((None,), dtype="int32", name="present")  # (B, T)
    # A measured 0 is no padding, so the mask cannot be read from the signals. From
    # Keras 3.16 on, recurrent layers drop the mask, so each layer is given it.
    mask = ops.not_equal(present, 0)  # (B, T)
    states = keras.layers.GaussianNoise(config.noise, seed=config.seed)(signals)
    last_alone = config.pooling == "last" and config.layers == 1
    layer = recurrent_layer(
        config.cell, config.units, return_sequences=not last_alone, name="recurrent"
    )
    states = layer(states, mask=mask)  # (B, T, U); (B, U) if only the last is needed
    for number in range(2, config.layers + 1):
        states, _ = residual_block(
            states,
            recurrent_layer(config.cell, config.units, return_sequences=True),
            dropout=config.dropout,
            seed=config.seed + number,
            name=f"block_{number}",
            mask=mask,
        )
    pooled = states if last_alone else pool(config.pooling, states, mask)  # (B, U)
    pooled = keras.layers.Dropout(config.dropout, seed=config.seed)(pooled)
    probabilities = keras.layers.Dense(classes, activation="softmax")(pooled)  # (B, C)
    return keras.Model((signals, present), probabilities, name=EXAMPLE)


def pool(kind: str, states, mask):
    """Return one vector (B, U) for the states (B, T, U) of the steps in the mask."""
    if kind == "last":
        end = ops.sum(ops.cast(mask, "int32"), axis=1) - 1  # (B,)
        return ops.take_along_axis(states, end[:, None, None], axis=1)[:, 0]
    steps = ops.expand_dims(mask, -1)  # (B, T, 1)
    if kind == "max":
        return ops.max(ops.where(steps, states, float("-inf")), axis=1)
    ones = ops.cast(steps, states.dtype)
    return ops.sum(states * ones, axis=1) / ops.sum(ones, axis=1)
