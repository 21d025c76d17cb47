"""Labels a window with an exported network: python use.py window.csv

The file has a header with the channels of the training, and a row for each step.
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
network, longest = Network(), known["max_length"]
for path in sys.argv[1:]:
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:longest]
    measured = [[float(row[name]) for name in known["channels"]] for row in rows]
    values = np.array(measured)  # (T, D)
    signals = np.zeros((1, longest, len(known["channels"])), "float32")
    signals[0, : len(values)] = (values - known["means"]) / known["deviations"]
    present = (np.arange(longest) < len(values)).astype("int32")[None]
    (probabilities,) = network("label", signals=signals, present=present)[0]
    best = probabilities.argmax()
    print(known["labels"][best], f"{probabilities[best]:.3f}", sep="\t")
