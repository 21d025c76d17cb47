"""The four types of recurrent networks, and the example that does each.

A type is known by the steps at which something is read and something is written.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One type."""

    name: str
    reads: tuple[int, ...]  # steps, counted from 0
    writes: tuple[int, ...]
    feeds_back: bool  # whether what was written is read at the next step
    examples: tuple[tuple[str, str], ...]  # package, and what it reads and writes
    keras: str  # what makes the difference


KINDS = (
    Kind(
        "many-to-one",
        reads=(0, 1, 2),
        writes=(2,),
        feeds_back=False,
        examples=(
            ("sentiment", "words of a review -> one label"),
            ("forecasting", "values so far -> all values ahead, in one go"),
        ),
        keras="the layer puts out its last state alone, (B, U): the default",
    ),
    Kind(
        "many-to-many, equal length",
        reads=(0, 1, 2),
        writes=(0, 1, 2),
        feeds_back=False,
        examples=(("text_generation", "in training: characters -> each one's next"),),
        keras="return_sequences=True",
    ),
    Kind(
        "many-to-many, unequal length",
        reads=(0, 1, 2),
        writes=(3, 4),
        feeds_back=True,
        examples=(("sorting", "a list -> the list in order, once all is read"),),
        keras="return_state=True, and the states are another layer's initial_state",
    ),
    Kind(
        "one-to-many",
        reads=(0,),
        writes=(0, 1, 2),
        feeds_back=True,
        examples=(("text_generation", "in use: a prompt's one state -> a text"),),
        keras="one step at a time: state and last output go into the next",
    ),
)


def diagram(kind: Kind) -> list[str]:
    """Return the type as five lines of text: written, state, read, and arrows.

    What is written and then read again is the `y` in the lowest line.
    """
    count = max(*kind.reads, *kind.writes) + 1
    written = ["y" if t in kind.writes else " " for t in range(count)]
    up = ["^" if t in kind.writes else " " for t in range(count)]
    read = [
        "x"
        if t in kind.reads
        else "y"
        if kind.feeds_back and t - 1 in kind.writes
        else " "
        for t in range(count)
    ]
    below = ["^" if mark != " " else " " for mark in read]
    states = " > ".join("h" * count)
    return [
        "   ".join(written),
        "   ".join(up),
        states,
        "   ".join(below),
        "   ".join(read),
    ]


def side_by_side(*, gap: int = 6) -> list[str]:
    """Return the diagrams of all types beside each other."""
    blocks = [diagram(kind) for kind in KINDS]
    return [(" " * gap).join(parts).rstrip() for parts in zip(*blocks, strict=True)]
