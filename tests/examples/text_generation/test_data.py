"""Reading texts, cutting them into streams, and the baselines."""

import math
import sysconfig

import numpy as np
import pytest

from common.errors import UserError
from common.preprocessing.text import Vocabulary
from examples.text_generation.baselines import compressed_bits
from examples.text_generation.config import Config
from examples.text_generation.data import (
    MIN_COUNT,
    Preprocessor,
    Streams,
    kind_of,
    load,
)
from tests.conftest import REAL_DATA, write_code


def own(path, **settings):
    return Config(data=str(path), **settings)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_code(tmp_path_factory.mktemp("text") / "code.txt")


def test_streams_go_on_where_they_ended():
    ids = np.arange(103)
    streams = Streams(ids, Config(batch_size=3, chunk=10))
    batches = [streams[index] for index in range(streams.num_batches)]
    assert len(batches) == 3
    read = np.concatenate([inputs for inputs, _ in batches], axis=1)
    np.testing.assert_array_equal(read[0], np.arange(30))
    np.testing.assert_array_equal(read[1], np.arange(34, 64))
    for inputs, targets in batches:
        np.testing.assert_array_equal(targets, inputs + 1)


def test_streams_of_an_epoch_depend_on_seed_and_epoch_alone():
    ids, config = np.arange(1000), Config(batch_size=4, chunk=10)
    one, other = (Streams(ids, config, seed=7) for _ in range(2))
    one.epoch = 5
    before = one[0][0].copy()
    one.epoch = 6
    assert not np.array_equal(before, one[0][0])
    other.epoch = 5
    np.testing.assert_array_equal(before, other[0][0])
    third = Streams(ids, config, seed=8)
    third.epoch = 5
    assert not np.array_equal(before, third[0][0])
    inputs, targets = other[3]
    np.testing.assert_array_equal(targets, (inputs + 1) % 1000)


def test_epochs_of_the_training_end_after_the_steps_of_the_settings():
    ids, config = np.arange(1000), Config(batch_size=4, chunk=10, steps_per_epoch=7)
    assert Streams(ids, config, seed=7).num_batches == 7
    assert Streams(ids, config).num_batches == 24  # validation is read whole
    assert Streams(ids[:100], config, seed=7).num_batches == 2


def test_short_text_makes_shorter_chunks():
    streams = Streams(np.arange(21), Config(batch_size=5))
    assert (streams.num_batches, streams[0][0].shape) == (1, (5, 4))


def test_file_is_cut_in_order(file):
    data = load(own(file))
    assert list(data.texts) == ["train", "validation", "test"]
    assert "".join(data.texts.values()) == file.read_text()
    shares = [len(text) / len(file.read_text()) for text in data.texts.values()]
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.001)
    for name, text in data.texts.items():
        assert data.preprocessor.decode(data.ids[name]) == text


def test_preprocessor_knows_the_training_text_alone_and_folds_rare_characters(tmp_path):
    path = tmp_path / "text.txt"
    body = "abc\n" * 3000
    path.write_text("é" * (MIN_COUNT - 1) + "ß" * MIN_COUNT + body + "Z" * 100)
    data = load(own(path))
    assert data.preprocessor.unknown("aéßZa") == ["é", "Z"]
    assert data.ids["train"][0] == Vocabulary.UNKNOWN
    assert data.ids["test"][-1] == Vocabulary.UNKNOWN
    assert "1 rare characters share one id" in data.notes[0]


def test_folder_is_split_by_file(tmp_path):
    for index in range(20):
        folder = tmp_path / f"part{index // 10}"
        folder.mkdir(exist_ok=True)
        (folder / f"{index:02}.md").write_text(f"{index:02} is this\n" * 200)
    (tmp_path / "other.txt").write_text("no\n" * 10_000)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "hidden.md").write_text("hidden\n" * 10_000)
    data = load(own(tmp_path, glob="*.md"))
    assert set(data.texts["validation"].split()) == {"04", "14", "is", "this"}
    assert set(data.texts["test"].split()) == {"09", "19", "is", "this"}
    assert len(set(data.texts["train"].split())) == 16 + 2
    assert "20 files, each in one split" in data.notes


def test_few_files_are_cut_in_order(tmp_path):
    for name in "ba":
        (tmp_path / f"{name}.txt").write_text(name * 10_000)
    data = load(own(tmp_path))
    assert data.texts["train"].startswith("aaa")
    assert data.texts["test"].endswith("bbb")
    assert data.notes[0] == "2 files, split in order"


SPLIT_FILES = [
    ("train.txt", "valid.txt", "test.txt"),
    ("ptb.train.txt", "ptb.validation.txt", "ptb.test.txt"),
    ("train/1.txt", "dev/1.txt", "test/1.txt"),
]


@pytest.mark.parametrize("names", SPLIT_FILES)
def test_files_named_after_splits_are_used_as_these(tmp_path, names):
    for character, name in zip("abc", names, strict=True):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(character * 9000)
    (tmp_path / "readme.txt").write_text("d" * 9000)
    data = load(own(tmp_path))
    assert [set(text) for text in data.texts.values()] == [{"a"}, {"b"}, {"c"}]
    assert "only files named after a split are used" in data.notes[0]
    (tmp_path / names[1]).unlink()  # then the end of the training text is taken
    data = load(own(tmp_path))
    assert list(map(len, data.texts.values())) == [8100, 900, 9000]
    assert set(data.texts["test"]) == {"c"}


def test_named_files_are_not_in_the_training_text(tmp_path):
    for character in "abcd":
        (tmp_path / f"{character}.txt").write_text(character * 6000)
    held_out = {"validation_data": str(tmp_path / "b.txt")}
    held_out["test_data"] = str(tmp_path / "c.txt")
    data = load(own(tmp_path, **held_out))
    train = "a" * 6000 + "\n" + "d" * 6000
    assert list(data.texts.values()) == [train, "b" * 6000, "c" * 6000]
    data = load(own(tmp_path / "a.txt", **held_out))
    assert data.texts["train"] == "a" * 6000


def test_text_without_a_frequent_character_is_refused(tmp_path):
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 12_000)))
    (tmp_path / "text.txt").write_text(text)
    with pytest.raises(UserError, match="a character must occur 5 times"):
        load(own(tmp_path / "text.txt"))


def test_few_training_steps_are_noted(file):
    assert "6 training steps in an epoch are few" in load(own(file)).notes[-1]
    assert not load(own(file, batch_size=8)).notes


def test_python_source_is_split_by_file_and_not_executed(tmp_path, monkeypatch):
    for index in range(20):
        text = f"raise SystemExit({index})\n" * 100
        (tmp_path / f"module{index:02}.py").write_text(text)
    (tmp_path / "large.py").write_text("x = 1\n" * 10_000)
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    data = load(Config())
    assert "large" not in data.texts["train"]
    assert "x = 1" not in "".join(data.texts.values())
    assert set(data.texts["validation"].split()) == {"raise", *exits(4, 14)}
    assert set(data.texts["test"].split()) == {"raise", *exits(9, 19)}


def exits(*numbers):
    return [f"SystemExit({number})" for number in numbers]


def test_python_source_of_this_python():
    data = load(Config())
    total = sum(map(len, data.texts.values()))
    assert 1_000_000 < total < 2_100_000
    assert "import" in data.texts["test"]


def test_installation_without_sources_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"stdlib": str(tmp_path)})
    with pytest.raises(UserError, match=r"no source of its standard library.*--data"):
        load(Config())


def test_tiny_shakespeare_is_cut_as_published():
    if not (REAL_DATA / "tfds" / "tiny_shakespeare").is_dir():
        pytest.skip("tiny_shakespeare is not prepared beside the project")
    config = Config(dataset="tiny_shakespeare", data_dir=str(REAL_DATA / "tfds"))
    data = load(config)
    sizes = list(map(len, data.texts.values()))
    assert sum(sizes) == 1_115_394
    np.testing.assert_allclose(np.array(sizes) / sum(sizes), [0.9, 0.05, 0.05], 1e-4)
    assert data.texts["train"].startswith("First Citizen:\nBefore we proceed")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"short\n" * 100, "at least 10,000 characters; .* has 600"),
        (b"", "at least 10,000 characters; .* has 0"),
        (b"\xff\xfe" * 9000, "must be UTF-8; byte 0 is not"),
        (b"a\0" * 9000, "must be text; it holds bytes of value 0"),
        (None, "does not exist"),
    ],
)
def test_bad_file_is_refused(tmp_path, content, message):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        load(own(path))


def test_folder_without_a_match_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"no file that matches --glob \*\.txt"):
        load(own(tmp_path))
    with pytest.raises(UserError, match="--glob must be a pattern"):
        load(own(tmp_path, glob="/etc/*"))


def test_split_of_nearly_nothing_is_refused(tmp_path):
    for index in range(10):
        size = 10 if index == 4 else 2000
        (tmp_path / f"{index}.txt").write_text("ab" * size)
    with pytest.raises(UserError, match=r"validation text .* at least 500 .* has 20"):
        load(own(tmp_path))


def test_more_streams_than_text_are_refused(file):
    with pytest.raises(UserError, match=r"--batch-size must be .* received 9000"):
        load(own(file, batch_size=9000))


def test_preprocessor_comes_back():
    preprocessor = Preprocessor("abc\n")
    again = Preprocessor.from_json(preprocessor.to_json())
    np.testing.assert_array_equal(again.encode("cab\n?"), [4, 2, 3, 5, 1])
    assert again.decode([4, 2, 3]) == "cab"


def test_kinds_of_characters():
    expected = {
        "letter": "aÄ字",
        "digit": "5٣",
        "space": " \t",
        "line end": "\n",
        "other": ".~_",
    }
    for kind, characters in expected.items():
        assert {kind_of(character) for character in characters} == {kind}


def test_compressor_is_given_the_training_text():
    random = np.random.default_rng(0)
    train, other = ("".join(random.choice(list("abcdefgh"), 4000)) for _ in range(2))
    assert compressed_bits(train, train[1000:3000]) < 0.5
    # Eight letters at random hold three bits each, whatever came before.
    assert 2.9 < compressed_bits(train, other) < 4
    assert math.isfinite(compressed_bits(train, "é"))
