"""Writes the synthetic reviews in `reviews.csv`, the same bytes on every run.

Usage: python datasets/reviews/generate.py [--output PATH]

A review is a sentence pattern (`sentence_patterns.py`) whose slots are filled from
word banks (`word_banks.py`), in part of the rows with a neutral sentence beside it.
The data card in `README.md` says what decides a label and how the splits differ.
"""

import argparse
import csv
import random
import re
from collections import Counter
from pathlib import Path

from sentence_patterns import is_in, patterns
from word_banks import (
    NEUTRAL,
    NEUTRAL_SLOTS,
    NEUTRAL_WORDS,
    OPINIONS,
    TOPICS,
    Aspect,
    Topic,
    split_words,
)

SEED = 20240229
COLUMNS = ("text", "label", "split", "phenomenon")
LABELS = ("positive", "negative")

# Rows by split; every number divides by two, so that the labels balance.
ROWS = {
    "train": {
        "plain": 3000,
        "negation": 2600,
        "double_negation": 1200,
        "contrast": 1100,
        "expectation": 900,
        "intensity": 600,
        "order_pairs": 2400,
    },
    "validation": {
        "plain": 330,
        "negation": 200,
        "double_negation": 100,
        "contrast": 140,
        "expectation": 120,
        "intensity": 110,
        "order_pairs": 300,
    },
    "test": {
        "plain": 500,
        "negation": 300,
        "double_negation": 150,
        "contrast": 200,
        "expectation": 180,
        "intensity": 170,
        "order_pairs": 500,
    },
}

NEUTRAL_RATE = 0.15
# How often a part gets an adjective that fits anything ("good"), not its own ("witty").
GENERAL_RATE = 0.3
CONTRACTION_RATE = 0.35
EXCLAMATION_RATE = 0.08
MIN_WORDS, MAX_WORDS = 4, 60

SLOT = re.compile(r"\{(a )?([a-z_]+?)(\d?)([+-]?)\}")
CONTRACTIONS = {
    "was not": "wasn't",
    "were not": "weren't",
    "is not": "isn't",
    "did not": "didn't",
    "do not": "don't",
    "would not": "wouldn't",
    "could not": "couldn't",
    "will not": "won't",
    "cannot": "can't",
}
# "a useful app": a vowel letter that sounds like a consonant.
CONSONANT_SOUNDS = ("use", "unique", "unit", "univ", "one", "eu")


class EvenRandom(random.Random):
    """A random source that can also deal words evenly.

    Plain chance would leave some opinion words out of training.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.dealt: Counter[tuple[str, str]] = Counter()

    def deal(self, words: list[str], split: str) -> str:
        """Chooses among the words that a split has seen least so far."""
        least = min(self.dealt[split, word] for word in words)
        word = self.choice([word for word in words if self.dealt[split, word] == least])
        self.dealt[split, word] += 1
        return word


class NoSuchCombinationError(Exception):
    """No word of a bank is free for this split beside the words chosen so far."""


def main() -> None:
    """Writes the data set to the path on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_name("reviews.csv"),
        help="file to write (default: reviews.csv beside this script)",
    )
    path = parser.parse_args().output
    rows = make_rows(EvenRandom(SEED))
    write_rows(path, rows)
    print(f"wrote {len(rows)} reviews to {path}")


def write_rows(path: Path, rows: list[tuple[str, str, str, str]]) -> None:
    """Writes the rows as CSV with a header and LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def make_rows(rng: EvenRandom) -> list[tuple[str, str, str, str]]:
    """Makes all rows, split by split; the two reviews of an order pair are neighbours.

    Args:
        rng: Source of every choice.

    Returns:
        Rows in the order of `COLUMNS`. No two reviews are the same but for capital
        letters and punctuation.
    """
    seen: set[str] = set()
    rows = []
    for split, counts in ROWS.items():
        groups = []
        for phenomenon, count in counts.items():
            for group in make_groups(rng, split, phenomenon, count, seen):
                groups.append([(*review, split, phenomenon) for review in group])
        rng.shuffle(groups)
        rows += [row for group in groups for row in group]
    return rows


def make_groups(
    rng: EvenRandom, split: str, phenomenon: str, count: int, seen: set[str]
) -> list[list[tuple[str, str]]]:
    """Makes the reviews of one split and phenomenon: pairs, or groups of one.

    Args:
        rng: Source of every choice.
        split: Which patterns and word combinations to use.
        phenomenon: Which patterns to use.
        count: How many reviews, an even number.
        seen: Reviews made so far, as `normalize` gives them; added to.

    Returns:
        Groups of (text, label).
    """
    choices = patterns(split, phenomenon)
    groups_of_labels = (
        [LABELS] if phenomenon == "order_pairs" else [(label,) for label in LABELS]
    )
    groups = []
    while sum(map(len, groups)) < count:
        # Shuffled decks rather than free draws: no pattern is left out by chance.
        deck = rng.sample(choices, len(choices))
        for pattern in deck[: (count - sum(map(len, groups))) // 2]:
            for labels in groups_of_labels:
                texts = make_new_texts(rng, pattern, split, labels, seen)
                groups.append(list(zip(texts, labels, strict=True)))
    return groups


def make_new_texts(
    rng: EvenRandom,
    pattern: str,
    split: str,
    labels: tuple[str, ...],
    seen: set[str],
) -> list[str]:
    """Fills a pattern until it gives texts not seen before, one for each label.

    Texts for two labels hold the same words.
    """
    while True:
        try:
            texts = make_texts(rng, pattern, split, labels)
        except NoSuchCombinationError:
            continue
        keys = [normalize(text) for text in texts]
        same_words = len({" ".join(sorted(key.split())) for key in keys}) == 1
        fresh = len(set(keys)) == len(keys) and not seen.intersection(keys)
        if same_words and fresh and MIN_WORDS <= len(keys[0].split()) <= MAX_WORDS:
            seen.update(keys)
            return texts


def make_texts(
    rng: EvenRandom, pattern: str, split: str, labels: tuple[str, ...]
) -> list[str]:
    """Fills a pattern once and renders it for each label.

    The opinion words are drawn for the first label; for the second label the words of
    `{...+}` and `{...-}` change places and all else stays.
    """
    topic = rng.choice(TOPICS)
    pattern = contract(rng, pattern) + ("!" if rng.random() < EXCLAMATION_RATE else ".")
    words = choose_words(rng, pattern, topic, split, labels)
    before, after = choose_neutral(rng, topic, split)
    texts = []
    for label in labels:
        shown = words if label == labels[0] else swap_signs(words)
        parts = [part for part in (before, fill(pattern, shown), after) if part]
        texts.append(capitalize(" ".join(parts)))
    return texts


def choose_words(
    rng: EvenRandom, pattern: str, topic: Topic, split: str, labels: tuple[str, ...]
) -> dict[str, str]:
    """Chooses a word for every slot of a pattern.

    An adjective of a part must be a combination of the split with that part; any
    other opinion word with the opinion word before it or, if it is the first, with
    the name of the whole (in pairs the first is free, since words change places).

    Returns:
        Slot, such as "adj+" or "part", to its word.

    Raises:
        NoSuchCombinationError: If no word is left for a slot.
    """
    aspect = rng.choice(topic.aspects)
    words = {
        "noun": rng.choice(split_words(topic.nouns)),
        "part": rng.choice(split_words(aspect.parts)),
        "was": "were" if aspect.plural else "was",
        "they": "they" if aspect.plural else "it",
        "them": "them" if aspect.plural else "it",
        "unit": rng.choice(split_words(topic.units)),
    }
    anchor = words["noun"] if len(labels) == 1 else None
    for _, kind, digit, sign in SLOT.findall(pattern):
        slot = kind + digit + sign
        if slot in words:
            continue
        if not sign:
            words[slot] = rng.choice(split_words(NEUTRAL_SLOTS[kind]))
            continue
        positive = (sign == "+") == (labels[0] == "positive")
        if kind in ("trait", "any_trait"):
            bank = trait_bank(rng, aspect, kind, positive)
            words[slot] = choose_opinion(rng, bank, words, words["part"], split)
        else:
            bank = opinion_bank(topic, kind, positive)
            words[slot] = anchor = choose_opinion(rng, bank, words, anchor, split)
    return words


def choose_opinion(
    rng: EvenRandom, bank: str, words: dict[str, str], beside: str | None, split: str
) -> str:
    """Chooses an opinion word that no slot holds and that may stand `beside`."""
    free = [
        word
        for word in split_words(bank)
        if word not in words.values()
        and (beside is None or is_in(split, *sorted((beside, word))))
    ]
    if not free:
        raise NoSuchCombinationError(bank)
    return rng.deal(free, split)


def trait_bank(rng: random.Random, aspect: Aspect, kind: str, positive: bool) -> str:
    """Returns the part's own adjectives or, now and then, those that fit anything."""
    side = 0 if positive else 1
    if rng.random() >= GENERAL_RATE:
        return aspect.good if positive else aspect.bad
    general = [OPINIONS["mild"][side]]
    if kind == "any_trait":
        general.append(OPINIONS["strong"][side])
    return ",".join(general)


def opinion_bank(topic: Topic, kind: str, positive: bool) -> str:
    """Returns the bank of a kind and an opinion that a topic allows."""
    side = 0 if positive else 1
    mild, strong = OPINIONS["mild"][side], OPINIONS["strong"][side]
    topical = topic.good if positive else topic.bad
    extreme = topic.superb if positive else topic.awful
    banks = {
        "mild": (mild, topical),
        "strong": (strong, extreme),
        "adj": (mild, topical, strong, extreme),
    }.get(kind)
    return ",".join(banks) if banks else OPINIONS[kind][side]


def choose_neutral(rng: EvenRandom, topic: Topic, split: str) -> tuple[str, str]:
    """Chooses a neutral sentence to stand before or after a review, or mostly none."""
    if rng.random() >= NEUTRAL_RATE:
        return "", ""
    sentence = rng.choice(NEUTRAL + topic.neutral)
    words = {
        kind + digit: rng.deal(split_words(NEUTRAL_WORDS[kind]), split)
        for _, kind, digit, _ in SLOT.findall(sentence)
    }
    sentence = fill(sentence, words)
    return (sentence, "") if rng.random() < 0.5 else ("", sentence)


def contract(rng: random.Random, pattern: str) -> str:
    """Writes "not" as "n't" throughout a pattern, in part of the cases."""
    if rng.random() < CONTRACTION_RATE:
        for full, short in CONTRACTIONS.items():
            pattern = re.sub(rf"\b{full}\b", short, pattern)
            pattern = re.sub(rf"\b{full.capitalize()}\b", short.capitalize(), pattern)
    return pattern


def fill(pattern: str, words: dict[str, str]) -> str:
    """Puts words into the slots of a pattern, with "a" or "an" where asked for."""

    def render(match: re.Match[str]) -> str:
        article, kind, digit, sign = match.groups()
        word = words[kind + digit + sign]
        return f"{indefinite_article(word)} {word}" if article else word

    return SLOT.sub(render, pattern)


def indefinite_article(word: str) -> str:
    """Returns "a" or "an", by the sound that a word begins with."""
    vowel = word[0] in "aeiou" and not word.startswith(CONSONANT_SOUNDS)
    return "an" if vowel else "a"


def swap_signs(words: dict[str, str]) -> dict[str, str]:
    """Lets the words of `{...+}` and `{...-}` change places."""
    swapped = {"+": "-", "-": "+"}
    return {
        slot: words[slot[:-1] + swapped[slot[-1]]] if slot[-1] in swapped else word
        for slot, word in words.items()
    }


def capitalize(text: str) -> str:
    """Begins every sentence with a capital letter."""
    return re.sub(r"(^|[.!?] )([a-z])", lambda m: m[1] + m[2].upper(), text)


def normalize(text: str) -> str:
    """Returns a text without capital letters and punctuation, to compare by."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


if __name__ == "__main__":
    main()
