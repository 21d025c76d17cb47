"""Sentence patterns of the reviews, by phenomenon.

A pattern is an opening, a frame and what the frame is about, put together. Slots:

- `{adj+}` is an opinion word that agrees with the label of the review, `{adj-}` one
  of the opposite opinion: "it was not {mild-}" is a positive review with a negative
  word, and a negative review with a positive word. `{a gem+}` has its article.
- A digit asks for another word: `{adj2+}` differs from `{adj+}`.
- `{it}` is what the frame is about; `{be}` ("was"), `{they}` and `{them}` agree
  with it.
- `{X+}` is any adjective for it and `{M+}` one that "not" turns into its opposite;
  they become `{any_trait+}` and `{trait+}` for a part, `{adj+}` and `{mild+}` for
  the whole.
- `{noun}` is the whole (a film), `{part}` a part of it (the plot).
"""

import itertools
import zlib

# The tenths of all patterns, and of all combinations of words, that a split may use.
SHARES = {"train": range(6), "validation": range(6, 8), "test": range(8, 10)}

# "{}" is the frame.
OPENINGS = (
    "{}",
    "in my opinion {}",
    "if you ask me, {}",
    "to be honest, {}",
    "well, {}",
    "here is my verdict: {}",
    "let me tell you: {}",
    "looking back, {}",
    "{someone} and I tried it: {}",
)

WHOLE = ("it", "the {noun}", "this {noun}")
PART = ("the {part}", "the {part} in this {noun}")

# "One side, connective, other side": the side called B decides.
CONNECTIVES = (
    "{A}, but {B}",
    "{A}, yet {B}",
    "{A}. Still, {B}",
    "{A}. However, {B}",
    "although {A}, {B}",
    "even though {A}, {B}",
    "{B}, although {A}",
    "{B}, even though {A}",
    "{B}, despite the fact that {A}",
)
DETAILS = (
    "the {part} {was} {trait-}",
    "{someone} {loved-} it",
    "{someone} was {glad-}",
    "one {unit} was {mild-}",
    "I was {glad-} with the {part}",
)
VERDICTS = (
    "I {loved+} {it}",
    "{it} was {adj+}",
    "{it} {charmed+} me",
    "{it} was {a gem+}",
    "I was {glad+} with {it} as a whole",
)
HOPES = (
    "I thought {it} would be {X-}",
    "I expected {it} to be {X-}",
    "{someone} told me that {it} would be {X-}",
    "everybody had called {it} {X-}",
    "I was sure that {it} would {charm-} me",
    "the adverts made {it} look {X-}",
    "{it} {be} supposed to be {X-}",
)
TURNS = ("{A}, but {B}", "{A}, instead {B}", "{A}, and then {B}", "{A}. In fact {B}")
OUTCOMES = (
    "{they} {be} {X+}",
    "I found {them} {X+}",
    "I {loved+} {them}",
    "{they} {charmed+} me",
)


def join(
    connectives: tuple[str, ...], left: tuple[str, ...], right: tuple[str, ...]
) -> tuple[str, ...]:
    """Puts every clause of `left` beside every clause of `right`."""
    return tuple(
        connective.replace("{A}", one).replace("{B}", other)
        for connective, one, other in itertools.product(connectives, left, right)
    )


FRAMES = {
    "plain": (
        "{it} {be} {X+}",
        "{it} {be} {X+} and {X2+}",
        "{it} {be} {X+} from start to finish",
        "{it} {be} so {X+} that I {loved+} {them}",
        "{it} {be} {X+}, and {someone} agreed",
        "{it} {be} {X+}, I was {glad+}",
        "{it} {charmed+} me",
        "{it} did {charm+} me",
        "I found {it} {X+}",
        "I {loved+} {it}",
        "I {loved+} how {X+} {it} {be}",
        "I was {glad+} with {it}",
        "all of us {loved+} {it}",
        "everybody {loved+} {it}",
        "I would call {it} {X+}",
        "I think that {it} {be} {X+}",
        "I would say that {it} {be} {X+}",
        "everybody could say that {it} {be} {X+}",
    ),
    "negation": (
        "{it} {be} not {M-}",
        "{it} {be} not {M-} at all",
        "{it} {be} never {M-}",
        "{it} {be} hardly {M-}",
        "{it} {be} far from {M-}",
        "{it} {be} anything but {M-}",
        "{it} {be} by no means {M-}",
        "{it} {be} in no way {M-}",
        "{it} {be} neither {M-} nor {M2-}",
        "{it} had no {merit-}",
        "{it} did not {please-} me",
        "I was not {happy-} with {it}",
        "I was never {happy-} with {it}",
        "I did not find {it} {M-}",
        "I never found {it} {M-}",
        "I would not call {it} {M-}",
        "I do not think that {it} {be} {M-}",
        "I would not say that {it} {be} {M-}",
        "nobody found {it} {M-}",
        "nobody could say that {it} {be} {M-}",
        "none of us found {it} {M-}",
        "there was nothing {M-} about {it}",
    ),
    "double_negation": (
        "I do not think that {it} {be} not {M+}",
        "I would not say that {it} {be} not {M+}",
        "I would not say that {it} did not {please+} me",
        "nobody could say that {it} {be} not {M+}",
        "nobody could say that {it} did not {please+} me",
        "nobody could say that I was not {happy+} with {it}",
        "no one can deny that {it} {be} {M+}",
        "I cannot deny that {it} {be} {M+}",
        "I cannot deny that I was {happy+} with {it}",
        "there was nobody who did not find {it} {M+}",
        "there was no one who was not {happy+} with {it}",
    ),
    "contrast": join(CONNECTIVES, DETAILS, VERDICTS),
    "expectation": join(TURNS, HOPES, OUTCOMES),
    "intensity": (
        "{it} was {very} {mild+}",
        "{it} was {utterly} {strong+}",
        "I {utterly} {loved+} {it}",
        "I was {utterly} {glad+} with {it}",
        "{it} was {hedge-} {weak-}, but {utterly} {strong+}",
        "{it} was {utterly} {strong+}, if only {hedge-} {weak-}",
        "{it} was {hedge-} {weak-} at the start and {utterly} {strong+} after that",
        "{it} was {utterly} {strong+} after {a weak-} start",
        "{it} started {hedge-} {weak-} and became {utterly} {strong+}",
        "perhaps {it} was {hedge-} {weak-}, and yet {utterly} {strong+}",
    ),
    # The words of {X+} and {X-} change places in the other review of the pair.
    "order_pairs": (
        "{it} {be} not {X-}, {they} {be} {X+}",
        "{it} {be} {X+}, {they} {be} not {X-}",
        "{it} {be} {X+} and not {X-}",
        "{it} {be} not {X-} but {X+}",
        "{it} {be} never {X-}, {they} {be} {X+}",
        "{it} {be} {X+} and never {X-}",
        "{it} {be} far from {X-}, {they} {be} {X+}",
        "{it} {be} {X+}, {they} {be} far from {X-}",
        "{it} {be} anything but {X-}, {they} {be} {X+}",
        "{it} {be} {X+} rather than {X-}",
        "{it} {be} {X+} instead of {X-}",
        "I would not call {it} {X-}, I would call {them} {X+}",
        "I found {it} {X+}, I did not find {them} {X-}",
        "nobody found {it} {X-}, everybody found {them} {X+}",
        "everybody found {it} {X+}, nobody found {them} {X-}",
        "I thought {it} would be {X-}, instead {they} {be} {X+}",
        "I thought {it} would be {X-}, and then {they} {be} {X+}",
        "I expected {it} to be {X-}, but {they} {be} {X+}",
        "{someone} told me that {it} would be {X-}, but {they} {be} {X+}",
        "{it} {be} supposed to be {X-}. In fact {they} {be} {X+}",
        "although {someone} found {it} {X-}, I found {them} {X+}",
        "I found {it} {X+}, although {someone} found {them} {X-}",
    ),
}
# About the whole only: their clauses name a part themselves, or grade the whole.
ABOUT_WHOLE = ("contrast", "intensity")


def patterns(split: str, phenomenon: str) -> list[str]:
    """Returns the sentence patterns of one split; the splits share none."""
    subjects = WHOLE if phenomenon in ABOUT_WHOLE else WHOLE + PART
    return [
        opening.replace("{}", put_in(frame, subject))
        for opening, frame, subject in itertools.product(
            OPENINGS, FRAMES[phenomenon], subjects
        )
        if is_in(split, opening, frame, subject)
    ]


def put_in(frame: str, subject: str) -> str:
    """Makes a frame be about `subject`."""
    adjective, mild, be, they, them = (
        ("any_trait", "trait", "{was}", "{they}", "{them}")
        if subject in PART
        else ("adj", "mild", "was", "it", "it")
    )
    # What is named once is "it" from then on.
    frame = frame.replace("{it}", subject, 1).replace("{it}", them)
    for slot, text in (("{be}", be), ("{they}", they), ("{them}", them)):
        frame = frame.replace(slot, text)
    return frame.replace("{X", "{" + adjective).replace("{M", "{" + mild)


def is_in(split: str, *parts: str) -> bool:
    """Says whether a combination of texts belongs to `split`.

    Every combination belongs to exactly one.
    """
    # CRC-32 is the same on every machine; Python's own hash is not.
    return zlib.crc32("|".join(parts).encode()) % 10 in SHARES[split]
