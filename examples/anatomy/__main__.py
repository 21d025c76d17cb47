"""`python -m examples.anatomy`: one verb, one line to a function."""

from common.command_line import cli
from examples.anatomy.config import Config


def show(config: Config):
    """Take a recurrent network apart: shapes, parameters, one sequence, a figure."""
    from examples.anatomy.show import show

    show(config)


def main():
    """Parse the command line and call the verb."""
    cli.main("anatomy", show, presets={})


if __name__ == "__main__":
    main()
