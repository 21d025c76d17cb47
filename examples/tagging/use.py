"""Tags the tokens of a file with an exported network: python use.py FILE

Of source, the tokens are its characters. Of sentences, they are the words of a line.
"""

import json
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
ids = {token: id_ for id_, token in enumerate(known["vocabulary"], start=2)}
network, length, context = Network(), known["length"], known["context"]


def forms(token):
    """Return what a token is looked up as: a word that is not known by its end."""
    ends = [f"~{token[-size:].lower()}" for size in (3, 2)] if known["words"] else []
    return [token, *ends]


text = Path(sys.argv[1]).read_text("utf-8")
for tokens in map(str.split, text.splitlines()) if known["words"] else [list(text)]:
    done = 0
    while done < len(tokens):  # windows overlap, so that each token has neighbours
        start = max(0, done - context)
        window = tokens[start : start + length]
        row = [next((ids[x] for x in forms(token) if x in ids), 1) for token in window]
        filled = np.zeros((1, length), "int32")  # 0: padding
        filled[0, : len(row)] = row
        found = network("tags", ids=filled)[0][0].argmax(axis=-1)
        last = start + len(window) == len(tokens)
        stop = len(tokens) if last else start + len(window) - context
        for place in range(done, stop):
            tag = known["tags"][found[place - start]]
            print(repr(tokens[place])[1:-1], tag, sep="\t")
        done = stop
