"""Series, windows and scores: everything comes back, nothing leaks.

Letters: N windows, L steps read, H steps forecast.
"""

import itertools
from dataclasses import asdict, replace

import keras
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from common import files
from common.errors import UserError
from common.settings import from_preset
from examples.forecasting import baselines, config, evaluate, train
from examples.forecasting import data as example
from examples.forecasting.config import PRESETS, Config, Recipe
from examples.forecasting.data import Data, Preprocessor, load, read_panel
from examples.forecasting.predict import Forecaster
from examples.forecasting.series import Panel
from tests.conftest import write_series

L, H = 6, 3
TRANSFORMS = ("none", "log", "sqrt", "boxcox")
NAMES = ("mean", "lo-80", "hi-80", "lo-95", "hi-95")
QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "monthly.csv"
    return write_series(path, covariate=True)


def data(file, **changes):
    small = {"window": L, "horizon": H, "transform": "log"}
    return load(Config(data=str(file), **{**small, **changes}))


def panel(values, step="MS"):
    times = pd.date_range("2001-01-01", periods=len(values), freq=step)
    frame = pd.DataFrame(
        {"unique_id": "a", "ds": times, "y": np.asarray(values, float)}
    )
    return Panel(frame, {"a": times.freq})


def preprocessor(**changes):
    plain = {"frequency": "MS", "period": 12, "window": L, "horizon": H}
    plain |= {"transform": "none", "remove_season": False, "own_scale": False}
    return Preprocessor(**{**plain, "means": (), "deviations": (), **changes})


def parts(data):
    return data.training, data.validation, data.tested


@pytest.mark.parametrize(
    ("transform", "season", "several"),
    itertools.product(TRANSFORMS, (None, 0), (True, False)),
)
def test_every_transform_comes_back(file, tmp_path, transform, season, several):
    table = pd.read_csv(file)
    table = table if several else table[table["unique_id"] == "s0"]
    table.to_csv(tmp_path / "some.csv", index=False)
    some = data(tmp_path / "some.csv", transform=transform, season_length=season)
    assert some.preprocessor.own_scale == (several and transform != "log")
    for windows in parts(some):
        assert len(windows) > 0
        np.testing.assert_allclose(windows.to_units(windows.futures), windows.actual)
        targets = windows.targets()[:, 0] * windows.scale + windows.pasts[:, -1:]
        np.testing.assert_allclose(windows.to_units(targets), windows.actual, 1e-5)
        inputs = windows.inputs()[:, :, 0]
        assert not inputs[:, -1].any()
        again = inputs * windows.scale + windows.pasts[:, -1:]
        np.testing.assert_allclose(again, windows.pasts, atol=1e-3)
    first = parts(some)[0]
    assert first.inputs().std() == pytest.approx(1, abs=1e-3)
    if transform != "none":  # no value was below 0, so no forecast is
        assert (windows.to_units(windows.futures - 1e4) == 0).all()


def test_transforms_are_what_they_say():
    values = np.array([0.0, 1, 5, 20, 3, 8, 9, 4])
    log = preprocessor(transform="log").normalize(panel(values), 0)
    np.testing.assert_allclose(log.values, np.log(values + 1))
    root = preprocessor(transform="sqrt").normalize(panel(values), 0)
    np.testing.assert_allclose(root.values, 2 * (np.sqrt(values + 1) - 1))
    random, fitted = np.random.default_rng(0), preprocessor(transform="boxcox")
    skewed = fitted.normalize(panel(np.exp(random.normal(5, 1, 300))), 0)
    assert skewed.power[0] < 0.1
    assert fitted.normalize(panel(np.full(9, 3.0)), 0).power[0] == 1


def test_target_h_is_h_steps_after_the_last_value_read():
    some = panel(np.arange(30))
    some.covariates = 100 + np.arange(30.0)[:, None]
    fitted = preprocessor(means=(100.0,), deviations=(1.0,))
    windows = Data(fitted, some, 10).before(10)
    assert len(windows) == 20 - L - H + 1
    last = windows.pasts[:, -1]
    for h in range(1, H + 1):
        np.testing.assert_array_equal(windows.targets()[:, 0, h - 1], h)
        np.testing.assert_array_equal(windows.actual[:, h - 1], last + h)
    np.testing.assert_array_equal(np.diff(windows.pasts), 1)
    # A covariate is read at the time of the value beside it.
    read_too = windows.inputs()[:, :, 1]
    np.testing.assert_array_equal(read_too, windows.pasts)


def test_windows_never_cross_a_split(file):
    some = data(file, test_steps=8)
    for windows, first, end in zip(parts(some), (None, 16, 8), (16, 8, 0), strict=True):
        left = some.panel.left[windows.rows]
        assert first is None or left.max() == first
        assert (left - H).min() == end
    lengths = some.panel.lengths.to_numpy()
    assert [len(windows) for windows in parts(some)] == [
        (lengths - 16 - L - H + 1).sum(),  # all windows there are
        3 * (8 - H + 1),
        3 * (8 - H + 1),
    ]
    assert (some.panel.left[some.before(8).rows] - H).min() == 8  # to train again


def changed(data, count):
    """Return the data with the last `count` steps of each series made different."""
    frame, late = data.panel.frame.copy(), data.panel.left <= count
    frame.loc[late, "y"] = 3 * frame.loc[late, "y"][::-1].to_numpy() + 7
    if "x1" in frame:
        frame.loc[late, "x1"] += 50
    new = Panel(frame, data.panel.steps)
    return replace(data, panel=new, normalized={})


def untrained(some):
    keras.utils.set_random_seed(0)
    model = train.compiled_model(Config(units=4, window=L, horizon=H), some.tested)
    if some.preprocessor.means:
        settings = Config(units=4, window=L, horizon=H, covariates=("x",))
        model = train.compiled_model(settings, some.tested)
    widths = {"width_80": (1.0, 2.0, 3.0), "width_95": (2.0, 4.0, 6.0)}
    return Forecaster(model, replace(some.preprocessor, **widths))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_the_future_changes_nothing_that_is_fitted(file, transform):
    some = data(file, transform=transform, test_steps=8)
    for cutoff in (16, 8):
        one, other = some.before(cutoff), changed(some, cutoff).before(cutoff)
        known = some.panel.left > cutoff
        for name in ("values", "season", "power", "scale"):
            pair = getattr(one.normalized, name), getattr(other.normalized, name)
            np.testing.assert_array_equal(pair[0][known], pair[1][known])
        np.testing.assert_array_equal(one.inputs(), other.inputs())
        np.testing.assert_array_equal(one.targets(), other.targets())
    # The past does change them.
    other = changed(some, 40).before(16)
    assert not np.array_equal(some.before(16).pasts, other.pasts)


def test_the_future_changes_nothing_that_reading_fits(file, tmp_path):
    table = pd.read_csv(file)
    ends = table.groupby("unique_id").cumcount(ascending=False) < 16
    table.loc[ends, ["y", "x"]] = 3 * table.loc[ends, ["y", "x"]] + 7
    table.to_csv(tmp_path / "other.csv", index=False)
    both = [
        data(path, covariates=("x",), test_steps=8, transform="sqrt")
        for path in (file, tmp_path / "other.csv")
    ]
    assert both[0].preprocessor == both[1].preprocessor
    assert both[0].hash != both[1].hash
    assert both[0].hash == data(file, covariates=("x",)).hash


@pytest.mark.parametrize("covariates", [(), ("x",)])
def test_the_future_changes_no_forecast_before_it(file, covariates):
    some = data(file, covariates=covariates, test_steps=8)
    forecaster, fitted_on = untrained(some), some.before(8)
    for left in (8, 5, H):  # steps of the future at an origin
        both = []
        for one in (some, changed(some, left)):
            rows = one.panel.left[one.tested.rows] == left
            assert rows.sum() == 3
            found = {
                **forecaster.forecast(one.tested),
                **baselines.forecasts(fitted_on, one.tested, QUIET),
            }
            both.append({name: answers[rows] for name, answers in found.items()})
        assert set(both[0]) > {*NAMES, "seasonal_naive", "linear_ar", "ets", "theta"}
        for name, answers in both[0].items():
            np.testing.assert_array_equal(answers, both[1][name], err_msg=name)


def test_beyond_the_horizon_it_reads_its_own_forecasts(file):
    some = data(file)
    forecaster = untrained(some)
    longer = replace(some.preprocessor, horizon=7)
    windows = Data(longer, some.panel, 7).tested
    farther = forecaster.normalized(windows)
    assert farther.shape == (3, 7)
    pasts = windows.pasts
    for first in range(0, 7, H):
        inputs = windows.inputs(pasts)
        answer = forecaster.model.predict(inputs, verbose=0).mean(axis=1)
        expected = answer * windows.scale + pasts[:, -1:]
        found = farther[:, first : first + H]
        np.testing.assert_allclose(found, expected[:, : found.shape[1]], rtol=1e-6)
        pasts = np.concatenate([pasts, found], axis=1)[:, -L:]
    widths = forecaster.widths("80", 12)  # as a random walk's
    np.testing.assert_allclose(widths[[0, 1, 2, 11]], [1, 2, 3, 3 * np.sqrt(12 / 3)])


def test_season_is_removed_and_comes_again():
    n = np.arange(96)
    wave = 10 * np.sin(2 * np.pi * n / 12)
    stl = preprocessor(remove_season=True)
    found = stl.normalize(panel(wave + 50), 36)
    np.testing.assert_allclose(found.values, 50, atol=0.1)  # after the cutoff too
    np.testing.assert_array_equal(found.season[60:72], found.season[48:60])
    noise = np.random.default_rng(0).normal(0, 1, 96)
    assert stl.normalize(panel(noise), 36).season[:60].std() < 0.5
    assert not stl.normalize(panel(wave[:23]), 0).season.any()  # not yet two years


def test_each_set_is_prepared_once(file, monkeypatch):
    calls = []
    season = example._season
    monkeypatch.setattr(example, "_season", lambda *a: calls.append(1) or season(*a))
    some = data(file)
    for _ in range(3):
        parts(some)
        some.before(H)
    assert len(calls) == 2 * 3  # two cutoffs, three series


def test_baselines_are_what_they_say():
    some = Data(preprocessor(), panel(np.arange(40)), 4)
    found = baselines.forecasts(some.before(4), some.tested, QUIET, slow=False)
    np.testing.assert_array_equal(found["last_value"], [[35] * H, [36] * H])
    np.testing.assert_array_equal(found["seasonal_naive"], [[24, 25, 26], [25, 26, 27]])
    values = [1.0, 2.0]
    for _ in range(60):  # a slow wave
        values.append(1.8 * values[-1] - values[-2])
    some = Data(preprocessor(), panel(values), 10)
    found = baselines.forecasts(some.before(10), some.tested, QUIET, slow=False)
    np.testing.assert_allclose(found["linear_ar"], some.tested.actual, atol=1e-3)
    n = np.arange(120)
    noise = np.random.default_rng(0).normal(0, 0.1, 120)
    values = 50 + n + 10 * np.sin(n * np.pi / 6) + noise
    wave = Data(preprocessor(remove_season=True), panel(values), 12)
    found = baselines.forecasts(wave.before(12), wave.tested, QUIET)
    errors = {name: np.abs(f - wave.tested.actual).mean() for name, f in found.items()}
    assert errors["ets"] < 0.2 * errors["seasonal_naive"]
    assert errors["theta"] < 0.5 * errors["seasonal_naive"]


def test_failing_baseline_is_a_note(file, monkeypatch, capsys):
    monkeypatch.setattr(baselines, "_linear", lambda *a: 1 / 0)
    some = data(file)
    console = Console(width=200)
    found = baselines.forecasts(some.before(H), some.tested, console, slow=False)
    assert list(found) == ["last_value", "seasonal_naive"]
    assert "note: baseline linear_ar left out" in capsys.readouterr().out


def test_scores_are_the_published_metrics(file):
    some = data(file, test_steps=5)
    windows, truth = some.tested, some.tested.actual
    forecasts = {"network": truth + 2, "exact": truth, "broken": np.inf * truth}
    found = evaluate.scores(windows, forecasts)
    assert all(len(values) == 9 for values in found.values())
    means = {name: evaluate.mean(values, name) for name, values in found.items()}
    assert {values["exact"] for values in means.values()} == {0}
    assert np.isnan([values["broken"] for values in means.values()]).all()
    off = {name: values["network"] for name, values in means.items()}
    assert (off["mae"], off["rmse"]) == pytest.approx((2, 2))
    assert off["smape"] == pytest.approx((200 * 2 / (2 * truth + 2)).mean())
    series = [some.panel.values[rows] for rows in some.panel.rows.values()]
    naive = [np.abs(one[12:-5] - one[:-17]).mean() for one in series]
    assert off["mase"] == pytest.approx(np.mean(2 / np.array(naive)))
    variances = [one[:-10].var() for one in series]
    assert off["relative_variance"] == pytest.approx(np.mean(4 / np.array(variances)))
    last = evaluate.scores(windows, forecasts, slice(2, 3))["smape"]["network"]
    np.testing.assert_allclose(last, 400 / (2 * truth + 2)[:, 2])


@pytest.mark.parametrize(
    ("series", "count", "lengths"),
    [
        (1, 59, [4] * 14 + [3]),  # the cube root of 59, and at least the horizon
        (1, 8, [3, 3, 2]),
        (5, 10, [3, 3, 3, 1] * 5),
        (6, 10, [10] * 6),
    ],
)
def test_blocks_are_series_or_stretches_of_a_few(series, count, lengths):
    names = [f"s{number}" for number in range(series) for _ in range(L + count + H - 1)]
    frame = panel(np.arange(len(names))).frame.assign(unique_id=names)
    some = Panel(frame, dict.fromkeys(names, pd.offsets.MonthBegin()))
    windows = Data(preprocessor(), some, count + H - 1).tested
    found = evaluate.blocks(windows)
    assert (np.diff(found) >= 0).all()
    assert np.unique(found, return_counts=True)[1].tolist() == lengths


def test_intervals_hold_as_many_errors_as_they_say(capsys):
    noise = np.random.default_rng(0).normal(0, 1, 1000)
    windows = Data(preprocessor(), panel(noise), 900).tested
    errors = np.abs(windows.futures) / windows.local_scale
    widths = train.conformal_widths(errors, Console(width=200))
    for share in ("80", "95"):
        inside = errors <= widths[f"width_{share}"]
        np.testing.assert_allclose(inside.mean(axis=0), int(share) / 100, atol=0.003)
    assert capsys.readouterr().out == ""
    train.conformal_widths(errors[:18], Console(width=200))  # 95 % needs 19
    assert "too few errors for a 95 % interval" in capsys.readouterr().out


def test_data_set_carries_its_split_and_denominator(file, tmp_path):
    some = load(Config())
    assert some.panel.frame["ds"].dt.year.iloc[[0, -1]].tolist() == [1700, 1979]
    _, validated, tested = parts(some)
    assert tested.rows[[0, -1]].tolist() == [221, 279]  # 1921 to 1979
    assert validated.rows[[0, -1]].tolist() == [181, 220]
    assert some.scales["variance"].tolist() == [1535]
    assert len(read_panel(Config(), include_rest=True)[0].values) == 309  # to 2008
    # A column of that name in somebody's own file means nothing.
    some.panel.frame.rename(columns={"y": "sunspots"}).to_csv(tmp_path / "own.csv")
    own = load(Config(data=str(tmp_path / "own.csv"), target="sunspots"))
    assert own.dataset is None
    assert (own.test_steps, own.cutoff) == (28, 56)
    assert own.scales["variance"].iloc[0] == pytest.approx(
        some.panel.values[: 280 - 56].var()
    )


def test_a_preset_for_a_file_says_so_without_one(file):
    full = from_preset(Config, PRESETS, "full")
    assert load(full).notes == ["--preset full is for --data with many monthly series"]
    assert load(replace(full, data=str(file), horizon=3)).notes == []
    with pytest.raises(UserError, match=r"no series is left; .* ETTh1\.csv; 1 series"):
        load(from_preset(Config, PRESETS, "etth1"))


def test_test_part_is_a_tenth_of_one_series_and_the_horizon_of_several(file, tmp_path):
    path = write_series(tmp_path / "one.csv", lengths=(64,))
    for some, steps in (
        (data(file), H),
        (data(path), 6),
        (data(path, horizon=7), 7),
        (data(path, test_steps=4), 4),
    ):
        assert (some.test_steps, some.cutoff) == (steps, 2 * steps)


@pytest.mark.parametrize(
    ("step", "name", "period"),
    [
        ("YS", "YS", 1),
        ("YE-JUN", "YE", 1),
        ("QS-OCT", "QS", 4),
        ("MS", "MS", 12),
        ("ME", "ME", 12),
        ("W-WED", "W", 52),
        ("D", "D", 7),
        ("B", "B", 5),
        ("h", "h", 24),
        ("6h", "6h", 4),
        ("15min", "15min", 96),
    ],
)
def test_step_and_period_are_told_from_the_times(tmp_path, step, name, period):
    path = write_series(tmp_path / "some.csv", lengths=(40,), step=step)
    table = pd.read_csv(path)
    table.drop([20, 21]).to_csv(tmp_path / "holes.csv", index=False)
    for file, count in ((path, 0), (tmp_path / "holes.csv", 2)):
        some, notes = read_panel(Config(data=str(file), max_gap=2))
        assert (some.frequency, some.usual_period) == (name, period)
        times = some.extended(2).frame["ds"]
        assert times[:40].tolist() == pd.to_datetime(table["ds"]).tolist()
        assert times[40] > times[39]
        assert len(notes) == (count > 0)


def test_missing_values_repeat_the_value_before(tmp_path):
    table = pd.read_csv(write_series(tmp_path / "some.csv", lengths=(40,)))
    values = table["y"].copy()
    table.loc[[0, 10, 11, 39], "y"] = np.nan
    table.drop(20).to_csv(tmp_path / "holes.csv", index=False, na_rep="NA")
    some, notes = read_panel(Config(data=str(tmp_path / "holes.csv"), max_gap=2))
    values[[10, 11, 20]] = values[[9, 9, 19]].to_numpy()
    np.testing.assert_array_equal(some.values, values[1:39])
    assert some.frame["ds"][0] == pd.Timestamp("2001-02-01")
    assert notes == ["3 missing values: each repeats the value before it"]


def test_rows_in_any_order_of_series_and_odd_names(file, tmp_path):
    table = pd.read_csv(file)
    names = {"s0": "NA", "s1": "null", "s2": "[/red] $x_{$"}
    table["unique_id"] = table["unique_id"].map(names)
    table.sort_values(["ds", "unique_id"]).to_csv(tmp_path / "m.csv", index=False)
    some = data(tmp_path / "m.csv").panel
    assert set(some.lengths.index) == set(names.values())
    for old, new in names.items():
        values = data(file).panel.values[data(file).panel.rows[old]]
        np.testing.assert_array_equal(some.values[some.rows[new]], values)


@pytest.mark.parametrize(
    "texts",
    [
        [f"2024-03-{d:02}T00:00+0{1 if d < 31 else 2}:00" for d in range(20, 32)],
        [f"2024-03-31T{h:02}:00+0{1 if h < 2 else 2}:00" for h in (0, 1, *range(3, 9))],
        [f"{year:04}" for year in range(1, 12)],
        [f"2024-03-{d:02} 06:00" for d in (*range(2, 9), *range(10, 20))],
    ],
    ids=["local midnights", "hours", "years of the first century", "days from six"],
)
def test_times_of_all_kinds_are_steady(tmp_path, texts):
    table = pd.DataFrame({"ds": texts, "y": np.arange(len(texts))})
    table.to_csv(tmp_path / "t.csv", index=False)
    some, _ = read_panel(Config(data=str(tmp_path / "t.csv"), max_gap=1))
    assert some.frequency in ("D", "h", "YS")
    assert some.values[-1] == len(texts) - 1


def test_preprocessor_survives_json_and_refuses_others(file, tmp_path):
    some = untrained(data(file, covariates=("x",))).preprocessor
    path = tmp_path / "preprocessor.json"
    files.write_json(path, asdict(some))
    assert Preprocessor.load(path) == some
    for bad in (
        {"width_80": [1.0]},
        {"width_80": 1.0},
        {"transform": "square"},
        {"scale": 0.0},
        {"window": 10**9},
        {"means": ["x"]},
        {"other": 1},
    ):
        files.write_json(path, {**asdict(some), **bad})
        with pytest.raises(UserError, match="is not the preprocessor of a run"):
            Preprocessor.load(path)


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)
    assert set(config.RECIPES) < set(PRESETS)
    assert all(recipe != Recipe() for recipe in config.RECIPES.values())
