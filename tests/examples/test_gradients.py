"""Why it forgets: gradients by hand, by differences, by TensorFlow; the command."""

import dataclasses
import json
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from examples.gradients import bptt, learn, measure
from examples.gradients.__main__ import main
from examples.gradients.config import Config
from tests.conftest import ROOT

SMALL = Config(units=5, steps=7, seeds=2)


def network(activation="tanh", kind="orthogonal"):
    """Return weights, x, target and states of two networks; every weight differs."""
    rng = np.random.default_rng(3)
    w = measure.first_weights(measure.Start(activation, kind), SMALL)
    w = {k: a.astype("float64") + 0.1 * rng.normal(size=a.shape) for k, a in w.items()}
    x, target = measure.adding(rng, 7, 2, 4)
    x = x.astype("float64")
    return w, x, target, bptt.forward(x, w, activation)


def loss(w, x, target, activation):
    y = bptt.answer(bptt.forward(x, w, activation)[-1], w)
    return bptt.squared_error(y, target)[0]


def gradients(w, x, target, h, activation, **options):
    _, dy = bptt.squared_error(bptt.answer(h[-1], w), target)
    return bptt.backward(x, dy, h, w, activation, **options)


def test_one_unit_by_hand():
    w = {"W_F": 0.5, "W_R": 2.0, "b": 0.1, "W_O": 3.0, "b_O": 0.2}
    w = {name: np.full((1, 1, 1), value) for name, value in w.items()}
    x = np.array([1.0, -1.0]).reshape(2, 1, 1, 1)
    h1 = np.tanh(0.5 + 0.1)
    h2 = np.tanh(-0.5 + 2 * h1 + 0.1)
    h = bptt.forward(x, w, "tanh")
    np.testing.assert_allclose(h.ravel(), [0, h1, h2])
    dy = 2 * (3 * h2 + 0.2 - 1)
    g, dh = gradients(w, x, np.ones((1, 1, 1)), h, "tanh")
    dz2 = dy * 3 * (1 - h2**2)
    dz1 = dz2 * 2 * (1 - h1**2)
    np.testing.assert_allclose(dh.ravel(), [dz1 * 2, dz2 * 2, dy * 3])
    by_hand = {"W_F": dz1 - dz2, "W_R": dz2 * h1, "b": dz1 + dz2}
    by_hand |= {"W_O": dy * h2, "b_O": dy}
    for name, value in by_hand.items():
        np.testing.assert_allclose(g[name].item(), value)


@pytest.mark.parametrize("activation", bptt.ACTIVATIONS)
@pytest.mark.parametrize("name", ["W_F", "W_R", "b", "W_O", "b_O"])
def test_gradients_are_those_of_finite_differences(activation, name):
    w, x, target, h = network(activation)
    g, _ = gradients(w, x, target, h, activation)
    for index in np.ndindex(w[name].shape):
        changes = []
        for step in (1e-6, -1e-6):
            moved = {key: array.copy() for key, array in w.items()}
            moved[name][index] += step
            changes.append(loss(moved, x, target, activation)[index[0]])
        slope = (changes[0] - changes[1]) / 2e-6
        assert g[name][index] == pytest.approx(slope, rel=1e-4, abs=1e-7)


def test_tensorflow_finds_the_same_gradients(monkeypatch):
    assert 0 < measure.check(SMALL) < 1e-5
    wrong = {**bptt.DERIVATIVES, "tanh": lambda h: 1 - 0.99 * h * h}
    monkeypatch.setattr(bptt, "DERIVATIVES", wrong)
    with pytest.raises(RuntimeError, match="differ by"):
        measure.check(SMALL)


def test_truncated_pass_is_the_full_one_with_constant_states():
    """It equals the full pass over the last steps from the state before them."""
    w, x, target, h = network()
    part, dh = gradients(w, x, target, h, "tanh", back=3)
    last, _ = gradients(w, x[-3:], target, h[-4:], "tanh")
    for name in w:
        np.testing.assert_array_equal(part[name], last[name])
    assert not dh[:4].any()
    assert dh[4].all()
    full, _ = gradients(w, x, target, h, "tanh")
    assert not np.allclose(part["W_R"], full["W_R"])
    same, _ = gradients(w, x, target, h, "tanh", back=99)
    np.testing.assert_array_equal(same["W_R"], full["W_R"])


def test_clipping_keeps_the_direction_and_short_gradients():
    rng = np.random.default_rng(0)
    g = {"a": rng.normal(size=(2, 3, 3)), "b": rng.normal(size=(2, 1, 3))}
    g = {name: array * [[[1e30]], [[1e-3]]] for name, array in g.items()}
    clipped = bptt.clip(g, 0.5)
    np.testing.assert_allclose(bptt.norm(clipped)[0], 0.5)
    ratio = clipped["a"][0] / g["a"][0]
    np.testing.assert_allclose(ratio, ratio[0, 0])
    np.testing.assert_allclose(clipped["b"][0] / g["b"][0], ratio[0, 0])
    for name in g:
        np.testing.assert_array_equal(clipped[name][1], g[name][1])
    g["a"][0, 1, 2] = np.inf
    with np.errstate(invalid="ignore"):
        overflowed = bptt.clip(g, 0.5)
    assert not overflowed["a"][0].any()
    assert not overflowed["b"][0].any()
    np.testing.assert_array_equal(overflowed["a"][1], g["a"][1])


@pytest.mark.parametrize("start", measure.STARTS, ids=lambda start: start.name)
def test_no_gradient_exceeds_its_bound(start):
    w, _, _, h, _, dh = measure.passes(start, SMALL)
    bound = bptt.bound(h, w, start.activation)
    norms = np.linalg.norm(dh, axis=-1)
    assert bound.shape == norms.shape
    assert (norms <= norms[-1] * bound * (1 + 1e-5)).all()
    # The factor of the last step, worked out once more.
    sigma = np.linalg.norm(w["W_R"][1], ord=2)
    steepest = bptt.DERIVATIVES[start.activation](h[-1, 1]).max(-1)
    np.testing.assert_allclose(bound[-2, 1], sigma * steepest, rtol=1e-5)


def test_starts_of_the_recurrent_weights():
    rng = np.random.default_rng(0)
    w = {k: bptt.start(rng, k, inputs=2, units=64, scale=2)["W_R"] for k in bptt.STARTS}
    np.testing.assert_array_equal(w["identity"], 2 * np.eye(64))
    product = w["orthogonal"] @ w["orthogonal"].T
    np.testing.assert_allclose(product, 4 * np.eye(64), atol=1e-5)
    limit = 2 * (6 / 128) ** 0.5
    assert 0.95 * limit < np.abs(w["glorot"]).max() <= limit


@pytest.mark.parametrize("T", [3, 10])
def test_adding_problem_has_a_mark_in_each_half(T):
    x, target = measure.adding(np.random.default_rng(0), T, 2, 500)
    values, marks = x[..., 0], x[..., 1]
    assert set(np.unique(marks)) == {0, 1}
    assert (marks[: T // 2].sum(0) == 1).all()
    assert (marks[T // 2 :].sum(0) == 1).all()
    assert (marks.sum((1, 2)) > 0).all()
    np.testing.assert_allclose(target[..., 0], (values * marks).sum(0))
    assert ((target - 1) ** 2).mean() == pytest.approx(1 / 6, abs=0.02)


def test_gradient_of_a_cell_with_gates_by_differences():
    """The state h of a GRU: nudge it at one step and see what the loss does."""
    keras.utils.set_random_seed(1)
    cell = keras.layers.GRUCell(4)
    x = np.random.default_rng(0).normal(size=(6, 1, 2)).astype("float32")
    loss = lambda h: keras.ops.sum(h * h)  # noqa: E731
    _, (by_state,) = measure.through_keras(cell, x, loss)
    assert by_state.shape == (7, 1, 4)
    found = []
    for step in (1e-2, -1e-2):
        h = np.zeros((1, 4), "float32")
        h[0, 2] = step
        for x_t in x:
            h, _ = cell(x_t, [h])
        found.append(float(loss(h)))
    slope = (found[0] - found[1]) / 2e-2
    assert by_state[0, 0, 2] == pytest.approx(slope, rel=0.02)


def test_identity_learns_to_add_and_truncation_hurts():
    config = dataclasses.replace(SMALL, units=16, updates=800)
    rows = {
        back: learn.learn_to_add(config, learn.ADDING[-1]._replace(back=back), 10)
        for back in (None, 1)
    }
    assert max(rows[None]["error"]) < 0.03
    assert min(rows[1]["error"]) > 0.05  # it sees the last number only
    assert rows[None]["curve"][-1][0] == 800
    assert 0 < rows[None]["clipped"] <= 1
    unclipped = learn.ADDING[-1]._replace(clip=np.inf)
    assert learn.learn_to_add(config, unclipped, 4)["clipped"] == 0


def test_digits_are_split_once_and_scaled_by_the_training_part():
    data = learn.digits()
    assert [len(y) for _, y in data.values()] == [1077, 360, 360]
    x, _ = data["train"]
    assert x.shape == (1077, 64, 1)
    assert x.mean() == pytest.approx(0, abs=1e-4)
    assert np.ptp(x) == 1
    for _, part in data.values():
        assert np.bincount(part).min() >= 0.09 * len(part)
    rows = {name: {row.tobytes() for row in x} for name, (x, _) in data.items()}
    assert not rows["test"] & (rows["train"] | rows["validation"])


@pytest.mark.parametrize("kind", learn.DIGITS)
def test_networks_for_digits(kind):
    keras.utils.set_random_seed(0)
    model = learn.build_model(kind, 6)
    x = np.random.default_rng(0).random((3, 64, 1), dtype="float32")
    assert model(x).shape == (3, 10)
    arrived = learn.first_pixel(model, x, np.array([1, 2, 3]))
    if kind == "gated_block":
        assert arrived is None
        return
    assert 0 < arrived < 10
    if kind != "gru":
        start = model.layers[1].cell.recurrent_kernel.numpy()
        product = start @ start.T
        assert np.allclose(product, np.eye(6), atol=1e-5) == (kind != "tanh_glorot")


def test_command_measures_everything_on_one_page(in_process, tmp_path):
    words = ["--preset", "smoke", "--runs-dir", tmp_path]
    printed = in_process(main, *words)
    for line in ("LSTM, c", "adding problem", "after"):
        assert line in printed
    (run,) = (tmp_path / "gradients").iterdir()
    assert {path.name for path in run.iterdir()} == {
        "config.json",
        "figures",
        "report.html",
        "results.json",
    }
    assert len(list((run / "figures").glob("*.png"))) == 3
    page = (run / "report.html").read_text()
    assert page.count("<img") == 3
    assert page.count("<table") == 6
    assert "relu, identity, no clipping" in page
    assert "relu, identity, 1 steps back" in page
    found = json.loads((run / "results.json").read_text())
    assert [row["name"] for row in found["digits"]] == ["tanh_orthogonal"]


def test_part_is_all_that_is_measured(in_process, tmp_path):
    words = ["--preset", "smoke", "--part", "adding", "--runs-dir", tmp_path]
    printed = in_process(main, *words)
    assert "The adding problem" in printed
    assert "arrives" not in printed
    assert "Digits" not in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--part", "all_of_it"], "--part"),
        (["--units", "1"], "--units must be a whole number, 2..512; received 1"),
        (["--steps", "1"], "--steps must be a whole number, 2..1000; received 1"),
        (["--lengths", "1"], "every value of --lengths must be a whole number, 2.."),
        (["--lengths"], "--lengths must have at least one value"),
        (["--networks", "lstm"], "--networks"),
        (["--networks"], "--networks must have at least one value"),
        (["--seeds", "0"], "--seeds must be a whole number, 1..100; received 0"),
        (["--preset", "full"], "--preset must be one of default, smoke"),
        (["--runs-dir", ""], "--runs-dir must not be empty"),
        (["train"], "the verb must be one of show; received 'train'"),
    ],
)
def test_bad_input_gets_one_line(in_process, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert message in in_process(main, *words, check=2)
    assert not list(tmp_path.iterdir())


def test_other_backend_is_refused(in_process, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    message = in_process(main, "--runs-dir", tmp_path, check=2)
    assert "KERAS_BACKEND must be tensorflow here; received jax" in message
    assert not list(tmp_path.iterdir())


def test_readme_shows_the_code_of_the_backward_pass():
    text = (ROOT / "examples/gradients/README.md").read_text(encoding="utf-8")
    block = text.split("```python\n")[1].split("```")[0]
    code = (ROOT / "examples/gradients/bptt.py").read_text(encoding="utf-8")
    assert textwrap.indent(block, 8 * " ") in code


def test_help_explains_every_setting_without_tensorflow():
    program = (
        "import runpy, sys\n"
        "sys.argv = ['gradients', '--help']\n"
        "try: runpy.run_module('examples.gradients', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in (field.name for field in dataclasses.fields(Config)):
        assert f"--{name.replace('_', '-')}" in done.stdout
