"""What one can do with a page, tried in Chromium on a toy classifier of texts."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from common.play import page
from common.preprocessing.text import Vocabulary
from common.training.run_folder import Run
from examples import sentiment
from examples.sentiment.config import Config
from examples.sentiment.model import build_model
from examples.sentiment.preprocessor import CJK, Preprocessor, words
from tests.common.conftest import show

SCRIPT = Path(sentiment.__file__).with_name("play.js")
TEXTS = ["the plot was good", "was the plot not good"]
HOSTILE = [
    "</script><script>document.title='executed'</script>",
    "<img src=x onerror=\"document.title='executed'\"> 'quoted' \"twice\" \\u003c ${1}",
    "שלום \u202e עולם !",
]
TRICKY = [
    "Don't, DON\u2019T; rock 'n' roll, o\u2019clock\u2019s 'quoted' it''s",
    "Straße İstanbul ΟΔΥΣΣΕΥΣ ﬁne ǅ",
    "寿司を食べる。カタカナー 한국어 漢字and字 𠮷野",
    "1,000.50 3½ x² ٣٤ Ⅷ 2nd _under_score_",
    "e\u0301te\u0301 नमस्ते 👍🏽 family 👨‍👩‍👧 really?! no…",
    "\u00a0\tline\nbreak\u2028end co\u00adop zero\u200bwidth",
]


def write(folder, *, labels=("bad", "good"), texts=TEXTS, seed=1):
    """Write the page of an untrained network into a folder; return its path."""
    keras.utils.set_random_seed(seed)
    known = [words(text) for text in TEXTS]
    vocabulary = Vocabulary.fit(known, max_size=20)
    lists = Preprocessor(vocabulary, list(labels), max_length=50)
    model = build_model(
        Config(units=6), vocabulary_size=len(vocabulary), classes=len(labels)
    )
    page.write(
        Run(folder),
        model,
        script=SCRIPT,
        title="Toy",
        givens=[(text, lists.encode([text])) for text in texts[:2]],
        task={"texts": texts, "cjk": CJK, **lists.to_json()},
    )
    return folder / page.PAGE


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return write(tmp_path_factory.mktemp("toy"))


@pytest.fixture
def opened(browser, toy):
    browser.get_log("browser")
    show(browser, toy, width=1200, scheme="light")
    assert browser.get_log("browser") == []
    return browser


def answer(browser, card=0):
    """Return what the page computes for one of its texts, unrounded."""
    return browser.execute_script(
        "const [ids] = task.inputs(cards[arguments[0]].area.value);"
        "return [...network.run(ids).outputs[0].data]",
        card,
    )


def find(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def test_page_checks_itself(opened):
    told = find(opened, "#check")
    assert told.get_attribute("role") == "status"
    assert re.search(
        r"2 inputs: .* differs from Keras by at most \d\.\de-\d", told.text
    )
    assert float(find(opened, "body").get_attribute("data-difference")) < 1e-6


@pytest.mark.parametrize("spoil", ["numbers", "shape"])
def test_answer_that_differs_from_keras_is_an_error(browser, toy, tmp_path, spoil):
    contents = page.contents_of(toy)
    probabilities = np.full((1, 2) if spoil == "numbers" else (2, 1), 0.5)
    contents["checks"][1]["outputs"] = [page.encoded(probabilities)]
    path = tmp_path / page.PAGE
    path.write_text(page.render(contents, SCRIPT))
    show(browser, path, width=1200, scheme="light")
    alert = find(browser, "[role=alert]")
    assert alert.is_displayed()
    assert alert.text.startswith("Error: ")
    assert "do not trust this page" in alert.text


@pytest.mark.parametrize(
    "labels", [HOSTILE[:2], [f"label {n} ' \" <b>" for n in range(10_000)]]
)
def test_texts_and_labels_are_shown_as_text(browser, tmp_path, labels):
    path = write(tmp_path, labels=labels, texts=HOSTILE)
    show(browser, path, width=390, scheme="dark")
    assert browser.title == "Toy: play"
    assert browser.get_log("browser") == []
    shown = find(browser, ".answer").text.rpartition(": ")[0]
    assert shown in [" ".join(label.split()) for label in labels]
    titles = browser.execute_script(
        "return [...document.querySelectorAll('#task .row button')].map(b => b.title)"
    )
    assert titles == HOSTILE
    assert len(browser.find_elements(By.TAG_NAME, "img")) == 0
    root = "return document.documentElement.scrollWidth"
    assert browser.execute_script(root) <= 390


def test_policy_forbids_what_comes_from_outside(opened):
    refused = opened.execute_async_script(
        "const done = arguments[0];"
        "document.addEventListener('securitypolicyviolation',"
        " (event) => done(event.effectiveDirective));"
        "fetch('http://localhost:9/').catch(() => {});"
    )
    assert refused == "connect-src"
    opened.execute_script(
        "const script = document.createElement('script');"
        "script.textContent = 'document.title = \"executed\"';"
        "document.body.append(script)"
    )
    assert opened.title == "Toy: play"


def test_clicks_and_enter_switch_a_unit_off_and_on(opened):
    before = answer(opened)
    canvas = find(opened, "#states canvas")
    click = (
        "const [canvas] = arguments, {width, height, top} = sizes(chosen.layer);"
        "canvas.dispatchEvent(new MouseEvent('click', {"
        " clientX: canvas.getBoundingClientRect().x + width / 2,"
        " clientY: canvas.getBoundingClientRect().y + top + 2.5 * height}))"
    )
    opened.execute_script(click, canvas)
    assert "unit 3: h" in find(opened, "#chosen").text
    assert answer(opened) == before
    opened.execute_script(click, canvas)
    assert "unit 3, switched off: h = 0.0000" in find(opened, "#chosen").text
    assert "1 switched off" in canvas.get_attribute("aria-label")
    off = answer(opened)
    assert off != before
    canvas.send_keys(Keys.ENTER)
    assert answer(opened) == before
    canvas.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.ENTER)
    assert "step 2 (plot), unit 2, switched off" in find(opened, "#chosen").text
    assert answer(opened) not in (before, off)


def test_sliders_change_the_weights_and_reset_undoes_it(opened):
    before = answer(opened)
    shown = find(opened, ".answer").text
    sliders = opened.find_elements(By.CSS_SELECTOR, "#controls input")
    assert len(sliders) == 2
    for slider in sliders:
        slider.send_keys(Keys.HOME)
        after = answer(opened)
        assert after != before
        find(opened, "#controls button").click()
        assert answer(opened) == before
    assert find(opened, ".answer").text == shown
    assert [slider.get_attribute("value") for slider in sliders] == ["1", "1"]


def test_words_are_swapped_by_the_keyboard(opened):
    before = answer(opened)
    first, *_ = opened.find_elements(By.CSS_SELECTOR, ".token")
    first.send_keys(Keys.ENTER)
    first, *_, last = opened.find_elements(By.CSS_SELECTOR, ".card.chosen .token")
    assert first.get_attribute("aria-pressed") == "true"
    assert opened.switch_to.active_element == first
    last.send_keys(Keys.ENTER)
    assert find(opened, "textarea").get_attribute("value") == "good plot was the"
    assert answer(opened) != before


def test_unknown_words_are_marked_as_one_types(opened):
    area = find(opened, "textarea")
    area.send_keys(" qwertz")
    last = opened.find_elements(By.CSS_SELECTOR, ".card.chosen .token")[-1]
    assert last.text == "qwertz"
    assert "unknown" in last.get_attribute("class")
    assert last.get_attribute("aria-label").startswith("qwertz, unknown, ")


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(opened):
    names = opened.execute_script(
        "const all = 'button, input, textarea, select, canvas, [tabindex]';"
        "return [...document.querySelectorAll(all)].map((one) => [one.outerHTML,"
        " one.getAttribute('aria-label') || one.labels?.[0]?.textContent"
        " || one.textContent])"
    )
    assert len(names) > 15
    assert [html for html, name in names if not name.strip()] == []
    reached = opened.execute_script(
        "return [...document.querySelectorAll('#states canvas, #step, .token')]"
        ".map((one) => one.tabIndex)"
    )
    assert set(reached) == {0}


def test_words_of_the_page_are_those_of_the_preprocessor(opened):
    found = opened.execute_script("return arguments[0].map(words)", TRICKY)
    assert found == [words(text) for text in TRICKY]
