"""Settings of the sorting example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import tyro

from common.errors import UserError
from common.settings import MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]
MIN_LISTS = 100  # with fewer different lists, a split might have none
MAX_NUMBERS = 20_000_000  # in the lists of an epoch, which are in memory together


@dataclass(frozen=True, kw_only=True)
class Lists(Checked):
    """Which lists there are."""

    values: Literal["int", "float"] = "int"
    """int: whole numbers; the network writes the sorted list. float: numbers in [0, 1);
    the network outputs the place of each number in the sorted list."""
    length: Annotated[int, Limits(2, 100)] = 10
    """Numbers in the longest training list. Test lists have this length."""
    min_length: Annotated[int | None, Limits(2, 100)] = 2
    """Numbers in the shortest training list. None: all have --length numbers."""
    max_value: Annotated[int, Limits(1, 9999)] = 99
    """Largest whole number; the smallest is 0. Floats ignore it."""

    def __post_init__(self):
        super().__post_init__()
        if self.shortest > self.length:
            raise UserError(
                f"--min-length must be at most --length, {self.length}; "
                f"received {self.shortest}"
            )
        lists = (self.max_value + 1) ** self.shortest
        if self.values == "int" and lists < MIN_LISTS:
            raise UserError(
                f"--max-value must allow {MIN_LISTS} different lists of "
                f"{self.shortest} numbers; 0..{self.max_value} allows {lists}"
            )

    @property
    def shortest(self) -> int:
        """Numbers in the shortest training list."""
        return self.length if self.min_length is None else self.min_length


@dataclass(frozen=True, kw_only=True)
class Config(Settings, Lists):
    """What to train and on which lists."""

    units: Annotated[int, Limits(1, 16_384)] = 128
    """Width of the hidden state, and of the vectors that stand for whole numbers."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 15
    """Rounds of --steps-per-epoch training steps. The round with the best validation
    is kept."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 64
    """Lists in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 1e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    steps_per_epoch: Annotated[int, Limits(1, MAX_COUNT)] = 350
    """Training steps in an epoch. Every step gets new random lists."""

    def __post_init__(self):
        super().__post_init__()
        numbers = self.steps_per_epoch * self.batch_size * self.length
        if numbers > MAX_NUMBERS:
            raise UserError(
                "--steps-per-epoch times --batch-size times --length must be at most "
                f"{MAX_NUMBERS:,}; received {numbers:,}"
            )


# Differences from the defaults above.
PRESETS = {
    "default": {},
    # A few seconds, for tests.
    "smoke": dict(length=4, max_value=9, units=64, epochs=2, steps_per_epoch=200),
    # One length only, a wider state, and more and smaller steps: enough for 15 numbers.
    "full": dict(
        min_length=None, units=192, learning_rate=2e-3, epochs=18, steps_per_epoch=1000
    ),
    # As Vinyals, Bengio and Kudlur (2016), in fewer steps. The network reads the list
    # once for every number in it, so a narrow state is enough.
    "floats": {
        **dict(values="float", min_length=None, units=32),
        **dict(learning_rate=4e-3, epochs=4, steps_per_epoch=1000),
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and the number of repetitions."""


@dataclass(frozen=True, kw_only=True)
class Sort(Checked):
    """What to sort and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # where NumPy can answer

    numbers: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """One list; or several lists, each in quotes. Without any, lists are read from
    --file or from stdin."""
    file: str | None = None
    """Text file with one list per line."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder that holds the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.numbers and self.file is not None:
            raise UserError("give numbers or --file, not both")
