"""The anatomy of a network: shapes and sums by hand, Keras, the figure, the command."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest
from matplotlib.patches import Circle

from common.training import plots
from examples.__main__ import index
from examples.anatomy import figures, trace
from examples.anatomy.__main__ import main
from examples.anatomy.config import Config
from examples.anatomy.kinds import KINDS, diagram
from examples.anatomy.model import build_model, check_shapes, check_trace
from examples.anatomy.shapes import layers_of, rows, shapes_of
from tests.conftest import ROOT
from tests.reference import Weights, forward

SIZES = {"batch": 64, "steps": 10}


def layers(*sizes, output="dense"):
    return layers_of(sizes, output=output)


def test_tables_of_three_seven_one_by_hand():
    hidden, last = layers(3, 7, 1)
    full, concise = hidden.full, hidden.concise
    assert full.inputs == {"x_t": 3, "h_t-1": 7}
    assert full.weights == {"W_F": (3, 7), "W_R": (7, 7), "b": (7,)}
    assert full.count == "3·7 + 7·7 + 7"
    assert concise.inputs == {"[x_t ; h_t-1]": 10}
    assert concise.weights == {"W = [W_F ; W_R]": (10, 7), "b": (7,)}
    assert concise.count == "(3 + 7)·7 + 7"
    # 3 x 7 = 21 and 7 x 7 = 49 and 7
    assert full.parameters == concise.parameters == 77
    assert shapes_of(7, **SIZES) == ((7,), (64, 7), (64, 10, 7))
    assert rows(last, last.full, **SIZES) == [
        ("x_t", (7,), (64, 7), (64, 10, 7)),
        ("W_F", (7, 1), "same", "same"),
        ("b", (1,), "same", "same"),
        ("z_t = x_t W_F + b", (1,), (64, 1), (64, 10, 1)),
        ("a_t = z_t", (1,), (64, 1), (64, 10, 1)),
    ]
    assert last.concise.weights == {"W = W_F": (7, 1), "b": (1,)}
    assert last.full.count == last.concise.count == "7·1 + 1"


@pytest.mark.parametrize(
    ("sizes", "output", "recurrent", "counts"),
    [
        # 50 + 100 + 10, then 200 + 400 + 20, then 40 + 2
        ((5, 10, 20, 2), "dense", [True, True, False], [160, 620, 42]),
        # the last one 20 x 2 + 2 x 2 + 2
        ((5, 10, 20, 2), "recurrent", [True, True, True], [160, 620, 46]),
        # of two sizes, the one layer is recurrent: 3 x 7 + 7 x 7 + 7
        ((3, 7), "dense", [True], [77]),
        ((1, 1), "recurrent", [True], [3]),
    ],
)
def test_kinds_and_parameters_of_layers_by_hand(sizes, output, recurrent, counts):
    found = layers(*sizes, output=output)
    assert [layer.recurrent for layer in found] == recurrent
    assert [layer.full.parameters for layer in found] == counts
    assert [layer.concise.parameters for layer in found] == counts


@pytest.mark.parametrize("output", ["dense", "recurrent"])
def test_keras_builds_the_same(output):
    found = layers(5, 4, 6, 2, output=output)
    model = build_model(found, **SIZES)
    check_shapes(model, found, **SIZES)
    assert model.count_params() == sum(layer.parameters for layer in found)
    wrong = {
        "weights": layers(5, 4, 7, 2, output=output),
        "batch": {**SIZES, "batch": 63},
        "all steps": {**SIZES, "steps": 9},
    }
    with pytest.raises(RuntimeError, match="layer 2, weights"):
        check_shapes(model, wrong["weights"], **SIZES)
    for sizes in (wrong["batch"], wrong["all steps"]):
        with pytest.raises(RuntimeError, match="layer 1, a_t of all steps"):
            check_shapes(model, found, **sizes)


def test_trace_of_two_steps_by_hand():
    drawn = [
        {"W_F": np.array([[2.0]]), "W_R": np.array([[-1.0]]), "b": np.array([0.5])},
        {"W_F": np.array([[3.0]]), "b": np.array([1.0])},
    ]
    first, second = trace.run(drawn, np.array([[1.0], [-1.0]]))
    assert (first[0].x, first[0].h, first[0].z) == (1, 0, 2.5)
    assert first[0].a == pytest.approx(0.986614)  # tanh(2.5)
    assert first[1].x == first[0].a
    assert first[1].h is None
    assert first[1].z == first[1].a == pytest.approx(3.959843)
    assert second[0].h == first[0].a
    assert second[0].z == pytest.approx(-2 - 0.986614 + 0.5)


def test_trace_equals_the_equations_and_keras():
    found = layers(4, 6, 5, output="recurrent")
    drawn = trace.random_weights(found, seed=3)
    x = trace.random_sequence(found, 8, seed=3)
    taken = trace.run(drawn, x)
    read = x[None]
    for index_, w in enumerate(drawn):
        read = forward(Weights(**w), read).outputs
        a = [row[index_].a for row in taken]
        np.testing.assert_allclose(a, read[0], rtol=1e-12, atol=1e-12)
    model = build_model(found, **SIZES)
    assert max(check_trace(model, drawn, x, taken)) < 1e-6
    drawn[1]["W_R"] = drawn[1]["W_R"].T
    with pytest.raises(RuntimeError, match="off by"):
        check_trace(model, drawn, x, taken)


@pytest.mark.parametrize("output", ["dense", "recurrent"])
def test_sums_that_are_written_out_add_up(output):
    """Every sum in the text is worked out again from what stands there."""
    found = layers(2, 3, 1, output=output)
    drawn = trace.random_weights(found, seed=0)
    taken = trace.run(drawn, trace.random_sequence(found, 3, seed=0))
    text = "\n".join(trace.lines(found, drawn, taken))
    sums = re.findall(
        r"z_(\d)\[(\d)\] = (.*?)  +x_\1 W_F\n"
        r"(?: +(\+ .*?)  +h_\d W_R\n)? +(\+ .*?) = (\S+) +b\n",
        text,
    )
    assert len(sums) == 3 * (3 + 1)
    for _, _, by_x, by_h, by_b, result in sums:
        terms = f"{by_x} {by_h} {by_b}".replace("·", "*")
        assert re.fullmatch(r"[-+*(). \d]+", terms)
        # Each of up to 5 printed numbers is rounded to 3 places.
        assert eval(terms) == pytest.approx(float(result), abs=0.003)
    for t, row in enumerate(taken, start=1):
        assert f"    z_{t} = [" + " ".join(f"{z:.3f}" for z in row[0].z) in text


def test_trace_of_a_wide_network_is_cut_and_has_no_sums():
    found = layers(3, 20, 1)
    drawn = trace.random_weights(found, seed=0)
    taken = trace.run(drawn, trace.random_sequence(found, 2, seed=0))
    text = list(trace.lines(found, drawn, taken))
    assert not any("·" in line for line in text)
    assert sum("... " in line and "(20 numbers)" in line for line in text) == 2 * 4
    assert max(map(len, text)) <= 88


def test_the_types_name_every_example_that_trains():
    named = {name for kind in KINDS for name in kind.examples}
    assert set(index()) - {"anatomy", "gradients"} <= named


def test_diagrams_of_the_types():
    many_to_one, equal, unequal, one_to_many = map(diagram, KINDS)
    assert many_to_one == [
        "        y",
        "        ^",
        "h > h > h",
        "^   ^   ^",
        "x   x   x",
    ]
    assert equal[0] == "y   y   y"
    assert unequal[0].rstrip() == "            y   y"
    assert unequal[4] == "x   x   x       y"
    assert (one_to_many[0], one_to_many[4]) == ("y   y   y", "x   y   y")


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws a network and returns the axes, unsaved."""
    saved = []
    monkeypatch.setattr(plots, "save", lambda figure, path, svg: saved.append(figure))

    def draw(*sizes, output="dense", batch=64, steps=10):
        figures.draw(None, layers(*sizes, output=output), batch=batch, steps=steps)
        (axes,) = saved.pop().axes
        return axes

    return draw


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(
    ("sizes", "circles"),
    [
        ((3, 7, 1), 3 + 7 + 1),
        # Of more than 7 units, 3 on either side of the dots.
        ((5, 10, 20, 2), 5 + 6 + 6 + 2),
        ((2, 2), 4),
        ((1, 8, 8, 8, 8, 8, 8, 1), 1 + 6 * 6 + 1),
    ],
)
def test_figure_shows_units_shapes_and_steps(drawn, sizes, circles):
    axes = drawn(*sizes)
    assert sum(isinstance(patch, Circle) for patch in axes.patches) == circles
    words = texts(axes)
    for size in sizes:
        assert f"(64, 10, {size})" in words
    for layer in layers(*sizes):
        name = f"layer {layer.number}, {layer.kind}: {layer.units}\n"
        assert f"{name}{layer.parameters:,} parameters" in words
        by = f"${layer.units} \\times {layer.units}$"
        loops = [word for word in words if "W_R" in word and by in word]
        assert bool(loops) == layer.recurrent
    assert [word for word in words if word.startswith("$x_{")] == [
        "$x_{1}$",
        "$x_{2}$",
        "$x_{10}$",
    ]
    assert {kind.name for kind in KINDS} < set(words)
    arrows = [text.arrow_patch for text in axes.texts if hasattr(text, "arrow_patch")]
    dashed = [arrow for arrow in arrows if arrow.get_linestyle() == "--"]
    assert len(dashed) == 3  # outputs that are read again: one, and two


@pytest.mark.parametrize(("steps", "last"), [(1, 1), (4, 4), (5, 5), (1000, 1000)])
def test_figure_shows_the_first_and_the_last_step(drawn, steps, last):
    words = texts(drawn(2, 2, steps=steps))
    shown = [word for word in words if word.startswith("$x_{")]
    assert shown[0] == "$x_{1}$"
    assert shown[-1] == f"$x_{{{last}}}$"
    assert ("$\\cdots$" in words) == (steps > 4)


@pytest.fixture
def here(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words, check=0):
        monkeypatch.setattr(sys, "argv", ["anatomy", *map(str, words)])
        status = 0
        try:
            main()
        except SystemExit as exit_:
            status = exit_.code
        out, err = capsys.readouterr()
        assert status == check, err
        return err if check else out

    return run


def check_readme(printed):
    """Find every line of the README's output in what was printed."""
    readme = (ROOT / "examples" / "anatomy" / "README.md").read_text(encoding="utf-8")
    blocks = [block for block in readme.split("```")[1::2] if block.startswith("\n")]
    shown = [line for block in blocks for line in block.strip("\n").splitlines()]
    assert len(shown) > 50
    lines = {line.rstrip() for line in printed.splitlines()}
    # The version of Keras is the reader's own.
    assert [
        line for line in shown if line not in lines and "Keras 3." not in line
    ] == []


def test_command_prints_shapes_trace_types_and_draws(here, tmp_path):
    printed = here("--layers", 3, 7, 1, "--batch-size", 64, "--steps", 10)
    lines = [" ".join(re.split(r"[│ ]+", line)).strip() for line in printed.split("\n")]
    for line in (
        "layer 1: 7, recurrent, tanh",
        "layer 2: 1, dense, linear, applied to each step",
        "W_F (3, 7) same same",
        "W_R (7, 7) same same",
        "z_t = x_t W_F + h_t-1 W_R + b (7,) (64, 7) (64, 10, 7)",
        "[x_t ; h_t-1] (10,) (64, 10) (64, 10, 10)",
        "W = [W_F ; W_R] (10, 7) same same",
        "z_t = [x_t ; h_t-1] W + b (7,) (64, 7) (64, 10, 7)",
        "a_t = z_t (1,) (64, 1) (64, 10, 1)",
        "parameters in total: 77 + 8 = 85",
        "and of a_t, and 85 parameters",
        "one sequence through 3 7 1, rounded in print",
        "one sequence through 2 2 1, rounded in print",
        "many-to-many, unequal length",
    ):
        assert line in lines, line
    assert "z_1[1] = " in printed
    check_readme(printed)
    (path,) = tmp_path.glob("**/*.png")
    assert path == tmp_path / "runs" / "anatomy" / "3-7-1.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    # A second run leaves the first figure alone; a tiny network is traced once.
    assert "3-7-1_2.png" in here()
    assert here("--layers", 2, 1).count("one sequence through") == 1


def test_figure_is_replaced_only_if_told(here, tmp_path):
    path = tmp_path / "mine.png"
    path.write_text("mine")
    flags = ["--layers", 2, 2, "--figure", path]
    assert "mine.png exists; --overwrite replaces it" in here(*flags, check=2)
    assert path.read_text() == "mine"
    assert not (tmp_path / "runs").exists()
    here(*flags, "--overwrite")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.png"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--layers", 3],
            "--layers must have 2..8 sizes, the input's first; received 1",
        ),
        (["--layers"], "received 0"),
        (["--layers", *range(1, 10)], "--layers must have 2..8 sizes"),
        (
            ["--layers", 3, 0, 1],
            "every value of --layers must be a whole number, 1..10",
        ),
        (["--layers", 3, -1], "received -1"),
        (["--layers", 3, 1.5], "--layers"),
        (["--layers", 5000, 5000], "at most 20,000,000 parameters"),
        (["--batch-size", 0], "--batch-size must be a whole number, 1..1000000; rec"),
        (["--steps", 0], "--steps must be a whole number, 1..1000000; received 0"),
        (["--steps", 10**7], "--steps must be a whole number, 1..1000000"),
        (["--seed", -1], "--seed must be a whole number"),
        (["--output", "both"], "dense"),
        (["--figure", "a.jpg"], "--figure must end in .png; received 'a.jpg'"),
        (["--figure", "nowhere/a.png"], "there is no folder nowhere for a.png"),
        (["--figure", "folder.png"], "folder.png is a directory"),
        (["--figure", "x" * 300 + ".png"], "cannot be written: "),
        (["--runs-dir", ""], "--runs-dir must not be empty"),
        (["--runs-dir", "file"], "--runs-dir must be a folder that can be written to"),
        (["train"], "the verb must be one of show; received 'train'"),
    ],
)
def test_bad_input_gets_one_line(here, tmp_path, words, message):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    error = here(*words, check=2)
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert {entry.name for entry in tmp_path.iterdir()} == {"folder.png", "file"}


def test_help_explains_every_setting_without_tensorflow():
    program = (
        "import runpy, sys\n"
        "sys.argv = ['anatomy', '--help']\n"
        "try: runpy.run_module('examples.anatomy', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)\n"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert time.perf_counter() - start < 5  # under 1 s where nothing else is running
    for name in Config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in done.stdout
    assert "Other verbs" not in done.stdout
