"""The one kind of error that is the user's to mend, and the checks that raise it."""

import math
from collections.abc import Iterable


class UserError(Exception):
    """Input that is wrong: the message states the rule and what was received.

    The command line prints it as one line on stderr and exits with status 2.
    Everything else that goes wrong is a bug and keeps its traceback.
    """


def one_line(text: object) -> str:
    """Return `text` with every run of white space, line ends too, as one space."""
    return " ".join(str(text).split())


def check_whole(name: str, value: int, *, at_least: int, at_most: int | None = None):
    """Raise `UserError` unless `value` is a whole number from `at_least` to `at_most`.

    Args:
        name: the setting, as the user spells it (`--units`).
        value: what was received.
        at_least: smallest legal value.
        at_most: largest legal value; `None` for no limit.
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < at_least or (at_most is not None and value > at_most):
        limit = f"at least {at_least}" if at_most is None else f"{at_least}..{at_most}"
        raise UserError(f"{name} must be a whole number, {limit}; received {value!r}")


def check_real(
    name: str,
    value: float,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
):
    """Raise `UserError` unless `value` is a finite number inside the given limits."""
    rules = [
        ("above", above, lambda limit: value > limit),
        ("at least", at_least, lambda limit: value >= limit),
        ("below", below, lambda limit: value < limit),
        ("at most", at_most, lambda limit: value <= limit),
    ]
    rules = [rule for rule in rules if rule[1] is not None]
    finite = isinstance(value, (int, float)) and math.isfinite(value)
    if not finite or not all(holds(limit) for _, limit, holds in rules):
        words = " and ".join(f"{word} {limit:g}" for word, limit, _ in rules)
        raise UserError(f"{name} must be a number {words}; received {value!r}")


def check_choice(name: str, value: str, choices: Iterable[str]):
    """Raise `UserError` unless `value` is one of `choices`, which it lists."""
    choices = list(choices)
    if value not in choices:
        raise UserError(
            f"{name} must be one of {', '.join(choices)}; received {value!r}"
        )
