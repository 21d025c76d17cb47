"""A trained network as plain data that `network.js` can run.

Letters: D features, U units.
"""

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import numpy as np

from common.errors import UserError


class Kind(NamedTuple):
    """What `layers.js` is told of a layer besides its inputs."""

    settings: tuple[str, ...] = ()
    # Attribute of the Keras layer by name in layers.js.
    weights: Mapping[str, str] = MappingProxyType({})


# The layers and operations that `layers.js` knows, by the name of their class.
KINDS = {
    "Embedding": Kind(weights={"W": "embeddings"}),
    "Dense": Kind(("activation",), {"W": "kernel", "b": "bias"}),
    "LayerNormalization": Kind(("epsilon",), {"gamma": "gamma", "beta": "beta"}),
    "Concatenate": Kind(("axis",)),
    "Stack": Kind(("axis",)),
    "Max": Kind(("axis",)),
    "Sum": Kind(("axis",)),
    "TakeAlongAxis": Kind(("axis",)),
    "Repeat": Kind(("axis", "repeats")),
    "ExpandDims": Kind(("axis",)),
    "Reshape": Kind(("newshape",)),
    "OneHot": Kind(("num_classes",)),
}
KINDS |= dict.fromkeys(("Flatten", "Where"), Kind())
KINDS |= {"Cast": Kind(("dtype",)), "GetItem": Kind()}
KINDS |= dict.fromkeys(("Add", "Subtract", "Multiply", "TrueDivide", "Sqrt"), Kind())
KINDS |= dict.fromkeys(("NotEqual", "GreaterEqual"), Kind())
# These do something in training alone, as do layers with `training_only = True`.
IDENTITIES = ("Dropout", "GaussianNoise")
ACTIVATIONS = ("linear", "tanh", "relu", "sigmoid", "softmax")
# Settings that the JavaScript takes for granted.
FIXED = {
    **{"reset_after": True, "recurrent_activation": "sigmoid", "keepdims": False},
    **{"merge_mode": "concat", "go_backwards": False},
    **{"center": True, "scale": True, "rms_scaling": False},
}


class Description:
    """The layers of a model, the steps in which they are called, and their weights.

    Attributes:
        layers: kind, settings and weights of each layer by name. A weight is a place in
            `weights`.
        steps: calls in their order: the layer, and where its inputs come `from`. That
            is [step, output], a constant, or None.
        inputs: steps that are the model's inputs.
        outputs: [step, output] of each of the model's outputs.
        weights: float32 arrays.
    """

    def __init__(self, model: keras.Model):
        """Take a functional model apart.

        Raises:
            UserError: the model has a layer that the JavaScript does not know.
        """
        self.layers: dict[str, dict[str, Any]] = {}
        self.steps: list[dict[str, Any]] = []
        self.weights: list[np.ndarray] = []
        self._operations = {operation.name: operation for operation in model.operations}
        self._places: dict[tuple, list[int]] = {}  # of tensors, by their history
        config = model.get_config()
        self._calls = {layer["name"]: layer for layer in config["layers"]}
        ends = (config[f"{end}_layers"] for end in ("input", "output"))
        inputs, outputs = ([x] if isinstance(x[0], str) else x for x in ends)
        self.inputs = [self._place(*history)[0] for history in inputs]
        self.outputs = [self._place(*history) for history in outputs]

    def to_json(self) -> dict[str, Any]:
        """Return what `Network` in `network.js` takes besides the weights."""
        names = ("layers", "steps", "inputs", "outputs")
        return {name: getattr(self, name) for name in names}

    def _place(self, name: str, call: int, output: int) -> list[int]:
        """Return the place of a tensor; first add the steps that lead to it."""
        if (name, call, output) not in self._places:
            layer = self._calls[name]
            for number, place in enumerate(self._add(layer, call)):
                self._places[name, call, number] = place
        return self._places[name, call, output]

    def _source(self, value: Any) -> Any:
        """Return where an argument comes from: places for tensors, or the value."""
        if isinstance(value, (list, tuple)):
            return [self._source(one) for one in value]
        if isinstance(value, dict) and value["class_name"] == "__slice__":
            return [value["config"]["start"], value["config"]["stop"]]
        if isinstance(value, dict):
            return self._place(*value["config"]["keras_history"])
        # JSON has no infinity.
        return "-Infinity" if value == -np.inf else value

    def _add(self, layer: dict[str, Any], call: int) -> list[list[int]]:
        """Add one call of a layer; return the places of its outputs."""
        name, kind, config = (layer[key] for key in ("name", "class_name", "config"))
        if kind == "InputLayer":
            return [self._step(name, {"kind": "Input"}, [])]
        arguments = layer["inbound_nodes"][call]
        inputs = [self._source(value) for value in arguments["args"]]
        named = arguments["kwargs"].items()
        named = {k: self._source(value) for k, value in named if k != "training"}
        operation = self._operations[name]
        if kind in IDENTITIES or getattr(operation, "training_only", False):
            return inputs
        if isinstance(operation, keras.layers.Bidirectional):
            return [self._both_ways(operation, inputs[0], named)]
        if isinstance(operation, keras.layers.RNN):
            return self._recurrent(operation, inputs[0], **named)
        if kind not in KINDS:
            raise UserError(f"it has a layer {name}, a {kind}, that the page lacks")
        _check(name, config)
        if kind in ("Concatenate", "Stack"):
            inputs = inputs[0]  # a list
        own = {"kind": kind, **{key: config[key] for key in KINDS[kind].settings}}
        if kind == "GetItem":
            own["key"] = inputs.pop()
        attributes = KINDS[kind].weights.items()
        weights = {key: getattr(operation, name) for key, name in attributes}
        return [self._step(name, own, [*inputs, *named.values()], weights)]

    def _recurrent(self, layer, x, mask=None, initial_state=None, backwards=False):
        """Add a recurrent layer; return the places of its output and last states."""
        cell = layer.cell
        own = {"kind": "Recurrent", "units": cell.units, "backwards": backwards}
        own |= {"sequences": layer.return_sequences, "states": layer.return_state}
        own["zeros"] = layer.zero_output_for_mask
        config = layer.get_config()
        _check(layer.name, config | {"go_backwards": layer.go_backwards != backwards})
        gated = {keras.layers.GRUCell: "GRU", keras.layers.LSTMCell: "LSTM"}
        own["cell"] = gated.get(type(cell), "SimpleRNN")
        own["activation"] = keras.activations.serialize(
            getattr(cell, "activation", keras.activations.tanh)
        )
        if own["activation"] not in (("tanh",) if type(cell) in gated else ACTIVATIONS):
            raise UserError(f"the page lacks the activation {own['activation']}")
        start = self._step(
            layer.name, own, [x, mask, *(initial_state or [])], _weights_of(cell)
        )[0]
        count = len(cell.state_size) if isinstance(cell.state_size, list) else 1
        return [[start, output] for output in range(1 + count * layer.return_state)]

    def _both_ways(self, layer, x, named) -> list[int]:
        """Add a bidirectional layer: two recurrent ones, and their outputs joined."""
        _check(layer.name, {"merge_mode": layer.merge_mode})
        ends = [
            self._recurrent(one, x, **named, backwards=backwards)[0]
            for one, backwards in (
                (layer.forward_layer, False),
                (layer.backward_layer, True),
            )
        ]
        return self._step(layer.name, {"kind": "Concatenate", "axis": -1}, ends)

    def _step(self, name, layer, inputs, weights=()) -> list[int]:
        """Add a step, and its layer if it is new; return the place of its output."""
        if name not in self.layers:
            used = {k: v for k, v in dict(weights).items() if v is not None}
            places = itertools.count(len(self.weights))
            self.weights += [_array(value) for value in used.values()]
            places = dict(zip(used, places, strict=False))
            self.layers[name] = {**layer, "name": name, "weights": places}
        self.steps.append({"layer": name, "from": inputs})
        return [len(self.steps) - 1, 0]


def _array(value) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(value), "float32")


def _weights_of(cell) -> dict[str, Any]:
    """Return W_F (D, U), W_R (U, U) and b (U,) of a cell, built in or by hand."""
    if hasattr(cell, "kernel"):
        return {"W_F": cell.kernel, "W_R": cell.recurrent_kernel, "b": cell.bias}
    if hasattr(cell, "W"):  # the rows of W_F above those of W_R
        W = _array(cell.W)
        return {"W_F": W[: -cell.units], "W_R": W[-cell.units :], "b": cell.b}
    return {"W_F": cell.W_F, "W_R": cell.W_R, "b": cell.b}


def _check(name: str, config: dict[str, Any]):
    """Raise `UserError` if a layer has a setting that the JavaScript lacks."""
    for key, value in FIXED.items():
        if config.get(key, value) != value:
            raise UserError(f"its layer {name} has {key}={config[key]!r}")
    if config.get("activation", "linear") not in ACTIVATIONS:
        raise UserError(f"its layer {name} has activation={config['activation']!r}")
