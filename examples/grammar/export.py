"""What `export` writes of a run: the whole network is one part."""

from common import files
from common.export.formats import Part
from common.play import numpy_network
from common.preprocessing.padding import padded
from common.training.run_folder import PREPROCESSOR, Run

from .preprocessor import Preprocessor


def parts(run: Run) -> dict[str, Part]:
    """Return the network of a run, and a sentence to check it on."""
    preprocessor = Preprocessor.from_json(files.read_json(run / PREPROCESSOR))
    ids = preprocessor.encode([[*preprocessor.vocabulary.tokens[2:9], "qwertz"]])
    ids = padded(ids, width=preprocessor.max_length)  # (1, T)
    model = numpy_network.in_keras(run, __package__)
    return {"damage": Part(model, {"word_ids": ids})}
