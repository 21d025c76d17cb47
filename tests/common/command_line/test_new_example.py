"""Copies of examples: which names are refused, what changes, what never does."""

import pytest

from common.command_line import new_example
from common.errors import UserError

FILES = {
    "__init__.py": '"""Toy: reads a toy."""\n',
    "__main__.py": '"""`python -m examples.toy`"""\nfrom examples.toy.data import X\n',
    "config.py": '"""Settings of the toy example."""\nPRESETS = {}\n',
    "data.py": 'EXAMPLE = "toy"\nX = "a toy"\nY = "toys"\n',
    "model.py": 'PACKAGE = "toy"\nOTHER = "examples.toy_two"\n',
    "train.py": "",
    "predict.py": "",
    "README.md": "# Toy: one toy\n\nRun `python -m examples.toy`.\n\n"
    "<!-- results -->\n| toy | 0.5 |\n<!-- end of results -->\n",
    "toy.png": b"\x89PNG toy",
    "__pycache__/data.pyc": b"toy",
}
TESTS = {
    "test_toy_data.py": 'from examples.toy import data\nRUN = "toy/latest"\n',
    "test_toy_two_data.py": "from examples.toy_two import data\n",
}


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(content)


@pytest.fixture
def root(tmp_path):
    """Return a project with the examples `toy` and `toy_two` and one that is none."""
    for name in ("toy", "toy_two"):
        write(tmp_path / "examples" / name, FILES)
    write(tmp_path / "examples" / "anatomy", {"__main__.py": "", "data.py": ""})
    write(tmp_path / "examples", {"__init__.py": "", "taken.py": ""})
    write(tmp_path / "tests" / "examples", TESTS)
    return tmp_path


def contents(root):
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}


def test_names_change_and_nothing_else(root):
    before = contents(root)
    written = new_example.copy(root, "toy", "my_own")
    after = contents(root)
    new = {name: after[name].decode("latin-1") for name in set(after) - set(before)}
    assert before == {name: after[name] for name in before}
    assert {str(path.relative_to(root)) for path in written} == set(new)
    assert "examples/my_own/__pycache__/data.pyc" not in new
    readme = new.pop("examples/my_own/README.md")
    assert readme.startswith("# My own: one toy\n\nA copy")
    assert readme.endswith("\n\n<!-- results -->\n<!-- end of results -->\n")
    assert {
        name.removeprefix("examples/my_own/"): text for name, text in new.items()
    } == {
        "__init__.py": '"""My own: reads a toy."""\n',
        "__main__.py": '"""`python -m examples.my_own`"""\n\n'
        "from examples.my_own.data import X\n",
        "config.py": '"""Settings of the my_own example."""\n\nPRESETS = {}\n',
        "data.py": 'EXAMPLE = "my_own"\nX = "a toy"\nY = "toys"\n',
        "model.py": 'PACKAGE = "my_own"\nOTHER = "examples.toy_two"\n',
        "train.py": "",
        "predict.py": "",
        "toy.png": "\x89PNG toy",
        "tests/examples/test_my_own_data.py": "from examples.my_own import data\n\n"
        'RUN = "my_own/latest"\n',
    }


def test_examples_that_train_nothing_are_no_templates(root):
    assert new_example.templates(root) == ["toy", "toy_two"]
    with pytest.raises(UserError, match="one of toy, toy_two; received 'anatomy'"):
        new_example.copy(root, "anatomy", "my_own")
    with pytest.raises(UserError, match="one of toy, toy_two; received None"):
        new_example.copy(root, None, "my_own")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "must be an identifier"),
        ("my-task", "must be an identifier"),
        ("2nd", "must be an identifier"),
        ("a.b", "must be an identifier"),
        ("../outside", "must be an identifier"),
        ("Große", "must be an identifier"),
        ("__init__", "must be an identifier"),
        ("class", "no keyword"),
        ("toy", "examples/toy exists"),
        ("taken", r"examples/taken\.py exists"),
        ("lone", r"tests/examples/test_lone_data\.py exists"),
        ("json", "must not be that of a module"),
        ("numpy", "must not be that of a module"),
        ("common", "must not be that of a module"),
    ],
)
def test_names_that_cannot_be_used_are_refused(root, name, rule):
    write(root / "tests" / "examples", {"test_lone_data.py": ""})
    before = contents(root)
    with pytest.raises(UserError, match=rule):
        new_example.copy(root, "toy", name)
    assert contents(root) == before


def test_copy_that_fails_half_way_leaves_nothing(root, monkeypatch):
    before = contents(root)
    rename = type(root).rename

    def fail_on_tests(path, target):
        if target.name.startswith("test_"):
            raise OSError("disk full")
        return rename(path, target)

    monkeypatch.setattr(type(root), "rename", fail_on_tests)
    with pytest.raises(UserError, match="my_own cannot be made: disk full"):
        new_example.copy(root, "toy", "my_own")
    assert contents(root) == before
    assert not (root / "examples" / "my_own").exists()


def test_files_to_edit_are_named_in_order(root):
    new_example.copy(root, "toy", "my_own")
    lines = new_example.what_to_edit(root, "toy", "my_own").splitlines()
    steps = [line.split()[1] for line in lines if line[:3].strip(" .").isdigit()]
    assert steps[0] == "examples/my_own/__init__.py"
    assert "examples/my_own/evaluate.py" not in steps  # toy has none
    for step in steps:
        assert list(root.glob(step))
