"""RESULTS.md: which comparisons it shows, what it says, and what it never replaces."""

import copy
import json
import os

import pytest

from common.comparison import findings, machine, results_page
from common.errors import UserError

COMMAND = "python -m examples compare --preset default --seeds 2"
SETTINGS = {"preset": "default", "cell": "builtin", "seed": 0, "seeds": 2, "sizes": []}
DOCUMENT = {
    "example": "toy",
    "dataset": "some lists",
    "preset": "default",
    "backend": "tensorflow",
    "date": "2026-01-02",
    "machine": {"cpu": "Abacus 3", "cores": 2, "memory": None},
    "versions": {"python": "3.11.0", "keras": "3.15.1"},
    "metric": {"name": "bits", "split": "test", "better": "lower"},
    "seed": 0,
    "seeds": 2,
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
    "baselines": {"bad": 7.0, "good": 1.75},
    "parity": {"output": 0.0, "gradient": 2e-8, "weights_after_training": 3e-7},
    "step_time_ratio": {"median": 0.875, "min": 0.75, "max": 1.5, "rounds": 11},
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
    row = "| toy | lstm | 12,345 | bits ↓ | 1.2500 | 1.0000 to 1.5000 | 1.7500, good |"
    assert f"{row} 8.0 | 9 |\n" in text
    pair = "| toy | 0.0e+00 | 2.0e-08 | 3.0e-07 | 0.88 | 0.75 to 1.50 |\n"
    assert pair in text
    measured = (
        "`python -m examples.toy compare --seeds 2`; some lists, seeds 0 to 1, "
        "2026-01-02; Abacus 3, cores used: 2; python 3.11.0, keras 3.15.1."
    )
    assert measured in text
    assert "Without a comparison so far: other." in text
    assert "median of 11\nrounds" in text
    later = {
        **DOCUMENT,
        "step_time_ratio": {**DOCUMENT["step_time_ratio"], "rounds": 12},
    }
    text = results_page.page(COMMAND, [later, DOCUMENT], [])
    assert "median of 11 or 12\nrounds" in text


def test_block_of_a_readme_is_what_the_page_says_about_the_example():
    other = {**DOCUMENT, "example": "toy_two"}
    text = results_page.page(COMMAND, [DOCUMENT, other], [])
    for document in (DOCUMENT, other):
        name = document["example"]
        lines = results_page.lines_about(name, text)
        assert len(lines) == 4 + 1 + 2
        assert results_page.lines_about(name, results_page.block(document)) == lines


def test_newest_comparison_with_the_settings_is_taken(tmp_path):
    folder = tmp_path / "toy"
    assert results_page.newest(folder, SETTINGS) == (None, [])
    save(folder, 1, {**DOCUMENT, "date": "oldest"}, age=300)
    save(folder, 2, {**DOCUMENT, "date": "right"}, age=200, cell="lstm")
    save(folder, 3, {**DOCUMENT, "date": "one seed"}, age=90, seeds=1)
    save(folder, 4, {**DOCUMENT, "date": "other settings"}, age=80, sizes=[1])
    found, damaged = results_page.newest(folder, {**SETTINGS, "sizes": ()})
    assert (found["date"], damaged) == ("right", [])


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


def changed(**changes):
    """Return a comparison in which rows, parity or others are different."""
    document = copy.deepcopy(DOCUMENT)
    for key, value in changes.items():
        if key in document:
            document[key] = value
        else:
            (row,) = [row for row in document["cells"] if row["cell"] == key]
            row.update(value)
    return document


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (DOCUMENT, "are the same network, up to rounding"),
        (DOCUMENT, "0.88 times the built-in layer's time a step (0.75 to 1.50)"),
        (
            DOCUMENT,
            "The custom cell has bits 2.1250, worse than the built-in layer's 2.0000 "
            "by less than the seeds vary.",
        ),
        (DOCUMENT, "GRU has bits 2.0000, equal to the built-in layer's 2.0000;"),
        (
            DOCUMENT,
            "LSTM has bits 1.2500, better than the built-in layer's 2.0000 by more "
            "than the seeds vary; a step in training takes 2.0 times as long.",
        ),
        (DOCUMENT, "loses to its best baseline, good: bits 2.0000 against 1.7500"),
        (changed(baselines={"good": 2.5}), "beats its best baseline, good"),
        (
            changed(metric={"name": "share", "better": "higher"}),
            "LSTM has share 1.2500, worse than",
        ),
        (changed(seeds=1), "2.0000 (one seed, so that it may be chance)"),
        (
            changed(parity={"output": 2e-5, "gradient": 1e-4}),
            "are not the same network: output 2.0e-05 apart, more than 1e-05.",
        ),
        (
            changed(parity={"output": 0.0, "gradient": float("nan")}),
            "not the same network: gradient nan apart",
        ),
        (
            changed(custom={"median": 2.00001}),
            "cell has bits 2.0000, equal to the built-",
        ),
    ],
)
def test_sentences_say_what_the_numbers_say(document, expected):
    assert expected in " ".join(findings.findings(document))


def test_sentences_leave_out_what_is_not_there():
    document = changed(baselines={}, parity={}, cells=DOCUMENT["cells"][2:])
    (sentence,) = findings.findings(document)
    assert sentence.startswith("The custom cell takes 0.88 times")


def test_machine_and_versions_are_those_of_this_process():
    described = machine.describe()
    assert described["cpu"]
    assert described["cores"] >= 1
    assert described["memory"] is None or described["memory"] > 0
    assert list(machine.versions()) == ["python", "tensorflow", "keras"]
    assert json.loads(json.dumps(described)) == described
