"""What `export` writes of a run: the whole network is one part."""

from common import files
from common.export.formats import Part
from common.play import numpy_network
from common.preprocessing.padding import padded
from common.training.run_folder import PREPROCESSOR, Run

from .preprocessor import Preprocessor


def parts(run: Run) -> dict[str, Part]:
    """Return the network of a run, and a window to check it on."""
    preprocessor = Preprocessor.from_json(files.read_json(run / PREPROCESSOR))
    length = preprocessor.length
    tokens = [*preprocessor.vocabulary.tokens[2:], "qwertz"][: -(-length // 2)]
    ids = padded([preprocessor.ids(tokens)], width=length)  # (1, T)
    model = numpy_network.in_keras(run, __package__)
    return {"tags": Part(model, {"ids": ids})}
