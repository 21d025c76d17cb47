"""What a user gives to a finished run: a file, or lines on stdin."""

import sys
from pathlib import Path

from common.errors import UserError
from common.files import read_text


def lines(file: str | None, *, what: str) -> list[str]:
    """Return the lines of `file`, or of stdin, that are not blank.

    Args:
        file: path of a UTF-8 text file; `None` for stdin.
        what: what the user may give instead, "a text in quotes".

    Raises:
        UserError: the file cannot be read, stdin is a terminal, or it is not UTF-8.
    """
    if file is not None:
        text = read_text(Path(file))
    elif sys.stdin.isatty():
        raise UserError(f"give {what}, --file, or lines on stdin")
    else:
        try:
            text = sys.stdin.buffer.read().decode("utf-8")
        except UnicodeDecodeError:
            raise UserError("stdin must be UTF-8 text") from None
    return [line for line in text.splitlines() if line.strip()]
