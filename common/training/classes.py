"""How well classes were predicted, and what to do where some of them are rare.

Letters: N cases, C classes.
"""

from collections.abc import Sequence

import numpy as np
from rich.console import Console

from common.errors import UserError, one_line, shown
from common.training.console import table


def balanced_weights(classes: np.ndarray) -> np.ndarray:
    """Return a weight for each case (N,), so that all classes weigh the same.

    A case of a class with n cases weighs N / (C n), so the mean weight is 1: King and
    Zeng (2001), and what scikit-learn calls "balanced".
    """
    from sklearn.utils.class_weight import compute_sample_weight  # slow to import

    return compute_sample_weight("balanced", classes).astype("float32")


def by_class(
    truth: Sequence[str], predicted: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return N, precision, recall and F1 by class, of all classes that occur.

    A share of no cases is 0.
    """
    from sklearn.metrics import precision_recall_fscore_support  # slow to import

    names = sorted({*truth, *predicted})
    columns = precision_recall_fscore_support(
        truth, predicted, labels=names, zero_division=0.0
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {
        name: {"count": count, "precision": precision, "recall": recall, "f1": f1}
        for name, (precision, recall, f1, count) in zip(names, rows, strict=True)
    }


def show(console: Console, truth: Sequence[str], predicted: Sequence[str]):
    """Print accuracy with its 95 % interval, and precision, recall and F1 by class.

    The interval is Wilson's (1927), of a share of independent cases.
    """
    from statsmodels.stats.proportion import proportion_confint  # slow to import

    right = sum(one == other for one, other in zip(truth, predicted, strict=True))
    low, high = proportion_confint(right, len(truth), method="wilson")
    scores = by_class(truth, predicted)
    rows = [(one_line(name, 40), *row.values()) for name, row in scores.items()]
    _, _, *columns = zip(*rows, strict=True)
    means = [sum(column) / len(rows) for column in columns]
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
