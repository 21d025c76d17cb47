"""The test: the network and its baselines, by kind and by length of list.

Letters: N lists, T numbers in a list.
"""

from typing import Any

import numpy as np
from rich.console import Console
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from common.training import metrics
from common.training.console import attempt, say, table

from .data import DATA_SEED, TRAIN, Data, draw
from .predict import Sorter, in_words, right
from .preprocessor import PADDING, ascending, ranks

METRIC = "exact_match"
BASELINE_LISTS = 20_000  # training lists of the baselines
BASELINE_PAIRS = 2_000_000  # of numbers in them: takes seconds on one core


def measures(numbers: np.ndarray, written: np.ndarray) -> dict[str, np.ndarray]:
    """Return four measures of answers (N, T) to lists (N, T), each (N,) from 0 to 1.

    `exact_match`: everything is right. `position_accuracy`: fraction of the positions
    with the right number. `permutation`: the numbers are those of the list, in any
    order. `ascending`: no number is smaller than one before it.
    """
    counts, target = numbers != PADDING, ascending(numbers)
    so_far = np.fmax.accumulate(written, axis=1)  # passes over places without number
    falls = (written[:, 1:] < so_far[:, :-1]) & counts[:, 1:]
    hits = ((written == target) & counts).sum(axis=1)
    return {
        METRIC: right(numbers, written),
        "position_accuracy": hits / counts.sum(axis=1),
        "permutation": (ascending(written) == target).all(axis=1),
        "ascending": ~falls.any(axis=1),
    }


def median(seen: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Answer with the median at every position of the sorted training lists."""
    middle = np.median(np.sort(seen, axis=1), axis=0)
    return np.tile(middle.astype(lists.dtype), (len(lists), 1))


def boosted_trees(seen: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """Predict the place of a number from its differences to the numbers of the list.

    Every place takes the number whose predicted place is nearest.
    """

    def differences(x: np.ndarray) -> np.ndarray:  # (N T, T)
        return (x[:, None, :] - x[:, :, None]).reshape(-1, x.shape[1])

    with threadpool_limits(1):  # TensorFlow keeps the other cores busy for a while
        model = HistGradientBoostingRegressor(max_iter=200, random_state=0)
        model.fit(differences(seen), ranks(seen).ravel())
        places = model.predict(differences(lists)).reshape(lists.shape)
    distances = np.abs(places[:, None, :] - np.arange(lists.shape[1])[:, None])
    return np.take_along_axis(lists, distances.argmin(axis=-1), axis=1)


BASELINES = {
    "copy": lambda seen, lists: lists,
    "median": median,
    "boosted_trees": boosted_trees,
}


def baseline_answers(
    data: Data, lists: np.ndarray, console: Console
) -> dict[str, np.ndarray]:
    """Return the answers (N, T) of every baseline to test lists (N, T).

    All are fitted on the same training lists, of length T. A baseline that fails is
    left out, with a note.
    """
    random, length = np.random.default_rng(DATA_SEED), lists.shape[1]
    count = min(BASELINE_LISTS, BASELINE_PAIRS // length**2)
    seen = draw(data.preprocessor, random, count, split=TRAIN, length=length)
    found = {}
    for name, answer in BASELINES.items():
        with attempt(console, f"baseline {name}"):
            found[name] = answer(seen, lists)
    return found


def evaluate(sorter: Sorter, data: Data, console: Console) -> dict[str, Any]:
    """Test the network and the baselines.

    Returns:
        arguments of `metrics.save`: scores, models, slices, details.
    """
    lists = np.concatenate(list(data.test.values()))
    kinds = np.repeat(list(data.test), [len(part) for part in data.test.values()])
    answers = {"network": sorter.sort(lists)}
    answers |= baseline_answers(data, lists, console)
    found = {name: measures(lists, written) for name, written in answers.items()}

    slices, by_kind = {}, {}
    for kind, part in data.test.items():
        by_kind[kind] = {
            name: {key: float(x[kinds == kind].mean()) for key, x in values.items()}
            for name, values in found.items()
        }
        main = {name: values[METRIC] for name, values in by_kind[kind].items()}
        slices[kind] = {"count": len(part), "models": main}
    scores = {name: x[METRIC][kinds == "random"] for name, x in found.items()}
    outcome = scores["network"]  # of the random lists, which come first in `lists`
    shown = [*np.flatnonzero(outcome)[:3], *np.flatnonzero(~outcome)[:3]]
    of_length = np.concatenate(list(data.by_length.values()))
    lengths = (of_length != PADDING).sum(axis=1)
    came_right = right(of_length, sorter.sort(of_length))
    details = {
        "by_length": {
            str(length): float(came_right[lengths == length].mean())
            for length in data.by_length
        },
        "network_by_kind": {kind: by["network"] for kind, by in by_kind.items()},
        "examples": [in_words(lists[row], answers["network"][row]) for row in shown],
    }
    return {
        "models": by_kind["random"],
        "scores": scores,
        "slices": slices,
        "details": details,
    }


def show(document: dict[str, Any], console: Console):
    """Print the tables, a few lists with their answers, and the verdict."""
    models, details = document["models"], document["details"]
    rows = [(name, *values.values()) for name, values in models.items()]
    table(console, "random test lists", ("model", *models["network"]), rows)
    rows = [
        (kind, part["count"], *part["models"].values())
        for kind, part in document["slices"].items()
    ]
    title = f"{METRIC} by kind of test list"
    table(console, title, ("kind", "count", *models), rows)
    columns = ("numbers in the list", f"{METRIC} of the network")
    table(console, "by length", columns, list(details["by_length"].items()))
    for line in (*details["examples"], metrics.sentence(document)):
        say(console, line)
