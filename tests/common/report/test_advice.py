"""Advice follows from the numbers of a run, and is not given without cause."""

import re

import pytest

from common.report import advice, pages
from tests.common.conftest import COMPARE, DOCUMENT, SETTINGS, VERDICT


def advised(*, comparison=None, can_resume=False, config=SETTINGS, **changes):
    history = [
        {"epoch": 1, "loss": 0.9, "val_loss": 0.8},
        {"epoch": 2, "loss": 0.5, "val_loss": 0.55},
        {"epoch": 3, "loss": 0.2, "val_loss": 0.6},
    ]
    document = {**DOCUMENT, "slices": {}, **changes}
    page = pages.templates.get_template("advice.html").render(
        example="toy",
        document=document,
        config=config,
        can_resume=can_resume,
        comparison=comparison and {"document": comparison},
        **advice.reasons(document, history, comparison),
    )
    text = re.sub("</?code>", "`", page)
    return "\n".join(line.strip() for line in re.sub("<.*?>", "", text).split("\n"))


def parts(**values):
    return {
        name: {"count": 10, "models": {"network": value}}
        for name, value in values.items()
    }


SMALL = {"count": 9, "models": {"network": 0.0}}
NONE_BETTER = {**COMPARE, "against_builtin": {"gru": {"says": "undecided"}}}
LOWER = {"name": "accuracy", "mode": "min"}


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ({"preset": "smoke"}, "Train properly: `python -m examples.toy`\n"),
        ({"best_epoch": 3}, "`--epochs 6`"),
        ({"best_epoch": 3}, "overfitting: in the epoch kept, the loss is 0.2000 on"),
        (
            {"best_epoch": 3, "config": {"units": 9, "dropout": 0.1}},
            "(now `--units 9`), or more dropout (now `--dropout 0.1`)",
        ),
        (
            {"interrupted": True, "can_resume": True},
            "`python -m examples.toy --resume`",
        ),
        ({"interrupted": True}, "interrupted after epoch 3.\n"),
        (
            {"verdict": {**VERDICT, "says": "worse"}},
            "The baseline tfidf bigrams is better than the network.",
        ),
        (
            {"verdict": {**VERDICT, "says": "undecided"}},
            "cannot tell whether the network or tfidf bigrams is better",
        ),
        ({"slices": parts(a=0.9, b_c=0.5)}, "weakest on b c: 0.5000, against 0.7500"),
        ({"slices": parts(a=0.9, b=0.1), "metric": LOWER}, "weakest on a: 0.9000"),
        ({"comparison": COMPARE}, "GRU is better than SimpleRNN"),
        ({"comparison": COMPARE}, "`--cell gru`"),
        ({"comparison": NONE_BETTER}, "no reason to use one"),
        ({"comparison": {**NONE_BETTER, "seeds": 1}}, "compare --seeds 3`"),
        ({}, "`--seed 4`"),
        ({}, "`python -m examples.toy compare`"),
    ],
)
def test_advice_follows_from_the_numbers(changes, given):
    assert given in advised(**changes) + "\n"


@pytest.mark.parametrize(
    ("changes", "not_given"),
    [
        ({}, "--epochs"),
        ({}, "overfitting"),
        ({}, "baseline"),
        ({"verdict": None}, "baseline"),
        ({"slices": parts(a=0.8, b=0.7)}, "weakest"),
        ({"slices": {**parts(a=0.8, b=0.75), "few": SMALL}}, "weakest"),
        ({"comparison": COMPARE}, "compare`"),
        ({"comparison": COMPARE, "cell": "lstm"}, "--cell"),
        ({"comparison": {**NONE_BETTER, "seeds": 1}}, "no reason"),
        ({"best_epoch": 3, "interrupted": True}, "--epochs"),
    ],
)
def test_advice_is_not_given_without_cause(changes, not_given):
    assert not_given not in advised(**changes)
