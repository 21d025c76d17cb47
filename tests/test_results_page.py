"""RESULTS.md: which comparisons it shows, what it says, and what it never replaces."""

import json
import os

import pytest

from common.comparison import machine
from common.comparison.findings import findings
from common.errors import UserError
from examples import results_page

COMMAND = "python -m examples compare --preset default --seeds 2"
SETTINGS = {"preset": "default", "cell": "builtin", "seed": 0, "seeds": 2, "sizes": []}
INTERVAL = {"difference": 0.25, "interval_95": [0.125, 0.5], "says": "worse"}
RATIO = {"median": 0.875, "low": 0.75, "high": 1.5}
DOCUMENT = {
    "example": "toy",
    "dataset": "some lists",
    "data_hash": "sha256:1",
    "preset": "default",
    "backend": "tensorflow",
    "date": "2026-01-02",
    "machine": {"cpu": "Abacus 3", "cores": 2, "memory": None},
    "versions": {"python": "3.11.0", "keras": "3.15.1"},
    "metric": {"name": "bits", "split": "test", "mode": "min"},
    "seed": 0,
    "seeds": 2,
    "rounds": 11,
    "cells": [
        {
            "cell": cell,
            "parameters": 12345,
            "median": median,
            "min": median - 0.25,
            "max": median + 0.25,
            "milliseconds_per_step": 4.0 * (cell == "lstm") + 4.0,
            "seconds": 9.0,
        }
        for cell, median in {
            "builtin": 2.0,
            "custom": 2.125,
            "gru": 2.0,
            "lstm": 1.25,
        }.items()
    ],
    "models": {"network": {"bits": 2.0}, "bad": {"bits": 7.0}, "good": {"bits": 1.75}},
    "verdict": {"against": "good", **INTERVAL},
    "against_builtin": {
        "custom": {**INTERVAL, "says": "undecided"},
        "gru": {"difference": 0.0, "interval_95": [None, None], "says": "undecided"},
        "lstm": {
            "difference": -0.75,
            "interval_95": [-0.875, -0.5],
            "says": "better",
        },
    },
    "parity": {"output": 0.0, "gradient": 2e-8, "weights_after_training": 3e-7},
    "step_time": {
        "custom": RATIO,
        "gru": {"median": 1.0, "low": 0.96, "high": 1.04},
        "lstm": {"median": 2.0, "low": 1.5, "high": 2.5},
    },
}


def save(folder, stamp, document, *, age=0, **changes):
    """Write a comparison as old as `age` seconds; return its file."""
    run = folder / f"compare-{stamp}"
    run.mkdir(parents=True)
    config = {"example": folder.name, **SETTINGS, **changes}
    (run / "config.json").write_text(json.dumps(config))
    path = run / "compare.json"
    path.write_text(json.dumps(document))
    now = path.stat().st_mtime
    os.utime(path, (now - age, now - age))
    return path


def test_page_shows_every_number_of_a_comparison():
    text = results_page.page(COMMAND, [DOCUMENT], ["other"])
    assert text.startswith(f"<!-- Written by `{COMMAND}`")
    row = "| toy | lstm | 2 | 12,345 | bits ↓ | 1.2500 | 1.0000 to 1.5000 |"
    assert f"{row} 1.7500, good | 8.0 | 9 |\n" in text
    pair = "| toy | 0.0e+00 | 2.0e-08 | 3.0e-07 | 0.88 | 0.75 to 1.50 | undecided |\n"
    assert pair in text
    measured = (
        "`python -m examples.toy compare --seeds 2`; some lists, seeds 0 to 1, "
        "2026-01-02; Abacus 3, cores used: 2; python 3.11.0, keras 3.15.1."
    )
    assert measured in text
    assert "Without a comparison so far: other." in text
    assert "medians of 11 rounds" in text


def lines_about(example, text):
    """Return the lines of a page or of a README's block that are about `example`."""
    starts = (f"| {example} |", f"**{example}**")
    return [line for line in text.split("\n") if line.startswith(starts)]


def test_block_of_a_readme_is_what_the_page_says_about_the_example():
    other = {**DOCUMENT, "example": "toy_two"}
    text = results_page.page(COMMAND, [DOCUMENT, other], [])
    for document in (DOCUMENT, other):
        name = document["example"]
        lines = lines_about(name, text)
        assert len(lines) == 4 + 1 + 2
        assert lines_about(name, results_page.block(document)) == lines


def test_newest_comparison_with_the_settings_is_taken(tmp_path):
    folder = tmp_path / "toy"
    assert results_page.newest(folder, SETTINGS) == (None, [])
    save(folder, 1, {**DOCUMENT, "date": "oldest"}, age=300)
    save(folder, 2, {**DOCUMENT, "date": "right"}, age=200)
    save(folder, 3, {**DOCUMENT, "date": "one seed"}, age=90, seeds=1)
    save(folder, 4, {**DOCUMENT, "date": "other settings"}, age=80, sizes=[1])
    found, damaged = results_page.newest(folder, {**SETTINGS, "sizes": ()})
    assert (found["date"], damaged) == ("right", [])
    found, _ = results_page.newest(folder, {**SETTINGS, "seeds": 9})
    assert found["date"] == "one seed"


@pytest.mark.parametrize(
    "document", [[], {}, "x", {**DOCUMENT, "cells": [{}]}, {**DOCUMENT, "parity": {}}]
)
def test_damaged_comparison_is_passed_over_and_named(document, tmp_path):
    folder = tmp_path / "toy"
    save(folder, 1, DOCUMENT, age=100)
    path = save(folder, 2, document)
    found, (line,) = results_page.newest(folder, SETTINGS)
    assert found == DOCUMENT
    assert str(path) in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "there", ["# My notes\n", "", f"x\n{results_page.marker(COMMAND)}\n"]
)
def test_page_replaces_nothing_but_itself(there, tmp_path):
    path = tmp_path / "RESULTS.md"
    path.write_text(there)
    with pytest.raises(UserError, match="has written"):
        results_page.write(path, COMMAND, [DOCUMENT], [])
    assert path.read_text() == there
    path.unlink()
    results_page.write(path, COMMAND, [DOCUMENT], [])
    changed = {**DOCUMENT, "date": "2027-01-01"}
    assert results_page.write(path, COMMAND, [changed], []) == [path]
    assert "2027-01-01" in path.read_text()
    with pytest.raises(UserError, match="--seeds 3 has written"):
        results_page.write(path, COMMAND.replace("2", "3"), [DOCUMENT], [])
    assert "2027-01-01" in path.read_text()


def test_page_needs_a_folder_and_is_no_folder(tmp_path):
    for path in (tmp_path / "none" / "RESULTS.md", tmp_path):
        with pytest.raises(UserError, match="--output"):
            results_page.check_free(path, COMMAND)


def test_readmes_beside_the_page_follow_it(tmp_path):
    readme = tmp_path / "examples" / "toy" / "README.md"
    readme.parent.mkdir(parents=True)
    start, end = "Before.\n\n<!-- results -->\n", "<!-- end of results -->\n\nAfter.\n"
    readme.write_text(f"{start}old\n{end}")
    document = {**DOCUMENT, "dataset": r"a\1b"}
    results_page.write(tmp_path / "other.md", COMMAND, [document], [])
    assert readme.read_text() == f"{start}old\n{end}"
    written = results_page.write(tmp_path / "RESULTS.md", COMMAND, [document], [])
    assert written == [tmp_path / "RESULTS.md", readme]
    assert readme.read_text() == f"{start}\n{results_page.block(document)}\n\n{end}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "are the same network, up to rounding"),
        (
            {},
            "The custom cell has bits 2.1250, the built-in layer 2.0000: undecided, "
            "since the seeds overlap (difference +0.2500, 95 % interval +0.1250 to "
            "+0.5000). A step takes 0.88 times as long (95 % interval 0.75 to 1.50): "
            "undecided.",
        ),
        ({"seeds": 1}, "2.0000: undecided, since one seed is no proof (difference"),
        ({}, "(difference +0.0000, too few test cases for an interval)"),
        ({}, "1.04): as fast, within 5%."),
        (
            {},
            "LSTM has bits 1.2500, the built-in layer 2.0000: better (difference "
            "-0.7500, 95 % interval -0.8750 to -0.5000). A step takes 2.00 times as "
            "long (95 % interval 1.50 to 2.50): slower.",
        ),
        ({}, "worse than its best baseline, good: bits 2.0000 against 1.7500"),
        (
            {"parity": {"output": 2e-5, "gradient": float("nan")}},
            "are not the same network: output differs by 2.0e-05, more than 1e-05, "
            "gradient differs by nan",
        ),
        ({"cells": DOCUMENT["cells"][:1]}, "up to rounding. The network is worse"),
    ],
)
def test_sentences_say_what_the_numbers_say(changes, expected):
    assert expected in " ".join(findings({**DOCUMENT, **changes}))


def test_machine_and_versions_are_those_of_this_process():
    described = machine.describe()
    assert described["cpu"]
    assert described["cores"] >= 1
    assert described["memory"] is None or described["memory"] > 0
    assert list(machine.versions())[:3] == ["python", "tensorflow", "keras"]
    assert json.loads(json.dumps(described)) == described
