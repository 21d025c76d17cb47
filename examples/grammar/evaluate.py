"""The test: the network and its baselines on the same sentences.

Letters: N texts, T words of a text.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from rich.console import Console
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from common.preprocessing.padding import padded
from common.preprocessing.sequences import Batches, predict
from common.training import metrics
from common.training.console import attempt, say, table

from .data import LABELS, Damage, Data, Split
from .preprocessor import without_each_word

READ_BATCH = 256  # texts per batch where nothing is trained
STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)  # C of logistic regression, by validation


def probabilities(model: keras.Model, split: Split) -> np.ndarray:
    """Return the probability of damage that a network gives every text, (N,)."""
    return predict(model, split.batches(READ_BATCH))[:, 0]


def drops(model: keras.Model, ids: np.ndarray) -> list[np.ndarray]:
    """Return how far P(damaged) falls when a word is left out: N arrays (T,).

    The word without which a sentence would be in order is where the network stumbles
    (erasure: Li, Monroe and Jurafsky 2016, section 3). `ids` are (N, T).
    """
    texts = [row[row > 0] for row in ids]
    rows = [row for text in texts for row in (text, *without_each_word(text))]
    lengths = np.array([np.count_nonzero(row) for row in rows])
    array, unused = padded(rows), np.zeros((len(rows), 1))
    batches = Batches(array, unused, batch_size=READ_BATCH, lengths=lengths)
    ends = np.cumsum([1 + len(text) for text in texts])
    parts = np.split(predict(model, batches)[:, 0], ends[:-1])
    return [part[0] - part[1:] for part in parts]


def kind_of(damage: Damage) -> str:
    """Return the slice of a damage: its kind, and about how far it reaches."""
    far = {1: "neighbours", 2: "2 to 4 apart", 3: "2 to 4 apart", 4: "2 to 4 apart"}
    return f"{damage.kind}, {far.get(damage.distance, '5 or more apart')}"


def evaluate(
    model: keras.Model, data: Data, p: np.ndarray, console: Console
) -> dict[str, Any]:
    """Return the entries of `metrics.json` that measure network and baselines.

    `p` is the network's probability of damage for each test text, (N,). A slice holds
    the damaged sentences of one kind, and the same sentences as written.
    """
    test, truth = data.test, data.test.targets[:, 0] > 0
    chances = {"network": p}
    with attempt(console, "the baselines"):
        chances |= baselines(data)
    answers = {name: chance > 0.5 for name, chance in chances.items()}
    right = pd.DataFrame({name: found == truth for name, found in answers.items()})
    slices = right.groupby([kind_of(damage) for damage in pairs_of(test)])
    means, counts = slices.mean(), slices.size()
    return {
        "scores": right.to_dict("series"),
        "models": {
            name: {
                "accuracy": right[name].mean(),
                "macro_f1": f1_score(truth, found, average="macro"),
            }
            for name, found in answers.items()
        },
        "slices": {
            name: {"count": int(counts[name]), "models": row.to_dict()}
            for name, row in means.iterrows()
        },
        "details": {
            "accuracy_by_label": {
                label: right[truth == (label == LABELS[1])].mean().to_dict()
                for label in LABELS
            },
            # Shares of sentences whose damaged form gets the higher probability.
            "pairs": {name: told_apart(chance) for name, chance in chances.items()},
            "places": places_found(model, test),
        },
    }


def told_apart(p: np.ndarray) -> float:
    """Return the share of pairs (N,) whose second has more than the first.

    Half of those that have the same count too.
    """
    first, second = p[::2], p[1::2]
    return float(((second > first) + 0.5 * (second == first)).mean())


def pairs_of(split: Split) -> list[Damage]:
    """Return for each of N texts the damage done to its sentence, in either form."""
    return [damage for damage in split.damages[1::2] for _ in range(2)]


def places_found(model: keras.Model, split: Split) -> dict[str, float]:
    """Return in how many damaged texts the largest drop is at a misplaced word.

    `at_random` is what a word drawn at random would reach.
    """
    found = drops(model, split.ids[1::2])
    places = [damage.places for damage in split.damages[1::2]]
    hit = [drop.argmax() in at for drop, at in zip(found, places, strict=True)]
    chance = [len(at) / len(drop) for drop, at in zip(found, places, strict=True)]
    return {"found": float(np.mean(hit)), "at_random": float(np.mean(chance))}


def baselines(data: Data) -> dict[str, np.ndarray]:
    """Return P(damaged) of each test text (N,), by models without a network.

    Both see the words as the network does, a rare one by its ending. The words alone
    are the same in both forms of a sentence. Pairs of neighbours show the order;
    beginning and end count as neighbours.
    """

    def single(text: Sequence[str]) -> list[str]:
        return [data.preprocessor.token(word) for word in text]

    def pairs(text: Sequence[str]) -> list[str]:
        tokens = ["<", *single(text), ">"]
        return tokens + [f"{a} {b}" for a, b in itertools.pairwise(tokens)]

    truth = [data.train.targets[:, 0], data.validation.targets[:, 0]]
    answers = {}
    for name, features in (("tfidf_unigrams", single), ("tfidf_bigrams", pairs)):
        tfidf = TfidfVectorizer(analyzer=features, min_df=2, sublinear_tf=True)
        train = tfidf.fit_transform(data.train.texts)
        validation = tfidf.transform(data.validation.texts)
        models = [
            LogisticRegression(C=strength, max_iter=1000).fit(train, truth[0])
            for strength in STRENGTHS
        ]
        best = max(models, key=lambda model: model.score(validation, truth[1]))
        answers[name] = make_pipeline(tfidf, best).predict_proba(data.test.texts)[:, 1]
    return answers


def show(document: dict[str, Any], p: np.ndarray, data: Data, console: Console):
    """Print the tables, a few answers in words, and the verdict."""
    details, names = document["details"], [*document["models"]]
    rows = [
        (name, *row.values(), details["pairs"][name])
        for name, row in document["models"].items()
    ]
    columns = ("model", "accuracy", "macro F1", "pairs told apart")
    table(console, "all test sentences", columns, rows)
    rows = [
        (name, part["count"], *(part["models"][one] for one in names))
        for name, part in document["slices"].items()
    ]
    rows += [
        (f"all, {label}", len(p) // 2, *(by_model[one] for one in names))
        for label, by_model in details["accuracy_by_label"].items()
    ]
    spaced = [name.replace("_", " ") for name in names]  # breaks into two lines
    columns = ("test sentences", "N", *spaced)
    table(console, "test accuracy by kind of damage", columns, rows)
    places = details["places"]
    say(
        console,
        f"largest drop at a misplaced word: {places['found']:.4f} of the damaged "
        f"sentences (a word at random: {places['at_random']:.4f})",
    )
    right = (p > 0.5) == (data.test.targets[:, 0] > 0)
    for outcome, chosen in (("right", right), ("wrong", ~right)):
        for index in np.flatnonzero(chosen)[:3]:
            text = " ".join(data.test.texts[index])
            label = LABELS[int(p[index] > 0.5)]
            say(console, f"{outcome}: {label} (P(damaged) {p[index]:.2f})  {text}")
    say(console, metrics.sentence(document))
