"""The recurrent cell written by hand, and the networks around it.

Letters: B batch, T time steps (numbers of a list), D features, U units, V values.
"""

import keras
from keras import ops

# Numbers from [0, 1) are multiplied by it, so that a small difference moves tanh.
SCALE = 8.0


@keras.saving.register_keras_serializable(package="sorting")
class ConciseCell(keras.layers.Layer):
    """Lays the new number beside the state so far and takes one product of both.

    The same network as `keras.layers.SimpleRNN`, in the concise notation:

        z_t = [x_t ; h_{t-1}] [W_F ; W_R] + b,    h_t = activation(z_t)

    The rows of W_F stand over those of W_R in one weight, W.
    """

    def __init__(
        self,
        units: int,
        activation="tanh",
        recurrent_initializer="orthogonal",
        **kwargs,
    ):
        """Make a cell with a hidden state of `units` numbers."""
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        features, units = input_shape[-1], self.units

        def stacked(shape, dtype=None):
            W_F = keras.initializers.GlorotUniform()((features, units), dtype)
            W_R = self.recurrent_initializer((units, units), dtype)
            return ops.concatenate([W_F, W_R])

        self.W = self.add_weight((features + units, units), stacked, name="W")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: x_t (B, D) and [h] (B, U) give h (B, U), twice."""
        (h,) = states
        both = ops.concatenate([x_t, h], axis=-1)  # (B, D + U)
        h = self.activation(ops.matmul(both, self.W) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        start = keras.initializers.serialize(self.recurrent_initializer)
        own = {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_initializer": start,
        }
        return {**super().get_config(), **own}

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Turn the weights of a `SimpleRNN` into this cell's: W_F over W_R, and b."""
        W_F, W_R, b = weights
        return [ops.convert_to_numpy(ops.concatenate([W_F, W_R])), b]


def recurrent_layer(
    cell: str, units: int, activation: str, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        activation: "relu", then W_R starts as the identity: the layer starts by adding
            up what it reads (Le, Jaitly and Hinton 2015, section 3). Or "tanh". Gated
            cells keep Keras's own activation and start.
        **options: what `keras.layers.RNN` takes, such as `return_sequences`.
    """
    start = "identity" if activation == "relu" else "orthogonal"
    if cell == "builtin":
        return keras.layers.SimpleRNN(
            units, activation, recurrent_initializer=start, **options
        )
    if cell == "custom":
        return keras.layers.RNN(ConciseCell(units, activation, start), **options)
    return {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell](units, **options)


def build_model(
    *, cell: str, units: int, values: str, length: int, max_value: int
) -> keras.Model:
    """Return a network that gives logits of what stands where in the sorted list.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        values: "int" for a network that writes whole numbers, "float" for one that
            gives every number its place.
        length: numbers in the longest list.
        max_value: largest whole number.
    """
    if values == "int":
        return writing_network(cell, units, max_value)
    return ranking_network(cell, units, length)


def writing_network(cell: str, units: int, max_value: int) -> keras.Model:
    """Return a network that reads a whole list and then writes numbers one by one.

    Inputs are ids (B, T), 0 for padding, and what was written before each step (B, T),
    0 for the start; outputs are logits (B, T, V). In training, what was written before
    is the right list; later, it is the network's own.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    previous = keras.Input((None,), dtype="int32", name="previous")
    # Wider than Keras's start of 0.05: numbers are told apart from the first step on.
    start = keras.initializers.RandomUniform(-0.3, 0.3)
    embedding = keras.layers.Embedding(max_value + 2, units, start, name="embedding")
    encoder = recurrent_layer(cell, units, "relu", return_state=True, name="encoder")
    decoder = recurrent_layer(
        cell, units, "relu", return_sequences=True, return_state=True, name="decoder"
    )
    _, *state = encoder(embedding(ids), mask=ops.not_equal(ids, 0))  # (B, U)
    written, *_ = decoder(embedding(previous), initial_state=state)  # (B, T, U)
    logits = keras.layers.Dense(max_value + 1, name="logits")(written)  # (B, T, V)
    return keras.Model((ids, previous), logits, name="sorting")


def ranking_network(cell: str, units: int, length: int) -> keras.Model:
    """Return a network that reads the list once for every number x_i in it.

    Beside each number it sees x_i: the first layer compares the two, the second counts
    the smaller ones. Inputs are numbers (B, T), -1 for padding; outputs are logits
    (B, T, T) of the place of every number. No number is moved.
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
    return keras.Model(
        numbers, ops.reshape(logits, (-1, length, length)), name="sorting"
    )
