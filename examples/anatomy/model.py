"""The same network in Keras, and the checks of all shapes and numbers against it.

Letters: B batch, T time steps, D inputs of a layer, U its units.
"""

import keras
import numpy as np

from .shapes import Layer, shapes_of
from .trace import Arrays

TOLERANCE = 1e-4  # Keras computes in 32 bits, the trace in 64


def build_model(layers: list[Layer], *, batch: int, steps: int) -> keras.Model:
    """Return a network from (B, T, D) to the output of its last layer (B, T, U)."""
    inputs = keras.Input((steps, layers[0].inputs), batch_size=batch)
    outputs = inputs
    for layer in layers:
        # Zeros: the orthogonal initializer takes seconds. The trace sets weights.
        options = {"recurrent_initializer": "zeros", "return_sequences": True}
        kind = getattr(keras.layers, layer.cell.keras)
        built = kind(layer.units, **options if layer.cell.states else {})
        outputs = built(outputs)
    return keras.Model(inputs, outputs, name="anatomy")


def check_shapes(model: keras.Model, layers: list[Layer], *, batch: int, steps: int):
    """Compare all computed shapes and counts with those of the Keras model.

    Raises:
        RuntimeError: one differs, so `shapes` is wrong.
    """
    # model.layers begins with the input.
    for layer, built in zip(layers, model.layers[1:], strict=True):
        w = {name: np.empty(shape) for name, shape in layer.weights.items()}
        of_all = shapes_of(layer.units, batch=batch, steps=steps)[2]
        pairs = {
            "weights": (
                [array.shape for array in keras_weights(w)],
                [tuple(weight.shape) for weight in built.weights],
            ),
            "parameters": (layer.parameters, built.count_params()),
            "output of all steps": (of_all, built.output.shape),
        }
        for what, (computed, found) in pairs.items():
            if computed != found:
                raise RuntimeError(
                    f"layer {layer.number}, {what}: {computed}, but Keras has {found}"
                )


def keras_weights(w: Arrays) -> list[np.ndarray]:
    """Return the weights of a layer as Keras has them: two biases are one array."""
    biases = [array for name, array in w.items() if name[0] == "b"]
    matrices = [array for name, array in w.items() if name[0] == "W"]
    return [*matrices, np.stack(biases) if len(biases) > 1 else biases[0]]


def check_trace(
    model: keras.Model,
    layers: list[Layer],
    weights: list[Arrays],
    trace: list[list[Arrays]],
) -> float:
    """Compare the numbers of a trace, every gate and state, with those in Keras.

    Args:
        model: from `build_model`. Its weights are replaced.
        layers: of the network.
        weights: of every layer, by name.
        trace: what `trace.run` made of a sequence.

    Returns:
        the largest difference of any number.

    Raises:
        RuntimeError: a difference is larger than rounding explains.
    """
    model.set_weights([array for w in weights for array in keras_weights(w)])
    outputs = np.stack([row[0]["x"] for row in trace])[None].astype("float32")
    for built in model.layers[1:]:  # the model takes no other number of steps
        outputs = built(outputs)  # (1, T, U)
    last = layers[-1].cell.output
    pairs = [(row[-1][last], one) for row, one in zip(trace, outputs[0], strict=True)]
    for row in trace:
        for layer, built, values in zip(layers, model.layers[1:], row, strict=True):
            if layer.cell.states:
                found = gates_and_states(built.cell, layer, values)
                pairs += [(values[name], one) for name, one in found.items()]
    largest = max(np.abs(a - keras.ops.convert_to_numpy(b)).max() for a, b in pairs)
    if largest > TOLERANCE:
        raise RuntimeError(f"the trace is off by {largest}")
    return float(largest)


def gates_and_states(cell: keras.Layer, layer: Layer, values: Arrays) -> dict:
    """Return what a Keras cell makes of a step's input and states: (1, U) by name.

    A cell returns its states alone. Its gates are what its activations return, which
    it calls in the order in which the parts of its weights stand side by side.
    """
    heard, own = [], {}

    def listening(activation):
        return lambda z: heard.append(activation(z)) or heard[-1]

    for name in {"activation", "recurrent_activation"} & set(dir(cell)):
        own[name] = getattr(cell, name)
        setattr(cell, name, listening(own[name]))
    x_t = values["x"][None].astype("float32")
    before = [values[f"{state}-"][None] for state in layer.cell.states]
    _, after = cell(x_t, [state.astype("float32") for state in before])
    for name, activation in own.items():
        setattr(cell, name, activation)
    gates = dict(zip(layer.cell.parts, heard, strict=False))
    gates.pop("", None)  # a cell without gates
    return gates | dict(zip(layer.cell.states, after, strict=True))
