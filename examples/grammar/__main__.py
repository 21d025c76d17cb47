"""`python -m examples.grammar`: the verbs, each one line to a function."""

from pathlib import Path

from common.command_line import cli
from common.export import export as exporting
from common.export.export import Export
from common.play import page
from common.play.page import Play

from .config import PRESETS, Check, Compare, Config


def train(config: Config):
    """Train a network that finds damaged sentences; compare it with baselines."""
    from .train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from .train import compare

    return compare(config)


def check(options: Check):
    """Say of your own sentences whether they are in order, and where not."""
    from .predict import check

    check(options)


def export(options: Export):
    """Write the network of a finished run as SavedModel, ONNX or LiteRT."""
    from .export import parts

    exporting.export(options, Path(__file__).parent, parts)


def play(options: Play):
    """Open the page in which the network of a finished run works in the browser."""
    page.play(options, Path(__file__).parent)


def main():
    """Parse the command line and call the verb."""
    cli.main(__package__, train, compare, check, export, play, presets=PRESETS)


if __name__ == "__main__":
    main()
