"""Run folders: whole files, the newest run, and runs that are not what they seem."""

import os
from pathlib import Path

import pytest

from common import files
from common.errors import UserError
from common.training import run_folder


def finished(tmp_path, example="toy"):
    run = run_folder.start(example, str(tmp_path), {"units": 3})
    files.write_json(run / run_folder.METRICS, {})
    run_folder.finish(run)
    return run


def test_a_failing_writer_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "file.json"
    files.write_text(path, "old")

    def write_half():
        with files.atomic_write(path) as temporary:
            temporary.write_text("half of the n")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.json"]


def test_newest_finished_run_is_found(tmp_path):
    finished(tmp_path)
    second = finished(tmp_path)
    third = run_folder.start("toy", str(tmp_path), {})
    assert second.path != third.path
    assert run_folder.find("toy", run=None, runs_dir=str(tmp_path)) == second
    latest = tmp_path / "toy" / "latest"
    assert run_folder.find("toy", run=str(latest), runs_dir="elsewhere") == second
    assert run_folder.read_config("toy", second) == {"units": 3}
    with pytest.raises(UserError, match=r"not finished: it has no metrics\.json"):
        run_folder.find("toy", run=str(third.path), runs_dir=str(tmp_path))


def test_no_run_names_the_command_that_makes_one(tmp_path):
    with pytest.raises(UserError, match=r"train one first: python -m examples\.toy"):
        run_folder.find("toy", run=None, runs_dir=str(tmp_path))
    with pytest.raises(UserError, match="must be a run folder"):
        run_folder.find("toy", run=str(tmp_path / "nowhere"), runs_dir="")


def test_run_of_another_example_is_refused(tmp_path):
    run = finished(tmp_path, "other")
    with pytest.raises(UserError, match="must be a run of toy; it is a run of other"):
        run_folder.find("toy", run=str(run.path), runs_dir=str(tmp_path))


@pytest.mark.parametrize("name", ["", "../../elsewhere", "a/b"])
def test_latest_does_not_lead_out_of_its_folder(tmp_path, name):
    finished(tmp_path)
    (tmp_path / "toy" / "latest").write_text(name)
    with pytest.raises(UserError, match="must hold the name of a run"):
        run_folder.find("toy", run=None, runs_dir=str(tmp_path))


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--runs-dir"):
        run_folder.start("toy", str(tmp_path / "file"), {})


def test_a_run_is_used_by_one_process_at_a_time(tmp_path):
    run = run_folder.start("toy", str(tmp_path), {})
    with (
        run.locked(),
        pytest.raises(UserError, match="in use by another process"),
        run_folder.Run(Path(run.path)).locked(),
    ):
        pass


def test_only_interrupted_runs_are_resumed(tmp_path):
    finished(tmp_path)
    with pytest.raises(UserError, match="--resume needs an interrupted run"):
        run_folder.find_unfinished("toy", str(tmp_path))
    cut_short = run_folder.start("toy", str(tmp_path), {})
    (cut_short / run_folder.STATE).touch()
    finished(tmp_path)
    assert run_folder.find_unfinished("toy", str(tmp_path)) == cut_short
