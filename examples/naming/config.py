"""Settings of the naming example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import tyro

from common.errors import UserError
from common.settings import MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what. Every setting has a default."""

    units: Annotated[int, Limits(1, 16_384)] = 128
    """Width of the hidden state."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 40
    """Passes over the training data. The epoch with the best validation is kept."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 16
    """Names in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 5e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    data: str | None = None
    """Your own .csv, .tsv or .jsonl file. Default: 949 colours with names."""
    validation_data: str | None = None
    """File with the validation rows. Default: a part of --data."""
    test_data: str | None = None
    """File with the test rows. Default: a part of --data."""
    text_column: str = "name"
    """Column of your file that holds the text to write."""
    input_columns: tuple[str, ...] = ()
    """Columns with the numbers to write about. Default: all but the text column."""
    max_length: Annotated[int, Limits(1, 1000)] = 40
    """Letters of a text that are learned, and the most that are written."""
    embedding_size: Annotated[int, Limits(1, 4096)] = 32
    """Numbers that stand for a letter."""
    no_every_step: bool = False
    """Let the numbers in as the first state alone, not at every step too."""
    noise: Annotated[float, Limits(0, 10)] = 0.4
    """Standard deviation of the noise added to standardized inputs in training."""
    letter_dropout: Annotated[float, Limits(0, 1, below=True)] = 0.1
    """Fraction of the letters read that are dropped during training."""
    dropout: Annotated[float, Limits(0, 1, below=True)] = 0.25
    """Fraction of the hidden states dropped during training."""

    def __post_init__(self):
        super().__post_init__()
        if self.data is None and (self.validation_data or self.test_data):
            raise UserError("--validation-data and --test-data need --data")


# Differences from the defaults above, which fit the colours.
PRESETS = {
    "default": {},
    # Seconds, for tests: better than single letters, no more.
    "smoke": {"epochs": 4},
    "full": {"units": 256, "epochs": 80},
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Name(Checked):
    """What to name and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # NumPy answers if the run has its network

    inputs: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Colours such as "#a0522d"; or for your own data, the numbers of one row, such as
    1.5,20,3. Default: the lines of --file, or of stdin."""
    file: str | None = None
    """File with one colour or row per line."""
    beams: Annotated[int, Limits(1, 100)] = 5
    """Number of likely names that are followed (beam search)."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.inputs and self.file is not None:
            raise UserError("give inputs or --file, not both")
