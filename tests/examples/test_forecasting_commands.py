"""The commands, as a user types them."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from common.comparison import results_page
from examples.forecasting.__main__ import main
from examples.forecasting.config import Config
from tests.conftest import ROOT, newest, results, write_series

EXAMPLE = "forecasting"
ARTEFACTS = {
    "codec.json",
    "config.json",
    "figures",
    "history.csv",
    "metrics.json",
    "model.keras",
}
FIGURES = {
    "backtest",
    "error_by_step",
    "forecasts",
    "learning_curves",
    "residual_autocorrelation",
}
COLUMNS = ["unique_id", "ds", "mean", "lo-80", "hi-80", "lo-95", "hi-95"]
SMALL = {
    "units": 4,
    "members": 1,
    "epochs": 2,
    "passes": 1,
    "window": 6,
    "horizon": 3,
    "backtest": 1,
    "transform": "log",
    "season": "stl",
    "level": "last",
    "metric": "smape",
}
TOY = [word for name, value in SMALL.items() for word in (f"--{name}", value)]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_series(tmp_path_factory.mktemp("series") / "monthly.csv")


@pytest.fixture(scope="module")
def toy(file, tmp_path_factory):
    """Return the runs folder of a finished toy run on three monthly series."""
    from examples.forecasting.train import train

    runs_dir = tmp_path_factory.mktemp("runs")
    train(Config(data=str(file), runs_dir=str(runs_dir), **SMALL))
    return runs_dir


@pytest.fixture
def here(in_process):
    """Return a function that runs the command in this process."""
    return functools.partial(in_process, main)


def test_smoke_run_beats_the_last_value_and_says_where_it_loses(here, tmp_path):
    output = here("--preset", "smoke", "--runs-dir", tmp_path)
    folder = newest(tmp_path, EXAMPLE)
    assert {path.name for path in folder.iterdir()} >= ARTEFACTS
    assert {path.stem for path in (folder / "figures").glob("*.png")} == FIGURES
    document = json.loads((folder / "metrics.json").read_text())
    metric, baselines = document["metric"], document["baselines"]
    assert (metric["name"], metric["better"]) == ("relative_variance", "lower")
    assert metric["value"] < baselines["last_value"] - 0.2
    assert set(document["metrics"]) == {"mae", "rmse", "smape", "mase"}
    assert list(baselines) == ["last_value", "linear_ar", "ets"]
    best = min(baselines.values())
    assert document["skill"] == pytest.approx(1 - metric["value"] / best)
    assert list(document["slices"]) == ["1921-1955", "1956-1979"]
    # 35 and 24 years: together they give the whole.
    early, late = document["slices"].values()
    assert (35 * early + 24 * late) / 59 == pytest.approx(metric["value"])
    assert {len(steps) for steps in document["by_step"].values()} == {1}
    narrow, wide = document["intervals"]["80"], document["intervals"]["95"]
    assert 0.6 < narrow["coverage"] <= wide["coverage"] <= 1
    assert 0 < narrow["width"] < wide["width"]
    assert [row["origin"] for row in document["backtest"]] == ["1881-01-01"]
    assert f"{metric['value']:.4f}" in output
    assert "its best baseline, linear_ar" in output
    assert "training anew with the validation part" in output


def test_run_on_several_series_reports_every_step(toy):
    document = json.loads((newest(toy, EXAMPLE) / "metrics.json").read_text())
    assert document["metric"]["name"] == "smape"
    names = {"mae", "rmse", "smape", "mase", "relative_variance"}
    assert set(document["by_step"]) == names
    assert {len(steps) for steps in document["by_step"].values()} == {3}
    others = document["baselines_by_step"]
    assert list(others) == ["last_value", "seasonal_naive", "linear_ar", "ets"]
    assert document["metric"]["value"] == pytest.approx(
        np.mean(document["by_step"]["smape"])
    )


def test_compare_finds_the_cells_equal(here, quick_timing, file, tmp_path):
    flags = ["--data", file, *TOY, "--epochs", 1, "--seeds", 1]
    output = here("compare", *flags, "--runs-dir", tmp_path)
    (path,) = tmp_path.glob(f"{EXAMPLE}/compare-*/compare.json")
    document = json.loads(path.read_text())
    cells = {row["cell"]: row for row in document["cells"]}
    assert list(cells) == ["builtin", "custom", "gru", "lstm"]
    assert cells["builtin"]["parameters"] == cells["custom"]["parameters"]
    assert cells["builtin"]["median"] == pytest.approx(
        cells["custom"]["median"], rel=0.02
    )
    assert document["parity"]["output"] < 1e-4
    assert document["parity"]["gradient"] < 1e-4
    assert document["parity"]["weights_after_training"] < 1e-2
    assert "times the built-in layer's time" in output
    assert len(results_page.lines_about(EXAMPLE, results_page.block(document))) == 7


def checked(path, *, horizon, names):
    """Return the table of forecasts after checking what holds for every one."""
    table = pd.read_csv(path)
    assert list(table.columns) == COLUMNS
    assert list(table["unique_id"]) == [name for name in names for _ in range(horizon)]
    assert np.isfinite(table[COLUMNS[2:]]).all(axis=None)
    lows, highs = table["lo-95"] <= table["lo-80"], table["hi-80"] <= table["hi-95"]
    assert (lows & highs).all()
    assert (table["lo-80"] < table["mean"]).all()
    assert (table["mean"] < table["hi-80"]).all()
    return table


def test_forecast_goes_on_from_the_end_of_the_run_s_series(here, toy, tmp_path):
    table = tmp_path / "next.csv"
    output = here("forecast", "--runs-dir", toy, "--output", table)
    rows = checked(table, horizon=3, names=["s0", "s1", "s2"])
    # The first series ends in December 2005.
    assert list(rows["ds"][:3]) == ["2006-01-01", "2006-02-01", "2006-03-01"]
    assert f"{rows['mean'][0]:.6g}" in output
    (run,) = Path(toy, EXAMPLE).glob("*/metrics.json")
    assert f"9 rows in {table}" in output
    assert output.strip().endswith(f"; by the run {run.parent}")
    assert (tmp_path / "next.png").stat().st_size > 10_000
    before = table.read_bytes()
    for flags in ([], ["--horizon", 5]):
        words = ["forecast", "--runs-dir", toy, "--output", table, *flags]
        assert "is there already (--overwrite" in here(*words, check=2)
    assert table.read_bytes() == before
    here(*words, "--overwrite")
    checked(table, horizon=5, names=["s0", "s1", "s2"])


def test_forecast_reads_a_file_of_its_own(here, toy, tmp_path):
    own = write_series(tmp_path / "own.csv", lengths=(40, 30, 5), seed=1)
    flags = ["--runs-dir", toy, "--output", tmp_path / "own_next.csv"]
    output = here("forecast", "--data", own, *flags, "--horizon", 12)
    rows = checked(tmp_path / "own_next.csv", horizon=12, names=["s0", "s1"])
    assert rows["ds"][0] == "2004-05-01"
    assert "note: 1 series left out, the network reads 6 steps: s2 (5)" in output
    assert "beyond step 3" in output
    widths = np.reshape(np.log(rows["hi-95"] + 1) - np.log(rows["lo-95"] + 1), (2, 12))
    assert (np.diff(widths[:, 2:]) > 0).all()  # further on, less is known


def test_forecast_of_the_smallest_file_that_is_long_enough(here, toy, tmp_path):
    own = write_series(tmp_path / "own.csv", lengths=(6,))
    here("forecast", "--data", own, "--runs-dir", toy, "--output", tmp_path / "o.csv")
    checked(tmp_path / "o.csv", horizon=3, names=["s0"])


def test_forecast_of_a_wide_file_names_its_columns(here, toy, tmp_path):
    table = pd.read_csv(write_series(tmp_path / "long.csv", lengths=(30,)))
    wide = table.rename(columns={"ds": "date", "y": "sales"}).drop(columns="unique_id")
    wide.to_csv(tmp_path / "wide.tsv", sep="\t", index=False)
    flags = ["--runs-dir", toy, "--output", tmp_path / "o.csv"]
    columns = ["--time-column", "date", "--target", "sales"]
    here("forecast", "--data", tmp_path / "wide.tsv", *columns, *flags)
    checked(tmp_path / "o.csv", horizon=3, names=["sales"])


def test_forecast_of_a_long_file_names_its_columns(here, toy, tmp_path):
    table = pd.read_csv(write_series(tmp_path / "long.csv", lengths=(30, 20)))
    table.rename(columns={"unique_id": "shop"}).to_csv(tmp_path / "s.csv", index=False)
    flags = ["--runs-dir", toy, "--output", tmp_path / "o.csv"]
    here("forecast", "--data", tmp_path / "s.csv", "--id-column", "shop", *flags)
    checked(tmp_path / "o.csv", horizon=3, names=["s0", "s1"])


def test_short_and_flat_series_are_left_out_and_counted(here, file, tmp_path):
    table = pd.read_csv(file)
    flat = table[table["unique_id"] == "s0"].assign(unique_id="flat", y=7.0)
    pd.concat([table, table[:5].assign(unique_id="brief"), flat]).to_csv(
        tmp_path / "some.csv", index=False
    )
    flags = ["--data", tmp_path / "some.csv", *TOY, "--epochs", 1]
    output = here(*flags, "--no-refit", "--runs-dir", tmp_path)
    assert "training anew" not in output
    assert "3 series of 48 to 72 steps" in output
    assert "1 series left out, shorter than --window 6 and the test's 3" in output
    assert "brief (5 steps)" in output
    assert "1 series left out, constant before the test: flat" in output


def test_help_explains_every_setting_without_tensorflow():
    program = (
        "import runpy, sys\n"
        f"sys.argv = ['{EXAMPLE}', '--help']\n"
        f"try: runpy.run_module('examples.{EXAMPLE}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "assert not {'tensorflow', 'keras', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in Config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in done.stdout
    assert "Presets: default, smoke, full, etth1." in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--target", "price"], "--target must be a column of"),
        (["--time-column", "when"], "--time-column must be a column of"),
        (["--id-column", "shop"], "--id-column must be a column of"),
        (["--covariates", "rain"], "--covariates must be a column of"),
        (["--horizon", "0"], "--horizon must be a whole number, 1..10000"),
        (["--horizon", "-3"], "--horizon must be a whole number, 1..10000"),
        (["--horizon", "5", "--test-steps", "4"], "--test-steps must be a whole"),
        (["--window", "80"], "no series is left; 3 series left out, shorter than"),
        (["--window", "66"], "no series is long enough for a training window"),
        (["--until", "1999"], "--until 1999 leaves no row"),
        (["--until", "soon"], "--until must be a time in ISO 8601"),
        (["--strategy", "autoregressive", "--covariates", "x"], "cannot use"),
        (["--data", "nowhere.csv"], "nowhere.csv does not exist"),
        (["--data", "README.md"], "must be a file of kind .csv, .tsv"),
        (["--dataset", "tides"], "sunspots"),
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


BAD = {
    "unparsable time": (
        lambda t: edit(t, 3, "ds", "first of May"),
        "line 5: ds must be a time in ISO 8601",
    ),
    "empty time": (lambda t: edit(t, 3, "ds", None), "line 5: ds must be a time"),
    "duplicate time": (
        lambda t: edit(t, 3, "ds", t.loc[2, "ds"]),
        "line 5: times must ascend; 2001-03-01 00:00:00 stands there twice",
    ),
    "unordered times": (
        lambda t: t.reindex([0, 1, 3, 2, *t.index[4:]]),
        "line 5: times must ascend; 2001-03-01 00:00:00 comes after a later time",
    ),
    "gap of times": (
        lambda t: t.drop(range(20, 24)),
        "at most --max-gap 3 values in a row may be missing; from 2002-09-01",
    ),
    "gap of values": (
        lambda t: t.assign(y=t["y"].where((t.index < 20) | (t.index > 23))),
        "from 2002-09-01 00:00:00 on, 4 are",
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
    "no such name": (
        lambda t: pd.concat([t, t]).rename(columns={"unique_id": "shop"}),
        "several series are told apart by --id-column",
    ),
    "no name": (lambda t: edit(t, 3, "unique_id", None), "line 5: unique_id is empty"),
    "no row": (lambda t: t[:0], "has a header and no rows"),
    "negative value": (
        lambda t: edit(t, 3, "y", -4),
        "--transform log needs values of at least 0; series 's0' holds -4",
    ),
    "two frequencies": (
        lambda t: pd.concat(
            [
                t,
                t.assign(
                    unique_id="daily", ds=pd.date_range("2001", periods=60).astype(str)
                ),
            ]
        ),
        "every series must have the frequency MS; 'daily' has D",
    ),
}
BAD_TO_TRAIN = {
    "constant": (lambda t: t.assign(y=3.0), "1 series left out, constant before"),
    "too short": (lambda t: t[:8], "shorter than --window 6 and the test's 3 steps"),
}
BAD_TO_FORECAST = {
    "too short": (lambda t: t[:5], "every series is too short: the network reads 6"),
    "daily": (
        lambda t: t.assign(ds=pd.date_range("2001", periods=60)),
        "every series must have the frequency MS; 's0' has D",
    ),
    "other columns": (
        lambda t: t.rename(columns={"y": "sales"}),
        "--target must be a column of",
    ),
}


def bad_file(file, folder, change):
    table = pd.read_csv(file)
    change(table[table["unique_id"] == "s0"]).to_csv(folder / "bad.csv", index=False)
    return folder / "bad.csv"


@pytest.mark.parametrize("name", [*BAD, *BAD_TO_TRAIN])
def test_bad_file_is_not_trained_on(here, file, tmp_path, name):
    change, message = {**BAD, **BAD_TO_TRAIN}[name]
    flags = ["--data", bad_file(file, tmp_path, change), *TOY]
    assert message in here(*flags, "--runs-dir", tmp_path / "runs", check=2)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", [*BAD, *BAD_TO_FORECAST])
def test_bad_file_is_not_forecast(here, file, toy, tmp_path, name):
    change, message = {**BAD, **BAD_TO_FORECAST}[name]
    flags = ["--runs-dir", toy, "--output", tmp_path / "next.csv"]
    data = bad_file(file, tmp_path, change)
    assert message in here("forecast", "--data", data, *flags, check=2)
    assert not list(tmp_path.glob("next.*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--horizon", "0"], "--horizon must be a whole number, 1..10000"),
        (["--horizon", "-1"], "--horizon must be a whole number, 1..10000"),
        (["--horizon", "90000"], "--horizon must be a whole number, 1..10000"),
        (["--output", "next.txt"], "--output must end in .csv"),
        (["--output", "no/folder/next.csv"], "there is no folder no/folder"),
        (["--data", "nowhere.csv"], "nowhere.csv does not exist"),
        (["--run", "nowhere"], "nowhere"),
    ],
)
def test_bad_request_gets_one_line(here, toy, tmp_path, words, message):
    flags = ["--runs-dir", toy, "--output", tmp_path / "next.csv"]
    assert message in here("forecast", *flags, *words, check=2)
    assert list(tmp_path.iterdir()) == []


def test_forecast_beyond_the_calendar_is_refused(here, toy, tmp_path):
    old = write_series(tmp_path / "old.csv", lengths=(30,))
    table = pd.read_csv(old)
    table.assign(ds=table["ds"].str.replace("200", "899")).to_csv(old, index=False)
    flags = ["--data", old, "--runs-dir", toy, "--output", tmp_path / "o.csv"]
    message = here("forecast", *flags, "--horizon", 200, check=2)
    assert "--horizon must end by the year 9000; 200 steps after 's0' end" in message
    assert not (tmp_path / "o.csv").exists()


def test_constant_series_is_forecast_as_it_is(here, toy, tmp_path):
    """Nothing can be learned from one, but it can be read."""
    own = write_series(tmp_path / "own.csv", lengths=(30,))
    pd.read_csv(own).assign(y=3.0).to_csv(own, index=False)
    flags = ["--runs-dir", toy, "--output", tmp_path / "o.csv"]
    assert "1 constant series" in here("forecast", "--data", own, *flags)
    checked(tmp_path / "o.csv", horizon=3, names=["s0"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.keras", b"PK\x03\x04 nothing", "model.keras cannot be read"),
        ("codec.json", b"{}", "a codec needs"),
        ("config.json", b'{"example": "sorting"}', "it is a run of sorting"),
        ("metrics.json", None, "is not finished"),
    ],
)
def test_damaged_run_is_refused(here, toy, tmp_path, name, content, message):
    folder = tmp_path / "run"
    shutil.copytree(newest(toy, EXAMPLE), folder)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    flags = ["--run", folder, "--output", tmp_path / "next.csv"]
    assert message in here("forecast", *flags, check=2)


def test_codec_of_another_run_is_refused(here, toy, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(newest(toy, EXAMPLE), folder)
    codec = json.loads((folder / "codec.json").read_text())
    (folder / "codec.json").write_text(json.dumps({**codec, "window": 7}))
    flags = ["--run", folder, "--output", tmp_path / "next.csv"]
    assert "does not belong to" in here("forecast", *flags, check=2)


def test_killed_and_resumed_equals_uninterrupted(command, here, file, tmp_path):
    flags = ["--data", file, *TOY, "--epochs", 4]
    here(*flags, "--runs-dir", tmp_path / "whole")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", f"examples.{EXAMPLE}"),
            *map(str, [*flags, "--runs-dir", tmp_path / "cut"]),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert any("epoch 2/4" in line for line in process.stdout)
    process.kill()
    process.wait()
    process.stdout.close()
    assert "resumed after epoch" in here("--resume", "--runs-dir", tmp_path / "cut")
    whole, cut = (newest(tmp_path / name, EXAMPLE) for name in ("whole", "cut"))
    assert results(whole) == results(cut)
    assert (whole / "codec.json").read_text() == (cut / "codec.json").read_text()


def test_no_finished_run_is_said(here, tmp_path):
    assert "no finished run" in here("forecast", "--runs-dir", tmp_path, check=2)
