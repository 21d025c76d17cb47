"""The colours of the tags: in the terminal, on a page, in a figure.

Colours alone do not tell all tags apart for everybody, so pages name the tag as well.
"""

# As readable on white as on black.
COLOURS = {
    "space": "#808080",
    "keyword": "#0072b2",
    "name": "#767676",
    "definition": "#cc4778",
    "builtin": "#8a63d2",
    "string": "#2a8f5b",
    "comment": "#a07000",
    "number": "#d55e00",
    "operator": "#808080",
}
OTHERS = (
    *("#0072b2", "#d55e00", "#2a8f5b", "#cc4778", "#8a63d2", "#a07000"),
    *("#56a0c8", "#767676"),
)


def color_of(tags: list[str], number: int) -> str:
    """Return the colour of a tag: that of its class of source, or one of a list."""
    return COLOURS.get(tags[number], OTHERS[number % len(OTHERS)])


def ansi(color: str, text: str) -> str:
    """Return text in a colour, for a terminal that knows 24-bit colours."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"\x1b[38;2;{red};{green};{blue}m{text}\x1b[0m"
