"""Labels the user's own windows, or a long recording, with a finished run."""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from common import files, settings
from common.errors import UserError, one_line
from common.play import numpy_network
from common.training import classes, run_folder
from common.training import console as out

from .config import EXAMPLE, Classify, Config, Evaluate
from .data import Preprocessor, Windows, read

READ_BATCH = 256  # windows


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
        sizes = [len(preprocessor.channels), len(preprocessor.labels)]
        shapes = [model.inputs[0].shape, model.outputs[0].shape]
        if [shape[-1] for shape in shapes] != sizes:
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(model, preprocessor)

    def probabilities(self, windows: Sequence[np.ndarray]) -> np.ndarray:
        """Return the probability of every label, (N, C).

        Args:
            windows: N arrays (T, D) in the units of the training data; T may differ,
                and `nan` is a missing value.

        Raises:
            UserError: a probability is not a finite number.
        """
        parts = []
        for start in range(0, len(windows), READ_BATCH):
            batch = self.preprocessor.encode(windows[start : start + READ_BATCH])
            # Called, not `predict`: that would compile a function for a few windows.
            parts.append(np.asarray(self.model(batch, training=False)))
        p = np.concatenate(parts)
        if not np.isfinite(p).all():
            raise UserError(
                "the network's answer is not a finite number; "
                "train it again with a smaller --learning-rate"
            )
        return p

    def classify(self, windows: Sequence[np.ndarray]) -> list[dict[str, Any]]:
        """Return label, probability and all probabilities of every window.

        Takes and raises what `probabilities` does.
        """
        labels = self.preprocessor.labels
        return [
            {
                "label": labels[p.argmax()],
                "probability": float(p.max()),
                "probabilities": dict(zip(labels, p.tolist(), strict=True)),
            }
            for p in self.probabilities(windows)
        ]


def classify(options: Classify):
    """Print an answer for every window of a file.

    Raises:
        UserError: no finished run, a file that cannot be used or lacks a channel, or no
            recording that is as long as a window.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    classifier = Classifier.from_run(run)
    config = settings.from_json(Config, run_folder.read_config(EXAMPLE, run))
    config = dataclasses.replace(
        config, channels=tuple(classifier.preprocessor.channels)
    )
    windows = read(Path(options.file), config, labelled=False)
    if options.window is not None:
        windows = cut(windows, options.window, options.stride or options.window)
    answers = classifier.classify(windows.values)
    run_folder.announce(run)
    longest = classifier.preprocessor.max_length
    if any(len(values) > longest for values in windows.values):
        windows.notes.append(f"windows are read to step {longest} (or use --window)")
    for text in windows.notes:
        out.note(Console(stderr=True), text)
    for answer, name, times in zip(answers, windows.names, windows.times, strict=True):
        answer |= {"window": name, "from": times[0], "to": times[-1]}
    if options.json:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
        return
    width = max(len(one_line(answer["label"], 40)) for answer in answers)
    for answer in answers:
        label = one_line(answer["label"], 40)
        place = one_line(f"{answer['window']}, {answer['from']} to {answer['to']}")
        print(f"{label:<{width}}  {answer['probability']:.3f}  {place}")


def evaluate(options: Evaluate):
    """Test a finished run on a file of labelled windows, and print how well it does.

    Raises:
        UserError: no finished run, or a file that cannot be used or has a label that
            the run does not know.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    classifier, path = Classifier.from_run(run), Path(options.file)
    config = settings.from_json(Config, run_folder.read_config(EXAMPLE, run))
    config = dataclasses.replace(
        config,
        channels=tuple(classifier.preprocessor.channels),
        label_column=options.label_column or config.label_column,
    )
    windows = read(path, config)
    classes.check_known(path, windows.labels, classifier.preprocessor.labels)
    answers = classifier.classify(windows.values)
    run_folder.announce(run)
    console = Console()
    for text in windows.notes:
        out.note(console, text)
    classes.show(console, windows.labels, [answer["label"] for answer in answers])


def cut(windows: Windows, length: int, stride: int) -> Windows:
    """Cut recordings into windows of `length` steps that begin every `stride` steps.

    The steps behind the last whole window are left out.

    Raises:
        UserError: no recording has so many steps.
    """
    places = [
        (n, start)
        for n, values in enumerate(windows.values)
        for start in range(0, len(values) - length + 1, stride)
    ]
    if not places:
        longest = max(map(len, windows.values))
        raise UserError(
            f"--window must be at most {longest}, the steps of the longest recording; "
            f"received {length}"
        )
    taken = windows.take([n for n, _ in places])
    return dataclasses.replace(
        taken,
        values=[windows.values[n][at : at + length] for n, at in places],
        times=[windows.times[n][at : at + length] for n, at in places],
    )
