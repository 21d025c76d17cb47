"""The figures of a run, read for a page: SVG and PNG files, ready for `<img>`.

A file is read, never executed, and shown as it is: in `<img>` a browser runs nothing
and loads nothing.
"""

import base64
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from common.errors import UserError, one_line

DC = "{http://purl.org/dc/elements/1.1/}"  # Dublin Core, in an SVG file's metadata
SVG = "{http://www.w3.org/2000/svg}"
PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """A figure of a run, ready to stand in a page."""

    name: str
    source: str  # data: URI
    width: int  # CSS pixels
    height: int
    caption: str
    alt: str
    has_colour_map: bool
    """Whether colours stand for values, so that a dark page must leave them alone."""


def read_pictures(folder: Path) -> list[Picture]:
    """Read the figures, by name: SVG, or PNG where there is no SVG.

    Raises:
        UserError: a file is not a picture.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.png"))}
    paths |= {path.stem: path for path in sorted(folder.glob("*.svg"))}
    return [_read(path) for _, path in sorted(paths.items())]


def _read(path: Path) -> Picture:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {one_line(error)}") from None
    parse, kind = (_svg, "svg+xml") if path.suffix == ".svg" else (_png, "png")
    try:
        width, height, *texts, has_colour_map = parse(content)
    except (ElementTree.ParseError, ValueError, struct.error) as error:
        raise UserError(f"{path} is damaged: {one_line(error)}") from None
    caption, alt = texts
    plain = path.stem.replace("_", " ").capitalize()
    return Picture(
        path.stem,
        f"data:image/{kind};base64,{base64.b64encode(content).decode()}",
        width,
        height,
        caption or f"{plain}.",
        alt or f"{plain}; no description was saved with it.",
        has_colour_map,
    )


def _svg(content: bytes) -> tuple[int, int, str | None, str | None, bool]:
    """Return size, caption, description, and whether there is an image inside."""
    root = ElementTree.fromstring(content)
    if root.tag != f"{SVG}svg":
        raise ValueError("it is not SVG")
    sizes = [
        re.fullmatch(r"([\d.]+)pt", root.get(name, "")) for name in ("width", "height")
    ]
    if not all(sizes):
        raise ValueError("it has no width and height in points")
    # 72 points and 96 CSS pixels are an inch.
    width, height = (round(float(size[1]) * 96 / 72) for size in sizes)
    return (
        width,
        height,
        root.findtext(f"{SVG}title"),
        root.findtext(f".//{DC}description"),
        root.find(f".//{SVG}image") is not None,
    )


def _png(content: bytes) -> tuple[int, int, None, None, bool]:
    """Return the size of a PNG file; what `_svg` says else, it does not say."""
    if not content.startswith(PNG_START):
        raise ValueError("it is not PNG")
    width, height = struct.unpack(">II", content[16:24])
    return width, height, None, None, True
