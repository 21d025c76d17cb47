"""Figures of the test: what damage is found, and at which word.

Letters: N texts, T words of a text.
"""

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

from common.training import plots
from common.training.run_folder import Run

from .data import Data, Split
from .evaluate import drops

COLORS = (plots.BLUE, plots.GREY, plots.ORANGE)  # network, unigrams, bigrams


def accuracy_by_kind(run: Run, slices: dict[str, Any]):
    """Draw the accuracy of every model for each kind of damage."""
    names = [*next(iter(slices.values()))["models"]]
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(slices))
    height = 0.8 / len(names)
    for number, name in enumerate(names):
        values = [part["models"][name] for part in slices.values()]
        bars = axes.barh(
            places + number * height,
            values,
            height,
            label=name.replace("_", " "),
            color=COLORS[number],
        )
        axes.bar_label(bars, [f" {value:.2f}" for value in values], fontsize=8)
    labels = [f"{name}\n(N = {part['count']})" for name, part in slices.items()]
    axes.set_yticks(places + height * (len(names) - 1) / 2, labels)
    axes.invert_yaxis()
    axes.axvline(0.5, color=plots.GREY, linewidth=0.8, linestyle=":")
    axes.set(xlim=(0, 1), xlabel="accuracy")
    figure.legend(loc="outside lower right", ncols=len(names))
    told = [
        f"{name}: {', '.join(f'{m} {v:.2f}' for m, v in part['models'].items())}"
        for name, part in slices.items()
    ]
    plots.save(
        figure,
        run / "figures" / "accuracy_by_kind.png",
        caption="Test accuracy by kind of damage. Dotted: guessing.",
        alt=f"Bars. {'; '.join(told)}.",
    )


def places(run: Run, model: keras.Model, data: Data):
    """Draw a few test sentences with each word's drop: where the network stumbles."""
    test = data.test
    chosen = telling_texts(test)
    found = drops(model, test.ids[chosen])
    width = 100  # characters of a line, each 0.6 of the size of the font
    figure = Figure(figsize=(width * 6 / 72, 0.6 * len(chosen)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(len(chosen), 0))
    axes.set_axis_off()
    told = []
    for row, (index, drop) in enumerate(zip(chosen, found, strict=True)):
        words = [plots.literal(word, 20) for word in test.texts[index]]
        damage = test.damages[index]
        kind = "as written" if damage is None else damage.kind
        axes.text(1, row + 0.5, kind, va="center", size=9, color=plots.GREY)
        start = 14
        for place, (word, value) in enumerate(zip(words, drop, strict=True)):
            misplaced = damage is not None and place in damage.places
            box = {"boxstyle": "round,pad=0.2", "facecolor": plots.ORANGE, "lw": 0}
            axes.text(
                start,
                row + 0.5,
                word,
                va="center",
                family="monospace",
                size=10,
                weight="bold" if misplaced else "normal",
                bbox={**box, "alpha": float(np.clip(value, 0, 1))},
            )
            start += len(word) + 2
        most = int(np.argmax(drop))
        told.append(f"{kind}: {' '.join(words)}; most at {words[most]}")
    plots.save(
        figure,
        run / "figures" / "places.png",
        caption="Where the network stumbles in test sentences: the more orange a word, "
        "the further P(damaged) falls without it. Bold: misplaced words.",
        alt=f"Sentences. {'. '.join(told)}.",
        most_telling=True,
    )


def telling_texts(split: Split, *, pairs: int = 3, longest: int = 10) -> list[int]:
    """Choose short sentences in both forms: the numbers of the texts, pair by pair."""
    lengths = np.count_nonzero(split.ids[::2], axis=1)
    short = np.flatnonzero(lengths <= longest)
    if len(short) < pairs:
        short = np.argsort(lengths, kind="stable")
    return [
        text for pair in short[:pairs].tolist() for text in (2 * pair, 2 * pair + 1)
    ]
