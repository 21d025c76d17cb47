"""The test: the network beside its baselines, and how much it has learned by heart.

Letters: N characters of a text, S pieces of it, T time steps, U units, V ids.
"""

import io
import math
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console
from scipy.special import log_softmax

from common.training import console_tables, metrics, plots
from examples.text_generation.baselines import compressed_bits, ngrams
from examples.text_generation.data import Data, kind_of
from examples.text_generation.predict import Writer

METRIC = "bits_per_character"
# A long text is read in pieces side by side. Each but the first is begun some way
# earlier, and what is read before its own beginning does not count.
PIECES, WARM_UP, AT_ONCE = 64, 256, 256
SAMPLE = {"prompt": "\n", "length": 2000, "temperature": 0.8, "seed": 0}
GRAM = 8  # characters of the pieces that are looked for in the training text
DRAWN = 480  # characters in a figure


@dataclass(frozen=True)
class Evaluation:
    """What the test came to."""

    sample: str  # what the network has written
    values: dict[str, Any]  # for metrics.json


def surprisals(writer: Writer, ids: np.ndarray) -> np.ndarray:
    """Return -log p in nats, (N - 1,), of every character but the first of ids (N,)."""
    count = len(ids) - 1
    pieces = max(1, min(PIECES, count // (4 * WARM_UP)))
    each = -(-count // pieces)
    padded = np.pad(ids, (0, pieces * each - count))
    states = writer.start(pieces)
    if pieces > 1:
        starts = each * np.arange(1, pieces)[:, None]
        before = padded[starts + np.arange(-WARM_UP, 0)]  # (S - 1, WARM_UP)
        _, *warm = writer.network.predict_on_batch([before, *writer.start(pieces - 1)])
        states = [np.pad(state, ((1, 0), (0, 0))) for state in warm]
    inputs, targets = (padded[i : i + pieces * each] for i in (0, 1))
    inputs, targets = (part.reshape(pieces, each) for part in (inputs, targets))
    nats = []
    for start in range(0, each, AT_ONCE):
        steps = slice(start, start + AT_ONCE)
        logits, *states = writer.network.predict_on_batch([inputs[:, steps], *states])
        chosen = np.expand_dims(targets[:, steps], -1)
        log_p = np.take_along_axis(log_softmax(logits, axis=-1), chosen, axis=-1)
        nats.append(-log_p[..., 0])
    return np.concatenate(nats, axis=1).reshape(-1)[:count]


def bits(nats: np.ndarray) -> float:
    """Return the mean in bits of values in nats."""
    return float(nats.mean() / math.log(2))


def evaluate(writer: Writer, data: Data, *, python: bool) -> Evaluation:
    """Measure the network and the baselines on validation and test, once.

    Args:
        writer: the trained network.
        data: the text.
        python: whether the text is Python, so that lines should tokenise.
    """
    splits = (data.validation, data.test)
    nats = [surprisals(writer, split.ids) for split in splits]
    test = nats[1]
    counted = counted_nats(data)
    kinds = np.array([kind_of(character) for character in data.test.text[1:]])
    parts = {name: kinds == name for name in sorted(set(kinds))}
    sample = "".join(writer.write(**SAMPLE))
    excerpt = data.test.text[: len(sample)]
    values = {
        "metric": (METRIC, bits(test), "lower"),
        "metrics": {
            "nats_per_character": float(test.mean()),
            "perplexity": math.exp(test.mean()),
            "validation_bits_per_character": bits(nats[0]),
            "validation_and_test_nats_per_character": float(
                np.concatenate(nats).mean()
            ),
        },
        "baselines": baseline_bits(data, counted),
        "slices": {name: bits(test[part]) for name, part in parts.items()},
        "slices_beside": {
            name: {kind: bits(counted[name][part]) for kind, part in parts.items()}
            for name in ("trigram", "5-gram")
        },
        "memorisation": {
            "sample": memorisation(sample, data.train.text),
            "test_text": memorisation(excerpt, data.train.text),
        },
    }
    if python:
        values["lines_that_tokenise"] = {
            "sample": share_of_python_lines(sample),
            "test_text": share_of_python_lines(excerpt),
        }
    return Evaluation(sample, values)


def counted_nats(data: Data) -> dict[str, np.ndarray]:
    """Return the surprisal (N - 1,) in nats of every test character for the n-grams."""
    both = np.concatenate([data.validation.ids, data.test.ids])
    predicted = ngrams(data.train.ids, both, len(data.codec.vocabulary))
    count = len(data.test.ids) - 1
    return {name: -np.log(p[-count:]) for name, p in predicted.items()}


def baseline_bits(data: Data, counted: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the bits a test character of the n-grams, as counted, and of LZMA."""
    return {
        **{name: bits(values) for name, values in counted.items()},
        "lzma": compressed_bits(data.train.text, data.test.text),
    }


def memorisation(text: str, train: str) -> dict[str, Any]:
    """Say how much of `text` stands in `train` letter by letter.

    Returns:
        length of the longest piece that does, that piece, and the share of different
        pieces of 8 characters that do not.
    """
    longest = ""
    for start in range(len(text)):
        # Only a longer piece than the longest so far is of interest.
        while (
            start + len(longest) < len(text)
            and text[start : start + len(longest) + 1] in train
        ):
            longest = text[start : start + len(longest) + 1]
    grams = {text[i : i + GRAM] for i in range(len(text) - GRAM + 1)}
    new = sum(gram not in train for gram in grams)
    return {
        "longest_copy": len(longest),
        "longest_copy_text": longest,
        "new_8_grams": new / max(1, len(grams)),
    }


def share_of_python_lines(text: str) -> float:
    """Return the share of the lines of `text` that Python's tokenizer takes.

    Each line is taken by itself, without its indentation. Even of good code not all do:
    a line may stand in a string, or go on in the next one. Blank lines do not count,
    nor does the last one, which may be cut off.
    """
    lines = [line.strip() for line in text.split("\n")[:-1] if line.strip()]
    taken = 0
    for line in lines:
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(line).readline))
            taken += all(token.type != tokenize.ERRORTOKEN for token in tokens)
        except (tokenize.TokenError, SyntaxError):
            pass
    return taken / max(1, len(lines))


def hidden_states(writer: Writer, ids: np.ndarray) -> np.ndarray:
    """Return the hidden state after every one of ids (N,): (N, U)."""
    network = writer.network
    states, *_ = network.get_layer("recurrent").output
    reader = keras.Model(network.inputs, states)
    return reader.predict_on_batch([ids[None], *writer.start(1)])[0]


def columns(text: str) -> np.ndarray:
    """Return the place of every character in its line, from 0, (N,)."""
    places = []
    for line in text.splitlines(keepends=True):
        places += range(len(line))
    return np.array(places)


def draw(folder: Path, evaluation: Evaluation, writer: Writer, data: Data):
    """Draw a sample by probability, and the unit that best follows the line."""
    text = SAMPLE["prompt"] + evaluation.sample[:DRAWN]
    nats = surprisals(writer, writer.codec.encode(text))
    plots.text_strip(
        folder / "sample_probability.png",
        text[1:],
        np.exp(-nats),
        limits=(0, 1),
        title="A text that the network wrote, by the probability of each character",
    )
    text = data.test.text[:20_000]
    states = hidden_states(writer, writer.codec.encode(text))
    places = columns(text)
    with np.errstate(invalid="ignore"):  # a unit may never change
        follows = np.corrcoef(np.column_stack([places, states]).T)[0, 1:]
    unit = int(np.abs(np.nan_to_num(follows)).argmax())
    plots.text_strip(
        folder / "hidden_unit.png",
        text[:DRAWN],
        states[:DRAWN, unit],
        limits=(-1, 1),
        title=f"Unit {unit} of {states.shape[1]} over test text: the one that best "
        f"follows the place in the line (correlation {follows[unit]:.2f})",
    )


def show(
    document: dict[str, Any], evaluation: Evaluation, data: Data, console: Console
):
    """Print the tables, what was learned by heart, a sample, and a verdict."""
    rows = [(f"network ({document['cell']})", document["metric"]["value"])]
    rows += document["baselines"].items()
    rows = [(name, value, value * math.log(2), 2**value) for name, value in rows]
    headings = ("model", "bits", "nats", "perplexity")
    console_tables.show(console, "a test character", headings, rows)
    console.print(
        "validation: {validation_bits_per_character:.4f} bits a character; validation "
        "and test: {validation_and_test_nats_per_character:.4f} nats".format(
            **document["metrics"]
        ),
        highlight=False,
    )
    beside = document["slices_beside"]
    kinds = [kind_of(character) for character in data.test.text[1:]]
    rows = [
        (kind, kinds.count(kind), value, *(part[kind] for part in beside.values()))
        for kind, value in document["slices"].items()
    ]
    headings = ("character", "count", "network", *beside)
    console_tables.show(console, "bits by kind of character", headings, rows)
    by_heart = document["memorisation"]
    rows = [
        (name.replace("_", " "), part["longest_copy"], part["new_8_grams"])
        for name, part in by_heart.items()
    ]
    tokenise = document.get("lines_that_tokenise", {})
    rows = [
        (*row, *([tokenise[name]] if tokenise else []))
        for row, name in zip(rows, by_heart, strict=True)
    ]
    headings = ("text", "longest copy", "8-grams that are new")
    headings += ("lines that tokenise",) * bool(tokenise)
    title = "learned by heart: what stands in the training text too"
    console_tables.show(console, title, headings, rows)
    console.print("the network writes:", highlight=False)
    console.print(
        evaluation.sample[:600], highlight=False, markup=False, soft_wrap=True
    )
    console.print(metrics.verdict(document), highlight=False, soft_wrap=True)
    learning = {"lzma"}  # it goes on learning as it reads the test text
    still = {k: v for k, v in document["baselines"].items() if k not in learning}
    console.print(
        "lzma goes on learning as it reads the test text. Of those that do not: "
        + metrics.verdict({**document, "baselines": still}),
        highlight=False,
        soft_wrap=True,
    )
