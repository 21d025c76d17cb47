"""`python -m examples.anatomy`: one verb, one line to a function."""

from common.command_line import cli

from .config import Config


def show(config: Config):
    """Print equations, shapes and one computed sequence of a network, and draw it."""
    from .show import show

    show(config)


def main():
    """Parse the command line and call the verb."""
    cli.main(__package__, show, presets={})


if __name__ == "__main__":
    main()
