"""The exported network, run by LiteRT (TensorFlow Lite)."""

from pathlib import Path

from ai_edge_litert.interpreter import Interpreter


class Network:
    """Calls a part of the network: arrays by name in, a list of arrays out."""

    def __init__(self, folder: Path = Path(__file__).parent):
        """Read `network.tflite` beside this file."""
        self.interpreter = Interpreter(str(folder / "network.tflite"))

    def __call__(self, part: str, **inputs) -> list:
        """Return the outputs of a part. It takes the shapes it was exported with."""
        outputs = self.interpreter.get_signature_runner(part)(**inputs)
        return [outputs[name] for name in sorted(outputs)]
