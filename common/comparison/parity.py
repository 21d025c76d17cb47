"""Are the built-in layer and the cell written by hand the same network?

A custom cell says with `weights_from_builtin` how it stores a built-in layer's
weights. With it the two networks start from the same point.
"""

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from common.training.fitting import variables
from common.training.task import Task

STEPS = 20


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers, also those inside nested models and bidirectional layers."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        elif isinstance(layer, keras.layers.Bidirectional):
            yield from (layer.forward_layer, layer.backward_layer)
        else:
            yield layer


def weights_as_custom(builtin: keras.Model, custom: keras.Model) -> list[np.ndarray]:
    """Return the weights of `builtin`, layer by layer, in the form of `custom`."""
    weights = []
    for source, target in zip(_layers(builtin), _layers(custom), strict=True):
        values, cell = source.get_weights(), getattr(target, "cell", None)
        if hasattr(cell, "weights_from_builtin"):
            values = cell.weights_from_builtin(values)
        weights += values
    return weights


def copy_weights(builtin: keras.Model, custom: keras.Model):
    """Give `custom` the weights of `builtin`."""
    custom.set_weights(weights_as_custom(builtin, custom))


def parity(task: Task, seed: int, compiled: Sequence[keras.Model]) -> dict[str, float]:
    """Return how far built-in and custom differ, starting from the same weights.

    Args:
        task: what they are trained on.
        seed: of their weights and of the order of the batches.
        compiled: two models of the task, built-in and custom, that are trained anew
            here. If they have been trained before, TensorFlow need not trace again.

    Returns:
        largest absolute difference of any output on the first batch, of any gradient
        on it, and of any weight after 20 training steps.
    """
    batches = task.train(seed)
    pair = task.build("builtin", seed), task.build("custom", seed)
    copy_weights(*pair)
    start = pair[1].get_weights()
    outputs = [[model(batches[0][0], training=False)] for model in pair]
    for model, new in zip(compiled, pair, strict=True):
        for own, other in zip(variables(model), variables(new), strict=True):
            # A copy: where JAX trains one model, it frees the arrays of that model.
            own.assign(np.array(other))
        for step in range(STEPS):
            model.train_on_batch(*batches[step % batches.num_batches])
    trained = weights_as_custom(*compiled), compiled[1].get_weights()
    for model in pair:
        # One step of plain gradient descent of length 1: the weights move by the
        # gradient, whatever the backend. Eager, since one step is not worth a graph.
        sgd = keras.optimizers.SGD(1.0)
        model.compile(optimizer=sgd, loss=model.loss, run_eagerly=True)
        model.train_on_batch(*batches[0])
    moved = weights_as_custom(*pair), pair[1].get_weights()
    gradients = [[a - b for a, b in zip(x, start, strict=True)] for x in moved]
    return {
        "output": _largest_difference(*outputs),
        "gradient": _largest_difference(*gradients),
        "weights_after_training": _largest_difference(*trained),
    }


def _largest_difference(first: Sequence, second: Sequence) -> float:
    pairs = zip(first, second, strict=True)
    return float(max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in pairs))
