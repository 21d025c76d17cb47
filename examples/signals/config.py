"""Settings of the signals example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import tyro

from common.errors import UserError
from common.settings import MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what. Every setting has a default."""

    units: Annotated[int, Limits(1, 16_384)] = 64
    """Width of the hidden state."""
    layers: Annotated[int, Limits(1, 100)] = 1
    """Recurrent layers. Each above the first stands in a gated residual block."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 60
    """Passes over the training data. The epoch with the best validation is kept."""
    monitor: Literal["accuracy", "macro_f1", "loss"] = "accuracy"
    """Validation value that chooses the epoch to keep. macro_f1 counts every label the
    same, however rare."""
    class_weight: Literal["balanced"] | None = None
    """balanced: every label weighs the same in the training loss, however rare.
    Default: all windows weigh the same."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 32
    """Windows in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 5e-3
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    data: str | None = None
    """Your own .csv, .tsv or .jsonl file. Default: handwritten digits."""
    validation_data: str | None = None
    """File with the validation windows. Default: a part of --data."""
    test_data: str | None = None
    """File with the test windows. Default: a part of --data."""
    id_column: str = "unique_id"
    """Column that names the window of each row. A file without it has one window per
    row, in columns such as x_0, x_1, y_0, y_1."""
    time_column: str = "time"
    """Column to sort the rows of a window by. Without it they keep their order."""
    channels: tuple[str, ...] = ()
    """Channels to read. Default: every column that has no other meaning."""
    label_column: str = "label"
    """Column that holds the labels. It needs at least two labels."""
    group_column: str | None = None
    """Column with the person or machine measured. All windows of one stay in one
    split."""
    max_length: Annotated[int, Limits(1, 100_000)] = 1000
    """Steps read of each window. The rest of a longer one is ignored."""
    pooling: Literal["last", "max", "mean"] = "last"
    """What the output layer sees: the last hidden state, or the maximum or mean of
    all."""
    dropout: Annotated[float, Limits(0, 1, below=True)] = 0.5
    """Fraction of the pooled values dropped during training."""
    noise: Annotated[float, Limits(0, 10)] = 0.3
    """Standard deviation of the noise added to standardized values in training."""

    def __post_init__(self):
        super().__post_init__()
        if self.data is None and (self.validation_data or self.test_data):
            raise UserError("--validation-data and --test-data need --data")


# Differences from the defaults above, which fit the digits.
PRESETS = {
    "default": {},
    # A few seconds, for tests: enough to beat guessing, no more.
    "smoke": {"epochs": 3},
    "full": {"units": 128, "layers": 2, "epochs": 150},
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Classify(Checked):
    """What to classify and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # where NumPy can answer

    file: Annotated[str | None, tyro.conf.Positional] = None
    """File of windows or recordings, with the columns of the training data."""
    window: Annotated[int | None, Limits(1, MAX_COUNT)] = None
    """Cut each recording into windows of so many steps. Default: classify it whole."""
    stride: Annotated[int | None, Limits(1, MAX_COUNT)] = None
    """Steps from the beginning of a window to the next. Default: --window."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.file is None:
            raise UserError("there is no file to classify")
        if self.stride is not None and self.window is None:
            raise UserError("--stride needs --window")


@dataclass(frozen=True, kw_only=True)
class Evaluate(Checked):
    """What to test a finished run on."""

    file: Annotated[str | None, tyro.conf.Positional] = None
    """File with labels, and the columns of the training data."""
    label_column: str | None = None
    """Column that holds the labels. Default: as in training."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.file is None:
            raise UserError("there is no file to test on")
