"""Times the network against two others: PyTorch's, and the usual way of writing.

Letters: B streams, T characters of a chunk, U units, V characters known.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
from rich.console import Console

from common.comparison import timing
from common.preprocessing.text import Vocabulary
from common.training import console_tables
from examples.text_generation.config import Config, Speed
from examples.text_generation.data import Codec, Data, Split
from examples.text_generation.predict import CHARACTERS_PER_CALL, Writer
from examples.text_generation.train import compiled_model, network, train_streams

ROUNDS, SECONDS_PER_TURN = 11, 0.1
PREDICT_CALLS = 40  # each is slow, and as slow as the next


def speed(options: Speed, console: Console | None = None) -> dict[str, dict]:
    """Print how fast the network writes and trains, and return the numbers.

    Everything is timed in this one process; trainings in alternation, so that a machine
    that slows down slows all of them.
    """
    console = console or Console()
    data = random_text(options)
    config = Config(
        units=options.units, batch_size=options.batch_size, chunk=options.chunk
    )
    rates = writing(config, data, options.length)
    rows = [(name, f"{rate:,.0f}") for name, rate in rates.items()]
    console_tables.show(console, "writing", ("way", "characters a second"), rows)
    compiled, tutorial = rates.values()
    console.print(f"ratio: {compiled / tutorial:.0f}", highlight=False)
    seconds = training(config, data, console)
    base = seconds["builtin"]
    rows = [
        (
            name,
            f"{1000 * statistics.median(values):.1f}",
            *(f"{value:.2f}" for value in timing.spread(values, base)),
        )
        for name, values in seconds.items()
    ]
    headings = ("network", "ms a step", "time over builtin's", "min", "max")
    console_tables.show(console, "training", headings, rows)
    return {"writing": rates, "training": seconds}


def random_text(options: Speed) -> Data:
    """Return a text without sense: times do not depend on what is read."""
    known = "".join(map(chr, range(0x4E00, 0x4E00 + options.characters)))
    random = np.random.default_rng(0)
    count = options.batch_size * options.chunk + 1
    text = "".join(random.choice(list(known), count))
    codec = Codec(Vocabulary(known))
    split = Split(text, codec.encode(text))
    return Data(codec, split, split, split, [])


def writing(config: Config, data: Data, length: int) -> dict[str, float]:
    """Return characters a second: compiled, and by a call of `predict` for each."""
    carrying = network(config, data)
    writer = Writer(carrying, data.codec)
    prompt = data.test.text[0]
    for _ in writer.write(prompt, length=CHARACTERS_PER_CALL):
        pass  # the first call compiles
    start = time.perf_counter()
    written = sum(map(len, writer.write(prompt, length=length)))
    compiled = written / (time.perf_counter() - start)
    last, states = data.test.ids[:1][None], writer.start(1)
    random = np.random.default_rng(0)
    for call in range(PREDICT_CALLS + 1):
        if call == 1:  # the first call compiles
            start = time.perf_counter()
        logits, *states = carrying.predict([last, *states], verbose=0)
        p = np.exp(logits[0, -1].astype("float64"))
        last = np.array([[random.choice(len(p), p=p / p.sum())]], "int32")
    each = (time.perf_counter() - start) / PREDICT_CALLS
    return {"one compiled call for many": compiled, "`predict` for each": 1 / each}


def training(config: Config, data: Data, console: Console) -> dict[str, list[float]]:
    """Return seconds a step, one value a round, by network."""
    batch = train_streams(config, data, 0)[0]
    steps: dict[str, Callable[[], object]] = {}
    for cell in ("builtin", "custom"):
        steps[cell] = keras_step(cell, config, data, batch)
    try:
        steps["PyTorch nn.RNN"] = torch_step(config, data, batch)
    except ImportError:
        console.print("PyTorch is not installed, and so is not timed", highlight=False)
    return timing.alternate(steps, rounds=ROUNDS, seconds=SECONDS_PER_TURN)


def keras_step(cell: str, config: Config, data: Data, batch: tuple) -> Callable:
    """Return a function that takes one training step."""
    keras.utils.set_random_seed(0)
    model = compiled_model(
        Config(**{**vars(config), "cell": cell}),
        data,
    )
    return lambda: model.train_on_batch(*batch)


def torch_step(config: Config, data: Data, batch: tuple) -> Callable:
    """Return the same step of the same network in PyTorch.

    Raises:
        ImportError: PyTorch is not installed.
    """
    import torch

    size, units = len(data.codec.vocabulary), config.units
    recurrent = torch.nn.RNN(size, units, batch_first=True)
    output = torch.nn.Linear(units, size)
    weights = [*recurrent.parameters(), *output.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=1e-3)
    ids, targets = (torch.from_numpy(part.astype("int64")) for part in batch)

    def carried() -> Iterator[None]:
        state = torch.zeros(1, len(ids), units)
        while True:
            one_hot = torch.nn.functional.one_hot(ids, size).float()
            states, state = recurrent(one_hot, state.detach())
            logits = output(states)
            loss = torch.nn.functional.cross_entropy(
                logits.reshape(-1, size), targets.reshape(-1)
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            loss.item()  # as `train_on_batch` does
            yield

    return carried().__next__
