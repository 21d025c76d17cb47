"""The same network in Keras, and whether its shapes and numbers are as computed.

Letters: B batch, T time steps, D numbers that a layer reads, U units.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from examples.anatomy.shapes import Layer, parameters, shapes_of, weights
from examples.anatomy.trace import Step, Weights, concise_z

TOLERANCE = 1e-4  # Keras computes in 32 bits, the trace in 64


def build_model(layers: list[Layer], *, batch: int, steps: int) -> keras.Model:
    """Return a network from (B, T, D) to the output of its last layer (B, T, U)."""
    inputs = keras.Input((steps, layers[0].reads), batch_size=batch)
    outputs = inputs
    for layer in layers:
        # Zeros: here, only the shapes of the weights matter.
        if layer.recurrent:
            outputs = keras.layers.SimpleRNN(
                layer.units,
                kernel_initializer="zeros",
                recurrent_initializer="zeros",
                return_sequences=True,
            )(outputs)
        else:
            outputs = keras.layers.Dense(layer.units, kernel_initializer="zeros")(
                outputs
            )
    return keras.Model(inputs, outputs, name="anatomy")


def check_shapes(model: keras.Model, layers: list[Layer], *, batch: int, steps: int):
    """Hold all computed shapes and counts against those of the Keras model.

    Raises:
        RuntimeError: one differs, so `shapes` is wrong.
    """
    # model.layers begins with the input.
    for layer, built in zip(layers, model.layers[1:], strict=True):
        for what, computed, found in _pairs(layer, built, batch=batch, steps=steps):
            if computed != found:
                raise RuntimeError(
                    f"layer {layer.number}, {what}: {computed}, but Keras has {found}"
                )


def _pairs(
    layer: Layer, built: keras.layers.Layer, *, batch: int, steps: int
) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is compared, as computed and as Keras has it."""
    _, of_batch, of_all = shapes_of(layer.units, batch=batch, steps=steps)
    computed = list(weights(layer).values())
    yield "weights", computed, [tuple(weight.shape) for weight in built.weights]
    yield "parameters", parameters(layer), built.count_params()
    yield "a_t of all steps", of_all, built.output.shape
    yield "a_t of the batch", of_batch, _one_step(layer, built, batch)


def _one_step(layer: Layer, built: keras.layers.Layer, batch: int) -> tuple:
    """Return the shape of what the built layer makes of one step of a batch."""
    x_t = keras.KerasTensor((batch, layer.reads))
    if not layer.recurrent:
        return built(x_t).shape
    a_t, _ = built.cell(x_t, [keras.KerasTensor((batch, layer.units))])
    return a_t.shape


def check_trace(
    model: keras.Model,
    layer_weights: list[Weights],
    x: np.ndarray,
    taken: list[list[Step]],
) -> tuple[float, float]:
    """Hold the numbers of a trace against Keras and against the concise notation.

    Args:
        model: of `build_model`; it gets the weights.
        layer_weights: W_F, W_R where there is one, and b, of every layer.
        x: the sequence, (T, D), with any number of steps.
        taken: what `trace.run` made of it.

    Returns:
        the largest differences: of any a_t from Keras, of any z_t from the concise
        notation.

    Raises:
        RuntimeError: they are larger than rounding explains, so the trace is wrong.
    """
    model.set_weights([w for weights in layer_weights for w in weights.values()])
    outputs, from_keras, from_concise = x[None].astype("float32"), [0.0], [0.0]
    for index, built in enumerate(model.layers[1:]):
        outputs = built(outputs)  # (1, T, U)
        found = keras.ops.convert_to_numpy(outputs)[0]
        for a_t, row in zip(found, taken, strict=True):
            step = row[index]
            from_keras.append(np.abs(a_t - step.a).max())
            z_t = concise_z(step, layer_weights[index])
            from_concise.append(np.abs(z_t - step.z).max())
    largest = float(max(from_keras)), float(max(from_concise))
    if max(largest) > TOLERANCE:
        raise RuntimeError(f"the trace is off by {largest[0]} and {largest[1]}")
    return largest
