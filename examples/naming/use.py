"""Names with an exported network: python use.py "#a0522d", or of own data 1.5,20,3."""

import json
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
network, longest, letters = Network(), known["max_length"], known["vocabulary"]
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def oklab(colour):
    """Return the OKLab coordinates of a colour such as "#a0522d"."""
    rgb = np.frombuffer(bytes.fromhex(colour.removeprefix("#")), "uint8") / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.dot(LAB, np.cbrt(np.dot(CONES, linear)))


for text in sys.argv[1:]:
    one = oklab(text) if known["colours"] else np.array(text.split(","), "float64")
    numbers = (one - known["means"]) / known["deviations"]
    given = numbers.astype("float32")[None]
    ids = np.zeros((1, longest + 1), "int32")
    ids[0, 0] = end = letters.index("\n") + 2  # begins and ends every text
    for place in range(longest):
        (logits,) = network("name", letters=ids, numbers=given)
        best = logits[0, place, 2:].argmax() + 2
        if best == end:
            break
        ids[0, place + 1] = best
    print("".join(letters[n - 2] for n in ids[0, 1:] if n > 0))
