"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (characters), D features, U units, V characters known.
"""

import keras
from keras import ops


def starts() -> dict[str, keras.initializers.Initializer]:
    """Return how W_F and W_R start, under Keras's names for them.

    Keras's own start of W_F is meant for inputs of many features. A one-hot input has a
    single 1 and would be drowned by the state. Rows this large are heard at once, and
    the network learns about twice as fast.
    """
    return {
        "kernel_initializer": keras.initializers.RandomUniform(-3.0, 3.0),
        "recurrent_initializer": keras.initializers.Orthogonal(gain=0.9),
    }


@keras.saving.register_keras_serializable(package="text_generation")
class RowLookupCell(keras.layers.Layer):
    """Adds what the new character says to what the state so far says, under a tanh.

    The same network as `keras.layers.SimpleRNN` on one-hot vectors:

        z_t = x_t W_F + h_{t-1} W_R + b,    h_t = tanh(z_t)

    All of a one-hot x_t is 0 but for a 1 at the place of the character, so that x_t W_F
    is a row of W_F. The cell takes the character's id and looks the row up.
    """

    def __init__(self, units: int, characters: int, **kwargs):
        """Make a cell with a hidden state of `units` numbers for so many characters."""
        super().__init__(**kwargs)
        self.units, self.characters = units, characters
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        units, (W_F_start, W_R_start) = self.units, starts().values()
        self.W_F = self.add_weight((self.characters, units), W_F_start, name="W_F")
        self.W_R = self.add_weight((units, units), W_R_start, name="W_R")
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: ids x_t (B, 1) and [h] (B, U) give h (B, U), twice."""
        (h,) = states
        row = ops.take(self.W_F, x_t[:, 0], axis=0)  # (B, U)
        h = ops.tanh(row + ops.matmul(h, self.W_R) + self.b)
        return h, [h]

    def get_config(self) -> dict:
        own = {"units": self.units, "characters": self.characters}
        return {**super().get_config(), **own}

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Turn the weights of a `SimpleRNN` into this cell's: here, the same three."""
        return weights


def recurrent_layer(
    cell: str, units: int, characters: int, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        characters: V; a custom cell takes ids below it, the others one-hot vectors.
        **options: what `keras.layers.RNN` takes, such as `return_sequences`.
    """
    if cell == "builtin":
        return keras.layers.SimpleRNN(units, **starts(), **options)
    if cell == "custom":
        return keras.layers.RNN(RowLookupCell(units, characters), **options)
    gated = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
    return gated(units, **starts(), **options)


def cell_of(model: keras.Model) -> str:
    """Return the kind of cell that a network of `build_model` has."""
    kind = type(model.get_layer("recurrent"))
    builtin = {"SimpleRNN": "builtin", "RNN": "custom"}
    return builtin.get(kind.__name__, kind.__name__.lower())


def build_model(
    *,
    cell: str,
    units: int,
    characters: int,
    dropout: float,
    seed: int,
    streams: int | None = None,
) -> keras.Model:
    """Return a network from ids (B, T) to logits of the next character (B, T, V).

    The network comes in two forms with the same weights. For training it keeps the
    state of B streams itself, from one batch to the next. For all else it takes the
    state (B, U) as a further input and gives it as a further output.

    Args:
        cell: "builtin", "custom", "gru" or "lstm", which has two states.
        units: U, width of the hidden state.
        characters: V, number of ids.
        dropout: share of what the output layer reads that training hides.
        seed: seed of the dropout.
        streams: B of the form that keeps its state; `None` for the other one.
    """
    ids = keras.Input((None,), streams, "int32", name="ids")  # (B, T)
    if cell == "custom":
        steps = ops.expand_dims(ids, -1)  # (B, T, 1)
    else:
        steps = ops.one_hot(ids, characters)  # (B, T, V)
    layer = recurrent_layer(
        cell,
        units,
        characters,
        return_sequences=True,
        return_state=True,
        stateful=streams is not None,
        name="recurrent",
    )
    if streams is None:
        before = [keras.Input((size,)) for size in layer.state_size]
        states, *after = layer(steps, initial_state=before)  # (B, T, U), then (B, U)
    else:
        before, after = [], []
        states, *_ = layer(steps)
    states = keras.layers.Dropout(dropout, seed=seed)(states)
    logits = keras.layers.Dense(characters, name="logits")(states)  # (B, T, V)
    if streams is None:
        return keras.Model([ids, *before], [logits, *after], name="text_generation")
    return keras.Model(ids, logits, name="text_generation")
