"""The examples' own models, and their training steps computed in several ways."""

import importlib
from typing import NamedTuple

import keras

from common.settings import from_preset
from examples.benchmark import pytorch
from examples.benchmark.ways import TORCH, Step, training_step


class Way(NamedTuple):
    """How a model's training step is computed."""

    cell: str  # or "PyTorch nn.RNN"
    unroll: bool = False
    xla: bool = False
    steps_per_call: int = 1

    def __str__(self) -> str:
        loop = ("unrolled" if self.unroll else "loop") + ", XLA" * self.xla
        return f"{self.cell}, {loop}, {self.steps_per_call} per call"


CELLS = ("builtin", "custom")
# Unrolled, with XLA, steps per call.
WAYS = [*((False, False, steps) for steps in (1, 10, 50)), (True, False, 10)]
WAYS += [(False, True, 10), (True, True, 10)]
MAX_UNROLLED_XLA = 32  # time steps of all layers; with more, XLA compiles too long


def task(example: str, preset: str):
    """Return the `Task` of an example: its compiled models and its batches."""
    config = importlib.import_module(f"examples.{example}.config")
    train = importlib.import_module(f"examples.{example}.train")
    return train.task(from_preset(config.Config, config.PRESETS, preset))


def recurrent_layers(model: keras.Model) -> list[keras.layers.RNN]:
    """Return the recurrent layers of a model, both halves of a bidirectional one."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.Bidirectional):
            found += [layer.forward_layer, layer.backward_layer]
        elif isinstance(layer, keras.layers.RNN):
            found.append(layer)
    return found


def training_steps(
    example: str, preset: str, seed: int
) -> tuple[dict[Way, Step], list[Way], list[int]]:
    """Return an example's training steps by way, its defaults, its inputs' shape."""
    source = task(example, preset)
    batches = source.train(seed)
    inputs, targets = batch = batches[batches.num_batches // 2]
    inputs = inputs[0] if isinstance(inputs, tuple) else inputs
    defaults = []
    for cell in CELLS:
        model = source.build(cell, seed)
        layers = recurrent_layers(model)
        unroll = all(layer.unroll for layer in layers)
        xla, steps_per_call = bool(model.jit_compile), model.steps_per_execution
        defaults.append(Way(cell, unroll, xla, steps_per_call))
    long = inputs.shape[1] * len(layers) > MAX_UNROLLED_XLA
    kinds = [kind for kind in WAYS if not (long and kind[:2] == (True, True))]
    ways = [Way(cell, *kind) for cell in CELLS for kind in kinds]
    steps: dict[Way, Step] = {}
    for way in dict.fromkeys([*ways, *defaults]):
        model = source.build(way.cell, seed)
        for layer in recurrent_layers(model):
            # Unrolling needs a known number of time steps. This batch has one.
            layer.unroll = way.unroll
        model.jit_compile = way.xla
        model.steps_per_execution = way.steps_per_call
        steps[way] = training_step(model, batch)
    # A language model, with a target for every id, is timed in PyTorch as well.
    if inputs is batch[0] and inputs.shape == targets.shape and pytorch.installed():
        size = {"units": layers[0].cell.units, "ids": model.output_shape[-1]}
        steps[Way(TORCH)] = pytorch.training_step(batch, **size, seed=seed)
    return steps, defaults, list(inputs.shape)
