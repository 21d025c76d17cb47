"""The recurrent cell written by hand, and the networks around it.

Letters: B batch, T time steps (numbers of a list), D features, U units, V values.
"""

import keras
from keras import ops

from .config import EXAMPLE, Config

SCALE = 8.0  # factor of numbers in [0, 1), so that a small difference moves tanh


@keras.saving.register_keras_serializable(package=EXAMPLE)
class ConciseCell(keras.layers.Layer):
    """Multiplies input and state, joined to one vector, by one matrix.

    The same network as `keras.layers.SimpleRNN`, in the concise notation:

        z_t = [x_t ; h_{t-1}] [W_F ; W_R] + b,    h_t = activation(z_t)

    Keras calls W_F `kernel` and W_R `recurrent_kernel`. Here they are one weight W,
    (D + U, U), with the rows of W_F above those of W_R.
    """

    def __init__(
        self,
        units: int,
        activation="tanh",
        recurrent_initializer="orthogonal",
        **kwargs,
    ):
        """Make a cell of U units; all arguments are as in `SimpleRNN`."""
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.state_size = units  # width of the state that keras.layers.RNN carries

    def build(self, input_shape: tuple[int | None, ...]):
        features, units = input_shape[-1], self.units

        def stacked(shape, dtype=None):
            W_F = keras.initializers.GlorotUniform()((features, units), dtype)
            W_R = self.recurrent_initializer((units, units), dtype)
            return ops.concatenate([W_F, W_R])

        self.W = self.add_weight((features + units, units), stacked, name="W")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: from x_t (B, D) and [h] (B, U) to output h and state [h]."""
        (h,) = states
        both = ops.concatenate([x_t, h], axis=-1)  # (B, D + U)
        h = self.activation(ops.matmul(both, self.W) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        initializer = keras.initializers.serialize(self.recurrent_initializer)
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_initializer": initializer,
        }

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Return the weights of a `SimpleRNN` in the form of this cell: [W, b]."""
        W_F, W_R, b = weights
        return [ops.convert_to_numpy(ops.concatenate([W_F, W_R])), b]


def recurrent_layer(
    cell: str, units: int, activation: str, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        activation: "tanh"; or "relu", with W_R initialized as the identity, so that the
            layer starts by adding up its inputs (Le, Jaitly and Hinton 2015, section
            3). GRU and LSTM keep Keras's own activation and initializer.
        **options: what `keras.layers.RNN` takes, such as `return_sequences`.
    """
    initializer = "identity" if activation == "relu" else "orthogonal"
    if cell == "builtin":
        return keras.layers.SimpleRNN(
            units, activation, recurrent_initializer=initializer, **options
        )
    if cell == "custom":
        return keras.layers.RNN(ConciseCell(units, activation, initializer), **options)
    return {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell](units, **options)


def build_model(config: Config) -> keras.Model:
    """Return the network for whole numbers, or the one for floats."""
    if config.values == "int":
        return writing_network(config.cell, config.units, config.max_value)
    return ranking_network(config.cell, config.units, config.length)


def writing_network(cell: str, units: int, max_value: int) -> keras.Model:
    """Return a network that reads a list and then writes the sorted list.

    Inputs: ids of the list (B, T), 0 for padding; and ids of the number written before
    each step (B, T), 0 at the start. During training these come from the right answer,
    afterwards from the network itself. Output: logits of each number (B, T, V).
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    previous = keras.Input((None,), dtype="int32", name="previous")
    # Keras's default of 0.05 is too narrow to tell numbers apart from the first step.
    initializer = keras.initializers.RandomUniform(-0.3, 0.3)
    embedding = keras.layers.Embedding(
        max_value + 2, units, initializer, name="embedding"
    )
    encoder = recurrent_layer(cell, units, "relu", return_state=True, name="encoder")
    decoder = recurrent_layer(
        cell, units, "relu", return_sequences=True, return_state=True, name="decoder"
    )
    _, *state = encoder(embedding(ids), mask=ops.not_equal(ids, 0))  # (B, U)
    written, *_ = decoder(embedding(previous), initial_state=state)  # (B, T, U)
    logits = keras.layers.Dense(max_value + 1, name="logits")(written)  # (B, T, V)
    return keras.Model((ids, previous), logits, name=EXAMPLE)


def ranking_network(cell: str, units: int, length: int) -> keras.Model:
    """Return a network that reads the list once for every number x_i in it.

    The first layer compares each number of the list with x_i, the second counts the
    smaller ones. Input: numbers (B, T), -1 for padding. Output: logits of the place of
    every number (B, T, T).
    """
    numbers = keras.Input((length,), name="numbers")  # (B, T)
    listed = ops.repeat(ops.expand_dims(numbers, 1), length, axis=1)  # (B, T, T)
    asked = ops.repeat(ops.expand_dims(numbers, 2), length, axis=2)  # (B, T, T)
    pairs = SCALE * ops.reshape(ops.stack([listed, asked], axis=-1), (-1, length, 2))
    mask = ops.reshape(ops.greater_equal(listed, 0), (-1, length))  # (B T, T)
    compare = recurrent_layer(
        cell, units, "tanh", return_sequences=True, name="compare"
    )
    count = recurrent_layer(cell, units, "relu", name="count")
    counted = count(compare(pairs, mask=mask), mask=mask)  # (B T, U)
    logits = keras.layers.Dense(length, name="logits")(counted)
    return keras.Model(numbers, ops.reshape(logits, (-1, length, length)), name=EXAMPLE)
