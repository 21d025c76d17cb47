"""The test: the network beside its baselines, by kind and length of list.

Letters: N lists, T numbers of a list, U units.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from rich.console import Console

from common.training import console_tables, metrics, plots
from examples.sorting.data import PADDING, Data, ascending
from examples.sorting.model import SCALE
from examples.sorting.predict import Sorter, in_words, right

METRIC = "wholly_right"


@dataclass(frozen=True)
class Evaluation:
    """What the test came to."""

    written: np.ndarray  # (N, T) the network's answers to the random test lists
    values: dict[str, Any]  # for metrics.json


def measures(numbers: np.ndarray, written: np.ndarray) -> dict[str, float]:
    """Return what is right about answers (N, T) to lists (N, T), each as a share.

    `wholly_right`, `position_right` (mean over the positions), `is_permutation`: the
    numbers that were read, in whatever order; `is_ascending`: no number is smaller than
    one before it, whether or not it was read.
    """
    counts = numbers != PADDING
    so_far = np.fmax.accumulate(written, axis=1)  # passes over places without number
    falls = (written[:, 1:] < so_far[:, :-1]) & counts[:, 1:]
    same = ascending(written) == ascending(numbers)
    return {
        METRIC: float(right(numbers, written).mean()),
        "position_right": float((written == ascending(numbers))[counts].mean()),
        "is_permutation": float(same.all(axis=1).mean()),
        "is_ascending": float((~falls.any(axis=1)).mean()),
    }


def baseline_answers(data: Data) -> dict[str, np.ndarray]:
    """Return the answers (N, T) of models without a network to the random test lists.

    `median` writes the same list each time: at every position, the median of what the
    lists of the same length in training have there.
    """
    test = data.slices["random"]
    batches = data.train_batches(steps=1, batch_size=20_000, seed=0)
    seen = ascending(batches.numbers)
    seen = seen[seen[:, -1] != PADDING]
    middle = np.median(seen, axis=0).astype(test.dtype)  # (T,)
    return {"copy": test, "median": np.broadcast_to(middle, test.shape)}


def evaluate(sorter: Sorter, data: Data) -> Evaluation:
    """Measure the network and the baselines on the test lists, once."""
    written = {kind: sorter.sort(lists) for kind, lists in data.slices.items()}
    measured = {
        kind: measures(lists, written[kind]) for kind, lists in data.slices.items()
    }
    test = data.slices["random"]
    baselines = {
        name: measures(test, answers)
        for name, answers in baseline_answers(data).items()
    }
    by_length = {
        length: measures(lists, sorter.sort(lists))[METRIC]
        for length, lists in data.by_length.items()
    }
    random = measured["random"]
    values = {
        "metric": (METRIC, random[METRIC], "higher"),
        "metrics": {name: value for name, value in random.items() if name != METRIC},
        "baselines": {name: values[METRIC] for name, values in baselines.items()},
        "baselines_beside": baselines,
        "slices": {kind: values[METRIC] for kind, values in measured.items()},
        "slices_beside": measured,
        "by_length": by_length,
    }
    return Evaluation(written["random"], values)


def draw_figures(folder: Path, document: dict[str, Any], sorter: Sorter, data: Data):
    """Draw the share of right lists by length, and the state along one test list."""
    codec = sorter.codec
    if len(document["by_length"]) > 1:
        plots.value_curve(
            folder / "lengths.png",
            list(document["by_length"].items()),
            xlabel="numbers in the list",
            ylabel="lists wholly right",
            shaded=(codec.shortest, codec.length, "lengths in training"),
        )
    numbers = data.slices["random"][0]
    along = states_in_writing if codec.values == "int" else states_in_ranking
    values, steps = along(sorter, numbers)
    # Units in the order of the steps at which each is largest; silent ones left out.
    order = np.argsort(values.argmax(axis=0), kind="stable")
    plots.heat_map(
        folder / "hidden_state.png",
        values[:, order[np.abs(values[:, order]).max(axis=0) > 0]],
        steps,
        ylabel="unit, by the step of its largest value",
        title=in_words(numbers, sorter.sort(numbers[None])[0]).replace("->", "\n->"),
    )


def states_in_writing(
    sorter: Sorter, numbers: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the hidden state after each number read and written, (2T, U), and names.

    Every beginning of the list is read by itself; with masks, that gives the states
    that reading the whole list goes through.
    """
    ids = sorter.codec.inputs(numbers)
    _, state, *more = sorter.read.predict_on_batch(np.tril(np.tile(ids, (len(ids), 1))))
    states, steps = list(state), [f"read {number}" for number in numbers]
    carried = [part[-1:] for part in (state, *more)]
    token = np.zeros((1, 1), "int32")
    for _ in numbers:
        token, *carried = sorter.step.predict_on_batch([token, *carried])
        states.append(carried[0][0])
        steps.append(f"write {token[0, 0] - 1}")
    return np.array(states), steps


def states_in_ranking(
    sorter: Sorter, numbers: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the state of the counting layer as the place of one number is asked.

    The number is the first of the list; (T, U), and names of the T steps.
    """
    length = len(numbers)
    asked = np.full(length, numbers[0])
    pairs = SCALE * np.stack([numbers, asked], axis=-1)[None]  # (1, T, 2)
    compared = sorter.model.get_layer("compare")(pairs)
    beginnings = np.tril(np.ones((length, length), bool))
    count = sorter.model.get_layer("count")
    states = count(ops.repeat(compared, length, axis=0), mask=beginnings)
    steps = [f"{number:.3f} beside {numbers[0]:.3f}" for number in numbers]
    return ops.convert_to_numpy(states), steps


def show(
    document: dict[str, Any], evaluation: Evaluation, data: Data, console: Console
):
    """Print the tables, a few lists with the answers, and a verdict."""
    length, metric = data.codec.length, document["metric"]["value"]
    rows = [(f"network ({document['cell']})", metric, *document["metrics"].values())]
    rows += [
        (name, *row.values()) for name, row in document["baselines_beside"].items()
    ]
    columns = ("model", "wholly right", "positions", "permutation", "ascending")
    console_tables.show(console, f"test lists of {length} numbers", columns, rows)
    rows = [
        (kind.replace("_", " "), len(data.slices[kind]), *row.values())
        for kind, row in document["slices_beside"].items()
    ]
    by_kind = ("kind of list", "count", *columns[1:])
    console_tables.show(
        console, f"test lists of {length} numbers, by kind", by_kind, rows
    )
    rows = list(document["by_length"].items())
    console_tables.show(console, "by length", ("length", columns[1]), rows)
    for line in examples(data.slices["random"], evaluation.written):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(metrics.verdict(document), highlight=False, soft_wrap=True)


def examples(numbers: np.ndarray, written: np.ndarray, *, each: int = 3) -> list[str]:
    """Return lines with the first right and the first wrong answers."""
    outcomes = right(numbers, written)
    chosen = [*np.flatnonzero(outcomes)[:each], *np.flatnonzero(~outcomes)[:each]]
    return [in_words(numbers[index], written[index]) for index in chosen]
