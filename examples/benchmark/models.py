"""The examples' own models and batches, and their training step in several ways."""

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from common.preprocessing.sequences import Batches
from common.settings import from_preset
from examples.benchmark.ways import Step, training_step


class Way(NamedTuple):
    """How a model's training step is computed."""

    cell: str
    unroll: bool
    xla: bool
    at_once: int


# Unrolled, with XLA, steps in a call.
KINDS = (
    *((False, False, at_once) for at_once in (1, 10, 50)),
    (True, False, 10),
    (False, True, 10),
)
BOTH = (True, True, 10)
FEW = 32  # steps of all layers together; of more, XLA compiles too long unrolled
CELLS = ("builtin", "custom")


def source(example: str, preset: str) -> tuple[Callable[[str], keras.Model], Batches]:
    """Return what builds an example's compiled model for a cell, and its batches."""
    settings = importlib.import_module(f"examples.{example}.config")
    train = importlib.import_module(f"examples.{example}.train")
    config = from_preset(settings.Config, settings.PRESETS, preset)
    data = importlib.import_module(f"examples.{example}.data").load(config)
    build: dict[str, Callable[[Any], keras.Model]] = {
        "sentiment": lambda config: train.compiled_model(config, data),
        "sorting": lambda config: train.compiled_model(config),
        "text_generation": lambda config: train.compiled_model(config, data),
        "forecasting": lambda config: train.compiled_model(
            config, data.before(data.cuts[0])
        ),
    }
    batches: dict[str, Callable[[], Batches]] = {
        "sentiment": lambda: data.train.batches(config.batch_size, seed=config.seed),
        "sorting": lambda: train.batches(config, data, config.seed),
        "text_generation": lambda: train.train_streams(config, data, config.seed),
        "forecasting": lambda: data.before(data.cuts[0]).batches(
            config.batch_size, seed=config.seed, passes=config.passes
        ),
    }
    return (
        lambda cell: build[example](dataclasses.replace(config, cell=cell)),
        batches[example](),
    )


def recurrent_layers(model: keras.Model) -> list[keras.layers.RNN]:
    """Return the recurrent layers of a model, both of a bidirectional one."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Bidirectional):
            found += [layer.forward_layer, layer.backward_layer]
        elif isinstance(layer, keras.layers.RNN):
            found.append(layer)
    return found


def default_way(model: keras.Model, cell: str) -> Way:
    """Return how a compiled model computes its step as its example has set it."""
    unroll = all(layer.unroll for layer in recurrent_layers(model))
    return Way(cell, unroll, bool(model.jit_compile), model.steps_per_execution)


def ways(build: Callable[[str], keras.Model], steps: int) -> list[Way]:
    """Return the ways to time, those that the example has set among them.

    Args:
        build: from a cell to the compiled model.
        steps: of a sequence.
    """
    models = {cell: build(cell) for cell in CELLS}
    few = steps * len(recurrent_layers(models["builtin"])) <= FEW
    kinds = (*KINDS, BOTH) if few else KINDS
    found = [Way(cell, *kind) for cell in CELLS for kind in kinds]
    set_ = [default_way(model, cell) for cell, model in models.items()]
    return list(dict.fromkeys([*found, *set_]))


def training_steps(
    build: Callable[[str], keras.Model], batch: tuple, ways: list[Way]
) -> dict[Way, Step]:
    """Return the training step of a model of its own for each way.

    Unrolling needs to know the length of a sequence. The batch, always the same one,
    has it, whether or not the model's input says it.
    """
    steps = {}
    for way in ways:
        model = build(way.cell)
        for layer in recurrent_layers(model):
            layer.unroll = way.unroll
        model.jit_compile = way.xla
        model.steps_per_execution = way.at_once
        steps[way] = training_step(model, batch)
    return steps
