"""The project as a whole: commands in the READMEs, layout, the index of examples."""

import importlib
import re
import shlex
import subprocess
import sys

import pytest

from common.command_line import cli
from examples.__main__ import index
from tests.conftest import ROOT

READMES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)


def commands(text):
    """Return the commands in a page: those in blocks, then those within a sentence."""
    blocks = re.findall(r"```(?:bash|sh)\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    inside = re.findall(r"`(python\s-m\sexamples\.[^`<]*)`", text)
    return [line for line in lines if "-m examples" in line] + [
        " ".join(words.split()) for words in inside
    ]


COMMANDS = [
    pytest.param(line, id=f"{path.parent.name}:{line[:60]}")
    for path in READMES
    for line in commands(path.read_text())
]


def test_there_are_commands_to_check():
    assert len(COMMANDS) > 5


@pytest.mark.parametrize("line", COMMANDS)
def test_command_of_a_readme_is_valid(line, monkeypatch):
    """Parse what the README says; the verb itself is replaced."""
    line = re.sub(r"^for .*?; do |; done$", "", line).replace("$seed", "0")
    line = line.split("#")[0].split("&&")[-1].split("|")[-1].split("<")[0]
    words = shlex.split(line)
    module, arguments = words[words.index("-m") + 1], words[words.index("-m") + 2 :]
    called = []
    monkeypatch.setattr(cli, "_run", lambda verb, options, **_: called.append(options))
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    package = importlib.import_module(f"{module}.__main__")
    if arguments[-1:] == ["--help"]:
        with pytest.raises(SystemExit) as exited:
            package.main()
        assert exited.value.code == 0
    else:
        package.main()
        assert len(called) == 1


def test_index_lists_every_example_with_one_line(command):
    done = subprocess.run(
        [sys.executable, "-m", "examples"], cwd=ROOT, capture_output=True, text=True
    )
    for name, line in index().items():
        assert line
        assert line in done.stdout
        assert f"python -m examples.{name}" in done.stdout


def test_datasets_folder_shadows_no_package():
    """A package of that name here would hide Hugging Face's `datasets`."""
    assert not list((ROOT / "datasets").rglob("__init__.py"))


def test_examples_import_no_other_example_and_common_imports_none():
    # A package that cannot be run is no example: a verb of them all.
    examples = [path.parent for path in ROOT.glob("examples/*/__main__.py")]
    own_files = [path for folder in examples for path in folder.glob("*.py")]
    assert own_files
    for path in [*ROOT.glob("common/**/*.py"), *own_files]:
        imported = set(
            re.findall(r"^\s*(?:from|import) examples\.(\w+)", path.read_text(), re.M)
        )
        own = {path.parent.name} if path.parent.parent.name == "examples" else set()
        assert imported <= own, path


def test_requirements_are_pinned_and_explained():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+~=[\d.]+  # \S.*", line), line


def test_hooks_of_a_commit_use_the_ruff_of_the_requirements():
    (ruff,) = re.findall(r"^ruff\S+", (ROOT / "requirements.txt").read_text(), re.M)
    config = (ROOT / ".pre-commit-config.yaml").read_text()
    hooks = re.findall(r"additional_dependencies: \[\"(.*)\"\]", config)
    assert hooks == [ruff] * 2
