"""Files: written whole or not at all, and refused in one line where they are bad."""

import contextlib
import hashlib
import itertools
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.errors import UserError, one_line

TEMPORARY = f".{'[0-9a-f]' * 8}-*"  # a file that a killed process may leave
MAX_BYTES = 2**29  # of a file that is read into memory
MAX_DEPTH = 100  # of JSON; below Python's limit, so that every reader can go through
MAX_DIGITS = 300  # of a whole number in JSON; a float cannot hold more


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
    """Write `text` to `path` as UTF-8, whole or not at all."""
    try:
        with atomic_write(path) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {one_line(error)}") from None


def write_json(path: Path, value: Any):
    """Write `value` to `path` as JSON. Numbers that are not finite become null."""
    finite = json.loads(json.dumps(value), parse_constant=lambda name: None)
    write_text(path, json.dumps(finite, indent=2, ensure_ascii=False) + "\n")


def read_text(path: Path, *, may_be_blank: bool = False) -> str:
    """Return the text of a UTF-8 file, without a byte order mark, line ends as "\\n".

    Raises:
        UserError: no such file, no regular file, too large, not readable, not UTF-8,
            or blank.
    """
    try:
        if path.is_dir():
            raise UserError(f"{path} is a directory; a file is needed")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{one_line(path)} cannot be read: {one_line(error)}") from None
    text = decode(content, where=str(path))
    if not text.strip() and not may_be_blank:
        raise UserError(f"{path} is empty")
    return text


def decode(content: bytes, *, where: str) -> str:
    """Return UTF-8 bytes as `read_text` does; the message of an error names `where`."""
    if len(content) > MAX_BYTES:
        raise UserError(f"{where} must have at most {MAX_BYTES:,} bytes; it has more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{where} must be UTF-8; byte {error.start} is not") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_json(path: Path) -> Any:
    """Return the value of a JSON file; raises as `read_text` and `parse_json` do."""
    return parse_json(read_text(path), where=str(path))


def parse_json(text: str, *, where: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        UserError: it is not JSON, is nested too deeply, or holds a number that is too
            long or not finite; the message begins with `where`.
    """

    def whole(digits: str) -> int:
        if len(digits) > MAX_DIGITS:
            raise ValueError(f"a number has more than {MAX_DIGITS} digits")
        return int(digits)

    def refuse(name: str):
        raise ValueError(f"{name} is not a number")

    try:
        value = json.loads(text, parse_int=whole, parse_constant=refuse)
        level = [value] if isinstance(value, (dict, list)) else []
        for _ in range(MAX_DEPTH):
            inner = [x.values() if isinstance(x, dict) else x for x in level]
            level = [x for x in itertools.chain(*inner) if isinstance(x, (dict, list))]
        if level:
            raise RecursionError
        return value
    except RecursionError:
        raise UserError(f"{where} is nested too deeply") from None
    except ValueError as error:
        raise UserError(f"{where} is not JSON: {one_line(error)}") from None


def hash_of(*parts: Any) -> str:
    """Return a hash of texts, bytes, arrays, and lists of texts: `sha256:...`."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, (list, tuple)):
            part = "\0".join(map(str, part))
        data = part.encode("utf-8") if isinstance(part, str) else bytes(part)
        digest.update(len(data).to_bytes(8, "big") + data)
    return f"sha256:{digest.hexdigest()}"
