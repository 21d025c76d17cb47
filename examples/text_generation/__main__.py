"""`python -m examples.text_generation`: the verbs, each one line to a function."""

from common.command_line import cli
from examples.text_generation.config import PRESETS, Compare, Config, Generate, Speed


def train(config: Config):
    """Train a character model and test it beside n-grams and a compressor."""
    from examples.text_generation.train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from examples.text_generation.train import compare

    return compare(config)


def generate(options: Generate):
    """Write text with the newest finished run."""
    from examples.text_generation.predict import generate

    generate(options)


def speed(options: Speed):
    """Time writing against `predict` calls, and training against PyTorch's nn.RNN."""
    from examples.text_generation.speed import speed

    speed(options)


def main():
    """Parse the command line and call the verb."""
    cli.main("text_generation", train, compare, generate, speed, presets=PRESETS)


if __name__ == "__main__":
    main()
