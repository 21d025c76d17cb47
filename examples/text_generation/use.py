"""Continues a text with an exported network: python use.py "def " 200."""

import json
import sys
from pathlib import Path

import numpy as np
from network import Network

prompt, count = sys.argv[1] or "\n", int(sys.argv[2])
here, random = Path(__file__).parent, np.random.default_rng(0)
known = json.loads((here / "preprocessor.json").read_text("utf-8"))  # ids from 2 on
shapes = json.loads((here / "inputs.json").read_text("utf-8"))["step"]
network, text = Network(), prompt
states = [np.zeros(shape, "float32") for name, shape in shapes.items() if name != "ids"]
for place in range(len(prompt) + count - 1):
    character = text[place]
    id_ = known.index(character) + 2 if character in known else 1
    given = {f"state_{number}": state for number, state in enumerate(states)}
    logits, *states = network("step", ids=np.array([[id_]], "int32"), **given)
    if place >= len(prompt) - 1:
        weights = np.exp((logits[0, 0, 2:] - logits.max()) / 0.8)  # temperature
        text += random.choice(known, p=weights / weights.sum())
print(text)
