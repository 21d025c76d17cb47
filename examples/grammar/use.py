"""Checks sentences with an exported network: python use.py "A sentence." "Another." """

import json
import re
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
ids = {token: id_ for id_, token in enumerate(known["vocabulary"], start=2)}
network = Network()
for text in sys.argv[1:]:
    text = text.lower().replace("\u2019", "'")
    words = re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text)[: known["max_length"]] or [""]
    # A word that is not known is read by its ending; 1 stands for an unknown ending.
    row = [ids.get(word, ids.get(f"-{word[-2:]}", 1)) for word in words]
    word_ids = np.zeros((1, known["max_length"]), "int32")  # 0: padding
    word_ids[0, : len(row)] = row
    p = network("damage", word_ids=word_ids)[0].item()
    print("damaged" if p > 0.5 else "in order", f"{p:.3f}", sep="\t")
