"""`export`: a folder in which the network of a run answers without this repository."""

import ast
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from common import files, starting
from common.errors import UserError, one_line
from common.settings import Checked
from common.training import run_folder
from common.training.run_folder import Run

HERE = Path(__file__).parent
# What the exported folder needs, beside NumPy.
REQUIREMENTS = {
    "saved_model": "tensorflow~=2.21.0",
    "onnx": "onnxruntime~=1.32",
    "litert": "ai-edge-litert~=2.3",
}

PartsOf = Callable[[Run], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Export(Checked):
    """Which run to export, as what, and where to."""

    NEEDS_KERAS: ClassVar[bool] = False  # until the flags and the run are checked

    format: Literal["saved_model", "onnx", "litert"] = "onnx"
    """onnx for onnxruntime, litert for phones, saved_model for TensorFlow."""
    output: str | None = None
    """Folder to make. Default: EXAMPLE_FORMAT in this folder."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""


def export(options: Export, folder: Path, parts_of: PartsOf):
    """Write the folder, check it against Keras, and print its path.

    Args:
        options: the run, the format and the place.
        folder: that of the example, with its `use.py`.
        parts_of: returns the `formats.Part`s of a run by name.

    Raises:
        UserError: there is no finished run, or `write` raises it.
    """
    run = run_folder.find(folder.name, run=options.run, runs_dir=options.runs_dir)
    target = Path(options.output or f"{folder.name}_{options.format}")
    apart = write(run, options.format, target, folder, parts_of)
    run_folder.announce(run)
    script = ast.parse(files.read_text(folder / "use.py"))
    usage, *_ = ast.get_docstring(script).splitlines()
    print(f"{target}: differs from Keras by {apart:.1e} at most")
    print(f"pip install -r {target / 'requirements.txt'}")
    print(f"use.py: {usage}")


def write(run: Run, form: str, target: Path, folder: Path, parts_of: PartsOf) -> float:
    """Write the folder `target`; return the largest difference from Keras.

    Raises:
        UserError: the folder is there already or cannot be made, a package is missing,
            the network cannot be converted, or it answers otherwise than Keras does.
            Nothing is left behind.
    """
    from common.export import formats

    if target.exists():
        raise UserError(f"--output must name a new folder; {target} is there already")
    if not target.parent.is_dir():
        raise UserError(f"--output: there is no folder {target.parent}")
    starting.import_keras()
    formats.check_packages(form)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as beside:
        made = Path(beside) / target.name
        made.mkdir()
        with starting.quiet():
            parts = parts_of(run)
            try:
                formats.write(form, parts, made)
            # Converters raise many kinds of error.
            except Exception as error:
                reason = one_line(error, 300)
                raise UserError(f"{form} cannot be written: {reason}") from error
        shutil.copy(HERE / f"network_{form}.py", made / "network.py")
        shutil.copy(folder / "use.py", made)
        shutil.copy(run / run_folder.PREPROCESSOR, made)
        shapes = {
            name: {key: array.shape for key, array in part.inputs.items()}
            for name, part in parts.items()
        }
        files.write_json(made / "inputs.json", shapes)
        files.write_text(made / "requirements.txt", f"numpy\n{REQUIREMENTS[form]}\n")
        with starting.quiet():
            # New parts: LiteRT's have been unrolled.
            apart = formats.difference(parts_of(run), load(made))
        if not apart <= formats.TOLERANCE:
            raise UserError(f"{form} differs from Keras by {apart}; nothing is written")
        made.rename(target)
    return apart


def load(folder: Path):
    """Return the `Network` of an exported folder."""
    spec = importlib.util.spec_from_file_location("network", folder / "network.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Network(folder)
