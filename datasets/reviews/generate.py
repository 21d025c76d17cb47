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
import zlib
from collections import Counter
from pathlib import Path

from sentence_patterns import PATTERNS
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
# Deals the word combinations to the splits; with this one, training sees every word.
SALT = "2185"
COLUMNS = ("text", "label", "split", "phenomenon")
LABELS = ("positive", "negative")

# Rows by split; every number divides by two, so that the labels balance.
ROWS = {
    "train": {
        "plain": 2240,
        "negation": 1900,
        "double_negation": 700,
        "contrast": 780,
        "expectation": 860,
        "intensity": 560,
        "order_pairs": 2460,
    },
    "validation": {
        "plain": 330,
        "negation": 190,
        "double_negation": 80,
        "contrast": 130,
        "expectation": 120,
        "intensity": 110,
        "order_pairs": 280,
    },
    "test": {
        "plain": 500,
        "negation": 280,
        "double_negation": 120,
        "contrast": 200,
        "expectation": 180,
        "intensity": 160,
        "order_pairs": 420,
    },
}

# The tenths of all word combinations that a split may use.
SHARES = {"train": range(6), "validation": range(6, 8), "test": range(8, 10)}
NEUTRAL_RATE = 0.4
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
    patterns = {
        label: [
            pattern.removeprefix("+ ").removeprefix("- ")
            for pattern in PATTERNS[split][phenomenon]
            if not pattern.startswith("- " if label == "positive" else "+ ")
        ]
        for label in LABELS
    }
    paired = phenomenon == "order_pairs"
    labels = [LABELS] * (count // 2) if paired else [(label,) for label in LABELS]
    labels = labels if paired else labels * (count // 2)
    turns = dict.fromkeys(LABELS, 0)
    groups = []
    for group_labels in labels:
        choices = patterns[group_labels[0]]
        pattern = choices[turns[group_labels[0]] % len(choices)]
        turns[group_labels[0]] += 1
        texts = make_new_texts(rng, pattern, split, group_labels, seen)
        groups.append(list(zip(texts, group_labels, strict=True)))
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
    pattern = contract(rng, pattern)
    if rng.random() < EXCLAMATION_RATE:
        pattern = pattern.removesuffix(".") + ("!" if pattern.endswith(".") else "")
    words = choose_words(rng, pattern, topic, split, labels)
    before, after = choose_neutral(rng, topic)
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
        Slot, such as "adj+" or "part2", to its word.

    Raises:
        NoSuchCombinationError: If no word is left for a slot.
    """
    words, aspects = choose_frame(rng, topic)
    anchor = words["noun"] if len(labels) == 1 else None
    for _, kind, digit, sign in SLOT.findall(pattern):
        slot = kind + digit + sign
        if slot in words:
            continue
        if not sign:
            bank = NEUTRAL_SLOTS.get(kind) or NEUTRAL_WORDS[kind]
            words[slot] = choose_other(rng, bank, words)
            continue
        positive = (sign == "+") == (labels[0] == "positive")
        if kind == "trait":
            # "{trait3+}" is a second adjective for the first part.
            second = digit == "2"
            bank = aspects[second].good if positive else aspects[second].bad
            beside = words["part2" if second else "part"]
            words[slot] = choose_opinion(rng, bank, words, beside, split)
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
        if word not in words.values() and allowed(beside, word, split)
    ]
    if not free:
        raise NoSuchCombinationError(bank)
    return rng.deal(free, split)


def choose_frame(
    rng: random.Random, topic: Topic
) -> tuple[dict[str, str], tuple[Aspect, Aspect]]:
    """Chooses the nouns of a review and the words that agree with them."""
    use, using = topic.use
    early, late = rng.choice(split_words(topic.stages)).split("/")
    words = {
        "noun": rng.choice(split_words(topic.nouns)),
        "made": rng.choice(split_words(topic.made)),
        "unit": rng.choice(split_words(topic.units)),
        "use": use,
        "using": using,
        "early": early,
        "late": late,
    }
    aspects = tuple(rng.sample(topic.aspects, 2))
    for digit, aspect in zip(("", "2"), aspects, strict=True):
        words["part" + digit] = rng.choice(split_words(aspect.parts))
        words["was" + digit] = "were" if aspect.plural else "was"
        words["is" + digit] = "are" if aspect.plural else "is"
        words["they" + digit] = "they" if aspect.plural else "it"
        words["them" + digit] = "them" if aspect.plural else "it"
    return words, aspects


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


def allowed(beside: str | None, word: str, split: str) -> bool:
    """Says whether a split may use a combination of two words, in either order."""
    if beside is None:
        return True
    # CRC-32 is the same on every machine; Python's own hash is not.
    key = "|".join((SALT, *sorted((beside, word))))
    return zlib.crc32(key.encode()) % 10 in SHARES[split]


def choose_neutral(rng: random.Random, topic: Topic) -> tuple[str, str]:
    """Chooses neutral sentences to stand before and after a review, mostly none."""
    sentences = ["", ""]
    if rng.random() < NEUTRAL_RATE:
        sides = rng.choices(((0,), (1,), (0, 1)), weights=(5, 5, 1))[0]
        chosen = rng.sample(NEUTRAL + topic.neutral, len(sides))
        for side, sentence in zip(sides, chosen, strict=True):
            words: dict[str, str] = {}
            for _, kind, digit, _ in SLOT.findall(sentence):
                words[kind + digit] = choose_other(rng, NEUTRAL_WORDS[kind], words)
            sentences[side] = fill(sentence, words)
    return sentences[0], sentences[1]


def choose_other(rng: random.Random, bank: str, words: dict[str, str]) -> str:
    """Chooses a word of a bank that no slot holds yet."""
    return rng.choice(
        [word for word in split_words(bank) if word not in words.values()]
    )


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
