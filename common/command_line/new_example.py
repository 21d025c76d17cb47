"""Copies an example, with its tests, as the start of a new one."""

import importlib.util
import keyword
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from common.comparison import results_page
from common.errors import UserError, check_choice, one_line

# What every example that trains a network has; anything else is no template.
FILES = ("config.py", "data.py", "model.py", "train.py", "predict.py", "__main__.py")
TEXTS = (".py", ".md")  # kinds of file in which names are changed


def templates(root: Path) -> list[str]:
    """Return the names of the examples that can be copied, by alphabet."""
    folders = (root / "examples").glob("*/")
    return sorted(
        folder.name
        for folder in folders
        if all((folder / name).is_file() for name in FILES)
    )


def copy(root: Path, source: str | None, name: str) -> list[Path]:
    """Copy the example `source` and its tests under another name.

    In the copy, the package, the folder of its runs and the names that its cell and
    its network are registered and saved under are those of the new example. What the
    files say about the task stays.

    Args:
        root: folder that holds `examples` and `tests`.
        source: example to copy.
        name: what to call the copy.

    Returns:
        the files that were written.

    Raises:
        UserError: there is no such example, or `name` cannot be used. Then nothing
            has been written.
    """
    check_choice("--from", source, templates(root))
    _check_name(root, name)
    tests = root / "tests" / "examples"
    targets = {
        path: root / "examples" / name / path.relative_to(root / "examples" / source)
        for path in sorted((root / "examples" / source).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    targets |= {
        path: tests / path.name.replace(f"test_{source}", f"test_{name}", 1)
        for path in tests_of(root, source)
    }
    try:
        with tempfile.TemporaryDirectory(prefix=".new-", dir=root) as folder:
            prepared = Path(folder)
            for path, target in targets.items():
                draft = prepared / target.relative_to(root)
                draft.parent.mkdir(parents=True, exist_ok=True)
                draft.write_bytes(_renamed(path, source, name))
            _format(prepared)
            _move(prepared, root, list(targets.values()), name)
    except OSError as error:
        raise UserError(f"{name} cannot be made: {one_line(error)}") from None
    return list(targets.values())


def tests_of(root: Path, name: str) -> list[Path]:
    """Return the test files of an example: `test_NAME.py` and `test_NAME_*.py`."""
    # `test_sorting_words_data.py` belongs to `sorting_words`, if there is one.
    longer = [other for other in templates(root) if other.startswith(f"{name}_")]
    return [
        path
        for path in sorted((root / "tests" / "examples").glob(f"test_{name}*.py"))
        if path.stem == f"test_{name}" or path.stem.startswith(f"test_{name}_")
        if not any(f"{path.stem}_".startswith(f"test_{other}_") for other in longer)
    ]


def _check_name(root: Path, name: str):
    """Raise `UserError` unless a new example may be called `name`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UserError(
            "the name must be an identifier of lower-case letters, digits and _, and "
            f"no keyword of Python; received {name!r}"
        )
    taken = [
        root / "examples" / name,
        root / "examples" / f"{name}.py",
        *tests_of(root, name),
    ]
    for path in taken:
        if path.exists():
            shown = path.relative_to(root)
            raise UserError(f"the name must be new; {shown} exists; received {name!r}")
    if name in sys.stdlib_module_names or importlib.util.find_spec(name):
        raise UserError(
            f"the name must not be that of a module that can be imported; "
            f"received {name!r}"
        )


def _renamed(path: Path, source: str, name: str) -> bytes:
    """Return the content of a file of the example with its names changed."""
    if path.suffix not in TEXTS:
        return path.read_bytes()
    text = path.read_text(encoding="utf-8")
    # `examples.NAME` in imports and commands, `examples/NAME` in paths, and the bare
    # name as a text of its own: "NAME", or "NAME/..." in a path.
    text = re.sub(rf"\bexamples([./]){source}\b", rf"examples\g<1>{name}", text)
    text = re.sub(rf"(?<=[\"']){source}(?=[\"'/])", name, text)
    text = re.sub(rf"\bthe {source} example\b", f"the {name} example", text)
    if path.name == "__init__.py":
        text = re.sub(r'^"""[^:\n]*:', f'"""{_title(name)}:', text)
    if path.name == "README.md":
        note = (
            f"A copy of the example [{source}](../{source}/README.md): what is said "
            "and measured\nbelow is about that one, until you change it."
        )
        text = re.sub(r"^# [^:\n]*(.*)\n", rf"# {_title(name)}\g<1>\n\n{note}\n", text)
        text = results_page.BLOCK.sub(r"\g<1>\g<2>", text)  # nothing measured yet
    return text.encode()


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _format(folder: Path):
    """Lay the lines out anew: with a longer name, some are too long."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated"]
    subprocess.run([*command, folder], check=False, capture_output=True)


def _move(prepared: Path, root: Path, targets: list[Path], name: str):
    """Put the prepared files into their places: all of them, or none."""
    folder = root / "examples" / name
    tests = [path for path in targets if folder not in path.parents]
    done = []
    try:
        (prepared / "examples" / name).rename(folder)
        for path in tests:
            (prepared / path.relative_to(root)).rename(path)
            done.append(path)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        for path in done:
            path.unlink()
        raise


def what_to_edit(root: Path, source: str, name: str) -> str:
    """Say what the copy `name` of `source` is and which files to edit, in order."""
    steps = {
        f"examples/{name}/__init__.py": "one line: what it does; the index shows it",
        f"examples/{name}/data.py": "where your data comes from, and the codec",
        f"examples/{name}/model.py": "the cell, and right below it the network",
        f"examples/{name}/train.py": "loss, metric and optimizer",
        f"examples/{name}/evaluate.py": "the test, the baselines, tables and figures",
        f"examples/{name}/predict.py": "how a finished run answers; the verb's output",
        f"examples/{name}/config.py": "a setting for what you vary, and the presets",
        f"examples/{name}/__main__.py": "the verbs, if you rename or add one",
        f"tests/examples/test_{name}_*.py": "the tests, along with each of these",
        f"examples/{name}/README.md": "what it does and what it reached, measured anew",
    }
    # Not every example has every file.
    steps = {path: what for path, what in steps.items() if list(root.glob(path))}
    width = max(map(len, steps))
    lines = [
        f"{number:>2}. {path:<{width}}  {what}"
        for number, (path, what) in enumerate(steps.items(), start=1)
    ]
    return "\n".join(
        [
            f"examples/{name} is a copy of {source} that works as it is:",
            "",
            f"    python -m examples.{name} --preset smoke",
            f"    python -m examples.{name} compare --preset smoke --seeds 1",
            f"    python -m pytest tests/examples -k test_{name}_",
            "",
            "Then edit, in this order; its README, 'Adapt it', says more:",
            "",
            *lines,
        ]
    )
