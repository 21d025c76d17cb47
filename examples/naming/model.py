"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (letters), F numbers of an input, H hidden features of
it, E numbers of a letter, U units, V ids.
W_F is what Keras calls `kernel`, and W_R its `recurrent_kernel`.
"""

import keras
from keras import ops

from .config import EXAMPLE, Config

FEATURES = 64  # H


@keras.saving.register_keras_serializable(package=EXAMPLE)
class TextbookCell(keras.layers.Layer):
    """Adds the new letter to the state so far and squashes the sum with tanh.

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
        """Take one step: x_t (B, E + H) and [h] (B, U) to output h and state [h]."""
        (h,) = states
        h = ops.tanh(ops.matmul(x_t, self.W_F) + ops.matmul(h, self.W_R) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}


def recurrent_layer(cell: str, units: int) -> keras.layers.Layer:
    """Return a layer that gives all its states: "builtin", "custom", "gru" or "lstm".

    This is the only place where the cells differ.
    """
    options = {"return_sequences": True, "name": "recurrent"}
    if cell == "custom":
        return keras.layers.RNN(TextbookCell(units), **options)
    gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    return gated.get(cell, keras.layers.SimpleRNN)(units, **options)


def build_model(config: Config, *, numbers: int, letters: int) -> keras.Model:
    """Return a network from letters and numbers to logits of the next letter (B, T, V).

    Inputs: ids of the letters before (B, T), 0 for padding, and the standardized
    numbers to write about (B, F). They make the first state. Unless
    `no_every_step`, they are a part of every x_t too: what h forgets, it is told again.

    Args:
        config: settings of the network; `units` is U.
        numbers: F.
        letters: V.
    """
    ids = keras.Input((None,), dtype="int32", name="letters")  # (B, T)
    vector = keras.Input((numbers,), name="numbers")  # (B, F)
    # From Keras 3.16 on, recurrent layers drop the mask, so each layer is given it.
    mask = ops.not_equal(ids, 0)  # (B, T)
    noisy = keras.layers.GaussianNoise(config.noise, seed=config.seed)(vector)
    # Weights this large give each feature an edge of its own in the space of colours.
    features = keras.layers.Dense(
        FEATURES,
        "tanh",
        kernel_initializer=keras.initializers.RandomNormal(stddev=1.0),
        bias_initializer=keras.initializers.RandomUniform(-2.0, 2.0),
        name="features",
    )(noisy)  # (B, H)
    steps = keras.layers.Embedding(
        letters,
        config.embedding_size,
        keras.initializers.RandomUniform(-0.3, 0.3),
        name="embedding",
    )(ids)  # (B, T, E)
    # Whole letters are dropped: what they do not tell must be read from the numbers
    # (Bowman et al. 2016, section 3.1).
    steps = keras.layers.Dropout(
        config.letter_dropout, noise_shape=(None, None, 1), seed=config.seed + 1
    )(steps)
    if not config.no_every_step:
        ones = ops.expand_dims(ops.cast(mask, "float32"), -1)  # (B, T, 1)
        told = ops.expand_dims(features, 1) * ones  # (B, T, H)
        steps = ops.concatenate([steps, told], axis=-1)  # (B, T, E + H)
    layer = recurrent_layer(config.cell, config.units)
    first = [
        keras.layers.Dense(width, "tanh", name=f"first_state_{number}")(features)
        for number, width in enumerate(layer.state_size, start=1)  # an LSTM has two
    ]  # (B, U) each
    states = layer(steps, mask=mask, initial_state=first)  # (B, T, U)
    states = keras.layers.Dropout(config.dropout, seed=config.seed)(states)
    logits = keras.layers.Dense(letters, name="logits")(states)  # (B, T, V)
    return keras.Model((ids, vector), logits, name=EXAMPLE)
