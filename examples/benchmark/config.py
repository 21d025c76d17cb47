"""Settings of the benchmark, and its presets."""

from dataclasses import dataclass
from typing import Any, ClassVar

from common.errors import UserError, check_choice, check_real, check_whole

EXAMPLES = ("sentiment", "sorting", "text_generation", "forecasting")


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Which sizes to time; every setting has a default."""

    preset: str = "default"
    """Named set of defaults to start from: default, or smoke, which takes seconds."""
    units: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512)
    """Widths of the hidden state, timed at the middle one of --steps. A step reads as
    many numbers as there are units."""
    steps: tuple[int, ...] = (16, 64, 128)
    """Steps of a sequence, timed at the middle one of --units."""
    lengths: tuple[int, ...] = (100, 200, 400, 800, 1600, 3200)
    """Steps of a sequence for the growth of time and memory; a process for each."""
    batch_size: int = 64
    """Sequences in a training step."""
    examples: tuple[str, ...] = EXAMPLES
    """Examples whose own models are timed; none, if nothing follows."""
    models: str = "default"
    """Preset of the examples' models: default or smoke."""
    rounds: int = 5
    """Turns that each way of computing a step gets."""
    seconds: float = 0.1
    """How long a turn lasts, about; a single step may take longer."""
    seed: int = 0
    """Fixes weights and data. Times do not depend on it, beyond chance."""
    output: str | None = None
    """Markdown page to write, such as BENCHMARK.md; only a page that this command has
    written is replaced."""
    runs_dir: str = "runs"
    """Folder of the run folders; this run becomes RUNS_DIR/benchmark/DATE-TIME."""

    # Differences from the defaults above, which take about 13 minutes on two cores.
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "default": {},
        "smoke": {
            "units": (4,),
            "steps": (3,),
            "lengths": (5,),
            "batch_size": 2,
            "examples": (),
            "models": "smoke",
            "rounds": 2,
            "seconds": 0.005,
        },
    }

    def __post_init__(self):
        limits = {"units": 4096, "steps": 1024, "lengths": 100_000}
        for name, limit in limits.items():
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise UserError(
                    f"--{name} must be one or more different numbers; received "
                    f"{' '.join(map(str, values)) or 'none'}"
                )
            for value in values:
                what = f"every number of --{name}"
                check_whole(what, value, at_least=1, at_most=limit)
        check_whole("--batch-size", self.batch_size, at_least=1, at_most=100_000)
        for name in self.examples:
            check_choice("--examples", name, EXAMPLES)
        check_choice("--models", self.models, ("default", "smoke"))
        check_whole("--rounds", self.rounds, at_least=1, at_most=1000)
        check_real("--seconds", self.seconds, above=0, at_most=60)
        check_whole("--seed", self.seed, at_least=0, at_most=2**31 - 1)
        if not self.runs_dir.strip():
            raise UserError("--runs-dir must name a folder; received an empty text")

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Units and steps of every size that is timed."""
        middle_steps = sorted(self.steps)[len(self.steps) // 2]
        middle_units = sorted(self.units)[len(self.units) // 2]
        widths = [(units, middle_steps) for units in sorted(self.units)]
        others = [(middle_units, steps) for steps in sorted(self.steps)]
        return list(dict.fromkeys(widths + others))
