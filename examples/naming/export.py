"""What `export` writes of a run: the whole network is one part."""

import numpy as np

from common import files
from common.export.formats import Part
from common.play import numpy_network
from common.training.run_folder import PREPROCESSOR, Run

from .preprocessor import Preprocessor


def parts(run: Run) -> dict[str, Part]:
    """Return the network of a run, and the beginning of a text to check it on."""
    preprocessor = Preprocessor.from_json(files.read_json(run / PREPROCESSOR))
    steps, columns = preprocessor.max_length + 1, len(preprocessor.columns)
    random, known = np.random.default_rng(0), len(preprocessor.vocabulary)
    letters = np.zeros((1, steps), "int32")
    letters[0, : -(-steps // 2)] = random.integers(1, known, -(-steps // 2))
    numbers = random.normal(size=(1, columns)).astype("float32")
    model = numpy_network.in_keras(run, __package__)
    return {"name": Part(model, {"letters": letters, "numbers": numbers})}
