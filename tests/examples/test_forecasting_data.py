"""Windows, splits and transforms: everything comes back, nothing leaks.

Letters: N windows, L steps read, H steps forecast.
"""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest

from common.errors import UserError
from common.settings import from_preset
from examples.forecasting import baselines
from examples.forecasting import series as tables
from examples.forecasting.codec import Codec, at
from examples.forecasting.config import (
    LEVELS,
    PRESETS,
    SCALES,
    SEASONS,
    TRANSFORMS,
    Config,
)
from examples.forecasting.data import Windows, load, read
from examples.forecasting.evaluate import Fold, conformal_widths, too_few_for
from examples.forecasting.model import build_model
from examples.forecasting.predict import Forecaster, as_table, latest
from examples.forecasting.series import Series
from tests.conftest import write_series

L, H = 6, 3
SMALL = {"window": L, "horizon": H, "transform": "log", "season": "stl"}
NAMES = ("mean", "lo-80", "hi-80", "lo-95", "hi-95")
BASELINES = ("last_value", "seasonal_naive", "linear_ar", "ets")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("series") / "monthly.csv"
    return write_series(path, covariate=True)


def data(file, **changes):
    return load(Config(data=str(file), **{**SMALL, **changes}))


def series(values, *, step="MS", name="a"):
    values = np.asarray(values, float)
    step = pd.tseries.frequencies.to_offset(step)
    none = np.empty((len(values), 0))
    return Series(name, pd.Timestamp("2001-01-01"), step, values, none)


def codec(**changes):
    plain = {
        "frequency": "MS",
        "period": 12,
        "window": L,
        "horizon": H,
        "transform": "none",
        "season": "none",
        "level": "last",
        "scale": "pooled",
        "target": "y",
        "covariates": {},
    }
    return Codec(**{**plain, **changes})


def parts(data):
    """Return the windows to train, to validate and to test on."""
    first, second = data.cuts
    return (
        data.before(first),
        data.after(first, data.validation_steps),
        data.after(second, data.test_steps),
    )


@pytest.mark.parametrize(
    ("transform", "season", "level", "scale"),
    itertools.product(TRANSFORMS, SEASONS, LEVELS, SCALES),
)
def test_every_transform_comes_back(file, transform, season, level, scale):
    changes = {"transform": transform, "season": season}
    some = data(file, **changes, level=level, scale=scale)
    for windows in parts(some):
        assert len(windows) > 0
        np.testing.assert_allclose(windows.to_units(windows.futures), windows.actual())
        targets = windows.targets()[:, 0]  # float32
        answers = targets * windows.scales + windows.levels(windows.pasts)
        np.testing.assert_allclose(
            windows.to_units(answers), windows.actual(), rtol=1e-5
        )
        scaled = windows.inputs()[:, :, 0]
        again = scaled * windows.scales + windows.levels(windows.pasts)
        np.testing.assert_allclose(again, windows.pasts, atol=1e-4)
        assert windows.inputs().std() < 10


def test_forecast_is_never_below_0_after_a_transform(file):
    for transform in TRANSFORMS[1:]:
        windows = parts(data(file, transform=transform))[2]
        low = windows.to_units(windows.futures - 1000)
        assert (low == 0).all()


def test_log_and_square_root_are_what_they_say():
    values = np.array([0.0, 1, 5, 20, 3, 8, 9, 4])
    log = codec(transform="log").view(series(values), 8)
    np.testing.assert_allclose(log.adjusted, np.log(values + 1))
    root = codec(transform="sqrt").view(series(values), 8)
    np.testing.assert_allclose(root.adjusted, 2 * (np.sqrt(values + 1) - 1))


def test_likeliest_power_makes_skewed_values_even():
    random = np.random.default_rng(0)
    likeliest = codec(transform="boxcox")
    skewed = likeliest.view(series(np.exp(random.normal(5, 1, 300))), 300)
    assert skewed.power < 0.1
    assert likeliest.view(series(random.normal(500, 1, 300)), 300).power <= 1
    assert likeliest.view(series(np.full(9, 3.0)), 9).power == 1


@pytest.mark.parametrize("horizon", [1, 4])
def test_target_h_is_h_steps_after_the_last_value_read(horizon):
    plain = codec(horizon=horizon)
    one = replace(
        series(np.arange(30)), covariates=100 + np.arange(30.0)[:, None]
    )  # at each step its own number, and 100 more
    plain = replace(plain, covariates={"x": (100.0, 1.0)})
    windows = Windows.cut(plain, [plain.view(one, 20)], horizon, lambda n: (0, n))
    assert len(windows) == 30 - L - horizon + 1
    last = windows.pasts[:, -1]
    for h in range(1, horizon + 1):
        np.testing.assert_array_equal(windows.targets()[:, 0, h - 1], h)
        np.testing.assert_array_equal(windows.actual()[:, h - 1], last + h)
        np.testing.assert_array_equal(windows.steps(horizon)[:, h - 1], last + h)
    np.testing.assert_array_equal(np.diff(windows.pasts), 1)
    # A covariate is read at the time of the value beside it.
    np.testing.assert_array_equal(windows.inputs()[:, :, 1], windows.pasts)


def test_times_of_a_forecast_follow_the_series():
    one = series(np.arange(30.0))
    table = as_table([one], {name: np.ones((1, 2)) for name in NAMES})
    assert list(table["ds"]) == list(pd.to_datetime(["2003-07-01", "2003-08-01"]))


@pytest.mark.parametrize("strategy", ["direct", "autoregressive"])
def test_windows_never_cross_a_split(file, strategy):
    some = data(file, strategy=strategy, test_steps=8, validation_steps=5)
    train, validation, test = parts(some)
    lengths = np.array([len(one) for one in some.series])

    def futures(windows):
        left = lengths[windows.which] - windows.origins
        return left.max(), (left - windows.futures.shape[1]).min()

    assert some.cuts == (13, 8)
    assert futures(train)[1] == 13  # none of the last 13 steps
    assert futures(validation) == (13, 8)
    assert futures(test) == (8, 0)
    # All windows there are: one at each origin.
    at_once = H if strategy == "direct" else 1
    assert len(train) == (lengths - 13 - L - at_once + 1).sum()
    assert len(validation) == 3 * (5 - H + 1)
    assert len(test) == 3 * (8 - H + 1)


def test_refit_trains_on_the_validation_part_and_never_on_the_test(file):
    some = data(file, test_steps=8, validation_steps=5)
    windows = some.before(some.cuts[1])
    lengths = np.array([len(one) for one in some.series])
    ends = windows.origins + H
    assert (lengths[windows.which] - ends).min() == 8


def changed(data, count):
    """Return the data with the last `count` steps of each series made different."""

    def one(old):
        values, covariates = old.values.copy(), old.covariates.copy()
        values[-count:] = 3 * values[-count:][::-1] + 7
        covariates[-count:] += 50
        return replace(old, values=values, covariates=covariates)

    return replace(data, series=[one(old) for old in data.series])


def knowledge(windows):
    """Return all that was fitted, as arrays."""
    return [
        value
        for view in windows.views
        for value in (
            view.power or 0.0,
            view.season,
            view.center,
            view.scale,
            view.adjusted[: view.cut],
        )
    ]


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("scale", SCALES)
def test_the_future_changes_no_scaler_season_or_training_window(file, transform, scale):
    changes = {"transform": transform, "scale": scale}
    some = data(file, **changes, level="series", test_steps=8, validation_steps=5)
    for cut in some.cuts:
        one, other = some.before(cut), changed(some, cut).before(cut)
        for before, after in zip(knowledge(one), knowledge(other), strict=True):
            np.testing.assert_array_equal(before, after)
        np.testing.assert_array_equal(one.inputs(), other.inputs())
        np.testing.assert_array_equal(one.targets(), other.targets())
    # The past does change them.
    other = changed(some, 40).before(13)
    assert not np.array_equal(some.before(13).inputs(), other.inputs())


def test_the_future_changes_nothing_that_reading_fits(file, tmp_path):
    table = pd.read_csv(file)
    ends = table.groupby("unique_id").cumcount(ascending=False) < 13
    table.loc[ends, ["y", "x"]] = 3 * table.loc[ends, ["y", "x"]] + 7
    table.to_csv(tmp_path / "other.csv", index=False)
    flags = {"covariates": ("x",), "test_steps": 8, "validation_steps": 5}
    assert data(file, **flags).codec == data(tmp_path / "other.csv", **flags).codec


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("strategy", ["direct", "autoregressive"])
def test_the_future_changes_no_past_forecast(file, level, strategy):
    covariates = ("x",) if strategy == "direct" else ()
    some = data(
        file,
        level=level,
        strategy=strategy,
        covariates=covariates,
        test_steps=8,
        validation_steps=5,
    )
    forecaster = untrained(some)
    train = some.before(8)
    # Exponential smoothing, which takes longest, knows neither level nor strategy.
    ets = (level, strategy) == ("series", "direct")
    for left in range(8, H - 1, -1):  # steps of the future at an origin
        both = []
        for one in (some, changed(some, left)):
            windows = one.after(8, 8)
            lengths = np.array([len(each) for each in one.series])
            rows = lengths[windows.which] - windows.origins == left
            answers = forecaster.forecast(windows.rows(rows), H)
            others = baselines.forecasts(train, windows.rows(rows), ets=ets)
            both.append({**answers, **others})
            assert rows.sum() == 3
        assert set(both[0]) == {*NAMES, *BASELINES[: None if ets else -1]}
        for name, answers in both[0].items():
            np.testing.assert_array_equal(answers, both[1][name], err_msg=name)


def untrained(some):
    keras.utils.set_random_seed(0)
    model = build_model(
        cell="builtin",
        units=4,
        window=L,
        features=1 + len(some.codec.covariates),
        horizon=some.steps_at_once,
        members=2,
        linear=False,
        noise=0.1,
        seed=0,
    )
    widths = {"80": [1.0, 2.0, 3.0], "95": [2.0, 4.0, 6.0]}
    return Forecaster(model, replace(some.codec, widths=widths))


def test_one_step_at_a_time_reads_its_own_forecasts(file):
    some = data(file, strategy="autoregressive")
    forecaster, windows = untrained(some), parts(some)[2]
    pasts, steps = windows.pasts, []
    for _ in range(H):
        answer = forecaster.model.predict(windows.inputs(pasts), verbose=0).mean(axis=1)
        answer = answer * windows.scales + windows.levels(pasts)
        steps.append(answer)
        pasts = np.concatenate([pasts[:, 1:], answer], axis=1)
    expected = np.concatenate(steps, axis=1)
    np.testing.assert_allclose(forecaster.adjusted(windows, H), expected)
    # And further, in one go or in parts.
    farther = forecaster.adjusted(windows, 7)
    np.testing.assert_allclose(farther[:, :H], expected)


def test_intervals_widen_beyond_the_horizon_as_a_random_walk(file):
    forecaster = untrained(data(file))
    widths = forecaster.widths("80", 12)
    np.testing.assert_allclose(widths[:3], [1, 2, 3])
    assert widths[11] == pytest.approx(3 * np.sqrt(12 / 3))
    np.testing.assert_allclose(forecaster.widths("80", 2), [1, 2])


def test_newest_window_ends_with_the_series(file):
    some = data(file)
    windows = latest(some.codec, some.series)
    for row, one in zip(windows.pasts, some.series, strict=True):
        view = some.codec.view(one, len(one))
        steps = np.arange(len(one) - L, len(one))
        np.testing.assert_allclose(view.to_units(row, steps), one.values[-L:])
    np.testing.assert_array_equal(windows.origins, [60, 72, 48])


def test_season_comes_again_after_its_end():
    season = np.array([9.0, 9, 1, 2, 3])
    np.testing.assert_array_equal(
        at(season, np.arange(12), 3), [9, 9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1]
    )


def test_stl_finds_the_season_and_takes_it_on():
    n = np.arange(96)
    wave = 10 * np.sin(2 * np.pi * n / 12)
    view = codec(season="stl").view(series(wave + 50), 60)
    np.testing.assert_allclose(view.adjusted, 50, atol=0.1)  # after 60 too
    noise = np.random.default_rng(0).normal(0, 1, 96)
    assert codec(season="stl").view(series(noise), 60).season.std() < 0.5
    short = codec(season="stl").view(series(wave[:23]), 23)  # not yet two years
    assert not short.season.any()


def test_repeated_baselines_repeat_what_they_say():
    plain = codec()
    view = plain.view(series(np.arange(40)), 36)
    windows = Windows.cut(plain, [view], H, lambda n: (36, n))
    answers = baselines.forecasts(windows, windows, ets=False)
    np.testing.assert_array_equal(answers["last_value"], [[35] * H, [36] * H])
    np.testing.assert_array_equal(
        answers["seasonal_naive"], [[24, 25, 26], [25, 26, 27]]
    )


def test_linear_autoregression_is_exact_where_the_series_is_one():
    values = [1.0, 2.0]
    for _ in range(60):  # a slow wave
        values.append(1.8 * values[-1] - values[-2])
    plain = codec(level="series")
    view = plain.view(series(values), 50)
    train = Windows.cut(plain, [view], H, lambda n: (0, 50))
    test = Windows.cut(plain, [view], H, lambda n: (50, n))
    answers = baselines.linear(train, test)
    np.testing.assert_allclose(answers, test.actual(), atol=1e-3)


def test_ets_follows_a_trend_and_a_season():
    n = np.arange(120)
    noise = np.random.default_rng(0).normal(0, 0.1, 120)
    values = 50 + n + 10 * np.sin(2 * np.pi * n / 12) + noise
    plain = codec()
    view = plain.view(series(values), 108)
    test = Windows.cut(plain, [view], H, lambda n: (108, n))
    error = np.abs(baselines.exponential_smoothing(test) - test.actual()).mean()
    naive = np.abs(baselines.repeated(test, 12) - test.actual()).mean()
    assert error < 0.2 * naive


def test_intervals_hold_as_many_errors_as_they_say():
    plain = codec()
    noise = np.random.default_rng(0).normal(0, 1, 1000)
    windows = Windows.cut(plain, [plain.view(series(noise), 900)], H, lambda n: (L, n))
    zero = np.zeros_like(windows.futures)
    widths = conformal_widths([Fold("", windows, windows, zero)])
    for share, by_step in widths.items():
        within = np.abs(windows.futures) <= np.array(by_step) * windows.roughness
        np.testing.assert_allclose(within.mean(axis=0), int(share) / 100, atol=0.003)


def test_sunspots_are_split_as_in_the_literature():
    some = load(Config())
    (one,) = some.series
    assert one.times(0, len(one))[[0, -1]].year.tolist() == [1700, 1979]
    assert one.values[221] == pytest.approx(26.1)  # 1921
    assert parts(some)[2].origins[[0, -1]].tolist() == [221, 279]  # 1921 to 1979
    assert parts(some)[1].origins[[0, -1]].tolist() == [181, 220]
    assert len(read(Config(), whole=True)[0][0]) == 309  # to 2008


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
def test_frequency_and_period_are_told_from_the_times(tmp_path, step, name, period):
    path = write_series(tmp_path / "some.csv", lengths=(40,), step=step)
    (one,), notes = tables.read(path, time_column="ds", target="y")
    assert tables.frequency(one.step) == name
    assert tables.usual_period(one.step) == period
    assert notes == []
    times = pd.to_datetime(pd.read_csv(path)["ds"])
    assert list(one.times(0, 40)) == list(times)
    assert one.times(40, 1)[0] > times.iloc[-1]


def test_missing_values_are_taken_from_the_step_before(tmp_path):
    table = pd.read_csv(write_series(tmp_path / "some.csv", lengths=(40,)))
    values = table["y"].copy()
    table.loc[[0, 10, 11, 39], "y"] = np.nan
    table.drop(20).to_csv(tmp_path / "holes.csv", index=False)
    flags = {"time_column": "ds", "target": "y", "max_gap": 2}
    (one,), notes = tables.read(tmp_path / "holes.csv", **flags)
    values[[10, 11, 20]] = values[[9, 9, 19]].to_numpy()
    np.testing.assert_array_equal(one.values, values[1:39])
    assert one.start == pd.Timestamp("2001-02-01")
    assert notes == ["3 missing values: taken from the step before"]


def test_preset_for_files_says_so_where_none_is_given(file):
    note = "--preset full is made for --data with many monthly series"
    full = from_preset(Config, PRESETS, "full")
    assert load(full).notes == [note]
    assert note not in load(replace(full, data=str(file), horizon=3)).notes
    with pytest.raises(UserError, match=r"--preset etth1 .* ETTh1\.csv; 1 series"):
        load(from_preset(Config, PRESETS, "etth1"))


def test_long_file_whose_rows_are_mixed_gives_the_same_series(file, tmp_path):
    table = pd.read_csv(file)
    table.sort_values(["ds", "unique_id"]).to_csv(tmp_path / "m.csv", index=False)
    both = zip(data(file).series, data(tmp_path / "m.csv").series, strict=True)
    for one, other in both:
        assert (one.name, one.start) == (other.name, other.start)
        np.testing.assert_array_equal(one.values, other.values)


def test_codec_survives_json_and_refuses_others(file):
    some = data(file, covariates=("x",))
    widths = {"80": [1.0] * H, "95": [2.0] * H}
    written = replace(some.codec, widths=widths).to_json()
    assert Codec.from_json(written).to_json() == written
    for bad in (
        {"widths": {"80": [1.0], "95": [2.0]}},
        {"widths": {}},
        {"transform": "square"},
        {"pooled": 0.0},
        {"window": 1},
        {"other": 1},
        {"covariates": {"x": 1}},
    ):
        with pytest.raises(UserError, match="codec"):
            Codec.from_json({**written, **bad})
    with pytest.raises(UserError, match="codec"):
        Codec.from_json([])


@pytest.mark.parametrize("row", [1, 2])
def test_row_with_more_cells_than_the_header_is_refused(tmp_path, row):
    lines = ["ds,y", "2001-01-01,1", "2001-02-01,2", "2001-03-01,3"]
    lines[row] += ",4"
    (tmp_path / "a.csv").write_text("\n".join(lines))
    with pytest.raises(UserError, match=r"a\.csv.*(more cells|Expected 2 fields)"):
        tables.read(tmp_path / "a.csv", time_column="ds", target="y")


@pytest.mark.parametrize(
    ("count", "expected"), [(3, ["80", "95"]), (4, ["95"]), (18, ["95"]), (19, [])]
)
def test_too_few_errors_for_an_interval_are_told(count, expected):
    folds = [SimpleNamespace(windows=range(n)) for n in (2, count - 2)]
    assert too_few_for(folds) == expected


def test_single_series_is_tested_on_a_tenth_and_several_on_the_horizon(file, tmp_path):
    assert data(file).cuts == (2 * H, H)
    path = write_series(tmp_path / "one.csv", lengths=(64,))
    assert data(path).cuts == (12, 6)
    assert data(path, horizon=7).cuts == (14, 7)
    assert data(path, test_steps=4).cuts == (8, 4)
