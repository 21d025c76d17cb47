"""What `export` writes of a run.

For whole numbers, one part reads and one writes a number at a time: the states go out
of each call and into the next. For floats, the whole network is one part.
"""

import numpy as np

from common.export.formats import Part
from common.play import numpy_network
from common.preprocessing.padding import padded
from common.training.run_folder import Run

from .preprocessor import PADDING, Preprocessor


def parts(run: Run) -> dict[str, Part]:
    """Return the parts of a run's network, and a list to check them on."""
    preprocessor = Preprocessor.load(run)
    model = numpy_network.in_keras(run, __package__)
    kind = f"{preprocessor.values}32"
    count = preprocessor.shortest
    some = np.arange(count)[::-1] / (count if kind == "float32" else 1)
    numbers = padded([some], width=preprocessor.length, dtype=kind, value=PADDING)
    if kind == "float32":
        return {"rank": Part(model, {"numbers": numbers})}
    ids = preprocessor.inputs(numbers)  # (1, T)
    from .writer import one_step, reading

    step = one_step(model)
    states = {
        f"state_{number}": np.ones((1, state.shape[-1]), "float32")
        for number, state in enumerate(step.inputs[1:])
    }
    before = {"previous": np.array([[1]], "int32"), **states}
    return {"read": Part(reading(model), {"ids": ids}), "write": Part(step, before)}
