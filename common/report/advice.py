"""What to try next: rules over the numbers of a finished run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

GAP = 1.5  # validation loss over training loss from which it is overfitting
WEAK = 0.1  # share of the metric that a slice must be worse to be mentioned
MIN_CASES = 10  # size of the smallest slice that is mentioned
GATED = ("gru", "lstm")
ON_THE_VERDICT = {
    "worse": "The baseline {} is better than the network. Use it if it is good enough, "
    "or try more data, more epochs or a gated cell.",
    "undecided": "The test cannot tell whether the network or {} is better. Test on "
    "more data, improve the network, or use the simpler model.",
}


def advise(
    command: str,
    document: Mapping[str, Any],
    config: Mapping[str, Any],
    history: Sequence[Mapping[str, float]],
    comparison: Mapping[str, Any] | None,
    *,
    can_resume: bool,
) -> Iterator[str]:
    """Yield what the numbers of a run suggest; what to type stands in backquotes.

    Args:
        command: `python -m examples.NAME`.
        document: the content of `metrics.json`, as `metrics.read` returns it.
        config: the settings of the run.
        history: one row an epoch.
        comparison: the content of the `compare.json` that belongs to the run.
        can_resume: whether the run's training can be continued.
    """
    epochs, verdict = document["epochs"], document["verdict"]
    if document["preset"] == "smoke":
        yield (
            "The preset smoke only shows that everything runs. Train properly: "
            f"`{command}`"
        )
    if document["interrupted"]:
        more = f" Continue it: `{command} --resume`" if can_resume else ""
        yield f"The training was interrupted after epoch {epochs}.{more}"
    elif document["best_epoch"] >= epochs:
        yield (
            "The last epoch was the best one, so more epochs may give a better "
            f"network: `--epochs {2 * epochs}`"
        )
    if verdict and verdict["says"] in ON_THE_VERDICT:
        yield ON_THE_VERDICT[verdict["says"]].format(verdict["against"])
    yield from _about_overfitting(document, config, history)
    yield from _about_the_slices(document)
    if comparison:
        yield from _about_the_cells(document, comparison)
    else:
        yield (
            "Would a gated cell do better, and is the custom cell as good as the "
            f"built-in one? Compare them with the same flags: `{command} compare`"
        )
    yield (
        "One seed says little about a small difference. Repeat the command with other "
        f"seeds: `--seed {document['seed'] + 1}`"
    )


def _about_overfitting(document, config, history) -> Iterator[str]:
    row = next((r for r in history if r["epoch"] == document["best_epoch"]), {})
    seen, unseen = row.get("loss", 0), row.get("val_loss", 0)
    if 0 < GAP * seen < unseen:
        dropout = ""
        if "dropout" in config:
            dropout = f", or more dropout (now `--dropout {config['dropout']}`)"
        yield (
            f"It is overfitting: in the epoch kept, the loss is {seen:.4f} on training "
            f"data and {unseen:.4f} on validation data. Try more training data or "
            f"fewer units (now `--units {config.get('units')}`){dropout}."
        )


def _about_the_slices(document) -> Iterator[str]:
    sign = _sign(document)
    whole = document["models"]["network"][document["metric"]["name"]]
    values = {
        name: part["models"]["network"]
        for name, part in document["slices"].items()
        if "network" in part["models"] and part["count"] >= MIN_CASES
    }
    name = min(values, key=lambda name: sign * values[name], default="")
    if len(values) > 1 and sign * (whole - values[name]) > WEAK * abs(whole):
        yield (
            f"It is weakest on {name}: {values[name]:.4f}, against {whole:.4f} "
            "on the whole test split. Look at its errors there. More training data of "
            "that kind helps most."
        )


def _about_the_cells(document, comparison) -> Iterator[str]:
    against = comparison["against_builtin"]
    better = [
        (_sign(comparison) * row["median"], row["cell"])
        for row in comparison["cells"]
        if row["cell"] in GATED and against[row["cell"]]["says"] == "better"
    ]
    if not better:
        yield (
            "In the comparison, no gated cell was shown to be better than SimpleRNN, "
            "so there is no reason to use one."
        )
    elif document["cell"] not in GATED:
        _, cell = max(better)
        yield (
            f"In the comparison, {cell.upper()} is better than SimpleRNN, and a step "
            f"takes {comparison['step_time'][cell]['median']:.1f} times as long. If "
            f"that is fast enough: `--cell {cell}`"
        )


def _sign(document) -> int:
    return 1 if document["metric"]["mode"] == "max" else -1
