"""What a user gives to a finished run: a file, or lines on stdin."""

import sys
from pathlib import Path

from common import files
from common.errors import UserError


def read(file: str | None, *, what: str) -> list[str]:
    """Return the lines of `file`, or of stdin, that are not blank.

    Args:
        file: path of a UTF-8 text file; `None` for stdin.
        what: what the user may give instead, "a text in quotes".

    Raises:
        UserError: the file cannot be read, stdin is a terminal, is too large, or is not
            UTF-8.
    """
    if file is not None:
        text = files.read_text(Path(file))
    elif sys.stdin.isatty():
        raise UserError(f"give {what}, --file, or lines on stdin")
    else:
        content = sys.stdin.buffer.read(files.MAX_BYTES + 1)
        text = files.decode(content, where="stdin")
    # `splitlines` would also break at U+0085 and U+2028, which are part of a text.
    return [line for line in text.split("\n") if line.strip()]
