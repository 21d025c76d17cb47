"""Settings of the text generation example, and its presets."""

from dataclasses import dataclass
from typing import Literal

from common.errors import UserError, check_choice, check_real, check_whole
from common.settings import Repeats, Settings

DATASETS = ("python_source", "tiny_shakespeare")


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what; every setting has a default."""

    units: int = 256
    """Width of the hidden state."""
    epochs: int = 6
    """Passes over the training text; the best one by validation is kept."""
    batch_size: int = 64
    """Streams: the text is cut into so many pieces, which are read side by side."""
    learning_rate: float = 7e-3
    """Step size at the start; it falls to zero along a cosine."""
    dataset: Literal["python_source", "tiny_shakespeare"] = "python_source"
    """Source of Python's standard library as it is installed here; or Shakespeare's
    plays (TensorFlow Datasets downloads them)."""
    data: str | None = None
    """Your own text: a file, or a folder of files; instead of a data set."""
    glob: str = "*.txt"
    """Which files of your folder are read, those of its sub-folders too."""
    data_dir: str | None = None
    """Where TensorFlow Datasets keeps its data; default: its own folder."""
    chunk: int = 64
    """Characters of each stream in a training step. The state is carried from chunk to
    chunk, the gradient is not."""
    dropout: float = 0.0
    """Share of the state that training hides from the output layer."""

    def __post_init__(self):
        super().__post_init__()
        check_choice("--dataset", self.dataset, DATASETS)
        check_whole("--chunk", self.chunk, at_least=1, at_most=4096)
        check_real("--dropout", self.dropout, at_least=0, below=1)
        if not self.glob.strip():
            raise UserError("--glob must be a pattern such as *.md; received ''")


# Differences from the defaults above, which learn Python's manner in two minutes.
PRESETS = {
    "default": {},
    # A few seconds, for tests: enough to beat single letters, no more.
    "smoke": {"units": 64, "epochs": 1, "learning_rate": 5e-3},
    # A million characters are few: what it learns by heart is where it loses.
    "full": {
        "dataset": "tiny_shakespeare",
        "units": 512,
        "dropout": 0.3,
        "learning_rate": 4e-3,
        "epochs": 20,
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of the training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Generate:
    """What to write and with which run."""

    prompt: str | None = None
    """What the text starts with; default: the beginning of a line."""
    prompt_file: str | None = None
    """File with what the text starts with, instead of --prompt."""
    length: int = 500
    """Characters to write after the prompt."""
    temperature: float = 0.8
    """Below 1, likely characters become likelier; above 1, rare ones do."""
    top_k: int | None = None
    """Choose among so many likeliest characters."""
    top_p: float = 1.0
    """Choose among the likeliest characters that together have this probability."""
    seed: int = 0
    """Fixes the choices: same run, prompt and seed, same text."""
    samples: int = 1
    """Texts to write, each by choices of its own."""
    stop: str | None = None
    """Text after which writing ends."""
    run: str | None = None
    """Run folder to use; default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        check_whole("--length", self.length, at_least=1)
        check_real("--temperature", self.temperature, above=0, at_most=100)
        if self.top_k is not None:
            check_whole("--top-k", self.top_k, at_least=1)
        check_real("--top-p", self.top_p, above=0, at_most=1)
        check_whole("--seed", self.seed, at_least=0, at_most=2**31 - 1)
        check_whole("--samples", self.samples, at_least=1, at_most=1000)
        if self.stop == "":
            raise UserError("--stop must not be empty")
        if self.prompt_file is not None and self.prompt is not None:
            raise UserError("give --prompt or --prompt-file, not both")


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Sizes of the network that is timed; it is not trained."""

    units: int = 256
    """Width of the hidden state."""
    batch_size: int = 64
    """Streams in a training step."""
    chunk: int = 64
    """Characters of each stream in a training step."""
    characters: int = 98
    """Characters that the network knows."""
    length: int = 4000
    """Characters to write, at full speed."""

    def __post_init__(self):
        for name in ("units", "batch_size", "chunk", "length"):
            flag = "--" + name.replace("_", "-")
            check_whole(flag, getattr(self, name), at_least=1)
        check_whole("--characters", self.characters, at_least=3)
