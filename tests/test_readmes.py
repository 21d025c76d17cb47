"""What the READMEs show: links, pictures, and the code of the cells.

The commands in them are checked in `test_project.py`.
"""

import re
import textwrap

import pytest

from examples import new_example, results_page
from tests.conftest import ROOT
from tests.test_project import READMES

HEADINGS = [
    "The equations",
    "Why?",
    "Run",
    "What you should see",
    "Results",
    "Built-in against custom",
    "Your own data",
    "In a program",
    "Adapt it",
    "Limits",
    "Troubleshooting",
]
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
EXAMPLES = new_example.templates(ROOT)


def prose(path):
    """Return the text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.S | re.M)


def sections(name):
    """Return the text below each heading of an example's README, by heading."""
    text = (ROOT / "examples" / name / "README.md").read_text()
    _, *parts = re.split(r"^## (.*)\n", text, flags=re.M)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def anchor(heading):
    """Return what a link to a heading has after its #."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("page", READMES, ids=lambda path: path.parent.name)
def test_links_lead_somewhere_and_pictures_have_words(page):
    for picture, text, target in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", target):
            continue  # the web is not asked
        name, _, part = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), f"{page}: {target}"
        if part:
            headings = re.findall(r"^#+ (.*)$", prose(found), re.M)
            assert part in map(anchor, headings), f"{page}: {target}"
        if picture:
            assert len(text) > 20, f"{page}: {target} needs a description"


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_the_same_headings_in_the_same_order(name):
    assert list(sections(name)) == HEADINGS


@pytest.mark.parametrize("name", EXAMPLES)
def test_code_below_the_equations_is_that_of_the_cell(name):
    shown = re.findall(r"```python\n(.*?)```", sections(name)["The equations"], re.S)
    model = (ROOT / f"examples/{name}/model.py").read_text()
    for block in shown:
        assert textwrap.indent(block, 8 * " ") in model
    assert shown


@pytest.mark.parametrize("name", EXAMPLES)
def test_results_of_the_comparison_have_their_place(name):
    text = sections(name)["Built-in against custom"]
    assert results_page.BLOCK.search(text)
