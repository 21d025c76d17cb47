"""A copied folder is an example: it trains, compares, resumes and predicts."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from common.command_line import new_example
from common.errors import UserError
from tests.conftest import ROOT

# The settings of a toy training, and what the example's own verb is given.
TOY = {
    "sentiment": (["--units", 4, "--epochs", 2], ["classify", "not bad"]),
    "sorting": (
        *(["--units", 8, "--length", 3, "--epochs", 2, "--steps-per-epoch", 20],),
        ["sort", 2, 1, 3],
    ),
    "text_generation": (
        ["--data", "text.txt", "--units", 8, "--epochs", 2, "--batch-size", 8],
        ["generate", "--length", 20],
    ),
    "forecasting": (
        ["--preset", "smoke", "--epochs", 2],
        ["forecast", "--horizon", 2, "--output", "out.csv"],
    ),
}
# All verbs in one process: TensorFlow takes seconds to import. The exit statuses are
# printed as the last line. The training with seed 1 is cut short when it is to save
# its metrics.
PROGRAM = """
import importlib, json, sys
main = importlib.import_module("examples.mine.__main__").main
from common.comparison import compare
from common.training import metrics
compare.TIMING_ROUNDS, compare.CELLS = 2, compare.CELLS[:2]
save, statuses = metrics.save, []
def killed(*args, **options):
    raise KeyboardInterrupt
for words in json.loads(sys.argv[1]):
    metrics.save = killed if words[:2] == ["--seed", "1"] else save
    sys.argv = ["mine", *words]
    try:
        main()
        statuses.append(0)
    except SystemExit as exit_:
        statuses.append(exit_.code)
print(json.dumps(statuses))
"""


def test_every_example_has_a_toy_training():
    assert sorted(TOY) == new_example.templates(ROOT)


@pytest.mark.parametrize("source", TOY)
def test_copied_folder_trains_compares_resumes_and_predicts(source, tmp_path):
    shutil.copytree(ROOT / "examples" / source, tmp_path / "examples" / "mine")
    for name in ("common", "datasets"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "text.txt").write_text("the cat sat on the mat. " * 600)
    settings, predict = TOY[source]
    again = ["--seed", 1, *settings]
    commands = [settings, again, ["--resume"], predict]
    commands.append(["compare", "--seeds", 1, *settings])
    words = json.dumps([[str(word) for word in command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    statuses = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [0, 130, 0, 0, 0], done.stdout + done.stderr
    runs = tmp_path / "runs" / "mine"
    finished = sorted(path.parent for path in runs.glob("*/metrics.json"))
    assert len(finished) == 2
    for run in finished:
        assert json.loads((run / "metrics.json").read_text())["example"] == "mine"
        assert (run / "report.html").is_file()
        assert not (run / "state.npz").exists()
    assert len(list(runs.glob("compare-*/compare.json"))) == 1


FILES = {
    "__init__.py": '"""Toy: reads a toy."""\n',
    **dict.fromkeys(new_example.FILES, "from .data import X\n"),
    "README.md": "# Toy\n\nRun `python -m examples.toy`, see examples/toy_two.\n\n"
    "<!-- results -->\n| toy | 0.5 |\n<!-- end of results -->\n",
    "__pycache__/data.pyc": "toy",
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
