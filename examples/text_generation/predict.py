"""Writes text with a finished run, character by character.

Letters: N samples, K characters written in one call, T time steps, U units, V ids.
"""

import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import keras
import numpy as np
from keras import ops

from common import files
from common.errors import UserError
from common.training import models, run_folder

from . import model as _registers_the_cell  # noqa: F401
from .config import EXAMPLE, Generate
from .data import Preprocessor

WRITTEN_PER_CALL = 32  # K; the overhead of a call is that of about ten characters
READ_PER_CALL = 256  # T
NEVER_WRITTEN = (Preprocessor.PADDING, Preprocessor.UNKNOWN)


def choose(logits, chance, *, temperature, top_k, top_p):
    """Return ids (N, 1) sampled from logits (N, V).

    `chance`, uniform random numbers (N, 1) in [0, 1), decides: the same number gives
    the same id. `Generate` explains the other arguments; `top_p` is nucleus sampling
    (Holtzman et al. 2020, section 3.1). Padding is returned if a logit is not finite.
    """
    size, logits = logits.shape[-1], logits / temperature
    finite = ops.all(ops.isfinite(logits), axis=-1, keepdims=True)
    never = np.isin(np.arange(size), NEVER_WRITTEN)
    logits = ops.where(never, float("-inf"), logits)
    ranked, ids = ops.top_k(logits, size)  # (N, V), likeliest first
    share = ops.softmax(ranked)
    before = ops.cumsum(share, axis=-1) - share
    kept = ops.logical_and(before < top_p, ops.arange(size) < top_k)
    upto = ops.cumsum(ops.where(kept, share, 0), axis=-1)
    rank = ops.sum(upto <= chance * upto[:, -1:], axis=-1, keepdims=True)
    # Rounding may push a chance next to 1 past the last character kept.
    rank = ops.minimum(rank, ops.sum(kept, axis=-1, keepdims=True) - 1)
    chosen = ops.take_along_axis(ids, ops.maximum(rank, 0), axis=-1)
    return ops.where(finite, chosen, Preprocessor.PADDING)


class Writer(keras.Model):
    """A network with its preprocessor. A compiled call writes K characters."""

    def __init__(self, network: keras.Model, preprocessor: Preprocessor):
        """Take a network of `build_model` whose states are inputs and outputs."""
        super().__init__()
        self.network, self.preprocessor = network, preprocessor

    def call(self, inputs):
        """Feed each character back as the next input; return ids (K, N, 1) and states.

        The inputs are the last ids (N, 1), random numbers (K, N, 1), the temperature,
        top_k, top_p, and the states (N, U).
        """
        last, chances, temperature, top_k, top_p, *states = inputs
        options = {"temperature": temperature, "top_k": top_k, "top_p": top_p}

        def write_one(carried, chance):
            logits, *states = self.network(carried)
            chosen = choose(logits[:, -1], chance, **options)
            carried = [ops.cast(chosen, "int32"), *states]
            return carried, carried  # `scan` wants the two to have the same form

        (_, *states), (written, *_) = ops.scan(write_one, [last, *states], chances)
        return [written, *states]

    @classmethod
    def from_run(cls, run: run_folder.Run | str) -> "Writer":
        """Load the network and the preprocessor of a run, which may be a path.

        Raises:
            UserError: a file is missing or damaged, or the two do not fit together.
        """
        run = run_folder.opened(EXAMPLE, run)
        path = run / run_folder.PREPROCESSOR
        preprocessor = Preprocessor.from_json(files.read_json(path))
        network = models.load(run)
        before, after = network.inputs[1:], network.outputs[1:]
        fits = before and [x.shape for x in before] == [x.shape for x in after]
        if not fits or network.outputs[0].shape != (None, None, len(preprocessor)):
            raise UserError(f"{path} does not belong to {run / run_folder.MODEL}")
        return cls(network, preprocessor)

    def start(self, count: int) -> list[np.ndarray]:
        """Return the states (N, U) before any text has been read."""
        shapes = [state.shape[1:] for state in self.network.inputs[1:]]
        return [np.zeros((count, *shape), "float32") for shape in shapes]

    def read(self, ids: np.ndarray, states: list) -> Iterator[tuple[np.ndarray, list]]:
        """Yield logits (N, T, V) and the states after them, T characters at a time."""
        for start in range(0, ids.shape[1], READ_PER_CALL):
            part = ids[:, start : start + READ_PER_CALL]
            logits, *states = self.network.predict_on_batch([part, *states])
            yield logits, states

    def write(self, prompt: str, options: Generate, sample: int = 0) -> Iterator[str]:
        """Yield text that continues a prompt of known characters, K at a time.

        The same network, prompt, options and sample number give the same text.

        Raises:
            UserError: the network's output is not finite.
        """
        random = np.random.default_rng((options.seed, sample))
        ids, states = self.preprocessor.encode(prompt)[None], self.start(1)
        for _, after in self.read(ids[:, :-1], states):
            states = after
        last, top_k = ids[:, -1:], np.int32(options.top_k or len(self.preprocessor))
        temperature, top_p = np.float32([options.temperature, options.top_p])
        for start in range(0, options.length, WRITTEN_PER_CALL):
            chances = random.random((WRITTEN_PER_CALL, 1, 1), "float32")
            inputs = [last, chances, temperature, top_k, top_p, *states]
            written, *states = self.predict_on_batch(inputs)
            if not written.all():
                raise UserError("the network's output is not finite; train it anew")
            last = written[-1].astype("int32")
            yield self.preprocessor.decode(written[: options.length - start, 0, 0])


def generate(options: Generate):
    """Print the prompt and the text that continues it, as it is being written.

    Raises:
        UserError: the run cannot be read, or does not know a character of the prompt.
    """
    run = run_folder.find(EXAMPLE, run=options.run, runs_dir=options.runs_dir)
    prompt = (options.prompt or "\n").replace("\r\n", "\n").replace("\r", "\n")
    if options.prompt_file is not None:
        prompt = files.read_text(Path(options.prompt_file))
    writer = Writer.from_run(run)
    if prompt != "\n" and (unknown := writer.preprocessor.unknown(prompt)):
        raise UserError(
            f"a prompt may hold the {len(writer.preprocessor) - 2} characters that the "
            f"run has learned; received {', '.join(map(repr, unknown[:10]))}"
        )
    next(writer.write(prompt, options))  # whatever fails, fails before it is announced
    run_folder.announce(run)
    shown = printable if sys.stdout.isatty() else str
    for sample in range(options.samples):
        if options.samples > 1:
            print(f"--- sample {sample + 1} of {options.samples} ---")
        print(shown(prompt.removeprefix("\n")), end="", flush=True)
        for character in until(writer.write(prompt, options, sample), options.stop):
            print(shown(character), end="", flush=True)
        print()


def until(parts: Iterable[str], stop: str | None) -> Iterator[str]:
    """Yield the characters of a text, up to the end of the first `stop`."""
    end = ""
    for character in itertools.chain.from_iterable(parts):
        yield character
        end = (end + character)[-len(stop or " ") :]
        if end == stop:
            return


def printable(text: str) -> str:
    """Return `text` without characters that would steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
