"""The notebooks: they run from top to bottom, and are kept with what they print."""

import os
import re

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from tests.conftest import ROOT

NOTEBOOKS = sorted(ROOT.glob("examples/*/walkthrough.ipynb"))
ENV = {**os.environ, "PRESET": "smoke"}
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.parent.name)


@pytest.fixture(scope="module")
def kernel():
    """Return one kernel for all notebooks, since importing TensorFlow takes seconds."""
    manager, client = start_new_kernel(env=ENV, cwd=str(ROOT))
    client.stop_channels()
    yield manager
    manager.shutdown_kernel(now=True)


def code_of(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


@each
def test_notebook_runs(path, kernel):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, km=kernel, timeout=120)
    client.execute()  # raises what a cell raises
    printed = [cell for cell in notebook.cells if cell.get("outputs")]
    assert len(printed) >= 8


@each
def test_notebook_is_kept_with_its_outputs(path):
    cells = code_of(path)
    for cell in cells[1:]:
        assert cell.outputs, cell.source
        assert {output.output_type for output in cell.outputs} <= {
            *("stream", "execute_result", "display_data")
        }
        for output in cell.outputs:
            printed = output.get("text") or str(output.data.get("text/plain"))
            # A path would be that of the machine on which the notebook ran.
            assert not re.search(r"(?<![\w.])/(\w[\w.-]*/){2}", printed)


def test_first_cell_is_the_same_in_all():
    assert len({code_of(path)[0].source for path in NOTEBOOKS}) == 1


@each
def test_five_questions_have_five_answers(path):
    text = nbformat.read(path, as_version=4).cells[-1].source
    questions, answers = re.split("^## Answers$", text, flags=re.M)
    for part in (questions, answers):
        assert re.findall(r"^(\d)\. ", part, re.M) == list("12345")
