"""What the numbers of a comparison say, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from common.training.metrics import verdict

# Within these, built-in and custom count as the same network: largest difference of
# an output and of a gradient, from the same weights.
PARITY_LIMITS = {"output": 1e-5, "gradient": 1e-4}
NAMES = {"custom": "The custom cell", "gru": "GRU", "lstm": "LSTM"}


def pace(ratio: Mapping[str, float]) -> str:
    """Say in one sentence how a custom step's time compares with a built-in one's.

    Args:
        ratio: `median`, `min` and `max` of custom over built-in.
    """
    outcome = "as fast, within 2 %"
    if abs(ratio["median"] - 1) > 0.02:
        outcome = "faster" if ratio["median"] < 1 else "slower"
        if ratio["min"] < 1 < ratio["max"]:
            outcome += ", though not in every round"
    return (
        f"The custom cell takes {ratio['median']:.2f} times the built-in layer's time "
        f"a step ({ratio['min']:.2f} to {ratio['max']:.2f}): it is {outcome}."
    )


def findings(document: Mapping[str, Any]) -> list[str]:
    """Say in sentences what the numbers of a comparison say.

    Args:
        document: the content of `compare.json`; what it lacks, nothing is said about.
    """
    metric, rows = document["metric"], {row["cell"]: row for row in document["cells"]}
    sentences = [*_sameness(document["parity"]), pace(document["step_time_ratio"])]
    plain = rows.get("builtin")
    if not plain:
        return sentences
    for cell in NAMES:
        if row := rows.get(cell):
            sentence = _against(metric, row, plain, seeds=document["seeds"])
            base = plain["milliseconds_per_step"]
            if cell != "custom" and base > 0:
                times = row["milliseconds_per_step"] / base
                sentence += f"; a step in training takes {times:.1f} times as long"
            sentences.append(f"{sentence}.")
    if baselines := document.get("baselines"):
        built_in = {**metric, "value": plain["median"]}
        sentences.append(verdict({"metric": built_in, "baselines": baselines}))
    return sentences


def _sameness(parity: Mapping[str, float]) -> Iterator[str]:
    known = {name: parity[name] for name in PARITY_LIMITS if name in parity}
    beyond = [
        f"{name} {value:.1e} apart, more than {PARITY_LIMITS[name]:.0e}"
        for name, value in known.items()
        if not value <= PARITY_LIMITS[name]
    ]
    if beyond:
        yield f"The two are not the same network: {', '.join(beyond)}."
    elif known:
        yield "From the same weights the two are the same network, up to rounding."


def _against(
    metric: Mapping[str, Any], row: Mapping, plain: Mapping, *, seeds: int
) -> str:
    """Compare a cell's metric with the built-in layer's, without the full stop."""
    sign = 1 if metric["better"] == "higher" else -1
    # Of what is shown: four digits.
    gain = sign * (round(row["median"], 4) - round(plain["median"], 4))
    outcome = "better than" if gain > 0 else "worse than" if gain < 0 else "equal to"
    apart = row["min"] > plain["max"] or row["max"] < plain["min"]
    how = ""
    if gain and seeds == 1:
        how = " (one seed, so that it may be chance)"
    elif gain:
        how = f" by {'more' if apart else 'less'} than the seeds vary"
    return (
        f"{NAMES[row['cell']]} has {metric['name']} {row['median']:.4f}, {outcome} the "
        f"built-in layer's {plain['median']:.4f}{how}"
    )
