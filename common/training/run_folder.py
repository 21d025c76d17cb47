"""Run folders: `RUNS_DIR/EXAMPLE/STAMP`, each complete in itself.

A file appears in a run folder whole or not at all: it is written under another name
beside its place and then renamed. `RUNS_DIR/EXAMPLE/latest` is a text file with the
name of the newest finished run.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from common import files
from common.errors import UserError, one_line
from common.settings import Settings, to_json

CONFIG = "config.json"
METRICS = "metrics.json"
COMPARE = "compare.json"  # what a comparison has instead
MODEL = "model.keras"
LATEST = "latest"  # beside the folders
STATE = "state.npz"  # there as long as the run can be resumed


@dataclass(frozen=True)
class Run:
    """One run folder."""

    path: Path

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def can_resume(self) -> bool:
        """Whether a training state lies in the folder: the run was cut short."""
        return (self / STATE).exists()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that no second process trains in it.

        Raises:
            UserError: another process holds it.
        """
        lock = FileLock(self / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise UserError(f"{self.path} is in use by another process") from None
        try:
            yield
        finally:
            lock.release()


def _folder(example: str, runs_dir: str) -> Path:
    return Path(runs_dir) / example


def start(example: str, runs_dir: str, config: dict[str, Any], prefix: str = "") -> Run:
    """Make a new run folder with `config.json` and return it.

    Raises:
        UserError: the folder cannot be made or written to.
    """
    stamp = prefix + datetime.now().strftime("%Y%m%d-%H%M%S")
    for attempt in range(1, 1000):
        name = stamp if attempt == 1 else f"{stamp}-{attempt}"
        run = Run(_folder(example, runs_dir) / name)
        try:
            run.path.mkdir(parents=True)
            (run / "figures").mkdir()
            files.write_json(run / CONFIG, {"example": example, **config})
            return run
        except FileExistsError:
            if not run.path.is_dir():
                raise UserError(f"--runs-dir: {run.path.parent} is a file") from None
        except OSError as error:
            raise UserError(
                f"--runs-dir must be a folder that can be written to; {one_line(error)}"
            ) from None
    raise UserError(f"no free run folder for {stamp} in {run.path.parent}")


def begin(example: str, config: Settings) -> Run:
    """Return the run folder to train in: a new one, or with `--resume` the last.

    Raises:
        UserError: the folder cannot be used, or nothing is left to resume.
    """
    if config.resume:
        return find_unfinished(example, config.runs_dir)
    return start(example, config.runs_dir, to_json(config))


def finish(run: Run, *, can_resume: bool = False):
    """Name `run` as the newest finished one of its example."""
    if not can_resume:
        (run / STATE).unlink(missing_ok=True)
    files.write_text(run.path.parent / LATEST, run.path.name + "\n")


def read_config(example: str, run: Run) -> dict[str, Any]:
    """Return the settings in the run's `config.json`.

    Raises:
        UserError: no run folder, or one of another example.
    """
    if not run.path.is_dir():
        raise UserError(f"--run must be a run folder; there is none at {run.path}")
    config = files.read_json(run / CONFIG)
    found = config.pop("example", None) if isinstance(config, dict) else None
    if found != example:
        raise UserError(
            f"{run.path} must be a run of {example}; it is a run of {found or '?'}"
        )
    return config


def find(example: str, *, run: str | None, runs_dir: str) -> Run:
    """Return the run at `run`, or else the newest finished run of `example`.

    A file `latest` stands for the run that it names.

    Raises:
        UserError: there is none, it is not finished, or it is of another example.
    """
    latest = _folder(example, runs_dir) / LATEST if run is None else Path(run)
    if latest.name != LATEST:
        found = Run(latest)
    else:
        try:
            name = latest.read_text(encoding="utf-8").strip()
        except OSError:
            raise UserError(
                f"no finished run in {latest.parent}; "
                f"train one first: python -m examples.{example}"
            ) from None
        # Only a plain name: a damaged file must not lead out of the folder.
        if not name or name != Path(name).name:
            raise UserError(f"{latest} must hold the name of a run; it holds {name!r}")
        found = Run(latest.parent / name)
    read_config(example, found)
    if not (found / METRICS).exists():
        raise UserError(f"{found.path} is not finished: it has no {METRICS}")
    return found


def find_unfinished(example: str, runs_dir: str) -> Run:
    """Return the newest run of `example` that can be resumed.

    Raises:
        UserError: there is none.
    """
    folder = _folder(example, runs_dir)
    runs = [Run(path.parent) for path in folder.glob(f"*/{STATE}")]
    if not runs:
        raise UserError(f"--resume needs an interrupted run; there is none in {folder}")
    return max(runs, key=lambda run: (run / STATE).stat().st_mtime_ns)
