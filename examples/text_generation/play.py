"""The page in which a trained network writes text in the browser."""

from pathlib import Path

import keras
import numpy as np

from common.play import page
from common.training.run_folder import Run

from .data import Preprocessor
from .predict import NEVER_WRITTEN

CHECKED = 20  # characters of each text that the page checks itself on


def write(run: Run, network: keras.Model, preprocessor: Preprocessor, text: str):
    """Write the page of a run.

    Args:
        run: its folder.
        network: takes the states as further inputs.
        preprocessor: of the run.
        text: that of the test; the page begins with a part of it.
    """
    starts = [len(text) * i // 5 for i in range(5)]
    parts = [text[start : start + CHECKED] for start in starts]
    states = [np.zeros((1, *x.shape[1:]), "float32") for x in network.inputs[1:]]
    page.write(
        run,
        network,
        script=Path(__file__).with_name("play.js"),
        title="Writer",
        givens=[(part, [preprocessor.encode(part)[None], *states]) for part in parts],
        task={
            "characters": preprocessor.to_json(),
            "never": list(NEVER_WRITTEN),
            "text": parts[0],
        },
    )
