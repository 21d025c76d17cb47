"""What the numbers of a comparison say, in sentences."""

from collections.abc import Mapping
from typing import Any

from common.comparison import timing
from common.training import metrics

# Within these, built-in and custom count as the same network: largest difference of
# an output and of a gradient, from the same weights.
PARITY_LIMITS = {"output": 1e-5, "gradient": 1e-4}
NAMES = {"custom": "The custom cell", "gru": "GRU", "lstm": "LSTM"}


def findings(document: Mapping[str, Any]) -> list[str]:
    """Return sentences about a comparison, by the content of its `compare.json`."""
    rows = {row["cell"]: row for row in document["cells"]}
    beyond = [
        f"{name} differs by {document['parity'][name]:.1e}, more than {limit:.0e}"
        for name, limit in PARITY_LIMITS.items()
        if not document["parity"][name] <= limit
    ]
    same = "From the same weights the two are the same network, up to rounding."
    other = f"The two are not the same network: {', '.join(beyond)}."
    sentences = [other if beyond else same]
    for cell, name in NAMES.items():
        if cell in rows and "builtin" in rows:
            sentences.append(_against(document, cell, name, rows))
    return [*sentences, metrics.sentence(document)]


def _against(document: Mapping, cell: str, name: str, rows: Mapping) -> str:
    """Compare a cell's metric and step time with the built-in layer's."""
    metric = document["metric"]["name"]
    found, ratio = document["against_builtin"][cell], document["step_time"][cell]
    own, base = (rows[one]["median"] for one in (cell, "builtin"))
    low, high = found["interval_95"]
    beyond_chance = low is not None and not low <= 0 <= high
    but = ""
    if beyond_chance and found["says"] == "undecided":
        several = document["seeds"] > 1
        but = ", since the seeds overlap" if several else ", since one seed is no proof"
    return (
        f"{name} has {metric} {own:.4f}, the built-in layer {base:.4f}: "
        f"{found['says']}{but} ({metrics.interval(found)}). A step takes "
        f"{ratio['median']:.2f} times as long (95 % interval {ratio['low']:.2f} to "
        f"{ratio['high']:.2f}): {timing.says(ratio)}."
    )
