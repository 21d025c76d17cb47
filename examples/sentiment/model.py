"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (words), D features of a word, U units, C classes.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sentiment")
class TextbookCell(keras.layers.Layer):
    """Mixes the new word with the state so far and squashes the sum with tanh.

    The same network as `keras.layers.SimpleRNN`, as the equations write it:

        z_t = x_t W_F + h_{t-1} W_R + b,    h_t = tanh(z_t)
    """

    def __init__(self, units: int, recurrent_initializer="orthogonal", **kwargs):
        """Make a cell with a hidden state of `units` numbers."""
        super().__init__(**kwargs)
        self.units = units
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.state_size = units  # tells keras.layers.RNN what to carry along

    def build(self, input_shape: tuple[int | None, ...]):
        features, units = input_shape[-1], self.units
        self.W_F = self.add_weight((features, units), "glorot_uniform", name="W_F")
        self.W_R = self.add_weight(
            (units, units), self.recurrent_initializer, name="W_R"
        )
        self.b = self.add_weight((units,), "zeros", name="b")

    def call(self, x_t, states):
        """Take one step: x_t (B, D) and [h] (B, U) give h (B, U), twice."""
        (h,) = states
        # b joins the share of the word, which need not wait for the state.
        h = ops.tanh(ops.matmul(x_t, self.W_F) + self.b + ops.matmul(h, self.W_R))
        return h, [h]

    def get_config(self) -> dict:
        start = keras.initializers.serialize(self.recurrent_initializer)
        own = {"units": self.units, "recurrent_initializer": start}
        return {**super().get_config(), **own}

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Turn the weights of a `SimpleRNN` into this cell's: here, the same three."""
        return weights


def recurrent_layer(
    cell: str, units: int, start: keras.initializers.Initializer, **options
) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`; the only place where kinds differ.

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        start: initial W_R; gated cells keep Keras's own start.
        **options: what `keras.layers.RNN` takes, such as `return_sequences`.
    """
    if cell == "builtin":
        return keras.layers.SimpleRNN(units, recurrent_initializer=start, **options)
    if cell == "custom":
        return keras.layers.RNN(TextbookCell(units, start), **options)
    return {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell](units, **options)


@keras.saving.register_keras_serializable(package="sentiment")
class WordDropout(keras.layers.Layer):
    """In training, replaces the vectors of a share of the words by zeros."""

    def __init__(self, rate: float, seed: int, **kwargs):
        """Hide each word with probability `rate`."""
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, vectors, training=False):
        """Take and return (B, T, D)."""
        if not training or not self.rate:
            return vectors
        batch, steps, _ = ops.shape(vectors)
        chance = keras.random.uniform((batch, steps, 1), seed=self.generator)
        return vectors * ops.cast(chance >= self.rate, vectors.dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


@keras.saving.register_keras_serializable(package="sentiment")
class MaskedPooling(keras.layers.Layer):
    """Takes the mean or the largest value of every feature over the unmasked steps."""

    def __init__(self, how: str, **kwargs):
        """Pool by "mean" or "max"."""
        super().__init__(**kwargs)
        self.how = how
        self.supports_masking = True

    def compute_mask(self, sequence, mask=None):
        """Hand no mask on: there are no time steps any more."""

    def call(self, sequence, mask=None):
        """Turn (B, T, D) into (B, D); a row that is masked throughout gives zeros."""
        counts = ops.expand_dims(mask, -1)  # (B, T, 1)
        if self.how == "mean":
            total = ops.sum(ops.where(counts, sequence, 0), axis=1)
            number = ops.sum(ops.cast(counts, sequence.dtype), axis=1)
            return total / ops.maximum(number, 1)
        lowest = ops.where(counts, sequence, float("-inf"))
        return ops.where(ops.any(counts, axis=1), ops.max(lowest, axis=1), 0)

    def get_config(self) -> dict:
        return {**super().get_config(), "how": self.how}


def build_model(
    *,
    cell: str,
    units: int,
    vocabulary_size: int,
    embedding_size: int,
    classes: int,
    summary: str,
    dropout: float,
    seed: int,
) -> keras.Model:
    """Return a network from word ids (B, T) to class probabilities (B, C).

    Args:
        cell: "builtin", "custom", "gru" or "lstm".
        units: U, width of the hidden state.
        vocabulary_size: number of word ids; id 0 is padding and is masked.
        embedding_size: D, numbers that stand for a word.
        classes: C.
        summary: "last" or "max", see `Config`.
        dropout: share of the words, and of what is read out, that training hides.
        seed: seed of the dropout.
    """
    ids = keras.Input((None,), dtype="int32", name="word_ids")  # (B, T)
    limit = (3 / embedding_size) ** 0.5  # vectors of length 1, in the mean of squares
    embedding = keras.layers.Embedding(
        vocabulary_size,
        embedding_size,
        keras.initializers.RandomUniform(-limit, limit),
        mask_zero=True,
        name="embedding",
    )
    vectors = WordDropout(dropout, seed)(embedding(ids))  # (B, T, D)
    if summary == "last":
        # Starts by keeping what it has read, as in Le, Jaitly and Hinton (2015,
        # section 3); a little less than all of it, since tanh squashes.
        start = keras.initializers.Identity(gain=0.9)
        read = recurrent_layer(cell, units, start)(vectors)  # (B, U)
    else:
        # Starts by soon forgetting: phrases matter, and the largest value is kept.
        start = keras.initializers.Orthogonal(gain=0.5)
        layer = recurrent_layer(cell, units, start, return_sequences=True)
        states = keras.layers.Bidirectional(layer)(vectors)  # (B, T, 2U)
        largest = MaskedPooling("max")(states)  # (B, 2U)
        average = MaskedPooling("mean")(vectors)  # (B, D)
        read = keras.layers.Concatenate()([largest, average])
        read = keras.layers.Dropout(dropout, seed=seed)(read)
    probabilities = keras.layers.Dense(classes, activation="softmax")(read)  # (B, C)
    return keras.Model(ids, probabilities, name="sentiment")
