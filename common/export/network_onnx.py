"""The exported network, run by onnxruntime."""

from pathlib import Path

import onnxruntime


class Network:
    """Calls a part of the network: arrays by name in, a list of arrays out."""

    def __init__(self, folder: Path = Path(__file__).parent):
        """Read the files `*.onnx` beside this file, one for each part."""
        session = onnxruntime.InferenceSession
        self.parts = {path.stem: session(path) for path in folder.glob("*.onnx")}

    def __call__(self, part: str, **inputs) -> list:
        """Return the outputs of a part."""
        return self.parts[part].run(None, inputs)
