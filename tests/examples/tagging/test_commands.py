"""The commands, as a user types them; the baselines and the pages."""

import functools
import json

import numpy as np
import pytest
from rich.console import Console

from examples.tagging.__main__ import main
from examples.tagging.config import EXAMPLE, Config
from examples.tagging.data import load
from examples.tagging.evaluate import baselines, blocks, pygments_classes
from tests.conftest import newest, write_conllu

SOURCE = 'def add(a, b):\n    # sum\n    return a + len("b") + {n}\n\n\nadd(1, {n})\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with source files and a finished run on them."""
    from examples.tagging.train import train

    folder = tmp_path_factory.mktemp("place")
    (folder / "code").mkdir()
    for n in range(12):
        (folder / "code" / f"{n:02}.py").write_text(SOURCE.replace("{n}", str(n)) * 3)
    config = Config(
        data=str(folder / "code"),
        units=16,
        epochs=12,
        batch_size=8,
        length=60,
        context=8,
        learning_rate=0.02,
        runs_dir=str(folder),
    )
    train(config, console=Console(quiet=True))
    return folder


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_run_is_complete_and_better_than_counting(place):
    run = newest(place, EXAMPLE)
    figures = {path.stem for path in (run / "figures").glob("*.png")}
    assert figures == {"learning_curves", "confusion_matrix", "coloured_text"}
    assert (run / "play.html").is_file()
    document = json.loads((run / "metrics.json").read_text())
    models = document["models"]
    assert set(models) == {"network", "most_frequent", "neighbours"}
    assert models["network"]["accuracy"] > models["most_frequent"]["accuracy"] + 0.1
    assert document["references"]["pygments"]["accuracy"] > 0.9
    count = sum(part["count"] for part in document["slices"].values())
    matrix = document["details"]["confusion_matrix"]
    assert count == sum(sum(row.values()) for row in matrix.values())


def test_file_is_cut_into_pieces_of_one_tag(here, place, tmp_path):
    file = tmp_path / "broken.py"
    file.write_text("def add(a, b:\n    return len('b\n")  # no parser takes it
    flags = ["colour", file, "--runs-dir", place]
    pieces = json.loads(here(*flags, "--json"))
    assert "".join(piece["text"] for piece in pieces) == file.read_text()
    assert {"tag": "keyword", "text": "def"} in pieces
    lines = here(*flags).splitlines()
    assert lines[0].split() == ["keyword", "def"]
    assert not any("\x1b" in line for line in lines)


def test_terminal_gets_colours(here, place, monkeypatch):
    from examples.tagging import predict

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(predict.sys.stdout.__class__, "isatty", lambda _: True)
    text = here("colour", place / "code" / "00.py", "--runs-dir", place)
    assert "\x1b[38;2;0;114;178mdef" in text
    plain = text.split("m", 1)
    assert len(plain) == 2
    monkeypatch.setenv("NO_COLOR", "1")
    text = here("colour", place / "code" / "00.py", "--runs-dir", place)
    assert "\x1b" not in text


def test_page_shows_any_text_as_text(here, place, tmp_path):
    file, page = tmp_path / "a.py", tmp_path / "a.html"
    file.write_text("x = '</pre><script>alert(1)</script>'\n")
    flags = ["colour", file, "--html", page, "--runs-dir", place]
    assert here(*flags) == f"{page}\n"
    text = page.read_text()
    assert "<script>" not in text
    assert "default-src 'none'" in text
    assert "is there already" in here(*flags, check=2)
    assert page.read_text() == text


def test_words_are_tagged_line_by_line(here, tmp_path):
    write_conllu(tmp_path / "a.conllu", sentences=150)
    flags = ["--data", tmp_path / "a.conllu", "--units", 8, "--epochs", 8]
    flags += ["--learning-rate", 0.02, "--batch-size", 16, "--runs-dir", tmp_path]
    output = here(*flags)
    assert "pygments" not in output
    (tmp_path / "new.txt").write_text("axn bzv\n\ncyj qqn\n")
    flags = ["colour", tmp_path / "new.txt", "--runs-dir", tmp_path]
    found = [line.split() for line in here(*flags).splitlines()]
    assert [word for _, word in found] == ["axn", "bzv", "cyj", "qqn"]
    assert [tag for tag, _ in found[:3]] == ["NOUN", "VERB", "ADJ"]


def test_baselines_and_blocks_follow_the_texts(place):
    data = load(Config(data=str(place / "code"), length=60, context=8))
    true = data.test.tagged(data.test.classes)
    answers = baselines(data, Console(quiet=True))
    assert all(len(classes) == len(true) for classes in answers.values())
    tokens = "".join(text.tokens for text in data.test.texts)
    tags = data.preprocessor.tags
    colons = [n for n, token in enumerate(tokens) if token == ":"]
    assert {tags[n] for n in answers["most_frequent"][colons]} == {"operator"}
    assert (pygments_classes(data) == true).mean() > 0.9
    found = blocks(data.test)
    assert len(found) == len(true)
    ends = np.cumsum([len(text.tokens) for text in data.test.texts])
    assert all(found[end - 1] != found[end] for end in ends[:-1])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["colour"], "there is no file to colour"),
        (["colour", "none.py"], "does not exist"),
        (["--context", "200"], "--context must be less than half of --length"),
        (["--test-data", "a.py"], "need --data"),
    ],
)
def test_bad_input_gets_one_line(here, place, words, told):
    assert told in here(*words, "--runs-dir", place, check=2)
