"""What a person reads while a command runs: sentences, notes and tables."""

import contextlib
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.errors import one_line


def say(console: Console, text: str):
    """Print `text` as it is. Lines break between words, on a terminal only."""
    options = {"highlight": False, "markup": False}
    console.print(text, soft_wrap=not console.is_terminal, **options)


def note(console: Console, text: str):
    """Print one line that a user should know: a limit, or what was left out."""
    say(console, f"note: {text}")


@contextlib.contextmanager
def attempt(console: Console, what: str) -> Iterator[None]:
    """Turn an error inside into a note: `what` is left out, and nothing else is lost.

    For baselines and figures: a trained model must not be lost because of them.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it is, the rest goes on
        reason = one_line(error, 200) or type(error).__name__
        note(console, f"{what} left out: {reason}")


def table(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence]
):
    """Print a table: the first column is text, the others are numbers."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        shown.add_column(column, justify="right" if index else "left")
    for row in rows:
        cells = ("" if value is None else value for value in row)
        texts = (f"{x:.4f}" if isinstance(x, float) else f"{x}" for x in cells)
        shown.add_row(*map(Text, texts))
    console.print(shown)
