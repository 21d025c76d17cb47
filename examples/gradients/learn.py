"""What follows for learning: the adding problem, and digits read pixel by pixel.

The adding problem is trained with `bptt`, the digits with Keras. No epoch is chosen:
the last weights are tested. The learning rates were chosen in validation.
Letters: T time steps, N networks (one a seed), B batch, U units.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from common.training.blocks import residual_block

from . import bptt
from .config import Config
from .measure import Start, adding, first_weights

CLIP = 1.0  # largest norm of a gradient
POINTS = 20  # of a learning curve
ADDING_BATCH, DIGITS_BATCH = 16, 32
CASES = 360  # digits for validation, and to test


class Task(NamedTuple):
    """A network for the adding problem, and how it is trained."""

    start: Start
    rate: float  # of Adam; falls to zero along a cosine
    clip: float = CLIP
    back: int | None = None  # steps of a truncated pass

    @property
    def name(self) -> str:
        clip = ", no clipping" if self.clip == np.inf else ""
        back = f", {self.back} steps back" if self.back else ""
        return f"{self.start.name}{clip}{back}"


GLOROT, ORTHOGONAL = Start("tanh", "glorot"), Start("tanh", "orthogonal")
IDENTITY = Start("relu", "identity")
# The learning rates were the best in validation.
ADDING = [Task(GLOROT, 3e-3), Task(ORTHOGONAL, 3e-3), Task(IDENTITY, 3e-3)]
DIGITS = {
    "tanh, glorot": 5e-3,
    "tanh, orthogonal": 5e-3,
    "relu, identity": 2e-3,
    "tanh, orthogonal, gated block": 5e-3,
    "GRU": 5e-3,
}


def adding_problem(config: Config) -> list[dict[str, Any]]:
    """Train plain networks on the adding problem of every length.

    At the middle length, some are trained again without clipping, or with a pass that
    goes back only a quarter of the steps.

    Returns:
        a row for each, as in `learn_to_add`; `usual` if it is not trained again.
    """
    lengths = sorted(config.lengths)
    middle, (first, *_, last) = lengths[len(lengths) // 2], ADDING
    again = [task._replace(clip=np.inf) for task in (first, last)]
    again.append(last._replace(back=middle // 4))
    rows = [
        learn_to_add(config, task, T) | {"usual": True}
        for T in lengths
        for task in ADDING
    ]
    return rows + [
        learn_to_add(config, task, middle) | {"usual": False} for task in again
    ]


def learn_to_add(config: Config, task: Task, T: int) -> dict[str, Any]:
    """Train N networks side by side with Adam (Kingma and Ba 2015), on new sequences.

    Returns:
        `name`; `length`, T; `curve`, pairs of updates and of the errors in validation;
        `mse`, the error of each network on 1,000 other sequences; `largest`, the
        largest norm of a gradient that each met; and `clipped`, the share of all
        updates in which it was shortened.
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
        norms.append(bptt.norm(g)[:, 0, 0])
        g = bptt.clip(g, task.clip)
        rate = task.rate * (1 + np.cos(np.pi * (n - 1) / config.updates)) / 2
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
        "mse": error(*test),
        "largest": np.max(norms, axis=0).tolist(),
        "clipped": float(np.mean(np.array(norms) > task.clip)),
    }


def digits() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return scikit-learn's 1,797 digits as sequences of 64 pixels, row by row.

    Returns:
        for each split, x (cases, 64, 1) in [0, 1] and the digits (cases,): 360 to test,
        360 for validation, 1,077 to train, with the same shares of all digits in each.
    """
    data, target = load_digits(return_X_y=True)
    x = (data[..., None] / 16).astype("float32")
    rest, test = train_test_split(
        np.arange(len(x)), test_size=CASES, stratify=target, random_state=0
    )
    train, validation = train_test_split(
        rest, test_size=CASES, stratify=target[rest], random_state=0
    )
    parts = {"train": train, "validation": validation, "test": test}
    return {name: (x[part], target[part]) for name, part in parts.items()}


def build_model(kind: str, units: int) -> keras.Model:
    """Return a network from 64 pixels (B, 64, 1) to ten logits (B, 10)."""
    inputs, (activation, *start) = keras.Input((64, 1)), kind.split(", ")
    if kind == "GRU":
        last = keras.layers.GRU(units)(inputs)
    elif len(start) == 1:
        initializer = {"glorot": "glorot_uniform"}.get(start[0], start[0])
        last = keras.layers.SimpleRNN(
            units, activation, recurrent_initializer=initializer
        )(inputs)
    else:
        # Keras starts W_R as an orthogonal matrix.
        x, layer = (
            keras.layers.SimpleRNN(units, return_sequences=True) for _ in range(2)
        )
        x, _ = residual_block(x(inputs), layer, dropout=0, seed=0, name="block")
        last = x[:, -1]
    return keras.Model(inputs, keras.layers.Dense(10)(last))


def read_digits(config: Config) -> list[dict[str, Any]]:
    """Train every network on the digits, one pixel a step, once a seed.

    Returns:
        a row for each: `name`, `parameters`, `accuracy` of each seed on the test split,
        and `curve`, pairs of epochs and of accuracies in validation.
    """
    data = digits()
    return [_read(config, kind, data) for kind in DIGITS]


def _read(config: Config, kind: str, data: dict) -> dict[str, Any]:
    (x, y), per_epoch = data["train"], len(data["train"][0]) // DIGITS_BATCH
    used = per_epoch * DIGITS_BATCH  # only full batches: one shape to compile
    steps = config.epochs * per_epoch
    schedule = keras.optimizers.schedules.CosineDecay(DIGITS[kind], steps)
    model = build_model(kind, config.units)
    model.compile(
        keras.optimizers.Adam(schedule, global_clipnorm=CLIP),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=per_epoch,
        jit_compile=config.preset != "smoke",
    )
    every = max(1, config.epochs // POINTS)
    curves, accuracy = [], []
    for seed in range(config.seed, config.seed + config.seeds):
        # One model for all seeds, so that it is compiled once.
        keras.utils.set_random_seed(seed)
        model.set_weights(build_model(kind, config.units).get_weights())
        for variable in model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
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
        curves.append(fitted.history["val_accuracy"])
        _, found = model.evaluate(*data["test"], batch_size=CASES, verbose=0)
        accuracy.append(found)
    epochs = range(every, config.epochs + 1, every)
    return {
        "name": kind,
        "parameters": model.count_params(),
        "accuracy": accuracy,
        "curve": list(zip(epochs, zip(*curves, strict=True), strict=True)),
    }
