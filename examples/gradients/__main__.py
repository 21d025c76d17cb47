"""`python -m examples.gradients`: one verb, one line to a function."""

from common.command_line import cli

from .config import Config


def show(config: Config):
    """Measure gradients through time, and what follows for learning."""
    from .show import show

    show(config)


def main():
    """Parse the command line and call the verb."""
    cli.main(__package__, show, presets={})


if __name__ == "__main__":
    main()
