"""Settings: dataclasses that check themselves, and those that every example has."""

import dataclasses
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import tyro

from common.errors import UserError, check_choice, shown

Cell = Literal["builtin", "custom", "gru", "lstm"]
CELLS: tuple[str, ...] = typing.get_args(Cell)
MAX_SEED = 2**31 - 1
MAX_COUNT = 1_000_000  # of anything that has no smaller limit of its own
ANY_TEXT = "any text"  # marks a setting whose text may be blank space


class Limits(NamedTuple):
    """Legal range of a number: `units: Annotated[int, Limits(1, 16_384)]`."""

    at_least: float
    at_most: float
    above: bool = False  # the lower limit itself is illegal
    below: bool = False  # the upper limit itself is illegal


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Base of all settings. Every value must fit the annotation of its field."""

    def __post_init__(self):
        hints = typing.get_type_hints(type(self), include_extras=True)
        for field in dataclasses.fields(self):
            check(flag(field.name), getattr(self, field.name), hints[field.name])


def flag(name: str) -> str:
    """Return how a user spells a setting: `--batch-size`."""
    return "--" + name.replace("_", "-")


def check(name: str, value: Any, hint: Any, *marks: Any):
    """Raise `UserError` unless `value` is what an annotation says.

    Args:
        name: the setting, as the user spells it (`--units`).
        value: what was received.
        hint: a simple type, `Literal`, `tuple[int, ...]`, `int | None`, or `Annotated`.
        *marks: `Limits`, which every number needs, or `ANY_TEXT`.
    """
    kind, inner = typing.get_origin(hint), typing.get_args(hint)
    if kind is Annotated:
        check(name, value, inner[0], *marks, *inner[1:])
    elif kind in (types.UnionType, typing.Union):
        if value is not None:
            check(name, value, inner[0], *marks)
    elif kind is Literal:
        check_choice(name, value, inner)
    elif kind is tuple:
        if not isinstance(value, tuple):
            raise UserError(f"{name} must be several values; received {shown(value)}")
        for one in value:
            check(f"every value of {name}", one, inner[0], *marks)
    elif hint is str:
        _check_text(name, value, may_be_blank=ANY_TEXT in marks)
    elif hint is bool:
        check_choice(name, value, (True, False))
    else:
        limits = next(mark for mark in marks if isinstance(mark, Limits))
        _check_number(name, value, hint, limits)


def _check_number(name: str, value: Any, kind: type, limits: Limits):
    least, most, above, below = limits
    if kind is int:
        legal = f"a whole number, {least}..{most}"
    else:
        low, high = "above" if above else "at least", "below" if below else "at most"
        legal, kind = f"a number {low} {least:g} and {high} {most:g}", int | float
    fits = isinstance(value, kind) and not isinstance(value, bool)
    fits = fits and (least < value if above else least <= value)
    if not fits or not (value < most if below else value <= most):
        raise UserError(f"{name} must be {legal}; received {shown(value)}")


def _check_text(name: str, value: Any, *, may_be_blank: bool):
    if not isinstance(value, str):
        raise UserError(f"{name} must be a text; received {shown(value)}")
    if not (value if may_be_blank else value.strip()):
        raise UserError(f"{name} must not be empty; received {shown(value)}")
    if "\0" in value:
        raise UserError(f"{name} must not hold the character NUL")
    # What a shell hands over that is not UTF-8 arrives as surrogates.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise UserError(f"{name} must be UTF-8 text; received {shown(value)}")


@dataclass(frozen=True, kw_only=True)
class Settings(Checked):
    """Settings of a training that every example has, under the same names."""

    preset: str = "default"
    """Named set of defaults; other flags override single values of it."""
    cell: Cell = "builtin"
    """Recurrent cell: Keras's SimpleRNN, the same written by hand, GRU or LSTM."""
    units: Annotated[int, Limits(1, 16_384)] = 64
    """Width of the hidden state."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 10
    """Passes over the training data. The epoch with the best validation is kept."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 64
    """Sequences in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 1e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    seed: Annotated[int, Limits(0, MAX_SEED)] = 0
    """Fixes initial weights, batch order and dropout: same seed, same result."""
    runs_dir: str = "runs"
    """Folder for run folders. This run becomes RUNS_DIR/EXAMPLE/DATE-TIME."""
    resume: bool = False
    """Continue the newest interrupted run with the settings it was started with."""


@dataclass(frozen=True, kw_only=True)
class Repeats(Checked):
    """What `compare` adds to a `Config`: `class Compare(Repeats, Config)`."""

    cell: tyro.conf.Suppress[Cell] = "builtin"
    """No flag: all four cells are trained."""
    seeds: Annotated[int, Limits(1, 100)] = 3
    """Trainings of each cell. Their seeds count up from --seed."""


SettingsT = TypeVar("SettingsT", bound=Settings)

# Where and how to run. A run's result does not depend on these.
HOUSEKEEPING = ("runs_dir", "resume")


def from_preset(
    kind: type[SettingsT], presets: dict[str, dict[str, Any]], name: str
) -> SettingsT:
    """Return the defaults with a preset's differences; `UserError` if there is none."""
    check_choice("--preset", name, presets)
    return kind(preset=name, **presets[name])


def to_json(settings: Settings) -> dict[str, Any]:
    """Return all settings that a run's result depends on, as plain JSON values."""
    values = dataclasses.asdict(settings)
    lists = {k: list(v) for k, v in values.items() if isinstance(v, tuple)}
    return {k: v for k, v in (values | lists).items() if k not in HOUSEKEEPING}


def from_json(kind: type[SettingsT], values: dict[str, Any]) -> SettingsT:
    """Rebuild settings that `to_json` wrote.

    Raises:
        UserError: a field is missing or unknown, or a value is illegal.
    """
    fields = {field.name for field in dataclasses.fields(kind)} - set(HOUSEKEEPING)
    if set(values) != fields:
        odd = ", ".join(sorted(fields.symmetric_difference(values)))
        raise UserError(f"config.json is not one of this example; fields differ: {odd}")
    # JSON has lists where settings have tuples.
    lists = {k: tuple(v) for k, v in values.items() if isinstance(v, list)}
    return kind(**values | lists)
