"""Tables on the console."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def show(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence]
):
    """Print a table: the first column is text, the others are numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else f"{value}"
