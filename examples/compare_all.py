"""`python -m examples compare`: the comparisons of all examples, and their page."""

import importlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from common import settings
from common.errors import UserError, check_choice
from common.settings import Checked, Limits
from common.training import run_folder
from examples import new_example, results_page

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class CompareAll(Checked):
    """What to compare and where the page goes."""

    preset: str = "default"
    """Preset of every example."""
    seeds: Annotated[int, Limits(1, 100)] = 3
    """Trainings of each cell, with seeds 0, 1, 2, ..."""
    examples: tuple[str, ...] = ()
    """Examples to compare now; default: all. For the others, the page shows the newest
    comparison of this preset in --runs-dir, if possible with as many seeds."""
    from_runs: bool = False
    """Train nothing. Write the page from the comparisons in --runs-dir."""
    resume: bool = False
    """Continue interrupted comparisons. A finished one is not repeated."""
    runs_dir: str = "runs"
    """Folder of the run folders."""
    output: str = "RESULTS.md"
    """Page to write. If its name is RESULTS.md, the READMEs beside it are updated."""

    def __post_init__(self):
        super().__post_init__()
        if self.examples and self.from_runs:
            raise UserError("give --examples or --from-runs, not both")

    @property
    def command(self) -> str:
        """The command that the page shows, without --runs-dir and --output."""
        return f"python -m examples compare --preset {self.preset} --seeds {self.seeds}"


def run_all(options: CompareAll):
    """Run the comparisons, each in a process of its own, and write the page.

    The page is written again after each of them: an interruption loses one comparison
    at most.

    Raises:
        UserError: the options are wrong, or a comparison failed.
    """
    names = new_example.templates(ROOT)
    for name in options.examples:
        check_choice("--examples", name, names)
    wanted = {name: _settings(name, options) for name in names}
    chosen = list(dict.fromkeys(options.examples)) or names
    for name in chosen:
        if wanted[name] is None:
            check_choice(f"--preset of {name}", options.preset, _config(name).PRESETS)
    results_page.check_free(Path(options.output), options.command)
    if options.from_runs:
        _write(options, wanted)
        return
    failed = []
    for number, name in enumerate(chosen, start=1):
        print(f"\n{name}, {number} of {len(chosen)}", flush=True)
        if _run(name, options, wanted[name]):
            _write(options, wanted)
        else:
            failed.append(name)
    if failed:
        raise UserError(f"comparisons that failed, see above: {', '.join(failed)}")


def _config(name: str) -> Any:
    return importlib.import_module(f"examples.{name}.config")


def _settings(name: str, options: CompareAll) -> dict[str, Any] | None:
    """Return the settings of an example's comparison; `None` without such a preset."""
    config = _config(name)
    if options.preset not in config.PRESETS:
        return None
    made = settings.from_preset(config.Compare, config.PRESETS, options.preset)
    return {**settings.to_json(made), "seeds": options.seeds}


def _run(name: str, options: CompareAll, wanted: dict[str, Any]) -> bool:
    """Compare in a process of its own, which gives all memory back; say if it worked.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    words = ["--preset", options.preset, "--seeds", str(options.seeds)]
    words += ["--runs-dir", options.runs_dir]
    if options.resume:
        found, _ = results_page.newest(Path(options.runs_dir) / name, wanted)
        if found and found["seeds"] == options.seeds:
            return True
        if _can_resume(name, options, wanted):
            words = ["--resume", "--runs-dir", options.runs_dir]
    command = [sys.executable, "-m", f"examples.{name}", "compare", *words]
    done = subprocess.run(command, check=False)
    if done.returncode == 130:
        raise KeyboardInterrupt
    return done.returncode == 0


def _can_resume(name: str, options: CompareAll, wanted: dict[str, Any]) -> bool:
    """Say whether the newest interrupted comparison has the wanted settings."""
    try:
        run = run_folder.find_unfinished(name, options.runs_dir, run_folder.COMPARISON)
        return run_folder.read_config(name, run) == wanted
    except UserError:
        return False


def _write(options: CompareAll, wanted: dict[str, dict[str, Any] | None]) -> Sequence:
    documents, missing = [], []
    for name, one in wanted.items():
        if one is None:
            continue
        found, damaged = results_page.newest(Path(options.runs_dir) / name, one)
        for line in damaged:
            print(f"skipped: {line}", file=sys.stderr)
        if found:
            documents.append(found)
        else:
            missing.append(name)
    if not documents:
        raise UserError(
            f"no comparison in {options.runs_dir} with --preset {options.preset} "
            f"--seeds {options.seeds}"
        )
    for path in results_page.write(
        Path(options.output), options.command, documents, missing
    ):
        print(path, flush=True)
