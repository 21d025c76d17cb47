"""Checks the user's own sentences with a finished run."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from common import files
from common.command_line import input_lines
from common.errors import UserError, one_line
from common.play import numpy_network
from common.training import run_folder

from .config import EXAMPLE, Check
from .preprocessor import WORD, Preprocessor, without_each_word, words

STRIKING = 0.5  # of the largest drop of P(damaged): a word with so much is marked


@dataclass(frozen=True)
class Checker:
    """A trained network and the preprocessor that it was trained with.

    `model` is a `keras.Model`, or the same network in NumPy.
    """

    model: Callable
    preprocessor: Preprocessor

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Checker":
        """Load both from a run folder; a path that ends in `latest` will do.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        run = run_folder.opened(EXAMPLE, run)
        path = run / run_folder.PREPROCESSOR
        preprocessor = Preprocessor.from_json(files.read_json(path))
        if (network := numpy_network.load(run)) is not None:
            return cls(network, preprocessor)
        model = numpy_network.in_keras(run, __package__)
        if model.get_weights()[0].shape[:1] != (len(preprocessor.vocabulary),):
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(model, preprocessor)

    def check(self, sentences: list[str]) -> list[dict[str, Any]]:
        """Return verdict, probability and striking words of every sentence.

        `damaged` is the probability of damage, and `drops` says for each word that is
        read how far that falls without the word.

        Raises:
            UserError: a probability is not a finite number.
        """
        answers = []
        for sentence in sentences:
            ids = self.preprocessor.encode([words(sentence)])  # (1, T)
            p, *without = [
                np.asarray(self.model(rows, training=False))[:, 0]
                for rows in (ids, without_each_word(ids[0]))
            ]
            if not np.isfinite([*p, *without[0]]).all():
                raise UserError(
                    "the network's answer is not a finite number; "
                    "train it again with a smaller --learning-rate"
                )
            answers.append(
                {
                    "sentence": sentence,
                    "in_order": bool(p[0] <= 0.5),
                    "damaged": float(p[0]),
                    "words": words(sentence)[: self.preprocessor.max_length],
                    "drops": (p[0] - without[0]).tolist(),
                }
            )
        return answers


def check(options: Check):
    """Print the verdict on every sentence the user gives.

    Raises:
        UserError: no sentence, no finished run, or one that cannot be read.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    what = "a sentence in quotes"
    sentences = list(options.sentences) or input_lines.read(options.file, what=what)
    if not sentences:
        raise UserError("there is no sentence to check")
    checker = Checker.from_run(run)
    answers = checker.check(sentences)
    run_folder.announce(run)
    if options.json:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    for number, answer in enumerate(answers, start=1):
        if not options.json:
            verdict = "in order" if answer["in_order"] else "damaged "
            start = f"{verdict}  {answer['damaged']:.3f}  "
            print(start + one_line(answer["sentence"]))
            if marks := marked(answer):
                print(" " * len(start) + marks)
        read = len(answer["words"])
        if not read:
            why = "has no word; the network can only guess"
            print(f"warning: sentence {number} {why}", file=sys.stderr)
        elif len(words(answer["sentence"])) > read:
            why = f"is read to its word {read}; the rest is ignored"
            print(f"warning: sentence {number} {why}", file=sys.stderr)


def marked(answer: dict[str, Any]) -> str:
    """Return a line of marks below the words that a damaged sentence stumbles at."""
    line = one_line(answer["sentence"])
    marks = [" "] * len(line)
    places = WORD.finditer(line)
    least = max(1e-6, STRIKING * max(answer["drops"]))
    for word, drop in zip(places, answer["drops"], strict=False):
        if not answer["in_order"] and drop >= least:
            marks[word.start() : word.end()] = "^" * len(word.group())
    return "".join(marks).rstrip()
