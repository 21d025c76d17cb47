"""What follows for learning: the adding problem, and digits read pixel by pixel.

The adding problem is trained with `bptt`, the digits with Keras. No epoch is chosen:
the last weights are tested. Learning rates and limits of the gradient were chosen in
validation. Letters: T time steps, N networks (one a seed), B batch, U units.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from common.training.blocks import residual_block

from . import bptt
from .config import Config
from .measure import Start, adding, arriving, first_weights, through_keras

POINTS = 20  # of a learning curve
ADDING_BATCH, DIGITS_BATCH = 16, 32
ADDING_RATE, CLIP = 3e-3, 1.0
CASES = 360  # digits for validation, and to test
# Learning rate, and limit of the gradient's norm.
DIGITS = {
    "tanh_glorot": (5e-3, 1.0),
    "tanh_orthogonal": (5e-3, 1.0),
    "relu_identity": (1e-3, 0.1),
    "gated_block": (5e-3, 1.0),
    "gru": (5e-3, 1.0),
}


class Task(NamedTuple):
    """A network for the adding problem, and how it is trained."""

    start: Start
    clip: float = CLIP
    back: int | None = None  # steps of a truncated pass

    @property
    def name(self) -> str:
        clip = ", no clipping" if self.clip == np.inf else ""
        back = f", {self.back} steps back" if self.back else ""
        return f"{self.start.name}{clip}{back}"


ADDING = [
    Task(Start("tanh", "glorot")),
    Task(Start("tanh", "orthogonal")),
    Task(Start("relu", "identity")),
]


def adding_problem(config: Config) -> dict[str, Any]:
    """Train plain networks on the adding problem.

    Returns:
        `by_length`, a row of `learn_to_add` for each network and length; and `again`,
        the same at the middle length, without clipping and with a pass that goes back
        only a quarter of the steps.
    """
    lengths = sorted(config.lengths)
    middle = lengths[len(lengths) // 2]
    rows = [learn_to_add(config, task, T) for T in lengths for task in ADDING]
    again = [task._replace(clip=np.inf) for task in (ADDING[0], ADDING[-1])]
    again.append(ADDING[-1]._replace(back=max(1, middle // 4)))
    return {
        "by_length": rows,
        "again": [learn_to_add(config, task, middle) for task in again],
    }


def learn_to_add(config: Config, task: Task, T: int) -> dict[str, Any]:
    """Train N networks side by side with Adam (Kingma and Ba 2015), on new sequences.

    Returns:
        `name`; `length`, T; `curve`, pairs of updates and of the errors in validation;
        `error`, that of each network on 1,000 other sequences; `largest`, the largest
        norm of a gradient that any met; and `clipped`, the share of all updates in
        which it was shortened.
    """
    activation, N = task.start.activation, config.seeds
    w = first_weights(task.start, config)
    rng = np.random.default_rng([config.seed, T])
    validation, test = adding(rng, T, N, 200), adding(rng, T, N, 1000)

    def error(x: np.ndarray, target: np.ndarray) -> list[float]:
        y = bptt.answer(bptt.forward(x, w, activation)[-1], w)
        return bptt.squared_error(y, target)[0].tolist()

    mean = {name: np.zeros_like(array) for name, array in w.items()}
    square = {name: np.zeros_like(array) for name, array in w.items()}
    norms, curve = [], []
    for n in range(1, config.updates + 1):
        x, target = adding(rng, T, N, ADDING_BATCH)
        h = bptt.forward(x, w, activation)
        _, dy = bptt.squared_error(bptt.answer(h[-1], w), target)
        g, _ = bptt.backward(x, dy, h, w, activation, back=task.back)
        norms.append(bptt.norm(g))
        g = bptt.clip(g, task.clip)
        # The rate falls to zero along a cosine.
        rate = ADDING_RATE * (1 + np.cos(np.pi * (n - 1) / config.updates)) / 2
        rate *= np.sqrt(1 - 0.999**n) / (1 - 0.9**n)
        for name in w:
            mean[name] += 0.1 * (g[name] - mean[name])
            square[name] += 0.001 * (g[name] ** 2 - square[name])
            w[name] -= np.float32(rate) * mean[name] / (np.sqrt(square[name]) + 1e-7)
        if n % max(1, config.updates // POINTS) == 0:
            curve.append((n, error(*validation)))
    return {
        "name": task.name,
        "length": T,
        "curve": curve,
        "error": error(*test),
        "largest": float(np.max(norms)),
        "clipped": float(np.mean(np.array(norms) > task.clip)),
    }


def digits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return scikit-learn's 1,797 digits as sequences of 64 pixels, row by row.

    Returns:
        for each split, x (cases, 64, 1), standardized by the training split, and the
        digits (cases,): 360 to test, 360 for validation, 1,077 to train, with the same
        shares of all digits in each.
    """
    data, target = load_digits(return_X_y=True)
    rest, test = train_test_split(
        np.arange(len(data)), test_size=CASES, stratify=target, random_state=0
    )
    train, validation = train_test_split(
        rest, test_size=CASES, stratify=target[rest], random_state=0
    )
    x = ((data - data[train].mean()) / data[train].std()).astype("float32")[..., None]
    parts = {"train": train, "validation": validation, "test": test}
    return {name: (x[part], target[part]) for name, part in parts.items()}


def build_model(kind: str, units: int) -> keras.Model:
    """Return a network from 64 pixels (B, 64, 1) to ten logits (B, 10)."""
    inputs = keras.Input((64, 1))
    if kind == "gru":
        last = keras.layers.GRU(units)(inputs)
    elif kind == "gated_block":
        # Keras starts W_R as an orthogonal matrix.
        below, layer = (
            keras.layers.SimpleRNN(units, return_sequences=True) for _ in range(2)
        )
        x, _ = residual_block(below(inputs), layer, dropout=0, seed=0, name="block")
        last = x[:, -1]
    else:
        activation, start = kind.split("_")
        start = "glorot_uniform" if start == "glorot" else start
        last = keras.layers.SimpleRNN(units, activation, recurrent_initializer=start)(
            inputs
        )
    return keras.Model(inputs, keras.layers.Dense(10)(last), name=kind)


def first_pixel(model: keras.Model, x: np.ndarray, y: np.ndarray) -> float | None:
    """Return what arrives of the gradient at the first pixel: |dL/dh_0| / |dL/dh_T|.

    `None` if the model has more than one recurrent layer.
    """
    recurrent = [layer for layer in model.layers if hasattr(layer, "cell")]
    if len(recurrent) > 1:
        return None
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    _, by_state = through_keras(
        recurrent[0].cell,
        np.moveaxis(x, 1, 0),
        lambda h: cross_entropy(y, model.layers[-1](h)),
    )
    return arriving(by_state[0])[0]


def read_digits(config: Config) -> list[dict[str, Any]]:
    """Train networks on the digits, one pixel a step, once a seed.

    Returns:
        a row for each, see `read`.
    """
    data = digits()
    return [read(config, kind, data) for kind in config.networks]


def read(config: Config, kind: str, data: dict) -> dict[str, Any]:
    """Train one kind of network on the digits, once a seed.

    Returns:
        `name`; `parameters`; `accuracy` of each seed on the test split; `curve`, pairs
        of epochs and of accuracies in validation; and `before` and `after` training,
        what `first_pixel` returned for a batch of the training split.
    """
    (x, y), (learning_rate, limit) = data["train"], DIGITS[kind]
    per_epoch = len(x) // DIGITS_BATCH
    used = per_epoch * DIGITS_BATCH  # only full batches: one shape to compile
    model = build_model(kind, config.units)
    schedule = keras.optimizers.schedules.CosineDecay(
        learning_rate, config.epochs * per_epoch
    )
    model.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=limit),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=per_epoch,
        jit_compile=config.epochs > 1,  # compiling takes as long as some epochs
    )
    every = max(1, config.epochs // POINTS)
    curves, accuracy, before, after = [], [], [], []
    for seed in range(config.seed, config.seed + config.seeds):
        # One model for all seeds, so that it is compiled once.
        keras.utils.set_random_seed(seed)
        model.set_weights(build_model(kind, config.units).get_weights())
        for variable in model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        before.append(first_pixel(model, x[:DIGITS_BATCH], y[:DIGITS_BATCH]))
        fitted = model.fit(
            x[:used],
            y[:used],
            batch_size=DIGITS_BATCH,
            epochs=config.epochs,
            validation_data=data["validation"],
            validation_batch_size=CASES,
            validation_freq=every,
            verbose=0,
        )
        after.append(first_pixel(model, x[:DIGITS_BATCH], y[:DIGITS_BATCH]))
        curves.append(fitted.history["val_accuracy"])
        _, found = model.evaluate(*data["test"], batch_size=CASES, verbose=0)
        accuracy.append(found)
    epochs = range(every, config.epochs + 1, every)
    return {
        "name": kind,
        "parameters": model.count_params(),
        "accuracy": accuracy,
        "curve": list(zip(epochs, zip(*curves, strict=True), strict=True)),
        "before": before,
        "after": after,
    }
