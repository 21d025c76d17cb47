"""The project as a whole: commands in the READMEs, layout, the index of examples."""

import ast
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


def imports(folder):
    """Return the modules that each module below `folder` imports from the project.

    Imports inside functions count too: they only put a circle off.
    """
    modules = {}
    for path in folder.rglob("*.py"):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        modules[name.removesuffix(".__init__")] = path
    found = {}
    for name, path in modules.items():
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                targets = [(alias.name, None) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) + 1 - node.level]
                base = ".".join([*above, node.module or ""]) if node.level else ""
                base = (base or node.module).rstrip(".")
                targets = [(base, alias.name) for alias in node.names]
            else:
                continue
            for base, inner in targets:
                whole = f"{base}.{inner}"
                target = whole if whole in modules else base
                if target in modules and target != name:
                    found[name].add(target)
    return found


def circle(graph):
    """Return the modules of a circle of imports, or nothing."""
    done = set()

    def visit(name, path):
        if name in path:
            return [*path[path.index(name) :], name]
        if name not in done:
            for target in sorted(graph.get(name, ())):
                if found := visit(target, [*path, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


GRAPH = {
    name: targets
    for name, targets in imports(ROOT).items()
    if name.startswith(("common", "examples"))
}
FLOORS = ["command_line", "report", "comparison", "play", "export", "training"]
FLOORS += ["preprocessing"]


def test_there_is_no_circle_of_imports():
    assert len(GRAPH) > 60
    assert not circle(GRAPH), " -> ".join(circle(GRAPH))
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_each_floor_of_common_imports_only_what_stands_below():
    def floor(name):
        folder = name.split(".")[1:2]
        return FLOORS.index(folder[0]) if folder and folder[0] in FLOORS else 99

    for name, targets in GRAPH.items():
        for target in targets if name.startswith("common.") else ():
            assert target.startswith("common"), f"{name} imports {target}"
            assert floor(target) >= floor(name), f"{name} imports {target}"


def test_examples_import_no_other_example():
    # A package that cannot be run is no example: it is about all of them.
    names = [path.parent.name for path in ROOT.glob("examples/*/__main__.py")]
    for name, targets in GRAPH.items():
        package = ".".join(name.split(".")[:2])
        for target in targets if package.removeprefix("examples.") in names else ():
            inside = target.startswith(("common", package)) or target == "examples"
            assert inside, f"{name} imports {target}"


def test_requirements_are_pinned_and_explained():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w.-]+~=[\d.]+  # \S.*", line), line


def test_hooks_of_a_commit_use_the_ruff_of_the_requirements():
    (ruff,) = re.findall(r"^ruff\S+", (ROOT / "requirements.txt").read_text(), re.M)
    config = (ROOT / ".pre-commit-config.yaml").read_text()
    hooks = re.findall(r"additional_dependencies: \[\"(.*)\"\]", config)
    assert hooks == [ruff] * 2
