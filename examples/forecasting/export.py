"""What `export` writes of a run: the whole ensemble is one part."""

import numpy as np

from common.export.formats import Part
from common.play import numpy_network
from common.training.run_folder import Run


def parts(run: Run) -> dict[str, Part]:
    """Return the networks of a run, and a window to check them on."""
    model = numpy_network.in_keras(run, __package__)
    shape = (1, *model.input_shape[1:])
    windows = np.random.default_rng(0).normal(size=shape).astype("float32")
    return {"forecast": Part(model, {"windows": windows})}
