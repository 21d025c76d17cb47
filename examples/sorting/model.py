"""The recurrent cell written by hand, and the networks around it.

Letters: B batch, T time steps (numbers of a list), D features, U units, V values.
"""

import keras
from keras import ops

from .config import EXAMPLE, Config

SCALE = 300.0  # factor of differences in [0, 1), so that a small one moves tanh
TALLY = 200.0  # what a whole number adds to its unit; the larger, the faster it learns


@keras.saving.register_keras_serializable(package=EXAMPLE)
def identity(W_R):
    """Return the identity in place of W_R: a constraint that holds W_R there.

    Optimizers move all weights in every step, those without a use at random. An error
    of W_R grows with the length of the list, and short training lists do not show it.
    """
    return ops.eye(W_R.shape[0], dtype=W_R.dtype)


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
        kernel_initializer="glorot_uniform",
        recurrent_constraint=None,
        **kwargs,
    ):
        """Make a cell of U units; all arguments are as in `SimpleRNN`."""
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.state_size = units  # width of the state that keras.layers.RNN carries

    def build(self, input_shape: tuple[int | None, ...]):
        features, units = input_shape[-1], self.units

        def stacked(shape, dtype=None):
            W_F = self.kernel_initializer((features, units), dtype)
            W_R = self.recurrent_initializer((units, units), dtype)
            return ops.concatenate([W_F, W_R])

        def constrained(W):
            W_F, W_R = ops.split(W, [features])
            return ops.concatenate([W_F, self.recurrent_constraint(W_R)])

        self.W = self.add_weight(
            (features + units, units),
            stacked,
            constraint=constrained if self.recurrent_constraint else None,
            name="W",
        )
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: from x_t (B, D) and [h] (B, U) to output h and state [h]."""
        (h,) = states
        both = ops.concatenate([x_t, h], axis=-1)  # (B, D + U)
        h = self.activation(ops.matmul(both, self.W) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        start, constraint = keras.initializers.serialize, keras.constraints.serialize
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "recurrent_initializer": start(self.recurrent_initializer),
            "kernel_initializer": start(self.kernel_initializer),
            "recurrent_constraint": constraint(self.recurrent_constraint),
        }

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Return the weights of a `SimpleRNN` in the form of this cell: [W, b]."""
        W_F, W_R, b = weights
        return [ops.convert_to_numpy(ops.concatenate([W_F, W_R])), b]


def recurrent_layer(
    cell: str, units: int, activation: str, *, tally: float = 0, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        activation: "tanh"; or "relu", with W_R initialized as the identity, so that the
            layer starts by adding up its inputs (Le, Jaitly and Hinton 2015, section
            3). GRU and LSTM keep Keras's own activation and initializer.
        tally: not 0: W_R stays the identity, and W_F starts as this times the identity.
        **options: what `keras.layers.RNN` takes, such as `return_sequences`.
    """
    if cell in ("gru", "lstm"):
        gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
        return gated(units, **options)
    own: dict = {"activation": activation, "recurrent_initializer": "orthogonal"}
    if activation == "relu":
        own["recurrent_initializer"] = "identity"
    if tally:
        own["kernel_initializer"] = keras.initializers.Identity(tally)
        own["recurrent_constraint"] = identity
    if cell == "builtin":
        return keras.layers.SimpleRNN(units, **own, **options)
    return keras.layers.RNN(ConciseCell(units, **own), **options)


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

    If the state has a unit for every id, the untrained network keeps a tally: to read
    a number adds to its unit, to write it takes that away again. Which number comes
    next, it has to learn.
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    previous = keras.Input((None,), dtype="int32", name="previous")
    # Keras's default of 0.05 is too narrow to tell numbers apart from the first step.
    initializer = keras.initializers.RandomUniform(-0.3, 0.3)
    start = keras.initializers.GlorotUniform()
    tally = units >= max_value + 2 and cell in ("builtin", "custom")
    if tally:
        initializer = keras.initializers.Identity(TALLY)
        start = keras.initializers.RandomUniform(-1 / TALLY, 1 / TALLY)
    embedding = keras.layers.Embedding(
        max_value + 2, units, initializer, name="embedding"
    )
    options = {"return_state": True, "tally": float(tally), "name": "encoder"}
    encoder = recurrent_layer(cell, units, "relu", **options)
    options |= {"return_sequences": True, "tally": -float(tally), "name": "decoder"}
    decoder = recurrent_layer(cell, units, "relu", **options)
    _, *state = encoder(embedding(ids), mask=ops.not_equal(ids, 0))  # (B, U)
    written, *_ = decoder(embedding(previous), initial_state=state)  # (B, T, U)
    dense = keras.layers.Dense(max_value + 1, kernel_initializer=start, name="logits")
    logits = dense(written)  # (B, T, V)
    return keras.Model((ids, previous), logits, name=EXAMPLE)


def ranking_network(cell: str, units: int, length: int) -> keras.Model:
    """Return a network that reads the list once for every number x_i in it.

    It reads how far each number is above x_i. The first layer tells above from below,
    the second counts. Input: numbers (B, T), -1 for padding. Output: logits of the
    place of every number (B, T, T).
    """
    numbers = keras.Input((length,), name="numbers")  # (B, T)
    listed = ops.repeat(ops.expand_dims(numbers, 1), length, axis=1)  # (B, T, T)
    asked = ops.expand_dims(numbers, 2)  # (B, T, 1)
    above = SCALE * ops.reshape(listed - asked, (-1, length, 1))  # (B T, T, 1)
    mask = ops.reshape(ops.greater_equal(listed, 0), (-1, length))  # (B T, T)
    compare = recurrent_layer(
        cell, units, "tanh", return_sequences=True, name="compare"
    )
    count = recurrent_layer(cell, units, "relu", name="count")
    counted = count(compare(above, mask=mask), mask=mask)  # (B T, U)
    logits = keras.layers.Dense(length, name="logits")(counted)
    return keras.Model(numbers, ops.reshape(logits, (-1, length, length)), name=EXAMPLE)
