"""`python -m examples.sorting`: the verbs, each one line to a function."""

from common.command_line import cli

from .config import PRESETS, Compare, Config, Sort


def train(config: Config):
    """Train a network that sorts lists, and compare it with simple baselines."""
    from .train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from .train import compare

    return compare(config)


def sort(options: Sort):
    """Sort lists of your own with the newest finished run."""
    from .predict import sort

    sort(options)


def main():
    """Parse the command line and call the verb."""
    cli.main(__package__, train, compare, sort, presets=PRESETS)


if __name__ == "__main__":
    main()
