"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (words), D features of a word, U units. W_F is
what Keras calls `kernel`, and W_R its `recurrent_kernel`.
"""

import keras
from keras import ops

from common.training.blocks import residual_block

from .config import EXAMPLE, Config


@keras.saving.register_keras_serializable(package=EXAMPLE)
class TextbookCell(keras.layers.Layer):
    """Adds the new word to the state so far and squashes the sum with tanh.

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
        """Take one step: from x_t (B, D) and [h] (B, U) to output h and state [h]."""
        (h,) = states
        # x_t W_F + b does not depend on h, so it can be computed first.
        h = ops.tanh(ops.matmul(x_t, self.W_F) + self.b + ops.matmul(h, self.W_R))
        return h, [h]

    def get_config(self) -> dict:
        initializer = keras.initializers.serialize(self.recurrent_initializer)
        own = {"units": self.units, "recurrent_initializer": initializer}
        return {**super().get_config(), **own}

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Turn the weights of a `SimpleRNN` into this cell's: here, the same three."""
        return weights


def recurrent_layer(
    cell: str, units: int, initializer: keras.initializers.Initializer, **options
) -> keras.layers.Layer:
    """Return a layer of U units: "builtin", "custom", "gru" or "lstm".

    This is the only place where the cells differ. `initializer` is that of W_R (GRU and
    LSTM keep Keras's own); `options` are those of `keras.layers.RNN`.
    """
    if cell == "builtin":
        return keras.layers.SimpleRNN(
            units, recurrent_initializer=initializer, **options
        )
    if cell == "custom":
        return keras.layers.RNN(TextbookCell(units, initializer), **options)
    return {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell](units, **options)


def build_model(config: Config, *, vocabulary_size: int) -> keras.Model:
    """Return a network from word ids (B, T) to the probability of damage (B, 1).

    Args:
        config: settings of the network; `units` is U, and `embedding_size` is D.
        vocabulary_size: number of word ids; id 0 is padding and is masked. Every row
            needs a word.
    """
    ids = keras.Input((None,), dtype="int32", name="word_ids")  # (B, T)
    # From Keras 3.16 on, recurrent layers drop the mask, so each layer is given it.
    mask = ops.not_equal(ids, 0)  # (B, T)
    start = keras.initializers.RandomUniform(-0.1, 0.1)
    vectors = keras.layers.Embedding(
        vocabulary_size, config.embedding_size, start, name="embedding"
    )(ids)  # (B, T, D)
    vectors = WordDropout(config.word_dropout, config.seed)(vectors)
    states = recurrent_stack(config, vectors, mask)  # (B, T, U)
    states = keras.layers.Dropout(config.dropout, seed=config.seed)(states)
    # The most striking place of the sentence decides, unit by unit.
    steps = ops.expand_dims(mask, -1)  # (B, T, 1)
    most = ops.max(ops.where(steps, states, float("-inf")), axis=1)  # (B, U)
    probability = keras.layers.Dense(1, activation="sigmoid")(most)  # (B, 1)
    return keras.Model(ids, probability, name=EXAMPLE)


def recurrent_stack(config: Config, vectors, mask):
    """Return the states (B, T, U) of the top layer.

    The first recurrent layer reads the vectors (B, T, D). Each further one stands in a
    residual block, which adds to the states below it. Where the layers read in both
    directions, U is twice `units`: the state at a word then knows both of its sides.
    """

    def layer() -> keras.layers.Layer:
        # At first h soon forgets: what stands near a word matters most.
        initializer = keras.initializers.Orthogonal(gain=0.5)
        one = recurrent_layer(
            config.cell, config.units, initializer, return_sequences=True
        )
        return keras.layers.Bidirectional(one) if config.bidirectional else one

    states = layer()(vectors, mask=mask)
    for number in range(2, config.layers + 1):
        states, _ = residual_block(
            states,
            layer(),
            dropout=config.dropout,
            seed=config.seed + number,
            name=f"block_{number}",
            mask=mask,
        )
    return states


@keras.saving.register_keras_serializable(package=EXAMPLE)
class WordDropout(keras.layers.Layer):
    """During training, replaces the vectors of some words by zeros."""

    training_only = True  # so `play` leaves it out

    def __init__(self, rate: float, seed: int, **kwargs):
        """Drop each word with probability `rate`."""
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, vectors, training=False):
        """Take and return (B, T, D)."""
        if not training or not self.rate:
            return vectors
        batch, steps, _ = ops.shape(vectors)
        chance = keras.random.uniform((batch, steps, 1), seed=self.generator)
        return vectors * ops.cast(chance >= self.rate, vectors.dtype)

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
