"""Tags the user's own text with a finished run, and colours it.

Letters: M tokens of a text, C classes.
"""

import html
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from common import files
from common.errors import UserError
from common.play import numpy_network
from common.training import run_folder

from .colours import ansi, color_of
from .config import EXAMPLE, Colour
from .preprocessor import Preprocessor

READ_BATCH = 256  # windows
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'">
<style>:root {{ color-scheme: light dark }} pre {{ font: 14px/1.5 monospace }}
{style}</style></head>
<body><p>{legend}</p><pre>{text}</pre></body></html>
"""


@dataclass(frozen=True)
class Tagger:
    """A trained network and the preprocessor that it was trained with.

    `model` is a `keras.Model`, or the same network in NumPy.
    """

    model: Callable
    preprocessor: Preprocessor

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Tagger":
        """Load both from a run folder; a path that ends in `latest` will do.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        run = run_folder.opened(EXAMPLE, run)
        path = run / run_folder.PREPROCESSOR
        preprocessor = Preprocessor.from_json(files.read_json(path))
        if (network := numpy_network.load(run)) is not None:
            return cls(network, preprocessor)
        model = numpy_network.in_keras(run, __package__)
        known = model.get_weights()[0].shape[0]
        sizes = [len(preprocessor.vocabulary), len(preprocessor.tags)]
        if [known, model.output_shape[-1]] != sizes:
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(model, preprocessor)

    def logits(self, tokens: Sequence[str]) -> np.ndarray:
        """Return logits (M, C) of a text: of a `str`, its characters are the tokens.

        Raises:
            UserError: a logit is not a finite number.
        """
        ids, places = self.preprocessor.encode([tokens])
        found = np.empty((len(tokens), len(self.preprocessor.tags)), "float32")
        for at in range(0, len(ids), READ_BATCH):
            # Called, not `predict`: that would compile a function for a few windows.
            y = np.asarray(self.model(ids[at : at + READ_BATCH], training=False))
            for row, place in zip(y, places[at : at + READ_BATCH], strict=True):
                _, start, _, first, stop = place
                found[first:stop] = row[first - start : stop - start]
        if not np.isfinite(found).all():
            raise UserError(
                "the network's answer is not a finite number; "
                "train it again with a smaller --learning-rate"
            )
        return found

    def tag(self, tokens: Sequence[str]) -> list[str]:
        """Return the tag of every token (M,); raises what `logits` does."""
        return [self.preprocessor.tags[n] for n in self.logits(tokens).argmax(axis=1)]


def colour(options: Colour):
    """Print a file in colours, or write them to a page.

    Where the terminal shows no colours, because the output is a file or NO_COLOR is
    set, every piece of a line stands on a line of its own behind its tag.

    Raises:
        UserError: no finished run, or a file that cannot be read or written.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    tagger = Tagger.from_run(run)
    path = Path(options.file)
    text = files.read_text(path)
    if options.html is not None and Path(options.html).exists():
        raise UserError(f"--html must name a new file; {options.html} is there already")
    preprocessor = tagger.preprocessor
    pieces = pieces_of(text, tagger)
    run_folder.announce(run)
    if options.html is not None:
        files.write_text(Path(options.html), page(path.name, pieces, preprocessor.tags))
        print(options.html)
    elif options.json:
        print(json.dumps([{"tag": t, "text": x} for t, x in pieces if t], indent=2))
    elif sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        colors = {
            tag: color_of(preprocessor.tags, n)
            for n, tag in enumerate(preprocessor.tags)
        }
        print(
            "".join(ansi(colors[t], x) if x.strip() else x for t, x in pieces), end=""
        )
    else:
        width = max(map(len, preprocessor.tags))
        for tag, piece in pieces:
            if piece.strip():
                print(f"{tag:<{width}}  {piece.strip()}")


def pieces_of(text: str, tagger: Tagger) -> list[tuple[str, str]]:
    """Cut a text into pieces (tag, text) of one tag each; a line end ends a piece."""
    if tagger.preprocessor.words:
        pieces = []
        for line in text.splitlines():
            tokens = line.split()
            tags = tagger.tag(tokens) if tokens else []
            pieces += [
                (tag, f"{word} ") for tag, word in zip(tags, tokens, strict=True)
            ]
            pieces.append(("", "\n"))
        return pieces
    marked = zip(tagger.tag(text), text, strict=True)
    return [
        (tag, "".join(character for _, character in group))
        for (tag, _), group in groupby(marked, lambda pair: (pair[0], pair[1] == "\n"))
    ]


def page(title: str, pieces: list[tuple[str, str]], tags: list[str]) -> str:
    """Return a page of coloured text; a tag's name shows where the pointer rests."""
    number_of = {tag: number for number, tag in enumerate(tags)}
    style = "\n".join(
        f".t{number} {{ color: {color_of(tags, number)} }}"
        for number in range(len(tags))
    )
    spans = []
    for tag, text in pieces:
        shown, name = html.escape(text), html.escape(tag)
        if text.strip():
            shown = f'<span class="t{number_of[tag]}" title="{name}">{shown}</span>'
        spans.append(shown)
    legend = " ".join(
        f'<span class="t{n}">{html.escape(tag)}</span>' for n, tag in enumerate(tags)
    )
    title = html.escape(title)
    return PAGE.format(title=title, style=style, legend=legend, text="".join(spans))
