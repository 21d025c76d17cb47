"""Settings of the benchmark, and its presets."""

import typing
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from common.errors import UserError
from common.settings import MAX_SEED, Checked, Limits

Example = Literal["sentiment", "sorting", "text_generation", "forecasting"]
Numbers = tuple[int, ...]


def middle(values: Numbers) -> int:
    """Return the median of some values; of an even number, the upper middle one."""
    return sorted(values)[len(values) // 2]


@dataclass(frozen=True, kw_only=True)
class Benchmark(Checked):
    """What to time. Every setting has a default."""

    preset: str = "default"
    """Named set of defaults: default, or smoke, which takes seconds."""
    units: Annotated[Numbers, Limits(1, 4096)] = (8, 16, 32, 64, 128, 256, 512)
    """Widths of state and input. Each is timed with the median of --steps."""
    steps: Annotated[Numbers, Limits(1, 1024)] = (16, 64, 128)
    """Time steps of a sequence. Each is timed with the median of --units."""
    lengths: Annotated[Numbers, Limits(1, 100_000)] = (100, 200, 400, 800, 1600, 3200)
    """Time steps of long sequences, each timed in a process of its own."""
    batch_size: Annotated[int, Limits(1, 100_000)] = 64
    """Sequences in one training step."""
    examples: tuple[Example, ...] = typing.get_args(Example)
    """Examples whose own models are timed. May be empty."""
    models: Literal["default", "smoke"] = "default"
    """Preset of the examples' models."""
    rounds: Annotated[int, Limits(1, 1000)] = 9
    """Rounds of timing. An interval of 95 % needs at least 6."""
    seconds: Annotated[float, Limits(0, 60, above=True)] = 0.1
    """Approximate time for each variant in one round, in seconds."""
    seed: Annotated[int, Limits(0, MAX_SEED)] = 0
    """Seed of the random weights and data."""
    output: str | None = None
    """Markdown page to write. A file that this command did not write is kept."""
    runs_dir: str = "runs"
    """Folder for run folders. This run becomes RUNS_DIR/benchmark/DATE-TIME."""

    # Differences from the defaults above, which take about 15 minutes on two cores.
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
        super().__post_init__()
        for name in ("units", "steps", "lengths"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise UserError(
                    f"--{name} must be one or more different numbers; received "
                    f"{' '.join(map(str, values)) or 'none'}"
                )

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Units and steps of every size that is timed."""
        widths = [(units, middle(self.steps)) for units in sorted(self.units)]
        others = [(middle(self.units), steps) for steps in sorted(self.steps)]
        return list(dict.fromkeys(widths + others))
