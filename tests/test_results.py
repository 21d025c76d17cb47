"""`python -m examples compare`, and whether READMEs and RESULTS.md say the same."""

import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from common.command_line import cli
from examples import __main__ as command
from examples import compare_all, new_example, results_page
from tests.conftest import ROOT
from tests.test_results_page import DOCUMENT, lines_about

# Its training goes on with the validation part, its comparison does not.
TRAINED_ON_MORE = ("forecasting",)
RANGE = re.compile(r"([\d.]+) \(([\d.]+) to ([\d.]+)\)")


def contradictions(root):
    """Return a line for everything in the READMEs that RESULTS.md does not bear out."""
    page = (root / results_page.PAGE).read_text()
    found = []
    for readme in sorted(root.glob("examples/*/README.md")):
        name, text = readme.parent.name, readme.read_text()
        about = lines_about(name, page)
        block = results_page.BLOCK.search(text)
        if lines_about(name, block[0] if block else "") != about:
            found.append(f"{name}: its block is not what the page says")
        rest = results_page.BLOCK.sub("", text)
        for line in _section(rest, "Built-in against custom").splitlines():
            if re.search(r"\d\.\d", line):
                found.append(f"{name}: a figure beside the block: {line}")
        if about and name not in TRAINED_ON_MORE:
            found += _beyond_the_spread(name, about, rest, root)
    return found


def _section(text, title):
    return re.split(r"^## ", text.partition(f"## {title}\n")[2], flags=re.M)[0]


def _beyond_the_spread(name, about, readme, root):
    """Hold the default preset's metric, measured by `train`, against `compare`'s."""
    (built_in,) = [row for row in about if row.startswith(f"| {name} | builtin |")]
    if built_in.split(" | ")[2] == "1":
        return  # one seed has no spread
    low, high = map(float, built_in.split(" | ")[6].split(" to "))
    rows = (root / "README.md").read_text().splitlines()
    (row,) = [row for row in rows if row.startswith(f"| [{name}]")]
    figure = re.search(r"\d+\.\d+", row.split(" | ")[4])[0]
    # As many digits as are shown: 0.972 may be anything up to 0.9725.
    half = 0.5 * 10 ** -len(figure.partition(".")[2])
    if not low - half <= float(figure) <= high + half:
        yield f"{name}: {figure} in the README, {low} to {high} in the page"
    median, first, last = map(float, RANGE.search(_section(readme, "Results")).groups())
    if last < low - half or first > high + half:
        yield f"{name}: {median} ({first} to {last}) in its README, {low} to {high}"


def test_readmes_do_not_contradict_the_results():
    assert not contradictions(ROOT)
    page = (ROOT / results_page.PAGE).read_text()
    for name in new_example.templates(ROOT):
        readme = (ROOT / "examples" / name / "README.md").read_text()
        missing = f" {name}" in page.partition("Without a comparison so far:")[2]
        if "A copy of [" not in readme and not missing:
            assert len(lines_about(name, page)) == 7, name


@pytest.fixture
def project(tmp_path):
    """Return a project with results, an example's README and the table of examples."""
    document = {**DOCUMENT, "example": "toy"}
    folder = tmp_path / "examples" / "toy"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(
        "# Toy\n\n## Results\n\n| `toy` | 2.01 (1.9 to 2.2) |\n\n"
        "## Built-in against custom\n\n<!-- results -->\n<!-- end of results -->\n\n"
        "The two are one.\n## Limits\n\n- 0.5 of it\n"
    )
    (tmp_path / "README.md").write_text(
        "| [toy](examples/toy/README.md) | a task | a type | data | bits 2.01 | 1.8 |\n"
    )
    results_page.write(tmp_path / "RESULTS.md", "command", [document], [])
    return tmp_path


def test_what_the_command_writes_does_not_contradict_itself(project):
    assert contradictions(project) == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("RESULTS.md", "| 2.1250 |", "| 2.1251 |"),
        ("RESULTS.md", "| 0.88 |", "| 0.87 |"),
        ("RESULTS.md", "takes 0.88 times", "takes 0.80 times"),
        ("RESULTS.md", "2026-01-02", "2026-01-03"),
        ("examples/toy/README.md", "| 2.1250 |", "| 2.1251 |"),
        ("examples/toy/README.md", "| 2.0e-08 |", "| 1.0e-08 |"),
        ("examples/toy/README.md", "1.2500, the built-in", "1.2000, the built-in"),
        ("examples/toy/README.md", "<!-- end of results -->", ""),
        ("examples/toy/README.md", "The two are one.", "Custom takes 0.9 of it."),
        ("examples/toy/README.md", "(1.9 to 2.2)", "(2.3 to 2.4)"),
        ("README.md", "bits 2.01", "bits 2.26"),
        ("README.md", "bits 2.01", "bits 1.74"),
    ],
)
def test_any_other_figure_is_a_contradiction(project, path, old, new):
    text = (project / path).read_text()
    assert old in text
    (project / path).write_text(text.replace(old, new))
    assert contradictions(project)


@pytest.fixture
def here(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command; comparisons are made up, not trained.

    `started` holds the command line of each, `status` what some of them exit with.
    """
    started, status = [], {}

    def fake(words, check):
        started.append(words)
        name = words[2].removeprefix("examples.")
        if status.get(name, 0):
            return SimpleNamespace(returncode=status[name])
        flags = dict(zip(words[4::2], words[5::2], strict=True))
        options = compare_all.CompareAll(
            preset=flags["--preset"], seeds=int(flags["--seeds"])
        )
        run = tmp_path / "runs" / name / f"compare-{len(started)}"
        run.mkdir(parents=True)
        config = {"example": name, **compare_all._settings(name, options)}
        (run / "config.json").write_text(json.dumps(config))
        document = {**DOCUMENT, "example": name, "seeds": options.seeds}
        (run / "compare.json").write_text(json.dumps(document))
        return SimpleNamespace(returncode=0)

    def run(*words):
        places = ["--runs-dir", tmp_path / "runs", "--output", tmp_path / "page.md"]
        words = ["examples", "compare", *words, *places]
        monkeypatch.setattr(sys, "argv", list(map(str, words)))
        code = 0
        try:
            command.main()
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    monkeypatch.setattr(subprocess, "run", fake)
    run.started, run.status, run.page = started, status, tmp_path / "page.md"
    return run


def names_in(page):
    return re.findall(r"^\| (\w+) \| builtin", page.read_text(), re.M)


def test_all_examples_are_compared_and_stand_on_one_page(here, monkeypatch):
    names = new_example.templates(ROOT)
    code, output = here("--preset", "smoke", "--seeds", 2)
    assert code == 0, output
    assert names_in(here.page) == names
    assert f"{names[0]}, 1 of {len(names)}" in output
    seen = []
    monkeypatch.setattr(cli, "_run", lambda verb, options, **_: seen.append(options))
    for words in here.started:
        assert words[:2] == [sys.executable, "-m"]
        monkeypatch.setattr(sys, "argv", words[2:])
        __import__(f"{words[2]}.__main__", fromlist=["main"]).main()
    assert [(one.preset, one.seeds) for one in seen] == [("smoke", 2)] * len(names)


def test_some_are_compared_anew_and_the_others_kept(here):
    here("--examples", "sorting")
    assert names_in(here.page) == ["sorting"]
    assert "Without a comparison so far: forecasting, " in here.page.read_text()
    here("--examples", "sentiment", "sentiment")
    assert names_in(here.page) == ["sentiment", "sorting"]
    assert len(here.started) == 2
    written = here.page.read_text()
    here.page.unlink()
    assert here("--from-runs")[0] == 0
    assert here.page.read_text() == written
    assert len(here.started) == 2


def test_comparison_that_fails_loses_no_other(here):
    here.status["sentiment"] = 1
    code, output = here("--examples", "sorting", "sentiment", "forecasting")
    assert code == 2
    assert output.endswith("error: comparisons that failed, see above: sentiment\n")
    assert names_in(here.page) == ["forecasting", "sorting"]


def test_interrupt_ends_it_and_keeps_what_is_done(here):
    here.status["sentiment"] = 130
    code, output = here("--examples", "sorting", "sentiment", "forecasting")
    assert code == 130
    assert output.endswith("interrupted\n")
    assert names_in(here.page) == ["sorting"]
    assert len(here.started) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--examples", "anatomy"], "--examples must be one of forecasting, "),
        (["--preset", "tiny"], "--preset of forecasting must be one of default, "),
        (["--preset", "floats"], "--preset of forecasting must be one of default, "),
        (["--seeds", 0], "--seeds must be a whole number, 1..100; received 0"),
        (["--examples", "sorting", "--from-runs"], "or --from-runs, not both"),
        (["--from-runs"], "no comparison in "),
    ],
)
def test_wrong_input_gets_one_line_and_starts_nothing(here, words, message):
    code, output = here(*words)
    assert code == 2
    assert message in output
    assert output.count("\n") == 1
    assert not here.started
    assert not here.page.exists()


def test_page_of_another_kind_is_found_before_anything_is_trained(here):
    here.page.write_text("mine\n")
    code, output = here("--examples", "sorting")
    assert code == 2
    assert "--output must be a new file or a page that" in output
    assert not here.started
    assert here.page.read_text() == "mine\n"
