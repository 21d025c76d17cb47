"""The one kind of error that users can fix, and how its messages show values."""

from collections.abc import Iterable


class UserError(Exception):
    """Wrong input. The message states the rule, the limit and what was received.

    The command line prints it as one line on stderr and exits with status 2.
    Everything else that goes wrong is a bug and keeps its traceback.
    """


def one_line(text: object, limit: int = 500) -> str:
    """Return `text` as one printable line of at most `limit` characters."""
    line = " ".join(str(text).split())
    line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= limit else line[: limit - 3] + "..."


def shown(value: object, limit: int = 80) -> str:
    """Return the `repr` of a value for a message, shortened to `limit` characters."""
    try:
        return one_line(repr(value), limit)
    except ValueError:  # Python refuses to print an integer of more than 4,300 digits
        return "a number of more than 4,300 digits"


def check_choice(name: str, value: object, choices: Iterable[object]):
    """Raise `UserError` unless `value` is one of `choices`; the message lists them."""
    choices = list(choices)
    if value not in choices:
        listed = ", ".join(map(str, choices))
        raise UserError(f"{name} must be one of {listed}; received {shown(value)}")
