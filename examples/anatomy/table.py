"""The shapes of one layer as a table, with two matrices and in the concise notation."""

from rich.table import Table
from rich.text import Text

from examples.anatomy.shapes import (
    Layer,
    Shape,
    concise_values,
    concise_weights,
    shapes_of,
    values,
    weights,
)


def table(layer: Layer, *, batch: int, steps: int) -> Table:
    """Return what a layer computes with, in two notations.

    Args:
        layer: of the network.
        batch: sequences that are read side by side.
        steps: time steps of each.
    """
    title = f"layer {layer.number}, {layer.kind}: {layer.reads} -> {layer.units}"
    shown = Table(title=title, title_justify="left", title_style="bold")
    shown.add_column("two matrices" if layer.recurrent else "in full")
    for name in ("one step", f"batch of {batch}", f"all steps, {steps}"):
        shown.add_column(name, justify="right")
    sizes = {"batch": batch, "steps": steps}
    if layer.recurrent:
        full = {"z_t": "x_t W_F + h_t-1 W_R + b", "a_t": "tanh(z_t)"}
        short = {**full, "z_t": "[x_t ; h_t-1] W + b", "W": "[W_F ; W_R]"}
    else:
        full = {"z_t": "x_t W_F + b", "a_t": "z_t"}
        short = {**full, "z_t": "x_t W + b", "W": "W_F"}
    _add(shown, values(layer), weights(layer), full, sizes)
    shown.add_section()
    shown.add_row(Text("concise", style="bold"))
    shown.add_section()
    _add(shown, concise_values(layer), concise_weights(layer), short, sizes)
    return shown


def _add(
    shown: Table,
    numbers: dict[str, int],
    matrices: dict[str, Shape],
    formulas: dict[str, str],
    sizes: dict[str, int],
):
    """Add a row for all that is read, for every weight, and for what comes of it."""

    def named(name: str) -> Text:
        # Not a plain string: rich would take [x_t ; h_t-1] for a style.
        return Text(f"{name} = {formulas[name]}" if name in formulas else name)

    *read, z_t, a_t = numbers
    for name in read:
        shown.add_row(named(name), *map(str, shapes_of(numbers[name], **sizes)))
    for name, shape in matrices.items():
        shown.add_row(named(name), str(shape), "same", "same")
    for name in (z_t, a_t):
        shown.add_row(named(name), *map(str, shapes_of(numbers[name], **sizes)))
