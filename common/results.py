"""What a run came to: the document `metrics.json` and the tables on the console.

Reports read finished runs with it, so importing it must not load TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from common.settings import Settings

# Within these, built-in and custom count as the same network: largest difference of
# an output and of a gradient, from the same weights.
PARITY_LIMITS = {"output": 1e-5, "gradient": 1e-4}
NAMES = {"custom": "The custom cell", "gru": "GRU", "lstm": "LSTM"}

if TYPE_CHECKING:
    import keras

    from common.training import Fitted


def document(
    example: str,
    config: Settings,
    model: keras.Model,
    fitted: Fitted,
    *,
    dataset: str,
    metric: tuple[str, float, str],
    metrics: Mapping[str, Any],
    baselines: Mapping[str, float],
    slices: Mapping[str, float],
    total_seconds: float,
    **more: Any,
) -> dict[str, Any]:
    """Return the content of `metrics.json`, the same keys in every example.

    Args:
        example: name of the example's package.
        config: the settings that it ran with.
        model: the trained model.
        fitted: what its training came to.
        dataset: name of the data set or file.
        metric: name, value on the test split, and "higher" or "lower" is better.
        metrics: further values on the test split, by name.
        baselines: the same metric of models without a network, by name.
        slices: the same metric on parts of the test split, by name.
        total_seconds: time of the whole run, the reading of the data included.
        **more: keys of this example alone.
    """
    import keras  # slow, and only a training needs it, which has it loaded

    name, value, better = metric
    return {
        "example": example,
        "dataset": dataset,
        "preset": config.preset,
        "cell": config.cell,
        "backend": keras.backend.backend(),
        "seed": config.seed,
        "parameters": model.count_params(),
        "epochs": len(fitted.history),
        "best_epoch": fitted.best_epoch,
        "interrupted": fitted.interrupted,
        "metric": {"name": name, "split": "test", "value": value, "better": better},
        "metrics": dict(metrics),
        "baselines": dict(baselines),
        "slices": dict(slices),
        **more,
        "seconds": {
            "train": round(fitted.seconds, 2),
            "total": round(total_seconds, 2),
        },
        "milliseconds_per_step": round(fitted.milliseconds_per_step, 3),
    }


def show(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence]
):
    """Print a table: the first column is text, the others are numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else f"{value}"


def verdict(document: dict[str, Any]) -> str:
    """Say in one sentence whether the network beats its best baseline."""
    metric, baselines = document["metric"], document["baselines"]
    sign = 1 if metric["better"] == "higher" else -1
    name, best = max(baselines.items(), key=lambda item: sign * item[1])
    margin = sign * (metric["value"] - best)
    outcome = "beats" if margin > 0 else "loses to" if margin < 0 else "equals"
    return (
        f"The network {outcome} its best baseline, {name}: {metric['name']} "
        f"{metric['value']:.4f} against {best:.4f}."
    )


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
