"""Figures that several examples draw, as PNG files in a run's `figures` folder.

Each has the same figure as SVG beside it, which the run's report shows.
"""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
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
    figure: Figure,
    path: Path,
    *,
    caption: str = "",
    alt: str = "",
    most_telling: bool = False,
    svg: bool = True,
):
    """Write `figure` as PNG, and as SVG beside it, each whole or not at all.

    Both files carry the two texts, as `Title` and `Description`.

    Args:
        figure: what was drawn.
        path: the PNG file.
        caption: what it is and how to read it; by default, the name of the file.
        alt: what it shows, for those who do not see it; by default, its labels.
        most_telling: whether this is the picture of the run that the index of all runs
            shows. The report shows it first.
        svg: whether to write the SVG too, which a report needs. It is not needed for
            a file that the user names.
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
        # Without these two, ids and date in the file would differ from run to run.
        texts["Date"], salt = None, {"svg.hashsalt": path.stem}
        texts["Keywords"] = ["most telling"] if most_telling else None
        drawing = io.StringIO()
        with rc_context(salt):
            figure.savefig(drawing, format="svg", metadata=texts, **options)
    # Matplotlib repeats the drawn text in comments of the SVG.
    content = NOT_XML.sub("\ufffd", drawing.getvalue())
    files.write_text(path.with_suffix(".svg"), content)


def axes_in_words(figure: Figure) -> str:
    """Say what the axes of a figure are labelled with."""
    parts = []
    for axes in figure.axes:
        names = " over ".join(filter(None, (axes.get_ylabel(), axes.get_xlabel())))
        title = axes.get_title("left") or axes.get_title()
        lines = ", ".join(axes.get_legend_handles_labels()[1])
        parts.append(": ".join(filter(None, (title, names, lines))))
    return "Diagram. " + "; ".join(filter(None, dict.fromkeys(parts)))


def learning_curves(
    path: Path, history: Sequence[dict], *, best_epoch: int, kept: bool = True
):
    """Draw every value of the history for training and validation, by epoch.

    Args:
        path: the PNG file.
        history: one row per epoch, as in `fitting.Fitted.history`.
        best_epoch: the epoch whose weights were best, counted from 1.
        kept: whether the run keeps those weights. If not, it was trained again.
    """
    skip = ("epoch", "seconds")
    names = [n for n in history[0] if n not in skip and not n.startswith("val_")]
    # One below the other, so that a telephone shows all of them.
    figure, ends = Figure(figsize=(5.6, 0.5 + 2.3 * len(names))), []
    panels = np.ravel(figure.subplots(len(names), sharex=True))
    what = "kept" if kept else "best in validation"
    for axes, name in zip(panels, names, strict=True):
        axes.axvline(best_epoch, color=GREY, linestyle=":", label=f"epoch {what}")
        lines = {"training": ([row[name] for row in history], {"color": BLUE})}
        if f"val_{name}" in history[0]:
            values = [row[f"val_{name}"] for row in history]
            lines["validation"] = values, {"color": ORANGE}
        ends.append(by_epoch(axes, lines, name))
        axes.label_outer()
    legend_above(panels[0])
    figure.tight_layout()
    caption = f"Learning curves. The weights kept are those of epoch {best_epoch}."
    if not kept:
        caption = (
            f"Learning curves. Epoch {best_epoch} was best in validation; the network "
            "that was tested was trained anew after that, for all epochs."
        )
    alt = f"Lines from epoch 1 to {len(history)}: {'; '.join(ends)}."
    save(figure, path, caption=caption, alt=alt)


def legend_above(axes: Axes):
    """Put the legend above the axes, where it covers no data."""
    look = {"ncols": 3, "frameon": False, "borderaxespad": 0.2}
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), **look)


def by_epoch(axes: Axes, lines: Mapping[str, tuple[list, dict]], ylabel: str) -> str:
    """Draw lines by epoch, given as {label: (values, style)}; describe them."""
    for label, (values, style) in lines.items():
        # A single epoch is a point, which a line alone would not show.
        axes.plot(range(1, len(values) + 1), values, ".-", label=label, **style)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set(xlabel="epoch", ylabel=ylabel)
    ends = [f"{k} {y[0]:.3g} to {y[-1]:.3g}" for k, (y, _) in lines.items()]
    return f"{ylabel}, {', '.join(ends)}"
