"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (characters), D features, U units, V ids.
"""

import keras
from keras import ops

from .config import EXAMPLE, Config


def initializers() -> dict[str, keras.initializers.Initializer]:
    """Return new initializers of W_F and W_R, under Keras's names for them.

    Keras's default for W_F is made for inputs of many features, and a one-hot input has
    a single 1. With rows this large the network learns about twice as fast.
    """
    return {
        "kernel_initializer": keras.initializers.RandomUniform(-3.0, 3.0),
        "recurrent_initializer": keras.initializers.Orthogonal(gain=0.9),
    }


@keras.saving.register_keras_serializable(package=EXAMPLE)
class RowLookupCell(keras.layers.Layer):
    """Adds a row of W_F, chosen by the character, to h W_R + b and takes the tanh.

    The same network as `keras.layers.SimpleRNN` on one-hot vectors:

        z_t = x_t W_F + h_{t-1} W_R + b,    h_t = tanh(z_t)

    A one-hot x_t is 1 at the character's id and 0 elsewhere, so x_t W_F is one row of
    W_F. The cell takes the id and looks the row up.
    """

    def __init__(self, units: int, characters: int, **kwargs):
        """Make a cell with U `units` for ids below V, the number of `characters`."""
        super().__init__(**kwargs)
        self.units, self.characters = units, characters
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        units, (for_W_F, for_W_R) = self.units, initializers().values()
        self.W_F = self.add_weight((self.characters, units), for_W_F, name="W_F")
        self.W_R = self.add_weight((units, units), for_W_R, name="W_R")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: from ids x_t (B, 1) and [h] (B, U) to output h, state [h]."""
        (h,) = states
        row = ops.take(self.W_F, x_t[:, 0], axis=0)  # (B, U)
        h = ops.tanh(row + ops.matmul(h, self.W_R) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        sizes = {"units": self.units, "characters": self.characters}
        return super().get_config() | sizes


def recurrent_layer(
    cell: str, units: int, characters: int, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        characters: V. A custom cell takes ids below it, the others one-hot vectors.
        **options: arguments of `keras.layers.RNN`, such as `return_sequences`.
    """
    if cell == "custom":
        return keras.layers.RNN(RowLookupCell(units, characters), **options)
    gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    layer = gated.get(cell, keras.layers.SimpleRNN)
    return layer(units, **initializers(), **options)


def build_model(config: Config, size: int, streams: int | None = None) -> keras.Model:
    """Return a network from ids (B, T) to logits of the next character (B, T, V).

    The network has two forms with the same weights. For training it keeps the state of
    B streams from one batch to the next. For everything else the states (B, U) are
    further inputs and outputs. Both are named after the cell.

    Args:
        config: settings: the cell, its units, and the dropout with its seed.
        size: V, number of ids.
        streams: B of the form that keeps its state; `None` for the other one.
    """
    ids = keras.Input((None,), streams, "int32", name="ids")  # (B, T)
    if config.cell == "custom":
        steps = ops.expand_dims(ids, -1)  # (B, T, 1)
    else:
        steps = ops.one_hot(ids, size)  # (B, T, V)
    options = {"return_sequences": True, "return_state": True, "name": "recurrent"}
    options |= {"stateful": streams is not None}
    layer = recurrent_layer(config.cell, config.units, size, **options)
    before = [keras.Input((units,)) for units in layer.state_size if not streams]
    hidden, *after = layer(steps, initial_state=before or None)  # (B, T, U), (B, U)
    hidden = keras.layers.Dropout(config.dropout, seed=config.seed)(hidden)
    logits = keras.layers.Dense(size, name="logits")(hidden)  # (B, T, V)
    if streams:
        return keras.Model(ids, logits, name=config.cell)
    return keras.Model([ids, *before], [logits, *after], name=config.cell)
