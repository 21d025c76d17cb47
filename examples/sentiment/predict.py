"""Labels the user's own texts with a finished run."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from common import files
from common.command_line import input_lines
from common.errors import UserError
from common.training import models, run_folder
from examples.sentiment import model as _registers_the_cell  # noqa: F401
from examples.sentiment.config import Classify
from examples.sentiment.data import CODEC, EXAMPLE, Codec, words


@dataclass(frozen=True)
class Classifier:
    """A trained network together with the codec that it was trained with."""

    model: keras.Model
    codec: Codec

    @classmethod
    def from_run(cls, run: run_folder.Run) -> "Classifier":
        """Load what a run left.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        codec = Codec.from_json(files.read_json(run / CODEC))
        model = models.load(run)
        known = model.get_layer("embedding").input_dim
        sizes = (known, model.output_shape[-1])
        if sizes != (len(codec.vocabulary), len(codec.labels)):
            raise UserError(
                f"{run / CODEC} does not belong to {run / run_folder.MODEL}"
            )
        return cls(model, codec)

    def classify(self, texts: list[str]) -> list[dict[str, Any]]:
        """Return label, probabilities and word counts of every text."""
        ids = self.codec.encode(texts)  # (N, T)
        # Called, not `predict`: that would compile a function for a handful of texts.
        batches = [ids[start : start + 256] for start in range(0, len(ids), 256)]
        outputs = [np.asarray(self.model(batch, training=False)) for batch in batches]
        answers = []
        for text, p in zip(texts, np.concatenate(outputs), strict=True):
            tokens = words(text)
            labelled = zip(self.codec.labels, p.tolist(), strict=True)
            answers.append(
                {
                    "text": text,
                    "label": self.codec.labels[p.argmax()],
                    "probability": float(p.max()),
                    "probabilities": dict(labelled),
                    "words": len(tokens),
                    "unknown_words": sum(
                        w not in self.codec.vocabulary for w in tokens
                    ),
                }
            )
        return answers


def classify(options: Classify):
    """Print an answer for every text the user gives.

    Raises:
        UserError: no text, no finished run, or one that cannot be read.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    texts = _texts(options)
    if not texts:
        raise UserError("there is no text to classify")
    classifier = Classifier.from_run(run)
    answers = classifier.classify(texts)
    if options.json:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    else:
        width = max(map(len, classifier.codec.labels))
        for answer in answers:
            unknown = f"{answer['unknown_words']} of {answer['words']} words unknown"
            print(
                f"{answer['label']:<{width}}  {answer['probability']:.3f}  "
                f"({unknown})  {answer['text']}"
            )
    for warning in _warnings(answers, classifier.codec.max_length):
        print(f"warning: {warning}", file=sys.stderr)


def _texts(options: Classify) -> list[str]:
    """Return the texts from the command line, the file, or stdin."""
    if options.texts:
        for text in options.texts:
            if not text.strip():
                raise UserError("a text must not be empty")
        return list(options.texts)
    return input_lines.read(options.file, what="a text in quotes")


def _warnings(answers: list[dict[str, Any]], max_length: int) -> Iterable[str]:
    for number, answer in enumerate(answers, start=1):
        if answer["unknown_words"] == answer["words"]:
            yield f"text {number} has no word that the network knows; it can only guess"
        if answer["words"] > max_length:
            yield f"text {number} is read to its word {max_length}; the rest is cut off"
