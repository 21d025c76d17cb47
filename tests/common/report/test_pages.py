"""Pages of runs: what they show, what they never do, and runs that are damaged."""

import json
import math
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from common.errors import UserError
from common.report import pages
from common.training import plots, run_folder
from tests.common.conftest import (
    COMPARE,
    DOCUMENT,
    SETTINGS,
    comparison_of,
    draw,
    run_of,
    write,
)

OWN = {"cell": "builtin", "seed": 3, "data": "a.csv"}
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


def page_of(run):
    pages.write(run)
    return Page(run / "report.html")


def test_page_shows_all_that_the_run_left(folder):
    page = page_of(run_of(folder))
    for text in (
        "The network is better than its best baseline, tfidf bigrams: accuracy 0.7500 "
        "against 0.6250; difference +0.1250, 95 % interval +0.1000 to +0.1500.",
        *("majority", "0.5000", "macro f1", "0.7251"),
        *("lzma", "0.8123", "may not be compared with the models above"),
        *("very long", "41", "0.4321", "0.6789"),
        *("By length", "0.1234", "7.7500", "0.3456"),
        *("By step", "2.2500", "3.5000"),
        *("--learning-rate", "0.006"),
        *("12,345", "some lists", "0.5500"),
        "GRU has accuracy 0.8000, the built-in layer 0.7000: better",
        *("2.50 (2.40 to 2.60)", "3.0e-07 in the weights after 20 steps of training"),
        "on the same data with the same settings.",
        "a step takes 2.5 times as long. If that is fast enough: --cell gru",
    ):
        assert text in page.text
    assert "left out" not in page.text
    assert len(page.all("figcaption")) == len(page.all("img")) == 3
    # The wider the bar, the larger the value; the network's comes first.
    bars = re.findall(
        r"<span style=\"width: ([\d.]+)%", (run_of(folder) / "report.html").read_text()
    )
    assert bars == ["75.0", "50.0", "62.5"]


def test_comparison_has_a_page(folder):
    page = page_of(comparison_of(folder))
    assert "The custom cell has accuracy 0.7000" in page.text
    assert "A step takes 1.25 times as long" in page.text
    assert "--seeds2" in page.text.replace(" ", "")


@pytest.mark.parametrize(
    ("file", "changed", "shown"),
    [
        ("compare.json", {"data_hash": "sha256:2"}, False),
        ("config.json", {"preset": "smoke"}, False),
        # Of the same series, another horizon makes another test.
        ("config.json", {"units": 5}, False),
        ("config.json", {"cell": "lstm", "seed": 7, "data": "./a.csv"}, True),
    ],
)
def test_comparison_on_other_data_or_with_other_settings_is_not_shown(
    folder, file, changed, shown
):
    path = comparison_of(folder) / file
    write(run_of(folder) / "config.json", {"example": "toy", **SETTINGS, **OWN})
    write(path, {**json.loads(path.read_text()), **OWN, **changed})
    text = page_of(run_of(folder)).text
    assert ("Built-in and custom cell" in text) == shown
    assert ("--cell gru" in text) == shown
    # The advice knows of none.
    assert ("python -m examples.toy compare" in text) != shown


def test_after_a_comparison_the_page_of_the_run_shows_it(folder, capsys):
    pages.leave(comparison_of(folder))
    assert "1.25 times" in Page(run_of(folder) / "report.html").text
    assert capsys.readouterr().err == ""


def test_metric_that_is_not_finite_has_a_page_and_no_verdict(folder):
    document = json.loads((run_of(folder) / "metrics.json").read_text())
    document["models"]["network"][document["metric"]["name"]] = None
    write(run_of(folder).path / "metrics.json", {**document, "verdict": None})
    pages.write(run_of(folder))
    text = page_of(run_of(folder)).text
    assert "No verdict" in text
    assert "nan" in text


def test_page_that_cannot_be_made_is_a_warning(folder, capsys, monkeypatch):
    monkeypatch.setattr(pages, "read_run", lambda run: 1 / 0)
    pages.leave(run_of(folder))
    assert capsys.readouterr().err == "warning: no report.html: division by zero\n"


def test_page_loads_nothing_and_executes_nothing(folder):
    hostile = {
        **DOCUMENT,
        "dataset": HOSTILE,
        "models": {**DOCUMENT["models"], HOSTILE: {"accuracy": 0.1}},
        "slices": {HOSTILE: {"count": 2, "models": {HOSTILE: 0.2}}},
        "details": {HOSTILE: {HOSTILE: 1}},
    }
    write(run_of(folder) / "metrics.json", hostile)
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


def test_figures_have_a_size_and_texts(folder):
    figures = run_of(folder) / "figures"
    draw(figures / "told.png", caption="Said.", alt="Two lines.")
    (figures / "lengths.svg").unlink()  # the PNG file stands for it
    page = page_of(run_of(folder))
    pictures = {picture["alt"]: picture for picture in page.all("img")}
    assert {
        *("Diagram. load over hour", "Two lines."),
        "Lengths; no description was saved with it.",
    } == set(pictures)
    assert "Said." in page.text
    for picture in pictures.values():
        assert int(picture["width"]) > 300
        assert int(picture["height"]) > 200
        assert picture["src"].startswith("data:image/")


def test_most_telling_figure_comes_first_and_stands_in_the_index(folder):
    figures = run_of(folder) / "figures"
    draw(figures / "answers.png", alt="Not this one.")
    draw(figures / "much.png", alt="This one.", most_telling=True)
    index, *_ = pages.collect(str(folder), {"toy": "Toy"})
    assert [picture["alt"] for picture in Page(index).all("img")] == ["This one."]
    images = Page(run_of(folder) / "report.html").all("img")
    _, *others = [image["alt"] for image in images][:3]
    assert others == ["This one.", "Not this one."]


def test_legend_covers_no_data(monkeypatch):
    saved = []
    monkeypatch.setattr(plots, "save", lambda figure, *_, **__: saved.append(figure))
    history = [{"epoch": 1, "loss": 2.0, "val_loss": 1.0, "f1": 0.1, "val_f1": 0.9}]
    plots.learning_curves(None, history * 2, best_epoch=1)
    first, second = saved[0].axes
    legend = first.get_legend().get_window_extent()
    assert legend.y0 >= first.get_window_extent().y1
    assert legend.x1 <= first.get_window_extent().x1
    assert second.get_legend() is None
    assert (first.get_ylabel(), second.get_ylabel()) == ("loss", "f1")


def test_figures_are_well_formed_and_the_same_file_each_time(tmp_path):
    texts = {"caption": "a\x00\ud800b", "alt": "\x1b[31m"}
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw(tmp_path / name / "x.png", **texts)
    one, other = (tmp_path / name / "x.svg" for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()
    figure = plots.Figure()
    figure.subplots().set_title("drawn \x08")
    plots.save(figure, one.with_suffix(".png"))
    for path in (one, other):
        ElementTree.parse(path)


def test_literal_text_is_drawn_as_it_is():
    assert plots.literal("$x_{$\n\x00\ud800 é\u3000日") == "\\$x_{\\$ \ufffd\ufffd é 日"
    assert plots.literal("ab" * 50, limit=5) == "abab…"


def test_index_links_to_the_newest_runs_and_missing_pages_are_made(folder):
    toy = folder / "toy"
    newer = shutil.copytree(run_of(folder).path, toy / "20260103-000000")
    write(newer / "metrics.json", {**DOCUMENT, "seed": 7})
    # Of a killed process: neither read nor shown.
    shutil.copytree(run_of(folder).path, toy / ".0123abcd-20260104-000000")
    (newer / "figures" / ".0123abcd-lengths.svg").write_text("<svg")
    lines = {"toy": "Toy: plays.", "other": "Other: waits."}
    index, written, damaged = pages.collect(str(folder), lines)
    assert damaged == []
    assert {path.parent for path in written} == {
        *(run_of(folder).path, newer, comparison_of(folder).path)
    }
    assert "left out" not in Page(newer / "report.html").text
    page = Page(index)
    links = {link["href"] for link in page.all("a")}
    assert links == {"toy/20260103-000000/report.html"}
    assert "seed 7" in page.text
    assert "No finished run yet: python -m examples.other" in page.text
    (run_of(folder) / "report.html").write_text("mine")
    _, written, _ = pages.collect(str(folder), lines)
    assert [path.parent for path in written] == [newer]


@pytest.mark.parametrize("runs_dir", ["", "/dev/null", "a" * 5000, "x/" + "a" * 300])
def test_no_run_is_said(runs_dir):
    with pytest.raises(UserError, match=r"python -m examples lists the examples"):
        pages.collect(runs_dir, {"toy": "Toy"})


# A content of `None` stands for no file, `os.mkdir` for a directory in its place.
DEEP = b'{"example": "toy", "units": ' + b"[" * 900 + b"]" * 900 + b"}"
BAD = [None, os.mkdir, b"", b"\xff", b"\x00", b"{", b"[]", b"7", b'{"a": 1e999}']
BAD += [
    b"[" * 100_000,
    b'{"a": ' * 100_000,
    DEEP,
    b'{"a": 1' + b"0" * 400 + b"}",
    b"<svg",
]
BAD += [b"epoch,loss\n1,x\n", b"epoch\nnan\n", b"epoch,loss\n1\n", b"epoch\n1,2\n"]
BAD += [b"<html/>", b'<?xml version="1.0" encoding="odd"?><a/>', b"GIF", b"\x89PNG\r\n"]
BAD += [
    b'<svg xmlns="http://www.w3.org/2000/svg" width="%b" height="1pt"/>' % width
    for width in (b"1e", b"1.2.3pt", b"9" * 400 + b"pt")
]
PARTS = ("history.csv", "figures/lengths.svg", "figures/other.png", "figures")


@pytest.mark.parametrize("name", ["metrics.json", "config.json", *PARTS])
def test_damaged_part_is_left_out_and_damaged_run_skipped(folder, name):
    run, path = run_of(folder), run_of(folder) / name
    good = shutil.copytree(run.path, folder / "toy" / "20251231-000000")
    os.utime(good / "metrics.json", (1, 1))  # the older one of the two
    for content in BAD:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        if content is os.mkdir:
            path.mkdir()
        elif content is not None:
            path.write_bytes(content)
        index, _, damaged = pages.collect(str(folder), {"toy": "Toy"})
        shown = Page(index).all("a")[0]["href"].split("/")[1]
        if name in PARTS:
            assert (damaged, shown) == ([], run.path.name), content
            gone = (content is None and name != "history.csv") or name == "figures"
            assert ("is left out: " in Page(run / "report.html").text) != gone, content
        else:
            assert shown == good.name, content
            # Without metrics.json it is not a finished run.
            assert len(damaged) == (content is not None or name != "metrics.json")
            for line in damaged:
                assert run.path.name in line, content
                assert "\n" not in line, content


ODD = (None, True, math.inf, "a", [1], {"a": None})


def places(value):
    """Yield every mapping and list of a document with each of its keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from places(inner)


@pytest.mark.parametrize(
    ("name", "whole"), [("metrics", DOCUMENT), ("compare", COMPARE)]
)
def test_whatever_is_in_a_document_it_is_shown_or_named(folder, name, whole):
    run = run_of(folder) if name == "metrics" else comparison_of(folder)
    for figures in folder.glob("toy/*/figures"):
        shutil.rmtree(figures)  # quicker
    document, errors, tried = json.loads(json.dumps(whole)), [], 0
    for holder, key in list(places(document)):
        before = holder[key]
        for holder[key] in ODD:
            write(run / f"{name}.json", document)
            tried += 1
            try:
                pages.write(run)
            except UserError as error:
                errors.append(str(error))
        holder[key] = before
    assert all(f"{name}.json" in error for error in errors)
    assert tried / 4 < len(errors) < tried


def test_damaged_comparison_is_named_on_the_page(folder):
    write(comparison_of(folder) / "compare.json", {**COMPARE, "cells": [{"cell": 1}]})
    text = page_of(run_of(folder)).text
    assert "A comparison is left out: " in text
    assert "compare.json: cells.cell is missing or of the wrong type" in text
    _, _, (line,) = pages.collect(str(folder), {"toy": "Toy"})
    assert "compare.json" in line


def test_page_that_cannot_be_written_is_named(folder):
    (run_of(folder) / "report.html").mkdir()
    with pytest.raises(UserError, match=r"report\.html cannot be written: "):
        pages.collect(str(folder), {"toy": "Toy"})


def test_texts_that_utf8_does_not_know_are_shown(folder):
    odd = folder / "toy" / os.fsdecode(b"\xff")
    run_of(folder).path.rename(odd)
    write(odd / "metrics.json", {**DOCUMENT, "dataset": "\ud800" + "x" * 20_000})
    index, *_ = pages.collect(str(folder), {"toy": "Toy"})
    assert "?xxx" in Page(index).text
    assert Page(index).all("a")[0]["href"] == "toy/%FF/report.html"


def test_pages_need_no_numbers_library():
    program = (
        "import sys, common.report.pages\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'scipy', 'matplotlib'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    root = run_folder.__file__.removesuffix("common/training/run_folder.py")
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
