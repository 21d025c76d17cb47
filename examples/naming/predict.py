"""Names the user's own inputs with a finished run.

Letters: N inputs, F numbers of an input, K beams, V ids.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import log_softmax

from common import files
from common.command_line import input_lines
from common.errors import UserError, one_line
from common.play import numpy_network
from common.training import run_folder

from .colours import swatch
from .config import EXAMPLE, Name
from .preprocessor import END, Preprocessor


@dataclass(frozen=True)
class Namer:
    """A trained network and the preprocessor that it was trained with.

    `model` is a `keras.Model`, or the same network in NumPy.
    """

    model: Callable
    preprocessor: Preprocessor

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Namer":
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
        shapes = [x.shape for x in (*model.inputs, *model.outputs)]
        sizes = [len(preprocessor.columns), len(preprocessor.vocabulary)]
        if len(shapes) != 3 or [shape[-1] for shape in shapes[1:]] != sizes:
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(model, preprocessor)

    def name(
        self, numbers: np.ndarray, beams: int = 5
    ) -> list[list[tuple[str, float]]]:
        """Return likely texts for numbers (N, F), likeliest first, with probabilities.

        Beam search: of all ways to go on by one letter, the K likeliest are kept.

        Raises:
            UserError: an answer is not a finite number.
        """
        return self._search(self.preprocessor.standardized(numbers), beams)

    def greedy(self, inputs: np.ndarray) -> list[str]:
        """Return one text for each of standardized inputs (N, F): every letter the
        likeliest one."""
        return [found[0][0] for found in self._search(inputs, 1)]

    def _search(self, inputs: np.ndarray, beams: int) -> list[list[tuple[str, float]]]:
        vocabulary, count = self.preprocessor.vocabulary, len(inputs)
        (end,) = vocabulary.encode(END)
        size = len(vocabulary)
        ids = np.full((count, beams, 1), end, "int32")
        scores = np.full((count, beams), -np.inf)
        scores[:, 0] = 0.0  # all beams are one at first
        repeated = np.repeat(inputs, beams, axis=0)  # (N K, F)
        finished = np.eye(size)[end] == 1
        for step in range(self.preprocessor.max_length):
            flat = ids.reshape(count * beams, -1)
            logits = np.array(self.model((flat, repeated), training=False)[:, -1])
            if not np.isfinite(logits).all():
                raise UserError(
                    "the network's answer is not a finite number; "
                    "train it again with a smaller --learning-rate"
                )
            logits[:, : len(vocabulary.SPECIAL)] = -np.inf
            p = log_softmax(logits.astype("float64"), axis=-1).reshape(count, beams, -1)
            if step:  # a text that has ended stays as it is
                ended = ids[:, :, -1] == end
                p[ended] = np.where(finished, 0.0, -np.inf)
            total = (scores[..., None] + p).reshape(count, -1)  # (N, K V)
            best = np.argsort(-total, axis=1, kind="stable")[:, :beams]
            scores = np.take_along_axis(total, best, axis=1)
            kept = np.take_along_axis(ids, (best // size)[..., None], axis=1)
            ids = np.concatenate([kept, (best % size)[..., None]], axis=-1).astype(
                "int32"
            )
            if (ids[:, :, -1] == end).all():
                break
        return [
            [
                ("".join(vocabulary.decode(row)).strip(END), float(np.exp(score)))
                for row, score in zip(rows, row_scores, strict=True)
                if np.isfinite(score)
            ]
            for rows, row_scores in zip(ids, scores, strict=True)
        ]


def name(options: Name):
    """Print likely names of everything that the user gives.

    Raises:
        UserError: no finished run, nothing to name, or an input that cannot be used.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    namer = Namer.from_run(run)
    what = "a colour" if namer.preprocessor.colours else "numbers between commas"
    given = list(options.inputs) or input_lines.read(options.file, what=what)
    if not given:
        raise UserError("there is nothing to name")
    numbers = np.stack([namer.preprocessor.numbers(text) for text in given])
    answers = namer.name(numbers, options.beams)
    run_folder.announce(run)
    if options.json:
        documents: list[dict[str, Any]] = [
            {"input": text, "names": [{"name": a, "probability": p} for a, p in found]}
            for text, found in zip(given, answers, strict=True)
        ]
        print(json.dumps(documents, indent=2, ensure_ascii=False))
        return
    shows = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for text, found in zip(given, answers, strict=True):
        patch = (
            f"{swatch(text.strip())}  " if shows and namer.preprocessor.colours else ""
        )
        said = ", ".join(f"{one_line(a, 60)} {p:.2f}" for a, p in found)
        print(f"{one_line(text, 40)}  {patch}{said}")
