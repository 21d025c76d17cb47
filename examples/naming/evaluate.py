"""The test: bits a letter of the network and its baselines, and the words it chooses.

Letters: N rows, T letters of a text and its end, M letters of all texts, V ids.
"""

import dataclasses
from collections import Counter
from typing import Any

import keras
import numpy as np
from rich.console import Console
from scipy.special import log_softmax
from sklearn.neighbors import KNeighborsClassifier

from common.errors import one_line
from common.preprocessing.ngrams import ngrams
from common.preprocessing.sequences import predict
from common.training import metrics
from common.training.console import say, table
from common.training.task import Task

from .data import Data, Split
from .predict import Namer
from .preprocessor import END

METRIC = "bits_per_letter"
READ_BATCH = 128  # texts per batch where nothing is trained
MIN_COUNT = 5  # main words that are rarer in training are not asked for
SHUFFLE_SEED = 0


def surprisals(model: keras.Model, split: Split) -> np.ndarray:
    """Return -log2 p of every letter of every text and of its end, (M,)."""
    logits = predict(model, split.batches(READ_BATCH))  # (N, T, V)
    chosen = log_softmax(logits.astype("float64"), axis=-1)
    found = np.take_along_axis(chosen, split.targets[..., None], axis=-1)[..., 0]
    return -found[split.targets > 0] / np.log(2)


def blocks(split: Split) -> np.ndarray:
    """Return the number of its text for every letter, (M,)."""
    return np.nonzero(split.targets)[0]


def baselines(data: Data) -> dict[str, np.ndarray]:
    """Return -log2 p (M,) of n-grams of letters, which do not see the numbers."""
    size, encode = (
        len(data.preprocessor.vocabulary),
        data.preprocessor.vocabulary.encode,
    )
    length = data.preprocessor.max_length
    train, test = (
        encode(END + "".join(text[:length] + END for text in split.rows.texts))
        for split in (data.train, data.test)
    )
    found = ngrams(np.array(train), np.array(test), size)
    return {name: -np.log2(p) for name, p in found.items()}


def evaluate(namer: Namer, data: Data, task: Task) -> dict[str, Any]:
    """Return the entries of `metrics.json` that measure network and baselines.

    The same network is also asked about the mean input, and about inputs in random
    order: the difference is what the numbers are worth.
    """
    test = data.test
    scores = {"network": surprisals(namer.model, test), **task.baselines()}
    mixed = np.random.default_rng(SHUFFLE_SEED).permutation(len(test.inputs))
    others = {"mean input": np.zeros_like(test.inputs), "shuffled": test.inputs[mixed]}
    worth = {
        name: surprisals(namer.model, dataclasses.replace(test, inputs=inputs)).mean()
        for name, inputs in others.items()
    }
    return {
        "scores": scores,
        "models": {
            name: {
                METRIC: score.mean(),
                "bits_per_text": score.sum() / len(test.rows.texts),
            }
            for name, score in scores.items()
        },
        "details": {"bits_with_another_input": worth, **main_words(namer, data)},
    }


def main_words(namer: Namer, data: Data) -> dict[str, Any]:
    """Return how often the last word of a text is right, for frequent last words.

    "cloudy blue" is a blue. The nearest neighbour answers with the last word of the
    training text whose numbers are nearest.
    """
    last = [[x.split()[-1] for x in s.rows.texts] for s in (data.train, data.test)]
    counts = Counter(last[0])
    asked = [n for n, word in enumerate(last[1]) if counts[word] >= MIN_COUNT]
    if not asked:
        return {}
    true = np.array(last[1])[asked]
    inputs = data.test.inputs[asked]
    written = [(text.split() or [""])[-1] for text in namer.greedy(inputs)]
    nearest = KNeighborsClassifier(1).fit(data.train.inputs, last[0]).predict(inputs)
    answers = {
        "network": np.array(written),
        "nearest_neighbour": nearest,
        "most_frequent": np.array([counts.most_common(1)[0][0]] * len(asked)),
    }
    shares = {name: (answer == true).mean() for name, answer in answers.items()}
    return {"main_word_right": {**shares, "texts": len(asked)}}


def show(document: dict[str, Any], namer: Namer, data: Data, console: Console):
    """Print the tables, a few texts, and the verdict."""
    rows = [(name, *row.values()) for name, row in document["models"].items()]
    columns = ("model", "bits a letter", "bits a text")
    table(console, "all test texts", columns, rows)
    details = document["details"]
    for name, value in details["bits_with_another_input"].items():
        say(console, f"bits a letter of the network, {name}: {value:.4f}")
    if words := details.get("main_word_right"):
        parts = (f"{k.replace('_', ' ')} {v:.4f}" for k, v in words.items())
        say(console, f"main word right: {', '.join(parts)}")
    rows = data.test.rows
    written = namer.greedy(data.test.inputs[:6])
    for name, text, answer in zip(rows.names[:6], rows.texts, written, strict=False):
        said = f"{one_line(name, 40)}: {one_line(answer, 60)} ({one_line(text, 60)})"
        say(console, said)
    say(console, metrics.sentence(document))
