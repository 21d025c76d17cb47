"""A finished run and a comparison of a made-up example, as files."""

import json
import shutil

import pytest

from common.training import plots, run_folder

DOCUMENT = {
    "example": "toy",
    "dataset": "some lists",
    "preset": "default",
    "cell": "builtin",
    "backend": "tensorflow",
    "seed": 3,
    "parameters": 12345,
    "epochs": 3,
    "best_epoch": 2,
    "interrupted": False,
    "metric": {"name": "accuracy", "split": "test", "value": 0.75, "better": "higher"},
    "metrics": {"macro_f1": 0.7251},
    "baselines": {"majority": 0.5, "bag_of_words": 0.625},
    "slices": {"short": 0.9, "very_long": 0.4321},
    "slices_beside": {"bag_of_words": {"short": 0.61, "very_long": 0.6789}},
    "by_length": {"2": 0.99, "9": 0.1234},
    "seconds": {"train": 21.3, "total": 31.0},
    "milliseconds_per_step": 5.2,
}
HISTORY = "epoch,loss,val_loss,seconds\n1,0.9,0.8,1\n2,0.5,0.55,1\n3,0.2,0.6,1\n"
COMPARE = {
    "example": "toy",
    "metric": {"name": "accuracy", "split": "test", "better": "higher"},
    "seeds": 2,
    "cells": [
        {
            "cell": cell,
            "parameters": 100,
            "median": median,
            "min": median,
            "max": median,
            "milliseconds_per_step": 4.0,
            "seconds": 9.0,
        }
        for cell, median in {"builtin": 0.7, "custom": 0.7, "gru": 0.8}.items()
    ],
    "parity": {"output": 0.0, "gradient": 2e-8, "weights_after_training": 3e-7},
    "step_time_ratio": {"median": 1.25, "min": 1.1, "max": 1.4},
}
SETTINGS = {"preset": "default", "units": 48, "learning_rate": 0.006}


def draw(folder, name="learning_curves"):
    history = [
        {"epoch": epoch, "loss": 1 / epoch, "val_loss": 1.1 / epoch}
        for epoch in (1, 2, 3)
    ]
    plots.learning_curves(folder / f"{name}.png", history, best_epoch=2)


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Return a runs folder with a run and a comparison; drawing takes its time."""
    folder = tmp_path_factory.mktemp("runs")
    run = run_folder.start("toy", str(folder), SETTINGS)
    draw(run / "figures")
    plots.value_curve(
        run / "figures" / "lengths.png",
        [(2, 0.99), (9, 0.12)],
        xlabel="numbers",
        ylabel="share",
        shaded=(2, 5, "training"),
    )
    run.path.rename(folder / "toy" / "20260101-000000")
    compared = run_folder.start(
        "toy", str(folder), {**SETTINGS, "units": 5, "seeds": 2}
    )
    draw(compared / "figures", "compare")
    compared.path.rename(folder / "toy" / "compare-20260102-000000")
    return folder


@pytest.fixture
def folder(template, tmp_path):
    """Return a runs folder of its own with a finished run and a comparison."""
    shutil.copytree(template, tmp_path / "runs")
    toy = tmp_path / "runs" / "toy"
    run = toy / "20260101-000000"
    write(run, DOCUMENT)
    (run / "history.csv").write_text(HISTORY)
    (toy / "compare-20260102-000000" / "compare.json").write_text(json.dumps(COMPARE))
    return tmp_path / "runs"


def write(path, document):
    (path / "metrics.json").write_text(json.dumps(document))


def run_of(folder):
    return run_folder.Run(folder / "toy" / "20260101-000000")
