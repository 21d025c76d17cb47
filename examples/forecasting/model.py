"""The recurrent cell written by hand, and the network around it.

Letters: B batch, T time steps (of a window), D features of a step, U units, H steps
forecast, M networks of the ensemble.
"""

import keras
from keras import ops

from common.training.blocks import residual_block

from .config import EXAMPLE, Config


@keras.saving.register_keras_serializable(package=EXAMPLE)
class HoistedCell(keras.layers.Layer):
    """One step of a `SimpleRNN` whose inputs are already multiplied with W_F.

    x_t W_F + b does not depend on h, so it is computed first, for all steps at once:

        p = x W_F + b  (all steps),    h_t = tanh(p_t + h_{t-1} W_R)

    W_F is `kernel` in Keras, W_R `recurrent_kernel`.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.state_size = units  # read by keras.layers.RNN

    def build(self, input_shape: tuple[int | None, ...]):
        features, units = input_shape[-1], self.units
        self.W_F = self.add_weight((features, units), "glorot_uniform", name="W_F")
        self.W_R = self.add_weight((units, units), "orthogonal", name="W_R")
        self.b = self.add_weight((units,), "zeros", name="b")

    def project(self, sequence):
        """Turn x (B, T, D) of all steps into p (B, T, U) in one product."""
        # The loop needs T first. Transposed here, x is narrower than p would be, and
        # the transpose back and the loop's own cancel out.
        by_step = ops.transpose(sequence, (1, 0, 2))
        return ops.transpose(ops.matmul(by_step, self.W_F) + self.b, (1, 0, 2))

    def call(self, p_t, states):
        """Take p_t (B, U) and [h] (B, U); return the new h (B, U) and [h]."""
        (h,) = states
        h = ops.tanh(p_t + ops.matmul(h, self.W_R))
        return h, [h]

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}

    @staticmethod
    def weights_from_builtin(weights: list) -> list:
        """Turn the weights of a `SimpleRNN` into this cell's: the same three."""
        return weights


@keras.saving.register_keras_serializable(package=EXAMPLE)
class HoistedRNN(keras.layers.RNN):
    """`keras.layers.RNN` for a `HoistedCell`: projects the sequence, then loops."""

    def call(self, sequences, initial_state=None, mask=None, training=False):
        """Take x (B, T, D) and return what `keras.layers.RNN` returns."""
        projected = self.cell.project(sequences)
        return super().call(projected, initial_state, mask, training)


def recurrent_layer(cell: str, units: int, **options) -> keras.layers.Layer:
    """Return the recurrent layer of kind `cell`, the only place where kinds differ.

    Kinds are "builtin", "custom", "gru" and "lstm". `units` is U, the width of the
    hidden state, `options` what `keras.layers.RNN` takes, such as `return_sequences`.
    """
    if cell == "builtin":
        return keras.layers.SimpleRNN(units, **options)
    if cell == "custom":
        return HoistedRNN(HoistedCell(units), **options)
    return {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell](units, **options)


def build_model(config: Config) -> keras.Model:
    """Return an ensemble of networks that read a window and forecast, in one model.

    Inputs are windows (B, T, D), the value first in every step, then the covariates.
    Outputs are the next H values by each of the M networks, (B, M, H). The networks
    share nothing but their input. The first recurrent layer reads the window, and each
    further one stands in a residual block. If the recipe says so, a linear function of
    the window is added to each answer: the recurrent layer only learns what is not
    linear.
    """
    cell, units, recipe = config.cell, config.units, config.recipe
    features = 1 + len(config.covariates)
    windows = keras.Input((config.window, features), name="windows")
    noisy = keras.layers.GaussianNoise(recipe.noise, seed=config.seed)(windows)
    flat = keras.layers.Flatten(name="flat")(noisy)  # (B, T D)
    answers = []
    for number in range(recipe.ensemble_size):
        name = f"network_{number}"
        options = {"unroll": True, "return_sequences": config.layers > 1}
        h = recurrent_layer(cell, units, **options, name=name)(noisy)
        for above in range(1, config.layers):
            layer = recurrent_layer(cell, units, **options, name=f"{name}_{above}")
            block = {"dropout": 0.0, "seed": config.seed, "name": f"{layer.name}_block"}
            h, _ = residual_block(h, layer, **block)
        h = h if config.layers == 1 else h[:, -1]  # (B, U)
        answer = keras.layers.Dense(config.horizon, name=f"{name}_answer")(h)  # (B, H)
        if recipe.linear:
            answer += keras.layers.Dense(
                config.horizon,
                use_bias=False,
                kernel_initializer="zeros",
                name=f"{name}_linear",
            )(flat)
        answers.append(answer)
    return keras.Model(windows, ops.stack(answers, axis=1), name=EXAMPLE)
