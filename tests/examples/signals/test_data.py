"""Files of windows, the preprocessor, and the splits."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from common.errors import UserError
from examples.signals.config import Config
from examples.signals.data import Preprocessor, digits, load, read
from tests.conftest import write_signals

LONG = "unique_id,time,x,y,label\na,2,3,,up\na,1,1,5,up\nb,1,7,8,down\n"


def written(path, text):
    path.write_text(text)
    return path


def test_long_file_is_read_in_the_order_of_time(tmp_path):
    windows = read(written(tmp_path / "a.csv", LONG), Config())
    assert windows.channels == ["x", "y"]
    assert windows.names == ["a", "b"]
    assert windows.labels == ["up", "down"]
    assert windows.times == [["1", "2"], ["1"]]
    np.testing.assert_array_equal(windows.values[0], [[1, 5], [3, np.nan]])
    assert "1 missing values" in windows.notes[0]


def test_times_may_be_dates_and_are_not_sorted_as_text_if_they_are_numbers(tmp_path):
    text = "unique_id,time,x,label\na,10,1,u\na,9,2,u\n"
    windows = read(written(tmp_path / "a.csv", text), Config())
    assert windows.times == [["9", "10"]]
    text = text.replace(",10,", ",2001-02-01,").replace(",9,", ",2001-01-31,")
    windows = read(written(tmp_path / "a.csv", text), Config())
    assert windows.values[0].ravel().tolist() == [2, 1]


def test_wide_file_has_a_window_in_each_row_and_may_end_early(tmp_path):
    text = "label,x_0,y_0,x_1,y_1,x_2,y_2\nup,1,2,3,4,5,6\ndown,7,8,,9,,\n"
    windows = read(written(tmp_path / "a.csv", text), Config())
    assert windows.channels == ["x", "y"]
    np.testing.assert_array_equal(windows.values[0], [[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(windows.values[1], [[7, 8], [np.nan, 9]])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("unique_id,x,label\na,1,u\na,2,v\n", "must have one value in 'label'"),
        ("unique_id,x,label\na,one,u\n", "line 2: column 'x' must hold numbers"),
        ("unique_id,x,label\na,inf,u\n", "must hold numbers"),
        ("unique_id,label\na,u\n", "has no channel"),
        ("x_0,x_1,y_0,label\n1,2,3,u\n", "every channel needs the same steps"),
        ("x_0,x_1,label\n,,u\n", "line 2: the window has no values"),
        ("x,y,label\n1,2,u\n", "such as x_0, x_1; received 'x'"),
        ("unique_id,x\na,1\n", "--label-column must be one of"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, text, told):
    with pytest.raises(UserError, match=told):
        read(written(tmp_path / "a.csv", text), Config())


def test_values_are_standardized_by_the_training_windows_alone(tmp_path):
    path = write_signals(tmp_path / "a.csv")
    data = load(Config(data=str(path)))
    train = data.train
    steps = train.signals[train.present == 1]
    np.testing.assert_allclose(steps.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(steps.std(axis=0), 1, atol=1e-5)
    means = np.concatenate(train.windows.values).mean(axis=0)
    np.testing.assert_allclose(data.preprocessor.means, means, rtol=1e-5)


def test_missing_value_is_the_last_one_before_it_or_the_mean():
    nan = np.nan
    window = np.array([[nan, 1], [3, nan], [nan, nan]], "float32")
    one = Preprocessor(["x", "y"], [1.0, 0.0], [2.0, 1.0], ["u"], 3)
    signals, present = one.encode([window, window[:1]])
    np.testing.assert_allclose(signals[0], [[0, 1], [1, 1], [1, 1]])
    assert present.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert (signals[1, 1:] == 0).all()


def test_splits_are_disjoint_and_keep_groups_together(tmp_path):
    path = write_signals(tmp_path / "a.csv", windows=80)
    data = load(Config(data=str(path), group_column="who"))
    parts = [data.train, data.validation, data.test]
    names = [set(part.windows.names) for part in parts]
    groups = [set(part.windows.groups) for part in parts]
    for sets, count in ((names, 80), (groups, 20)):
        assert sum(map(len, sets)) == len(set.union(*sets)) == count
    assert data.preprocessor.channels == ["x", "y"]
    data = load(Config(data=str(path), channels=("y",)))
    assert data.preprocessor.channels == ["y"]


def test_official_splits_are_three_files(tmp_path):
    files = [write_signals(tmp_path / f"{n}.csv", seed=n) for n in range(3)]
    flags = ("data", "validation_data", "test_data")
    config = Config(**{f: str(p) for f, p in zip(flags, files, strict=True)})
    data = load(config)
    assert [len(p.classes) for p in (data.train, data.validation, data.test)] == [
        40
    ] * 3
    other = pd.read_csv(files[2]).drop(columns="y")
    other.to_csv(files[2], index=False)
    with pytest.raises(UserError, match="must have the channels"):
        load(config)
    with pytest.raises(UserError, match="need --data"):
        Config(test_data="x.csv")


def test_label_that_training_lacks_is_refused(tmp_path):
    first, second = (write_signals(tmp_path / f"{n}.csv") for n in "ab")
    second.write_text(second.read_text().replace(",up,", ",sideways,"))
    with pytest.raises(UserError, match="'sideways' does not occur in the training"):
        load(Config(data=str(first), test_data=str(second)))


def test_too_little_is_refused(tmp_path):
    path = write_signals(tmp_path / "a.csv", windows=20)
    with pytest.raises(UserError, match="at least 25 windows"):
        load(Config(data=str(path)))
    path = write_signals(tmp_path / "a.csv", windows=40)
    few = pd.read_csv(path).assign(who=lambda x: x["who"] % 4)
    few.to_csv(path, index=False)
    with pytest.raises(UserError, match="at least 5 groups"):
        load(Config(data=str(path), group_column="who"))


def test_preprocessor_survives_json():
    one = Preprocessor(["x"], [1.5], [2.0], ["u", "v"], 9)
    assert Preprocessor.from_json(one.to_json()) == one
    for name, value in (("means", []), ("deviations", [0.0]), ("labels", [1])):
        with pytest.raises(UserError):
            Preprocessor.from_json(one.to_json() | {name: value})


def test_digits_are_read_row_by_row():
    windows = digits()
    assert len(windows.values) == 1797
    assert windows.values[0].shape == (8, 8)
    assert dataclasses.replace(windows).take([3]).labels == ["3"]
