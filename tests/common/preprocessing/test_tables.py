"""Rows of files, good and bad."""

import json

import pytest

from common.errors import UserError
from common.preprocessing import tables

ROWS = {2: {"text": "one", "label": "no"}, 3: {"text": "two", "label": "yes"}}


def read(tmp_path, content, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tables.read(path)


def test_three_kinds_of_file_give_the_same(tmp_path):
    comma = "text,label\none,no\ntwo,yes\n"
    lines = "\n" + "".join(json.dumps(row) + "\n" for row in ROWS.values())
    assert read(tmp_path, comma) == ROWS
    assert read(tmp_path, comma.replace(",", "\t"), "a.tsv") == ROWS
    assert read(tmp_path, lines, "a.jsonl") == ROWS


def test_cells_keep_their_line_ends_and_rows_their_line_numbers(tmp_path):
    # A byte order mark, Windows line ends, and characters that only `splitlines`
    # takes for line ends.
    content = '\ufefftext\r\n\r\n"a\r\n\r\nb"\r\nc\u0085d\u2028e\r\n\r\nf\r\n'
    found = read(tmp_path, content)
    texts = {line: row["text"] for line, row in found.items()}
    assert texts == {3: "a\n\nb", 6: "c\u0085d\u2028e", 8: "f"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty"),
        ("a.csv", " \n\n", "is empty"),
        ("a.csv", b"text,label\n\xff\xfe,no\n", "must be UTF-8; byte 11"),
        ("a.txt", "text", "must be a file of kind .csv, .tsv, .jsonl"),
        ("a.csv", "text,label\na,b,c\n", "line 2: a row needs 2 cells"),
        ("a.csv", 'text,label\n\n"a\n",b\n\na\n', "line 6: a row needs 2 cells"),
        ("a.csv", "text,text\na,b\n", "column names must differ"),
        ("a.csv", 'text,label\na,b\n"a,\n\nb\n', "line 3: unexpected end of data"),
        ("a.csv", 'text,label\n"a"b,c\n', "line 2: "),
        ("a.jsonl", '{"text": "a"}\n{', "line 2 is not JSON"),
        ("a.jsonl", "[1]\n", "line 1 must be a JSON object"),
        ("a.jsonl", "[" * 100_000, "line 1 is nested too deeply"),
        ("a.jsonl", '\n{"text": 1' + "0" * 400 + "}", "line 2 is not JSON"),
        ("a.jsonl", '{"text": NaN}', "NaN is not a number"),
        ("a.jsonl", '{"text": "\\ud800"}', "half a surrogate pair"),
    ],
)
def test_bad_files_are_refused(tmp_path, name, content, message):
    with pytest.raises(UserError) as caught:
        read(tmp_path, content, name)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["none.csv", "folder.csv", "a" * 300 + ".csv"])
def test_what_is_no_file_is_refused(tmp_path, name):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=r"exist|directory|cannot be read"):
        tables.read(tmp_path / name)
