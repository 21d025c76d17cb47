"""`python -m examples benchmark`: what it times, what it says, what it refuses."""

import json
import subprocess
import sys

import pytest
from rich.console import Console

from common.comparison import results_page
from common.errors import UserError
from examples import __main__ as command
from examples.benchmark import lengths, models, page, run, ways
from examples.benchmark.config import Benchmark
from tests.conftest import ROOT

WAYS = [ways.BUILTIN, ways.TEXTBOOK, ways.CONCISE, ways.ONE_HOT, ways.ROW_LOOKUP]
WAYS += [ways.TOGETHER, ways.TORCH]


def size(units, **ratios):
    """Return a size at which a way takes 1 ms a step, times its ratio; two rounds."""
    of = {getattr(ways, name): ratio for name, ratio in ratios.items()}
    shape = {"batch": 2, "steps": 3, "units": units}
    return {
        **shape,
        "operations_per_second": [1e9, 1e9],
        "operations": {way: ways.flops(way, **shape) for way in WAYS},
        "first_call": dict.fromkeys(WAYS, 1.0),
        "seconds": {way: [1e-3 * of.get(way, 1)] * 2 for way in WAYS},
    }


@pytest.fixture
def document():
    """Return what a benchmark of two widths has found."""
    row = {"way": ways.BUILTIN, "batch": 2, "units": 8, "before": 500.0}
    way = {"cell": "builtin", "unroll": False, "xla": False, "at_once": 10}
    default = {**way, "default": True, "first_call": 1.0, "seconds": [2e-3]}
    quick = {**default, "unroll": True, "default": False, "seconds": [1e-3]}
    return {
        "command": "python -m examples benchmark",
        "date": "2026-01-01",
        "machine": {"cpu": "a processor", "cores": 2, "memory": 8},
        "versions": {"python": "3.11"},
        "threads": 2,
        "settings": {"units": [8, 16], "steps": [3], "rounds": 2},
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
                "ways": [default, quick, {**default, "cell": "custom"}],
            }
        ],
    }


def test_operations_are_those_of_the_products():
    """B 2, T 3, D 4, U 4: forward 384, by the weights 384, by the state 192."""
    shape = {"batch": 2, "steps": 3, "units": 4}
    assert ways.flops(ways.BUILTIN, **shape) == 960
    assert ways.flops(ways.ROW_LOOKUP, **shape) == 576
    assert ways.flops(ways.LSTM, **shape) == 4 * 960


@pytest.mark.parametrize(
    ("ratios", "says"),
    [
        ({8: 0.5, 16: 0.9}, "holds here: it is faster at 8, 16 units."),
        ({8: 0.5, 16: 2}, "holds in part here: it is faster at 8 units, slower at 16"),
        ({8: 1.3, 16: 1}, "does not hold here: it is slower at 8 units, level at 16"),
    ],
)
def test_claim_of_the_concise_form_is_answered_either_way(ratios, says):
    sizes = [size(units, CONCISE=ratio) for units, ratio in ratios.items()]
    assert says in page.concise_claim(sizes)


def test_page_says_what_the_numbers_say(document):
    text = page.markdown(document)
    for line in (
        "2026-01-01: a processor, cores used: 2, threads: 2, 8 GiB; python 3.11.",
        "| SimpleRNN | 0.40 (0.40 to 0.40) | 1.50 (1.50 to 1.50) |",
        "SimpleRNN, against nn.RNN: not level at 16 units (up to 1.02); half the time "
        "or less at 8 units.",
        "| concise cell | 1.00 (1.00 to 1.00) | 2.00 (2.00 to 2.00) |",
        # 2 B T U (2 (D + U) + U) / 1 ms of 10^9 a second
        "| textbook cell | 0% | 2% |",
        "SimpleRNN: 2 times the steps take 3 times the time, and 102 KiB of memory for "
        "each step.",
        r"| builtin, loop, 10 a call \* | 2.00 | 1.00 (1.00 to 1.00) | 1.00 |",
        "builtin: builtin, unrolled, 10 a call, takes 0.50 of the default's time.",
        "custom: none is faster than the default by more than 2 %.",
    ):
        assert line in text


def test_page_without_pytorch_compares_with_none(document):
    for one in document["sizes"]:
        del one["seconds"][ways.TORCH]
    assert "nn.RNN" not in page.markdown(document)


def test_only_a_page_of_this_command_is_replaced(document, tmp_path):
    path = tmp_path / "page.md"
    page.write(path, document)
    results_page.check_free(path, page.COMMAND)
    path.write_text("mine")
    options = {"preset": "smoke", "runs_dir": str(tmp_path)}
    with pytest.raises(UserError, match="is another"):
        run.benchmark(Benchmark(**options, output=str(path)))


def test_command_of_the_page_names_what_was_set():
    options = Benchmark(units=(8, 16), output="PAGE.md", runs_dir="elsewhere")
    words = "python -m examples benchmark --units 8 16 --output PAGE.md"
    assert page.command(options) == words
    smoke = Benchmark(preset="smoke", **Benchmark.PRESETS["smoke"])
    assert page.command(smoke) == "python -m examples benchmark --preset smoke"


def test_smoke(in_process, tmp_path):
    runs, output = tmp_path / "runs", tmp_path / "PAGE.md"
    words = ["benchmark", "--preset", "smoke", "--runs-dir", runs, "--output", output]
    printed = in_process(command.main, *words)
    (folder,) = (runs / "benchmark").iterdir()
    document = json.loads((folder / "benchmark.json").read_text())
    (only,) = document["sizes"]
    names = set(only["seconds"])
    assert {ways.BUILTIN, ways.XLA, ways.UNROLL, ways.GRU, ways.LSTM} < names
    assert (ways.TORCH in names) == run.torch_is_there()
    assert ("PyTorch is not installed" in printed) == (not run.torch_is_there())
    for values in only["seconds"].values():
        assert len(values) == 2
        assert all(0 < value < 60 for value in values)
    # As large as this process, and it would have been taken over from it.
    for row in document["lengths"]:
        assert 50 < row["before"] <= row["memory"] < lengths.peak()
    assert "concise over textbook" in printed
    assert output.read_text() == page.markdown(document)
    for name in ("step_time", "lengths"):
        assert (folder / "figures" / f"{name}.png").stat().st_size > 10_000
        assert "<title>" in (folder / "figures" / f"{name}.svg").read_text()


def test_models_of_an_example_are_timed_as_it_is_said(monkeypatch):
    built = []
    keep = models.training_step
    monkeypatch.setattr(
        models,
        "training_step",
        lambda model, batch: built.append(model) or keep(model, batch),
    )
    monkeypatch.setattr(models, "KINDS", [(False, False, 2)])
    monkeypatch.setattr(models, "FEW", 0)
    options = Benchmark(models="smoke", rounds=1, seconds=0.001)
    found = run.timed_example(options, "forecasting", Console(quiet=True))
    assert found["batch"] == [32, 9, 1]
    keys = ("cell", "unroll", "at_once", "default")
    assert [tuple(way[key] for key in keys) for way in found["ways"]] == [
        ("builtin", False, 2, False),
        ("custom", False, 2, False),
        ("builtin", True, 20, True),
        ("custom", True, 20, True),
    ]
    for model, way in zip(built, found["ways"], strict=True):
        (layer,) = models.recurrent_layers(model)
        assert layer.unroll == way["unroll"]
        # Every call was so many steps.
        assert int(model.optimizer.iterations) % way["at_once"] == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"units": (8, 0)}, r"every number of --units must .* 1..4096; received 0"),
        ({"steps": ()}, "--steps must be one or more different numbers; received none"),
        ({"lengths": (5, 5)}, "--lengths must be .* different numbers; received 5 5"),
        ({"batch_size": 0}, "--batch-size must be a whole number"),
        ({"examples": ("chess",)}, "--examples must be one of .*; received 'chess'"),
        ({"models": "full"}, "--models must be one of default, smoke"),
        ({"rounds": 0}, "--rounds must be"),
        ({"seconds": 0.0}, "--seconds must be a number above 0"),
        ({"seed": -1}, "--seed must be"),
        ({"runs_dir": " "}, "--runs-dir must name a folder"),
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
