"""The commands, as a user types them."""

import functools
import io
import json
import shutil
import subprocess
import sys

import pytest
from rich.console import Console

from common.training import run_folder
from examples.sorting.__main__ import main
from examples.sorting.config import EXAMPLE, PRESETS, Config
from tests.conftest import ROOT, newest

ARTEFACTS = {
    "config.json",
    "figures",
    "history.csv",
    "metrics.json",
    "model.keras",
    "network.npz",
    "play.html",
    "preprocessor.json",
}
TOY = [
    *("--length", 3, "--max-value", 9, "--units", 16),
    *("--batch-size", 16, "--steps-per-epoch", 20),
]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Return the runs folder of a finished smoke run, and what the run printed."""
    from examples.sorting.train import train

    runs_dir, output = tmp_path_factory.mktemp("runs"), io.StringIO()
    config = Config(preset="smoke", **PRESETS["smoke"], runs_dir=str(runs_dir))
    run_folder.close(train(config, console=Console(file=output)))
    return runs_dir, output.getvalue()


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_smoke_run_beats_its_baselines(smoke):
    runs_dir, output = smoke
    folder = newest(runs_dir, EXAMPLE)
    visible = {path.name for path in folder.iterdir() if path.name != ".lock"}
    assert visible == ARTEFACTS
    figures = {path.name for path in (folder / "figures").iterdir()}
    names = ("hidden_state", "learning_curves", "lengths")
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    document = json.loads((folder / "metrics.json").read_text())
    models, slices = document["models"], document["slices"]
    assert list(models) == ["network", "copy", "median", "boosted_trees"]
    exact = {name: measured["exact_match"] for name, measured in models.items()}
    value = exact["network"]
    assert value > max(exact["copy"], exact["median"]) + 0.5
    assert models["copy"]["permutation"] == models["median"]["ascending"] == 1
    assert document["verdict"]["against"] == "boosted_trees"
    assert slices["random"] == {"count": 5000, "models": exact}
    assert slices["already_sorted"]["models"]["copy"] == 1
    by_length = document["details"]["by_length"]
    assert list(by_length) == [str(length) for length in range(2, 9)]
    assert by_length["3"] > 0.9
    assert f"{value:.4f}" in output
    assert "(right)\n" in output


@pytest.mark.usefixtures("undrawn")
def test_floats_run_and_are_sorted(here, tmp_path):
    flags = ["--values", "float", "--length", 3, "--units", 16, "--epochs", 2]
    here(*flags, "--steps-per-epoch", 150, "--runs-dir", tmp_path)
    document = json.loads((newest(tmp_path, EXAMPLE) / "metrics.json").read_text())
    exact = document["slices"]["random"]["models"]
    assert exact["network"] > max(exact["copy"], exact["median"]) + 0.2
    assert list(document["slices"]) == ["random", "already_sorted", "reversed"]
    assert list(document["details"]["by_length"]) == ["2", "3"]
    flags = ["sort", "--runs-dir", tmp_path, "--json"]
    (answer,) = json.loads(here(*flags, "0.9 0.05"))
    assert answer["numbers"] == [0.9, 0.05]
    assert answer["sorted"] == [0.05, 0.9]
    assert answer["places"] == [2, 1]
    for word in ("1", "1e400", "9" * 5000):
        assert "must be in [0, 1)" in here(*flags, "0.5", word, check=2)
    assert "received 'nan'" in here(*flags, "0.5", "nan", check=2)


def test_resume_keeps_the_settings(here, smoke, tmp_path):
    folder = tmp_path / EXAMPLE / "20260101-000000"
    shutil.copytree(newest(smoke[0], EXAMPLE), folder)
    (folder / "state.npz").touch()
    error = here("--resume", "--length", "5", "--runs-dir", tmp_path, check=2)
    assert "--length was 4; received 5" in error


def test_sort_answers_in_lines_and_json(in_process, here, smoke, tmp_path):
    flags = ["sort", "--runs-dir", smoke[0]]
    assert here(*flags, 3, 1, 2, 0) == "3 1 2 0 -> 0 1 2 3 (right)\n"
    run = newest(smoke[0], EXAMPLE)
    assert in_process.errors.startswith(f"run: {run}, trained on lists")
    several = here(*flags, "3 1 2 0", "5,4")
    assert several == "3 1 2 0 -> 0 1 2 3 (right)\n5 4 -> 4 5 (right)\n"
    file = tmp_path / "lists.txt"
    file.write_text("3, 1, 2, 0\n\n5 4\n")
    assert here(*flags, "--file", file) == several
    assert here(*flags, text=file.read_text()) == several
    assert json.loads(here(*flags, "--json", text="3 1 2 0\n5 4\n")) == [
        {"numbers": [3, 1, 2, 0], "sorted": [0, 1, 2, 3], "right": True},
        {"numbers": [5, 4], "sorted": [4, 5], "right": True},
    ]


def test_help_explains_every_setting_without_tensorflow():
    program = (
        "import sys\n"
        "sys.argv = ['--help', '--help']\n"
        "import runpy\n"
        "try: runpy.run_module('examples.sorting', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in Config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in done.stdout


NUMBERS = "list 1 must have 2..4 numbers, like the training lists; received"
WHOLE = "every number of list 1 must be a whole number, 0..9; received"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--units", "0"], "--units must be a whole number, 1..16384; received 0"),
        (["--length", "1"], "--length must be a whole number, 2..100; received 1"),
        (["--length", "ten"], "--length"),
        (["--min-length", "11"], "--min-length must be at most --length, 10"),
        (["--max-value", "8"], "0..8 allows 81"),
        (["--values", "words"], "int"),
        (["--steps-per-epoch", "0"], "--steps-per-epoch must be a whole number"),
        (["--preset", "huge"], "one of default, smoke, full, floats"),
        (["classify", "x"], "the verb must be one of train, compare, sort"),
        (["compare", "--seeds", "0"], "--seeds must be a whole number, 1..100"),
        (["--steps-per-epoch", "1" * 400], "--steps-per-epoch"),
        (["--steps-per-epoch", "40000"], "must be at most 20,000,000; received"),
        (["sort"], "1..1,000,000 lists to sort; received 0"),
        (["sort", " "], "every value of --numbers must not be empty"),
        (["sort", ","], f"{NUMBERS} 0"),
        (["sort", "5"], f"{NUMBERS} 1"),
        (["sort", "1 2", "5"], NUMBERS.replace("1", "2", 1)),
        (["sort", "1", "2", "3", "4", "5"], f"{NUMBERS} 5"),
        (["sort", "10", "1"], f"{WHOLE} '10'"),
        (["sort", "-1", "1"], f"{WHOLE} '-1'"),
        (["sort", "9" * 5000, "1"], WHOLE),
        (["sort", "1e400", "1"], f"{WHOLE} '1e400'"),
        (["sort", "nan", "1"], f"{WHOLE} 'nan'"),
        (["sort", "2.5", "1"], f"{WHOLE} '2.5'"),
        (["sort", "two", "1"], f"{WHOLE} 'two'"),
        (["sort", "\udcff", "1"], "must be UTF-8 text"),
        (["sort", "--file", "a\0b"], "must not hold the character NUL"),
        (["sort", "1 2", "--file", "b"], "give numbers or --file, not both"),
        (["sort", "--file", "nowhere.txt"], "nowhere.txt does not exist"),
        (["sort", "--file", "examples"], "examples is a directory"),
    ],
)
def test_bad_input_gets_one_line(here, smoke, words, message):
    assert message in here(*words, "--runs-dir", smoke[0], check=2)


@pytest.mark.parametrize("bad", ["x", "\0", "1e400", "3 \u2028 x", "9" * 400])
def test_bad_line_of_stdin_is_named(here, smoke, bad):
    error = here("sort", "--runs-dir", smoke[0], text=f"1 2\n3 {bad}\n", check=2)
    assert WHOLE.replace("1", "2", 1) in error


def test_no_finished_run_is_said(here, tmp_path):
    error = here("sort", "1", "2", "--runs-dir", tmp_path, check=2)
    assert "no finished run" in error


def fitting(values, max_value):
    """Return a preprocessor file that would fit another network."""
    lists = {"values": values, "length": 10, "min_length": 2, "max_value": max_value}
    return json.dumps(lists).encode()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.keras", b"PK\x03\x04 nothing", "model.keras cannot be read"),
        ("preprocessor.json", b"{", "preprocessor.json is not JSON"),
        ("preprocessor.json", b"{}", "preprocessor.json is damaged"),
        ("preprocessor.json", fitting("int", 99), "does not fit"),
        ("preprocessor.json", fitting("float", 9), "does not fit"),
        ("config.json", b'{"example": "sentiment"}', "it is a run of 'sentiment'"),
        ("metrics.json", None, "is not finished"),
    ],
)
def test_damaged_run_is_refused(here, smoke, tmp_path, name, content, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(smoke[0], EXAMPLE), folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    assert message in here("sort", "1", "2", "--run", folder, check=2)
