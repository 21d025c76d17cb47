"""The test: the network and its baselines on the same windows.

Letters: N windows, T time steps, D channels, C classes.
"""

from typing import Any

import keras
import numpy as np
import pandas as pd
from rich.console import Console
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common.errors import one_line
from common.preprocessing.sequences import predict
from common.training import classes, metrics
from common.training.console import attempt, say, table

from .data import Data, Split

READ_BATCH = 128  # windows per batch where nothing is trained
MAX_LABELS = 50  # with more, no confusion matrix and no slices
FOREST_SEED = 0


def probabilities(model: keras.Model, split: Split) -> np.ndarray:
    """Return what the model predicts for every window, (N, C)."""
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
    slices, details = {}, {}
    if len(labels) <= MAX_LABELS:
        parts = {f"label {x}": test.classes == n for n, x in enumerate(labels)}
        lengths = test.present.sum(axis=1)
        if lengths.min() < lengths.max():
            parts["shorter half"] = lengths <= np.median(lengths)
            parts["longer half"] = ~parts["shorter half"]
        slices = {
            name: {"count": int(rows.sum()), "models": right[rows].mean().to_dict()}
            for name, rows in parts.items()
            if rows.any()
        }
        every = range(len(labels))
        matrix = confusion_matrix(test.classes, answers["network"], labels=every)
        # True label -> predicted label -> number of windows.
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
        "slices": slices,
        "details": details,
    }


def features(split: Split) -> np.ndarray:
    """Return mean, standard deviation and slope of every channel, (N, 3 D)."""
    rows = []
    for signal, length in zip(split.signals, split.present.sum(axis=1), strict=True):
        x = signal[:length].astype("float64")  # (T, D)
        t = np.arange(length) - (length - 1) / 2
        slope = t @ x / max(1.0, t @ t)  # of the line with the least squared error
        rows.append(np.concatenate([x.mean(axis=0), x.std(axis=0), slope]))
    return np.stack(rows)


def baselines(data: Data, console: Console) -> dict[str, np.ndarray]:
    """Return the test classes (N,) that models without a network predict, by name.

    Two see mean, standard deviation and slope of every channel. Where all windows are
    equally long, `logistic_steps` and `forest_steps` see every value of every step.
    """

    def logistic():
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))

    def forest():
        return RandomForestClassifier(300, random_state=FOREST_SEED)

    train, test = data.train, data.test
    seen = {"features": (features(train), features(test))}
    splits = (train, data.validation, test)
    if len({length for one in splits for length in one.present.sum(axis=1)}) == 1:
        flat = (one.signals.reshape(len(one.signals), -1) for one in (train, test))
        seen["steps"] = (*flat,)
    models = {"majority": (DummyClassifier(strategy="most_frequent"), "features")}
    for kind in seen:
        models[f"logistic_{kind}"] = logistic(), kind
        models[f"forest_{kind}"] = forest(), kind
    answers = {}
    for name, (model, kind) in models.items():
        with attempt(console, f"the baseline {name}"):
            before, after = seen[kind]
            answers[name] = model.fit(before, train.classes).predict(after)
    return answers


def named(data: Data, answers: np.ndarray) -> tuple[list[str], list[str]]:
    """Return true and predicted labels of the test windows, from classes (N,)."""
    labels = data.preprocessor.labels
    return [labels[n] for n in data.test.classes], [labels[n] for n in answers]


def show(document: dict[str, Any], p: np.ndarray, data: Data, console: Console):
    """Print the tables, a few answers in words, and the verdict."""
    models = document["models"]
    rows = [(name, *row.values()) for name, row in models.items()]
    table(console, "all test windows", ("model", "accuracy", "macro F1"), rows)
    if len(data.preprocessor.labels) <= MAX_LABELS:
        classes.show(console, *named(data, p.argmax(axis=1)))
    names = [name for name in models if name != "majority"]
    rows = [
        (one_line(name, 40), part["count"], *(part["models"][n] for n in names))
        for name, part in document["slices"].items()
    ]
    spaced = [name.replace("_", " ") for name in names]  # breaks into two lines
    table(console, "test accuracy by part", ("windows", "N", *spaced), rows)
    answers, labels, test = p.argmax(axis=1), data.preprocessor.labels, data.test
    right = answers == test.classes
    for outcome, chosen in (("right", right), ("wrong", ~right)):
        for n in np.flatnonzero(chosen)[:3]:
            answer, true = labels[answers[n]], labels[test.classes[n]]
            name = one_line(f"window {test.windows.names[n]}", 60)
            said = one_line(f"{answer} ({p[n].max():.2f}), it is {true}", 100)
            say(console, f"{outcome}: {name}: {said}")
    say(console, metrics.sentence(document))
