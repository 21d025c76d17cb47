"""What to try next: rules over the numbers of a finished run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

GAP = 1.5  # validation loss over training loss from which it is worth a word
WEAK = 0.1  # how far below the whole a slice lies from which it is worth a word
GATED = ("gru", "lstm")


class Advice(NamedTuple):
    """A finding with what follows from it, and what to type."""

    text: str
    code: str = ""


def advise(
    example: str,
    document: Mapping[str, Any],
    config: Mapping[str, Any],
    history: Sequence[Mapping[str, float]],
    *,
    cells: Sequence[Mapping[str, Any]],
    can_resume: bool,
) -> list[Advice]:
    """Return what the numbers of a run suggest, the most telling first.

    Args:
        example: name of the example.
        document: the content of `metrics.json`, checked.
        config: the settings of the run.
        history: one row an epoch.
        cells: rows of the newest comparison; none where there is none.
        can_resume: whether the run's training can be continued.
    """
    command = f"python -m examples.{example}"
    return [
        *_about_the_training(command, document, history, can_resume),
        *_about_the_baselines(document),
        *_about_the_gap(document, config, history),
        *_about_the_slices(document),
        *_about_the_cell(command, document, cells),
        Advice(
            "Before you trust a small difference, repeat the command with other "
            "seeds and look at the spread:",
            f"--seed {document['seed'] + 1}",
        ),
    ]


def _about_the_training(command, document, history, can_resume) -> Iterator[Advice]:
    epochs, best = len(history), document["best_epoch"]
    if document["preset"] == "smoke":
        yield Advice(
            "The preset smoke only shows that everything runs. Train properly:", command
        )
    if document["interrupted"]:
        text = f"The training was interrupted after epoch {epochs}."
        if can_resume:
            yield Advice(f"{text} Continue it:", f"{command} --resume")
        else:
            yield Advice(text)
    elif best >= epochs:
        yield Advice(
            "The best epoch was the last one, so it may not have learned all that it "
            "can. Repeat the command with more epochs:",
            f"--epochs {2 * epochs}",
        )


def _about_the_baselines(document) -> Iterator[Advice]:
    metric, baselines = document["metric"], document["baselines"]
    sign = 1 if metric["better"] == "higher" else -1
    ahead = [
        name
        for name, value in baselines.items()
        if not sign * (metric["value"] - value) > 0
    ]
    if ahead:
        yield Advice(
            f"Without a network, {_listed(ahead)} did as well or better. Take that if "
            "it is enough; else try more data, more epochs or a gated cell."
        )


def _about_the_gap(document, config, history) -> Iterator[Advice]:
    row = next((r for r in history if r["epoch"] == document["best_epoch"]), {})
    seen, unseen = row.get("loss"), row.get("val_loss")
    if seen is None or unseen is None or not 0 < GAP * seen < unseen:
        return
    means = ["more training data", f"fewer units (--units {config.get('units')} now)"]
    if "dropout" in config:
        means.append(f"more dropout (--dropout {config['dropout']} now)")
    yield Advice(
        f"In the epoch kept, the loss is {seen:.4f} on training data and {unseen:.4f} "
        f"on validation data: it knows by heart what it does not know in general. "
        f"Try {_listed(means, 'or')}."
    )


def _about_the_slices(document) -> Iterator[Advice]:
    metric, slices = document["metric"], document["slices"]
    sign = 1 if metric["better"] == "higher" else -1
    values = {name: value for name, value in slices.items() if value == value}
    if len(values) < 2:
        return
    name, worst = min(values.items(), key=lambda item: sign * item[1])
    if sign * (metric["value"] - worst) > WEAK * abs(metric["value"]):
        plain = name.replace("_", " ")
        yield Advice(
            f"It is weakest on {plain}: {worst:.4f} against {metric['value']:.4f} on "
            "the whole test split. Look at its errors there; training data of that "
            "kind helps most."
        )


def _about_the_cell(command, document, cells) -> Iterator[Advice]:
    if not cells:
        yield Advice(
            "Would a gated cell do better, and is the cell written by hand as good as "
            "the built-in one? With the same flags:",
            f"{command} compare",
        )
        return
    rows = {row["cell"]: row for row in cells}
    gated = [rows[cell] for cell in GATED if cell in rows]
    plain = rows.get("builtin")
    if not gated or plain is None:
        return
    sign = 1 if document["metric"]["better"] == "higher" else -1
    best = max(gated, key=lambda row: sign * row["median"])
    if sign * (best["median"] - plain["median"]) <= 0:
        yield Advice(
            "In the comparison, neither GRU nor LSTM did better than SimpleRNN: there "
            "is no need for a gated cell here."
        )
        return
    text = (
        f"In the comparison, {best['cell'].upper()} reached {best['median']:.4f} and "
        f"SimpleRNN {plain['median']:.4f}, with {best['milliseconds_per_step']:.1f} "
        f"and {plain['milliseconds_per_step']:.1f} ms a step"
    )
    if document["cell"] in GATED:
        yield Advice(f"{text}.")
    else:
        yield Advice(f"{text}. If the time does not matter:", f"--cell {best['cell']}")


def _listed(words: Sequence[str], link: str = "and") -> str:
    *first, last = [word.replace("_", " ") for word in words]
    return f"{', '.join(first)} {link} {last}" if first else last
