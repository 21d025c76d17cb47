"""The exported network, run by TensorFlow."""

from pathlib import Path

import tensorflow as tf


class Network:
    """Calls a part of the network: arrays by name in, a list of arrays out."""

    def __init__(self, folder: Path = Path(__file__).parent):
        """Read the folder `network` beside this file."""
        self.signatures = tf.saved_model.load(str(folder / "network")).signatures

    def __call__(self, part: str, **inputs) -> list:
        """Return the outputs of a part."""
        given = {name: tf.constant(array) for name, array in inputs.items()}
        outputs = self.signatures[part](**given)
        return [outputs[name].numpy() for name in sorted(outputs)]
