"""A copied folder is an example: it trains, resumes, predicts and compares.

Whatever holds for every example is tested on its copy: a training that is killed and
resumed in another process ends in the same weights, and the two cells are one network.
"""

import io
import json
import re
import shutil
import subprocess
import sys
import zipfile

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

from common.errors import UserError
from common.settings import CELLS
from examples import new_example
from tests.conftest import (
    ROOT,
    results,
    write_code,
    write_conllu,
    write_named,
    write_reviews,
    write_sentences,
    write_series,
    write_signals,
)
from tests.test_readmes import sections

# Flags of a toy training, and what the example's own verb is given.
TOY = {
    "sentiment": (
        {"--data": "reviews.csv", "--units": 4, "--epochs": 4, "--max-length": 12},
        ["classify", "goodish a b"],
    ),
    "sorting": (
        {"--units": 8, "--length": 3, "--epochs": 4, "--steps-per-epoch": 20},
        ["sort", "2 1 3"],
    ),
    "text_generation": (
        {"--data": "text.txt", "--units": 8, "--epochs": 4, "--batch-size": 8}
        | {"--dropout": 0.1},
        ["generate", "--length", "20"],
    ),
    "tagging": (
        {"--data": "words.conllu", "--units": 4, "--epochs": 4},
        ["colour", "text.txt"],
    ),
    "grammar": (
        {"--data": "sentences.txt", "--units": 4, "--epochs": 4, "--copies": 1},
        ["check", "The cat a sees."],
    ),
    "signals": (
        {"--data": "signals.csv", "--units": 4, "--epochs": 4, "--max-length": 12},
        ["classify", "signals.csv"],
    ),
    "naming": (
        {"--data": "named.csv", "--units": 4, "--epochs": 4, "--max-length": 12},
        ["name", "1,2"],
    ),
    "forecasting": (
        {"--data": "series.csv", "--preset": "smoke", "--epochs": 4}
        | {"--season-length": 0},
        ["forecast", "--horizon", "2", "--output", "out.csv"],
    ),
}
# The format in which an example is exported, and what its `use.py` is then given: the
# same as in the program of its README.
EXPORTED = {
    "sentiment": ("litert", ["goodish a b", "badish c d"]),
    "sorting": ("onnx", ["3 1 2", "1 0"]),
    "text_generation": ("litert", ["def ", "40"]),
    "tagging": ("onnx", ["two_words.txt"]),
    "grammar": ("onnx", ["The object is a string.", "The object a is string."]),
    "signals": ("litert", ["zeros.csv", "ones.csv"]),
    "naming": ("litert", ["0.5,0.5", "0.2,0.2"]),
    "forecasting": ("onnx", [str(number) for number in range(18)]),
}
# Runs a script where nothing of this repository, nor TensorFlow, can be imported.
ALONE = """
import runpy, sys
sys.modules |= dict.fromkeys(("common", "examples", "keras", "tensorflow"))
_, folder, *sys.argv[1:] = sys.argv
sys.path.insert(0, folder)
runpy.run_path(folder + "/use.py")
"""
# One process for all verbs, and a fork of it for the first two, which train. The second
# training is killed in epoch 3.
PROGRAM = """
import contextlib, importlib, os, signal, sys
os.chdir(place)
for number, name in ((1, "out.txt"), (2, "err.txt")):
    os.dup2(os.open(name, os.O_CREAT | os.O_WRONLY), number)
main = importlib.import_module("examples.mine.__main__").main
from common.comparison import compare
from common.training import plots
from common.training.callbacks import History
plots.save = lambda *_, **__: None  # drawing takes longer than these trainings
compare.TIMING_ROUNDS, compare.CALLS_PER_ROUND = 2, 1
compare.CELLS = compare.CELLS[:cells]
def kill(self, epoch, logs=None):
    if epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)
whole, cut, *others = verbs
child = os.fork()
if child:
    status = os.waitpid(child, 0)[1]
    assert os.WTERMSIG(status) == signal.SIGKILL, status
for words in others if child else [whole, cut]:
    if words is cut:
        History.on_epoch_begin = kill
    sys.argv = ["mine", *words]
    main()
if child:
    with open("program.txt", "w") as file, contextlib.redirect_stdout(file):
        exec(program)
"""


def test_every_example_has_a_toy_training():
    assert sorted(TOY) == new_example.templates(ROOT)


def weights(run):
    """Return the arrays in a saved model."""
    found = []

    def collect(_, item):
        if isinstance(item, h5py.Dataset):
            found.append(item[()])

    with zipfile.ZipFile(run / "model.keras") as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        file.visititems(collect)
    return found


def history(run):
    """Return the logs of all epochs without the times."""
    table = pd.read_csv(run / "history.csv")
    assert list(table.pop("epoch")) == [1, 2, 3, 4]
    return table.drop(columns="seconds").to_dict("list")


def flags(settings):
    return [str(word) for pair in settings.items() for word in pair]


@pytest.mark.parametrize("source", TOY)
def test_copied_folder_trains_resumes_predicts_and_compares(source, tmp_path, fresh):
    shutil.copytree(ROOT / "examples" / source, tmp_path / "examples" / "mine")
    for name in ("common", "datasets"):
        (tmp_path / name).symlink_to(ROOT / name)
    write_reviews(tmp_path / "reviews.csv")
    write_code(tmp_path / "text.txt")
    write_sentences(tmp_path / "sentences.txt")
    write_series(tmp_path / "series.csv", lengths=[60])
    write_signals(tmp_path / "signals.csv")
    write_conllu(tmp_path / "words.conllu")
    write_named(tmp_path / "named.csv")
    settings, predict = TOY[source]
    compare = ["compare", "--seeds", "1", *flags({**settings, "--epochs": 1})]
    form, given = EXPORTED[source]
    verbs = [flags(settings), flags(settings), ["--resume"], predict, compare]
    exports = keras.backend.backend() == "tensorflow"  # on JAX there is no TensorFlow
    if exports:
        verbs.append(["export", "--format", form, "--output", "exported"])
    cells = 4 if source == "signals" else 2  # GRU and LSTM take their time
    (program,) = re.findall(
        r"```python\n(.*?)```", sections(source)["In a program"], re.S
    )
    for before in ("examples.", "runs/"):
        program = program.replace(before + source, before + "mine")
    told = {"place": str(tmp_path), "verbs": verbs, "cells": cells, "program": program}
    status = fresh("".join(f"{k} = {v!r}\n" for k, v in told.items()) + PROGRAM)
    out, err = ((tmp_path / f"{end}.txt").read_text() for end in ("out", "err"))
    assert status == 0, out + err
    assert "resumed after epoch 2 of 4" in out
    runs = tmp_path / "runs" / "mine"
    whole, cut = sorted(path.parent for path in runs.glob("*/metrics.json"))
    assert results(whole) == results(cut)
    assert results(whole)["example"] == "mine"
    # The weights kept may be of an epoch before the kill; the losses are of all epochs.
    assert history(whole) == history(cut)
    for one, other in zip(weights(whole), weights(cut), strict=True):
        np.testing.assert_array_equal(one, other)
    for folder in (whole, cut):
        assert (folder / "report.html").is_file()
        assert not (folder / "state.npz").exists()
    assert err.count("\n") == 1 + exports  # of the example's own verb, of the export
    for said in err.splitlines():
        assert said.startswith(f"run: {cut.relative_to(tmp_path)}, trained on")
    if exports:
        check_export(tmp_path, source, given)
    (path,) = runs.glob("compare-*/compare.json")
    check_comparison(json.loads(path.read_text()), CELLS[:cells])


def check_export(place, source, given):
    """Check that the export alone answers as the program of the README does."""
    (place / "two_words.txt").write_text("axn bxv\n")
    for name, row, steps in (("zeros", "0,0,0\n", 6), ("ones", "1,1,1\n", 8)):
        (place / f"{name}.csv").write_text("x,y,who\n" + steps * row)
    command = [sys.executable, "-c", ALONE, str(place / "exported"), *given]
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    mine, program = done.stdout, (place / "program.txt").read_text()
    if source == "text_generation":  # the two draw other random numbers
        assert mine.startswith("def ")
        assert len(mine) == len(program) == 4 + 40 + 1
        return
    assert len(program.split()) >= 2
    for one, other in zip(mine.split(), program.split(), strict=True):
        number = re.fullmatch(r"-?[\d.]+", one)
        assert one == other or (
            number and float(one) == pytest.approx(float(other), 2e-3)
        )


def check_comparison(document, names):
    """Check that the two cells are the same network, and that nothing is missing."""
    cells = {row["cell"]: row for row in document["cells"]}
    assert tuple(cells) == names
    assert cells["builtin"]["parameters"] == cells["custom"]["parameters"]
    if "lstm" in cells:
        assert cells["lstm"]["parameters"] > cells["gru"]["parameters"]
    assert document["parity"]["output"] < 1e-5
    assert document["parity"]["gradient"] < 1e-4
    assert document["parity"]["weights_after_training"] < 1e-2
    assert tuple(document["step_time"]) == names[1:]
    metric = document["metric"]
    builtin, custom = (cells[name]["median"] for name in ("builtin", "custom"))
    assert document["models"]["network"][metric["name"]] == builtin
    if metric["mode"] == "min":  # a fraction of few texts may jump by a rounding error
        assert custom == pytest.approx(builtin, rel=0.02)
    assert len(document["models"]) > 2


FILES = {
    "__init__.py": '"""Toy: reads a toy."""\n',
    **dict.fromkeys(new_example.FILES, "from .data import X\n"),
    "README.md": "# Toy\n\nRun `python -m examples.toy`, see examples/toy_two.\n\n"
    "<!-- results -->\n| toy | 0.5 |\n<!-- end of results -->\n",
    "__pycache__/data.pyc": "toy",
    "walkthrough.ipynb": "toy",
}


@pytest.fixture
def root(tmp_path):
    """Return a project with the example `toy`, its tests, and what is no example."""
    for folder, files in (
        ("examples/toy", FILES),
        ("examples/anatomy", {"__main__.py": ""}),
        ("examples", {"taken.py": ""}),
        ("tests/examples/toy", {"test_data.py": "from examples.toy import data\n"}),
    ):
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return tmp_path


def contents(root):
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): path.read_text() for path in paths}


def test_new_copies_code_as_it_is_and_renames_commands_and_tests(root):
    before = contents(root)
    new_example.copy(root, "toy", "my_own")
    new = {name: text for name, text in contents(root).items() if name not in before}
    readme = new.pop("examples/my_own/README.md")
    assert readme.startswith("# Toy\n\nA copy of [toy](../toy/README.md)")
    assert "`python -m examples.my_own`, see examples/toy_two." in readme
    assert readme.endswith("\n\n<!-- results -->\n<!-- end of results -->\n")
    assert new.pop("tests/examples/my_own/test_data.py") == (
        "from examples.my_own import data\n"
    )
    assert new == {
        f"examples/my_own/{name}": text
        for name, text in FILES.items()
        if name.endswith(".py")
    }


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        *((name, "lower-case letters") for name in ("", "a-b", "2nd", "../a", "Große")),
        *((name, "lower-case letters") for name in ("class", "__init__", "a" * 61)),
        ("toy", "examples/toy exists"),
        ("taken", r"examples/taken\.py exists"),
        *((name, "Python module") for name in ("json", "numpy", "common")),
    ],
)
def test_names_that_cannot_be_used_are_refused(root, name, rule):
    before = contents(root)
    with pytest.raises(UserError, match=rule):
        new_example.copy(root, "toy", name)
    for source in ("anatomy", None):
        with pytest.raises(UserError, match="--from must be one of toy; received"):
            new_example.copy(root, source, "my_own")
    assert contents(root) == before


def test_of_two_copies_at_once_the_loser_deletes_nothing(root, monkeypatch):
    copytree = shutil.copytree

    def outrun(source, target, **options):
        copytree(source, target, **options)
        (root / "examples" / "my_own").mkdir()
        (root / "examples" / "my_own" / "work.py").write_text("hours of it")

    monkeypatch.setattr(shutil, "copytree", outrun)
    with pytest.raises(OSError, match=r"File exists|not empty"):
        new_example.copy(root, "toy", "my_own")
    assert (root / "examples" / "my_own" / "work.py").read_text() == "hours of it"
    assert not list(root.glob(".new-*"))
