"""A copy of an example trains, compares and passes its tests, whatever the example."""

import ast
import re
import shutil
import subprocess
import sys

import pytest

from common.command_line import new_example
from tests.conftest import ROOT

NAME, TITLE = "my_task", "My task"
# Those of the copy's own tests that train, compare, check the cell, and go by its name.
# All of its test files are imported. The tests that are not run say what those of the
# example say, which run anyway: but for the name, it is the same code.
TESTS = "test_smoke or test_compare or test_cell_equals or test_help or damaged_run"
every_example = pytest.mark.parametrize("source", new_example.templates(ROOT))


@pytest.fixture
def copy(source, tmp_path):
    """Return the root of a copy of the project that holds a copy of one example."""
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("common", f"examples/{source}", "datasets", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    for path in (ROOT / "pyproject.toml", *ROOT.glob("examples/*.py")):
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    new_example.copy(tmp_path, source, NAME)
    # Nothing of the copy may lean on what it was copied from.
    shutil.rmtree(tmp_path / "examples" / source)
    for path in (tmp_path / "tests" / "examples").glob("test_*.py"):
        if not path.name.startswith(f"test_{NAME}"):
            path.unlink()
    return tmp_path


def code(folder):
    """Return the syntax trees of an example and of its tests, by path."""
    paths = (folder / "examples", folder / "tests" / "examples")
    return {
        str(path.relative_to(folder)): ast.dump(ast.parse(path.read_text()))
        for parent in paths
        for path in parent.rglob("*.py")
    }


@every_example
def test_copy_is_the_example_but_for_the_name(source, copy):
    title = source.replace("_", " ").capitalize()
    found = {
        path.replace(NAME, source): tree.replace(NAME, source).replace(TITLE, title)
        for path, tree in code(copy).items()
        if NAME in path
    }
    expected = {
        path: tree
        for path, tree in code(ROOT).items()
        if path.startswith((f"examples/{source}/", f"tests/examples/test_{source}_"))
    }
    assert len(expected) > 8
    assert found == expected
    for path, tree in code(copy).items():
        if NAME in path:
            assert f"'{source}'" not in tree, path  # a name left as it was
            assert f"examples.{source}" not in tree, path


@every_example
def test_copy_works_at_once(copy):
    command = [sys.executable, "-m", "pytest", "-v", "-n0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/examples", "-k", TESTS],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = " ".join(re.findall(r"::(\S+).* PASSED", done.stdout))
    for name in ("test_smoke", "test_compare", "test_help", "test_damaged_run"):
        assert name in passed
