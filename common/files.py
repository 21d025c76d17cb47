"""Files: written whole or not at all, and read with one clear line where bad."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.errors import UserError, one_line


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path; on success rename it to `path`, else remove it."""
    # Keras insists on the suffix (`.keras`), so the random part goes in front.
    temporary = path.with_name(f".{secrets.token_hex(4)}-{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str):
    """Write `text` as UTF-8 to `path`, whole or not at all."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any):
    """Write `value` as JSON to `path`, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: there is no such file, it cannot be read, or it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None


def read_text(path: Path, *, may_be_blank: bool = False) -> str:
    """Return the text of a UTF-8 file, without a byte order mark, line ends as "\\n".

    Args:
        path: the file.
        may_be_blank: whether a file without any text is one too.

    Raises:
        UserError: no such file, a directory, not readable, not UTF-8, or blank.
    """
    if path.is_dir():
        raise UserError(f"{path} is a directory; a file is needed")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} must be UTF-8; byte {error.start} is not") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None
    if not text.strip() and not may_be_blank:
        raise UserError(f"{path} is empty")
    return text
