"""Pages without a browser: what is written, what is refused, and the verb `play`."""

import base64
from pathlib import Path

import keras
import numpy as np
import pytest

from common import files
from common.errors import UserError
from common.play import page
from common.play.network import Description
from common.training import run_folder
from tests.conftest import ROOT

SCRIPT = ROOT / "examples" / "sentiment" / "play.js"


@pytest.fixture
def finished(tmp_path):
    run = run_folder.start("sentiment", str(tmp_path), {})
    files.write_json(run / run_folder.METRICS, {"interrupted": False, "dataset": "a"})
    run_folder.finish(run)
    return run


def contents(weights):
    return {
        "title": "Toy",
        "source": "run 1",
        "weights": [page.encoded(one) for one in weights],
        "tolerance": page.TOLERANCE[32],
        "checks": [{"given": "a", "outputs": [page.encoded(np.ones((1, 2)))]}],
    }


def decoded(weights):
    kind = f"<f{weights['bits'] // 8}"
    numbers = np.frombuffer(base64.b64decode(weights["base64"]), kind)
    return numbers.reshape(weights["shape"])


def test_too_large_a_network_gets_no_page(finished, monkeypatch):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(5, use_bias=False)(inputs))
    options = {"script": SCRIPT, "title": "", "givens": [], "task": {}}
    monkeypatch.setattr(page, "MAX_BYTES", 30)
    page.write(finished, model, **options)
    assert page.why_not(finished) is None
    (finished / page.PAGE).unlink()
    monkeypatch.setattr(page, "MAX_BYTES", 29)
    with pytest.raises(UserError, match="its 15 weights would take"):
        page.write(finished, model, **options)
    assert not (finished / page.PAGE).exists()


def test_reason_why_there_is_no_page_is_kept_and_told(finished, tmp_path):
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, keras.layers.Conv1D(2, 2)(inputs))
    with pytest.raises(UserError, match="the page lacks"):
        page.write(finished, model, script=SCRIPT, title="", givens=[], task={})
    assert "a Conv1D, that the page lacks" in page.why_not(finished)
    options = page.Play(runs_dir=str(tmp_path))
    with pytest.raises(UserError, match=r"no play\.html: .*Conv1D"):
        page.play(options, ROOT / "examples" / "sentiment")


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (lambda: keras.layers.Conv1D(2, 2), "a Conv1D, that the page lacks"),
        (lambda: keras.layers.Dense(2, "gelu"), "activation='gelu'"),
        (lambda: keras.layers.SimpleRNN(2, "selu"), "activation='selu'"),
        (lambda: keras.layers.SimpleRNN(2, go_backwards=True), "go_backwards=True"),
        (lambda: keras.layers.GRU(2, reset_after=False), "reset_after=False"),
    ],
)
def test_layer_that_the_page_lacks_is_refused(layer, told):
    inputs = keras.Input((4, 3))
    with pytest.raises(UserError, match=told):
        Description(keras.Model(inputs, layer()(inputs)))


def test_copy_of_half_the_size(finished, monkeypatch, tmp_path, capsys):
    weights = [np.linspace(-2, 2, 3000, dtype="float32").reshape(30, 100)]
    (finished / page.PAGE).write_text(page.render(contents(weights), SCRIPT))
    copy = tmp_path / "copy.html"
    options = page.Play(runs_dir=str(tmp_path), output=str(copy))
    page.play(options, ROOT / "examples" / "sentiment")
    assert capsys.readouterr().out == f"{copy}\n"
    found = page.contents_of(copy)
    assert found["checks"][0]["outputs"][0]["bits"] == 16
    assert found["tolerance"] == page.TOLERANCE[16]
    (half,) = found["weights"]
    assert half["bits"] == 16
    np.testing.assert_allclose(decoded(half), weights[0], atol=1e-3)
    (whole,) = page.contents_of(finished / page.PAGE)["weights"]
    assert len(half["base64"]) == len(whole["base64"]) / 2
    (again,) = page.halved(found)["weights"]
    assert again == half


def test_data_cannot_end_its_element(tmp_path):
    hostile = "</script><script>document.title='x'</script><!--"
    text = page.render(contents([]) | {"title": hostile, "task": hostile}, SCRIPT)
    assert hostile not in text
    path = tmp_path / page.PAGE
    path.write_text(text)
    assert page.contents_of(path)["task"] == hostile


def test_play_opens_the_newest_page_or_prints_its_path(
    finished, monkeypatch, tmp_path, capsys
):
    opened = []
    monkeypatch.setattr(page.webbrowser, "open", opened.append)
    (finished / page.PAGE).write_text("")
    for no_open in (True, False):
        options = page.Play(runs_dir=str(tmp_path), no_open=no_open)
        page.play(options, ROOT / "examples" / "sentiment")
        assert capsys.readouterr().out == f"{finished / page.PAGE}\n"
    assert opened == [(finished / page.PAGE).as_uri()]


def test_play_says_what_is_missing(finished, tmp_path):
    example = ROOT / "examples" / "sentiment"
    with pytest.raises(UserError, match="no finished run"):
        page.play(page.Play(runs_dir=str(tmp_path / "none")), example)
    here = page.Play(runs_dir=str(tmp_path), output=str(tmp_path / "copy.html"))
    with pytest.raises(UserError, match=r"no play\.html: it is older"):
        page.play(here, example)
    (finished / page.PAGE).write_text("<p>another page</p>")
    with pytest.raises(UserError, match="must be a page of this version"):
        page.play(here, example)


COMMITTED = sorted(ROOT.glob("examples/*/play.html"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parent.name)
def test_committed_page_is_small_and_has_todays_code(path):
    text = path.read_text("utf-8")
    assert path.stat().st_size <= 400 * 1024
    remake = (
        f"python -m examples.{path.parent.name} play --output {path.relative_to(ROOT)}"
    )
    assert page.scripts(path.with_name("play.js")) in text, f"make it anew: {remake}"
    style = Path(page.__file__).with_name("page.css").read_text("utf-8")
    assert style in text, f"make it anew: {remake}"
