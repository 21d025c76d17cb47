"""Labels the user's own texts with a finished run."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from common import files
from common.command_line import input_lines
from common.errors import UserError, one_line
from common.play import numpy_network
from common.training import classes, run_folder
from common.training import console as out

from .config import EXAMPLE, Classify, Config, Evaluate
from .preprocessor import Preprocessor, words


@dataclass(frozen=True)
class Classifier:
    """A trained network and the preprocessor that it was trained with.

    `model` is a `keras.Model`, or the same network in NumPy.
    """

    model: Callable
    preprocessor: Preprocessor

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Classifier":
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
        weights = model.get_weights()  # from the embedding to the output's bias
        sizes = [array.shape[:1] for array in (*weights[:1], *weights[-1:])]
        if sizes != [(len(preprocessor.vocabulary),), (len(preprocessor.labels),)]:
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(model, preprocessor)

    def classify(self, texts: list[str]) -> list[dict[str, Any]]:
        """Return label, probabilities and word counts of every text.

        Raises:
            UserError: a probability is not a finite number.
        """
        ids = self.preprocessor.encode(texts)  # (N, T)
        # Called, not `predict`: that would compile a function for a handful of texts.
        batches = [ids[start : start + 256] for start in range(0, len(ids), 256)]
        outputs = [np.asarray(self.model(batch, training=False)) for batch in batches]
        probabilities = np.concatenate(outputs)  # (N, C)
        if not np.isfinite(probabilities).all():
            raise UserError(
                "the network's answer is not a finite number; "
                "train it again with a smaller --learning-rate"
            )
        labels, vocabulary = self.preprocessor.labels, self.preprocessor.vocabulary
        answers = []
        for text, p in zip(texts, probabilities, strict=True):
            tokens = words(text)
            answer = {"text": text, "label": labels[p.argmax()]}
            answer["probability"] = float(p.max())
            answer["probabilities"] = dict(zip(labels, p.tolist(), strict=True))
            answer["words"] = len(tokens)
            answer["unknown_words"] = sum(token not in vocabulary for token in tokens)
            answers.append(answer)
        return answers


def classify(options: Classify):
    """Print an answer for every text the user gives.

    Raises:
        UserError: no text, no finished run, or one that cannot be read.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    what = "a text in quotes"
    texts = list(options.texts) or input_lines.read(options.file, what=what)
    if not texts:
        raise UserError("there is no text to classify")
    classifier = Classifier.from_run(run)
    answers = classifier.classify(texts)
    run_folder.announce(run)
    if options.json:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    longest = classifier.preprocessor.max_length
    width = max(len(one_line(answer["label"], 40)) for answer in answers)
    for number, answer in enumerate(answers, start=1):
        total, unknown = answer["words"], answer["unknown_words"]
        if not options.json:
            label = one_line(answer["label"], 40)
            print(
                f"{label:<{width}}  {answer['probability']:.3f}  "
                f"({unknown} of {total} words unknown)  {one_line(answer['text'])}"
            )
        if unknown == total:
            why = "has no word that the network knows; it can only guess"
            print(f"warning: text {number} {why}", file=sys.stderr)
        if total > longest:
            why = f"is read to its word {longest}; the rest is ignored"
            print(f"warning: text {number} {why}", file=sys.stderr)


def evaluate(options: Evaluate):
    """Test a finished run on a file of labelled texts, and print how well it does.

    Raises:
        UserError: no finished run, or a file that cannot be used or has a label that
            the run does not know.
    """
    from .data import labelled_texts  # imports what `classify` can do without

    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    classifier, path = Classifier.from_run(run), Path(options.file)
    before = run_folder.read_config(EXAMPLE, run)
    columns = {
        name: getattr(options, name) or before[name]
        for name in ("text_column", "label_column")
    }
    rows, notes = labelled_texts(Config(**columns), path)
    truth = rows["label"].tolist()
    classes.check_known(path, truth, classifier.preprocessor.labels)
    answers = classifier.classify(rows["text"].tolist())
    run_folder.announce(run)
    console = Console()
    for text in notes:
        out.note(console, text)
    classes.show(console, truth, [answer["label"] for answer in answers])
