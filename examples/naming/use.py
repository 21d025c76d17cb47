"""Names with an exported network: python use.py "#a0522d", or of own data 1.5,20,3."""

import json
import sys
from pathlib import Path

import numpy as np
from network import Network

# Of a colour, red, green and blue are read: numbers from 0 to 1.
known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
network, longest, letters = Network(), known["max_length"], known["vocabulary"]
for text in sys.argv[1:]:
    if known["colours"]:
        digits = text.removeprefix("#")
        values = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    else:
        values = [float(cell) for cell in text.split(",")]
    numbers = (np.array(values) - known["means"]) / known["deviations"]
    given = numbers.astype("float32")[None]
    ids = np.zeros((1, longest + 1), "int32")
    ids[0, 0] = end = letters.index("\n") + 2  # begins and ends every text
    for place in range(longest):
        (logits,) = network("name", letters=ids, numbers=given)
        best = logits[0, place, 2:].argmax() + 2
        if best == end:
            break
        ids[0, place + 1] = best
    print(text, "".join(letters[n - 2] for n in ids[0, 1:] if n > 0), sep="\t")
