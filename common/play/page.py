"""`play.html`: the trained network of a run, alive in one page that needs nothing else.

The page holds the weights and the network itself in JavaScript; the scripts beside this
module are the same for all examples, and each example adds its own `play.js`.
"""

import base64
import hashlib
import json
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import jinja2

from common import files
from common.errors import UserError, one_line
from common.settings import Checked
from common.training import run_folder
from common.training.run_folder import Run

PAGE = "play.html"
WHY_NOT = "no_play.txt"  # why a run has no page
SCRIPTS = ("cells.js", "layers.js", "network.js", "page.js")
MAX_BYTES = 8 * 2**20  # of the weights as 16-bit floats; a larger page is not written
FLOAT32_BYTES = 2**20  # weights that take more are written as 16-bit floats
# Largest difference from Keras, by the bits of a weight.
TOLERANCE = {32: 1e-4, 16: 5e-2}

_HERE = Path(__file__).parent
_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True, kw_only=True)
class Play(Checked):
    """Which page to open."""

    NEEDS_KERAS: ClassVar[bool] = False

    no_open: bool = False
    """Print the page's path instead of opening it in the browser."""
    output: str | None = None
    """Write a copy with 16-bit weights to this file instead: half the size."""
    run: str | None = None
    """Run folder to use. Default: the newest finished run."""
    runs_dir: str = "runs"
    """Folder of the run folders."""


def write(
    run: Run,
    model,
    *,
    script: Path,
    title: str,
    givens: Sequence[tuple[Any, Any]],
    task: dict[str, Any],
):
    """Write the page of a run into its folder, and beside it the network for NumPy.

    Args:
        run: the folder.
        model: the trained network, a functional `keras.Model`.
        script: the example's own `play.js`.
        title: what the network does.
        givens: what the page checks itself on: pairs of what a user would give, as a
            JSON value, and of the inputs that the preprocessor makes of it.
        task: what the example's script needs besides, as a JSON value.

    Raises:
        UserError: the page lacks a layer of the model, or would be too large. The
            reason is kept in the run's folder.
    """
    # Slow to import: a verb's --help must not wait for it.
    from common.play import numpy_network
    from common.play.network import Description

    try:
        described = Description(model)
        compared = [(inputs, answers(model, inputs)) for _, inputs in givens]
        numpy_network.save(run, described, compared)
        numbers = sum(weights.size for weights in described.weights)
        if 2 * numbers > MAX_BYTES:
            raise UserError(
                f"its {numbers:,} weights would take {2 * numbers / 2**20:.0f} MB as "
                f"16-bit floats; the limit is {MAX_BYTES / 2**20:.0f} MB"
            )
    except UserError as error:
        files.write_text(run / WHY_NOT, f"{error}\n")
        raise
    bits = 32 if 4 * numbers <= FLOAT32_BYTES else 16
    checks = [
        {"given": given, "outputs": [encoded(output) for output in outputs]}
        for (given, _), (_, outputs) in zip(givens, compared, strict=True)
    ]
    contents = {
        "source": f"run {run.path.name}",
        "title": title,
        "network": described.to_json(),
        "weights": [encoded(weights, bits) for weights in described.weights],
        "tolerance": TOLERANCE[bits],
        "checks": checks,
        "task": task,
    }
    files.write_text(run / PAGE, render(contents, script))


def answers(model, inputs) -> list:
    """Return the outputs of a Keras model as a list of float32 arrays."""
    import keras
    import numpy as np

    outputs = model(inputs, training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    arrays = [keras.ops.convert_to_numpy(output) for output in outputs]
    return [np.asarray(array, "float32") for array in arrays]


def why_not(run: Run) -> str | None:
    """Return why a run has no page; `None` if it has one, or if nothing is known."""
    if not (run / WHY_NOT).is_file():
        return None
    return one_line(files.read_text(run / WHY_NOT), 200)


def scripts(script: Path) -> str:
    """Return the JavaScript of a page: that of all pages, and the example's own."""
    paths = [*(_HERE / name for name in SCRIPTS), script]
    return "\n".join(path.read_text("utf-8") for path in paths)


def render(contents: dict[str, Any], script: Path) -> str:
    """Return the page as HTML, made of what its data element holds."""
    code, style = scripts(script), (_HERE / "page.css").read_text("utf-8")
    # With "<" escaped, no text in the data can end the element that holds it.
    data = json.dumps(contents, allow_nan=False).replace("<", "\\u003c")
    return _templates.get_template("page.html").render(
        title=contents["title"],
        source=contents["source"],
        data=jinja2.utils.markupsafe.Markup(data),
        script=jinja2.utils.markupsafe.Markup(code),
        style=jinja2.utils.markupsafe.Markup(style),
        script_hash=_hash(code),
        style_hash=_hash(style),
    )


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy allows a script or a style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def encoded(array, bits: int = 32) -> dict[str, Any]:
    """Return an array as JSON: its shape, and its numbers as floats in base64."""
    import numpy as np

    numbers = np.ascontiguousarray(array, f"<f{bits // 8}").tobytes()
    text = base64.b64encode(numbers).decode()
    return {"shape": list(array.shape), "bits": bits, "base64": text}


def contents_of(page: Path) -> dict[str, Any]:
    """Return what the data element of a page holds.

    Raises:
        UserError: the file cannot be read or is no such page.
    """
    _, _, rest = files.read_text(page).partition('id="data">')
    try:
        return json.loads(rest.partition("</script>")[0])
    except ValueError:
        raise UserError(f"{page} must be a page of this version; it is not") from None


def halved(contents: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of a page with all its arrays as 16-bit floats."""
    checks = [
        {**check, "outputs": [_half(one) for one in check["outputs"]]}
        for check in contents["checks"]
    ]
    weights = [_half(one) for one in contents["weights"]]
    own = {"weights": weights, "checks": checks, "tolerance": TOLERANCE[16]}
    return {**contents, **own}


def _half(array: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    numbers = np.frombuffer(
        base64.b64decode(array["base64"]), f"<f{array['bits'] // 8}"
    )
    return encoded(numbers.reshape(array["shape"]), 16)


def play(options: Play, folder: Path):
    """Open the page of a finished run, print its path, or write a smaller copy.

    Args:
        options: which run, and what to do with its page.
        folder: that of the example, with its `play.js`.

    Raises:
        UserError: there is no finished run, it has no page, or the copy cannot be
            written.
    """
    run = run_folder.find(folder.name, run=options.run, runs_dir=options.runs_dir)
    page = run / PAGE
    if not page.is_file():
        reason = why_not(run) or "it is older than these pages; train again"
        raise UserError(f"{run.path} has no {PAGE}: {reason}")
    if options.output is not None:
        contents = halved(contents_of(page))
        files.write_text(Path(options.output), render(contents, folder / "play.js"))
        print(options.output)
        return
    run_folder.announce(run)
    print(page)
    if not options.no_open:
        webbrowser.open(page.absolute().as_uri())
