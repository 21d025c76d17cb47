"""Exports of tiny networks in every format, and what stops one."""

import keras
import numpy as np
import pytest

from common.errors import UserError
from common.export import export, formats
from common.export.formats import Part
from common.play.numpy_network import NAME
from common.training.run_folder import PREPROCESSOR, Run
from examples.sentiment import config as sentiment_config
from examples.sentiment import model as sentiment_model
from examples.tagging import config as tagging_config
from examples.tagging import model as tagging_model

IDS = np.array([[3, 1, 4, 0, 0]], "int32")  # the last two are padding
FORMATS = tuple(export.REQUIREMENTS)


@pytest.fixture
def place(tmp_path):
    """Return a folder with a run's preprocessor and a script."""
    (tmp_path / PREPROCESSOR).write_text("{}")
    (tmp_path / "use.py").write_text('"""Usage."""\n')
    return tmp_path


def sentiment(cell, **settings):
    config = sentiment_config.Config(units=4, cell=cell, **settings)
    return sentiment_model.build_model(config, vocabulary_size=9, classes=3)


def tagging(cell):
    config = tagging_config.Config(units=4, embedding_size=3, cell=cell)
    return tagging_model.build_model(config, vocabulary_size=9, classes=3)


def parts_of(build, cell):
    """Return a function from a run to parts, whose weights are always the same."""

    def parts(_):
        keras.utils.set_random_seed(0)
        model = build(cell)
        random = np.random.default_rng(0)
        model.set_weights([0.5 * random.normal(size=w.shape) for w in model.weights])
        return {"whole": Part(model, {"ids": IDS})}

    return parts


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("build", "cell"),
    [(sentiment, "custom"), (sentiment, "gru"), (tagging, "builtin")],
    ids=["custom", "gru", "both-ways"],
)
def test_an_export_answers_as_keras_does(place, form, build, cell):
    parts = parts_of(build, cell)
    target = place / "out"
    assert export.write(Run(place), form, target, place, parts) < 1e-5
    model, inputs = parts(None)["whole"]
    (found,) = export.load(target)("whole", **inputs)
    np.testing.assert_allclose(found, model(IDS), atol=1e-5)
    names = {path.name for path in target.iterdir()}
    assert names > {"network.py", "use.py", PREPROCESSOR, "inputs.json"}
    assert sorted(place.iterdir()) == sorted(
        [place / PREPROCESSOR, place / "use.py", target]
    )


def test_difference_is_relative_where_a_number_is_large():
    x = keras.Input((1,))
    part = Part(keras.Model(x, x * 1000.0), {"x": np.ones((1, 1), "float32")})
    one = formats.difference({"whole": part}, lambda name, x: [x * 1001.0])
    assert one == pytest.approx(1e-3)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("write", "onnx cannot be written: no such operator"),
        ("difference", "onnx differs from Keras by 0.5; nothing is written"),
        ("find_spec", "--format onnx needs the package tf2onnx"),
    ],
)
def test_what_stops_an_export_leaves_nothing_behind(place, monkeypatch, broken, rule):
    def fails(*_):
        raise ValueError("no such operator")

    by_name = {
        "write": (formats, "write", fails),
        "difference": (formats, "difference", lambda *_: 0.5),
        "find_spec": (formats.importlib.util, "find_spec", lambda _: None),
    }
    monkeypatch.setattr(*by_name[broken])
    before = sorted(place.iterdir())
    with pytest.raises(UserError, match=rule):
        export.write(
            Run(place), "onnx", place / "out", place, parts_of(sentiment, "builtin")
        )
    assert sorted(place.iterdir()) == before


def test_a_folder_that_is_there_is_kept(place):
    (place / "out").mkdir()
    (place / "out" / NAME).write_text("mine")
    with pytest.raises(UserError, match="must name a new folder"):
        export.write(Run(place), "onnx", place / "out", place, None)
    with pytest.raises(UserError, match="there is no folder"):
        export.write(Run(place), "onnx", place / "none" / "out", place, None)
    assert (place / "out" / NAME).read_text() == "mine"
