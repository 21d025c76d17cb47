"""How well classes were predicted: a share with its interval, and a table by class."""

from collections.abc import Sequence

from rich.console import Console

from common.errors import UserError, shown
from common.training.console import table


def show(console: Console, truth: Sequence[str], predicted: Sequence[str]):
    """Print accuracy with its 95 % interval, and precision, recall and F1 by class.

    The interval is Wilson's (1927), of a share of independent cases.
    """
    # Slow to import, and no other command needs them.
    from sklearn.metrics import precision_recall_fscore_support
    from statsmodels.stats.proportion import proportion_confint

    right = sum(one == other for one, other in zip(truth, predicted, strict=True))
    low, high = proportion_confint(right, len(truth), method="wilson")
    names = sorted({*truth, *predicted})
    columns = precision_recall_fscore_support(
        truth, predicted, labels=names, zero_division=0.0
    )
    *scores, counts = (column.tolist() for column in columns)
    rows = list(zip(names, counts, *scores, strict=True))
    means = [sum(column) / len(names) for column in scores]
    table(
        console,
        f"accuracy {right / len(truth):.4f}, 95 % interval {low:.4f} to {high:.4f}",
        ("class", "N", "precision", "recall", "F1"),
        [*rows, ("mean", len(truth), *means)],
    )


def check_known(path, labels: Sequence[str], known: Sequence[str]):
    """Raise `UserError` if a file has no label, or one that a run does not know."""
    if not len(labels):
        raise UserError(f"{path} has nothing to test on")
    if new := set(labels) - set(known):
        names = ", ".join(map(shown, known[:5])) + (" ..." if len(known) > 5 else "")
        raise UserError(
            f"{path} has the label {shown(min(new))}; the run knows {names}"
        )
