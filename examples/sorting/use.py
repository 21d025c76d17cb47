"""Sorts lists with an exported network: python use.py "3 1 2" "0.5 0.25"."""

import json
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
network, length = Network(), known["length"]
for text in sys.argv[1:]:
    numbers = np.array(text.replace(",", " ").split(), "float32")
    if known["values"] == "float":
        padded = np.full((1, length), -1, "float32")  # -1: padding
        padded[0, : len(numbers)] = numbers
        places = network("rank", numbers=padded)[0][0, : len(numbers)].argmax(axis=-1)
        placed = [numbers[places == place] for place in range(length)]
        answer = [" ".join(map(str, those)) for those in placed]
    else:
        ids = np.zeros((1, length), "int32")  # 0: padding, then the start
        ids[0, : len(numbers)] = numbers + 1
        _, *states = network("read", ids=ids)
        previous, answer = np.zeros((1, 1), "int32"), []
        for _ in numbers:
            given = {f"state_{n}": state for n, state in enumerate(states)}
            logits, *states = network("write", previous=previous, **given)
            answer.append(str(logits[0, 0].argmax()))
            previous = np.array([[int(answer[-1]) + 1]], "int32")
    print(*filter(None, answer))
