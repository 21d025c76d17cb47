"""Print the shapes and numbers of a network, check them against Keras, and draw it."""

import os
from pathlib import Path

import keras
from rich.console import Console

from common.errors import UserError, one_line
from common.training.console import say, table

from . import trace
from .config import EXAMPLE, Config
from .figures import draw
from .kinds import KINDS, side_by_side
from .model import build_model, check_shapes, check_trace
from .shapes import Layer, layers_of, rows

TRACED = 3  # steps of the trace
TINY = (2, 2, 1)  # traced as well if the network is too wide to write out its sums


def show(config: Config, console: Console | None = None):
    """Print and draw the network that `config` describes.

    Raises:
        UserError: the figure cannot be written.
    """
    console = console or Console()
    path = figure_path(config)
    layers = layers_of(config.layers, output=config.output)
    sizes = {"batch": config.batch_size, "steps": config.steps}
    model = build_model(layers, **sizes)
    show_shapes(layers, model, sizes, console)
    show_trace(config, layers, model, console)
    if not trace.tiny(layers):
        small = layers_of(TINY, output=config.output)
        show_trace(config, small, build_model(small, **sizes), console)
    show_kinds(console)
    try:
        draw(path, layers, **sizes)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None
    say(console, f"\nfigure: {path}")


def figure_path(config: Config) -> Path:
    """Return the file to draw into: a new one, or one that may be replaced.

    Raises:
        UserError: --figure names an existing file or a missing folder, or --runs-dir
            cannot be used.
    """
    if config.figure is None:
        folder = Path(config.runs_dir) / EXAMPLE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"--runs-dir must be a folder that can be written to; {one_line(error)}"
            ) from None
        name, number = "-".join(map(str, config.layers)), 1
        path = folder / f"{name}.png"
        while path.exists():
            number += 1
            path = folder / f"{name}_{number}.png"
        return path
    path = Path(config.figure)
    # Unlike `Path.is_dir`, these are False where a name is too long.
    if os.path.isdir(path):
        raise UserError(f"--figure must name a file; {path} is a directory")
    if not os.path.isdir(path.parent):
        raise UserError(f"--figure: there is no folder {path.parent} for {path.name}")
    if os.path.exists(path) and not config.overwrite:
        raise UserError(f"--figure: {path} exists; --overwrite replaces it")
    return path


def show_shapes(
    layers: list[Layer], model: keras.Model, sizes: dict[str, int], console: Console
):
    """Print the shapes and parameters of every layer, and check them."""
    say(console, f"input:   {layers[0].inputs}, at each step")
    for layer in layers:
        what = "tanh" if layer.recurrent else "linear, applied to each step"
        say(console, f"layer {layer.number}: {layer.units}, {layer.kind}, {what}")
    say(
        console,
        "Vectors are rows, as in Keras. x_t is the input of a layer: the data, or a_t "
        "of\nthe layer below. The state h_t of a recurrent layer is its a_t; h_0 = 0.",
    )
    columns = ("one step", f"batch of {sizes['batch']}", f"all {sizes['steps']} steps")
    for layer in layers:
        title = f"layer {layer.number}, {layer.kind}: {layer.inputs} -> {layer.units}"
        for name, notation in (("full", layer.full), ("concise", layer.concise)):
            say(console, "")
            found = rows(layer, notation, **sizes)
            table(console, title, (f"{name} notation", *columns), found)
            say(console, f"parameters: {notation.count} = {notation.parameters}")
    counts = [layer.parameters for layer in layers]
    parts = f"{' + '.join(map(str, counts))} = " if len(counts) > 1 else ""
    say(console, f"\nparameters in total: {parts}{sum(counts)}")
    check_shapes(model, layers, **sizes)
    say(
        console,
        f"checked: a Keras {keras.__version__} model has the same shapes of all "
        f"weights\nand of a_t, and {model.count_params()} parameters",
    )


def show_trace(
    config: Config, layers: list[Layer], model: keras.Model, console: Console
):
    """Print one sequence step by step, and the largest difference from Keras."""
    weights = trace.random_weights(layers, config.seed)
    x = trace.random_sequence(layers, min(TRACED, config.steps), config.seed)
    steps = trace.run(weights, x)
    sizes = [layers[0].inputs, *(layer.units for layer in layers)]
    say(
        console, f"\none sequence through {' '.join(map(str, sizes))}, rounded in print"
    )
    say(console, "\n".join(trace.lines(layers, weights, steps)))
    from_keras, from_concise = check_trace(model, weights, x, steps)
    say(
        console,
        f"checked: Keras computes the same a_t, largest difference {from_keras:.0e};\n"
        f"the concise notation the same z_t, largest difference {from_concise:.0e}",
    )


def show_kinds(console: Console):
    """Print the four types, and the examples of each."""
    say(console, "\nthe four types: x input, y output, h state")
    say(console, "\n".join(f"  {line}" for line in side_by_side()) + "\n")
    for kind in KINDS:
        say(console, kind.name)
        for example, what in kind.examples.items():
            say(console, f"  python -m examples.{example:<16} {what}")
        say(console, f"  in Keras: {kind.keras}")
