"""Every setting of the forecasting example changes what is trained."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from common.errors import UserError
from common.settings import from_json, to_json
from examples.forecasting.config import PRESETS, Config, Forecast
from examples.forecasting.data import load
from examples.forecasting.evaluate import measures, over_steps
from examples.forecasting.train import _batches, backtest, compiled_model, trained
from tests.conftest import write_series

SMALL = {
    "data": "small.csv",
    "units": 3,
    "members": 1,
    "epochs": 2,
    "passes": 1,
    "window": 5,
    "horizon": 2,
    "season": "stl",
    "backtest": 1,
    "max_gap": 4,
}
# Each value differs from the default and from SMALL.
CHANGES = {
    "cell": {"cell": "custom"},
    "units": {"units": 4},
    "epochs": {"epochs": 3},
    "passes": {"passes": 2},
    "batch_size": {"batch_size": 7},
    "learning_rate": {"learning_rate": 0.05},
    "seed": {"seed": 9},
    "dataset": {"data": None, "dataset": "sunspots"},
    "data": {"data": "other.csv"},
    "time_column": {"time_column": "later"},
    "target": {"target": "x"},
    "id_column": {"id_column": "half"},
    "covariates": {"covariates": ("x",)},
    "until": {"until": "2004-01-01"},
    "max_gap": {"data": "holes.csv", "max_gap": 3},
    "horizon": {"horizon": 3},
    "window": {"window": 6},
    "strategy": {"strategy": "autoregressive"},
    "test_steps": {"test_steps": 7},
    "validation_steps": {"validation_steps": 7},
    "transform": {"transform": "none"},
    "season": {"season": "none"},
    "period": {"period": 6},
    "level": {"level": "mean"},
    "scale": {"scale": "series"},
    "members": {"members": 2},
    "linear": {"linear": False},
    "noise": {"noise": 0.5},
    "weight_decay": {"weight_decay": 0.5},
    "loss": {"loss": "mae"},
}
# `preset` names where other settings come from; `runs_dir` and `resume` say where
# things lie. The tests of the commands use them, and `refit`. `backtest` and `metric`
# do not change the first training; tests below.
ELSEWHERE = {"preset", "runs_dir", "resume", "backtest", "refit", "metric"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    path = write_series(folder / "small.csv", covariate=True)
    table = pd.read_csv(path)
    later = pd.to_datetime(table["ds"]) + pd.DateOffset(years=1, months=3)
    table["later"] = later
    table["half"] = table["unique_id"] + later.gt("2005").astype(str)
    table.to_csv(path, index=False)
    write_series(folder / "other.csv", seed=1)
    table.drop(range(20, 24)).to_csv(folder / "holes.csv", index=False)
    return folder


@pytest.fixture(autouse=True)
def _beside_the_files(files, monkeypatch):
    monkeypatch.chdir(files)


def settings(**changes):
    return Config(**{**SMALL, **changes})


def fingerprint(config):
    """Return all that a training with `config` starts from, after two steps of it."""
    data = load(config)
    before = data.before(data.cuts[0])
    model, batches = compiled_model(config, before), _batches(config, before)
    model.run_eagerly = True  # two steps are done before a graph is traced
    for index in range(2):
        model.train_on_batch(*batches[index])
    names = [type(layer).__name__ for layer in model.layers]
    schedule = model.optimizer.get_config()["learning_rate"]
    starts = [one.start for one in data.series]
    text = (data.codec.to_json(), names, schedule, batches.num_batches, data.cuts)
    return str((*text, starts)), model.get_weights()


def same(one, other):
    return one[0] == other[0] and all(
        a.shape == b.shape and np.array_equal(a, b)
        for a, b in zip(one[1], other[1], strict=False)
    )


@pytest.fixture(scope="module")
def before(files):
    return fingerprint(settings(data=str(files / "small.csv")))


def test_every_setting_is_covered():
    fields = {field.name for field in dataclasses.fields(Config)}
    assert fields == set(CHANGES) | ELSEWHERE


def test_the_same_settings_train_the_same(before):
    assert same(before, fingerprint(settings()))


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"max_gap"}))
def test_setting_changes_what_is_trained(name, before):
    assert not same(before, fingerprint(settings(**CHANGES[name])))


def test_max_gap_limits_the_gaps():
    load(settings(data="holes.csv"))
    with pytest.raises(UserError, match="--max-gap 3"):
        load(settings(**CHANGES["max_gap"]))


def test_backtest_tries_as_many_origins():
    config = settings(backtest=3, epochs=1)
    data = load(config)
    model = compiled_model(config, data.before(data.cuts[0]))
    folds = backtest(config, data, model)
    assert [fold.origin for fold in folds] == ["2006-05-01", "2006-07-01", "2006-09-01"]
    for fold in folds:  # a network knows nothing of what it is tried on
        ends = fold.train.origins + config.horizon
        cuts = {index: view.cut for index, view in enumerate(fold.train.views)}
        assert all(
            end <= cuts[which]
            for end, which in zip(ends, fold.train.which, strict=True)
        )
        assert [view.cut for view in fold.windows.views] == list(cuts.values())
        assert set(fold.windows.origins) == set(cuts.values())


def test_training_anew_takes_all_epochs():
    config = settings()
    windows = load(config).before(2)
    model = trained(config, windows)
    assert model.optimizer.iterations == config.epochs * -(-len(windows) // 32)


def test_metric_is_one_of_those_measured():
    data = load(settings())
    windows = data.after(data.cuts[1], data.test_steps)
    actual = windows.actual()
    exact = over_steps(measures(windows, data, actual))
    off = over_steps(measures(windows, data, actual + 2))
    assert set(exact) == {"smape", "mae", "rmse", "mase", "relative_variance"}
    assert set(exact.values()) == {0}
    assert (off["mae"], off["rmse"]) == pytest.approx((2, 2))
    expected = 200 * 2 / (2 * actual + 2)
    assert off["smape"] == pytest.approx(expected.mean())
    pasts = [one.values[: len(one) - 2] for one in data.series]
    naive = [np.abs(past[12:] - past[:-12]).mean() for past in pasts]
    assert off["mase"] == pytest.approx(np.mean(2 / np.array(naive)))
    variances = [np.var(one.values[: len(one) - 4]) for one in data.series]
    assert off["relative_variance"] == pytest.approx(np.mean(4 / np.array(variances)))


def test_presets_differ_from_the_defaults_in_what_they_name():
    for name, changes in PRESETS.items():
        for field, value in changes.items():
            assert getattr(Config(), field) != value, (name, field)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (Config, {"dataset": "tides"}),
        (Config, {"strategy": "both"}),
        (Config, {"transform": "square"}),
        (Config, {"season": "lunar"}),
        (Config, {"level": "sea"}),
        (Config, {"scale": "minor"}),
        (Config, {"loss": "huber"}),
        (Config, {"metric": "accuracy"}),
        (Config, {"max_gap": -1}),
        (Config, {"horizon": 0}),
        (Config, {"window": 1}),
        (Config, {"backtest": 0}),
        (Config, {"passes": 0}),
        (Config, {"members": 0}),
        (Config, {"noise": -0.1}),
        (Config, {"weight_decay": 1.0}),
        (Config, {"test_steps": 0}),
        (Config, {"validation_steps": 1, "horizon": 2}),
        (Config, {"period": 0}),
        (Config, {"covariates": ("a", "a")}),
        (Config, {"covariates": ("y",)}),
        (Forecast, {"horizon": 0}),
        (Forecast, {"output": "forecast.txt"}),
    ],
)
def test_settings_out_of_range_are_refused(kind, bad):
    with pytest.raises(UserError, match=next(iter(bad)).replace("_", "-")):
        kind(**bad)


def test_settings_come_back_from_json():
    config = Config(covariates=("x", "z"), season="stl", test_steps=4)
    written = json.loads(json.dumps(to_json(config)))
    assert from_json(Config, written) == config
