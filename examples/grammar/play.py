"""The page in which a trained checker of sentences runs in the browser."""

from pathlib import Path

import keras

from common.play import page
from common.training.run_folder import Run

from .data import Data
from .figures import telling_texts
from .preprocessor import ENDING, words

CHECKS = ("", "never seen: qwertz qwertzing", "This is built-in, isn't it?", "A a A.")


def write(run: Run, model: keras.Model, data: Data):
    """Write the page of a run: the network, its words, and a few test sentences."""
    preprocessor, test = data.preprocessor, data.test
    texts = [" ".join(test.texts[index]) for index in telling_texts(test)]
    page.write(
        run,
        model,
        script=Path(__file__).with_name("play.js"),
        title="Are the words in order?",
        givens=[
            (text, preprocessor.encode([words(text)])) for text in (texts[0], *CHECKS)
        ],
        task={"texts": texts, "ending": ENDING, **preprocessor.to_json()},
    )
