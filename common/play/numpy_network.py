"""A trained network in NumPy: answers without waiting for TensorFlow.

The steps are those that `network.py` describes and `network.js` runs in a page.
Letters: B batch, T time steps, D features of a step, U units.
"""

import hashlib
import importlib
import json
import zipfile
from typing import Any

import numpy as np

from common import files, starting
from common.training import run_folder
from common.training.run_folder import Run

NAME = "network.npz"
TOLERANCE = 1e-5  # largest difference from Keras, relative where a number is above 1
# Whose change makes the file void.
OTHERS = (run_folder.MODEL, run_folder.PREPROCESSOR)


def sigmoid(x):
    """Return 1 / (1 + exp(-x)), without its overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def softmax(x):
    """Return exp(x) divided by its sum along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "linear": lambda x: x,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "softmax": softmax,
}


# Each cell takes p_t = x_t W_F + b, W_R, its states and the layer, and returns the new
# states, h first. The gates stand side by side in p_t, in Keras's order.


def simple_rnn(p_t, W_R, states, layer):
    """Compute h_t = activation(x_t W_F + b + h_{t-1} W_R)."""
    return [ACTIVATIONS[layer["activation"]](p_t + states[0] @ W_R)]


def gru(p_t, W_R, states, layer):
    """Mix the state so far with a new one; Cho et al. 2014, as Keras computes it."""
    (h,) = states
    z, r, new = np.split(p_t, 3, axis=-1)
    z_h, r_h, new_h = np.split(h @ W_R + layer["b"][1], 3, axis=-1)
    z, r = sigmoid(z + z_h), sigmoid(r + r_h)
    return [z * h + (1 - z) * np.tanh(new + r * new_h)]


def lstm(p_t, W_R, states, layer):
    """Keep a memory c beside h; Hochreiter and Schmidhuber 1997, with a forget gate."""
    h, c = states
    i, f, new, o = np.split(p_t + h @ W_R, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
    return [sigmoid(o) * np.tanh(c), c]


CELLS = {"SimpleRNN": simple_rnn, "GRU": gru, "LSTM": lstm}


def recurrent(layer: dict[str, Any], x, mask=None, *states) -> list:
    """Return what a recurrent layer of Keras does: its output, then its last states.

    Args:
        layer: the settings and weights of the layer.
        x: features (B, T, D), or ids (B, T, 1) whose rows of W_F are looked up.
        mask: (B, T), true where a step counts. The others leave the states as they are.
        *states: (B, U) at the start; zeros if none are given.
    """
    W_F, W_R, b = (layer[name] for name in ("W_F", "W_R", "b"))
    looked_up = x.shape[-1] != len(W_F)
    cell, bias = CELLS[layer["cell"]], b[0] if b.ndim == 2 else b
    p = (W_F[x[..., 0]] if looked_up else x @ W_F) + bias  # (B, T, gates U)
    (batch, steps), U = x.shape[:2], layer["units"]
    zeros = np.zeros((batch, U), "float32")
    states = list(states) or [zeros] * (2 if layer["cell"] == "LSTM" else 1)
    shown, outputs = zeros, np.zeros((batch, steps, U), "float32")
    for t in range(steps)[:: -1 if layer["backwards"] else 1]:
        new = cell(p[:, t], W_R, states, layer)
        if mask is None:
            states, shown = new, new[0]
        else:
            counts = mask[:, t, None]
            pairs = zip(new, states, strict=True)
            states = [np.where(counts, one, before) for one, before in pairs]
            shown = np.where(counts, new[0], zeros if layer["zeros"] else shown)
        outputs[:, t] = shown
    output = outputs if layer["sequences"] else states[0]
    return [output, *(states if layer["states"] else [])]


def _dense(x, W, b, activation):
    return ACTIVATIONS[activation](x @ W + (0 if b is None else b))


def _normalized(x, gamma, beta, epsilon):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    return gamma * centred / np.sqrt(variance + np.float32(epsilon)) + beta


def _item(x, key):
    places = (slice(*one) if isinstance(one, list) else one for one in key)
    return x[tuple(places)]


# Each takes the settings and weights of the layer, and its inputs.
LAYERS = {
    "Embedding": lambda own, ids: own["W"][ids],
    "Dense": lambda own, x: _dense(x, own["W"], own.get("b"), own["activation"]),
    "LayerNormalization": lambda own, x: _normalized(
        x, own["gamma"], own["beta"], own["epsilon"]
    ),
    "Concatenate": lambda own, *xs: np.concatenate(xs, own["axis"]),
    "Stack": lambda own, *xs: np.stack(xs, own["axis"]),
    "Max": lambda own, x: x.max(own["axis"]),
    "Sum": lambda own, x: x.sum(own["axis"]),
    "TakeAlongAxis": lambda own, x, at: np.take_along_axis(x, at, own["axis"]),
    "Repeat": lambda own, x: np.repeat(x, own["repeats"], own["axis"]),
    "ExpandDims": lambda own, x: np.expand_dims(x, own["axis"]),
    "Reshape": lambda own, x: x.reshape(own["newshape"]),
    "Flatten": lambda _, x: x.reshape(len(x), -1),
    "OneHot": lambda own, ids: np.eye(own["num_classes"], dtype="float32")[ids],
    "GetItem": lambda own, x: _item(x, own["key"]),
    "Cast": lambda own, x: x.astype(own["dtype"]),
    "Where": lambda _, *xs: np.where(*xs),
    "Add": lambda _, a, b: a + b,
    "Subtract": lambda _, a, b: a - b,
    "Multiply": lambda _, a, b: a * b,
    "TrueDivide": lambda _, a, b: a / b,
    "Sqrt": lambda _, x: np.sqrt(x),
    "NotEqual": lambda _, a, b: a != b,
    "GreaterEqual": lambda _, a, b: a >= b,
}


class Network:
    """A trained network. It is called as its Keras model is."""

    def __init__(self, described: dict[str, Any], weights: list[np.ndarray]):
        """Take what `network.Description` holds."""
        self.steps, self.inputs = described["steps"], described["inputs"]
        self.outputs, self.layers = described["outputs"], {}
        for name, layer in described["layers"].items():
            own = {letter: weights[place] for letter, place in layer["weights"].items()}
            self.layers[name] = layer | own

    def layer(self, name: str, *inputs) -> list:
        """Return the outputs of one layer for inputs of its own."""
        layer = self.layers[name]
        if layer["kind"] == "Recurrent":
            return recurrent(layer, *inputs)
        return [LAYERS[layer["kind"]](layer, *inputs)]

    def __call__(self, inputs, training: bool = False):
        """Return the output, or the list of outputs, for an array or a list of them."""
        assert not training
        given = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        computed = {
            step: [np.asarray(x)] for step, x in zip(self.inputs, given, strict=True)
        }

        def value(source):
            if isinstance(source, list):
                return computed[source[0]][source[1]]
            # JSON has no infinity.
            return -np.inf if source == "-Infinity" else source

        for number, step in enumerate(self.steps):
            if number not in computed:
                taken = [value(source) for source in step["from"]]
                computed[number] = self.layer(step["layer"], *taken)
        outputs = [value(source) for source in self.outputs]
        return outputs if len(outputs) > 1 else outputs[0]

    predict_on_batch = __call__


def save(run: Run, described, checks: list[tuple[Any, list[np.ndarray]]]):
    """Write the network of a run in NumPy's form, if it answers as Keras does.

    Args:
        run: its folder, with the model and its preprocessor.
        described: the `network.Description` of the model.
        checks: inputs, and the outputs of Keras.
    """
    network = Network(described.to_json(), described.weights)
    for inputs, expected in checks:
        found = network(inputs)
        for mine, theirs in zip(
            found if isinstance(found, list) else [found], expected, strict=True
        ):
            if not np.allclose(mine, theirs, rtol=TOLERANCE, atol=TOLERANCE):
                return
    arrays = {str(number): one for number, one in enumerate(described.weights)}
    texts = {"described": json.dumps(described.to_json()), "of": _fingerprint(run)}
    with files.atomic_write(run / NAME) as path, path.open("wb") as file:
        np.savez(file, **arrays, **{name: np.array(x) for name, x in texts.items()})


def load(run: Run) -> Network | None:
    """Return the network of a run; `None` if only Keras can answer.

    That is so if the run has no network in this form, or if its model or its
    preprocessor has been changed since.
    """
    if not (run / NAME).is_file():
        return None
    try:
        with np.load(run / NAME, allow_pickle=False) as stored:
            if str(stored["of"]) != _fingerprint(run):
                return None
            described = json.loads(str(stored["described"]))
            weights = [stored[str(number)] for number in range(len(stored.files) - 2)]
        return Network(described, weights)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None  # damaged; Keras's own file is complete


def in_keras(run: Run, package: str):
    """Return the `keras.Model` of a run of the example `package`.

    Raises:
        UserError: its file is missing or damaged.
    """
    starting.import_keras()
    importlib.import_module(f"{package}.model")  # registers its layers
    from common.training import models

    return models.load(run)


def _fingerprint(run: Run) -> str:
    parts = [(run / name).read_bytes() for name in OTHERS if (run / name).is_file()]
    return " ".join(hashlib.sha256(part).hexdigest() for part in parts)
