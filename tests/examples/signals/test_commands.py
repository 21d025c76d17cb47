"""The commands, as a user types them; the baselines and the figures."""

import functools
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from examples.signals.__main__ import main
from examples.signals.config import EXAMPLE, Config
from examples.signals.data import load
from examples.signals.evaluate import baselines, features
from examples.signals.predict import Classifier
from tests.conftest import newest, write_signals


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with a file of windows and a finished run on it."""
    from examples.signals.train import train

    folder = tmp_path_factory.mktemp("place")
    write_signals(folder / "signals.csv", windows=80)
    config = Config(
        data=str(folder / "signals.csv"),
        channels=("x", "y"),
        units=8,
        epochs=30,
        learning_rate=0.02,
        dropout=0.0,
        runs_dir=str(folder),
    )
    train(config, console=Console(quiet=True))
    return folder


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_run_is_complete_and_learned_to_tell_up_from_down(place):
    run = newest(place, EXAMPLE)
    figures = {path.stem for path in (run / "figures").glob("*.png")}
    assert figures == {"learning_curves", "confusion_matrix", "answers_along_windows"}
    assert (run / "play.html").is_file()
    document = json.loads((run / "metrics.json").read_text())
    models = document["models"]
    seen = {"logistic_features", "forest_features"}
    assert set(models) == {"network", "majority", *seen}
    assert models["network"]["accuracy"] > models["majority"]["accuracy"] + 0.2
    slices = document["slices"]
    assert set(slices) == {"label down", "label up", "shorter half", "longer half"}
    matrix = document["details"]["confusion_matrix"]
    count = sum(sum(row.values()) for row in matrix.values())
    assert count == sum(slices[f"label {x}"]["count"] for x in ("up", "down"))


def test_windows_of_a_file_are_labelled(here, place):
    text = here("classify", place / "signals.csv", "--runs-dir", place)
    lines = text.splitlines()
    assert len(lines) == 80
    answers = [line.split()[0] for line in lines]
    assert sum(a == b for a, b in zip(answers, ["down", "up"] * 40, strict=True)) > 70
    assert "w3, 0 to " in lines[3]
    answers = json.loads(
        here("classify", place / "signals.csv", "--json", "--runs-dir", place)
    )
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert answers[3]["window"] == "w3"


def test_evaluate_counts_what_is_right_in_a_file(here, place, tmp_path):
    path = write_signals(tmp_path / "new.csv", windows=20, seed=1)
    swapped = path.read_text().replace("down", "DOWN").replace("up", "down")
    (tmp_path / "swapped.csv").write_text(swapped.replace("DOWN", "up"))
    flags = ["--runs-dir", place]
    right = here("evaluate", path, *flags).split()
    wrong = here("evaluate", tmp_path / "swapped.csv", *flags).split()
    share = float(right[1].rstrip(","))
    assert share > 0.8
    assert float(wrong[1].rstrip(",")) == pytest.approx(1 - share, abs=1e-4)


def test_recording_is_cut_into_windows(here, place, tmp_path):
    rise = np.concatenate([np.arange(8.0), np.arange(8.0)[::-1]])
    frame = pd.DataFrame({"y": 0.0, "x": 4 * rise - 14, "unique_id": "long"})
    frame.assign(time=range(100, 116)).to_csv(tmp_path / "long.csv", index=False)
    flags = ["--window", 8, "--stride", 4, "--json", "--runs-dir", place]
    answers = json.loads(here("classify", tmp_path / "long.csv", *flags))
    assert [one["from"] for one in answers] == ["100", "104", "108"]
    assert [one["to"] for one in answers] == ["107", "111", "115"]
    assert [answers[0]["label"], answers[2]["label"]] == ["up", "down"]
    error = here("classify", tmp_path / "long.csv", *flags[2:], "--window", 17, check=2)
    assert "--window must be at most 16" in error


def test_answer_does_not_depend_on_the_other_windows(place):
    from common.training import run_folder

    run = run_folder.find(EXAMPLE, run=str(newest(place, EXAMPLE)), runs_dir="none")
    classifier = Classifier.from_run(run)
    windows = [np.ones((n, 2), "float32") * n for n in (3, 9)]
    together = classifier.probabilities(windows)
    alone = [classifier.probabilities([one])[0] for one in windows]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["classify", "none.csv"], "does not exist"),
        (["classify"], "there is no file to classify"),
        (["classify", "a.csv", "--stride", "2"], "--stride needs --window"),
        (["--validation-data", "a.csv"], "need --data"),
    ],
)
def test_bad_input_gets_one_line(here, place, words, told):
    assert told in here(*words, "--runs-dir", place, check=2)


def test_file_without_a_channel_of_the_run_is_refused(here, place, tmp_path):
    frame = pd.read_csv(place / "signals.csv").drop(columns="y")
    frame.to_csv(tmp_path / "x.csv", index=False)
    error = here("classify", tmp_path / "x.csv", "--runs-dir", place, check=2)
    assert "received 'y'" in error


def test_features_are_mean_deviation_and_slope_of_the_real_steps(place):
    split = load(Config(data=str(place / "signals.csv"))).test
    length = int(split.present[0].sum())
    x = split.signals[0, :length]
    slopes = np.polyfit(np.arange(length), x, 1)[0]
    expected = np.concatenate([x.mean(axis=0), x.std(axis=0), slopes])
    np.testing.assert_allclose(features(split)[0], expected, atol=1e-5)


def test_equally_long_windows_have_baselines_that_see_every_step(tmp_path):
    rows = [
        {"label": "ab"[n % 2], **{f"x_{t}": (n % 2) * t + n % 3 for t in range(4)}}
        for n in range(60)
    ]
    path = tmp_path / "wide.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    answers = baselines(load(Config(data=str(path))), Console(quiet=True))
    assert {"logistic_steps", "forest_steps"} < set(answers)
