"""The commands, as a user types them."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from rich.console import Console

from common.comparison import results_page
from examples.sentiment.__main__ import main
from examples.sentiment.config import Config
from tests.conftest import ROOT, newest, results

ARTEFACTS = {
    "codec.json",
    "config.json",
    "figures",
    "history.csv",
    "metrics.json",
    "model.keras",
    "report.html",
}


@pytest.fixture(scope="module")
def small_run(small_file, tmp_path_factory):
    """Return the runs folder with a finished run on the small file."""
    from examples.sentiment.train import train

    runs_dir = tmp_path_factory.mktemp("runs")
    config = Config(data=str(small_file), epochs=4, runs_dir=str(runs_dir))
    train(config, console=Console(quiet=True))
    return runs_dir


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_smoke_run_beats_the_majority(here, tmp_path):
    output = here("--preset", "smoke", "--runs-dir", tmp_path)
    folder = newest(tmp_path, "sentiment")
    visible = {path.name for path in folder.iterdir() if path.name != ".lock"}
    assert visible == ARTEFACTS
    figures = {path.name for path in (folder / "figures").iterdir()}
    names = ("confusion_matrix", "learning_curves", "reading_curve")
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    document = json.loads((folder / "metrics.json").read_text())
    assert document["metric"]["value"] > document["baselines"]["majority"] + 0.05
    # The two reviews of a pair hold the same words: half of them, to the last one.
    assert document["slices_beside"]["bag_of_words"]["order_pairs"] == 0.5
    assert 0.4 < document["slices_beside"]["shuffled"]["order_pairs"] < 0.6
    assert sum(map(sum, document["confusion_matrix"])) == 2000
    assert f"{document['metric']['value']:.4f}" in output


def test_same_seed_same_result(command, small_file, small_run, tmp_path):
    """In a process of its own too, which says nothing on stderr."""
    flags = ["--data", small_file, "--epochs", 4, "--runs-dir", tmp_path]
    done = command("sentiment", *flags)
    assert done.stderr == ""
    assert results(newest(tmp_path, "sentiment")) == results(
        newest(small_run, "sentiment")
    )


def weights(folder):
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    return model.get_weights()


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


def test_killed_and_resumed_equals_uninterrupted(command, here, small_file, tmp_path):
    flags = ["--data", small_file, "--epochs", 12, "--batch-size", 8]
    here(*flags, "--runs-dir", tmp_path / "whole")
    process = start(*flags, "--runs-dir", tmp_path / "cut")
    wait_for(process, "epoch  3/12")
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()
    done = command("sentiment", "--resume", "--runs-dir", tmp_path / "cut")
    assert "resumed after epoch" in done.stdout
    whole, cut = (
        newest(tmp_path / "whole", "sentiment"),
        newest(tmp_path / "cut", "sentiment"),
    )
    assert results(whole) == results(cut)
    for one, other in zip(weights(whole), weights(cut), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not (cut / "state.npz").exists()


def test_interrupt_keeps_the_best_epoch_and_can_be_resumed(
    command, small_file, tmp_path
):
    flags = ["--data", small_file, "--epochs", 3000, "--batch-size", 2]
    process = start(*flags, "--runs-dir", tmp_path)
    wait_for(process, "epoch    3/3000")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "interrupted; going on with the best weights so far" in output
    document = json.loads((newest(tmp_path, "sentiment") / "metrics.json").read_text())
    assert document["interrupted"]
    assert document["epochs"] < 100
    assert (newest(tmp_path, "sentiment") / "state.npz").exists()


def test_resume_keeps_the_settings(here, small_run, tmp_path):
    folder = tmp_path / "sentiment" / "20260101-000000"
    shutil.copytree(newest(small_run, "sentiment"), folder)
    (folder / "state.npz").touch()
    error = here("--resume", "--units", "5", "--runs-dir", tmp_path, check=2)
    assert "--units was 48; received 5" in error


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


def test_text_of_unknown_words_is_answered_with_a_warning(command, small_run):
    done = command("sentiment", "classify", "--runs-dir", small_run, "xyzzy plugh")
    assert "(2 of 2 words unknown)" in done.stdout
    assert "has no word that the network knows" in done.stderr


def test_compare_finds_the_cells_equal(here, quick_timing, small_file, tmp_path):
    flags = ["--data", small_file, "--epochs", 1, "--seeds", 1]
    output = here("compare", *flags, "--runs-dir", tmp_path)
    (path,) = tmp_path.glob("sentiment/compare-*/compare.json")
    document = json.loads(path.read_text())
    cells = {row["cell"]: row for row in document["cells"]}
    assert list(cells) == ["builtin", "custom", "gru", "lstm"]
    assert cells["builtin"]["parameters"] == cells["custom"]["parameters"]
    assert cells["lstm"]["parameters"] > cells["gru"]["parameters"]
    assert document["parity"]["output"] < 1e-5
    assert document["parity"]["gradient"] < 1e-4
    assert document["parity"]["weights_after_training"] < 1e-3
    assert 0 < document["step_time_ratio"]["min"] <= document["step_time_ratio"]["max"]
    assert "times the built-in layer's time" in output
    assert (path.parent / "figures" / "compare.png").stat().st_size > 1000
    assert len(results_page.lines_about("sentiment", results_page.block(document))) == 7


def test_help_is_quick_and_explains_every_setting(command):
    start = time.perf_counter()
    done = command("sentiment", "--help")
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
        (["--epochs", "-3"], "--epochs must be a whole number, at least 1"),
        (["--learning-rate", "nan"], "--learning-rate must be a number above 0"),
        (["--dropout", "1"], "--dropout must be a number at least 0 and below 1"),
        (["--preset", "huge"], "--preset must be one of default, smoke, full"),
        (["--preset"], "--preset"),
        (["--dataset", "tweets"], "reviews"),
        (["--cell", "elman"], "builtin"),
        (["--unit", "5"], "--unit"),
        (["predict", "x"], "the verb must be one of train, compare, classify"),
        (["classify"], "there is no text to classify"),
        (["classify", ""], "a text must not be empty"),
        (["classify", "a", "--file", "b"], "give texts or --file, not both"),
        (["classify", "--file", "nowhere.txt"], "nowhere.txt does not exist"),
        (["compare", "--seeds", "0"], "--seeds must be a whole number, 1..100"),
        (["--data", "nowhere.csv"], "nowhere.csv does not exist"),
        (["--data", "examples"], "examples is a directory"),
    ],
)
def test_bad_input_gets_one_line(here, small_run, words, message):
    assert message in here(*words, "--runs-dir", small_run, check=2)


def test_no_finished_run_is_said(fails, tmp_path):
    error = fails("sentiment", "classify", "fine", "--runs-dir", tmp_path)
    assert "no finished run" in error


def test_runs_folder_that_is_a_file_is_refused(here, small_file, tmp_path):
    (tmp_path / "file").write_text("mine")
    here("--data", small_file, "--runs-dir", tmp_path / "file", check=2)
    assert (tmp_path / "file").read_text() == "mine"


def test_data_that_cannot_be_downloaded_names_the_offline_default(fails, tmp_path):
    error = fails(
        "sentiment",
        *("--dataset", "imdb_reviews", "--data-dir", tmp_path, "--runs-dir", tmp_path),
        # No proxy listens there: the download fails wherever this test runs.
        env={"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"},
    )
    assert "--dataset reviews needs no network" in error


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.keras", b"PK\x03\x04 nothing", "model.keras cannot be read"),
        ("codec.json", b"{", "codec.json cannot be read"),
        ("codec.json", b"{}", "a codec needs"),
        ("config.json", b'{"example": "sorting"}', "it is a run of sorting"),
        ("metrics.json", None, "is not finished"),
    ],
)
def test_damaged_run_is_refused(here, small_run, tmp_path, name, content, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(small_run, "sentiment"), folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    assert message in here("classify", "fine", "--run", folder, check=2)
