"""The commands, as a user types them."""

import functools
import json

import pytest
from rich.console import Console

from examples.grammar.__main__ import main
from examples.grammar.config import EXAMPLE, Config
from examples.grammar.predict import marked
from tests.conftest import newest, write_sentences

GOOD, BAD = "The old cat sees a warm boat now.", "The old cat a sees warm boat now."


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory):
    """Return the runs folder with a finished run on a small file."""
    from examples.grammar.train import train

    folder = tmp_path_factory.mktemp("runs")
    file = write_sentences(folder / "small.txt")
    config = Config(data=str(file), units=16, epochs=6, copies=8, runs_dir=str(folder))
    train(config, console=Console(quiet=True))
    return folder


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_run_is_complete_and_learned_the_order(runs_dir):
    folder = newest(runs_dir, EXAMPLE)
    figures = {path.name for path in (folder / "figures").iterdir()}
    names = ("accuracy_by_kind", "learning_curves", "places")
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    assert (folder / "play.html").is_file()
    assert (folder / "network.npz").is_file()
    document = json.loads((folder / "metrics.json").read_text())
    models, details = document["models"], document["details"]
    assert models["network"]["accuracy"] > 0.9
    # Both forms of a sentence hold the same words.
    assert models["tfidf_unigrams"]["accuracy"] == 0.5
    assert details["pairs"]["tfidf_unigrams"] == 0.5
    assert sum(part["count"] for part in document["slices"].values()) == 60
    assert all(
        p["models"]["tfidf_unigrams"] == 0.5 for p in document["slices"].values()
    )
    both = [row["network"] for row in details["accuracy_by_label"].values()]
    assert sum(both) / 2 == pytest.approx(models["network"]["accuracy"])
    assert details["places"]["found"] > details["places"]["at_random"] + 0.2


def test_sentences_are_checked_in_lines_and_json(here, runs_dir, tmp_path):
    flags = ["check", "--runs-dir", runs_dir]
    output = here(*flags, GOOD, BAD)
    first, second, *marks = output.splitlines()
    assert first.startswith("in order  0.")
    assert first.endswith(GOOD)
    assert second.startswith("damaged   0.")
    assert set(marks[0]) == {" ", "^"}
    file = tmp_path / "texts.txt"
    file.write_text(f"{GOOD}\n\n{BAD}\n")
    assert here(*flags, "--file", file) == output
    answers = json.loads(here(*flags, "--json", text=file.read_text()))
    assert [answer["in_order"] for answer in answers] == [True, False]
    assert [len(answer["drops"]) for answer in answers] == [8, 8]


def test_marks_stand_below_the_words_that_the_sentence_stumbles_at():
    answer = {"sentence": "Das ist, isn't gut.", "in_order": False}
    answer["drops"] = [0.1, -0.5, 0.6, 0.3]
    assert marked(answer) == "         ^^^^^ ^^^"
    assert marked({**answer, "in_order": True}) == ""


def test_sentence_without_words_and_long_one_get_a_warning(in_process, runs_dir):
    in_process(main, "check", "--runs-dir", runs_dir, "...")
    assert "sentence 1 has no word" in in_process.errors
    in_process(main, "check", "--runs-dir", runs_dir, "a " * 40)
    assert "is read to its word 30" in in_process.errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["predict", "x"], "the verb must be one of train, compare, check"),
        (["check"], "there is no sentence to check"),
        (["check", "a", "--file", "b"], "give sentences or --file, not both"),
        (["--test-data", "a.txt"], "--validation-data and --test-data need --data"),
        (["--data", "nowhere.txt"], "nowhere.txt does not exist"),
        (["--max-length", "4"], "--max-length must be a whole number, 5..1000000"),
    ],
)
def test_bad_input_gets_one_line(here, runs_dir, words, message):
    assert message in here(*words, "--runs-dir", runs_dir, check=2)
