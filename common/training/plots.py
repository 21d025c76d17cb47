"""Figures that several examples draw, as PNG files in a run's `figures` folder.

Each has the same figure as SVG beside it, which the run's report shows.
"""

import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure  # without pyplot: no window system is touched

from common import files

# Colours of Okabe and Ito (2008), which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#7F7F7F"
DPI = 120
# An SVG file with any of these is not well-formed (XML 1.0, section 2.2).
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def literal(text: str, limit: int = 60) -> str:
    """Return somebody's text as one short line that matplotlib draws as it is.

    Args:
        text: what to draw; matplotlib would take what stands between $ for a formula.
        limit: largest number of characters; a longer text ends in "…".
    """
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    short = "".join(" " if c.isspace() else c for c in short).replace("$", r"\$")
    return "".join(c if c.isprintable() else "\ufffd" for c in short)


def save(
    figure: Figure, path: Path, *, caption: str = "", alt: str = "", svg: bool = True
):
    """Write `figure` as PNG, and as SVG beside it, each whole or not at all.

    Both files carry the two texts, as `Title` and `Description`.

    Args:
        figure: what was drawn.
        path: the PNG file.
        caption: what stands below it in a report: what it is and how to read it; by
            default, the name of the file.
        alt: what it shows, for those who do not see it; by default, what the axes
            are labelled with.
        svg: whether to write the SVG too, which a report needs. Where the user names
            the file, nothing is written but that.
    """
    caption = caption or path.stem.replace("_", " ").capitalize() + "."
    texts = {"Title": caption, "Description": alt or axes_in_words(figure)}
    texts = {key: NOT_XML.sub("\ufffd", text) for key, text in texts.items()}
    options = {"dpi": DPI, "bbox_inches": "tight"}
    with warnings.catch_warnings():
        # A character that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        with files.atomic_write(path) as temporary:
            figure.savefig(temporary, format="png", metadata=texts, **options)
        if not svg:
            return
        # Else the ids in the file and its date would differ from run to run.
        texts["Date"], salt = None, {"svg.hashsalt": path.stem}
        drawing = io.StringIO()
        with rc_context(salt):
            figure.savefig(drawing, format="svg", metadata=texts, **options)
    # What was drawn stands in comments, too.
    content = NOT_XML.sub("\ufffd", drawing.getvalue())
    files.write_text(path.with_suffix(".svg"), content)


def axes_in_words(figure: Figure) -> str:
    """Say what the axes of a figure are labelled with."""
    parts = []
    for axes in figure.axes:
        names = " over ".join(filter(None, (axes.get_ylabel(), axes.get_xlabel())))
        title = axes.get_title("left") or axes.get_title()
        legend = axes.get_legend()
        lines = [text.get_text() for text in legend.get_texts()] if legend else []
        part = ": ".join(filter(None, (title, names, ", ".join(lines))))
        if part and part not in parts:
            parts.append(part)
    return "Diagram. " + "; ".join(parts)


def learning_curves(
    path: Path,
    history: Sequence[dict[str, float]],
    *,
    best_epoch: int,
    kept: bool = True,
):
    """Draw every value of the history for training and validation, by epoch.

    Args:
        path: the PNG file.
        history: one row an epoch, as `training.fit` returns it.
        best_epoch: the epoch whose weights were best, counted from 1.
        kept: whether those weights are the run's; else it was trained anew.
    """
    what = "kept" if kept else "best in validation"
    skip = ("epoch", "seconds")
    names = [n for n in history[0] if n not in skip and not n.startswith("val_")]
    figure = Figure(figsize=(4.5 * len(names), 3.2))
    epochs = [row["epoch"] for row in history]
    ends = []
    for axes, name in zip(np.ravel(figure.subplots(1, len(names))), names, strict=True):
        for key, label, color in (
            (name, "training", BLUE),
            (f"val_{name}", "validation", ORANGE),
        ):
            if key in history[0]:
                values = [row[key] for row in history]
                axes.plot(epochs, values, ".-", color=color, label=label)
                ends.append(f"{name} in {label} {values[0]:.3g} to {values[-1]:.3g}")
        axes.axvline(best_epoch, color=GREY, linestyle=":", label=f"epoch {what}")
        axes.ticklabel_format(axis="y", useOffset=False)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    figure.tight_layout()
    save(
        figure,
        path,
        caption=f"Learning curves. The weights kept are those of epoch {best_epoch}."
        if kept
        else f"Learning curves. Epoch {best_epoch} was best in validation; the network "
        "that was tested was trained anew after that, for all epochs.",
        alt=f"Lines from epoch {epochs[0]:.0f} to {epochs[-1]:.0f}: {', '.join(ends)}.",
    )


def confusion_matrix(path: Path, matrix: np.ndarray, labels: Sequence[str]):
    """Draw counts (C, C): rows are the true labels, columns the predicted ones."""
    count = len(labels)
    side = 2.4 + 0.6 * min(count, 20)
    figure = Figure(figsize=(side, side))
    axes = figure.subplots()
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if count <= 20:  # beyond that the numbers would overlap
        for row, column in np.ndindex(matrix.shape):
            color = "white" if shares[row, column] > 0.5 else "black"
            value = f"{matrix[row, column]:,}"
            axes.text(column, row, value, ha="center", va="center", color=color)
    ticks = range(count)
    axes.set_xticks(ticks, labels, rotation=45, ha="right")
    axes.set_yticks(ticks, labels)
    axes.set(xlabel="predicted", ylabel="true")
    shown = ", ".join(
        f"{label} {share:.0%}"
        for label, share in list(zip(labels, shares.diagonal(), strict=True))[:20]
    )
    save(
        figure,
        path,
        caption="Confusion matrix. Rows: true labels; columns: answers.",
        alt=f"Square of {count} by {count} counts. Right answers by label: {shown}.",
    )


def token_curves(
    path: Path,
    curves: Sequence[tuple[Sequence[str], Sequence[float], str]],
    *,
    ylabel: str,
    limits: tuple[float, float] = (0.0, 1.0),
):
    """Draw one small diagram a sequence: a value after each of its tokens.

    Args:
        path: the PNG file.
        curves: (tokens, as many values, title) each.
        ylabel: what the values are.
        limits: range of the values.
    """
    figure = Figure(figsize=(8, 2.3 * len(curves)))
    rows = np.ravel(figure.subplots(len(curves), 1))
    for axes, (tokens, values, title) in zip(rows, curves, strict=True):
        axes.axhline(sum(limits) / 2, color=GREY, linewidth=0.8, linestyle=":")
        axes.plot(range(len(tokens)), values, "o-", color=BLUE, markersize=4)
        axes.set_xticks(range(len(tokens)), tokens, rotation=45, ha="right")
        margin = 0.05 * (limits[1] - limits[0])
        axes.set(ylim=(limits[0] - margin, limits[1] + margin), ylabel=ylabel)
        axes.set_title(title, fontsize=10, loc="left")
    figure.tight_layout()
    ends = [
        f"{' '.join(tokens)} ({title}) ends at {values[-1]:.2f}"
        for tokens, values, title in curves
    ]
    save(
        figure,
        path,
        caption=f"{ylabel} after each token of {len(curves)} sequences.",
        alt=f"One line for each sequence: {'; '.join(ends)}.",
    )


def text_strip(
    path: Path,
    text: str,
    values: np.ndarray,
    *,
    limits: tuple[float, float],
    title: str,
    width: int = 80,
):
    """Draw a text with the ground behind every character coloured by a value.

    Args:
        path: the PNG file.
        text: N characters; line ends are shown and begin a new line.
        values: (N,).
        limits: range of the values; where they are of either sign, 0 is white.
        title: stands above.
        width: characters after which a long line is broken.
    """
    places, row, column = [], 0, 0
    for character in text:
        places.append((row, column))
        column += 1
        if character == "\n" or column == width:
            row, column = row + 1, 0
    rows = places[-1][0] + 1
    ground = np.full((rows, width), np.nan)
    ground[tuple(np.array(places).T)] = values
    figure = Figure(figsize=(0.115 * width, 0.6 + 0.2 * rows))
    axes = figure.subplots()
    image = axes.imshow(
        ground,
        aspect="auto",
        cmap="YlGnBu" if limits[0] >= 0 else "RdBu_r",
        vmin=limits[0],
        vmax=limits[1],
    )
    for character, (row, column), value in zip(text, places, values, strict=True):
        red, green, blue, _ = image.to_rgba(value)
        dark = 0.3 * red + 0.6 * green + 0.1 * blue < 0.5
        axes.text(
            column,
            row,
            {"\n": "\u21b5", "\t": "\u2192", "$": r"\$"}.get(character, character),
            ha="center",
            va="center",
            family="monospace",
            fontsize=8,
            color="white" if dark else "black",
        )
    axes.set_axis_off()
    axes.set_title(title, fontsize=10, loc="left")
    figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01)
    with warnings.catch_warnings():
        # A character that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        save(
            figure,
            path,
            caption=f"{title}.",
            alt=f"A text of {len(text)} characters, each on a ground whose colour says "
            f"its value, {values.min():.2f} to {values.max():.2f}. {title}. The text: "
            f"{' '.join(text.split())}",
        )
