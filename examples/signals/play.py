"""The page in which a trained classifier of signals runs in the browser."""

from pathlib import Path

import keras
import numpy as np

from common.play import page
from common.training.run_folder import Run

from .data import Data

SHOWN, LONGEST = 8, 200  # test windows in the page; steps of one of them


def write(run: Run, model: keras.Model, data: Data):
    """Write the page of a run: the network, and a few test windows to change."""
    test, preprocessor = data.test, data.preprocessor
    first = [int(np.argmax(test.classes == c)) for c in np.unique(test.classes)]
    chosen = [*first, *(n for n in range(len(test.classes)) if n not in first)][:SHOWN]
    lengths = np.minimum(LONGEST, test.present[chosen].sum(axis=1))
    windows = [
        test.signals[n, :length] for n, length in zip(chosen, lengths, strict=True)
    ]
    deviations, means = preprocessor.deviations, preprocessor.means
    samples = [
        {
            "values": np.round(window * deviations + means, 5).tolist(),  # (T, D)
            "label": preprocessor.labels[test.classes[n]],
        }
        for n, window in zip(chosen, windows, strict=True)
    ]
    page.write(
        run,
        model,
        script=Path(__file__).with_name("play.js"),
        title="Signal classifier",
        givens=[
            (sample["values"], (window[None], np.ones((1, len(window)), "int32")))
            for sample, window in zip(samples[:5], windows, strict=False)
        ],
        task={"samples": samples, **preprocessor.to_json()},
    )
