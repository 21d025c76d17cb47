"""Take a network apart: print its shapes and numbers, and draw it."""

from pathlib import Path

import keras
from rich.console import Console

from common.errors import UserError, one_line
from examples.anatomy import trace
from examples.anatomy.config import Config
from examples.anatomy.figure import draw
from examples.anatomy.kinds import KINDS, side_by_side
from examples.anatomy.network import build_model, check_shapes, check_trace
from examples.anatomy.shapes import Layer, counted, layers_of, parameters
from examples.anatomy.table import table

TRACED = 3  # steps of the trace
TINY = (2, 2, 1)  # its sums are written out where those of the network are too long


def show(config: Config, console: Console | None = None):
    """Print and draw the network that `config` describes.

    Raises:
        UserError: the figure cannot be written where it should.
    """
    console = console or Console()
    path = figure_path(config)
    layers = layers_of(config.layers, output=config.output)
    sizes = {"batch": config.batch, "steps": config.steps}
    model = build_model(layers, **sizes)
    _shapes(layers, model, sizes, console)
    _trace(config, layers, model, console)
    if not trace.tiny(layers):
        small = layers_of(TINY, output=config.output)
        _trace(config, small, build_model(small, **sizes), console)
    _kinds(console)
    try:
        draw(path, layers, **sizes)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None
    _say(console, f"\nfigure: {path}")


def figure_path(config: Config) -> Path:
    """Return where to draw: a file that is not there yet, unless it may be replaced.

    Raises:
        UserError: --figure names a file that is there, or a folder that is not; or
            --runs-dir cannot be used.
    """
    if config.figure is None:
        folder = Path(config.runs_dir) / "anatomy"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"--runs-dir must be a folder that can be written to; {one_line(error)}"
            ) from None
        name = "-".join(map(str, config.layers))
        path, number = folder / f"{name}.png", 1
        while path.exists():
            number += 1
            path = folder / f"{name}_{number}.png"
        return path
    path = Path(config.figure)
    if path.is_dir():
        raise UserError(f"--figure must name a file; {path} is a directory")
    if not path.parent.is_dir():
        raise UserError(f"--figure: there is no folder {path.parent} for {path.name}")
    if path.exists() and not config.overwrite:
        raise UserError(f"--figure: {path} is there already; --overwrite replaces it")
    return path


def _say(console: Console, text: str = ""):
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _heading(console: Console, text: str):
    console.print(f"\n{text}", style="bold", highlight=False, markup=False)


def _shapes(layers: list[Layer], model: keras.Model, sizes: dict, console: Console):
    """Say which size is what, and print every layer's shapes and parameters."""
    _say(console, f"input:   {layers[0].reads} at every step")
    for layer in layers:
        what = "tanh of its sums" if layer.recurrent else "its bare sums, at every step"
        _say(console, f"layer {layer.number}: {layer.units}, {layer.kind}, {what}")
    _say(
        console,
        "Vectors are rows, as in Keras. x_t is what a layer reads: the input, or a_t "
        "of\nthe layer below. A recurrent layer's state h_t is its a_t; h_0 = 0.\n",
    )
    for layer in layers:
        console.print(table(layer, **sizes))
        two, concise = counted(layer)
        _say(console, f"parameters: {two}; concise: {concise}\n")
    counts = [parameters(layer) for layer in layers]
    parts = f"{' + '.join(map(str, counts))} = " if len(counts) > 1 else ""
    _say(console, f"parameters in all: {parts}{sum(counts)}")
    check_shapes(model, layers, **sizes)
    _say(
        console,
        f"checked: Keras {keras.__version__} builds this network with the same shapes "
        f"of\nall weights and of a_t, and with {model.count_params()} parameters",
    )


def _trace(config: Config, layers: list[Layer], model: keras.Model, console: Console):
    """Print one sequence step by step, and how far Keras is from these numbers."""
    drawn = trace.random_weights(layers, config.seed)
    x = trace.random_sequence(layers, min(TRACED, config.steps), config.seed)
    taken = trace.run(layers, drawn, x)
    sizes = (layers[0].reads, *(layer.units for layer in layers))
    _heading(console, f"one sequence through {' '.join(map(str, sizes))}")
    _say(console, "numbers are rounded here, not in the computation")
    for line in trace.lines(layers, drawn, taken):
        _say(console, line)
    from_keras, from_concise = check_trace(model, drawn, x, taken)
    _say(
        console,
        f"checked: Keras puts out the same a_t, largest difference {from_keras:.0e};\n"
        f"the concise form has the same z_t, largest difference {from_concise:.0e}",
    )


def _kinds(console: Console):
    """Print the four types, and which example does each."""
    _heading(console, "the four types: x is read, y is written, h is the state")
    for line in side_by_side():
        _say(console, f"  {line}")
    _say(console)
    for kind in KINDS:
        _say(console, kind.name)
        for example, what in kind.examples:
            _say(console, f"  python -m examples.{example:<16} {what}")
        _say(console, f"  in Keras: {kind.keras}")
