"""The commands, as a user types them."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from examples.sentiment.__main__ import main
from examples.sentiment.config import EXAMPLE, Config
from tests.conftest import ROOT, newest

ARTEFACTS = {
    "preprocessor.json",
    "config.json",
    "figures",
    "history.csv",
    "metrics.json",
    "model.keras",
    "network.npz",
    "play.html",
    "report.html",
}


@pytest.fixture(scope="module")
def small_run(small_file, tmp_path_factory):
    """Return the runs folder with a finished run on the small file."""
    from examples.sentiment.train import train

    runs_dir = tmp_path_factory.mktemp("runs")
    config = Config(data=str(small_file), epochs=4, runs_dir=str(runs_dir))
    with pytest.MonkeyPatch.context() as patch:
        # No test looks at its figures, and drawing takes seconds.
        patch.setattr("common.training.plots.save", lambda *_, **__: None)
        train(config, console=Console(quiet=True))
    return runs_dir


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_smoke_run_beats_the_majority(here, tmp_path):
    output = here("--preset", "smoke", "--runs-dir", tmp_path)
    folder = newest(tmp_path, EXAMPLE)
    visible = {path.name for path in folder.iterdir() if path.name != ".lock"}
    assert visible == ARTEFACTS
    figures = {path.name for path in (folder / "figures").iterdir()}
    names = ("confusion_matrix", "learning_curves", "reading_curve")
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    document = json.loads((folder / "metrics.json").read_text())
    models, details = document["models"], document["details"]
    assert models["network"]["accuracy"] > models["majority"]["accuracy"] + 0.05
    # The two reviews of a pair hold the same words: half of them, to the last one.
    pairs = document["slices"]["order_pairs"]
    assert pairs["count"] == 500
    assert pairs["models"]["tfidf_unigrams"] == 0.5
    assert 0.4 < details["words_shuffled"]["order_pairs"] < 0.6
    matrix = details["confusion_matrix"]
    assert sum(sum(row.values()) for row in matrix.values()) == 2000
    right = sum(matrix[label][label] for label in matrix)
    assert models["network"]["accuracy"] == right / 2000
    for label, row in details["by_class"].items():
        count = sum(matrix[label].values())
        assert (row["count"], row["recall"]) == (count, matrix[label][label] / count)
        assert " ".join(f"{row[key]:.4f}" for key in ("precision", "recall", "f1")) in (
            " ".join(output.replace("│", " ").split())
        )
    assert document["verdict"]["says"] == "better"  # than pairs of words
    assert f"{models['network']['accuracy']:.4f}" in output


def start(*words):
    return subprocess.Popen(
        [sys.executable, "-m", "examples.sentiment", *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def wait_for(process, text):
    """Read the process's output until a line holds `text`."""
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} never came: {process.stderr.read()}")


def test_interrupt_keeps_the_best_epoch_and_can_be_resumed(
    command, small_file, tmp_path
):
    flags = ["--data", small_file, "--epochs", 3000, "--patience", 3000]
    process = start(*flags, "--runs-dir", tmp_path)
    wait_for(process, "Epoch 3/3000")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "interrupted; the best epoch so far" in output
    document = json.loads((newest(tmp_path, EXAMPLE) / "metrics.json").read_text())
    assert document["interrupted"]
    assert document["epochs"] < 100
    assert (newest(tmp_path, EXAMPLE) / "state.npz").exists()


def test_resume_keeps_the_settings(here, small_run, tmp_path):
    folder = tmp_path / EXAMPLE / "20260101-000000"
    shutil.copytree(newest(small_run, EXAMPLE), folder)
    (folder / "state.npz").touch()
    error = here("--resume", "--units", "5", "--runs-dir", tmp_path, check=2)
    assert "--units was 64; received 5" in error


def test_evaluate_counts_what_is_right_in_a_file(here, small_run, tmp_path):
    path = tmp_path / "labelled.csv"
    path.write_text("text,mark\ngoodish a b,good\nbadish c d,bad\nbadish a,good\n")
    words = ["evaluate", path, "--label-column", "mark", "--runs-dir", small_run]
    lines = [line.split() for line in here(*words).replace("│", " ").splitlines()]
    assert lines[0][:2] == ["accuracy", "0.6667,"]
    assert ["good", "2", "1.0000", "0.5000", "0.6667"] in lines


def test_classify_answers_in_lines_and_json(here, small_run, tmp_path):
    flags = ["classify", "--runs-dir", small_run]
    output = here(*flags, "goodish a b zzz", "badish c d")
    first, second = output.splitlines()
    assert first.startswith("good")
    assert "(1 of 4 words unknown)  goodish a b zzz" in first
    assert second.startswith("bad ")
    file = tmp_path / "texts.txt"
    file.write_text("goodish a b zzz\n\nbadish c d\n")
    assert here(*flags, "--file", file) == output
    answers = json.loads(here(*flags, "--json", text=file.read_text()))
    assert [answer["label"] for answer in answers] == ["good", "bad"]
    assert answers[0]["unknown_words"] == 1
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.filterwarnings("error:Glyph")
def test_odd_texts_and_labels_lose_no_training(here, tmp_path):
    """Labels that matplotlib and rich take for markup; no word in two texts."""
    labels = ["$x_{$", "[/red]", "a\x07b", "long" * 5000]
    rows = [
        (labels[n % 4], "".join(map(chr, range(n, n + 9))))
        for n in range(0x4E00, 0x4F00, 10)
    ]
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join(json.dumps({"label": a, "text": b}) for a, b in rows))
    output = here("--data", path, "--epochs", 1, "--runs-dir", tmp_path)
    assert "note: the baseline tfidf_unigrams left out: After pruning" in output
    assert "figure" not in output
    folder = newest(tmp_path, EXAMPLE)
    assert json.loads((folder / "config.json").read_text())["preset"] == "own"
    figures = {path.name for path in (folder / "figures").glob("*.png")}
    assert len(figures) == 3
    document = json.loads((folder / "metrics.json").read_text())
    assert list(document["models"]) == ["network", "majority", "nbsvm_bigrams"]
    here("classify", "--runs-dir", tmp_path, chr(0x4E00))


def test_text_of_unknown_words_is_answered_with_a_warning(in_process, small_run):
    output = in_process(main, "classify", "--runs-dir", small_run, "xyzzy plugh")
    assert "(2 of 2 words unknown)" in output
    assert "has no word that the network knows" in in_process.errors


def test_help_is_quick_and_explains_every_setting(command):
    start = time.perf_counter()
    done = command(EXAMPLE, "--help")
    assert time.perf_counter() - start < 2  # under 1 s; a busy machine gets twice that
    for name in Config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in done.stdout


def test_help_does_not_load_tensorflow():
    program = (
        "import sys\n"
        "sys.argv = ['sentiment', '--help']\n"
        "import runpy\n"
        "try: runpy.run_module('examples.sentiment', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--units", "0"], "--units must be a whole number, 1..16384; received 0"),
        (["--epochs", "-3"], "--epochs must be a whole number, 1..1000000"),
        (["--learning-rate", "nan"], "--learning-rate must be a number above 0"),
        (["--dropout", "1"], "--dropout must be a number at least 0 and below 1"),
        (["--preset", "huge"], "--preset must be one of default, smoke, full, own"),
        (["--preset"], "--preset"),
        (["--dataset", "tweets"], "reviews"),
        (["--cell", "elman"], "builtin"),
        (["--unit", "5"], "--unit"),
        (["predict", "x"], "the verb must be one of train, compare, classify"),
        (["classify"], "there is no text to classify"),
        (["classify", ""], "--texts must not be empty"),
        (["classify", "a", "--file", "b"], "give texts or --file, not both"),
        (["classify", "--file", "nowhere.txt"], "nowhere.txt does not exist"),
        (["compare", "--seeds", "0"], "--seeds must be a whole number, 1..100"),
        (["--data", "nowhere.csv"], "nowhere.csv does not exist"),
        (["--data", "examples"], "examples must be a file of kind"),
        (["--data", "a" * 300 + ".csv"], "cannot be read"),
        (["--data", "a\0.csv"], "--data must not hold the character NUL"),
    ],
)
def test_bad_input_gets_one_line(here, small_run, words, message):
    assert message in here(*words, "--runs-dir", small_run, check=2)


def test_no_finished_run_is_said(here, tmp_path):
    error = here("classify", "fine", "--runs-dir", tmp_path, check=2)
    assert "no finished run" in error


def test_runs_folder_that_is_a_file_is_refused(here, small_file, tmp_path):
    (tmp_path / "file").write_text("mine")
    here("--data", small_file, "--runs-dir", tmp_path / "file", check=2)
    assert (tmp_path / "file").read_text() == "mine"


def test_data_that_cannot_be_downloaded_names_the_offline_default(
    here, tmp_path, monkeypatch
):
    # No proxy listens there: the download fails wherever this test runs.
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    flags = ["--dataset", "imdb_reviews", "--data-dir", tmp_path]
    error = here(*flags, "--runs-dir", tmp_path, check=2)
    assert "--dataset reviews needs no network" in error


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.keras", b"PK\x03\x04 nothing", "model.keras cannot be read"),
        ("preprocessor.json", b"{", "preprocessor.json is not JSON"),
        ("preprocessor.json", b"{}", "a preprocessor needs"),
        ("config.json", b'{"example": "sorting"}', "it is a run of 'sorting'"),
        ("metrics.json", None, "is not finished"),
    ],
)
def test_damaged_run_is_refused(here, small_run, tmp_path, name, content, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(small_run, EXAMPLE), folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    assert message in here("classify", "fine", "--run", folder, check=2)
