"""The test: the network beside its baselines, by kind of text, in tables and figures.

Letters: N texts, C classes.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score
from sklearn.pipeline import make_pipeline

from common.preprocessing.sequences import Batches, predict
from common.training import console_tables, plots
from examples.sentiment.data import Data, Split, words

READ_BATCH = 128  # texts at a time where nothing is trained
SHUFFLE_SEED = 0
UNIGRAMS, BIGRAMS = "bag_of_words", "tfidf_bigrams"


@dataclass(frozen=True)
class Evaluation:
    """What the test came to."""

    probabilities: np.ndarray  # (N, C) the network's
    values: dict[str, Any]  # for metrics.json


def evaluate(model: keras.Model, data: Data) -> Evaluation:
    """Measure the model and the baselines on the test split, once."""
    test = data.test
    probabilities = predict(model, test.batches(READ_BATCH))  # (N, C)
    predicted = probabilities.argmax(axis=1)
    shuffled = classes(model, shuffle_words(test))
    baselines = baseline_predictions(data)
    matrix = confusion_matrix(
        test.classes, predicted, labels=range(len(data.codec.labels))
    )
    values = {
        "metric": ("accuracy", accuracy(test, predicted), "higher"),
        "metrics": {
            "macro_f1": float(f1_score(test.classes, predicted, average="macro")),
            "accuracy_words_shuffled": accuracy(test, shuffled),
        },
        "baselines": {name: accuracy(test, p) for name, p in baselines.items()},
        "slices": by_slice(test, predicted),
        "slices_beside": {
            **{name: by_slice(test, baselines[name]) for name in (UNIGRAMS, BIGRAMS)},
            "shuffled": by_slice(test, shuffled),
        },
        "labels": data.codec.labels,
        "confusion_matrix": matrix.tolist(),
    }
    return Evaluation(probabilities, values)


def classes(model: keras.Model, split: Split) -> np.ndarray:
    """Return the class numbers (N,) that the model predicts."""
    return predict(model, split.batches(READ_BATCH)).argmax(axis=1)


def accuracy(split: Split, predicted: np.ndarray) -> float:
    """Return the share of right classes among `predicted` (N,)."""
    return float(accuracy_score(split.classes, predicted))


def by_slice(split: Split, predicted: np.ndarray) -> dict[str, float]:
    """Return the accuracy on every slice of the split, in order of the names."""
    slices = np.array(split.slices)
    right = split.classes == predicted
    return {name: float(right[slices == name].mean()) for name in sorted(set(slices))}


def shuffle_words(split: Split) -> Split:
    """Return the split with the words of every text in random order."""
    random = np.random.default_rng(SHUFFLE_SEED)
    ids = split.ids.copy()
    for row, length in zip(ids, np.count_nonzero(ids, axis=1), strict=True):
        random.shuffle(row[:length])
    return Split(split.texts, ids, split.classes, split.slices)


def baseline_predictions(data: Data) -> dict[str, np.ndarray]:
    """Return the test classes (N,) that models without word order predict.

    The last one sees pairs of neighbouring words, and so a little of the order.
    """
    models = {"majority": DummyClassifier(strategy="most_frequent")}
    for name, longest in ((UNIGRAMS, 1), (BIGRAMS, 2)):
        models[name] = make_pipeline(
            TfidfVectorizer(analyzer=_grams(longest), min_df=2, sublinear_tf=True),
            LogisticRegression(C=10, max_iter=1000),
        )
    return {
        name: model.fit(data.train.texts, data.train.classes).predict(data.test.texts)
        for name, model in models.items()
    }


def _grams(longest: int):
    """Return an analyzer with the network's own words, alone and as neighbours."""

    def analyze(text: str) -> list[str]:
        tokens = words(text)
        pairs = [f"{one} {two}" for one, two in itertools.pairwise(tokens)]
        return tokens + pairs if longest == 2 else tokens

    return analyze


def reading(model: keras.Model, text: str, data: Data, target: int) -> list[float]:
    """Return the probability of class `target` after each word of `text`.

    Every beginning of the text is classified by itself. With the last state as the
    summary, this is the output layer applied to the hidden state of every step.
    """
    ids = data.codec.encode([text])
    length = np.count_nonzero(ids)
    beginnings = np.tril(np.repeat(ids, length, axis=0))  # (T, T)
    batches = Batches(beginnings, np.zeros(length), batch_size=READ_BATCH)
    return predict(model, batches)[:, target].tolist()


def draw(folder: Path, evaluation: Evaluation, model: keras.Model, data: Data):
    """Draw the confusion matrix and the reading curves of a few test texts."""
    labels, test = data.codec.labels, data.test
    matrix = np.array(evaluation.values["confusion_matrix"])
    plots.confusion_matrix(folder / "confusion_matrix.png", matrix, labels)
    target = len(labels) - 1
    curves = []
    for index in to_read(test):
        tokens = data.codec.tokens(test.texts[index])
        values = reading(model, test.texts[index], data, target)
        title = f"true label: {labels[test.classes[index]]}"
        curves.append((tokens, values, title))
    plots.token_curves(
        folder / "reading_curve.png", curves, ylabel=f"P({labels[target]})"
    )


def to_read(split: Split, *, count: int = 4, longest: int = 30) -> Sequence[int]:
    """Choose texts that fit a diagram: both of an order pair first, then others."""
    lengths = np.count_nonzero(split.ids, axis=1)
    short = np.flatnonzero(lengths <= longest)
    if len(short) < count:
        short = np.argsort(lengths, kind="stable")[: max(1, min(count, len(lengths)))]
    pairs = [index for index in short if split.slices[index] == "order_pairs"]
    others = [index for index in short if split.slices[index] != "order_pairs"]
    return [*pairs[:2], *others][:count]


def show(
    document: dict[str, Any], evaluation: Evaluation, data: Data, console: Console
):
    """Print the tables, a few predictions in words, and a verdict."""
    metric, metrics = document["metric"], document["metrics"]
    rows = [(f"network ({document['cell']})", metric["value"])]
    rows += [*document["baselines"].items()]
    rows += [("network, words shuffled", metrics["accuracy_words_shuffled"])]
    console_tables.show(console, "test accuracy", ("model", "accuracy"), rows)
    console.print(
        f"macro F1 of the network: {metrics['macro_f1']:.4f}", highlight=False
    )
    beside = document["slices_beside"]
    rows = [
        (name, data.test.slices.count(name), value, *(s[name] for s in beside.values()))
        for name, value in document["slices"].items()
    ]
    columns = ("test texts", "count", "network", *beside)
    console_tables.show(console, "test accuracy by kind of text", columns, rows)
    for line in in_words(evaluation.probabilities, data):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(metrics.verdict(document), highlight=False, soft_wrap=True)


def in_words(probabilities: np.ndarray, data: Data, *, each: int = 3) -> list[str]:
    """Return lines with the first right and the first wrong predictions."""
    test, labels = data.test, data.codec.labels
    predicted = probabilities.argmax(axis=1)
    lines = []
    for outcome, indices in (
        ("right", np.flatnonzero(predicted == test.classes)),
        ("wrong", np.flatnonzero(predicted != test.classes)),
    ):
        for index in indices[:each]:
            text = " ".join(test.texts[index].split())
            text = text if len(text) <= 160 else text[:157] + "..."
            label, p = labels[predicted[index]], probabilities[index].max()
            lines.append(f"{outcome}: {label} ({p:.2f})  {text}")
    return lines
