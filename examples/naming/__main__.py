"""`python -m examples.naming`: the verbs, each one line to a function."""

from pathlib import Path

from common.command_line import cli
from common.export import export as exporting
from common.export.export import Export
from common.play import page
from common.play.page import Play

from .config import PRESETS, Compare, Config, Name


def train(config: Config):
    """Train a network that names colours, and compare it with n-grams."""
    from .train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from .train import compare

    return compare(config)


def name(options: Name):
    """Name your own colours or rows with the newest finished run."""
    from .predict import name

    name(options)


def export(options: Export):
    """Write the network of a finished run as SavedModel, ONNX or LiteRT."""
    from .export import parts

    exporting.export(options, Path(__file__).parent, parts)


def play(options: Play):
    """Open the page in which the network of a finished run works in the browser."""
    page.play(options, Path(__file__).parent)


def main():
    """Parse the command line and call the verb."""
    cli.main(__package__, train, compare, name, export, play, presets=PRESETS)


if __name__ == "__main__":
    main()
