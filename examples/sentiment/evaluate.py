"""The test: the network and its baselines on the same texts.

Letters: N texts, C classes.
"""

import dataclasses
from typing import Any

import keras
import numpy as np
import pandas as pd
from rich.console import Console
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from common.errors import UserError, one_line
from common.preprocessing.sequences import predict
from common.training import classes, metrics
from common.training.console import attempt, say, table

from .data import Data, Split
from .preprocessor import words

READ_BATCH = 128  # texts per batch where nothing is trained
SHUFFLE_SEED = 0
MAX_LABELS = 200  # with more, linear models take gigabytes; no confusion matrix


def probabilities(model: keras.Model, split: Split) -> np.ndarray:
    """Return what the model predicts for every text, (N, C)."""
    return predict(model, split.batches(READ_BATCH))


def evaluate(
    model: keras.Model, data: Data, p: np.ndarray, console: Console
) -> dict[str, Any]:
    """Return the entries of `metrics.json` that measure network and baselines.

    `p` are the network's probabilities for the test split, (N, C).
    """
    test, labels = data.test, data.preprocessor.labels
    answers = {"network": p.argmax(axis=1), **baselines(data, console)}
    right = pd.DataFrame({name: test.classes == a for name, a in answers.items()})
    shuffled = probabilities(model, shuffle_words(test)).argmax(axis=1) == test.classes
    slices = right.assign(shuffled=shuffled).groupby(test.slices)
    means, counts = slices.mean(), slices.size()
    details = {"words_shuffled": {"all": shuffled.mean(), **means["shuffled"]}}
    if len(labels) <= MAX_LABELS:
        every = range(len(labels))
        matrix = confusion_matrix(test.classes, answers["network"], labels=every)
        # True label -> predicted label -> number of texts.
        frame = pd.DataFrame(matrix, labels, labels)
        details["confusion_matrix"] = frame.to_dict("index")
        details["by_class"] = classes.by_class(*named(data, answers["network"]))
    return {
        "scores": right.to_dict("series"),
        "models": {
            name: {
                "accuracy": right[name].mean(),
                "macro_f1": f1_score(test.classes, a, average="macro"),
            }
            for name, a in answers.items()
        },
        "slices": {
            name: {"count": int(counts[name]), "models": row.to_dict()}
            for name, row in means[[*answers]].iterrows()
        },
        "details": details,
    }


def shuffle_words(split: Split) -> Split:
    """Return the split with the words of every text in random order."""
    random = np.random.default_rng(SHUFFLE_SEED)
    ids = split.ids.copy()
    for row, length in zip(ids, np.count_nonzero(ids, axis=1), strict=True):
        random.shuffle(row[:length])
    return dataclasses.replace(split, ids=ids)


class LogCountRatios(TransformerMixin, BaseEstimator):
    """Weights each feature by how much more frequent it is in one of two classes.

    The naive-Bayes features of Wang and Manning (2012, equation 2).
    """

    def fit(self, x, y):
        """Count the features x (N, F) of the classes y (N,), 0 and 1."""
        q, p = (x[y == one].sum(axis=0) + 1 for one in (0, 1))  # (1, F)
        self.ratios_ = np.log((p / p.sum()) / (q / q.sum()))
        return self

    def transform(self, x):
        return x.multiply(self.ratios_).tocsr()


def baselines(data: Data, console: Console) -> dict[str, np.ndarray]:
    """Return the test classes (N,) that models without a network predict, by name.

    The bigram models also see pairs of neighbouring words, so a little of the order.
    `nbsvm_bigrams` is that of Wang and Manning (2012) without interpolation, one
    classifier for each label if there are more than two.
    """
    read = {"tokenizer": words, "token_pattern": None, "lowercase": False}
    models = {"majority": DummyClassifier(strategy="most_frequent")}
    for name, longest in (("tfidf_unigrams", 1), ("tfidf_bigrams", 2)):
        tfidf = TfidfVectorizer(
            ngram_range=(1, longest), min_df=2, sublinear_tf=True, **read
        )
        models[name] = make_pipeline(tfidf, LogisticRegression(C=10, max_iter=1000))
    nbsvm = make_pipeline(
        CountVectorizer(ngram_range=(1, 2), binary=True, **read),
        OneVsRestClassifier(make_pipeline(LogCountRatios(), LinearSVC())),
    )
    strength = {"onevsrestclassifier__estimator__linearsvc__C": [0.01, 0.1, 1.0]}
    models["nbsvm_bigrams"] = GridSearchCV(nbsvm, strength, cv=3)  # within training
    answers = {}
    for name, model in models.items():
        with attempt(console, f"the baseline {name}"):
            if name != "majority" and len(data.preprocessor.labels) > MAX_LABELS:
                raise UserError(f"it is for at most {MAX_LABELS} labels")
            model.fit(data.train.texts, data.train.classes)
            answers[name] = model.predict(data.test.texts)
    return answers


def named(data: Data, answers: np.ndarray) -> tuple[list[str], list[str]]:
    """Return true and predicted labels of the test texts, from classes (N,)."""
    labels = data.preprocessor.labels
    return [labels[n] for n in data.test.classes], [labels[n] for n in answers]


def show(document: dict[str, Any], p: np.ndarray, data: Data, console: Console):
    """Print the tables, a few predictions in words, and the verdict."""
    rows = [(name, *row.values()) for name, row in document["models"].items()]
    table(console, "all test texts", ("model", "accuracy", "macro F1"), rows)
    if len(data.preprocessor.labels) <= MAX_LABELS:
        classes.show(console, *named(data, p.argmax(axis=1)))
    shuffled = document["details"]["words_shuffled"]
    say(console, f"accuracy of the network, words shuffled: {shuffled['all']:.4f}")
    names = [name for name in document["models"] if name != "majority"]
    rows = [
        (
            name.replace("_", " "),
            part["count"],
            *(part["models"][n] for n in names),
            shuffled[name],
        )
        for name, part in document["slices"].items()
    ]
    spaced = [name.replace("_", " ") for name in names]  # breaks into two lines
    columns = ("test texts", "N", *spaced, "shuffled")
    table(console, "test accuracy by kind of text", columns, rows)
    answers = p.argmax(axis=1)
    right = answers == data.test.classes
    for outcome, chosen in (("right", right), ("wrong", ~right)):
        for index in np.flatnonzero(chosen)[:3]:
            label = one_line(data.preprocessor.labels[answers[index]], 40)
            text = one_line(data.test.texts[index], 160)
            say(console, f"{outcome}: {label} ({p[index].max():.2f})  {text}")
    say(console, metrics.sentence(document))
