"""Times writing: many characters per compiled call, or one per call of `predict`."""

import time

import numpy as np
from rich.console import Console

from common.training.console import table

from .config import Config, Generate, Speed
from .data import Preprocessor
from .model import build_model
from .predict import Writer

PREDICT_CALLS = 40  # each is slow, and as slow as the next


def speed(options: Speed, console: Console | None = None):
    """Print the characters per second of both ways, timed in this process."""
    known = Preprocessor([chr(0x4E00 + place) for place in range(options.characters)])
    network = build_model(Config(units=options.units), len(known))
    writer, prompt = Writer(network, known), known.tokens[-1]
    list(writer.write(prompt, Generate(length=1)))  # the first call compiles
    start = time.perf_counter()
    list(writer.write(prompt, Generate(length=options.length)))
    compiled = options.length / (time.perf_counter() - start)
    last, states = known.encode(prompt)[None], writer.start(1)
    random = np.random.default_rng(0)
    for call in range(PREDICT_CALLS + 1):
        if call == 1:  # the first call compiles
            start = time.perf_counter()
        logits, *states = network.predict([last, *states], verbose=0)
        p = np.exp(logits[0, -1].astype("float64"))
        last = np.array([[random.choice(len(p), p=p / p.sum())]], "int32")
    single = PREDICT_CALLS / (time.perf_counter() - start)
    rates = {"one compiled call for many": compiled, "`predict` for each": single}
    rows = [(way, f"{rate:,.0f}") for way, rate in rates.items()]
    table(console or Console(), "writing", ("way", "characters per second"), rows)
