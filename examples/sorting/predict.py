"""Sorts the user's own lists with a finished run.

Letters: B batch, T time steps (numbers of a list), U units.
"""

import json
from typing import Any

import keras
import numpy as np
from keras import ops

from common import files
from common.command_line import input_lines
from common.errors import UserError
from common.training import models, run_folder
from examples.sorting import model as _registers_the_cell  # noqa: F401
from examples.sorting.config import Sort
from examples.sorting.data import CODEC, EXAMPLE, PADDING, Codec, ascending, words

READ_BATCH = 1000  # lists at a time where nothing is trained


class Sorter:
    """A trained network together with the codec that it was trained with."""

    def __init__(self, model: keras.Model, codec: Codec):
        """Take a network of `model.build_model` and the codec of its lists."""
        self.model, self.codec = model, codec
        if codec.values == "int":
            self.read, self.step = reader(model), writer(model)

    @classmethod
    def from_run(cls, run: run_folder.Run) -> "Sorter":
        """Load what a run left.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        codec = Codec.from_json(files.read_json(run / CODEC))
        model = models.load(run)
        whole = codec.values == "int"
        answers = codec.max_value + 1 if whole else codec.length
        inputs = 2 if whole else 1  # what is read, and what has been written
        if (model.output_shape[-1], len(model.inputs)) != (answers, inputs):
            raise UserError(
                f"{run / CODEC} does not belong to {run / run_folder.MODEL}"
            )
        return cls(model, codec)

    def sort(self, numbers: np.ndarray) -> np.ndarray:
        """Return what the network makes of lists (N, T), in the same form.

        A place that the network gives to no number holds NaN.
        """
        starts = range(0, len(numbers), READ_BATCH)
        parts = [numbers[start : start + READ_BATCH] for start in starts]
        sort = self._write if self.codec.values == "int" else self._put_into_places
        written = np.concatenate([sort(part) for part in parts])
        return np.where(numbers == PADDING, PADDING, written)

    def _write(self, numbers: np.ndarray) -> np.ndarray:
        """Write number by number (B, T), the state carried from step to step."""
        _, *states = self.read.predict_on_batch(self.codec.inputs(numbers))
        token = np.zeros((len(numbers), 1), "int32")  # (B, 1)
        written = []
        for _ in range(numbers.shape[1]):
            token, *states = self.step.predict_on_batch([token, *states])
            written.append(token)
        return np.concatenate(written, axis=1) - 1

    def places(self, numbers: np.ndarray) -> np.ndarray:
        """Return the place (B, T) that the network gives to every number, from 0."""
        return self.model.predict_on_batch(self.codec.inputs(numbers)).argmax(axis=-1)

    def _put_into_places(self, numbers: np.ndarray) -> np.ndarray:
        """Put every number (B, T) where the network says, the last one on top."""
        written = np.full(numbers.shape, np.nan, "float32")
        rows, columns = np.nonzero(numbers != PADDING)
        places = self.places(numbers)[rows, columns]
        written[rows, places] = numbers[rows, columns]
        return written


def reader(model: keras.Model) -> keras.Model:
    """Return the network from ids (B, T) to output and states (B, U) after the last."""
    return keras.Model(model.inputs[0], model.get_layer("encoder").output)


def writer(model: keras.Model) -> keras.Model:
    """Return the network of one step: the id written before, and states, to the next.

    It is compiled once and then called for every step; `predict` in a loop would set up
    a data pipeline each time.
    """
    _, *states = model.get_layer("decoder").output
    previous = keras.Input((1,), dtype="int32")  # (B, 1)
    carried = [keras.Input(state.shape[1:]) for state in states]  # (B, U)
    vector = model.get_layer("embedding")(previous)
    written, *new = model.get_layer("decoder")(vector, initial_state=carried)
    number = ops.argmax(model.get_layer("logits")(written), axis=-1)
    id_ = ops.cast(number + 1, "int32")
    return keras.Model([previous, *carried], [id_, *new])


def right(numbers: np.ndarray, written: np.ndarray) -> np.ndarray:
    """Return for every list (N,) whether it was written as it should be, in order."""
    return (written == ascending(numbers)).all(axis=1)


def in_words(numbers: np.ndarray, written: np.ndarray, *, short: bool = True) -> str:
    """Return one list and the answer to it as a line: `3 1 2 -> 1 2 3 (right)`.

    Short, numbers have four digits; otherwise as many as it takes to read them back.
    """

    def text(row: np.ndarray) -> str:
        numbers = [x for x in row if x != PADDING]
        shown = [f"{x:.4g}" if short else str(x) for x in numbers]
        return " ".join("?" if x == "nan" else x for x in shown)

    outcome = "right" if right(numbers[None], written[None])[0] else "wrong"
    return f"{text(numbers)} -> {text(written)} ({outcome})"


def sort(options: Sort):
    """Print an answer for every list the user gives.

    Raises:
        UserError: no list, one that cannot be sorted, no finished run, or one that
            cannot be read.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    texts = _texts(options)
    if not texts:
        raise UserError("there is no list to sort")
    sorter = Sorter.from_run(run)
    numbers = sorter.codec.array(_parsed(texts, sorter.codec))
    written = sorter.sort(numbers)
    if options.json:
        answers = [
            _as_json(sorter, *pair) for pair in zip(numbers, written, strict=True)
        ]
        print(json.dumps(answers))
        return
    for pair in zip(numbers, written, strict=True):
        print(in_words(*pair, short=False))


def _parsed(texts: list[str], codec: Codec) -> list[list[float]]:
    lists = []
    for count, text in enumerate(texts, start=1):
        try:
            lists.append(codec.parse(text))
        except UserError as error:
            which = f"list {count}: " if len(texts) > 1 else ""
            raise UserError(f"{which}{error}") from None
    return lists


def _as_json(sorter: Sorter, numbers: np.ndarray, written: np.ndarray) -> dict:
    count = np.count_nonzero(numbers != PADDING)
    answer: dict[str, Any] = {
        "numbers": [_plain(number) for number in numbers[:count]],
        "sorted": [_plain(number) for number in written[:count]],
        "right": bool(right(numbers[None], written[None])[0]),
    }
    if sorter.codec.values == "float":
        # Counted from 1, as people count places.
        answer["places"] = (sorter.places(numbers[None])[0, :count] + 1).tolist()
    return answer


def _plain(number: np.generic) -> int | float | None:
    """Return a number as JSON has it: the shortest that reads back, no NaN."""
    if np.isnan(number):
        return None
    return float(str(number)) if isinstance(number, np.floating) else int(number)


def _texts(options: Sort) -> list[str]:
    """Return the lists from the command line, the file, or stdin, as text.

    The arguments together are one list; but as soon as one of them holds several
    numbers, each is a list.
    """
    given = options.numbers
    if not given:
        return input_lines.read(options.file, what="numbers")
    several = any(len(words(text)) > 1 for text in given)
    return list(given) if several else [" ".join(given)]
