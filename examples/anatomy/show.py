"""Print the equations, shapes and numbers of a network, check them, and draw it."""

import dataclasses

import keras
from rich.console import Console

from common.training import run_folder
from common.training.console import say, table

from . import trace
from .config import EXAMPLE, Config
from .figures import draw
from .kinds import KINDS
from .model import build_model, check_shapes, check_trace
from .shapes import Layer, layers_of, rows

TRACED = 3  # steps of the trace
TINY = (2, 2, 1)  # traced as well if the network is too wide to write out its sums
ORDER = {
    "rows": "Vectors are rows, as in Keras.",
    "columns": "Vectors are columns, so the weights are those of Keras transposed.",
}


def show(config: Config, console: Console | None = None):
    """Print and draw the network that `config` describes.

    Raises:
        UserError: the figures cannot be written.
    """
    console = console or Console()
    run = run_folder.start(EXAMPLE, config.runs_dir, dataclasses.asdict(config))
    kinds = {"output": config.output, "cell": config.cell}
    layers = layers_of(config.layers, **kinds)
    sizes = {"batch": config.batch_size, "steps": config.steps}
    model = build_model(layers, **sizes)
    show_shapes(config, layers, sizes, console)
    check_shapes(model, layers, **sizes)
    say(
        console,
        f"checked: a Keras {keras.__version__} model has the same shapes of weights "
        f"and outputs,\nand {model.count_params()} parameters",
    )
    show_trace(config, layers, model, console)
    if not trace.tiny(layers):
        small = layers_of(TINY, **kinds)
        show_trace(config, small, build_model(small, **sizes), console)
    show_kinds(console)
    draw(run / "figures", layers, **sizes, columns=config.notation == "columns")
    say(console, f"\nfigures: {run / 'figures'}")


def show_shapes(
    config: Config, layers: list[Layer], sizes: dict[str, int], console: Console
):
    """Print equations, shapes and parameters of every layer."""
    columns = config.notation == "columns"
    say(
        console,
        f"{ORDER[config.notation]}\n(1) is the layer, t the step; what is before the "
        "first step is 0.\n* multiplies number by number.",
    )
    of = ("one step", f"batch of {sizes['batch']}", f"all {sizes['steps']} steps")
    for layer in layers:
        what = f"{layer.cell.keras}: {layer.inputs} -> {layer.units}"
        say(console, f"\nlayer {layer.number}, {what}")
        for name, formula in layer.cell.equations.items():
            text = f"{layer.named(name)} = {layer.named(formula, columns=columns)}"
            if "W" in formula and len(layer.cell.parts) > 1:
                text += f" = [{' '.join(name + part for part in layer.cell.parts)}]"
            say(console, f"  {text}")
        if layer.cell.is_concise:
            text = layer.named("z = [x ; h-] W + b", columns=columns)
            joined = "W = [W_F , W_R]" if columns else "W = [W_F ; W_R]"
            say(console, f"  concise: {text}, {layer.named(joined)}")
        found = rows(layer, **sizes, columns=columns)
        table(console, "", ("", *of), found)
        say(console, f"parameters: {layer.count} = {layer.parameters}")
    counts = [layer.parameters for layer in layers]
    parts = f"{' + '.join(map(str, counts))} = " if len(counts) > 1 else ""
    say(console, f"\nparameters in total: {parts}{sum(counts)}")


def show_trace(
    config: Config, layers: list[Layer], model: keras.Model, console: Console
):
    """Print one sequence step by step, and the largest difference from Keras."""
    weights = trace.random_weights(layers, config.seed)
    x = trace.random_sequence(layers, min(TRACED, config.steps), config.seed)
    steps = trace.run(layers, weights, x)
    sizes = [layers[0].inputs, *(layer.units for layer in layers)]
    say(
        console, f"\none sequence through {' '.join(map(str, sizes))}, rounded in print"
    )
    text = trace.lines(layers, weights, steps, columns=config.notation == "columns")
    say(console, "\n".join(text))
    difference = check_trace(model, layers, weights, steps)
    say(
        console,
        "checked: Keras computes the same gates, states and outputs,\n"
        f"largest difference {difference:.0e}",
    )


def show_kinds(console: Console):
    """Print the four types, and the examples of each."""
    say(console, "\nthe four types")
    for kind in KINDS:
        say(console, kind.name)
        for example, what in kind.examples.items():
            say(console, f"  python -m examples.{example:<16} {what}")
        say(console, f"  in Keras: {kind.keras}")
