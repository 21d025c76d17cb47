"""The same network in Keras, and the checks of all shapes and numbers against it.

Letters: B batch, T time steps, D inputs of a layer, U its units.
"""

import keras
import numpy as np

from .shapes import Layer, shapes_of
from .trace import Step, Weights, concise_z

TOLERANCE = 1e-4  # Keras computes in 32 bits, the trace in 64


def build_model(layers: list[Layer], *, batch: int, steps: int) -> keras.Model:
    """Return a network from (B, T, D) to the output of its last layer (B, T, U)."""
    inputs = keras.Input((steps, layers[0].inputs), batch_size=batch)
    outputs = inputs
    for layer in layers:
        if layer.recurrent:
            # Zeros: the orthogonal initializer takes seconds. The trace sets weights.
            built = keras.layers.SimpleRNN(
                layer.units, recurrent_initializer="zeros", return_sequences=True
            )
        else:
            built = keras.layers.Dense(layer.units)
        outputs = built(outputs)
    return keras.Model(inputs, outputs, name="anatomy")


def check_shapes(model: keras.Model, layers: list[Layer], *, batch: int, steps: int):
    """Compare all computed shapes and counts with those of the Keras model.

    Raises:
        RuntimeError: one differs, so `shapes` is wrong.
    """
    # model.layers begins with the input.
    for layer, built in zip(layers, model.layers[1:], strict=True):
        x_t = keras.KerasTensor((batch, built.input.shape[-1]))
        h = keras.KerasTensor((batch, built.units))
        a_t = built.cell(x_t, [h])[0] if layer.recurrent else built(x_t)
        _, of_batch, of_all = shapes_of(layer.units, batch=batch, steps=steps)
        pairs = {
            "weights": (
                list(layer.full.weights.values()),
                [tuple(weight.shape) for weight in built.weights],
            ),
            "parameters": (layer.parameters, built.count_params()),
            "a_t of all steps": (of_all, built.output.shape),
            "a_t of the batch": (of_batch, a_t.shape),
        }
        for what, (computed, found) in pairs.items():
            if computed != found:
                raise RuntimeError(
                    f"layer {layer.number}, {what}: {computed}, but Keras has {found}"
                )


def check_trace(
    model: keras.Model,
    weights: list[Weights],
    x: np.ndarray,
    trace: list[list[Step]],
) -> tuple[float, float]:
    """Compare the numbers of a trace with Keras and with the concise notation.

    Args:
        model: from `build_model`. Its weights are replaced.
        weights: W_F, W_R where there is one, and b, of every layer.
        x: the sequence, (T, D), of any length.
        trace: what `trace.run` made of it.

    Returns:
        the largest difference of any a_t from Keras, and of any z_t from the concise
        notation.

    Raises:
        RuntimeError: a difference is larger than rounding explains.
    """
    model.set_weights([array for one in weights for array in one.values()])
    outputs, from_keras, from_concise = x[None].astype("float32"), [], []
    for index, built in enumerate(model.layers[1:]):
        outputs = built(outputs)  # (1, T, U)
        for a_t, step in zip(outputs[0], (row[index] for row in trace), strict=True):
            a_t = keras.ops.convert_to_numpy(a_t)
            from_keras.append(np.abs(a_t - step.a).max())
            from_concise.append(np.abs(concise_z(step, weights[index]) - step.z).max())
    largest = float(max(from_keras)), float(max(from_concise))
    if max(largest) > TOLERANCE:
        raise RuntimeError(f"the trace is off by {largest[0]} and {largest[1]}")
    return largest
