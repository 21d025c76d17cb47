"""The test: the network and its baselines on the same tokens.

Letters: M tokens of all texts together, one text after the other, C classes.
"""

import itertools
from typing import Any

import keras
import numpy as np
import pandas as pd
from pygments import lex
from pygments.lexers.python import PythonLexer
from pygments.token import Token
from rich.console import Console
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import confusion_matrix, f1_score

from common.preprocessing.sequences import predict
from common.training import metrics
from common.training.console import attempt, say, table

from .data import Data, Split

READ_BATCH = 128  # windows per batch where nothing is trained
NEIGHBOURS = 4  # tokens to each side that a baseline sees
BLOCK = 200  # tokens of a text that are drawn together for an interval
MAX_TRAINING = 500_000  # tokens that a baseline is fitted on
# The tag of what Pygments calls a token: the first that fits.
PYGMENTS = (
    (Token.Comment, "comment"),
    (Token.Literal.String, "string"),
    (Token.Literal.Number, "number"),
    (Token.Keyword, "keyword"),
    (Token.Operator.Word, "keyword"),
    (Token.Name.Builtin.Pseudo, "name"),
    (Token.Name.Builtin, "builtin"),
    (Token.Name.Exception, "builtin"),
    (Token.Name.Function, "definition"),
    (Token.Name.Class, "definition"),
    (Token.Name, "name"),
    (Token.Operator, "operator"),
    (Token.Punctuation, "operator"),
)


def logits(model: keras.Model, split: Split) -> np.ndarray:
    """Return what the model says of every token, (M, C)."""
    return split.tagged(predict(model, split.batches(READ_BATCH)))


def blocks(split: Split) -> np.ndarray:
    """Return the block of every token (M,): neighbours depend on each other."""
    numbers = itertools.count()
    return np.concatenate(
        [
            np.full(min(BLOCK, len(text.tokens) - start), next(numbers))
            for text in split.texts
            for start in range(0, len(text.tokens), BLOCK)
        ]
    )


def evaluate(data: Data, y: np.ndarray, console: Console) -> dict[str, Any]:
    """Return the entries of `metrics.json` that measure network and baselines.

    `y` are the network's logits for the test split, (M, C).
    """
    test, tags = data.test, data.preprocessor.tags
    true = test.tagged(test.classes)  # (M,)
    answers = {"network": y.argmax(axis=1), **baselines(data, console)}

    def row(classes: np.ndarray) -> dict[str, float]:
        f1 = f1_score(true, classes, average="macro", zero_division=0)
        return {"accuracy": (classes == true).mean(), "macro_f1": f1}

    references = {}
    if not data.preprocessor.words:
        with attempt(console, "the reference pygments"):
            references["pygments"] = row(pygments_classes(data))
    right = pd.DataFrame({name: true == a for name, a in answers.items()})
    parts = right.groupby(true)
    means, counts = parts.mean(), parts.size()
    matrix = confusion_matrix(true, answers["network"], labels=range(len(tags)))
    return {
        "scores": right.to_dict("series"),
        "models": {name: row(classes) for name, classes in answers.items()},
        "references": references,
        "slices": {
            tags[n]: {"count": int(counts[n]), "models": means.loc[n].to_dict()}
            for n in means.index
        },
        # True tag -> predicted tag -> number of tokens.
        "details": {
            "confusion_matrix": pd.DataFrame(matrix, tags, tags).to_dict("index")
        },
    }


def baselines(data: Data, console: Console) -> dict[str, np.ndarray]:
    """Return the test classes (M,) that models without a network predict, by name.

    `most_frequent` gives each token its most frequent class in training. `neighbours`
    is a logistic regression on the token and the four to each side of it.
    """
    (x, y), (x_test, _) = (_neighbours(split) for split in (data.train, data.test))
    size = len(data.preprocessor.vocabulary)
    answers = {}
    with attempt(console, "the baseline most_frequent"):
        counts = np.zeros((size, len(data.preprocessor.tags)))
        np.add.at(counts, (x[:, NEIGHBOURS], y), 1)
        overall = counts.sum(axis=0)
        counts[counts.sum(axis=1) == 0] = overall  # tokens that training lacks
        answers["most_frequent"] = counts.argmax(axis=1)[x_test[:, NEIGHBOURS]]
    with attempt(console, "the baseline neighbours"):
        chosen = np.random.default_rng(0).permutation(len(y))[:MAX_TRAINING]
        model = SGDClassifier(
            loss="log_loss", alpha=1e-6, max_iter=5, tol=None, random_state=0
        )
        model.fit(_one_hot(x[chosen], size), y[chosen])
        answers["neighbours"] = model.predict(_one_hot(x_test, size))
    return answers


def _neighbours(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids around every token (M, 9), 0 beyond its text, and classes (M,)."""
    centres = split.tagged(split.ids)
    lengths = [len(text.tokens) for text in split.texts]
    rows = []
    for ids in np.split(centres, np.cumsum(lengths)[:-1]):
        padded = np.pad(ids, NEIGHBOURS)
        rows.append(
            np.lib.stride_tricks.sliding_window_view(padded, 2 * NEIGHBOURS + 1)
        )
    return np.concatenate(rows), split.tagged(split.classes)


def _one_hot(ids: np.ndarray, size: int) -> csr_matrix:
    """Return a 1 for every neighbour (M, neighbours * V), by place and id."""
    count, places = ids.shape
    columns = (ids + size * np.arange(places)).ravel()
    ends = np.arange(0, len(columns) + 1, places)
    ones = np.ones(len(columns), "float32")
    return csr_matrix((ones, columns, ends), shape=(count, places * size))


def pygments_classes(data: Data) -> np.ndarray:
    """Return the classes (M,) that Pygments gives the test texts.

    Pygments knows the grammar and colours for the eye: its classes are not quite those
    of the test, so it is a reference, not a rival.
    """
    number_of = {tag: number for number, tag in enumerate(data.preprocessor.tags)}
    classes = []
    for text in data.test.texts:
        lexer = PythonLexer(stripnl=False, ensurenl=False)
        for kind, value in lex(text.tokens, lexer):
            tag = next((tag for one, tag in PYGMENTS if kind in one), "space")
            classes += [number_of[tag if not value.isspace() else "space"]] * len(value)
    return np.array(classes)


def show(document: dict[str, Any], y: np.ndarray, data: Data, console: Console):
    """Print the tables, a few answers in words, and the verdict."""
    models, test, tags = document["models"], data.test, data.preprocessor.tags
    rows = [(name, *row.values()) for name, row in models.items()]
    rows += [(f"({n})", *row.values()) for n, row in document["references"].items()]
    title = "all test words" if data.preprocessor.words else "all test characters"
    table(console, title, ("model", "accuracy", "macro F1"), rows)
    rows = [
        (name, part["count"], *part["models"].values())
        for name, part in document["slices"].items()
    ]
    spaced = [name.replace("_", " ") for name in models]
    table(console, "test accuracy by tag", ("tag", "N", *spaced), rows)
    for line in mistakes(y.argmax(axis=1), test, tags, data.preprocessor.words):
        say(console, line)
    say(console, metrics.sentence(document))


def mistakes(
    classes: np.ndarray, split: Split, tags: list[str], words: bool
) -> list[str]:
    """Return three wrong answers in words: what, where, and what was right."""
    true = split.tagged(split.classes)
    tokens = [token for text in split.texts for token in text.tokens]
    found, space = [], " " if words else ""
    wrong = np.flatnonzero(classes != true)
    for n in wrong[:: max(1, len(wrong) // 3)][:3]:
        around = space.join(tokens[max(0, n - 12) : n + 13])
        answer, right = tags[classes[n]], tags[true[n]]
        found.append(f"wrong: {tokens[n]!r} in {around!r}: {answer}, it is {right}")
    return found
