"""The page in which a trained classifier runs in the browser."""

from pathlib import Path

import keras

from common.play import page
from common.training.run_folder import Run

from .data import Data
from .figures import short_texts
from .preprocessor import CJK

CHECKS = ("", "never seen: qwertz", "I don't like it!", "not bad, not bad at all")


def write(run: Run, model: keras.Model, data: Data):
    """Write the page of a run: the network, its vocabulary, and a few test texts."""
    preprocessor, test = data.preprocessor, data.test
    texts = [test.texts[index] for index in short_texts(test)]
    page.write(
        run,
        model,
        script=Path(__file__).with_name("play.js"),
        title="Text classifier",
        givens=[(text, preprocessor.encode([text])) for text in (texts[0], *CHECKS)],
        task={"texts": texts, "cjk": CJK, **preprocessor.to_json()},
    )
