"""A copy of an example trains, compares and passes its tests, whatever the example."""

import re
import shutil
import subprocess
import sys

import pytest

from common import scaffold
from tests.conftest import ROOT

# Those of the copy's own tests that train, compare and check the cell. (All of its test
# files are imported; running every test would take as long as for the example itself.)
TESTS = "test_smoke or test_compare or test_cell_equals"


@pytest.mark.parametrize("source", scaffold.templates(ROOT))
def test_copy_works_at_once(source, tmp_path):
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("common", f"examples/{source}", "datasets", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    for path in (ROOT / "pyproject.toml", *ROOT.glob("examples/*.py")):
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    scaffold.copy(tmp_path, source, "my_task")
    # Nothing of the copy may lean on what it was copied from.
    shutil.rmtree(tmp_path / "examples" / source)
    for path in (tmp_path / "tests" / "examples").glob("test_*.py"):
        if not path.name.startswith("test_my_task"):
            path.unlink()
    command = [sys.executable, "-m", "pytest", "-v", "-n0", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/examples", "-k", TESTS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = " ".join(re.findall(r"::(\S+).* PASSED", done.stdout))
    assert "test_smoke" in passed
    assert "test_compare" in passed
