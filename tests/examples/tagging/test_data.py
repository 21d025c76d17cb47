"""Windows, the preprocessor, CoNLL-U, and the splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.preprocessing.text import Vocabulary
from examples.tagging.config import Config
from examples.tagging.data import NO_CLASS, conllu, load
from examples.tagging.preprocessor import Preprocessor
from tests.conftest import write_conllu

ONE = Preprocessor(Vocabulary(list("abc")), ["x", "y"], False, 10, 3)


@given(st.integers(1, 200), st.integers(2, 30), st.integers(0, 14))
def test_windows_tag_every_token_once_and_read_beside_it(count, length, context):
    context = min(context, (length - 1) // 2)
    one = Preprocessor(Vocabulary([]), [], False, length, context)
    done = 0
    for start, end, first, stop in one.windows(count):
        assert first == done < stop
        assert end - start <= length
        assert start == 0 or first - start >= context
        assert end == count or end - stop >= context
        done = stop
    assert done == count


def test_encoded_windows_are_the_parts_of_their_texts():
    ids, places = ONE.encode(["abcabcabcabcab", "?"])
    assert ids.shape == (3, 10)
    assert places == [(0, 0, 10, 0, 7), (0, 4, 14, 7, 14), (1, 0, 1, 0, 1)]
    np.testing.assert_array_equal(ids[1], [3, 4, 2, 3, 4, 2, 3, 4, 2, 3])
    assert ids[2].tolist() == [1, *[0] * 9]


def test_unknown_words_are_known_by_their_last_letters(tmp_path):
    words = Preprocessor(Vocabulary(["run", "~ing", "~ed"]), [], True, 9, 0)
    assert words.ids(["run", "Singing", "jumped", "xyz"]).tolist() == [2, 3, 4, 1]
    characters = Preprocessor(Vocabulary(["~a"]), [], False, 9, 0)
    assert characters.ids("a").tolist() == [1]


def test_conllu_gives_words_and_parts_of_speech(tmp_path):
    path = tmp_path / "a.conllu"
    rows = ["# text", "1-2\tdon't", "1\tdo\t_\tAUX", "2\tn't\t_\tPART", "2.1\tgo\t_\tX"]
    cells = [row + "\t_" * (9 - row.count("\t")) for row in rows[1:]]
    cells[0] = cells[0].replace("don't\t_\t_", "don't\t_\tX")
    path.write_text("\n".join([rows[0], *cells, "", "", "1\tYes\t_\tINTJ" + "\t_" * 6]))
    first, second = conllu(path)
    assert (first.tokens, first.tags) == (["do", "n't"], ["AUX", "PART"])
    assert second.tokens == ["Yes"]
    path.write_text("1\tYes\tINTJ\n")
    with pytest.raises(UserError, match="line 1: a word needs 10 cells"):
        list(conllu(path))


def test_splits_hold_different_texts_and_vocabulary_is_of_training(tmp_path):
    path = write_conllu(tmp_path / "a.conllu")
    data = load(Config(data=str(path)))
    parts = [data.train, data.validation, data.test]
    assert [len(part.texts) for part in parts] == [48, 6, 6]
    names = {text.name for part in parts for text in part.texts}
    assert len(names) == 60
    seen = {word for text in data.train.texts for word in text.tokens}
    known = {x for x in data.preprocessor.vocabulary.to_json() if not x.startswith("~")}
    assert known <= seen


def test_official_splits_leave_training_whole(tmp_path):
    first, second = (write_conllu(tmp_path / f"{n}.conllu", seed=n) for n in (0, 1))
    data = load(Config(data=str(first), test_data=str(second)))
    parts = [data.train, data.validation, data.test]
    assert [len(part.texts) for part in parts] == [54, 6, 60]
    for number in range(2):
        (tmp_path / f"{number}.py").write_text("x = 1\n")
    with pytest.raises(UserError, match="of the same kind"):
        load(Config(data=str(first), test_data=str(tmp_path)))


def test_every_tag_stands_where_its_window_tags(tmp_path):
    path = write_conllu(tmp_path / "a.conllu")
    split = load(Config(data=str(path), length=4, context=1)).train
    tags = [tag for text in split.texts for tag in text.tags]
    names = sorted(set(tags))
    assert [names[n] for n in split.tagged(split.classes)] == tags
    assert (split.classes == NO_CLASS).sum() == split.classes.size - len(tags)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", "x", "must be a .conllu file, a .py file or a folder"),
        ("a.py", "def f(:\n", "no source that can be parsed"),
        ("a.py", "x = 1\n", "at least 10 files or sentences"),
    ],
)
def test_what_cannot_be_learned_from_is_said(tmp_path, name, content, told):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=told):
        load(Config(data=str(tmp_path / name)))


def test_broken_files_are_counted_and_left_out(tmp_path):
    for number in range(12):
        (tmp_path / f"{number:02}.py").write_text(f"x = {number}\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    data = load(Config(data=str(tmp_path)))
    assert "1 files that this Python cannot parse: skipped" in data.notes
    assert len(data.train.texts) == 10


def test_preprocessor_survives_json():
    assert Preprocessor.from_json(ONE.to_json()).to_json() == ONE.to_json()
    for name, value in (("tags", [1]), ("words", "no"), ("length", 1), ("context", 9)):
        with pytest.raises(UserError):
            Preprocessor.from_json(ONE.to_json() | {name: value})
