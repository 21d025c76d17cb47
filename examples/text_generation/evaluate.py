"""The test: the network, n-grams and a compressor, and how much was memorised.

Letters: N characters of a text, S pieces of it, T characters of a call.
"""

import io
import math
import tokenize
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from scipy.special import log_softmax

from common.preprocessing.ngrams import ngrams
from common.training import metrics
from common.training.console import attempt, say, table
from common.training.task import Task

from .baselines import compressed_bits
from .data import Data, kind_of
from .predict import READ_PER_CALL, Writer, printable

METRIC = "bits_per_character"
# A long text is read in pieces side by side. Each but the first is read from WARM_UP
# characters before its beginning, and these do not count.
PIECES, WARM_UP = 64, 256
BLOCK = 500  # neighbouring characters, which are no independent test cases
GRAM = 8  # characters; pieces of this length are searched in the training text


def surprisals(writer: Writer, ids: np.ndarray) -> np.ndarray:
    """Return -log2 p, (N - 1,), of every character but the first of ids (N,)."""
    count = len(ids) - 1
    pieces = max(1, min(PIECES, count // (4 * WARM_UP)))
    length = -(-count // pieces)
    padded = np.pad(ids, (0, pieces * length - count))
    states = writer.start(pieces)
    if pieces > 1:
        starts = length * np.arange(1, pieces)[:, None]
        before = padded[starts + np.arange(-WARM_UP, 0)]  # (S - 1, WARM_UP)
        for _, after in writer.read(before, writer.start(pieces - 1)):
            states = [np.pad(state, ((1, 0), (0, 0))) for state in after]
    inputs = padded[:-1].reshape(pieces, length)
    targets = padded[1:].reshape(pieces, length)
    parts = np.split(targets, range(READ_PER_CALL, length, READ_PER_CALL), axis=1)
    nats = [
        -np.take_along_axis(log_softmax(logits, axis=-1), part[..., None], axis=-1)
        for (logits, _), part in zip(writer.read(inputs, states), parts, strict=True)
    ]  # (S, T, 1) each
    return np.concatenate(nats, axis=1).reshape(-1)[:count] / np.float64(math.log(2))


def ngram_surprisals(data: Data) -> dict[str, np.ndarray]:
    """Return -log2 p, (N - 1,), of the test characters but the first, by n-gram."""
    both = np.concatenate([data.ids["validation"], data.ids["test"]])
    predicted = ngrams(data.ids["train"], both, len(data.preprocessor))
    count = len(data.ids["test"]) - 1
    return {name: -np.log2(p[-count:]) for name, p in predicted.items()}


def in_all_units(bits: float) -> dict[str, float]:
    """Return bits per character, and the same as nats and as perplexity."""
    perplexity = 2.0 ** min(bits, 1000.0)  # a float cannot hold much more
    nats = bits * math.log(2)
    return {METRIC: bits, "nats_per_character": nats, "perplexity": perplexity}


def evaluate(
    writer: Writer, data: Data, sample: str, job: Task, console: Console
) -> dict[str, Any]:
    """Test the network and its baselines; return arguments of `metrics.save`."""
    validation, test = (surprisals(writer, data.ids[k]) for k in ("validation", "test"))
    both = float(np.concatenate([validation, test]).mean())
    scores, references = {"network": test}, {}
    with attempt(console, "the n-grams"):
        scores |= job.baselines()
    with attempt(console, "lzma"):
        bits = compressed_bits(data.texts["train"], data.texts["test"])
        references["lzma"] = in_all_units(bits)

    def means(where: Any = slice(None)) -> dict[str, float]:
        return {name: float(values[where].mean()) for name, values in scores.items()}

    kinds = np.array([kind_of(character) for character in data.texts["test"][1:]])
    texts = {"sample": sample, "test text": data.texts["test"][: len(sample)]}
    memorised = {k: memorisation(v, data.texts["train"]) for k, v in texts.items()}
    if job.dataset == "python_source":
        for name, text in texts.items():
            memorised[name]["lines that tokenise"] = python_lines(text)
    return {
        "scores": scores,
        "models": {name: in_all_units(bits) for name, bits in means().items()},
        "references": references,
        "slices": {
            kind: {"count": int((kinds == kind).sum()), "models": means(kinds == kind)}
            for kind in sorted(set(kinds))
        },
        "details": {
            "validation_bits_per_character": float(validation.mean()),
            "validation_and_test_nats_per_character": both * math.log(2),
            "longest_copies": [row.pop("copy") for row in memorised.values()],
            "memorisation": memorised,
        },
    }


def memorisation(text: str, train: str) -> dict[str, Any]:
    """Return the longest piece of `text` in `train`, and the share of new 8-grams."""
    longest = ""
    for start in range(len(text)):
        # Only a longer piece than the longest so far is of interest.
        for end in range(start + len(longest) + 1, len(text) + 1):
            if text[start:end] not in train:
                break
            longest = text[start:end]
    grams = {text[i : i + GRAM] for i in range(len(text) - GRAM + 1)}
    new = sum(gram not in train for gram in grams) / max(1, len(grams))
    return {"copy": longest, "longest copy": len(longest), "8-grams that are new": new}


def python_lines(text: str) -> float:
    """Return the fraction of lines, each taken alone, that Python's tokenizer accepts.

    Blank lines do not count, nor does the last one, which may be incomplete.
    """
    lines = [line.strip() for line in text.split("\n")[:-1] if line.strip()]
    accepted = 0
    for line in lines:
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(line).readline))
            accepted += all(token.type != tokenize.ERRORTOKEN for token in tokens)
        except (tokenize.TokenError, SyntaxError):
            pass
    return accepted / max(1, len(lines))


def show(document: Mapping[str, Any], sample: str, console: Console):
    """Print the tables, a sample, and the verdict."""
    details, models, parts = (document[k] for k in ("details", "models", "slices"))
    rows = [(k, *row.values()) for k, row in (models | document["references"]).items()]
    table(console, "per test character", ("model", "bits", "nats", "perplexity"), rows)
    rows = [(k, part["count"], *part["models"].values()) for k, part in parts.items()]
    columns = ("character", "count", *models)
    table(console, "bits by kind of character", columns, rows)
    rows = [(name, *row.values()) for name, row in details["memorisation"].items()]
    columns = ("text", *details["memorisation"]["sample"])
    table(console, "memorised from the training text", columns, rows)
    bits, nats, *_ = details.values()
    validation = f"validation: {bits:.4f} bits per character"
    say(console, f"{validation}; validation and test: {nats:.4f} nats")
    say(console, f"the network writes:\n{printable(sample[:600])}")
    say(console, metrics.sentence(document))
    if document["references"]:
        say(console, "lzma is not compared: it goes on learning from the test text.")
