"""A made-up finished run and comparison, as files, and a browser to look at pages."""

import json
import shutil

import pytest
from matplotlib.figure import Figure
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from common.training import plots, run_folder

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage"),
)
VERDICT = {
    "against": "tfidf_bigrams",
    "difference": 0.125,
    "interval_95": [0.1, 0.15],
    "says": "better",
}
DOCUMENT = {
    "example": "toy",
    "dataset": "some lists",
    "data_hash": "sha256:1",
    "preset": "default",
    "cell": "builtin",
    "backend": "tensorflow",
    "seed": 3,
    "parameters": 12345,
    "epochs": 3,
    "best_epoch": 2,
    "interrupted": False,
    "metric": {"name": "accuracy", "split": "test", "mode": "max"},
    "models": {
        "network": {"accuracy": 0.75, "macro_f1": 0.7251},
        "majority": {"accuracy": 0.5, "macro_f1": None},
        "tfidf_bigrams": {"accuracy": 0.625},
        "failed": {"accuracy": None},
    },
    "references": {"lzma": {"accuracy": 0.8123}},
    "verdict": VERDICT,
    "slices": {
        "short": {"count": 300, "models": {"network": 0.9, "tfidf_bigrams": 0.61}},
        "very_long": {"count": 41, "models": {"network": 0.4321, "majority": 0.6789}},
    },
    "details": {
        "by_length": {"2": 0.99, "9": 0.1234},
        "by_step": {"mae": [1.5, 2.25], "rmse": [3.5, None]},
        "by_kind": {"sorted": {"network": 0.3456}},
        "most_common_error": 7.75,
        "answers": ["no", "number"],
    },
    "seconds": {"train": 21.3, "total": 31.0},
    "milliseconds_per_step": 5.2,
}
HISTORY = "epoch,loss,val_loss,seconds\n1,0.9,0.8,1\n2,0.5,0.55,1\n3,0.2,0.6,1\n"
UNDECIDED = {"difference": 0.0, "interval_95": [None, None], "says": "undecided"}
COMPARE = {
    "example": "toy",
    "dataset": "some lists",
    "data_hash": "sha256:1",
    "preset": "default",
    "metric": {"name": "accuracy", "split": "test", "mode": "max"},
    "seed": 3,
    "seeds": 2,
    "cells": [
        {
            "cell": cell,
            "parameters": 100,
            **dict.fromkeys(("median", "min", "max"), median),
            **dict.fromkeys(("milliseconds_per_step", "seconds"), 4.0),
        }
        for cell, median in {"builtin": 0.7, "custom": 0.7, "gru": 0.8}.items()
    ],
    "models": {"network": {"accuracy": 0.7}, "tfidf_bigrams": {"accuracy": 0.575}},
    "verdict": VERDICT,
    "against_builtin": {
        "custom": UNDECIDED,
        "gru": {"difference": 0.1, "interval_95": [0.05, 0.15], "says": "better"},
    },
    "step_time": {
        "custom": {"median": 1.25, "low": 1.1, "high": 1.4},
        "gru": {"median": 2.5, "low": 2.4, "high": 2.6},
    },
    "parity": {"output": 0.0, "gradient": 2e-8, "weights_after_training": 3e-7},
}
SETTINGS = {"preset": "default", "units": 48, "learning_rate": 0.006}
RUN, COMPARED = "20260101-000000", "compare-20260102-000000"


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """Return a runs folder with a run and a comparison; drawing takes its time."""
    toy = tmp_path_factory.mktemp("runs") / "toy"
    for name, config, figures in (
        (RUN, SETTINGS, ("learning_curves", "lengths")),
        (COMPARED, {**SETTINGS, "seeds": 2}, ("compare",)),
    ):
        run = run_folder.start("toy", str(toy.parent), config)
        for figure in figures:
            draw(run / "figures" / f"{figure}.png")
        run.path.rename(toy / name)
    (toy / RUN / "history.csv").write_text(HISTORY)
    write(toy / RUN / "metrics.json", DOCUMENT)
    write(toy / COMPARED / "compare.json", COMPARE)
    return toy.parent


@pytest.fixture
def folder(template, tmp_path):
    """Return a runs folder of its own with a finished run and a comparison."""
    return shutil.copytree(template, tmp_path / "runs")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return headless Chromium, or skip."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("no chromium and chromedriver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def show(browser, path, *, width, scheme):
    """Open a page as on a screen `width` CSS pixels wide."""
    size = {
        "width": width,
        "height": 800,
        "deviceScaleFactor": 1,
        "mobile": width < 600,
    }
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get(path.as_uri())


def draw(path, **texts):
    figure = Figure(figsize=(4, 3))
    axes = figure.subplots()
    axes.plot([1, 2], [3, 5])
    axes.set(xlabel="hour", ylabel="load")
    plots.save(figure, path, **texts)


def write(path, document):
    path.write_text(json.dumps(document))


def run_of(folder):
    return run_folder.Run(folder / "toy" / RUN)


def comparison_of(folder):
    return run_folder.Run(folder / "toy" / COMPARED)
