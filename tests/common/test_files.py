"""Files: written whole or not at all, and refused in one line where they are bad."""

import os

import numpy as np
import pytest

from common import files
from common.errors import UserError


def test_a_failing_writer_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "file.json"
    files.write_text(path, "old")

    def write_half():
        with files.atomic_write(path) as temporary:
            temporary.write_text("half of the n")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.json"]


def test_numbers_that_are_not_finite_are_written_as_null(tmp_path):
    value = {"a": [float("nan"), 1.5], "b": (float("inf"),), 3: {"c": 2}}
    files.write_json(tmp_path / "a.json", value)
    found = files.read_json(tmp_path / "a.json")
    assert found == {"a": [None, 1.5], "b": [None], "3": {"c": 2}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "must be UTF-8; byte 0"),
        (b"{", "is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"9" * 400, "more than 300 digits"),
        (b"[NaN]", "NaN is not a number"),
    ],
)
def test_bad_json_is_refused_in_one_line(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        files.read_json(path)
    assert "\n" not in str(caught.value)


def test_paths_that_are_no_readable_file_are_refused(tmp_path, monkeypatch):
    for name, message in (
        ("none", "does not exist"),
        (".", "is a directory"),
        ("n" * 300, "cannot be read"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(UserError, match=message):
            files.read_text(tmp_path / name)
    monkeypatch.setattr(files, "MAX_BYTES", 3)
    (tmp_path / "long").write_text("four")
    with pytest.raises(UserError, match="at most 3 bytes"):
        files.read_text(tmp_path / "long")


def test_text_loses_its_byte_order_mark_and_foreign_line_ends(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\xe2\x80\xa8d")
    assert files.read_text(tmp_path / "a") == "a\nb\nc\u2028d"


def test_hash_tells_data_apart_however_it_is_cut():
    hashes = [
        files.hash_of("ab", "c"),
        files.hash_of("a", "bc"),
        files.hash_of(["a", "b"]),
        files.hash_of(np.arange(3)),
        files.hash_of(np.arange(3.0)),
    ]
    assert len(set(hashes)) == len(hashes)
    assert files.hash_of("ab", "c") == hashes[0]
    assert hashes[0].startswith("sha256:")
