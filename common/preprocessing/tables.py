"""Rows of .csv, .tsv and .jsonl files."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common import files
from common.errors import UserError, one_line, shown

DELIMITERS = {".csv": ",", ".tsv": "\t"}
KINDS = (*DELIMITERS, ".jsonl")


def read(path: Path) -> dict[int, dict[str, Any]]:
    """Read a .csv or .tsv file with a header, or a .jsonl file.

    Returns:
        the rows, by the number of the line that each begins on, counted from 1. A row
        maps column names to cells: texts, or in a .jsonl file any JSON value.

    Raises:
        UserError: the file cannot be read or is of another kind, two columns have the
            same name, or a row is malformed.
    """
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise UserError(f"{one_line(path)} must be a file of kind {', '.join(KINDS)}")
    text = files.read_text(path)
    if kind == ".jsonl":
        return dict(_json_lines(path, text))
    return dict(_delimited(path, text, DELIMITERS[kind]))


def _delimited(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, dict]]:
    csv.field_size_limit(len(text) + 1)
    # `splitlines` would also break at U+0085 and U+2028, which are part of a cell.
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    header, line = [], 1
    try:
        for cells in reader:
            if not header:
                header = cells
                if len(set(header)) != len(header):
                    rule = "column names must differ"
                    raise UserError(f"{path}: {rule}; received {shown(header)}")
            elif len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                raise UserError(
                    f"{path}, line {line}: a row needs {len(header)} cells, as the "
                    f"header has; received {len(cells)} (a cell that contains the "
                    "delimiter must be in quotes)"
                )
            line = reader.line_num + 1
    except csv.Error as error:
        raise UserError(f"{path}, line {line}: {one_line(error)}") from None


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        where = f"{path}, line {line}"
        row = files.parse_json(content, where=where)
        if not isinstance(row, dict):
            raise UserError(f"{where} must be a JSON object; received {shown(row)}")
        try:
            json.dumps(row, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:  # "\\ud800"
            raise UserError(f"{where} holds half a surrogate pair") from None
        yield line, row
