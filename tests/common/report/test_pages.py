"""Pages of runs: what they show, what they never do, and runs that are damaged."""

import json
import math
import re
import shutil
from html.parser import HTMLParser

import pytest

from common.errors import UserError
from common.report import advice, pages
from common.training import plots, run_folder
from tests.common.conftest import COMPARE, DOCUMENT, SETTINGS, draw, run_of, write

HOSTILE = "<script>document.title = 'executed'</script>"


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_page_shows_all_that_the_run_left(folder):
    page = Page(pages.write(run_of(folder)))
    for text in (
        "The network beats its best baseline, bag of words",
        *("majority", "0.5000", "0.6250", "macro f1", "0.7251"),  # beside the baselines
        *("very long", "0.4321", "0.6789"),  # slices
        *("By length", "0.1234"),
        *("--learning-rate", "0.006"),
        *("12,345", "some lists", "0.5500"),
        "The custom cell takes 1.25 times the built-in layer's time",
        "3.0e-07 in the weights after 20 steps of training",
        "units 5 (here 48)",
        "In the comparison, GRU reached 0.8000 and SimpleRNN 0.7000",
        "The weights kept are those of epoch 2.",
    ):
        assert text in page.text
    assert len(page.all("figcaption")) == len(page.all("img")) == 3
    # The wider the bar, the larger the value; the network's comes first.
    bars = re.findall(r"<span style=\"width: ([\d.]+)%", (_html(folder)))
    assert bars == ["75.0", "50.0", "62.5"]


def _html(folder):
    return (run_of(folder) / "report.html").read_text()


def test_every_picture_has_a_size_and_says_what_it_shows(folder):
    page = Page(pages.write(run_of(folder)))
    for picture in page.all("img"):
        assert int(picture["width"]) > 300
        assert int(picture["height"]) > 200
        assert picture["src"].startswith("data:image/svg+xml;base64,")
    descriptions = [picture["alt"] for picture in page.all("img")]
    assert "validation 1.1 to 0.367" in descriptions[0]
    assert "0.99 at 2, 0.12 at 9. Shaded: 2 to 5" in descriptions[1]


def test_page_needs_nothing_and_starts_nothing(folder):
    hostile = {
        **DOCUMENT,
        "dataset": HOSTILE,
        "baselines": {HOSTILE: 0.1},
        "slices": {HOSTILE: 0.2},
        HOSTILE: {HOSTILE: 1},
    }
    write(run_of(folder).path, hostile)
    index, *_ = pages.collect(str(folder), {"toy": HOSTILE})
    for path in (run_of(folder) / "report.html", index):
        page = Page(path)
        assert HOSTILE in page.text
        assert not {"script", "iframe", "object", "base"} & {
            tag for tag, _ in page.tags
        }
        for _, attributes in page.tags:
            assert not any(name.startswith("on") for name in attributes)
            assert attributes.get("src", "data:").startswith("data:")
            target = attributes.get("href", "data:,")
            assert target == "data:," or (folder / target).is_file()
        (policy,) = [x for x in page.all("meta") if "http-equiv" in x]
        assert policy["content"].startswith("default-src 'none'; ")


def test_figures_without_texts_get_some(folder):
    figures = run_of(folder) / "figures"
    (figures / "learning_curves.svg").unlink()
    figure = plots.Figure()
    figure.subplots().set(xlabel="hour", ylabel="load")
    plots.save(figure, figures / "by_hour.png")
    page = Page(pages.write(run_of(folder)))
    pictures = {picture["alt"]: picture for picture in page.all("img")}
    assert "Diagram. load over hour" in pictures
    png = pictures["Learning curves; no description was saved with it."]
    assert png["src"].startswith("data:image/png;base64,")
    assert int(png["width"]) > 300
    assert "By hour." in page.text


def test_figures_are_the_same_file_each_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw(tmp_path / name)
    one, other = (tmp_path / name / "learning_curves.svg" for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()


def test_comparison_has_a_page_and_shows_in_that_of_the_run(folder):
    compared = run_folder.Run(folder / "toy" / "compare-20260102-000000")
    pages.write(run_of(folder))
    page = Page(pages.write(compared))
    assert "The custom cell takes 1.25 times" in page.text
    assert "--units5" in page.text.replace(" ", "")
    document = {**COMPARE, "step_time_ratio": {"median": 0.5, "min": 0.5, "max": 0.5}}
    (compared / "compare.json").write_text(json.dumps(document))
    pages.leave(compared)
    assert (
        "The custom cell takes 0.50 times" in Page(run_of(folder) / "report.html").text
    )
    (compared / "compare.json").write_text("{}")
    assert "custom cell takes" not in Page(pages.write(run_of(folder))).text


def test_finished_run_has_a_page_and_a_failing_page_loses_no_run(folder, capsys):
    run = run_of(folder)
    run_folder.finish(run)
    assert "beats" in Page(run / "report.html").text
    assert capsys.readouterr().err == ""
    (run / "history.csv").write_text("epoch,loss\n1,many\n")
    run_folder.finish(run)
    assert (folder / "toy" / "latest").read_text() == f"{run.path.name}\n"
    error = capsys.readouterr().err
    assert error.startswith("warning: no report.html: ")
    assert error.count("\n") == 1


def test_index_links_to_the_newest_runs_and_missing_pages_are_made(folder):
    toy = folder / "toy"
    shutil.copytree(run_of(folder).path, toy / "20260103-000000")
    write(toy / "20260103-000000", {**DOCUMENT, "seed": 7})
    lines = {"toy": "Toy: plays.", "other": "Other: waits."}
    index, written, damaged = pages.collect(str(folder), lines)
    assert damaged == []
    assert {path.parent.name for path in written} == {
        *("20260101-000000", "20260103-000000", "compare-20260102-000000")
    }
    page = Page(index)
    links = {link["href"] for link in page.all("a")}
    assert links == {"toy/20260103-000000/report.html"}
    assert "seed 7" in page.text
    assert "No finished run yet: python -m examples.other" in page.text
    (toy / "20260101-000000" / "report.html").write_text("mine")
    _, written, _ = pages.collect(str(folder), lines)
    assert [path.parent.name for path in written] == ["20260103-000000"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", b"{", "metrics.json cannot be read"),
        ("metrics.json", b"[]", "metrics.json is damaged: dataset"),
        ("metrics.json", b'{"dataset": "a"}', "damaged: preset is missing"),
        (
            "metrics.json",
            json.dumps({**DOCUMENT, "metric": {"name": "a"}}).encode(),
            "damaged: value is missing",
        ),
        ("config.json", b'{"example": "other"}', "it is a run of other"),
        ("config.json", None, "config.json is missing"),
        ("history.csv", b"epoch,loss\n1,x\n", "history.csv is damaged"),
        ("history.csv", b"a,b\n1,2\n", "history.csv is damaged: 'epoch'"),
        ("history.csv", b"epoch,loss\nnan,2\n", "history.csv is damaged"),
        ("history.csv", None, "history.csv does not exist"),
        ("figures/lengths.svg", b"<svg", "lengths.svg is damaged"),
        ("figures/lengths.svg", b"<html/>", "it is not SVG"),
        (
            "figures/lengths.svg",
            b'<svg xmlns="http://www.w3.org/2000/svg" width="1e"/>',
            "no width and height",
        ),
        ("figures/extra.png", b"GIF", "it is not PNG"),
    ],
)
def test_damaged_run_is_named_in_one_line_and_skipped(folder, name, content, message):
    good = folder / "toy" / "20251231-000000"
    shutil.copytree(run_of(folder).path, good)
    write(run_of(folder).path, DOCUMENT)  # the newer one of the two
    path = run_of(folder) / name
    path.unlink() if content is None else path.write_bytes(content)
    index, _, damaged = pages.collect(str(folder), {"toy": "Toy"})
    (line,) = damaged
    assert message in line
    assert "\n" not in line
    (link, _) = Page(index).all("a")
    assert link["href"] == f"toy/{good.name}/report.html"


ODD = (None, True, -1, 0.5, math.nan, math.inf, "a", [], [1], {}, {"a": None}, {"a": 1})


@pytest.mark.parametrize("name", ["metrics.json", "compare.json"])
def test_whatever_is_in_a_file_it_is_shown_or_named(folder, name):
    shutil.rmtree(run_of(folder) / "figures")
    run = run_folder.Run(next(folder.glob(f"toy/*/{name}")).parent)
    shutil.rmtree(run / "figures", ignore_errors=True)
    whole = json.loads((run / name).read_text())
    inner = [key for key, value in whole.items() if isinstance(value, dict)]
    places = [(whole, key) for key in whole]
    places += [(whole[key], deep) for key in inner for deep in whole[key]]
    places += [(row, key) for row in whole.get("cells", [])[:1] for key in row]
    errors = []
    for holder, key in places:
        before = holder[key]
        for value in ODD:
            holder[key] = value
            (run / name).write_text(json.dumps(whole))
            try:
                pages.write(run)
            except UserError as error:
                errors.append(str(error))
        holder[key] = before
    assert all(name in error for error in errors)
    assert 0 < len(errors) < len(places) * len(ODD)


def test_no_run_is_said(tmp_path):
    with pytest.raises(UserError, match=r"train one first: python -m examples\.toy"):
        pages.collect(str(tmp_path), {"toy": "Toy"})


def advised(*, cells=(), can_resume=False, config=None, **changes):
    history = [
        {"epoch": 1, "loss": 0.9, "val_loss": 0.8},
        {"epoch": 2, "loss": 0.5, "val_loss": 0.55},
        {"epoch": 3, "loss": 0.2, "val_loss": 0.6},
    ]
    lines = advice.advise(
        "toy",
        {**DOCUMENT, "slices": {}, **changes},
        config or SETTINGS,
        history,
        cells=cells,
        can_resume=can_resume,
    )
    return "\n".join(f"{line.text} {line.code}" for line in lines)


@pytest.mark.parametrize(
    ("changes", "advice_given"),
    [
        ({"preset": "smoke"}, "Train properly: python -m examples.toy\n"),
        ({"best_epoch": 3}, "--epochs 6"),
        ({"best_epoch": 3}, "loss is 0.2000 on training data and 0.6000 on validation"),
        (
            {"best_epoch": 3, "config": {"units": 9, "dropout": 0.1}},
            "--units 9 now) or more dropout (--dropout 0.1 now)",
        ),
        ({"interrupted": True, "can_resume": True}, "python -m examples.toy --resume"),
        ({"interrupted": True}, "interrupted after epoch 3"),
        ({"baselines": {"tf_idf": 0.75, "no": 0.1}}, "tf idf did as well or better"),
        ({"slices": {"a": 0.9, "b_c": 0.5}}, "weakest on b c: 0.5000 against 0.7500"),
        ({"cells": COMPARE["cells"]}, "--cell gru"),
        ({}, "--seed 4"),
        ({}, "python -m examples.toy compare"),
    ],
)
def test_advice_follows_from_the_numbers(changes, advice_given):
    assert advice_given in advised(**changes) + "\n"


@pytest.mark.parametrize(
    ("changes", "advice_not_given"),
    [
        ({}, "--epochs"),
        ({}, "validation data"),
        ({}, "without a network"),
        ({"slices": {"a": 0.8, "b": 0.7}}, "weakest"),
        ({"cells": COMPARE["cells"]}, "compare\n"),
        ({"best_epoch": 3, "interrupted": True}, "--epochs"),
    ],
)
def test_advice_is_not_given_without_cause(changes, advice_not_given):
    assert advice_not_given not in advised(**changes)


def test_smaller_is_better_where_it_is():
    lower = {**DOCUMENT["metric"], "better": "lower"}
    lstm = {**COMPARE["cells"][-1], "cell": "lstm", "median": 0.6}
    text = advised(metric=lower, cells=COMPARE["cells"], slices={"a": 0.9, "b": 0.1})
    assert "no need for a gated cell" in text
    assert "--cell lstm" in advised(metric=lower, cells=[*COMPARE["cells"], lstm])
    assert "weakest on a: 0.9000" in text
    assert "majority and bag of words did as well or better" in text
