"""`python -m examples.forecasting`: the verbs, each one line to a function."""

from common.command_line import cli
from examples.forecasting.config import PRESETS, Compare, Config, Forecast


def train(config: Config):
    """Train a network that forecasts, and test it beside its baselines."""
    from examples.forecasting.train import train

    return train(config)


def compare(config: Compare):
    """Compare the built-in layer with the cell written by hand, GRU and LSTM."""
    from examples.forecasting.train import compare

    return compare(config)


def forecast(options: Forecast):
    """Forecast series of your own with the newest finished run."""
    from examples.forecasting.predict import forecast

    forecast(options)


def main():
    """Parse the command line and call the verb."""
    cli.main("forecasting", train, compare, forecast, presets=PRESETS)


if __name__ == "__main__":
    main()
