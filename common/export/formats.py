"""From a Keras model to other formats.

Letters: B batch, T time steps.
"""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from common.errors import UserError

PACKAGES = {
    "saved_model": (),
    "onnx": ("tf2onnx", "onnxruntime"),
    "litert": ("ai_edge_litert",),
}
OPSET = 18  # version of ONNX's operators
TOLERANCE = 1e-4  # largest difference from Keras, relative where a number is above 1


class Part(NamedTuple):
    """A model, and inputs to check it on: arrays by name, in the model's order.

    Their shape, with B = 1, is the only one that the LiteRT form takes.
    """

    model: keras.Model
    inputs: Mapping[str, np.ndarray]


def check_packages(form: str):
    """Raise `UserError` if a package that the format needs is not installed."""
    for name in PACKAGES[form]:
        if importlib.util.find_spec(name) is None:
            raise UserError(
                f"--format {form} needs the package {name}: "
                "pip install -r requirements.txt"
            )
    if keras.backend.backend() != "tensorflow":
        raise UserError("export needs KERAS_BACKEND=tensorflow")


def write(form: str, parts: Mapping[str, Part], folder: Path):
    """Write the parts of a network into a folder.

    A SavedModel and ONNX keep the loop over the steps and take any B and T that the
    model takes. Keras's loop collects its outputs in a TensorList, which LiteRT lacks,
    so for LiteRT the loop is unrolled.
    """
    import tensorflow as tf

    functions = {name: _function(part, form) for name, part in parts.items()}
    if form == "onnx":
        import tf2onnx

        for name, function in functions.items():
            tf2onnx.convert.from_function(
                function,
                input_signature=function.input_signature,
                opset=OPSET,
                output_path=str(folder / f"{name}.onnx"),
            )
        return
    # The weights alone: of a whole model, TensorFlow would also save how it is called.
    module, saved = tf.Module(), str(folder / "network")
    module.held = [w.value for part in parts.values() for w in part.model.weights]
    tf.saved_model.save(module, saved, signatures=functions)
    if form == "litert":
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, list(functions))
        (folder / "network.tflite").write_bytes(converter.convert())
        shutil.rmtree(saved)


def _function(part: Part, form: str):
    import tensorflow as tf

    model, signature = part.model, []
    for (name, array), like in zip(part.inputs.items(), model.inputs, strict=True):
        shape = array.shape if form == "litert" else like.shape
        signature.append(tf.TensorSpec(shape, like.dtype, name))
    if form == "litert":
        for layer in model.layers:
            _unroll(layer)

    @tf.function(input_signature=signature)
    def answer(*inputs):
        outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        return {f"output_{number}": one for number, one in enumerate(outputs)}

    return answer


def _unroll(layer: keras.layers.Layer):
    if isinstance(layer, keras.layers.Bidirectional):
        _unroll(layer.forward_layer)
        _unroll(layer.backward_layer)
    if isinstance(layer, keras.layers.RNN):
        layer.unroll = True
        if layer.go_backwards:
            # Keras 3.15 does not reverse this mask for an unrolled layer. Without it
            # the outputs are the same: before the last word the state is 0.
            layer.zero_output_for_mask = False


def difference(parts: Mapping[str, Part], network) -> float:
    """Return the largest difference between Keras and an exported network.

    It is relative where a number is above 1.
    """
    largest = 0.0
    for name, (model, inputs) in parts.items():
        given = list(inputs.values())
        outputs = model(given if len(given) > 1 else given[0], training=False)
        outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
        for mine, theirs in zip(network(name, **inputs), outputs, strict=True):
            theirs = np.asarray(theirs)
            apart = np.abs(mine - theirs) / np.maximum(1, np.abs(theirs))
            largest = max(largest, float(apart.max()))
    return largest
