"""What `export` writes of a run: the whole network is one part."""

import numpy as np

from common import files
from common.export.formats import Part
from common.play import numpy_network
from common.preprocessing.padding import padded
from common.training.run_folder import PREPROCESSOR, Run

from .data import Preprocessor


def parts(run: Run) -> dict[str, Part]:
    """Return the network of a run, and a window to check it on."""
    preprocessor = Preprocessor.from_json(files.read_json(run / PREPROCESSOR))
    steps, channels = preprocessor.max_length, len(preprocessor.channels)
    window = np.random.default_rng(0).normal(size=(-(-steps // 2), channels))
    signals = padded([window], width=steps, dtype="float32")  # (1, T, D)
    present = padded([np.ones(len(window))], width=steps)  # (1, T)
    model = numpy_network.in_keras(run, __package__)
    return {"label": Part(model, {"signals": signals, "present": present})}
