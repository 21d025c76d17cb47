"""The anatomy of a network: shapes and sums by hand, Keras, the figure, the command."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest
from matplotlib.patches import Circle

from common.errors import UserError
from common.training import plots
from examples.__main__ import index
from examples.anatomy import figure, trace
from examples.anatomy.__main__ import main
from examples.anatomy.config import Config
from examples.anatomy.kinds import KINDS, diagram
from examples.anatomy.network import build_model, check_shapes, check_trace
from examples.anatomy.shapes import (
    Layer,
    concise_parameters,
    concise_values,
    concise_weights,
    counted,
    layers_of,
    parameters,
    shapes_of,
    values,
    weights,
)
from tests.conftest import ROOT
from tests.reference import Weights, forward

SIZES = {"batch": 64, "steps": 10}


def layers(*sizes, output="dense"):
    return layers_of(sizes, output=output)


def test_layers_of_three_seven_one():
    hidden, last = layers(3, 7, 1)
    assert hidden == Layer(number=1, reads=3, units=7, recurrent=True)
    assert last == Layer(number=2, reads=7, units=1, recurrent=False)


def test_shapes_of_a_recurrent_layer_by_hand():
    (hidden, _) = layers(3, 7, 1)
    assert weights(hidden) == {"W_F": (3, 7), "W_R": (7, 7), "b": (7,)}
    assert concise_weights(hidden) == {"W": (10, 7), "b": (7,)}
    assert values(hidden) == {"x_t": 3, "h_t-1": 7, "z_t": 7, "a_t": 7}
    assert concise_values(hidden) == {"[x_t ; h_t-1]": 10, "z_t": 7, "a_t": 7}
    assert shapes_of(7, **SIZES) == ((7,), (64, 7), (64, 10, 7))
    # 3 x 7 = 21 and 7 x 7 = 49 and 7
    assert parameters(hidden) == concise_parameters(hidden) == 77
    assert counted(hidden) == ("3·7 + 7·7 + 7 = 77", "(3 + 7)·7 + 7 = 77")


def test_shapes_of_a_dense_layer_by_hand():
    (_, last) = layers(3, 7, 1)
    assert weights(last) == {"W_F": (7, 1), "b": (1,)}
    assert concise_weights(last) == {"W": (7, 1), "b": (1,)}
    assert values(last) == concise_values(last) == {"x_t": 7, "z_t": 1, "a_t": 1}
    assert parameters(last) == concise_parameters(last) == 8
    assert counted(last) == ("7·1 + 1 = 8", "7·1 + 1 = 8")


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
    assert list(map(parameters, found)) == counts
    assert list(map(concise_parameters, found)) == counts


@pytest.mark.parametrize("output", ["dense", "recurrent"])
def test_keras_builds_the_same(output):
    found = layers(5, 4, 6, 2, output=output)
    model = build_model(found, **SIZES)
    check_shapes(model, found, **SIZES)
    assert model.count_params() == sum(map(parameters, found))
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
    first, second = trace.run(layers(1, 1, 1), drawn, np.array([[1.0], [-1.0]]))
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
    taken = trace.run(found, drawn, x)
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
    taken = trace.run(found, drawn, trace.random_sequence(found, 3, seed=0))
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
    taken = trace.run(found, drawn, trace.random_sequence(found, 2, seed=0))
    text = list(trace.lines(found, drawn, taken))
    assert not any("·" in line for line in text)
    assert sum("(20 numbers)" in line for line in text) == 2 * 4
    assert max(map(len, text)) <= 88


def test_the_types_name_every_example_that_trains():
    named = {name for kind in KINDS for name, _ in kind.examples}
    assert set(index()) - {"anatomy"} <= named


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
    """Return a function that draws a network and returns the figure, unsaved."""
    saved = []
    monkeypatch.setattr(plots, "save", lambda figure, path, svg: saved.append(figure))

    def draw(*sizes, output="dense", batch=64, steps=10):
        figure.draw(None, layers(*sizes, output=output), batch=batch, steps=steps)
        return saved.pop()

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
    above, *below = drawn(*sizes).axes
    assert sum(isinstance(patch, Circle) for patch in above.patches) == circles
    words = texts(above)
    for size in sizes:
        assert f"(64, 10, {size})" in words
    for layer in layers(*sizes):
        name = f"layer {layer.number}, {layer.kind}: {layer.units}\n"
        assert f"{name}{parameters(layer):,} parameters" in words
        by = f"${layer.units} \\times {layer.units}$"
        loops = [word for word in words if "W_R" in word and by in word]
        assert bool(loops) == layer.recurrent
    assert [word for word in words if word.startswith("$x_{")] == [
        "$x_{1}$",
        "$x_{2}$",
        "$x_{10}$",
    ]
    assert [texts(axes)[0] for axes in below] == [kind.name for kind in KINDS]
    dashed = [
        sum(patch.get_linestyle() == "--" for patch in axes.patches) for axes in below
    ]
    assert dashed == [0, 0, 1, 2]  # outputs that are read again


@pytest.mark.parametrize(("steps", "last"), [(1, 1), (4, 4), (5, 5), (1000, 1000)])
def test_figure_shows_the_first_and_the_last_step(drawn, steps, last):
    words = texts(drawn(2, 2, steps=steps).axes[0])
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
    printed = here("--layers", 3, 7, 1, "--batch", 64, "--steps", 10)
    lines = [" ".join(re.split(r"[│ ]+", line)).strip() for line in printed.split("\n")]
    for line in (
        "layer 1: 7, recurrent, tanh of its sums",
        "layer 2: 1, dense, its bare sums, at every step",
        "W_F (3, 7) same same",
        "W_R (7, 7) same same",
        "z_t = x_t W_F + h_t-1 W_R + b (7,) (64, 7) (64, 10, 7)",
        "[x_t ; h_t-1] (10,) (64, 10) (64, 10, 10)",
        "W = [W_F ; W_R] (10, 7) same same",
        "z_t = [x_t ; h_t-1] W + b (7,) (64, 7) (64, 10, 7)",
        "a_t = z_t (1,) (64, 1) (64, 10, 1)",
        "parameters in all: 77 + 8 = 85",
        "all weights and of a_t, and with 85 parameters",
        "one sequence through 3 7 1",
        "one sequence through 2 2 1",
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
    assert "is there already; --overwrite replaces it" in here(*flags, check=2)
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
        (["--layers", 3, 0, 1], "every size of --layers must be a whole number, at le"),
        (["--layers", 3, -1], "received -1"),
        (["--layers", 3, 1.5], "--layers"),
        (["--layers", 5000, 5000], "at most 20,000,000 parameters"),
        (["--batch", 0], "--batch must be a whole number, 1..1000000; received 0"),
        (["--steps", 0], "--steps must be a whole number, 1..1000000; received 0"),
        (["--steps", 10**7], "--steps must be a whole number, 1..1000000"),
        (["--seed", -1], "--seed must be a whole number"),
        (["--output", "both"], "dense"),
        (["--figure", "a.jpg"], "--figure must end in .png; received 'a.jpg'"),
        (["--figure", "nowhere/a.png"], "there is no folder nowhere for a.png"),
        (["--figure", "folder.png"], "folder.png is a directory"),
        (["--runs-dir", ""], "--runs-dir must name a folder"),
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


def test_output_that_is_no_kind_of_layer_is_refused():
    with pytest.raises(UserError, match="--output must be one of dense, recurrent"):
        Config(output="both")


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
