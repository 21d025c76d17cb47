"""Settings of the grammar example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import tyro

from common.errors import UserError
from common.settings import MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what. Every setting has a default."""

    units: Annotated[int, Limits(1, 16_384)] = 64
    """Width of the hidden state, in each direction."""
    layers: Annotated[int, Limits(1, 100)] = 1
    """Recurrent layers. Each above the first stands in a gated residual block."""
    bidirectional: bool = True
    """Read each sentence from both ends, with two recurrent layers."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 4
    """Passes over the training data. The epoch with the lowest validation loss is
    kept."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 128
    """Texts in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 4e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    data: str | None = None
    """Your own text file (UTF-8). Default: the documentation that comes with Python."""
    validation_data: str | None = None
    """Text file with the validation sentences. Default: a tenth of --data."""
    test_data: str | None = None
    """Text file with the test sentences. Default: a tenth of --data."""
    copies: Annotated[int, Limits(1, 1000)] = 4
    """Times each training sentence occurs, with another damaged copy each time."""
    min_count: Annotated[int, Limits(1, MAX_COUNT)] = 3
    """Training sentences must hold a word so often. Its ending replaces a rarer one."""
    max_length: Annotated[int, Limits(5, MAX_COUNT)] = 30
    """Most words of a sentence. Longer ones are left out of the data."""
    embedding_size: Annotated[int, Limits(1, 4096)] = 32
    """Width of the vector that represents a word."""
    dropout: Annotated[float, Limits(0, 1, below=True)] = 0.3
    """Fraction of the states dropped during training."""
    word_dropout: Annotated[float, Limits(0, 1, below=True)] = 0.1
    """Fraction of the words dropped during training."""

    def __post_init__(self):
        super().__post_init__()
        if self.data is None and (self.validation_data or self.test_data):
            raise UserError("--validation-data and --test-data need --data")


# Differences from the defaults above.
PRESETS = {
    "default": {},
    # A few seconds, for tests: enough to beat guessing, no more.
    "smoke": {"epochs": 1, "copies": 1, "units": 32},
    # A second layer, and more damage to learn from.
    "full": {"layers": 2, "copies": 16, "epochs": 5},
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Check(Checked):
    """What to check and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # where NumPy can answer

    sentences: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Sentences, each in quotes. Default: the lines of --file, or of stdin."""
    file: str | None = None
    """File with one sentence per line."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.sentences and self.file is not None:
            raise UserError("give sentences or --file, not both")
