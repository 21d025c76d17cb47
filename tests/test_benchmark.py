"""`python -m examples benchmark`: what it times, what it says, what it refuses."""

import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from common.errors import UserError
from examples import __main__ as command
from examples import results_page
from examples.benchmark import lengths, models, page, pytorch, run, ways
from examples.benchmark.config import Benchmark
from tests.conftest import ROOT

WAYS = [ways.BUILTIN, ways.TEXTBOOK, ways.CONCISE, ways.ONE_HOT, ways.ROW_LOOKUP]
WAYS += [ways.TOGETHER, ways.TORCH]
BATCH = 4


def size(units, **ratios):
    """Return a size at which a way takes 1 ms a step, times its ratio; six rounds."""
    of = {getattr(ways, name): ratio for name, ratio in ratios.items()}
    return {
        **{"batch": 2, "steps": 3, "units": units, "peak": 1e9},
        "of_peak": {way: 0.1 if way == ways.BUILTIN else 0.01 for way in WAYS},
        "first_call": dict.fromkeys(WAYS, 1.0),
        "seconds": {way: [1e-3 * of.get(way, 1)] * 6 for way in WAYS},
    }


@pytest.fixture
def document():
    """Return what a benchmark of two widths has found."""
    row = {"way": ways.BUILTIN, "batch": 2, "units": 8, "before": 500.0}
    default = {"name": "builtin, loop", "cell": "builtin", "default": True}
    default |= {"first_call": 1.0, "seconds": [2e-3] * 6}
    quick = {**default, "name": "unrolled", "default": False, "seconds": [1e-3] * 6}
    custom = {**default, "cell": "custom", "seconds": [1e-3, 4e-3] * 3}
    torch = {**quick, "name": "torch", "cell": ways.TORCH, "seconds": [4e-3] * 6}
    return {
        "command": "python -m examples benchmark",
        "date": "2026-01-01",
        "machine": {"cpu": "a processor", "cores": 2, "memory": 8},
        "versions": {"python": "3.11"},
        "threads": 2,
        "settings": {"units": [8, 16], "steps": [3], "rounds": 6},
        "sizes": [size(8, BUILTIN=0.4), size(16, BUILTIN=1.5, CONCISE=2)],
        "lengths": [
            {**row, "steps": 100, "seconds": 1.0, "memory": 510.0},
            {**row, "steps": 200, "seconds": 3.0, "memory": 520.0},
        ],
        "examples": [
            {
                "example": "sorting",
                "preset": "default",
                "batch": [128, 10],
                "ways": [default, quick, custom, torch],
            }
        ],
    }


def test_timer_returns_the_seconds_of_each_call(monkeypatch):
    clock, calls = iter([0.0, 10.0, 11.0, 13.0]), []
    monkeypatch.setattr(lengths.time, "perf_counter", lambda: next(clock))
    assert lengths.timer(lambda: calls.append(1))(3) == [10, 1, 2]
    assert len(calls) == 3


def test_operations_are_those_of_the_products():
    """B 2, T 3, D 4, U 4: forward 384, by the weights 384, by the state 192."""
    shape = {"batch": 2, "steps": 3, "units": 4}
    assert ways.flops(ways.BUILTIN, **shape) == 960
    assert ways.flops(ways.ROW_LOOKUP, **shape) == 576
    assert ways.flops(ways.LSTM, **shape) == 4 * 960


def test_page_says_what_the_numbers_say(document):
    document["sizes"][1]["seconds"][ways.ONE_HOT] = [1e-3, 2e-3] * 3
    text = page.markdown(document)
    for line in (
        "2026-01-01: a processor, cores used: 2, threads: 2, 8 GiB; python 3.11.",
        "| SimpleRNN / PyTorch nn.RNN | 0.40 (0.40 to 0.40) | 1.50 (1.50 to 1.50) |",
        "SimpleRNN against PyTorch nn.RNN: twice as fast or more at 8 units; slower at "
        "16 units.",
        "| concise cell / textbook cell | 1.00 (1.00 to 1.00) | 2.00 (2.00 to 2.00) |",
        "Concise cell against textbook cell: as fast, within 5% at 8 units; slower at "
        "16 units.",
        "Row lookup cell against SimpleRNN, one-hot input: as fast, within 5% at 8 "
        "units; undecided at 16 units.",
        "| peak, 10^9 operations per second | 1.00 | 1.00 |",
        "| SimpleRNN | 10% | 10% |",
        "Closest to the peak, by units: SimpleRNN at 8; SimpleRNN at 16.",
        "SimpleRNN: 2 times the steps take 3 times the time. Memory grows by 102 KiB "
        "per time step.",
        "| builtin, loop | 2.00 | 1.00 (1.00 to 1.00) | default | 1.00 |",
        "| unrolled | 1.00 | 0.50 (0.50 to 0.50) | faster | 1.00 |",
        "| torch | 4.00 | 2.00 (2.00 to 2.00) | slower | 1.00 |",
        "custom / builtin, both defaults: 1.25 (0.50 to 2.00), undecided.",
    ):
        assert line in text, line


def test_page_without_pytorch_compares_with_none(document):
    for one in document["sizes"]:
        del one["seconds"][ways.TORCH], one["of_peak"][ways.TORCH]
    text = page.markdown(document)
    assert "nn.RNN" not in text
    assert "| hoisted, unrolled, 10 steps per call / SimpleRNN |" in text


def test_smoke(in_process, tmp_path):
    runs, output = tmp_path / "runs", tmp_path / "PAGE.md"
    words = ["benchmark", "--preset", "smoke", "--runs-dir", runs, "--output", output]
    printed = in_process(command.main, *words)
    (folder,) = (runs / "benchmark").iterdir()
    document = json.loads((folder / "benchmark.json").read_text())
    assert document["command"].endswith(f"--output {output}")
    (only,) = document["sizes"]
    names = set(only["seconds"])
    assert {ways.BUILTIN, ways.XLA, ways.UNROLL, ways.GRU, ways.LSTM} < names
    assert (ways.TORCH in names) == pytorch.installed()
    assert ("PyTorch is not installed" in printed) == (not pytorch.installed())
    for values in only["seconds"].values():
        assert len(values) == 2
        assert all(0 < value < 60 for value in values)
    # As large as this process, and it would have been taken over from it.
    for row in document["lengths"]:
        assert 50 < row["before"] <= row["memory"] < lengths.peak()
    assert "concise cell / textbook cell" in printed
    assert output.read_text() == page.markdown(document)
    for name in ("step_time", "lengths"):
        assert (folder / "figures" / f"{name}.png").stat().st_size > 10_000
        assert "<title>" in (folder / "figures" / f"{name}.svg").read_text()
    # A page of this command may be replaced, no other file.
    results_page.check_free(output, page.COMMAND)
    output.write_text("mine")
    assert "is another" in in_process(command.main, *words, check=2)
    assert output.read_text() == "mine"


def toy_task(example, preset):
    """Return the task of an example that labels characters, with no data to load."""
    ids = np.random.default_rng(0).integers(0, 3, (BATCH, 9), "int32")

    def build(cell, seed):
        keras.utils.set_random_seed(seed)
        inputs = keras.Input((None,), BATCH, "int32")
        layer = keras.layers.SimpleRNN(
            2, return_sequences=True, unroll=cell == "custom"
        )
        logits = keras.layers.Dense(3)(layer(keras.ops.one_hot(inputs, 3)))
        model = keras.Model(inputs, logits)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, steps_per_execution=20, jit_compile=False)
        return model

    batches = type(
        "Batches", (), {"num_batches": 1, "__getitem__": lambda *_: (ids, ids)}
    )
    return SimpleNamespace(build=build, train=lambda seed: batches())


def test_models_of_an_example_are_timed_as_it_is_said(monkeypatch):
    built = []
    keep = models.training_step
    monkeypatch.setattr(
        models,
        "training_step",
        lambda model, batch: built.append(model) or keep(model, batch),
    )
    monkeypatch.setattr(models, "task", toy_task)
    monkeypatch.setattr(models, "WAYS", [(False, False, 2), (True, True, 2)])
    monkeypatch.setattr(models, "MAX_UNROLLED_XLA", 0)
    monkeypatch.setattr(pytorch, "installed", lambda: True)
    asked = []
    monkeypatch.setattr(
        pytorch,
        "training_step",
        lambda batch, **size: asked.append(size) or (lambda: 0),
    )
    options = Benchmark(models="smoke", rounds=1, seconds=0.001)
    found = run.timed_example(options, "toy")
    assert found["batch"] == [BATCH, 9]
    keys = ("cell", "unroll", "steps_per_call", "default")
    assert [tuple(way[key] for key in keys) for way in found["ways"]] == [
        ("builtin", False, 2, False),
        ("custom", False, 2, False),
        ("builtin", False, 20, True),
        ("custom", True, 20, True),
        ("PyTorch nn.RNN", False, 1, False),
    ]
    # Each id has a target, so PyTorch gets the same task.
    assert asked == [{"units": 2, "ids": 3, "seed": 0}]
    for model, way in zip(built, found["ways"], strict=False):
        (layer,) = models.recurrent_layers(model)
        assert layer.unroll == way["unroll"]
        # Every call was so many steps.
        steps = int(model.optimizer.iterations)
        assert steps > 0
        assert steps % way["steps_per_call"] == 0


@pytest.mark.parametrize("ids", [0, 5])
def test_pytorch_learns_the_same_task(ids):
    pytest.importorskip("torch")
    batch = pytorch.arrays(batch=3, steps=4, units=2, seed=0)
    if ids:
        one = np.random.default_rng(0).integers(0, ids, (3, 4), "int32")
        batch = (one, one)
    step = pytorch.training_step(batch, units=2, ids=ids, seed=0)
    assert step() > [step() for _ in range(100)][-1]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"units": (8, 0)}, r"every value of --units must .* 1..4096; received 0"),
        ({"steps": ()}, "--steps must be one or more different numbers; received none"),
        ({"lengths": (5, 5)}, "--lengths must be .* different numbers; received 5 5"),
        ({"batch_size": 0}, "--batch-size must be a whole number"),
        (
            {"examples": ("chess",)},
            "every value of --examples must be one of sentiment",
        ),
        ({"models": "full"}, "--models must be one of default, smoke"),
        ({"rounds": 0}, "--rounds must be"),
        ({"seconds": 0.0}, "--seconds must be a number above 0"),
        ({"seed": -1}, "--seed must be"),
        ({"runs_dir": " "}, "--runs-dir must not be empty"),
    ],
)
def test_wrong_settings_are_refused(values, message):
    with pytest.raises(UserError, match=message):
        Benchmark(**values)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "full"], "--preset must be one of default, smoke"),
        (["--units", "wide"], "see python -m examples benchmark --help"),
        (["--resume"], "see python -m examples benchmark --help"),
        (["--output", str(ROOT / "README.md")], "is another"),
    ],
)
def test_wrong_input_gets_one_line(in_process, tmp_path, words, message):
    words = ["benchmark", "--runs-dir", tmp_path / "runs", *words]
    assert message in in_process(command.main, *words, check=2)
    assert not (tmp_path / "runs").exists()


def test_help_comes_without_tensorflow():
    program = (
        "import sys\n"
        "from examples.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "benchmark", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--lengths" in done.stdout
