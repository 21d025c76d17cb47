"""What was measured, as tables and sentences."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from .config import Config

Rows = Sequence[Mapping[str, Any]]


class Section(NamedTuple):
    """A table, and what it says in words."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: str


def norms(found: Mapping[str, Any], config: Config) -> Iterator[Section]:
    """Yield the tables of gradients at the start of training."""
    backs = [back for back in (1, 10, 50) if back < config.steps] + [config.steps]
    largest = max(found["check"].values())
    yield Section(
        f"What arrives of the gradient, {config.units} units, {config.steps} steps",
        (
            "network",
            "sigma max",
            "mean phi'",
            *(f"{back} back" for back in backs),
            f"bound, {config.steps} back",
        ),
        [
            (
                row["name"],
                *(
                    f"{row[key]:.2f}" if key in row else ""
                    for key in ("sigma", "derivative")
                ),
                *(f"{row['gradient'][config.steps - back]:.1e}" for back in backs),
                f"{row['bound'][0]:.1e}" if "bound" in row else "",
            )
            for row in found["rows"]
        ],
        "Length of dL/dh_t, that of dL/dh_T being 1. checked: TensorFlow computes the "
        f"same gradients as bptt.py, largest difference {largest:.0e} of the largest "
        "value.",
    )
    rows = found["truncation"]
    yield Section(
        "What a truncated pass loses",
        ("network", *(f"{back} back" for back in rows[0]["lost"])),
        [(row["name"], *(f"{v:.3f}" for v in row["lost"].values())) for row in rows],
        "|full - truncated| / |full| of the gradient by W_R. Where the gradient "
        "vanishes, a truncated pass loses little: there is little to lose.",
    )


def _spread(values: Sequence[float], form: str) -> tuple[str, str]:
    middle, low, high = (format(f(values), form) for f in (median, min, max))
    return middle, f"{low} to {high}"


def adding(rows: Rows, config: Config) -> Iterator[Section]:
    """Yield the table of the adding problem."""
    yield Section(
        f"The adding problem, {config.updates} updates, {config.seeds} seeds",
        ("network", "steps", "error", "range", "largest gradient", "clipped"),
        [
            (
                row["name"],
                str(row["length"]),
                *_spread(row["mse"], ".4f"),
                f"{max(row['largest']):.1e}",
                f"{row['clipped']:.0%}",
            )
            for row in rows
        ],
        "Mean squared error on 1,000 new sequences, median and range over seeds. "
        "Always answering 1 has 0.1667.",
    )


def digits(rows: Rows, config: Config) -> Iterator[Section]:
    """Yield the table of the digits."""
    yield Section(
        f"Digits, one pixel a step, 64 steps, {config.epochs} epochs",
        ("network", "parameters", "accuracy", "range"),
        [
            (row["name"], f"{row['parameters']:,}", *_spread(row["accuracy"], ".3f"))
            for row in rows
        ],
        f"On 360 digits that training did not see, median and range over "
        f"{config.seeds} seeds. The most frequent digit has 0.103.",
    )
