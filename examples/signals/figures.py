"""Figures of the test: which labels are confused, and the answer along a window.

Letters: N windows, T time steps of a window, D channels, C classes.
"""

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from common.errors import UserError
from common.preprocessing.sequences import Batches, predict
from common.training import plots
from common.training.run_folder import Run

from .data import Data
from .evaluate import MAX_LABELS, READ_BATCH

WINDOWS, LONGEST = 4, 200  # windows drawn; steps of one that are drawn
LINES = 3  # channels that are drawn as lines; more become a picture


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


def answers_along_windows(run: Run, model: keras.Model, data: Data):
    """Draw a few test windows, and below each the probabilities after every step.

    The first windows are of different labels.
    """
    test, labels = data.test, data.preprocessor.labels
    first = [int(np.argmax(test.classes == c)) for c in np.unique(test.classes)]
    chosen = [*first, *(n for n in range(len(test.classes)) if n not in first)]
    chosen = chosen[:WINDOWS]
    figure = Figure(figsize=(3 * len(chosen), 5), layout="constrained")
    axes = figure.subplots(2, len(chosen), sharex="col", squeeze=False)
    ends = []
    for column, n in enumerate(chosen):
        length = min(LONGEST, int(test.present[n].sum()))
        signal = test.signals[n, :length]  # (T, D)
        p = reading(model, signal)  # (T, C)
        above, below = axes[:, column]
        steps = np.arange(1, length + 1)
        if signal.shape[1] <= LINES:
            above.plot(steps, signal)
        else:
            edges = (0.5, length + 0.5, signal.shape[1] + 0.5, 0.5)
            above.imshow(signal.T, aspect="auto", cmap="Greys", extent=edges)
        true = plots.literal(labels[test.classes[n]], 30)
        above.set_title(f"true label: {true}", fontsize=10, loc="left")
        for c in np.argsort(-p.max(axis=0))[:3]:
            name = plots.literal(labels[c], 20)
            below.plot(steps, p[:, c], "o-", markersize=3, label=f"P({name})")
        below.set(ylim=(-0.05, 1.05), xlabel="step")
        below.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
        ends.append(f"window of {true} ends at {p[-1].max():.2f}")
    few = signal.shape[1] <= LINES
    axes[0, 0].set_ylabel("standardized values" if few else "channel")
    axes[1, 0].set_ylabel("probability")
    plots.save(
        figure,
        run / "figures" / "answers_along_windows.png",
        caption="Above: test windows, one step after the other. Below: the three "
        "likeliest labels after each step.",
        alt=f"{len(chosen)} windows and probabilities by step: {'; '.join(ends)}.",
        most_telling=True,
    )


def reading(model: keras.Model, signal: np.ndarray) -> np.ndarray:
    """Return the probabilities (T, C) after each step of a window (T, D).

    Every beginning of the window is classified by itself.
    """
    steps = len(signal)
    signals = np.repeat(signal[None], steps, axis=0)  # (T, T, D)
    present = np.tri(steps, dtype="int32")  # (T, T)
    targets = np.zeros(steps)  # not used
    inputs = (signals, present)
    return predict(model, Batches(inputs, targets, batch_size=READ_BATCH))
