"""`python -m examples.sorting`: the verbs, each one line to a function."""

from common.command_line import cli
from examples.sorting.config import PRESETS, Compare, Config, Sort


def train(config: Config):
    """Train a network that sorts, and test it beside its baselines."""
    from examples.sorting.train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from examples.sorting.train import compare

    return compare(config)


def sort(options: Sort):
    """Sort lists of your own with the newest finished run."""
    from examples.sorting.predict import sort

    sort(options)


def main():
    """Parse the command line and call the verb."""
    cli.main("sorting", train, compare, sort, presets=PRESETS)


if __name__ == "__main__":
    main()
