"""Figures of the test: which tags are confused, and a text in the network's colours.

Letters: M tokens, C classes.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from common.training import plots
from common.training.run_folder import Run

from .colours import color_of
from .data import Data

LINES, WIDTH = 18, 98  # of the text that is drawn, in characters
SIZE = 12  # points; a character of this font is 0.602 of it wide


def confusion_matrix(run: Run, details: dict[str, Any]):
    """Draw how often each true tag got each answer, from a run's details."""
    counts = details["confusion_matrix"]
    tags = [plots.literal(tag) for tag in counts]
    matrix = np.array([list(row.values()) for row in counts.values()])  # (C, C)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = 2.4 + 0.6 * min(len(tags), 20)
    figure = Figure(figsize=(side, side))
    ConfusionMatrixDisplay(100 * shares, display_labels=tags).plot(
        ax=figure.subplots(),
        cmap="Blues",
        colorbar=False,
        xticks_rotation="vertical",
        values_format=".1f",
    )
    shown = [f"{tag} {p:.0%}" for tag, p in zip(tags, shares.diagonal(), strict=True)]
    plots.save(
        figure,
        run / "figures" / "confusion_matrix.png",
        caption="Confusion matrix in percent of each true tag. Rows: true tags; "
        "columns: answers.",
        alt=f"{len(tags)} by {len(tags)} shares. Right: {', '.join(shown[:20])}.",
    )


def coloured_text(run: Run, y: np.ndarray, data: Data):
    """Draw the beginning of a test text in the colours of the answers.

    Wrong answers are underlined. `y` are logits of the test tokens, (M, C).
    """
    preprocessor, text = data.preprocessor, data.test.texts[0]
    true = data.test.tagged(data.test.classes)
    figure = Figure(figsize=(10, 0.24 * LINES + 0.6))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 10 * 72 / (0.602 * SIZE)), ylim=(LINES + 0.5, -2))
    axes.axis("off")
    row = column = wrong = count = 0
    answers = y.argmax(axis=1)
    pieces: list[
        list
    ] = []  # row, column, answer, text: one of them for many characters
    for token, answer, right in zip(text.tokens, answers, true, strict=False):
        if token == "\n" or column + len(token) > WIDTH:
            row, column = row + 1, 0
        if row == LINES:
            break
        count, wrong = count + 1, wrong + (answer != right)
        if token == "\n":
            continue
        shown = f"{token} " if preprocessor.words else token
        if pieces and pieces[-1][:3] == [row, column - len(pieces[-1][3]), answer]:
            pieces[-1][3] += shown
        else:
            pieces.append([row, column, answer, shown])
        if answer != right:
            ends = [column, column + len(token)]
            axes.plot(ends, [row + 0.2] * 2, color="red", linewidth=1.5)
        column += len(shown)
    for at, start, answer, shown in pieces:
        color, shown = color_of(preprocessor.tags, answer), plots.literal(shown, WIDTH)
        axes.text(start, at, shown, color=color, family="monospace", fontsize=SIZE)
    for number, tag in enumerate(preprocessor.tags[:12]):
        x = number * (WIDTH + 1) / min(12, len(preprocessor.tags))
        color = color_of(preprocessor.tags, number)
        axes.text(x, -1.2, plots.literal(tag), color=color, fontsize=10, weight="bold")
    plots.save(
        figure,
        run / "figures" / "coloured_text.png",
        caption="The beginning of a test text in the colours of the answers. Wrong "
        "answers are underlined in red.",
        alt=f"{row} lines of text in {len(preprocessor.tags)} colours; "
        f"{wrong} of {count} answers are wrong.",
        most_telling=True,
    )
