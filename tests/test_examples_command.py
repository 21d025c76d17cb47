"""`python -m examples`: the index, reports and copies, as a user types them."""

import json
import subprocess
import sys

import pytest

from examples import __main__ as command
from tests.common.conftest import DOCUMENT, HISTORY, SETTINGS
from tests.conftest import ROOT


@pytest.fixture
def runs_dir(tmp_path):
    """Return a runs folder with a finished run of sorting and a damaged one."""
    for stamp, document in (("20260101-000000", DOCUMENT), ("20260102-000000", [])):
        run = tmp_path / "runs" / "sorting" / stamp
        run.mkdir(parents=True)
        config = {"example": "sorting", **SETTINGS}
        (run / "config.json").write_text(json.dumps(config))
        (run / "metrics.json").write_text(json.dumps(document))
        (run / "history.csv").write_text(HISTORY)
    return tmp_path / "runs"


@pytest.fixture
def here(monkeypatch, capsys):
    """Return a function that runs the command and returns status and output."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["examples", *map(str, words)])
        status = 0
        try:
            command.main()
        except SystemExit as exit_:
            status = exit_.code
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def test_reports_are_made_without_tensorflow(runs_dir):
    program = (
        "import sys\n"
        "from examples.__main__ import main\n"
        "main()\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    words = ["report", "--runs-dir", runs_dir]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    page, index = done.stdout.splitlines()
    (skipped,) = done.stderr.splitlines()
    assert skipped.startswith("skipped: ")
    assert "20260102-000000" in skipped
    assert page == str(runs_dir / "sorting" / "20260101-000000" / "report.html")
    assert index == str(runs_dir / "index.html")
    assert "No finished run yet" in (runs_dir / "index.html").read_text()


def test_runs_folder_without_runs_is_refused(here, tmp_path):
    status, output = here("report", "--runs-dir", tmp_path)
    assert status == 2
    assert output.startswith("error: no finished run in ")
    assert output.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["--help"], ["new", "--help"], ["report", "--help"], ["compare", "--help"]],
)
def test_help_names_every_verb_and_flag(here, words):
    status, output = here(*words)
    assert status == 0
    flags = {"new": "--from", "report": "--runs-dir", "compare": "--from-runs"}
    assert flags.get(words[0], "python -m examples new") in output


def test_unknown_verb_is_refused(here):
    status, output = here("train")
    assert status == 2
    assert (
        "the verb must be one of show, new, report, compare, benchmark, export; "
        "received 'train'" in output
    )
