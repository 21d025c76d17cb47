"""What `export` writes of a run: one step, with the states as inputs and outputs."""

import numpy as np

from common.export.formats import Part
from common.play import numpy_network
from common.training.run_folder import Run


def parts(run: Run) -> dict[str, Part]:
    """Return the network of a run, and a step to check it on."""
    model = numpy_network.in_keras(run, __package__)
    widths = [state.shape[-1] for state in model.inputs[1:]]
    states = {
        f"state_{number}": np.full((1, width), 0.5, "float32")
        for number, width in enumerate(widths)
    }
    return {"step": Part(model, {"ids": np.array([[2]], "int32"), **states})}
