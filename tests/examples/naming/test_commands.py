"""The commands, as a user types them; beam search, baselines and main words."""

import functools
import json

import numpy as np
import pytest
from rich.console import Console

from examples.naming.__main__ import main
from examples.naming.config import EXAMPLE, Config
from examples.naming.data import load
from examples.naming.evaluate import baselines, main_words
from examples.naming.predict import Namer
from tests.conftest import newest, write_named


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with a file of named rows and a finished run on it."""
    from examples.naming.train import train

    folder = tmp_path_factory.mktemp("place")
    write_named(folder / "named.csv", rows=160)
    config = Config(
        data=str(folder / "named.csv"),
        units=16,
        epochs=15,
        learning_rate=0.01,
        dropout=0.0,
        runs_dir=str(folder),
    )
    train(config, console=Console(quiet=True))
    return folder


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


@pytest.fixture(scope="module")
def namer(place):
    return Namer.from_run(str(newest(place, EXAMPLE)))


def test_run_is_complete_and_learned_the_sign(place):
    run = newest(place, EXAMPLE)
    assert (run / "play.html").is_file()
    document = json.loads((run / "metrics.json").read_text())
    words = document["details"]["main_word_right"]
    assert words["network"] > words["most_frequent"] + 0.2
    worth = document["details"]["bits_with_another_input"]
    assert worth["shuffled"] > document["models"]["network"]["bits_per_letter"]


def test_rows_are_named(here, place):
    text = here("name", "2,0", "-2,0", "--runs-dir", place)
    first, second = text.splitlines()
    assert first.startswith("2,0  ")
    assert " up " in first.partition(",")[2]
    assert " down " in second
    flags = ["--json", "--beams", 2, "--runs-dir", place]
    (answer,) = json.loads(here("name", "2,0", *flags))
    assert answer["input"] == "2,0"
    one, other = answer["names"]
    assert 1 >= one["probability"] >= other["probability"] > 0


def test_beam_search_finds_the_likeliest_of_all_texts(namer):
    """With a beam for every letter, nothing of two steps is missed."""
    vocabulary = namer.preprocessor.vocabulary
    short = Namer(namer.model, _shortened(namer.preprocessor, 2))
    row = np.array([[1.0, 0.5]])
    ((best, probability), *_) = short.name(row, beams=len(vocabulary))[0]
    numbers = short.preprocessor.standardized(row)
    known, likelihood = vocabulary.to_json(), {}
    for first in known:
        read = np.array([vocabulary.encode(["\n", first])], "int32")
        y = np.asarray(namer.model((read, numbers), training=False))[0]
        y = np.exp(y[:, len(vocabulary.SPECIAL) :].astype("float64"))
        p = y / y.sum(axis=-1, keepdims=True)
        begun = p[0, known.index(first)]
        rest = [""] if first == "\n" else known
        for n, second in enumerate(rest):
            text = f"{first}{second}".strip("\n")
            likelihood[text] = begun * (p[1, n] if second else 1)
    assert best == max(likelihood, key=likelihood.get)
    assert probability == pytest.approx(likelihood[best], rel=1e-3)


def _shortened(preprocessor, length):
    return type(preprocessor)(**{**vars(preprocessor), "max_length": length})


def test_answer_does_not_depend_on_the_other_rows(namer):
    rows = np.array([[1.0, 2.0], [-1.0, 0.0]])
    together, alone = namer.name(rows), namer.name(rows[1:])
    assert [text for text, _ in together[1]] == [text for text, _ in alone[0]]


def test_baselines_have_a_probability_for_every_letter_of_the_test(place):
    data = load(Config(data=str(place / "named.csv")))
    count = np.count_nonzero(data.test.targets)
    for bits in baselines(data).values():
        assert bits.shape == (count,)
    assert baselines(data)["trigram"].mean() < baselines(data)["unigram"].mean()


def test_main_words_of_the_nearest_neighbour(place, namer):
    data = load(Config(data=str(place / "named.csv")))
    found = main_words(namer, data)["main_word_right"]
    train, test = data.train, data.test
    squares = (test.inputs[:, None] - train.inputs[None]) ** 2
    nearest = squares.sum(axis=-1).argmin(axis=1)
    last = [[x.split()[-1] for x in split.rows.texts] for split in (train, test)]
    right = [last[0][n] == word for n, word in zip(nearest, last[1], strict=True)]
    assert found["nearest_neighbour"] == pytest.approx(np.mean(right))
    assert found["texts"] == len(right)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["name", "red"], "needs 2 numbers between commas (x, y); received 'red'"),
        (["name", "1,2", "--file", "a.txt"], "give inputs or --file, not both"),
        (["name", "--file", "none.txt"], "none.txt"),
        (["--validation-data", "a.csv"], "need --data"),
    ],
)
def test_bad_input_gets_one_line(here, place, words, told):
    assert told in here(*words, "--runs-dir", place, check=2)


def test_colour_is_shown_as_a_swatch_in_a_terminal(place, namer, capsys, monkeypatch):
    from examples.naming import predict
    from examples.naming.config import Name

    colours = load(Config()).preprocessor
    small = Config(units=4, embedding_size=4)
    from examples.naming.model import build_model

    model = build_model(small, numbers=3, letters=len(colours.vocabulary))
    one = Namer(model, _shortened(colours, 3))
    monkeypatch.setattr(Namer, "from_run", classmethod(lambda cls, run: one))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    options = Name(inputs=("#a0522d",), run=str(newest(place, EXAMPLE)))
    predict.name(options)
    assert "\x1b[48;2;160;82;45m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    predict.name(options)
    assert "\x1b" not in capsys.readouterr().out
