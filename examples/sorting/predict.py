"""Sorts the user's own lists with a finished run.

Letters: B batch, T time steps (numbers of a list), U units, V values.
"""

import contextlib
import functools
import json
from typing import Any

import numpy as np

from common.command_line import input_lines
from common.errors import UserError
from common.play import numpy_network
from common.training import run_folder

from .config import EXAMPLE, Sort
from .preprocessor import PADDING, Preprocessor, ascending, words

READ_BATCH = 1000  # lists at a time outside of training
MAX_LISTS = 1_000_000  # sorted by one command
NOT_FINITE = "the network's output is not finite; train it again"


class Sorter:
    """A trained network with the preprocessor that it was trained with."""

    def __init__(self, model, preprocessor: Preprocessor):
        """Take a network of `model.build_model` and the preprocessor of its lists.

        The network is a `keras.Model`, or the same in NumPy.
        """
        self.model, self.preprocessor = model, preprocessor
        if isinstance(model, numpy_network.Network):
            self.write = functools.partial(write, model)
        elif preprocessor.values == "int":
            from .writer import Writer  # needs Keras

            self.write = Writer(model).predict_on_batch

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Sorter":
        """Load a finished run; a path that ends in `latest` will do.

        Raises:
            UserError: a file is damaged, or the files do not match.
        """
        run = run_folder.opened(EXAMPLE, run)
        preprocessor = Preprocessor.load(run)
        if (network := numpy_network.load(run)) is not None:
            return cls(network, preprocessor)
        model = numpy_network.in_keras(run, __package__)
        whole = preprocessor.values == "int"
        answers = preprocessor.max_value + 1 if whole else preprocessor.length
        inputs = 2 if whole else 1  # the list, and what was written before
        if (model.output_shape[-1], len(model.inputs)) == (answers, inputs):
            with contextlib.suppress(ValueError):  # raised if a layer is missing
                return cls(model, preprocessor)
        raise UserError(
            f"{run / run_folder.MODEL} does not fit {run / run_folder.PREPROCESSOR}"
        )

    def sort(self, numbers: np.ndarray) -> np.ndarray:
        """Return the network's answers (N, T) to lists (N, T).

        NaN stands in a place that the network gives to no number.

        Raises:
            UserError: the network's output is not finite.
        """
        whole, width = self.preprocessor.values == "int", numbers.shape[1]
        answer, written = (self._write if whole else self._rank), np.zeros_like(numbers)
        # Lists of about the same length share a batch, so that little is padding.
        lengths = (numbers != PADDING).sum(axis=1)
        order = np.argsort(lengths, kind="stable")
        for start in range(0, len(order), READ_BATCH):
            rows = order[start : start + READ_BATCH]
            if whole:  # the network for floats takes lists of one width
                width = lengths[rows[-1]]
            written[rows, :width] = answer(numbers[rows, :width])
        return np.where(numbers == PADDING, PADDING, written)

    def _write(self, numbers: np.ndarray) -> np.ndarray:
        written = self.write(self.preprocessor.inputs(numbers))
        if (written < 0).any():
            raise UserError(NOT_FINITE)
        return written

    def places(self, numbers: np.ndarray) -> np.ndarray:
        """Return the place (B, T) that the network gives to every number, from 0."""
        logits = self.model.predict_on_batch(self.preprocessor.inputs(numbers))
        if not np.isfinite(logits).all():
            raise UserError(NOT_FINITE)
        return logits.argmax(axis=-1)

    def _rank(self, numbers: np.ndarray) -> np.ndarray:
        written = np.full(numbers.shape, np.nan, "float32")
        rows, columns = np.nonzero(numbers != PADDING)
        places = self.places(numbers)[rows, columns]
        written[rows, places] = numbers[rows, columns]  # of two, the last one counts
        return written


def write(network: numpy_network.Network, ids: np.ndarray) -> np.ndarray:
    """Do in NumPy what `writer.Writer` does in Keras: from ids (B, T) to numbers."""

    def vectors(ids):
        return network.layer("embedding", ids)[0]

    _, *states = network.layer("encoder", vectors(ids), ids != 0)
    last, written = np.zeros_like(ids[:, :1]), []
    for _ in range(ids.shape[1]):
        h, *states = network.layer("decoder", vectors(last), None, *states)
        (logits,) = network.layer("logits", h)  # (B, 1, V)
        finite = np.isfinite(logits).all(axis=-1)
        written.append(np.where(finite, logits.argmax(axis=-1), -1).astype("int32"))
        last = written[-1] + 1
    return np.concatenate(written, axis=1)


def right(numbers: np.ndarray, written: np.ndarray) -> np.ndarray:
    """Return for every list (N,) whether the answer (N, T) is the sorted list."""
    return (written == ascending(numbers)).all(axis=1)


def in_words(numbers: np.ndarray, written: np.ndarray, *, short: bool = True) -> str:
    """Return a list (T,) and its answer as text: `3 1 2 -> 1 2 3 (right)`.

    With `short`, a number has at most four significant digits; else all it needs.
    """

    def text(x: np.generic) -> str:
        return "?" if np.isnan(x) else f"{x:.4g}" if short else str(x)

    texts = (" ".join(text(x) for x in r if x != PADDING) for r in (numbers, written))
    outcome = "right" if right(numbers[None], written[None])[0] else "wrong"
    return f"{' -> '.join(texts)} ({outcome})"


def sort(options: Sort):
    """Print an answer for every list of the user.

    Raises:
        UserError: a list cannot be sorted, or there is no run that can be read.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    texts = list(options.numbers)
    if not texts:
        texts = input_lines.read(options.file, what="numbers")
    elif all(len(words(text)) < 2 for text in texts):
        texts = [" ".join(texts)]  # the arguments are the numbers of one list
    if not 1 <= len(texts) <= MAX_LISTS:
        raise UserError(f"give 1..{MAX_LISTS:,} lists to sort; received {len(texts):,}")
    sorter = Sorter.from_run(run)
    numbers = sorter.preprocessor.parse(texts)
    written = sorter.sort(numbers)
    run_folder.announce(run)
    pairs = zip(numbers, written, strict=True)
    if options.json:
        print(json.dumps([_as_json(sorter, *pair) for pair in pairs]))
    else:
        for pair in pairs:
            print(in_words(*pair, short=False))


def _as_json(sorter: Sorter, numbers: np.ndarray, written: np.ndarray) -> dict:
    kept = numbers != PADDING
    answer: dict[str, Any] = {"numbers": numbers, "sorted": written}
    for name, row in answer.items():
        # Floats with as few digits as identify them; null for a place without number.
        answer[name] = [None if np.isnan(x) else json.loads(str(x)) for x in row[kept]]
    answer["right"] = bool(right(numbers[None], written[None])[0])
    if sorter.preprocessor.values == "float":
        # Counted from 1, as people count places.
        answer["places"] = (sorter.places(numbers[None])[0, kept] + 1).tolist()
    return answer
