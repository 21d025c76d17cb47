"""`python -m examples.sentiment`: the verbs, each one line to a function."""

from pathlib import Path

from common.command_line import cli
from common.export import export as exporting
from common.export.export import Export
from common.play import page
from common.play.page import Play

from .config import PRESETS, Classify, Compare, Config, Evaluate


def train(config: Config):
    """Train a text classifier and compare it with simple baselines."""
    from .train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from .train import compare

    return compare(config)


def classify(options: Classify):
    """Label your own texts with the newest finished run."""
    from .predict import classify

    classify(options)


def evaluate(options: Evaluate):
    """Test a finished run on a file of labelled texts."""
    from .predict import evaluate

    evaluate(options)


def export(options: Export):
    """Write the network of a finished run as SavedModel, ONNX or LiteRT."""
    from .export import parts

    exporting.export(options, Path(__file__).parent, parts)


def play(options: Play):
    """Open the page in which the network of a finished run works in the browser."""
    page.play(options, Path(__file__).parent)


def main():
    """Parse the command line and call the verb."""
    cli.main(
        __package__, train, compare, classify, evaluate, export, play, presets=PRESETS
    )


if __name__ == "__main__":
    main()
