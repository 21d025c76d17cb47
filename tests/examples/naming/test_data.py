"""Files of rows, the preprocessor, colours, and the splits."""

import numpy as np
import pandas as pd
import pytest

from common.errors import UserError
from examples.naming.colours import oklab, swatch
from examples.naming.config import Config
from examples.naming.data import colours, load, read
from examples.naming.preprocessor import END, Preprocessor
from tests.conftest import write_named


def written(path, text):
    path.write_text(text)
    return path


# White and the primary colours by Ottosson 2020, to three digits.
@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("#ffffff", (1.0, 0.0, 0.0)),
        ("ff0000", (0.628, 0.225, 0.126)),
        ("#0000FF", (0.452, -0.032, -0.312)),
        ("#000000", (0, 0, 0)),
    ],
)
def test_colours_are_read_in_oklab(colour, expected):
    np.testing.assert_allclose(oklab(colour), expected, atol=1e-3)


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "", "#1234567"])
def test_what_is_no_colour_is_said(colour):
    with pytest.raises(UserError, match="must be like #a0522d"):
        oklab(colour)


def test_swatch_has_the_colour():
    assert "48;2;160;82;45m" in swatch("#a0522d")


def test_there_are_949_colours_with_names():
    rows = colours()
    assert len(rows.texts) == len(set(rows.texts)) == 949
    assert rows.numbers.shape == (949, 3)
    assert max(map(len, rows.texts)) <= Config().max_length


def test_file_is_read_and_incomplete_rows_are_left_out(tmp_path):
    text = "name,x,y\n  two   words ,1,2\n,3,4\nlast,,5\nend,1e3,-6\n"
    notes = []
    rows, columns = read(written(tmp_path / "a.csv", text), Config(), notes)
    assert columns == ["x", "y"]
    assert rows.texts == ["two words", "end"]
    np.testing.assert_array_equal(rows.numbers, [[1, 2], [1000, -6]])
    assert "2 rows without text or number: skipped" in notes[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title,x\na,1\n", "--text-column must be one of"),
        ("name\na\n", "no column of numbers"),
        ("name,x\na,one\n", "line 2: column 'x' must hold numbers; received 'one'"),
        ("name,x\na,inf\n", "must hold numbers"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, text, told):
    with pytest.raises(UserError, match=told):
        read(written(tmp_path / "a.csv", text), Config(), [])


def test_numbers_are_standardized_by_the_training_rows_alone(tmp_path):
    data = load(Config(data=str(write_named(tmp_path / "a.csv"))))
    np.testing.assert_allclose(data.train.inputs.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(data.train.inputs.std(axis=0), 1, atol=1e-5)
    numbers = data.train.rows.numbers
    np.testing.assert_allclose(data.preprocessor.means, numbers.mean(axis=0))


def test_what_is_read_is_what_is_written_one_letter_later():
    split = load(Config()).test
    assert split.read.shape == split.targets.shape
    inside = split.targets[:, :-1] * (split.read[:, 1:] > 0)
    np.testing.assert_array_equal(split.read[:, 1:], inside)
    assert (np.count_nonzero(split.targets, axis=1) == [
        len(text) + 1 for text in split.rows.texts
    ]).all()  # fmt: skip


def test_rows_with_one_text_are_in_one_split(tmp_path):
    path = write_named(tmp_path / "a.csv")
    frame = pd.read_csv(path)
    pd.concat([frame, frame.assign(x=0)]).to_csv(path, index=False)
    data = load(Config(data=str(path)))
    texts = [set(part.rows.texts) for part in (data.train, data.validation, data.test)]
    assert sum(map(len, texts)) == len(set.union(*texts)) == 80


def test_official_splits_are_three_files(tmp_path):
    files = [write_named(tmp_path / f"{n}.csv", seed=n) for n in range(3)]
    flags = ("data", "validation_data", "test_data")
    config = Config(**{f: str(p) for f, p in zip(flags, files, strict=True)})
    data = load(config)
    parts = (data.train, data.validation, data.test)
    assert [len(part.rows.texts) for part in parts] == [80] * 3
    pd.read_csv(files[2]).drop(columns="y").to_csv(files[2], index=False)
    with pytest.raises(UserError, match="must have the columns"):
        load(config)
    with pytest.raises(UserError, match="need --data"):
        Config(test_data="x.csv")


def test_too_little_is_refused(tmp_path):
    path = write_named(tmp_path / "a.csv", rows=39)
    with pytest.raises(UserError, match="at least 40 rows"):
        load(Config(data=str(path)))


def test_preprocessor_survives_json_and_says_what_is_wrong():
    one = load(Config()).preprocessor
    again = Preprocessor.from_json(one.to_json())
    assert again.to_json() == one.to_json()
    assert again.vocabulary.decode(again.encode(["ab"])[0][0]) == [END, "a", "b"]
    for name, value in (("means", []), ("deviations", [0.0] * 3), ("columns", [1])):
        with pytest.raises(UserError):
            Preprocessor.from_json(one.to_json() | {name: value})


@pytest.mark.parametrize("text", ["1", "1,2,3", "a,b", "1,nan", ""])
def test_row_of_own_data_needs_a_number_for_every_column(tmp_path, text):
    data = load(Config(data=str(write_named(tmp_path / "a.csv"))))
    assert data.preprocessor.numbers(" 1 ,2.5").tolist() == [1, 2.5]
    with pytest.raises(UserError, match="needs 2 numbers between commas"):
        data.preprocessor.numbers(text)
