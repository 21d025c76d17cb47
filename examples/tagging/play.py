"""The page in which a trained tagger runs in the browser."""

from pathlib import Path

import keras

from common.play import page
from common.training.run_folder import Run

from .colours import color_of
from .data import Data

SHOWN, CHECKED = 300, 40  # characters of a test text in the page, and of a check
WORDS = 20  # of a text in the page, for a run on words


def write(run: Run, model: keras.Model, data: Data):
    """Write the page of a run: the network, its vocabulary, and parts of test texts."""
    preprocessor, texts = data.preprocessor, data.test.texts
    if preprocessor.words:
        shown = [" ".join(text.tokens[:WORDS]) for text in texts[:5]]
        checks = [text.split() for text in shown]
    else:
        starts = [max(0, len(text.tokens) // 2 - SHOWN) for text in texts[:5]]
        shown = [
            text.tokens[start : start + SHOWN].partition("\n")[2]
            for text, start in zip(texts, starts, strict=False)
        ]
        checks = [text[:CHECKED] for text in shown if text]
    page.write(
        run,
        model,
        script=Path(__file__).with_name("play.js"),
        title="Tagger",
        givens=[(tokens, preprocessor.ids(tokens)[None]) for tokens in checks],
        task={
            **preprocessor.to_json(),
            "texts": shown,
            "colors": [
                color_of(preprocessor.tags, n) for n in range(len(preprocessor.tags))
            ],
        },
    )
