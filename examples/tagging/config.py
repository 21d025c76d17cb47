"""Settings of the tagging example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import tyro

from common.errors import UserError
from common.settings import MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what. Every setting has a default."""

    units: Annotated[int, Limits(1, 16_384)] = 96
    """Width of the hidden state, in each direction."""
    layers: Annotated[int, Limits(1, 100)] = 1
    """Recurrent layers. Each above the first stands in a gated residual block."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 5
    """Passes over the training data. The epoch with the best validation is kept."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 16
    """Windows in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 5e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    data: str | None = None
    """Your own data: a .conllu file of tagged words, or a .py file or a folder of them.
    Default: Python's standard library."""
    validation_data: str | None = None
    """File or folder with the validation data. Default: a part of --data."""
    test_data: str | None = None
    """File or folder with the test data. Default: a part of --data."""
    direction: Literal["both", "forward"] = "both"
    """Read each window from both ends, with two recurrent layers; or only forward."""
    length: Annotated[int, Limits(2, 10_000)] = 256
    """Tokens (characters or words) of a window. Longer texts are cut into windows."""
    context: Annotated[int, Limits(0, 5000)] = 32
    """Tokens at the ends of a window, where a text goes on, that are read but not
    tagged: another window tags them."""
    vocabulary_size: Annotated[int, Limits(3, MAX_COUNT)] = 20_000
    """Maximum number of token ids, for the most frequent tokens in training."""
    embedding_size: Annotated[int, Limits(1, 4096)] = 32
    """Width of the vector that represents a token."""
    dropout: Annotated[float, Limits(0, 1, below=True)] = 0.1
    """Fraction of the hidden states dropped during training."""

    def __post_init__(self):
        super().__post_init__()
        if self.data is None and (self.validation_data or self.test_data):
            raise UserError("--validation-data and --test-data need --data")
        if 2 * self.context >= self.length:
            raise UserError(
                f"--context must be less than half of --length, {self.length}; "
                f"received {self.context}"
            )


# Differences from the defaults above, which fit the source of Python.
PRESETS = {
    "default": {},
    # Seconds, for tests: enough to beat the most frequent class of a character.
    "smoke": {"epochs": 1, "units": 16, "length": 40, "context": 8},
    "full": {"units": 192, "layers": 2, "epochs": 8},
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Colour(Checked):
    """What to colour and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # where NumPy can answer

    file: Annotated[str | None, tyro.conf.Positional] = None
    """File to colour: Python source, or one sentence per line for a run on words."""
    html: str | None = None
    """Write a page to this file instead of colours to the terminal."""
    json: bool = False
    """Print JSON instead of colours."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.file is None:
            raise UserError("there is no file to colour")
