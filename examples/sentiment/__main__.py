"""`python -m examples.sentiment`: the verbs, each one line to a function."""

from common.command_line import cli
from examples.sentiment.config import PRESETS, Classify, Compare, Config


def train(config: Config):
    """Train a sentiment classifier and test it beside its baselines."""
    from examples.sentiment.train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from examples.sentiment.train import compare

    return compare(config)


def classify(options: Classify):
    """Label texts of your own with the newest finished run."""
    from examples.sentiment.predict import classify

    classify(options)


def main():
    """Parse the command line and call the verb."""
    cli.main("sentiment", train, compare, classify, presets=PRESETS)


if __name__ == "__main__":
    main()
