"""The pages in headless Chromium, at the width of a phone and of a desk."""

import io
import time

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from common.report.pages import collect
from common.training import plots
from tests.common.conftest import run_of, show

# A figure that would run a script and fetch a file, if a page let it.
TRAP = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="90pt">'
    "<title>Trap.</title><script>document.title = 'executed'</script>"
    '<image href="http://localhost:9/x.png" width="9" height="9"/></svg>'
)


@pytest.fixture
def pages(folder):
    (run_of(folder) / "figures" / "trap.svg").write_text(TRAP)
    index, written, damaged = collect(str(folder), {"toy": "Toy: plays."})
    assert not damaged
    assert len(written) == 2
    return [index, *written]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_page_is_whole_quiet_and_no_wider_than_the_screen(
    browser, pages, width, scheme
):
    for path in pages:
        show(browser, path, width=width, scheme=scheme)
        assert browser.get_log("browser") == []
        assert "executed" not in browser.title
        assert browser.execute_script("return innerWidth") == width
        root = "return document.documentElement"
        assert browser.execute_script(f"{root}.scrollWidth") <= width
        shown = "img => [img.complete, img.naturalWidth, img.clientHeight, img.alt]"
        pictures = browser.execute_script(f"return [...document.images].map({shown})")
        assert pictures
        for complete, natural_width, height, alt in pictures:
            assert complete
            assert natural_width > 0
            assert height > 0
            assert alt
        dark = browser.execute_script(
            "return getComputedStyle(document.body).backgroundColor"
        )
        assert (dark == "rgb(23, 23, 23)") == (scheme == "dark")
        # Wide figures and tables scroll in frames of their own.
        frames = browser.execute_script(
            "return [...document.querySelectorAll('.scroll')]"
            ".map(frame => [frame.clientWidth, frame.tabIndex])"
        )
        assert frames or path.name == "index.html"
        assert all(size <= width and index == 0 for size, index in frames)


def test_end_of_a_wide_table_is_reached_by_the_keyboard(browser, pages):
    show(browser, pages[1], width=390, scheme="light")
    table = browser.find_element(By.CSS_SELECTOR, "[aria-label='table: settings']")
    browser.execute_script("arguments[0].firstElementChild.style.width='900px'", table)
    table.send_keys(*[Keys.ARROW_RIGHT] * 3)
    time.sleep(0.3)  # it scrolls smoothly
    assert table.get_property("scrollLeft") > 0
    assert browser.execute_script("return document.scrollingElement.scrollLeft") == 0


def test_in_the_dark_figures_are_dark_too(browser, folder):
    figure = Figure(figsize=(4, 3))
    figure.subplots().imshow([[0, 1], [1, 0]], cmap="Blues")
    plots.save(figure, run_of(folder) / "figures" / "map.png", most_telling=True)
    index, *_ = collect(str(folder), {"toy": "Toy"})
    show(browser, index, width=1200, scheme="dark")
    picture = browser.find_element(By.TAG_NAME, "img").screenshot_as_png
    pixels = imread(io.BytesIO(picture))[:, :, :3]
    assert pixels[0, 0].max() < 0.15
    assert pixels.mean() < 0.5
