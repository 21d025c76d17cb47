"""The commands, as a user types them; every setting; files and runs that are bad."""

import dataclasses
import functools
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from common.errors import UserError
from common.settings import from_json, to_json
from examples.forecasting import config as settings
from examples.forecasting import train
from examples.forecasting.__main__ import main
from examples.forecasting.config import Config, Forecast, Recipe
from examples.forecasting.data import load
from examples.forecasting.predict import forecast
from tests.conftest import ROOT, newest, write_series

EXAMPLE = "forecasting"
FIGURES = {"backtest", "error_by_step", "forecasts", "learning_curves"}
FIGURES |= {"residual_autocorrelation"}
COLUMNS = ["unique_id", "ds", "mean", "lo-80", "hi-80", "lo-95", "hi-95"]
SMALL = {"units": 4, "epochs": 2, "window": 6, "horizon": 3, "transform": "log"}
QUICK = Recipe(ensemble_size=1, passes=1, backtest=1, metric="smape")
TOY = [word for name, value in SMALL.items() for word in (f"--{name}", value)]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "monthly.csv"
    return write_series(path, covariate=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setitem(settings.RECIPES, "default", QUICK)


@pytest.fixture(scope="module")
def toy(file, tmp_path_factory):
    """Return the runs folder of a finished toy run on three monthly series."""
    runs_dir = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(settings.RECIPES, "default", QUICK)
        train.train(Config(data=str(file), runs_dir=str(runs_dir), **SMALL))
    return runs_dir


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def metrics(runs_dir):
    return json.loads((newest(runs_dir, EXAMPLE) / "metrics.json").read_text())


def test_smoke_run_beats_the_last_value_and_gives_a_verdict(here, tmp_path):
    output = here("--preset", "smoke", "--runs-dir", tmp_path)
    folder, document = newest(tmp_path, EXAMPLE), metrics(tmp_path)
    names = {"config.json", "figures", "history.csv", "metrics.json", "model.keras"}
    assert {p.name for p in folder.iterdir()} >= {*names, "preprocessor.json"}
    assert {p.stem for p in (folder / "figures").glob("*.png")} == FIGURES
    models = document["models"]
    assert list(models) == ["network", "last_value", "linear_ar", "ets", "theta"]
    assert next(iter(models["network"])) == "relative_variance"
    values = {name: row["relative_variance"] for name, row in models.items()}
    assert values["network"] < values["last_value"] - 0.2
    assert document["metric"]["mode"] == "min"
    assert document["verdict"]["against"] == "linear_ar"
    low, high = document["verdict"]["interval_95"]
    assert low < values["network"] - values["linear_ar"] < high
    assert list(document["slices"]) == ["1921-1955", "1956-1979"]
    early, late = (part["models"]["network"] for part in document["slices"].values())
    assert (35 * early + 24 * late) / 59 == pytest.approx(values["network"])
    narrow, wide = document["details"]["intervals"].values()
    assert 0.6 < narrow["coverage"] <= wide["coverage"] <= 1
    assert 0 < narrow["width"] < wide["width"]
    assert list(document["details"]["backtest"]) == ["1881-01-01"]
    assert f"{values['network']:.4f}" in output
    assert "its best baseline, linear_ar" in output
    assert "training again with the validation part: 212 windows" in output
    assert "left out" not in output


def test_run_on_several_series_reports_every_step(toy):
    document = metrics(toy)
    by_step = document["details"]["by_step"]
    names = ["network", "last_value", "seasonal_naive", "linear_ar", "ets", "theta"]
    assert list(by_step) == list(document["models"]) == names
    network = document["models"]["network"]
    assert network["smape"] == pytest.approx(np.mean(by_step["network"]))
    assert document["data_hash"].startswith("sha256:")
    # Fewer series than an interval needs.
    assert document["verdict"]["says"] == "undecided"


def checked(path, *, horizon, names):
    """Return the table of forecasts after checking what holds for every one."""
    table = pd.read_csv(path, keep_default_na=False)
    assert list(table.columns) == COLUMNS
    assert list(table["unique_id"]) == [name for name in names for _ in range(horizon)]
    assert np.isfinite(table[COLUMNS[2:]]).all(axis=None)
    ordered = table[["lo-95", "lo-80", "mean", "hi-80", "hi-95"]].to_numpy()
    assert (np.diff(ordered) >= 0).all()
    assert (np.diff(ordered[:, 1:4]) > 0).all()
    return table


def test_forecast_goes_on_from_the_end_of_the_run_s_series(here, toy, tmp_path):
    table = tmp_path / "next.csv"
    output = here("forecast", "--runs-dir", toy, "--output", table)
    rows = checked(table, horizon=3, names=["s0", "s1", "s2"])
    # The first series ends in December 2005.
    assert list(rows["ds"][:3]) == ["2006-01-01", "2006-02-01", "2006-03-01"]
    assert f"{rows['mean'][0]:.6g}" in output
    assert f"9 rows in {table}" in output
    assert (tmp_path / "next.png").stat().st_size > 10_000
    before = table.read_bytes()
    for flags in ([], ["--horizon", 5]):
        words = ["forecast", "--runs-dir", toy, "--output", table, *flags]
        assert "is there already (--overwrite" in here(*words, check=2)
    assert table.read_bytes() == before
    here(*words, "--overwrite")
    checked(table, horizon=5, names=["s0", "s1", "s2"])


def test_forecast_says_which_run_answers(toy, tmp_path, capsys):
    forecast(Forecast(runs_dir=str(toy), output=str(tmp_path / "o.csv")))
    line = capsys.readouterr().err
    assert line.startswith(f"run: {newest(toy, EXAMPLE)}, trained on ")


def test_forecast_reads_files_of_its_own(here, toy, tmp_path):
    own = write_series(tmp_path / "own.csv", lengths=(40, 6, 5), seed=1)
    flags = [
        "forecast",
        "--overwrite",
        "--runs-dir",
        toy,
        "--output",
        tmp_path / "o.csv",
    ]
    output = here(*flags, "--data", own, "--horizon", 12)
    rows = checked(tmp_path / "o.csv", horizon=12, names=["s0", "s1"])
    assert rows["ds"][0] == "2004-05-01"
    assert "note: 1 series left out, the network reads 6 steps: s2 (5 steps)" in output
    assert "beyond step 3" in output
    widths = np.reshape(np.log(rows["hi-95"] + 1) - np.log(rows["lo-95"] + 1), (2, 12))
    assert (np.diff(widths[:, 2:]) > 0).all()  # further on, less is known
    names = {"unique_id": "shop", "ds": "date", "y": "sales"}
    table = pd.read_csv(own).rename(columns=names)
    columns = ["--time-column", "date", "--target", "sales"]
    table["shop"] = table["shop"].map({"s0": "NA", "s1": "[/red] $x_{$" * 2000})
    table.dropna().to_csv(tmp_path / "long.tsv", sep="\t", index=False)
    here(*flags, "--data", tmp_path / "long.tsv", *columns, "--id-column", "shop")
    checked(tmp_path / "o.csv", horizon=3, names=["NA", "[/red] $x_{$" * 2000])
    table[:40].drop(columns="shop").to_csv(tmp_path / "one.csv", index=False)
    here(*flags, "--data", tmp_path / "one.csv", *columns)
    checked(tmp_path / "o.csv", horizon=3, names=["sales"])


# Series of which nothing much can be learned, with their flags; all of them train.
HARD = {
    "flat at the end": ([*range(1, 60), *[60.0] * 60], {}),
    "12 days": (range(3, 15), {}),
    "tiny": (1e-300 * np.arange(1, 61), {}),
    "huge, small steps": (1e15 + np.arange(60) % 3 - 1, {}),
    "too large for squares": (
        1e308 * (1 + np.arange(60) % 5 / 9),
        {"transform": "log"},
    ),
    "names": (np.arange(60) % 5 + 1, {"target": "[/red] $x_{$" * 2000}),
}


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("name", HARD)
def test_hard_series_are_trained_on_and_forecast(tmp_path, monkeypatch, capsys, name):
    recipe = dataclasses.replace(QUICK, metric="relative_variance")
    monkeypatch.setitem(settings.RECIPES, "default", recipe)
    values, changes = HARD[name]
    times = pd.date_range("2001-01-01", periods=len(values))
    target = changes.get("target", "y")
    table = pd.DataFrame({"ds": times, target: np.asarray(values, float)})
    table.to_csv(tmp_path / "hard.csv", index=False)
    places = {"data": str(tmp_path / "hard.csv"), "runs_dir": str(tmp_path)}
    train.train(Config(epochs=1, **places, **changes))
    unknown = [
        k for k, v in metrics(tmp_path)["models"]["network"].items() if v is None
    ]
    said = "relative_variance is not a finite number" in capsys.readouterr().out
    assert said == bool(unknown)
    assert bool(unknown) == (name in ("tiny", "too large for squares"))
    forecast(Forecast(runs_dir=str(tmp_path), output=str(tmp_path / "o.csv")))
    assert (tmp_path / "o.csv").is_file()


@pytest.mark.usefixtures("undrawn")
def test_short_and_flat_series_are_left_out_and_counted(here, file, tmp_path):
    table = pd.read_csv(file)
    flat = table[table["unique_id"] == "s0"].assign(unique_id="flat", y=7.0)
    brief = table[:5].assign(unique_id="brief")
    pd.concat([table, brief, flat]).to_csv(tmp_path / "some.csv", index=False)
    flags = ["--data", tmp_path / "some.csv", *TOY, "--epochs", 1]
    output = here(*flags, "--runs-dir", tmp_path)
    assert "3 series of 48 to 72 steps" in output
    assert "1 series left out, shorter than --window 6 and 3 more: brief (5" in output
    assert "1 series left out, constant before the test: flat" in output


def test_help_explains_every_setting_without_tensorflow():
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['{EXAMPLE}', '--help']\n"
        f"try: runpy.run_module('examples.{EXAMPLE}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert len(to_json(Config())) <= 20  # those that a result depends on
    for name in Config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "price"], "--target, a column of"),
        (["--time-column", "when"], "--time-column, a column of"),
        (["--id-column", "shop"], "--id-column, a column of"),
        (["--covariates", "rain"], "--covariates, a column of"),
        (["--covariates", "x", "x"], "--covariates must differ"),
        (["--covariates", "y"], "--covariates must differ"),
        (["--horizon", "0"], "--horizon must be a whole number, 1..10000"),
        (["--horizon", "9" * 400], "--horizon must be a whole number"),
        (["--epochs", "9" * 400], "--epochs must be a whole number"),
        (["--horizon", "5", "--test-steps", "4"], "--test-steps must be at least"),
        (["--window", "1"], "--window must be a whole number, 2..10000"),
        (["--window", "80"], "no series is left; 3 series left out, shorter than"),
        (["--window", "66"], "no series is long enough for a window to train"),
        (["--max-gap", "-1"], "--max-gap must be a whole number"),
        (["--season-length", "-1"], "--season-length must be a whole number"),
        (["--transform", "square"], "boxcox"),
        (["--data", "nowhere.csv"], "nowhere.csv does not exist"),
        (["--data", "README.md"], "must be a file of kind .csv, .tsv"),
        (["--preset", "tides"], "--preset must be one of"),
    ],
)
def test_bad_settings_get_one_line(here, file, tmp_path, words, message):
    flags = ["--data", file, *TOY, "--runs-dir", tmp_path]
    assert message in here(*flags, *words, check=2)
    assert list(tmp_path.iterdir()) == []


def edit(table, row, column, value):
    """Return the table with one cell replaced."""
    table = table.astype(object)
    table.loc[row, column] = value
    return table


def written(lines):
    return lambda table: "\n".join([*lines, ""])


DAYS = [f"2001-01-{day:02},{day}" for day in range(1, 29)]
BAD = {
    "unparsable time": (
        lambda t: edit(t, 3, "ds", "first of May"),
        "line 5: ds must be a time in ISO 8601",
    ),
    "empty time": (lambda t: edit(t, 3, "ds", None), "line 5: ds must be a time"),
    "before Christ": (lambda t: edit(t, 0, "ds", "-0044-03-15"), "line 2: ds must be"),
    "same time twice": (
        lambda t: edit(t, 3, "ds", t.loc[2, "ds"]),
        "line 5: ds must ascend within a series (several series",
    ),
    "some times with a zone": (
        lambda t: edit(t, 3, "ds", "2001-04-01T00:00Z"),
        "line 5: ds must have a time zone on every line or on none",
    ),
    "gap of times": (
        lambda t: t.drop(range(20, 24)),
        "'s0' 4 are, up to 2002-12-01 00:00:00: --max-gap 4 would do",
    ),
    "gaps of values": (
        lambda t: pd.concat(
            [
                t.assign(y=t["y"].where((t.index < 20) | (t.index > 23))),
                t.assign(
                    unique_id="b", y=t["y"].where(t.index.isin([0, *range(9, 60)]))
                ),
            ]
        ),
        "at most --max-gap 3 values in a row may be missing; of series 'b' 8 are",
    ),
    "no steady step": (
        lambda t: t.assign(
            ds=pd.Timestamp("2001-01-01") + pd.to_timedelta(t.index**2, unit="D")
        ),
        "the times have no steady step",
    ),
    "time between the others": (
        lambda t: edit(t, 3, "ds", "2001-04-09"),
        "times must be at the step MS; 2001-04-09 00:00:00 is not",
    ),
    "text for a number": (
        lambda t: edit(t, 3, "y", "many"),
        "line 5: y must be a finite number; received 'many'",
    ),
    "infinite": (lambda t: edit(t, 3, "y", "inf"), "received 'inf'"),
    "overflowing": (lambda t: edit(t, 3, "y", "1e999"), "received '1e999'"),
    "no value": (lambda t: t.assign(y=np.nan), "holds no value"),
    "two times": (lambda t: t[:2], "at least 3 times are needed"),
    "no column of names": (
        lambda t: pd.concat([t, t]).rename(columns={"unique_id": "shop"}),
        "several series are told apart by --id-column",
    ),
    "no name": (lambda t: edit(t, 3, "unique_id", None), "line 5: unique_id must not"),
    "no row": (lambda t: t[:0], "has a header with no rows"),
    "negative value": (
        lambda t: edit(t, 3, "y", -4),
        "--transform log needs values of at least 0; series 's0' holds -4",
    ),
    "two frequencies": (
        lambda t: pd.concat(
            [
                t,
                t.assign(
                    unique_id="b", ds=pd.date_range("2001", periods=60).astype(str)
                ),
            ]
        ),
        "every series must have the frequency MS; 'b' has D",
    ),
    "two columns of a name": (
        written(["ds,y,y"]),
        "column names must differ",
    ),
    "blank lines count": (written(["ds,y", "", *DAYS, "x,1"]), "line 31: ds must be"),
    "a cell too many": (written(["ds,y", "2001-01-01,1,2"]), "a row needs 2 cells"),
}
TRAIN = {
    "constant": (lambda t: t.assign(y=3.0), "1 series left out, constant before"),
    "too short": (lambda t: t[:8], "shorter than --window 6 and 3 more"),
}
FORECAST = {
    "too short": (lambda t: t[:5], "no series is left; 1 series left out, the network"),
    "daily": (
        lambda t: t.assign(ds=pd.date_range("2001", periods=60)),
        "every series must have the frequency MS; 's0' has D",
    ),
    "the last year": (
        lambda t: t.assign(ds=t["ds"].str.replace("200", "900")),
        "--horizon must end by the year 9000",
    ),
}


@pytest.mark.parametrize(
    ("verb", "change", "message"),
    [
        pytest.param(verb, *case, id=f"{verb or 'train'}: {name}")
        for verb, more in (("", TRAIN), ("forecast", FORECAST))
        for name, case in {**BAD, **more}.items()
    ],
)
def test_bad_file_gets_one_line(here, file, toy, tmp_path, verb, change, message):
    table = pd.read_csv(file)
    table = change(table[table["unique_id"] == "s0"])
    text = table if isinstance(table, str) else table.to_csv(index=False)
    (tmp_path / "bad.csv").write_text(text)
    flags = [*TOY, "--runs-dir", tmp_path / "runs"]
    if verb:
        flags = ["--runs-dir", toy, "--output", tmp_path / "next.csv"]
    words = [verb] if verb else []
    assert message in here(*words, "--data", tmp_path / "bad.csv", *flags, check=2)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--horizon", 0], "--horizon must be a whole number, 1..10000"),
        (["--output", "o.txt"], "--output must end in .csv"),
        (["--output", "no/where/o.csv"], "there is no folder no/where"),
        (["--output", "/proc/o.csv"], "/proc"),
        (["--output", "x" * 300 + ".csv"], "File name too long"),
        (["--run", "nowhere"], "--run must be a run folder"),
    ],
)
def test_bad_forecast_gets_one_line(here, toy, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert message in here("forecast", "--runs-dir", toy, *words, check=2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.keras", b"PK\x03\x04 nothing", "model.keras cannot be read"),
        ("preprocessor.json", b"{}", "is not the preprocessor of a run"),
        ("config.json", b'{"example": "sorting"}', "it is a run of 'sorting'"),
        ("metrics.json", None, "is not finished"),
        ("window", 7, "does not belong to"),
        ("scale", 1e308, "the forecasts are not finite numbers"),
    ],
)
def test_damaged_run_is_refused(here, toy, tmp_path, name, content, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(toy, EXAMPLE), folder)
    path = folder / "preprocessor.json"
    if content is None:
        (folder / name).unlink()
    elif isinstance(content, bytes):
        (folder / name).write_bytes(content)
    else:
        path.write_text(json.dumps({**json.loads(path.read_text()), name: content}))
    flags = ["--run", folder, "--output", tmp_path / "next.csv"]
    assert message in here("forecast", *flags, check=2)


@pytest.mark.usefixtures("undrawn")
def test_covariates_reach_no_further_than_the_horizon(here, file, tmp_path):
    flags = ["--data", file, *TOY, "--covariates", "x", "--runs-dir", tmp_path]
    here(*flags)
    words = ["forecast", "--runs-dir", tmp_path, "--output", tmp_path / "o.csv"]
    assert "--horizon must be at most 3" in here(*words, "--horizon", 4, check=2)
    here(*words)
    checked(tmp_path / "o.csv", horizon=3, names=["s0", "s1", "s2"])


# Each value differs from the default and from SMALL.
CHANGES = {
    "cell": "custom",
    "units": 5,
    "layers": 2,
    "epochs": 3,
    "batch_size": 7,
    "learning_rate": 0.05,
    "seed": 9,
    "data": "other.csv",
    "time_column": "later",
    "target": "x",
    "id_column": "half",
    "covariates": ("x",),
    "horizon": 2,
    "window": 7,
    "test_steps": 7,
    "transform": "none",
    "season_length": 0,
}
# Elsewhere: where things lie, and which gaps are filled.
ELSEWHERE = {"preset", "runs_dir", "resume", "max_gap"}
RECIPES = {
    "passes": 2,
    "ensemble_size": 2,
    "linear": False,
    "noise": 0.5,
    "weight_decay": 0.5,
    "metric": "rmse",  # another loss
    "until": "2004-01-01",
}


@pytest.fixture(scope="module")
def folder(file):
    table = pd.read_csv(file)
    later = pd.to_datetime(table["ds"]) + pd.DateOffset(years=1, months=3)
    table["later"] = later
    table["half"] = table["unique_id"] + later.gt("2005").astype(str)
    table.to_csv(file.parent / "small.csv", index=False)
    write_series(file.parent / "other.csv", seed=1)
    return file.parent


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    task = train.task(config, data)
    model, batches = task.build(config.cell, config.seed), task.train(config.seed)
    model.run_eagerly = True  # two steps are done before a graph is traced
    for index in range(2):
        model.train_on_batch(*batches[index])
    names = [type(layer).__name__ for layer in model.layers]
    schedule = model.optimizer.get_config()["learning_rate"]
    text = (data.preprocessor, names, schedule, batches.num_batches, data.cutoff)
    return str((*text, data.panel.frame["ds"].min())), model.get_weights()


def same(one, other):
    pairs = zip(one[1], other[1], strict=False)
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b) for a, b in pairs
    )


def test_every_setting_is_covered():
    assert set(Config.__dataclass_fields__) == set(CHANGES) | ELSEWHERE
    elsewhere = {"made_for", "backtest", "refit"}
    assert set(Recipe.__dataclass_fields__) == set(RECIPES) | elsewhere


@pytest.fixture(scope="module")
def before(folder):
    """Return the fingerprint of a training that no setting is changed of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(settings.RECIPES, "default", QUICK)
        return fingerprint(Config(data="small.csv", **SMALL))


@pytest.mark.parametrize("name", [None, *CHANGES, *(f"recipe {n}" for n in RECIPES)])
def test_setting_changes_what_is_trained(name, before, folder, monkeypatch):
    monkeypatch.chdir(folder)
    settings_ = Config(data="small.csv", **SMALL)
    if name and name.startswith("recipe "):
        field = name.removeprefix("recipe ")
        changed = dataclasses.replace(QUICK, **{field: RECIPES[field]})
        monkeypatch.setitem(settings.RECIPES, "default", changed)
    elif name:
        settings_ = dataclasses.replace(settings_, **{name: CHANGES[name]})
    assert same(before, fingerprint(settings_)) == (name is None)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("refit", [True, False])
def test_backtest_and_refit_train_again(here, file, tmp_path, monkeypatch, refit):
    recipe = dataclasses.replace(QUICK, backtest=3, refit=refit)
    monkeypatch.setitem(settings.RECIPES, "default", recipe)
    output = here("--data", file, *TOY, "--epochs", 1, "--runs-dir", tmp_path)
    dates = list(metrics(tmp_path)["details"]["backtest"])
    assert dates == ["2005-01-01", "2005-04-01", "2005-07-01"]
    assert "training again for the backtest, before 2005-01-01: 120 w" in output
    assert ("with the validation part" in output) == refit


def test_settings_come_back_from_json():
    config = Config(covariates=("x", "z"), season_length=7, test_steps=4)
    assert from_json(Config, json.loads(json.dumps(to_json(config)))) == config
    with pytest.raises(UserError, match="--preset"):
        Config(preset="tides")
