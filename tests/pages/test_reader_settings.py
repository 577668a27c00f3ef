"""What readers set for themselves: zoom, more space in the text, their own colours, less motion."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.pages import drawn
from tests.pages.test_browser import EVENING, OFFER, STATES, TABLE, scrolls_sideways
from tests.pages.test_reading_order import TREES

SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""
"""Success criterion 1.4.12 of WCAG 2.2."""
NAMES = (
    "nothing asked",
    "exact, then rungs",
    "a table",
    "nothing exact",
    "faults",
    "launched",
    "an offer",
    "some picked",
    "a selection",
    "/aide/regulation",
)
MAIN = {"one row": TREES["table"][0], **{name: STATES[name] for name in NAMES}}
ZOOMED = {"200 %": (640, 450), "400 %": (320, 225)}
"""A window of 1280 by 900 pixels, at each zoom."""

main_states = pytest.mark.parametrize("path", MAIN.values(), ids=MAIN.keys())


@pytest.mark.parametrize("size", ZOOMED.values(), ids=ZOOMED.keys())
@main_states
def test_zoomed_nothing_is_cut_nor_drawn_over_anything_and_nothing_scrolls_sideways(opened, path, size):
    assert amiss(opened(path, *size), size[0]) == []


@pytest.mark.parametrize("width", [1280, 320])
@main_states
def test_with_more_space_in_the_text_nothing_is_cut_nor_drawn_over_anything(browser, site, path, width):
    with browser.new_context(bypass_csp=True, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        page.goto(site + path)
        page.add_style_tag(content=SPACED)
        assert amiss(page, width) == []


def amiss(page: Page, width: int) -> list[str]:
    """What is cut, drawn over something, or wider than the window."""
    sideways = ["the page scrolls sideways"] if scrolls_sideways(page, width) else []
    return [*sideways, *page.evaluate(drawn.OVER), *page.evaluate(drawn.CUT)]


@pytest.mark.parametrize("path", [EVENING, STATES["some picked"], TABLE, f"/offres/{OFFER}"])
def test_zoomed_to_400_percent_what_has_the_focus_is_seen(opened, path):
    page = opened(path, *ZOOMED["400 %"], script=True)
    unseen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        unseen.append(page.evaluate(drawn.UNSEEN_FOCUS))
    assert [each for each in unseen if each] == []


def test_zoomed_to_400_percent_what_stays_in_view_leaves_most_of_the_window(opened):
    width, height = ZOOMED["400 %"]
    page = opened(STATES["some picked"], width, height, script=True)
    page.locator(".card").nth(1).evaluate("card => card.scrollIntoView()")
    assert page.evaluate(drawn.STAYING) <= height / 3


# Colours of the reader ------------------------------------------------------------------------------------------------


@pytest.fixture
def forced(browser: Browser, site: str) -> Iterator[Callable[[str], Page]]:
    """Open a page in the reader's own colours."""
    with browser.new_context(forced_colors="active", viewport={"width": 1280, "height": 900}) as context:

        def opens(path: str) -> Page:
            page = context.new_page()
            page.goto(site + path)
            return page

        yield opens


@pytest.mark.parametrize(
    ("chosen", "other"),
    [
        (".moments [aria-pressed=true]", ".moments [aria-pressed=false]"),
        (".views [aria-current]", ".views a:not([aria-current])"),
    ],
)
def test_what_is_chosen_shows_in_the_colours_of_the_reader(forced, chosen, other):
    page = forced(EVENING)
    assert background(page, chosen) != background(page, other)


def background(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate("each => getComputedStyle(each).backgroundColor"))


@pytest.mark.parametrize(
    ("path", "block"),
    [
        (STATES["nothing exact"], ".missed"),
        (STATES["nothing exact"], ".note"),
        (STATES["faults"], ".note.danger"),
        (EVENING, ".card"),
        (EVENING, ".moments button"),
        (STATES["some picked"], ".bar-picked"),
    ],
)
def test_what_a_background_marks_has_an_edge_in_the_colours_of_the_reader(forced, path, block):
    edge = forced(path).locator(block).first.evaluate("each => parseFloat(getComputedStyle(each).borderLeftWidth)")
    assert edge >= 1


def test_the_focus_shows_in_the_colours_of_the_reader(forced):
    page = forced(EVENING)
    for _ in range(6):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in outline


# Less motion, and none that nobody asked for --------------------------------------------------------------------------


@main_states
def test_nothing_moves_for_who_asks_for_less_motion(browser, site, path):
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(site + path)
        assert page.evaluate(drawn.MOVING) == []


@pytest.mark.parametrize("width", [1280, 360])
@main_states
def test_nothing_moves_while_a_page_loads_even_where_its_script_is_late(browser, site, path, width):
    with browser.new_context(viewport={"width": width, "height": 1800}) as context:
        page = context.new_page()
        page.route("**/*.js", late)
        page.goto(site + path)
        assert page.evaluate(drawn.SHIFTED) == []


def late(route: Route) -> None:
    time.sleep(0.15)
    route.continue_()
