"""The anatomy of a network: shapes and sums by hand, Keras, the figure, the command."""

import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Circle

from common.training import plots
from examples.__main__ import index
from examples.anatomy import figures, trace
from examples.anatomy.__main__ import main
from examples.anatomy.config import Config
from examples.anatomy.kinds import KINDS
from examples.anatomy.model import build_model, check_shapes, check_trace
from examples.anatomy.shapes import CELLS, layers_of, rows
from tests.conftest import ROOT
from tests.reference import Weights, forward

SIZES = {"batch": 64, "steps": 10}


def layers(*sizes, output="dense", cell="simple"):
    return layers_of(sizes, output=output, cell=cell)


def test_shapes_of_three_seven_one_by_hand():
    hidden, last = layers(3, 7, 1)
    assert hidden.weights == {"W_F": (3, 7), "W_R": (7, 7), "b": (7,)}
    # 3 x 7 = 21 and 7 x 7 = 49 and 7
    assert (hidden.count, hidden.parameters) == ("3·7 + 7·7 + 7", 77)
    assert rows(last, **SIZES) == [
        ("h(1)_t", (7,), (64, 7), (64, 10, 7)),
        ("y_t", (1,), (64, 1), (64, 10, 1)),
        ("W_F(2)", (7, 1), "same", "same"),
        ("b(2)", (1,), "same", "same"),
    ]
    assert rows(hidden, **SIZES, columns=True) == [
        ("x_t", (3, 1), (3, 64), (3, 64, 10)),
        ("h(1)_t-1", (7, 1), (7, 64), (7, 64, 10)),
        ("z(1)_t", (7, 1), (7, 64), (7, 64, 10)),
        ("h(1)_t", (7, 1), (7, 64), (7, 64, 10)),
        ("W_F(1)", (7, 3), "same", "same"),
        ("W_R(1)", (7, 7), "same", "same"),
        ("b(1)", (7, 1), "same", "same"),
    ]


@pytest.mark.parametrize(
    ("cell", "sums", "count", "parameters"),
    [
        # 4 x (3 x 7 + 7 x 7 + 7), and 3 x (3 x 7 + 7 x 7 + 2 x 7)
        ("lstm", {"z": 28}, "4·(3·7 + 7·7 + 7)", 308),
        ("gru", {"p": 21, "q": 21}, "3·(3·7 + 7·7 + 7 + 7)", 252),
    ],
)
def test_gates_stand_side_by_side(cell, sums, count, parameters):
    (layer,) = layers(3, 7, cell=cell)
    assert (layer.count, layer.parameters) == (count, parameters)
    wide = {name: size for name, size in layer.vectors.items() if size > 7}
    assert wide == sums


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
    assert [bool(layer.cell.states) for layer in found] == recurrent
    assert [layer.parameters for layer in found] == counts


def test_a_name_has_the_number_of_its_layer_and_step():
    first, second, last = layers(3, 4, 4, 1)
    z, y = first.cell.equations["z"], last.cell.equations["y"]
    assert first.named(z) == "x_t W_F(1) + h(1)_t-1 W_R(1) + b(1)"
    assert second.named(z, 3) == "h(1)_3 W_F(2) + h(2)_2 W_R(2) + b(2)"
    by_columns = second.named(z, columns=True)
    assert by_columns == "W_F(2) h(1)_t + W_R(2) h(2)_t-1 + b(2)"
    assert (last.named("y"), last.named(y)) == ("y_t", "h(2)_t W_F(3) + b(3)")
    concise = first.named("[x ; h-] W + b", columns=True)
    assert concise == "W(1) [x_t ; h(1)_t-1] + b(1)"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("output", ["dense", "recurrent"])
def test_keras_builds_the_same(output, cell):
    found = layers(5, 4, 6, 2, output=output, cell=cell)
    model = build_model(found, **SIZES)
    check_shapes(model, found, **SIZES)
    assert model.count_params() == sum(layer.parameters for layer in found)
    wrong = {
        "weights": layers(5, 4, 7, 2, output=output, cell=cell),
        "batch": {**SIZES, "batch": 63},
        "all steps": {**SIZES, "steps": 9},
    }
    with pytest.raises(RuntimeError, match="layer 2, weights"):
        check_shapes(model, wrong["weights"], **SIZES)
    for sizes in (wrong["batch"], wrong["all steps"]):
        with pytest.raises(RuntimeError, match="layer 1, output of all steps"):
            check_shapes(model, found, **sizes)


def test_trace_of_two_steps_by_hand():
    drawn = [
        {"W_F": np.array([[2.0]]), "W_R": np.array([[-1.0]]), "b": np.array([0.5])},
        {"W_F": np.array([[3.0]]), "b": np.array([1.0])},
    ]
    first, second = trace.run(layers(1, 1, 1), drawn, np.array([[1.0], [-1.0]]))
    assert (first[0]["x"], first[0]["h-"], first[0]["z"]) == (1, 0, 2.5)
    assert first[0]["h"] == pytest.approx(0.986614)  # tanh(2.5)
    assert first[1]["x"] == second[0]["h-"] == first[0]["h"]
    assert first[1]["y"] == pytest.approx(3.959843)
    assert second[0]["z"] == pytest.approx(-2 - 0.986614 + 0.5)


@pytest.mark.parametrize("cell", CELLS)
def test_trace_equals_keras_and_the_equations_as_printed(cell):
    found = layers(4, 6, 5, output="recurrent", cell=cell)
    drawn = trace.random_weights(found, seed=3)
    taken = trace.run(found, drawn, trace.random_sequence(found, 3, seed=3))
    model = build_model(found, **SIZES)
    assert check_trace(model, found, drawn, taken) < 1e-6
    functions = {"sigmoid": trace.sigmoid, "tanh": np.tanh}
    for name, formula in found[0].cell.equations.items():
        values = {key.replace("-", "_"): value for key, value in taken[2][0].items()}
        if "W" in formula:  # vector W_F + vector W_R + b
            formula = re.sub(r"(\w-?) (W)", r"\1 @ \2", formula)
            parts = [values[name + part] for part in found[0].cell.parts]
            values |= {name: np.concatenate(parts), **drawn[0]}
        text = re.sub(r"([hc])-", r"\1_", formula)
        np.testing.assert_allclose(eval(text, functions, values), values[name])
    # Every gate and every state is looked at.
    for values in taken[1]:
        for name in {*found[0].cell.parts, *found[0].cell.states} - {""}:
            values[name][-1] += 0.01
            with pytest.raises(RuntimeError, match="off by"):
                check_trace(model, found, drawn, taken)
            values[name][-1] -= 0.01


def test_trace_equals_the_reference():
    found = layers(4, 6, 5, output="recurrent")
    drawn = trace.random_weights(found, seed=3)
    x = trace.random_sequence(found, 8, seed=3)
    read = x[None]
    for number, w in enumerate(drawn):
        read = forward(Weights(**w), read).outputs
        states = [row[number]["h"] for row in trace.run(found, drawn, x)]
        np.testing.assert_allclose(states, read[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("output", ["dense", "recurrent"])
def test_sums_that_are_written_out_add_up(output, cell, columns):
    """Every sum in the text is worked out again from what stands there."""
    found = layers(2, 3, 1, output=output, cell=cell)
    drawn = trace.random_weights(found, seed=0)
    taken = trace.run(found, drawn, trace.random_sequence(found, 3, seed=0))
    text = "\n".join(trace.lines(found, drawn, taken, columns=columns))
    sums = re.findall(
        r"^ +(\S+)\[(\d)\] = (.*?)  +(\S+ \S+)\n"
        r"(?: +(\+ .*?)  +\S+ \S+\n)? +(\+ .*?) = (\S+) +b\S+\n",
        text,
        re.M,
    )
    each = {"simple": 1, "lstm": 4, "gru": 6}[cell]
    assert len(sums) == 3 * (each * 3 + (each if output == "recurrent" else 1))
    x, w = taken[0][0]["x"][0], drawn[0]["W_F"][0, 0]
    first, second = (
        sums[0][2].replace("(", "").replace(")", "").split(" ")[0].split("·")
    )
    assert (float(first), float(second)) == ((w, x) if columns else (x, w))
    for name, unit, by_x, product, by_h, by_b, result in sums:
        assert product.startswith("W") == columns
        terms = f"{by_x} {by_h} {by_b}".replace("·", "*")
        assert re.fullmatch(r"[-+*(). \d]+", terms)
        # Each of up to 5 printed numbers is rounded to 3 places.
        assert eval(terms) == pytest.approx(float(result), abs=0.003)
        (whole,) = re.findall(rf"^  {re.escape(name)} = \[(.*)\]", text, re.M)
        assert whole.split()[int(unit) - 1] == result


def test_trace_of_a_wide_network_is_cut_and_has_no_sums():
    found = layers(3, 20, 1, cell="lstm")
    drawn = trace.random_weights(found, seed=0)
    taken = trace.run(found, drawn, trace.random_sequence(found, 2, seed=0))
    text = "\n".join(trace.lines(found, drawn, taken)).split("\n")
    assert not any("·" in line for line in text)
    # h and c before; four sums, four gates, c and h.
    cut = sum("... " in line and "(20 numbers)" in line for line in text)
    assert cut == 2 * (2 + 10)
    assert max(map(len, text)) <= 88


def test_the_types_name_every_example_that_trains():
    named = {name for kind in KINDS for name in kind.examples}
    assert set(index()) - {"anatomy", "gradients"} <= named


@pytest.fixture
def drawn(monkeypatch):
    """Return a function that draws a network and returns the axes by name, unsaved."""
    saved = {}
    monkeypatch.setattr(
        plots, "save", lambda figure, path, **_: saved.update({path.stem: figure})
    )

    def draw(*sizes, batch=64, steps=10, columns=False, **options):
        shape = {"batch": batch, "steps": steps, "columns": columns}
        figures.draw(Path(), layers(*sizes, **options), **shape)
        return {name: figure.axes[0] for name, figure in saved.items()}

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
def test_figures_show_units_shapes_and_steps(drawn, sizes, circles):
    axes = drawn(*sizes)
    folded, unrolled = texts(axes["folded"]), texts(axes["unrolled"])
    units = [patch for patch in axes["folded"].patches if isinstance(patch, Circle)]
    assert len(units) == circles
    for size in sizes:
        assert f"(64, 10, {size})" in unrolled
    for layer in layers(*sizes):
        name = f"layer {layer.number}, {layer.cell.keras}: {layer.units}\n"
        assert f"{name}{layer.parameters:,} parameters" in folded
        by = f"${layer.units} \\times {layer.units}$"
        loops = [word for word in folded if "W_R" in word and by in word]
        assert bool(loops) == bool(layer.cell.states)
        output = f"$h^{{({layer.number})}}_{{10}}$" if layer.cell.states else "$y_{10}$"
        assert output in unrolled
    assert [word for word in unrolled if word.startswith("$x_{")] == [
        "$x_{1}$",
        "$x_{2}$",
        "$x_{10}$",
    ]


def test_figures_show_the_shapes_of_columns(drawn):
    axes = drawn(3, 7, 1, columns=True)
    assert "(7, 64, 10)" in texts(axes["unrolled"])
    assert "$W_F^{(1)}$  $7 \\times 3$" in texts(axes["folded"])


def test_figures_of_gates_show_how_many_and_the_memory(drawn):
    axes = drawn(3, 7, 1, cell="lstm", steps=2)
    assert any("3 \\times 4 \\cdot 7" in word for word in texts(axes["folded"]))
    assert "$c^{(1)}$" in texts(axes["unrolled"])


def test_each_type_has_a_figure_that_fits_a_page_of_any_colour(drawn):
    axes = drawn(3, 7, 1)
    types = {
        *("many_to_one", "many_to_many_equal_length"),
        *("many_to_many_unequal_length", "one_to_many"),
    }
    assert set(axes) == {"folded", "unrolled"} | types
    for kind in KINDS:
        assert any(kind.name in texts(axes[name]) for name in types)
    dashed = 0
    for one in axes.values():
        assert one.figure.get_figwidth() <= 7.5  # inches
        assert one.figure.get_facecolor()[3] == 0
        for text in one.texts:
            # On the page, or in a box of a light colour.
            assert text.get_color() in (figures.INK, "black")
            assert text.get_fontsize() >= 10
            arrow = getattr(text, "arrow_patch", None)
            dashed += arrow is not None and arrow.get_linestyle() == "--"
    assert dashed == 3  # outputs that are read again: one, and two


@pytest.mark.parametrize(("steps", "last"), [(1, 1), (4, 4), (5, 5), (1000, 1000)])
def test_figure_shows_the_first_and_the_last_step(drawn, steps, last):
    words = texts(drawn(2, 2, steps=steps)["unrolled"])
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


def told_by(path):
    """Return title and description of an SVG file."""
    head = path.read_text(encoding="utf-8").partition("</metadata>")[0]
    return re.findall(r"<title>.*?</title>|<dc:description>.*?<", head)


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
        "layer 1, SimpleRNN: 3 -> 7",
        "layer 2, Dense: 7 -> 1",
        "W_F(1) (3, 7) same same",
        "W_R(1) (7, 7) same same",
        "z(1)_t = x_t W_F(1) + h(1)_t-1 W_R(1) + b(1)",
        "z(1)_t (7,) (64, 7) (64, 10, 7)",
        "concise: z(1)_t = [x_t ; h(1)_t-1] W(1) + b(1), W(1) = [W_F(1) ; W_R(1)]",
        "parameters in total: 77 + 8 = 85",
        "and 85 parameters",
        "one sequence through 3 7 1, rounded in print",
        "one sequence through 2 2 1, rounded in print",
        "many-to-many, unequal length",
    ):
        assert line in lines, line
    assert "z(1)_1[1] = " in printed
    (path,) = tmp_path.glob("runs/anatomy/*/figures/unrolled.svg")
    assert str(path.parent.relative_to(tmp_path)) in printed
    committed = ROOT / "examples" / "anatomy"
    for drawing in path.parent.glob("*.svg"):
        # As committed: the README shows what the command draws.
        shown = committed / drawing.name
        assert told_by(shown) == told_by(drawing)
    assert len(list(committed.glob("*.svg"))) == 6
    # A tiny network is traced once.
    columns = here("--layers", 2, 1, "--notation", "columns", "--cell", "lstm")
    assert columns.count("one sequence through") == 1
    assert "z(1)_t = W_F(1) x_t + W_R(1) h(1)_t-1 + b(1) = [zi zf zg zo]" in columns
    check_readme(printed + here("--cell", "lstm") + here("--cell", "gru"))


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
        (["--cell", "rnn"], "simple"),
        (["--notation", "matrix"], "columns"),
        (["--runs-dir", ""], "--runs-dir must not be empty"),
        (["--runs-dir", "file"], "--runs-dir must be a folder that can be written to"),
        (["train"], "the verb must be one of show; received 'train'"),
    ],
)
def test_bad_input_gets_one_line(here, tmp_path, words, message):
    (tmp_path / "file").touch()
    error = here(*words, check=2)
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert {entry.name for entry in tmp_path.iterdir()} == {"file"}


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
