"""The page in which a trained network names colours in the browser."""

from pathlib import Path

import keras

from common.play import page
from common.training.run_folder import Run

from .data import Data

SHOWN = 5  # rows of the test


def write(run: Run, model: keras.Model, data: Data):
    """Write the page of a run: the network, its letters, and a few test rows."""
    test, preprocessor = data.test, data.preprocessor
    rows = test.rows.take(range(min(SHOWN, len(test.rows.texts))))
    inputs = rows.names if preprocessor.colours else rows.numbers.tolist()
    samples = [
        {"text": text, "input": one}
        for text, one in zip(rows.texts, inputs, strict=True)
    ]
    page.write(
        run,
        model,
        script=Path(__file__).with_name("play.js"),
        title="Namer",
        givens=[
            (sample, (preprocessor.encode([sample["text"]])[0], test.inputs[n : n + 1]))
            for n, sample in enumerate(samples)
        ],
        task={**preprocessor.to_json(), "samples": samples},
    )
