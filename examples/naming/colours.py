"""Colours as numbers in which equal steps look equally large."""

import re

import numpy as np

from common.errors import UserError, shown

_HEX = re.compile(r"#?[0-9a-fA-F]{6}")
# From linear red, green, blue to the responses of the eye's cones, and from their cube
# roots to lightness, green-red and blue-yellow: Ottosson 2020, "A perceptual color
# space for image processing".
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
AXES = ("lightness", "green to red", "blue to yellow")


def oklab(colour: str) -> np.ndarray:
    """Return the OKLab coordinates (3,) of a colour such as "#a0522d".

    Raises:
        UserError: it is no such colour.
    """
    if not _HEX.fullmatch(colour):
        raise UserError(f"a colour must be like #a0522d; received {shown(colour)}")
    digits = colour.removeprefix("#")
    rgb = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return _LAB @ np.cbrt(_CONES @ linear)


def swatch(colour: str) -> str:
    """Return a patch in a colour, for a terminal that knows 24-bit colours."""
    digits = colour.removeprefix("#")
    red, green, blue = (int(digits[i : i + 2], 16) for i in (0, 2, 4))
    return f"\x1b[48;2;{red};{green};{blue}m      \x1b[0m"
