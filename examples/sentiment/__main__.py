"""`python -m examples.sentiment`: the verbs, each one line to a function."""

from common.command_line import cli

from .config import PRESETS, Classify, Compare, Config


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


def main():
    """Parse the command line and call the verb."""
    cli.main(__package__, train, compare, classify, presets=PRESETS)


if __name__ == "__main__":
    main()
