"""The one kind of error that users can mend, and the checks that raise it."""

import math
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


def check_whole(name: str, value: int, *, at_least: int, at_most: int):
    """Raise `UserError` unless `value` is a whole number from `at_least` to `at_most`.

    Args:
        name: the setting, as the user spells it (`--units`).
        value: what was received.
        at_least: smallest legal value.
        at_most: largest legal value.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not at_least <= value <= at_most:
        raise UserError(
            f"{name} must be a whole number, {at_least}..{at_most}; "
            f"received {shown(value)}"
        )


def check_real(
    name: str,
    value: float,
    *,
    at_least: float,
    at_most: float,
    above: bool = False,
    below: bool = False,
):
    """Raise `UserError` unless `value` is a finite number within the limits.

    Args:
        name: the setting, as the user spells it.
        value: what was received.
        at_least: lower limit.
        at_most: upper limit.
        above: whether the lower limit itself is illegal.
        below: whether the upper limit itself is illegal.
    """
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    low = real and (value > at_least or (value == at_least and not above))
    high = real and (value < at_most or (value == at_most and not below))
    if not (low and high and math.isfinite(value)):
        limits = (
            f"{'above' if above else 'at least'} {at_least:g} and "
            f"{'below' if below else 'at most'} {at_most:g}"
        )
        raise UserError(f"{name} must be a number {limits}; received {shown(value)}")


def check_choice(name: str, value: object, choices: Iterable[object]):
    """Raise `UserError` unless `value` is one of `choices`; the message lists them."""
    choices = list(choices)
    if value not in choices:
        listed = ", ".join(map(str, choices))
        raise UserError(f"{name} must be one of {listed}; received {shown(value)}")
