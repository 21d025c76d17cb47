"""Copies an example, with its tests, as the start of a new one.

`cp -r` can copy the folder of an example. This module also copies its tests, and puts
the new name into the commands of the README and the tests. It leaves the notebook out,
which tells of the old example.
"""

import importlib.util
import keyword
import re
import shutil
import tempfile
from pathlib import Path

from common.errors import UserError, check_choice
from examples.results_page import BLOCK

# Files of every example that trains a network. Only such an example can be copied.
FILES = ("config.py", "data.py", "model.py", "train.py", "predict.py", "__main__.py")


def templates(root: Path) -> list[str]:
    """Return the names of the examples that can be copied, in alphabetical order."""
    folders = (root / "examples").glob("[!._]*/")
    return sorted(f.name for f in folders if all((f / n).is_file() for n in FILES))


def copy(root: Path, source: str | None, name: str):
    """Copy the example `source` and its tests under another name.

    Args:
        root: folder that holds `examples` and `tests`.
        source: example to copy.
        name: name of the copy.

    Raises:
        UserError: there is no such example, or `name` cannot be used. Then nothing has
            been written.
    """
    check_choice("--from", source, templates(root))
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name) or keyword.iskeyword(name):
        raise UserError(
            "the name must have 1..60 lower-case letters, digits and _, begin with a "
            f"letter, and be no keyword of Python; received {name!r}"
        )
    targets = [root / "examples" / name, root / "tests" / "examples" / name]
    for path in (targets[0].with_suffix(".py"), *targets):
        if path.exists():
            raise UserError(f"the name must be new; {path.relative_to(root)} exists")
    if importlib.util.find_spec(name):
        raise UserError(f"the name must not be that of a Python module; it is {name!r}")
    with tempfile.TemporaryDirectory(prefix=".new-", dir=root) as temporary:
        drafts = [Path(temporary) / "example", Path(temporary) / "tests"]
        for draft, target in zip(drafts, targets, strict=True):
            ignored = shutil.ignore_patterns("__pycache__", "*.ipynb")
            shutil.copytree(target.with_name(source), draft, ignore=ignored)
        for path in (drafts[0] / "README.md", *drafts[1].glob("*.py")):
            text = path.read_text(encoding="utf-8")
            text = re.sub(rf"\bexamples([./]){source}\b", rf"examples\g<1>{name}", text)
            path.write_text(text, encoding="utf-8")
        text = (drafts[0] / "README.md").read_text(encoding="utf-8")
        title, _, rest = text.partition("\n")
        about = f"A copy of [{source}](../{source}/README.md), whose results it shows."
        rest = BLOCK.sub(r"\g<1>\g<2>", rest)  # nothing has been measured yet
        (drafts[0] / "README.md").write_text(f"{title}\n\n{about}\n{rest}")
        # Fails if another process has made the folder since, and then leaves it alone.
        for draft, target in zip(drafts, targets, strict=True):
            draft.rename(target)
