"""What a user gives to a finished run: a file, or lines on stdin."""

import sys
from pathlib import Path

from common.errors import UserError
from common.files import MAX_BYTES, read_text


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
        text = read_text(Path(file))
    elif sys.stdin.isatty():
        raise UserError(f"give {what}, --file, or lines on stdin")
    else:
        content = sys.stdin.buffer.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise UserError(f"stdin must have at most {MAX_BYTES:,} bytes; it has more")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            raise UserError("stdin must be UTF-8 text") from None
    # `splitlines` would also break at U+0085 and U+2028, which are part of a text.
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]
