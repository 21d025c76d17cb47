"""The figures of a run, read for a page: SVG and PNG files, ready for `<img>`.

A file is shown, never executed: in `<img>` a browser runs nothing and loads nothing.
"""

import base64
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from common.errors import one_line

DC = "{http://purl.org/dc/elements/1.1/}"  # Dublin Core, in an SVG file's metadata
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
MOST_TELLING = "most telling"  # keyword of the figure that the index shows
SVG = "{http://www.w3.org/2000/svg}"
PNG_START = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 20_000_000
# What reading a damaged file raises. LookupError: its encoding is unknown.
DAMAGE = (SyntaxError, ValueError, LookupError, ArithmeticError, OSError, struct.error)


def read_pictures(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Read the figures, by name: SVG, or PNG where there is no SVG.

    Returns:
        the figures, the most telling one first (`name`, `source` for `<img>`, `width`
        and `height` in CSS pixels, `caption`, `alt`, `most_telling`), and a sentence
        for each damaged file.
    """
    pictures, notes = [], []
    # A name that begins with a dot is a file that is being written.
    paths = {path.stem: path for path in folder.glob("[!.]*.png")}
    paths |= {path.stem: path for path in folder.glob("[!.]*.svg")}
    for _, path in sorted(paths.items()):
        try:
            pictures.append(_read(path))
        except DAMAGE as error:
            notes.append(f"The figure {path.name} is left out: {one_line(error)}.")
    # Sorting is stable: the others stay in the order of their names.
    return sorted(pictures, key=lambda one: not one["most_telling"]), notes


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise ValueError(f"a file of at most {MAX_BYTES:,} bytes is needed")
    content, caption, alt, keywords = path.read_bytes(), None, None, []
    if path.suffix == ".svg":
        kind, root = "svg+xml", ElementTree.fromstring(content)
        if root.tag != f"{SVG}svg":
            raise ValueError("it is not SVG")
        points = (root.get(side, "").removesuffix("pt") for side in ("width", "height"))
        # 72 points and 96 CSS pixels are an inch.
        width, height = (round(float(side) * 96 / 72) for side in points)
        caption = root.findtext(f"{SVG}title")
        alt = root.findtext(f".//{DC}description")
        keywords = [one.text for one in root.iterfind(f".//{DC}subject//{RDF}li")]
    elif content.startswith(PNG_START):
        kind, (width, height) = "png", struct.unpack(">II", content[16:24])
    else:
        raise ValueError("it is not PNG")
    plain = path.stem.replace("_", " ").capitalize()
    return {
        "name": path.stem,
        "source": f"data:image/{kind};base64,{base64.b64encode(content).decode()}",
        "width": width,
        "height": height,
        "caption": caption or f"{plain}.",
        "alt": alt or f"{plain}; no description was saved with it.",
        "most_telling": MOST_TELLING in keywords,
    }
