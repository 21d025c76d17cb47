"""Settings of the sentiment example, and its presets."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from common.errors import UserError, check_choice, check_real, check_whole
from common.settings import Repeats, Settings

DATASETS = ("reviews", "imdb_reviews")
SUMMARIES = ("last", "max")


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What to train and on what; every setting has a default."""

    units: int = 48
    """Width of the hidden state."""
    epochs: int = 30
    """Passes over the training data; the best one by validation is kept."""
    batch_size: int = 32
    """Reviews in a training step."""
    learning_rate: float = 6e-3
    """Step size at the start; it falls to zero along a cosine."""
    dataset: Literal["reviews", "imdb_reviews"] = "reviews"
    """Bundled synthetic reviews, or IMDB's (TensorFlow Datasets downloads them)."""
    data: str | None = None
    """Your own .csv, .tsv or .jsonl file, instead of a data set."""
    text_column: str = "text"
    """Column of your file with the texts."""
    label_column: str = "label"
    """Column of your file with the labels, two kinds or more."""
    data_dir: str | None = None
    """Where TensorFlow Datasets keeps its data; default: its own folder."""
    vocabulary_size: int = 20_000
    """Most frequent words of the training texts that get an id of their own."""
    max_length: int = 400
    """Words of a text that are read; what follows is cut off."""
    embedding_size: int = 8
    """Numbers that stand for a word."""
    summary: Literal["last", "max"] = "last"
    """Classify by the last hidden state; or, for long texts, by the largest value of
    every unit over a reading in both directions, with the mean of the embeddings."""
    dropout: float = 0.0
    """Share of the words that training hides; with --summary max of its values too."""

    def __post_init__(self):
        super().__post_init__()
        check_choice("--dataset", self.dataset, DATASETS)
        check_choice("--summary", self.summary, SUMMARIES)
        check_whole("--vocabulary-size", self.vocabulary_size, at_least=3)
        check_whole("--max-length", self.max_length, at_least=1)
        check_whole("--embedding-size", self.embedding_size, at_least=1, at_most=4096)
        check_real("--dropout", self.dropout, at_least=0, below=1)


# Differences from the defaults above, which solve the bundled reviews in a minute.
PRESETS = {
    "default": {},
    # A few seconds, for tests: enough to beat guessing, no more.
    "smoke": {"epochs": 2},
    # Reviews of 230 words in the mean: the last state has forgotten their beginning,
    # and 25,000 of them are few for so many words.
    "full": {
        "dataset": "imdb_reviews",
        "summary": "max",
        "units": 64,
        "embedding_size": 128,
        "dropout": 0.5,
        "batch_size": 128,
        "learning_rate": 2e-3,
        "epochs": 9,
        "max_length": 800,
    },
}


@dataclass(frozen=True, kw_only=True)
class Compare(Repeats, Config):
    """Settings of `compare`: those of the training, and how often to repeat it."""


@dataclass(frozen=True, kw_only=True)
class Classify:
    """What to classify and with which run."""

    texts: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Texts, each in quotes; with none, lines are read from --file or from stdin."""
    file: str | None = None
    """File with a text on every line."""
    json: bool = False
    """Print JSON instead of lines."""
    run: str | None = None
    """Run folder to use; default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""

    def __post_init__(self):
        if self.texts and self.file is not None:
            raise UserError("give texts or --file, not both")
