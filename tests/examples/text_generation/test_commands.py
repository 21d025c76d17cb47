"""The commands, as a user types them."""

import functools
import io
import json
import shutil

import keras
import numpy as np
import pytest
from rich.console import Console

from common.training import run_folder
from examples.text_generation.__main__ import main
from examples.text_generation.config import Config
from tests.conftest import newest, write_code

EXAMPLE = "text_generation"
ARTEFACTS = {
    "config.json",
    "figures",
    "history.csv",
    "metrics.json",
    "model.keras",
    "network.npz",
    "play.html",
    "preprocessor.json",
    "report.html",
    "sample.txt",
}
SMALL = {"units": 32, "batch_size": 8, "chunk": 16, "learning_rate": 0.01}
TOY = [word for name, value in SMALL.items() for word in (f"--{name}", value)]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_code(tmp_path_factory.mktemp("text") / "code.txt")


@pytest.fixture(scope="module")
def toy(file, tmp_path_factory):
    """Return the runs folder of a finished toy run, and what the run printed."""
    from examples.text_generation.train import train

    runs_dir, output = tmp_path_factory.mktemp("runs"), io.StringIO()
    config = Config(
        data=str(file),
        **SMALL,
        layers=2,
        epochs=3,
        cell="custom",
        runs_dir=str(runs_dir),
    )
    run = train(config, console=Console(file=output))
    run_folder.close(run)
    return runs_dir, output.getvalue()


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_smoke_run_is_better_than_single_characters_and_says_what_it_is_not(toy):
    runs_dir, output = toy
    folder = newest(runs_dir, EXAMPLE)
    visible = {path.name for path in folder.iterdir() if path.name != ".lock"}
    assert visible == ARTEFACTS - {"report.html"}  # the command line writes it
    figures = {path.name for path in (folder / "figures").iterdir()}
    names = ("learning_curves", "sample_probability", "hidden_unit")
    kinds = ("png", "svg")
    assert figures == {f"{name}.{kind}" for name in names for kind in kinds}
    document = json.loads((folder / "metrics.json").read_text())
    assert document["metric"]["name"] == "bits_per_character"
    names = ["network", "unigram", "bigram", "trigram", "5-gram"]
    assert list(document["models"]) == names
    assert list(document["references"]) == ["lzma"]
    for bits, nats, perplexity in map(dict.values, document["models"].values()):
        assert (nats, perplexity) == pytest.approx((bits * np.log(2), 2**bits))
    bits = [row["bits_per_character"] for row in document["models"].values()]
    assert bits[0] < bits[1] - 1
    assert bits[1] > bits[2] > bits[3]
    assert document["verdict"]["against"] == names[1 + int(np.argmin(bits[1:]))]
    slices = document["slices"].values()
    counts = [part["count"] for part in slices]
    for name, mean in zip(names, bits, strict=True):
        values = [part["models"][name] for part in slices]
        assert np.average(values, weights=counts) == pytest.approx(mean)
    memorised = document["details"]["memorisation"]["sample"]
    assert list(memorised) == ["longest copy", "8-grams that are new"]  # not Python
    assert (
        len(document["details"]["longest_copies"][0]) == memorised["longest copy"] > 5
    )
    assert f"{bits[0]:.4f}" in output
    assert "    | " in output  # a sample after every epoch
    assert "lzma is not compared" in output
    assert len((folder / "sample.txt").read_text()) == 2000


@pytest.mark.usefixtures("undrawn")
def test_python_lines_are_counted_for_python_source(here, tmp_path, monkeypatch):
    for index in range(10):
        write_code(tmp_path / f"module{index}.py", seed=index, lines=200)
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"stdlib": str(tmp_path)})
    output = here(*TOY, "--epochs", 1, "--runs-dir", tmp_path / "runs")
    folder = newest(tmp_path / "runs", EXAMPLE)
    document = json.loads((folder / "metrics.json").read_text())
    memorised = document["details"]["memorisation"]
    assert memorised["test text"]["lines that tokenise"] == 1
    assert "lines that tokenise" in output
    assert "10 modules of Python" in output


def test_generate_writes_the_same_by_the_same_seed(command, here, toy):
    flags = ["generate", "--runs-dir", toy[0], "--prompt", "def red("]
    one = here(*flags, "--length", 80, "--seed", 1)
    done = command(EXAMPLE, *flags, "--length", 80, "--seed", 1)
    assert done.stdout == one
    assert done.stderr.startswith(f"run: {newest(toy[0], EXAMPLE)}, trained on ")
    assert one.startswith("def red(")
    assert len(one) == len("def red(") + 80 + 1
    assert here(*flags, "--length", 80, "--seed", 2) != one
    assert (
        here(*flags, "--length", 40, "--seed", 1) == one[: len("def red(") + 40] + "\n"
    )


def test_generate_narrows_its_choice(here, toy):
    flags = ["generate", "--runs-dir", toy[0], "--length", 60]
    likeliest = here(*flags, "--top-k", 1)
    assert here(*flags, "--top-k", 1, "--seed", 5) == likeliest
    assert here(*flags, "--top-p", 1e-6, "--seed", 5) == likeliest
    assert here(*flags, "--temperature", 1e-3, "--seed", 5) == likeliest
    assert here(*flags, "--seed", 5) != likeliest


def test_generate_writes_several_samples_and_stops(here, toy):
    flags = ["generate", "--runs-dir", toy[0], "--length", 200, "--stop", "\n"]
    output = here(*flags, "--prompt", "def ", "--samples", 3)
    lines = [line for line in output.splitlines() if line]
    heads = [f"--- sample {number} of 3 ---" for number in (1, 2, 3)]
    assert lines[::2] == heads
    assert all(line.startswith("def ") for line in lines[1::2])
    assert len(lines) == 6


def test_generate_reads_a_prompt_file(here, toy, tmp_path):
    (tmp_path / "prompt.txt").write_bytes(b"def red(\r\n")
    flags = ["generate", "--runs-dir", toy[0], "--length", 30]
    written = here(*flags, "--prompt-file", tmp_path / "prompt.txt")
    assert written == here(*flags, "--prompt", "def red(\r\n")
    assert written.startswith("def red(\n")


def test_speed_times_what_it_says(here):
    sizes = ["--units", 8, "--characters", 3, "--length", 40]
    output = here("speed", *sizes)
    for text in ("characters per second", "`predict` for each", "one compiled call"):
        assert text in output


def test_help_comes_without_tensorflow(command):
    done = command(EXAMPLE, "--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert "--validation-data" in done.stdout
    assert "tyro" in done.stderr
    assert "tensorflow" not in done.stderr


KNOWN = "characters that the run has learned; received"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dataset", "bible"], "tiny_shakespeare"),
        (["--data", "nowhere.txt"], "nowhere.txt does not exist"),
        (["--data", "datasets", "--glob", "*.xyz"], "no file that matches --glob"),
        (["--data", "examples/sorting/lengths.png"], "must be UTF-8"),
        (["--data", "requirements.txt"], "at least 10,000 characters"),
        (["--data", ""], "--data must not be empty"),
        (["--data", "datasets", "--glob", ".."], "no file that matches --glob"),
        (["--data", "a\0b"], "--data must not hold the character NUL"),
        (["--batch-size", "0"], "--batch-size must be a whole number, 1..1000000"),
        (["--layers", "0"], "--layers must be a whole number, 1..100"),
        (["--minutes", "0"], "--minutes must be a number above 0"),
        (["--minutes", "soon"], "--minutes"),
        (["--steps-per-epoch", "0"], "--steps-per-epoch must be a whole number"),
        (["--test-data", "README.md"], "--validation-data and --test-data need --data"),
        (["generate", "--prompt", ""], "--prompt must not be empty"),
        (["generate", "--prompt", "dèf €"], f"{KNOWN} 'è', '€'"),
        (["generate", "--prompt-file", "nowhere.txt"], "does not exist"),
        (["generate", "--temperature", "0"], "--temperature must be a number"),
        (["generate", "--top-k", "0"], "--top-k must be a whole number, 1..1000000"),
        (["generate", "--top-k", "9999999999999"], "--top-k must be a whole number"),
        (["generate", "--samples", "1001"], "--samples must be a whole number"),
        (["generate", "--top-p", "1.5"], "--top-p must be a number"),
        (["generate", "--length", "many"], "--length"),
        (["classify"], "one of train, compare, generate, speed"),
    ],
)
def test_bad_input_gets_one_line(here, toy, words, message):
    flags = [] if words[0] == "classify" else ["--runs-dir", toy[0]]
    assert message in here(*words, *flags, check=2)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.keras", b"PK\x03\x04 nothing", "model.keras cannot be read"),
        ("preprocessor.json", b"{}", "must be a JSON list of distinct texts"),
        ("preprocessor.json", b'["a", "b"]', "does not belong to"),
        ("config.json", b'{"example": "sorting"}', "it is a run of 'sorting'"),
        ("metrics.json", None, "is not finished"),
    ],
)
def test_damaged_run_is_refused(here, toy, tmp_path, name, content, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(toy[0], EXAMPLE), folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    assert message in here("generate", "--run", folder, check=2)


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "cannot be used"), (1e38, "the network's output is not finite")],
)
def test_weights_that_write_nothing_are_refused(here, toy, tmp_path, value, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(toy[0], EXAMPLE), folder)
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    model.set_weights([np.full_like(w, value) for w in model.get_weights()])
    model.save(folder / "model.keras")
    assert message in here("generate", "--run", folder, check=2)
