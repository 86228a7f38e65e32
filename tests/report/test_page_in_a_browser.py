"""The page in a real browser: it draws, answers, fits a phone, and asks no network for anything."""

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fruits.report.results import Results

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="only for tests: pip install playwright"
)
pytest.importorskip("altair", reason="pip install 'fruits[report]'")
published = pytest.importorskip(
    "fruits.report.page.published", reason="pip install 'fruits[report]'"
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt install chromium)"),
]
NARROW, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(results: Results, tmp_path_factory: pytest.TempPathFactory) -> str:
    from fruits.storage.output import Output

    return Path(published.write_page(results, Output(str(tmp_path_factory.mktemp("p"))))).as_uri()


class Opened:
    """A page that has drawn itself; whatever went wrong or was asked of a network is kept."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page(**({"viewport": WIDE} | options))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(address)
        self.page.wait_for_selector("html[data-drawn]", state="attached")

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def colour_at(self, x: float, y: float) -> tuple[int, ...]:
        script = """([x, y]) => { const c = document.querySelector("#chart-map canvas");
            const s = c.width / c.getBoundingClientRect().width;
            return Array.from(c.getContext("2d").getImageData(x * s, y * s, 1, 1).data) }"""
        return tuple(self.page.evaluate(script, [x, y]))


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Opened]:
    opened = Opened(browser, address)
    yield opened
    opened.page.close()


def test_every_chart_is_drawn_without_an_error_or_a_request(opened: Opened):
    for name in ("classes", "map", "variance", "scree", "stages", "work"):
        drawn = opened.page.locator(f"#chart-{name} svg, #chart-{name} canvas")
        assert drawn.count() == 1, name
        assert drawn.bounding_box()["width"] > 300, name
    assert opened.errors == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_it_draws_without_evaluating_strings_which_its_own_policy_forbids(opened: Opened):
    # Later, since what a debugger evaluates is not held to the page's policy.
    opened.page.evaluate(
        """() => setTimeout(() => {
             try { new Function('1')(); document.title = 'ran' }
             catch (e) { document.title = e.name } })"""
    )
    opened.page.wait_for_function("['ran', 'EvalError'].includes(document.title)")
    assert opened.page.title() == "EvalError"


def test_over_a_point_its_photo_and_class_appear(opened: Opened):
    canvas = opened.page.locator("#chart-map canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tip = opened.page.locator("#tip")
    for y in range(20, int(box["height"]) - 60, 6):
        for x in range(60, int(box["width"]), 6):
            if opened.colour_at(x, y)[3] > 100 and opened.colour_at(x, y)[:3] != (227, 231, 234):
                opened.page.mouse.move(box["x"] + x, box["y"] + y)
                if tip.is_visible():
                    label = tip.locator("b").inner_text()
                    assert opened.page.locator(f'#classes button:has-text("{label}")').count() == 1
                    assert tip.locator(".photo").count() == 1
                    opened.page.keyboard.press("Escape")
                    assert tip.is_hidden()
                    return
    pytest.fail("no point answered")


def test_a_class_can_be_found_and_brought_out_with_the_keyboard_alone(opened: Opened):
    page = opened.page
    page.focus("#find")
    page.keyboard.type("BLUÉ")
    assert page.locator("#classes li:visible").count() == 1, (
        "blueberry, whatever the case or accent"
    )
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    button = page.locator("#classes li:visible button")
    assert button.get_attribute("aria-pressed") == "true"
    assert page.inner_text("#chosen") == "Blueberry"
    strip = page.locator("#strip figure")
    assert strip.count() == 8, "its photos are shown in a row"
    page.click("#clear")
    assert page.locator("#classes li:visible").count() == 12
    assert page.locator("#strip").is_hidden()


def test_eleven_classes_at_once_are_refused_with_a_word(opened: Opened):
    for place in range(11):
        opened.page.locator("#classes button").nth(place).click()
    assert opened.page.locator('#classes button[aria-pressed="true"]').count() == 10
    assert opened.page.inner_text("#chosen") == "At most 10 classes at once."


def test_it_is_dark_where_dark_is_wished_for_and_can_be_turned(browser: Any, address: str):
    opened = Opened(browser, address, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('#chart-scree text')).fill"
    assert opened.page.evaluate(ground) == "rgb(20, 25, 29)"
    dark = opened.page.evaluate(ink)
    opened.page.click("#theme")
    opened.page.wait_for_selector('html[data-drawn="light"]', state="attached")
    assert opened.page.evaluate(ground) == "rgb(251, 251, 249)"
    assert opened.page.evaluate(ink) != dark, "the charts turn with the page"
    opened.page.close()


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["phone", "desk"])
def test_it_is_never_wider_than_its_window(browser: Any, address: str, size: dict):
    opened = Opened(browser, address, viewport=size)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    opened.page.close()


def test_a_screen_reader_finds_headings_names_and_tables(opened: Opened):
    page = opened.page
    assert page.locator("h1").count() == 1
    levels = page.evaluate(
        "Array.from(document.querySelectorAll('h1,h2,h3'), h => Number(h.tagName[1]))"
    )
    assert all(after <= before + 1 for before, after in pairwise(levels))
    nameless = page.evaluate(
        """Array.from(
             document.querySelectorAll('button, input, [role=img], nav, section')
           ).filter(e => !(e.getAttribute('aria-label') || e.textContent.trim()
               || (e.id && document.querySelector(`label[for="${e.id}"]`)))
           ).map(e => e.outerHTML)"""
    )
    assert nameless == []
    headers = page.evaluate(
        """Array.from(document.querySelectorAll('table'))
             .filter(t => !t.querySelector('th[scope]')).length"""
    )
    assert headers == 0


READ_COLOUR = "name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Any, address: str, scheme: str):
    page = Opened(browser, address, color_scheme=scheme).page
    for ink, ground in (
        ("--ink", "--ground"),
        ("--muted", "--card"),
        ("--accent", "--card"),
        ("--warn", "--card"),
    ):
        colours = [page.evaluate(READ_COLOUR, name) for name in (ink, ground)]
        assert contrast(*colours) >= 4.5, (ink, ground)
    page.close()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours "#rrggbb" (WCAG 2.2, 1.4.3)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
