"""The settings that every example has, under the same names."""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from common.errors import UserError, check_choice, check_real, check_whole

Cell = Literal["builtin", "custom", "gru", "lstm"]
CELLS: tuple[str, ...] = ("builtin", "custom", "gru", "lstm")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of every example's `Config`; checks its values when it is made."""

    preset: str = "default"
    """Named set of defaults to start from; the other flags change it further."""
    cell: Cell = "builtin"
    """Recurrent cell: Keras's SimpleRNN, the one written by hand, or a gated one."""
    units: int = 64
    """Width of the hidden state."""
    epochs: int = 10
    """Passes over the training data; the best one by validation is kept."""
    batch_size: int = 64
    """Sequences in a training step."""
    learning_rate: float = 1e-3
    """Largest step size of the optimizer."""
    seed: int = 0
    """Fixes initial weights, order of batches and dropout: same seed, same result."""
    runs_dir: str = "runs"
    """Folder of the run folders; this run becomes RUNS_DIR/EXAMPLE/DATE-TIME."""
    resume: bool = False
    """Continue the newest interrupted run, with the settings it was started with."""

    def __post_init__(self):
        check_choice("--cell", self.cell, CELLS)
        check_whole("--units", self.units, at_least=1, at_most=16_384)
        check_whole("--epochs", self.epochs, at_least=1)
        check_whole("--batch-size", self.batch_size, at_least=1)
        check_real("--learning-rate", self.learning_rate, above=0, at_most=10)
        check_whole("--seed", self.seed, at_least=0, at_most=2**31 - 1)
        if not self.runs_dir.strip():
            raise UserError("--runs-dir must name a folder; received an empty text")


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """What `compare` adds to a `Config`: `class Compare(Repeats, Config)`."""

    seeds: int = 3
    """Trainings of each cell, with seeds counted from --seed."""

    def __post_init__(self):
        super().__post_init__()
        check_whole("--seeds", self.seeds, at_least=1, at_most=100)


SettingsT = TypeVar("SettingsT", bound=Settings)

# Settings that say where and how to run, not what to train: they are not part of
# what a run's result depends on.
HOUSEKEEPING = ("runs_dir", "resume")


def from_preset(
    kind: type[SettingsT], presets: dict[str, dict[str, Any]], name: str
) -> SettingsT:
    """Return the settings of preset `name`: the defaults with its differences.

    Raises:
        UserError: no such preset; the message lists those there are.
    """
    check_choice("--preset", name, presets)
    return kind(preset=name, **presets[name])


def to_json(settings: Settings) -> dict[str, Any]:
    """Return what a run's result depends on, as plain JSON values."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(settings).items()
        if name not in HOUSEKEEPING
    }


def from_json(kind: type[SettingsT], values: dict[str, Any]) -> SettingsT:
    """Rebuild settings that `to_json` wrote.

    Raises:
        UserError: a field is missing or unknown, or a value is out of its range.
    """
    fields = {field.name for field in dataclasses.fields(kind)} - set(HOUSEKEEPING)
    if set(values) != fields:
        odd = ", ".join(sorted(fields.symmetric_difference(values)))
        raise UserError(f"config.json is not one of this example; fields differ: {odd}")
    # JSON knows no tuples.
    several = {
        field.name
        for field in dataclasses.fields(kind)
        if isinstance(field.default, tuple)
    }
    return kind(
        **{
            name: tuple(value) if name in several and isinstance(value, list) else value
            for name, value in values.items()
        }
    )
