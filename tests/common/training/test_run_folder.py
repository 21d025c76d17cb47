"""Run folders: the newest run, resuming, and runs that are not what they seem."""

import json
from pathlib import Path

import pytest

from common import files
from common.errors import UserError
from common.settings import Settings
from common.training import run_folder
from common.training.run_folder import Run


def finished(tmp_path, example="toy"):
    run = run_folder.start(example, str(tmp_path), {"units": 3})
    files.write_json(run / run_folder.METRICS, {"interrupted": False, "dataset": "a"})
    run_folder.finish(run)
    return run


def interrupted(tmp_path, **settings):
    config = Settings(runs_dir=str(tmp_path), **settings)
    run = run_folder.begin("toy", config, data_hash="sha256:1")
    (run / run_folder.STATE).touch()
    return run


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


def test_runs_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"train one first: python -m examples\.toy"):
        run_folder.find("toy", run=None, runs_dir=str(tmp_path))
    with pytest.raises(UserError, match="must be a run folder"):
        run_folder.find("toy", run=str(tmp_path / "nowhere"), runs_dir="")
    other = finished(tmp_path, "other")
    with pytest.raises(UserError, match="must be a run of toy; it is a run of 'other'"):
        run_folder.find("toy", run=str(other.path), runs_dir=str(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="--runs-dir"):
        run_folder.start("toy", str(tmp_path / "file"), {})


@pytest.mark.parametrize(
    "name", [b"", b"..", b"../../elsewhere", b"a/b", b"\xff", b"\0"]
)
def test_latest_does_not_lead_out_of_its_folder(tmp_path, name):
    finished(tmp_path)
    (tmp_path / "toy" / "latest").write_bytes(name)
    with pytest.raises(UserError, match="latest"):
        run_folder.find("toy", run=None, runs_dir=str(tmp_path))


def test_a_run_is_used_by_one_process_at_a_time(tmp_path):
    run = run_folder.start("toy", str(tmp_path), {})
    with (
        run.locked(),
        pytest.raises(UserError, match="in use by another process"),
        Run(Path(run.path)).locked(),
    ):
        pass


def test_only_interrupted_runs_are_resumed(tmp_path):
    finished(tmp_path)
    with pytest.raises(UserError, match="--resume needs an interrupted run"):
        run_folder.find_unfinished("toy", str(tmp_path))
    run = interrupted(tmp_path)
    finished(tmp_path)
    assert run_folder.find_unfinished("toy", str(tmp_path)) == run


def test_resume_needs_the_same_data_and_sweeps_temporary_files(tmp_path):
    run = interrupted(tmp_path)
    rest = run / "figures" / ".0123abcd-curve.svg"
    rest.write_text("half")
    resume = Settings(runs_dir=str(tmp_path), resume=True)
    assert run_folder.begin("toy", resume, data_hash="sha256:1") == run
    assert not rest.exists()
    with pytest.raises(UserError, match="it has changed"):
        run_folder.begin("toy", resume, data_hash="sha256:2")
    config = json.loads((run / "config.json").read_text())
    assert config["data_hash"] == "sha256:1"


def test_state_goes_last_and_stays_after_an_interrupt(tmp_path):
    run = interrupted(tmp_path)
    files.write_json(run / run_folder.METRICS, {"interrupted": True})
    run_folder.finish(run)
    run_folder.close(run)
    assert run.can_resume
    files.write_json(run / run_folder.METRICS, {"interrupted": False})
    run_folder.close(run)
    assert not run.can_resume
