"""Files of labelled texts, good and bad."""

import json

import pytest

from common.errors import UserError
from common.preprocessing import tables

ROWS = [(f"text number {n}", ("no", "yes")[n % 2]) for n in range(24)]


def write(path, rows, *, delimiter=","):
    lines = [delimiter.join(("text", "label"))]
    lines += [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def texts(path):
    return tables.labelled_texts(path, "text", "label")


def test_three_kinds_of_file_give_the_same(tmp_path):
    csv_file = write(tmp_path / "a.csv", ROWS)
    tsv_file = write(tmp_path / "a.tsv", ROWS, delimiter="\t")
    json_file = tmp_path / "a.jsonl"
    json_file.write_text(
        "".join(json.dumps({"text": t, "label": y}) + "\n" for t, y in ROWS)
    )
    expected = ([text for text, _ in ROWS], [label for _, label in ROWS], [])
    assert texts(csv_file) == texts(tsv_file) == texts(json_file) == expected


def test_labels_of_any_kind_become_texts(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        "".join(
            json.dumps({"text": f"t {n}", "label": (1, True, 2.5)[n % 3]}) + "\n"
            for n in range(30)
        )
    )
    assert set(texts(path)[1]) == {"1", "True", "2.5"}


def test_byte_order_mark_and_quoted_line_ends_are_read(tmp_path):
    path = tmp_path / "a.csv"
    body = "".join(f'"line {n}\nmore, still",{n % 2}\n' for n in range(24))
    path.write_bytes(b"\xef\xbb\xbf" + f"text,label\n{body}".encode())
    assert texts(path)[0][3] == "line 3\nmore, still"


def test_unusable_rows_are_counted(tmp_path):
    extra = [("", "yes"), ("  ...", "no"), ("no label", ""), ("Text, NUMBER 0.", "no")]
    extra += [("torn", "yes"), ("torn", "no")]
    kept, labels, notes = texts(write(tmp_path / "a.csv", ROWS + extra))
    assert len(kept) == len(labels) == len(ROWS)
    assert notes == [
        "3 rows without text or label: skipped",
        "2 rows whose text is there already: skipped",
        "1 texts with different labels in different rows: left out",
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b" \n\n", "is empty"),
        ("a.csv", b"text,label\n\xff\xfe,no\n", "must be UTF-8; byte 11"),
        ("a.txt", b"text", "must be a file of kind .csv, .tsv, .jsonl"),
        ("a.csv", b"text,label\na,b,c\n", "line 2: a row needs 2 cells"),
        ("a.csv", b"text,text\na,b\n", "column names must differ"),
        ("a.csv", b'text,label\n"a,b\n', "line 2: unexpected end of data"),
        ("a.csv", b"text,label\n", "at least 20 different texts"),
        ("a.jsonl", b'{"text": "a"}\n{', "line 2:"),
        ("a.jsonl", b"[1]\n", "line 1: each line must be a JSON object"),
        ("a.jsonl", b'{"text": 5, "label": "a"}\n', "a text is needed; received 5"),
    ],
)
def test_bad_files_are_refused(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        texts(path)
    assert message in str(caught.value)


def test_missing_file_and_directory_are_refused(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        texts(tmp_path / "a.csv")
    with pytest.raises(UserError, match="is a directory"):
        texts(tmp_path)


def test_columns_that_are_there_are_listed(tmp_path):
    path = write(tmp_path / "a.csv", ROWS)
    with pytest.raises(UserError, match="'label', 'text'; received 'stars'"):
        tables.labelled_texts(path, "text", "stars")


def test_labels_that_cannot_be_split_are_refused(tmp_path):
    one = [(text, "yes") for text, _ in ROWS]
    with pytest.raises(UserError, match="at least two labels; all rows have 'yes'"):
        texts(write(tmp_path / "one.csv", one))
    with pytest.raises(UserError, match=r"1 of 3 have fewer: 'odd' \(1\)"):
        texts(write(tmp_path / "rare.csv", [*ROWS, ("lonely", "odd")]))
