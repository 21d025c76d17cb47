"""Labels texts with an exported network: python use.py "a text" "another one"."""

import json
import re
import sys
from pathlib import Path

import numpy as np
from network import Network

known = json.loads(Path(__file__).with_name("preprocessor.json").read_text("utf-8"))
ids = {word: id_ for id_, word in enumerate(known["vocabulary"], start=2)}  # 1: unknown
# Chinese and Japanese have no spaces: each of their characters is a word.
cjk = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
cjk += "\U00020000-\U0003ffff"
word = re.compile(rf"[{cjk}]|[^\W_{cjk}]+(?:['\u2019][^\W_{cjk}]+)*|[!?]")
network = Network()
for text in sys.argv[1:]:
    words = word.findall(text.lower().replace("\u2019", "'")) or [""]
    row = [ids.get(one, 1) for one in words][: known["max_length"]]
    word_ids = np.zeros((1, known["max_length"]), "int32")  # 0: padding
    word_ids[0, : len(row)] = row
    (probabilities,) = network("label", word_ids=word_ids)[0]
    best = probabilities.argmax()
    print(known["labels"][best], f"{probabilities[best]:.3f}", sep="\t")
