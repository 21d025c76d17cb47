"""Rows from files and data sets: .csv, .tsv, .jsonl."""

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from common import files
from common.errors import UserError, one_line
from common.preprocessing.text import words

DELIMITERS = {".csv": ",", ".tsv": "\t"}
KINDS = (*DELIMITERS, ".jsonl")
# What a stratified split into three parts and a fair test need.
MIN_ROWS = 20
MIN_PER_LABEL = 5


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a .csv, .tsv (with header) or .jsonl file as dictionaries.

    Raises:
        UserError: the file cannot be read, is of another kind, or a row is malformed.
    """
    kind = path.suffix.lower()
    if not path.is_dir() and kind not in KINDS:
        raise UserError(f"{path} must be a file of kind {', '.join(KINDS)}")
    text = files.read_text(path)
    return _json_lines(path, text) if kind == ".jsonl" else _delimited(path, text, kind)


def _delimited(path: Path, text: str, kind: str) -> list[dict[str, str]]:
    csv.field_size_limit(len(text) + 1)
    reader = csv.reader(
        text.splitlines(keepends=True), delimiter=DELIMITERS[kind], strict=True
    )
    rows = []
    try:
        header = next(reader)
        if len(set(header)) != len(header):
            raise UserError(f"{path}: column names must differ; received {header}")
        for cells in reader:
            if cells and len(cells) != len(header):
                raise UserError(
                    f"{path}, line {reader.line_num}: a row needs {len(header)} cells, "
                    f"as the header has; received {len(cells)} (a text that holds the "
                    "delimiter must stand in quotes)"
                )
            if cells:
                rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: {one_line(error)}") from None
    return rows


def _json_lines(path: Path, text: str) -> list[dict[str, Any]]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UserError(f"{path}, line {number}: {one_line(error)}") from None
        if not isinstance(row, dict):
            raise UserError(f"{path}, line {number}: each line must be a JSON object")
        rows.append(row)
    return rows


def labelled_texts(
    path: Path, text_column: str, label_column: str
) -> tuple[list[str], list[str], list[str]]:
    """Return the texts and labels of a file that can be learned from, and notes.

    Rows without text or label are skipped, and so is a text that is there already,
    since a copy could get into both training and test; the notes count them.

    Returns:
        texts, labels (as texts), and sentences for the user.

    Raises:
        UserError: the file cannot be read, lacks a column, holds texts that are not
            text, or has too few rows or labels.
    """
    rows = read(path)
    columns = sorted({name for row in rows for name in row})
    for flag, name in (
        ("--text-column", text_column),
        ("--label-column", label_column),
    ):
        if rows and name not in columns:
            there = ", ".join(map(repr, columns))
            raise UserError(
                f"{flag} must be a column of {path}: {there}; received {name!r}"
            )
    skipped, copies = 0, 0
    kept: dict[str, tuple[str, str]] = {}
    labels_of: dict[str, set[str]] = defaultdict(set)
    for number, row in enumerate(rows, start=1):
        text, label = row.get(text_column), row.get(label_column)
        if not isinstance(text, str | None):
            raise UserError(
                f"{path}, row {number}: a text is needed; received {text!r}"
            )
        label = "" if label is None else str(label).strip()
        key = " ".join(words(text or ""))
        if not key or not label:
            skipped += 1
            continue
        copies += key in kept
        kept.setdefault(key, (text, label))
        labels_of[key].add(label)
    torn = {key for key, labels in labels_of.items() if len(labels) > 1}
    pairs = [pair for key, pair in kept.items() if key not in torn]
    _check_labels(path, Counter(label for _, label in pairs), len(pairs))
    counts = {
        "rows without text or label: skipped": skipped,
        "rows whose text is there already: skipped": copies,
        "texts with different labels in different rows: left out": len(torn),
    }
    notes = [f"{count} {what}" for what, count in counts.items() if count]
    return [text for text, _ in pairs], [label for _, label in pairs], notes


def _check_labels(path: Path, counts: Counter, total: int):
    if total < MIN_ROWS:
        raise UserError(
            f"{path} must have at least {MIN_ROWS} different texts with a label; "
            f"it has {total}"
        )
    if len(counts) < 2:
        raise UserError(
            f"{path} must have at least two labels; "
            f"all rows have {next(iter(counts))!r}"
        )
    rare = {label: count for label, count in counts.items() if count < MIN_PER_LABEL}
    if rare:
        shown = ", ".join(
            f"{label!r} ({count})" for label, count in list(rare.items())[:5]
        )
        raise UserError(
            f"{path}: every label needs at least {MIN_PER_LABEL} texts; {len(rare)} of "
            f"{len(counts)} have fewer: {shown}"
        )
