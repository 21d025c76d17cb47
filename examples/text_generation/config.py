"""Settings of the text generation example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, Literal

from common.errors import UserError
from common.settings import ANY_TEXT, MAX_COUNT, Checked, Limits, Repeats, Settings

EXAMPLE = __package__.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what; every setting has a default."""

    units: Annotated[int, Limits(1, 16_384)] = 168
    """Width of the hidden state."""
    layers: Annotated[int, Limits(1, 100)] = 1
    """Recurrent layers. Each above the first stands in a gated residual block."""
    epochs: Annotated[int, Limits(1, MAX_COUNT)] = 6
    """Passes over the training text. The epoch with the best validation is kept."""
    minutes: Annotated[float | None, Limits(0, 100_000, above=True)] = None
    """Train for about so long, instead of --epochs. Steps are timed beforehand, and the
    epochs set so that the learning rate reaches zero when the time is up."""
    steps_per_epoch: Annotated[int | None, Limits(1, MAX_COUNT)] = None
    """Training steps in an epoch, at most. Default: as many as the text has."""
    batch_size: Annotated[int, Limits(1, MAX_COUNT)] = 64
    """Number of streams. The text is split into this many parts, read in parallel."""
    learning_rate: Annotated[float, Limits(0, 10, above=True)] = 5e-3
    """Largest step size of the optimizer. It is reached within 100 steps, and falls to
    zero along a cosine."""
    dataset: Literal["python_source", "tiny_shakespeare"] = "python_source"
    """Source of the installed Python's standard library, or Shakespeare's plays
    (downloaded by TensorFlow Datasets)."""
    data: str | None = None
    """Your own text, a file or a folder of files, instead of a data set."""
    validation_data: str | None = None
    """File or folder with the validation text. Default: a part of --data."""
    test_data: str | None = None
    """File or folder with the test text. Default: a part of --data."""
    glob: str = "*.txt"
    """Pattern of the files to read in a folder and its sub-folders."""
    data_dir: str | None = None
    """Folder for TensorFlow Datasets. Default: ~/tensorflow_datasets."""
    chunk: Annotated[int, Limits(1, 4096)] = 32
    """Characters of each stream in a training step. The state is carried from chunk to
    chunk, the gradient is not."""
    dropout: Annotated[float, Limits(0, 1, below=True)] = 0.0
    """Fraction of the hidden state dropped before the output layer in training, and of
    what a block adds."""

    def __post_init__(self):
        super().__post_init__()
        if self.data is None and (self.validation_data or self.test_data):
            raise UserError("--validation-data and --test-data need --data")


# Differences from the defaults above, which train for two minutes.
PRESETS = {
    "default": {},
    # Seconds, for tests: better than single letters, no more.
    "smoke": {
        "units": 64,
        "epochs": 1,
        "chunk": 16,
        "steps_per_epoch": 50,
        "learning_rate": 1e-2,
    },
    # Two blocks on the first layer learn more than one wide layer does in that time.
    # A million characters are few: read 14 times, a network overfits without dropout.
    # Longer chunks leave a smaller share of the time to the optimizer.
    "full": {
        "dataset": "tiny_shakespeare",
        "units": 256,
        "layers": 3,
        "chunk": 64,
        "dropout": 0.3,
        "learning_rate": 3e-3,
        "epochs": 14,
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of the training, and the number of seeds."""


@dataclass(frozen=True, kw_only=True)
class Generate(Checked):
    """What to write and with which run."""

    prompt: Annotated[str | None, ANY_TEXT] = None
    """Text to continue. Default: the beginning of a line."""
    prompt_file: str | None = None
    """File with the text to continue, instead of --prompt."""
    length: Annotated[int, Limits(1, MAX_COUNT)] = 500
    """Characters to write after the prompt."""
    temperature: Annotated[float, Limits(1e-6, 100)] = 0.8
    """Below 1, likely characters become likelier; above 1, rare ones do."""
    top_k: Annotated[int | None, Limits(1, MAX_COUNT)] = None
    """Choose only among this many likeliest characters. None: among all."""
    top_p: Annotated[float, Limits(1e-6, 1)] = 1.0
    """Choose among the likeliest characters whose probabilities add up to this."""
    seed: Annotated[int, Limits(0, 2**31 - 1)] = 0
    """Seed of the random choices: same run, flags and seed, same text."""
    samples: Annotated[int, Limits(1, 1000)] = 1
    """Number of texts to write. Each makes random choices of its own."""
    stop: Annotated[str | None, ANY_TEXT] = None
    """Text that ends the writing. It is written too. None: --length ends it."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        super().__post_init__()
        if self.prompt_file is not None and self.prompt is not None:
            raise UserError("give --prompt or --prompt-file, not both")


@dataclass(frozen=True, kw_only=True)
class Speed(Checked):
    """Sizes of the network that is timed. It is not trained."""

    units: Annotated[int, Limits(1, 16_384)] = 256
    """Width of the hidden state."""
    characters: Annotated[int, Limits(1, 20_000)] = 98
    """Number of different characters that the network knows."""
    length: Annotated[int, Limits(1, MAX_COUNT)] = 4000
    """Characters to write with compiled calls."""
