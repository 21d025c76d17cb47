"""Figures of the test: which labels are confused, and what each word changes.

Letters: N texts, T words of a text, C classes.
"""

import math
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from common.errors import UserError
from common.preprocessing.sequences import Batches, predict
from common.training import plots
from common.training.run_folder import Run

from .data import Data, Split
from .evaluate import MAX_LABELS, READ_BATCH


def confusion_matrix(run: Run, details: dict[str, Any]):
    """Draw how often each true label got each answer, from a run's details."""
    counts = details.get("confusion_matrix")
    if counts is None:
        raise UserError(f"it is for at most {MAX_LABELS} labels")
    labels = [plots.literal(label) for label in counts]
    matrix = np.array([list(row.values()) for row in counts.values()])  # (C, C)
    side = 2.4 + 0.6 * min(len(labels), 20)
    figure = Figure(figsize=(side, side))
    ConfusionMatrixDisplay(matrix, display_labels=labels).plot(
        ax=figure.subplots(),
        cmap="Blues",
        colorbar=False,
        xticks_rotation="vertical",
        include_values=len(labels) <= 20,  # more would overlap
    )
    shares = matrix.diagonal() / np.maximum(matrix.sum(axis=1), 1)
    shown = [f"{label} {p:.0%}" for label, p in zip(labels, shares, strict=True)]
    plots.save(
        figure,
        run / "figures" / "confusion_matrix.png",
        caption="Confusion matrix. Rows: true labels; columns: answers.",
        alt=f"{len(labels)} by {len(labels)} counts. Right: {', '.join(shown[:20])}.",
    )


def reading_curves(run: Run, model: keras.Model, data: Data):
    """Draw the probability of the last label after each word of a few test texts.

    Two texts stand side by side, so that the two of an order pair can be compared.
    """
    test, preprocessor = data.test, data.preprocessor
    labels = [plots.literal(label, 30) for label in preprocessor.labels]
    chosen = short_texts(test)
    rows = math.ceil(len(chosen) / 2)
    figure = Figure(figsize=(11, 2.5 * rows), layout="tight")
    ends = []
    for place, index in enumerate(chosen, start=1):
        tokens = preprocessor.tokens(test.texts[index])
        names = [plots.literal(token, 30) for token in tokens]
        values = reading(model, test.ids[index])[:, -1]
        kind, true = test.slices[index].replace("_", " "), test.classes[index]
        title = f"{kind}, true label: {labels[true]}"
        color = plots.BLUE if true == len(labels) - 1 else plots.ORANGE
        axes = figure.add_subplot(rows, 2, place)
        axes.axhline(0.5, color=plots.GREY, linewidth=0.8, linestyle=":")
        axes.plot(values, "o-", color=color, markersize=4)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set(ylim=(-0.05, 1.05), ylabel=f"P({labels[-1]})")
        axes.set_title(title, fontsize=10, loc="left")
        ends.append(f"{' '.join(names)} ({title}) ends at {values[-1]:.2f}")
    plots.save(
        figure,
        run / "figures" / "reading_curve.png",
        caption=f"P({labels[-1]}) after each word of {len(chosen)} test texts; blue: "
        f"the true label is {labels[-1]}.",
        alt=f"One line per text: {'; '.join(ends)}.",
        most_telling=True,
    )


def reading(model: keras.Model, ids: np.ndarray) -> np.ndarray:
    """Return the probabilities (T, C) after each word of a text, given its ids.

    Every beginning of the text is classified by itself.
    """
    ids = ids[ids > 0]
    beginnings = np.tril(np.tile(ids, (len(ids), 1)))  # (T, T)
    targets = np.zeros(len(ids))  # not used
    return predict(model, Batches(beginnings, targets, batch_size=READ_BATCH))


def short_texts(split: Split, *, count: int = 4, longest: int = 30) -> list[int]:
    """Choose texts that fit a diagram, two of an order pair first."""
    lengths = np.count_nonzero(split.ids, axis=1)
    short = [*np.flatnonzero(lengths <= longest)]
    if len(short) < count:
        short = [*np.argsort(lengths, kind="stable")[:count]]
    pairs = [index for index in short if split.slices[index] == "order_pairs"][:2]
    return [*pairs, *(index for index in short if index not in pairs)][:count]
