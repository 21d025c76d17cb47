"""Settings of the sorting example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from common.errors import UserError, check_choice, check_whole
from common.settings import Repeats, Settings

VALUES = ("int", "float")
# Fewer lists than this, and the hash might leave a split without any.
MIN_LISTS = 100


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what; every setting has a default."""

    units: int = 128
    """Width of the hidden state; whole numbers get vectors of the same width."""
    epochs: int = 15
    """Validations; before each of them come --steps-per-epoch steps on new lists."""
    batch_size: int = 128
    """Lists in a training step."""
    learning_rate: float = 3e-3
    """Step size at the start; it falls to zero along a cosine."""
    steps_per_epoch: int = 350
    """Training steps in an epoch; every step sees lists drawn for it alone."""
    length: int = 10
    """Numbers in the longest list; the test lists have as many."""
    min_length: int | None = 2
    """Numbers in the shortest list of the training; None: as many as in the longest."""
    max_value: int = 99
    """Largest of the whole numbers, which start at 0."""
    values: Literal["int", "float"] = "int"
    """Whole numbers, which are written one by one; or numbers from 0 up to, not with,
    1, of which each is told its place."""

    def __post_init__(self):
        super().__post_init__()
        check_whole("--steps-per-epoch", self.steps_per_epoch, at_least=1)
        check_whole("--length", self.length, at_least=2, at_most=100)
        if self.min_length is not None:
            check_whole("--min-length", self.min_length, at_least=2)
        check_whole("--max-value", self.max_value, at_least=1, at_most=9999)
        check_choice("--values", self.values, VALUES)
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
        """Numbers in the shortest list of the training."""
        return self.length if self.min_length is None else self.min_length


# Differences from the defaults above, which sort two to ten numbers after a minute.
PRESETS = {
    "default": {},
    # A few seconds, for tests: small lists of small numbers.
    "smoke": {
        "length": 4,
        "max_value": 9,
        "units": 64,
        "epochs": 2,
        "steps_per_epoch": 200,
    },
    # For the last per cent: lists of one length alone, a wider state, and a long
    # training in smaller steps. Lists of 15 numbers need all of it.
    "full": {
        "min_length": None,
        "units": 192,
        "learning_rate": 2e-3,
        "epochs": 18,
        "steps_per_epoch": 1000,
    },
    # The task of Vinyals, Bengio and Kudlur (2016), in 10,000 steps as there. Every
    # number reads the list for itself, so a narrow state does.
    "floats": {
        "values": "float",
        "min_length": None,
        "units": 32,
        "batch_size": 64,
        "learning_rate": 4e-3,
        "epochs": 10,
        "steps_per_epoch": 1000,
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of the training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Sort:
    """What to sort and with which run."""

    numbers: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Numbers of one list; or several lists, each in quotes; with none, lines are read
    from --file or from stdin."""
    file: str | None = None
    """File with a list on every line."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use; default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        if self.numbers and self.file is not None:
            raise UserError("give numbers or --file, not both")
