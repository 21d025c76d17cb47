"""Settings of the sentiment example, and its presets."""

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
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 12
    """Passes over the training data. The epoch with the best validation is kept."""
    patience: Annotated[int | None, Limits(1, MAX_COUNT)] = None
    """End after so many epochs without a better --monitor. Default: train all
    epochs."""
    monitor: Literal["accuracy", "macro_f1", "loss"] | None = None
    """Validation value that chooses the epoch to keep. macro_f1 counts every label the
    same, however rare. Default: accuracy, or with --patience, loss."""
    class_weight: Literal["balanced"] | None = None
    """balanced: every label weighs the same in the training loss, however rare.
    Default: all texts weigh the same."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 128
    """Texts in one training step."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 1e-2
    """Initial step size of the optimizer. It falls to zero along a cosine."""
    dataset: Literal["reviews", "imdb_reviews"] = "reviews"
    """Bundled synthetic reviews, or IMDB reviews (downloaded on first use)."""
    data: str | None = None
    """Your own .csv, .tsv or .jsonl file. It is used instead of --dataset."""
    validation_data: str | None = None
    """File with the validation texts. Default: a part of --data."""
    test_data: str | None = None
    """File with the test texts. Default: a part of --data."""
    text_column: str = "text"
    """Column of your file that holds the texts."""
    label_column: str = "label"
    """Column of your file that holds the labels. It needs at least two labels."""
    data_dir: str | None = None
    """Folder for TensorFlow Datasets. Default: ~/tensorflow_datasets."""
    vocabulary_size: Annotated[int, Limits(3, MAX_COUNT)] = 20_000
    """Maximum number of word ids, for the most frequent words in training."""
    max_length: Annotated[int, Limits(1, MAX_COUNT)] = 400
    """Words read of each text. The rest of a longer text is ignored."""
    embedding_size: Annotated[int, Limits(1, 4096)] = 16
    """Width of the vector that represents a word."""
    pooling: Literal["last", "max", "mean"] = "max"
    """What the output layer sees. max, mean: the maximum or mean of all hidden states,
    and the sum of the word vectors. last: the last hidden state alone."""
    bidirectional: bool = False
    """Read each text from both ends, with two recurrent layers."""
    dropout: Annotated[float, Limits(0, 1, below=True)] = 0.2
    """Fraction of the pooled values dropped during training."""
    word_dropout: Annotated[float, Limits(0, 1, below=True)] = 0.0
    """Fraction of the words dropped during training."""

    def __post_init__(self):
        super().__post_init__()
        if self.data is None and (self.validation_data or self.test_data):
            raise UserError("--validation-data and --test-data need --data")


# Differences from the defaults above, which fit the bundled reviews.
PRESETS = {
    "default": {},
    # A few seconds, for tests: enough to beat guessing, no more.
    "smoke": {"epochs": 2},
    # IMDB has 25,000 long reviews, hence the wider layers and more dropout.
    "full": {
        "dataset": "imdb_reviews",
        "bidirectional": True,
        "embedding_size": 128,
        "dropout": 0.5,
        "word_dropout": 0.5,
        "learning_rate": 2e-3,
        "epochs": 9,
        "max_length": 800,
    },
    # For your own --data: some thousand short texts are learned by heart within a few
    # epochs, so the learning rate falls fast and training may end early.
    "own": {
        "embedding_size": 32,
        "units": 32,
        "dropout": 0.5,
        "word_dropout": 0.5,
        "batch_size": 64,
        "learning_rate": 2e-3,
        "epochs": 5,
        "patience": 3,
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of a training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Classify(Checked):
    """What to classify and with which run."""

    NEEDS_KERAS: ClassVar[bool] = False  # where NumPy can answer

    texts: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Texts, each in quotes. Default: the lines of --file, or of stdin."""
    file: str | None = None
    """File with one text per line."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.texts and self.file is not None:
            raise UserError("give texts or --file, not both")


@dataclass(frozen=True, kw_only=True)
class Evaluate(Checked):
    """What to test a finished run on."""

    file: Annotated[str | None, tyro.conf.Positional] = None
    """File with labels, and the columns of the training data."""
    text_column: str | None = None
    """Column that holds the texts. Default: as in training."""
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
