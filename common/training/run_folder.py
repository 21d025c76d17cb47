"""Run folders: `RUNS_DIR/EXAMPLE/STAMP`, each complete in itself.

A file appears in a run folder whole or not at all. `RUNS_DIR/EXAMPLE/latest` is a text
file with the name of the newest finished run.
"""

import contextlib
import itertools
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from glob import glob
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from common import files
from common.errors import UserError, one_line, shown
from common.settings import Settings, to_json

CONFIG = "config.json"
METRICS = "metrics.json"
COMPARE = "compare.json"  # what a comparison has instead
MODEL = "model.keras"
PREPROCESSOR = "preprocessor.json"
HISTORY = "history.csv"
LATEST = "latest"  # beside the folders
STATE = "state.npz"  # there as long as the training can be resumed
COMPARISON = "compare-"  # prefix of a comparison's folder


@dataclass(frozen=True)
class Run:
    """One run folder."""

    path: Path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def can_resume(self) -> bool:
        """Whether the folder holds a training state: the run was interrupted."""
        return (self / STATE).is_file()

    def locked(self) -> contextlib.AbstractContextManager:
        """Hold the folder, or raise `UserError` if another process holds it."""
        try:
            return FileLock(self / ".lock").acquire(timeout=0)
        except Timeout:
            raise UserError(f"{self.path} is in use by another process") from None


def start(example: str, runs_dir: str, config: dict[str, Any], prefix: str = "") -> Run:
    """Return a new run folder with `config.json`; `UserError` if it cannot be made."""
    stamp = prefix + datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = Path(runs_dir) / example
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in itertools.count(1):
            run = Run(folder / (stamp if attempt == 1 else f"{stamp}-{attempt}"))
            with contextlib.suppress(FileExistsError):
                run.path.mkdir()
                break
        (run / "figures").mkdir()
        files.write_json(run / CONFIG, {"example": example, **config})
    except OSError as error:
        raise UserError(
            f"--runs-dir must be a folder that can be written to; {one_line(error)}"
        ) from None
    return run


def begin(example: str, config: Settings, *, data_hash: str, prefix: str = "") -> Run:
    """Return the run folder to train in: a new or, with `resume`, an interrupted one.

    Raises:
        UserError: the folder cannot be used, nothing is left to resume, or the data has
            changed since the run was started.
    """
    if not config.resume:
        settings = {"data_hash": data_hash, **to_json(config)}
        return start(example, config.runs_dir, settings, prefix)
    run = find_unfinished(example, config.runs_dir, prefix)
    for path in run.path.rglob(files.TEMPORARY):
        path.unlink(missing_ok=True)
    before = files.read_json(run / CONFIG)
    if not isinstance(before, dict) or before.get("data_hash") != data_hash:
        raise UserError(
            f"--resume needs the data that {run.path} was started with; it has changed"
        )
    return run


def finish(run: Run):
    """Name `run` as the newest finished one of its example."""
    files.write_text(run.path.parent / LATEST, run.path.name + "\n")


def close(run: Run):
    """Remove the training state of a finished run. This is the last step of a run.

    The state of a training that Ctrl-C has ended stays, so that it can be resumed.
    """
    metrics = run / METRICS
    if not metrics.is_file() or not files.read_json(metrics)["interrupted"]:
        (run / STATE).unlink(missing_ok=True)


def read_config(example: str, run: Run) -> dict[str, Any]:
    """Return the settings in the run's `config.json`.

    Raises:
        UserError: there is no run folder, or it belongs to another example.
    """
    if not run.path.is_dir():
        raise UserError(f"--run must be a run folder; there is none at {run.path}")
    config = files.read_json(run / CONFIG)
    found = config.pop("example", None) if isinstance(config, dict) else None
    if found != example:
        raise UserError(
            f"{run.path} must be a run of {example}; it is a run of {shown(found)}"
        )
    config.pop("data_hash", None)
    return config


def find(example: str, *, run: str | None, runs_dir: str) -> Run:
    """Return the run at `run`, or else the newest finished run of `example`.

    A file `latest` stands for the run that it names.

    Raises:
        UserError: there is none, it is not finished, or it is of another example.
    """
    path = Path(runs_dir) / example / LATEST if run is None else Path(run)
    if path.name == LATEST:
        if not path.is_file():
            raise UserError(
                f"no finished run in {path.parent}; "
                f"train one first: python -m examples.{example}"
            )
        name = files.read_text(path).strip()
        # Only a plain name: a damaged file must not lead out of the folder.
        if name != Path(name).name or name in ("", "..") or not name.isprintable():
            raise UserError(f"{path} must hold the name of a run; it has {shown(name)}")
        path = path.with_name(name)
    found = Run(path)
    read_config(example, found)
    if not (found / METRICS).is_file():
        raise UserError(f"{found.path} is not finished: it has no {METRICS}")
    _dataset(found)
    return found


def opened(example: str, run: "str | Path | Run") -> Run:
    """Return a finished run, given itself or its path; raises what `find` does."""
    return run if isinstance(run, Run) else find(example, run=str(run), runs_dir="")


def _dataset(run: Run) -> str:
    metrics = files.read_json(run / METRICS)
    if not isinstance(metrics, dict) or "dataset" not in metrics:
        raise UserError(f"{run / METRICS} is damaged: it names no dataset")
    return one_line(metrics["dataset"])


def announce(run: Run):
    """Say on stderr which run answers, and what it was trained on."""
    print(f"run: {run.path}, trained on {_dataset(run)}", file=sys.stderr)


def holding(folder: Path, file: str, prefix: str = "") -> list[Run]:
    """Return the runs in an example's folder that hold `file`, the newest first."""
    # `glob` skips names that begin with a dot, which are folders still being written.
    # It ignores folders that it cannot read.
    found = [folder / name for name in glob(f"{prefix}*/{file}", root_dir=folder)]
    newest = sorted(filter(os.path.exists, found), key=os.path.getmtime, reverse=True)
    return [Run(path.parent) for path in newest]


def find_unfinished(example: str, runs_dir: str, prefix: str = "") -> Run:
    """Return the newest run, or comparison, to resume; `UserError` if there is none."""
    folder = Path(runs_dir) / example
    for run in holding(folder, CONFIG if prefix else STATE, prefix):
        if not (run / COMPARE).exists():
            return run
    what = "comparison" if prefix else "run"
    raise UserError(f"--resume needs an interrupted {what}; there is none in {folder}")
