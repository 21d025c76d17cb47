"""The four types of recurrent networks, and the examples of each.

The types differ in the steps that read an input and the steps that write an output.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One type."""

    name: str
    reads: tuple[int, ...]  # steps with an input, counted from 0
    writes: tuple[int, ...]  # steps with an output
    feeds_back: bool  # whether the next step reads the output
    examples: dict[str, str]  # package -> what it reads and writes
    keras: str  # how to do it in Keras


KINDS = (
    Kind(
        "many-to-one",
        reads=(0, 1, 2),
        writes=(2,),
        feeds_back=False,
        examples={
            "sentiment": "words of a review -> one label",
            "forecasting": "past values -> all future values at once",
            "signals": "measurements of a window -> one class",
            "grammar": "words of a sentence -> are they in order?",
        },
        keras="the default: a layer returns its last state only, (B, U)",
    ),
    Kind(
        "many-to-many, equal length",
        reads=(0, 1, 2),
        writes=(0, 1, 2),
        feeds_back=False,
        examples={
            "tagging": "characters or words -> one class for each",
            "text_generation": "in training: each character -> the next one",
        },
        keras="return_sequences=True",
    ),
    Kind(
        "many-to-many, unequal length",
        reads=(0, 1, 2),
        writes=(3, 4),
        feeds_back=True,
        examples={"sorting": "a whole list -> the same list in order"},
        keras="return_state=True; a second layer takes the states as initial_state",
    ),
    Kind(
        "one-to-many",
        reads=(0,),
        writes=(0, 1, 2),
        feeds_back=True,
        examples={
            "naming": "a colour -> its name, letter by letter",
            "text_generation": "in use: the state after a prompt -> a text",
        },
        keras="one step per call; state and last output are the next input",
    ),
)
