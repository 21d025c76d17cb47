"""What was measured, as tables and sentences."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from .config import Config


class Section(NamedTuple):
    """A table, {row: {column: text}}, and what it says in words."""

    title: str
    rows: Mapping[str, Mapping[str, str]]
    text: str

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows.values() for name in row))


def _spread(values: Sequence[float], form: str) -> str:
    middle, low, high = (format(f(values), form) for f in (median, min, max))
    return f"{middle} ({low} to {high})"


def norms(found: Mapping[str, Any], config: Config) -> Iterator[Section]:
    """Yield the tables of gradients at the start of training."""
    T, rows, lost = config.steps, {}, {}
    backs = [back for back in (1, 10, 50) if back < T] + [T]
    for network in found["networks"]:
        row = rows[network["name"]] = {}
        if "sigma" in network:
            row["sigma"] = f"{network['sigma']:.2f}"
            row["phi'"] = f"{network['derivative']:.2f}"
        row |= {f"{n} back": f"{network['gradient'][T - n]:.0e}" for n in backs}
        if "bound" in network:
            row[f"bound {T} back"] = f"{network['bound'][0]:.0e}"
            shares = network["lost"].items()
            lost[network["name"]] = {f"{n} back": f"{v:.3f}" for n, v in shares}
    yield Section(
        f"What arrives of the gradient over {T} steps, {config.units} units",
        rows,
        "|dL/dh_t| / |dL/dh_T| before training, medians. sigma: largest singular value "
        "of W_R; phi': mean derivative. Checked: TensorFlow finds the same gradients, "
        f"largest difference {found['check']:.0e} of a gradient's largest value.",
    )
    yield Section(
        "What a truncated pass loses",
        lost,
        "|full - truncated| / |full| of the gradient by W_R, by the steps that the pass "
        "goes back. Where gradients vanish, there is little to lose.",
    )


def adding(found: Mapping[str, Any], config: Config) -> Iterator[Section]:
    """Yield the tables of the adding problem."""
    rows, again = {}, {}
    for row in found["by_length"]:
        text = _spread(row["error"], ".4f")
        rows.setdefault(row["name"], {})[f"{row['length']} steps"] = text
    middle = found["again"][0]["length"]
    same = [row for row in found["by_length"] if row["length"] == middle]
    for row in sorted(same + found["again"], key=lambda row: row["name"]):
        again[row["name"]] = {
            "error": _spread(row["error"], ".4f"),
            "largest": f"{row['largest']:.0e}",
            "clipped": f"{row['clipped']:.0%}",
        }
    yield Section(
        f"The adding problem after {config.updates:,} updates",
        rows,
        "Mean squared error on 1,000 new sequences: median and range of "
        f"{config.seeds} seeds. Always answering 1 has 0.1667.",
    )
    yield Section(
        f"Clipping and truncation, {middle} steps",
        again,
        "largest: norm of the largest gradient that training met. clipped: share of "
        "the updates in which the gradient was shortened.",
    )


def digits(found: Sequence[Mapping[str, Any]], config: Config) -> Iterator[Section]:
    """Yield the table of the digits."""
    rows = {}
    for row in found:
        rows[row["name"].replace("_", " ")] = {
            "parameters": f"{row['parameters']:,}",
            "accuracy": _spread(row["accuracy"], ".3f"),
        } | {
            f"{when} training": f"{median(row[when]):.0e}"
            for when in ("before", "after")
            if None not in row[when]
        }
    yield Section(
        f"Digits, one pixel a step, 64 steps, {config.epochs} epochs",
        rows,
        f"Accuracy on 360 other digits: median and range of {config.seeds} seeds. "
        "before and after training: |dL/dh_0| / |dL/dh_T|, what arrives at the first "
        "pixel.",
    )
