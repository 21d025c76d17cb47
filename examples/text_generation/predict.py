"""Writes text with a finished run, character by character.

Letters: N samples, K characters written in one call, T time steps, U units, V ids.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import ops

from common import files
from common.errors import UserError
from common.preprocessing.text import Vocabulary
from common.training import models, run_folder
from examples.text_generation import model as _registers_the_cell  # noqa: F401
from examples.text_generation.config import Generate
from examples.text_generation.data import CODEC, EXAMPLE, Codec

CHARACTERS_PER_CALL = 32  # K: a call costs as much as some ten characters
NEVER_WRITTEN = (Vocabulary.PADDING, Vocabulary.UNKNOWN)


def choose(logits, chance, *, temperature, top_k, top_p):
    """Choose one character a row from logits (N, V).

    Args:
        logits: (N, V).
        chance: (N, 1), uniform in [0, 1): the same number chooses the same character.
        temperature: the logits are divided by it.
        top_k: the k likeliest characters are chosen among.
        top_p: the likeliest characters are chosen among that together have probability
            p (nucleus sampling; Holtzman et al. 2020, section 3.1).

    Returns:
        ids (N, 1) of known characters.
    """
    size = logits.shape[-1]
    never = np.isin(np.arange(size), NEVER_WRITTEN)
    logits = ops.where(never, float("-inf"), logits)
    ranked, ids = ops.top_k(logits / temperature, size)  # (N, V), likeliest first
    share = ops.softmax(ranked)
    before = ops.cumsum(share, axis=-1) - share
    kept = ops.logical_and(before < top_p, ops.arange(size) < top_k)
    upto = ops.cumsum(ops.where(kept, share, 0), axis=-1)
    rank = ops.sum(upto <= chance * upto[:, -1:], axis=-1, keepdims=True)
    # Rounding may push a chance next to 1 past the last character kept.
    last = ops.sum(kept, axis=-1, keepdims=True) - 1
    return ops.take_along_axis(ids, ops.minimum(rank, last), axis=-1)


class WriteCharacters(keras.Model):
    """Writes K characters in one compiled call, each fed back as the next input."""

    def __init__(self, network: keras.Model):
        """Take a network that carries its state from input to output."""
        super().__init__()
        self.network = network

    def call(self, inputs):
        """Return ids (K, N, 1), and the states after them.

        `inputs` are the last ids (N, 1), chances (K, N, 1), temperature, top_k and
        top_p, and the states (N, U).
        """
        last, chances, temperature, top_k, top_p, *states = inputs

        def write_one(carried, chance):
            last, *states = carried
            logits, *states = self.network([last, *states])
            written = choose(
                logits[:, -1],
                chance,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
            )
            carried = [ops.cast(written, "int32"), *states]
            return carried, carried  # `scan` wants the two to have the same form

        (_, *states), (written, *_) = ops.scan(write_one, [last, *states], chances)
        return [written, *states]


class Writer:
    """A trained network together with the codec that it was trained with."""

    def __init__(self, network: keras.Model, codec: Codec):
        """Take a network of `model.build_model` that carries its state along."""
        self.network, self.codec = network, codec
        self.write_some = WriteCharacters(network)

    @classmethod
    def from_run(cls, run: run_folder.Run) -> "Writer":
        """Load what a run left.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        codec = Codec.from_json(files.read_json(run / CODEC))
        network = models.load(run)
        if network.outputs[0].shape[-1] != len(codec.vocabulary):
            raise UserError(
                f"{run / CODEC} does not belong to {run / run_folder.MODEL}"
            )
        return cls(network, codec)

    def start(self, count: int) -> list[np.ndarray]:
        """Return the states (N, U) before any text has been read."""
        shapes = [state.shape[1:] for state in self.network.inputs[1:]]
        return [np.zeros((count, *shape), "float32") for shape in shapes]

    def write(
        self,
        prompt: str,
        *,
        length: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int | tuple[int, ...] = 0,
    ) -> Iterator[str]:
        """Yield text that goes on from `prompt`, some characters at a time.

        Args:
            prompt: known characters, at least one.
            length: characters to write.
            temperature, top_k, top_p: see `choose`.
            seed: same network, prompt and seed, same text.
        """
        random = np.random.default_rng(seed)
        ids, states = self.codec.encode(prompt)[None], self.start(1)
        if ids.shape[1] > 1:
            _, *states = self.network.predict_on_batch([ids[:, :-1], *states])
        last = ids[:, -1:]
        limits = (
            np.float32(temperature),
            np.int32(top_k or len(self.codec.vocabulary)),
            np.float32(top_p),
        )
        for start in range(0, length, CHARACTERS_PER_CALL):
            chances = random.random((CHARACTERS_PER_CALL, 1, 1), "float32")
            written, *states = self.write_some.predict_on_batch(
                [last, chances, *limits, *states]
            )
            last = written[-1].astype("int32")
            yield self.codec.decode(written[: length - start, 0, 0])


def generate(options: Generate):
    """Print the prompt and what the network makes of it, as it is being written.

    Raises:
        UserError: no finished run, one that cannot be read, or a prompt with characters
            that the run does not know.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    prompt = _prompt(options)
    writer = Writer.from_run(run)
    unknown = writer.codec.unknown(prompt)
    if unknown:
        shown = ", ".join(map(repr, unknown[:10]))
        raise UserError(
            f"a prompt may hold the {len(writer.codec.vocabulary) - 2} characters that "
            f"the run has learned; received {shown}"
        )
    for sample in range(options.samples):
        if options.samples > 1:
            print(f"--- sample {sample + 1} of {options.samples} ---")
        parts = writer.write(
            prompt,
            length=options.length,
            temperature=options.temperature,
            top_k=options.top_k,
            top_p=options.top_p,
            seed=(options.seed, sample),
        )
        _print(prompt.removeprefix("\n"))
        for part in until(parts, options.stop):
            _print(part)
        print()


def _prompt(options: Generate) -> str:
    if options.prompt_file is not None:
        return files.read_text(Path(options.prompt_file))
    if options.prompt is None:
        return "\n"
    prompt = options.prompt.replace("\r\n", "\n").replace("\r", "\n")
    if not prompt:
        raise UserError("a prompt must have at least one character")
    return prompt


def until(parts: Iterator[str], stop: str | None) -> Iterator[str]:
    """Yield text up to the first `stop`, the stop itself included.

    Characters that may be the beginning of a stop are held back until that is clear.
    """
    held = ""
    for part in parts:
        held += part
        if stop is None:
            yield held
            held = ""
            continue
        before, found, _ = held.partition(stop)
        if found:
            yield before + found
            return
        sure = max(0, len(held) - len(stop) + 1)
        yield held[:sure]
        held = held[sure:]
    yield held


def _print(text: str):
    """Print text at once; on a terminal, no character that would steer it."""
    if sys.stdout.isatty():
        text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    print(text, end="", flush=True)
