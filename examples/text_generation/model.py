"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (characters), U units, V ids.
"""

import keras
from keras import ops

from common.training.blocks import gated_linear_unit, residual_block

from .config import EXAMPLE, Config


def initializers(one_hot: bool) -> dict[str, keras.initializers.Initializer]:
    """Return new initializers of W_F and W_R, under Keras's names for them.

    Keras's default for W_F is made for inputs of many features, and a one-hot input has
    a single 1. With rows this large the network learns about twice as fast.
    """
    rows, default = keras.initializers.RandomUniform(-3.0, 3.0), "glorot_uniform"
    return {
        "kernel_initializer": rows if one_hot else keras.initializers.get(default),
        "recurrent_initializer": keras.initializers.Orthogonal(gain=0.9),
    }


@keras.saving.register_keras_serializable(package=EXAMPLE)
class RowLookupCell(keras.layers.Layer):
    """Adds a row of W_F, chosen by the character, to h W_R + b and takes the tanh.

    The same network as `keras.layers.SimpleRNN` on one-hot vectors:

        z_t = x_t W_F + h_{t-1} W_R + b,    h_t = tanh(z_t)

    A one-hot x_t is 1 at the character's id and 0 elsewhere, so x_t W_F is one row of
    W_F. The cell takes the id and looks the row up. In an upper layer x_t are the
    states of the layer below, and there the cell multiplies.
    """

    def __init__(self, units: int, characters: int | None = None, **kwargs):
        """Make a cell of U `units`.

        It takes ids below V, the number of `characters`; with `None` it takes features.
        """
        super().__init__(**kwargs)
        self.units, self.characters = units, characters
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        units, rows = self.units, self.characters or input_shape[-1]
        for_W_F, for_W_R = initializers(self.characters is not None).values()
        self.W_F = self.add_weight((rows, units), for_W_F, name="W_F")
        self.W_R = self.add_weight((units, units), for_W_R, name="W_R")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: from x_t and [h] (B, U) to the output h and the state [h].

        x_t is ids (B, 1), or features (B, any number of them).
        """
        (h,) = states
        if self.characters is None:
            product = ops.matmul(x_t, self.W_F)
        else:
            product = ops.take(self.W_F, x_t[:, 0], axis=0)  # a row is the product
        h = ops.tanh(product + ops.matmul(h, self.W_R) + self.b)  # (B, U)
        return h, [h]

    def get_config(self) -> dict:
        sizes = {"units": self.units, "characters": self.characters}
        return super().get_config() | sizes


def recurrent_layer(
    cell: str, units: int, characters: int | None, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        characters: V, for the layer that reads the text: a custom cell takes ids below
            it, the others one-hot vectors. `None` for a layer that takes features.
        **options: arguments of `keras.layers.RNN`, such as `return_sequences`.
    """
    if cell == "custom":
        return keras.layers.RNN(RowLookupCell(units, characters), **options)
    gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    layer = gated.get(cell, keras.layers.SimpleRNN)
    return layer(units, **initializers(characters is not None), **options)


def build_model(config: Config, size: int, streams: int | None = None) -> keras.Model:
    """Return a network from ids (B, T) to logits of the next character (B, T, V).

    The first recurrent layer reads the characters. Each further one stands in a
    residual block, which adds to the states below it. Without such a block, a gated
    linear unit adds to the states what the logits need besides.

    The network has two forms with the same weights. For training it keeps the states of
    B streams from one batch to the next. For everything else the states (B, U) are
    further inputs and outputs. Both are named after the cell.

    Args:
        config: settings: the cell, its units and layers, the dropout and the seed.
        size: V, number of ids.
        streams: B of the form that keeps its state; `None` for the other one.
    """
    ids = keras.Input((None,), streams, "int32", name="ids")  # (B, T)
    if config.cell == "custom":
        steps = ops.expand_dims(ids, -1)  # (B, T, 1)
    else:
        steps = ops.one_hot(ids, size)  # (B, T, V)
    options = {"return_sequences": True, "return_state": True}
    options |= {"stateful": streams is not None}
    kind = config.cell, config.units
    layer = recurrent_layer(*kind, size, name="recurrent", **options)
    before = [keras.Input((width,)) for width in layer.state_size if not streams]
    hidden, *after = layer(steps, initial_state=before or None)  # (B, T, U), (B, U)
    for number in range(2, config.layers + 1):
        layer = recurrent_layer(*kind, None, name=f"recurrent_{number}", **options)
        first = [keras.Input((width,)) for width in layer.state_size if not streams]
        hidden, last = residual_block(
            hidden,
            layer,
            dropout=config.dropout,
            seed=config.seed + number,
            name=f"block_{number}",
            initial_state=first or None,
        )
        before, after = before + first, after + last
    if config.layers == 1:
        # What a state has to remember is not what it has to say: a gate reads it, as
        # the gate of a block does.
        normalized = keras.layers.LayerNormalization(name="read_norm")(hidden)
        hidden = hidden + gated_linear_unit(normalized, config.units, name="read")
    hidden = keras.layers.Dropout(config.dropout, seed=config.seed)(hidden)
    logits = keras.layers.Dense(size, name="logits")(hidden)  # (B, T, V)
    if streams:
        return keras.Model(ids, logits, name=config.cell)
    return keras.Model([ids, *before], [logits, *after], name=config.cell)
