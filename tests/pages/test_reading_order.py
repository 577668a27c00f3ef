"""What a screen reader reads, and in which order: headings, landmarks, focus, and the tree of accessibility.

The trees are kept in `snapshots/`, without the addresses of links; `--update-snapshots` writes them again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.pages import heard, world
from tests.pages.test_browser import EVENING, OFFER, STATES, TABLE

SNAPSHOTS = Path(__file__).parent / "snapshots"
PERSON = world.offers()[43].name
TREES = {
    "start": ("/", ".answer"),
    "one": (f"/recherche?text={PERSON}&specialty=SM54&address=Villeurbanne", ".answer"),
    "table": (
        f"/recherche?text={PERSON}&specialty=SM54&address=Villeurbanne&approximate_limit=1&view=table",
        ".answer",
    ),
    "nothing-at-all": (STATES["nobody at all"], ".answer"),
    "faults": (STATES["faults"], ".answer"),
    "offer": (f"/offres/{OFFER}", "main"),
    "selection": (f"/selection?picked={OFFER}", "main"),
    "frame": ("/accessibilite", "body"),
}
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(each => each.checkVisibility()).map(each => Number(each.tagName[1]))"""
LANDMARKS = """() => [...document.querySelectorAll("nav, aside, section, form, [role=search], [role=region]")]
    .map(each => [each.tagName, each.ariaLabel
        || document.getElementById(each.getAttribute("aria-labelledby"))?.textContent.trim() || ""])"""
TOPS = """() => [...document.querySelectorAll('main h1, main h2, main .rung > summary, main .card')]
    .filter(each => each.checkVisibility() && !each.matches('.vh')).map(each => each.getBoundingClientRect().top)"""
STOPS = """() => {
    const here = document.activeElement;
    window.before ??= [];
    const moved = window.before.at(-1)?.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_PRECEDING;
    window.before.push(here);
    return here === document.body ? "end" : moved ? `back to ${here.outerHTML.slice(0, 200)}` : "on";
}"""


@dataclass(frozen=True)
class Read:
    """What several rules are about: all that is heard of a page, the levels of its headings, its named parts."""

    path: str
    tree: list[heard.Heard]
    headings: list[int]
    landmarks: list[tuple[str, str]]


@pytest.fixture(scope="module", params=STATES.values(), ids=STATES.keys())
def state(browser: Browser, site: str, request: pytest.FixtureRequest) -> Read:
    """Each state in turn, opened once for all its rules."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(site + request.param)
        landmarks = [(kind, name) for kind, name in page.evaluate(LANDMARKS)]
        return Read(request.param, heard.heard(page.locator("body")), page.evaluate(HEADINGS), landmarks)


def test_headings_begin_with_one_of_the_first_level_and_skip_none(state):
    assert state.headings.count(1) == 1
    assert [(before, after) for before, after in pairwise(state.headings) if after > before + 1] == []


def test_landmarks_are_named_and_no_two_of_a_kind_alike(state):
    assert [each for each in state.landmarks if not each[1]] == []
    assert len(set(state.landmarks)) == len(state.landmarks)


def test_everything_is_in_a_landmark_but_the_way_past_them(state):
    outside = [each for each in state.tree if not each.depth and each.role not in heard.LANDMARKS]
    past = [] if _is_widget(state.path) else ["link"]  # a widget has nothing to go past
    assert [each.role for each in outside] == past
    assert all(each.name.startswith("Aller au") for each in outside)


def _is_widget(path: str) -> bool:
    return path.startswith("/widget?")


def test_every_control_has_a_name(state):
    assert [each for each in state.tree if each.role in heard.CONTROLS and not each.name] == []


def test_the_title_is_the_first_heading_that_is_heard(state):
    assert next(each.level for each in state.tree if each.role == "heading") == 1


@pytest.mark.parametrize("script", [False, True], ids=["without a script", "with it"])
@pytest.mark.parametrize("path", [TREES["one"][0], TREES["table"][0], "/", STATES["a selection"], TREES["offer"][0]])
def test_links_and_controls_have_the_focus_in_the_order_in_which_they_are_heard(opened, path, script):
    page = opened(path, script=script)
    page.wait_for_load_state("networkidle")
    controls = [(each.role, each.name) for each in heard.heard(page.locator("body")) if each.role in heard.CONTROLS]
    assert [each for each in focused_in_turn(page) if each[0] in heard.CONTROLS] == controls


def focused_in_turn(page: Page) -> Iterator[tuple[str, str]]:
    """The role and the name of what has the focus, Tab after Tab, from the way past landmarks to the last stop."""
    page.locator(".skip").first.focus()
    for _ in range(200):
        stop = page.locator(":focus")
        yield from ((each.role, each.name) for each in heard.heard(stop)[:1])
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('body, body > .skip')"):
            return
    raise AssertionError("the focus never comes to the end")


@pytest.mark.parametrize("width", [1280, 640, 320])
@pytest.mark.parametrize("path", [EVENING, STATES["nothing exact"], STATES["a selection"], TREES["offer"][0], "/aide"])
def test_what_is_heard_later_is_not_seen_higher(opened, path, width):
    tops = opened(path, width=width).evaluate(TOPS)
    assert len(tops) > 2
    assert tops == sorted(tops)


@pytest.mark.parametrize("path", [EVENING, TABLE, "/", STATES["faults"], f"/offres/{OFFER}", "/aide/regulation"])
def test_the_focus_goes_in_the_order_of_reading(opened, path):
    page = opened(path, script=True)
    page.evaluate("document.activeElement.blur()")
    stops = []
    while len(stops) < 60 and (not stops or stops[-1] == "on"):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(STOPS))
    assert stops[-1] in {"on", "end"}, stops[-1]
    assert len(stops) > 3


def test_a_card_says_who_then_how_far_and_whom_to_call_then_what_is_missed_then_why(visit):
    for card in visit(EVENING).page.cards:
        said = [card.text.find(words) for words in ("Appeler le", "Choisir", "Pourquoi ici")]
        assert said == sorted(said)
        assert -1 not in said


@pytest.mark.parametrize("name", TREES)
def test_the_tree_of_accessibility_is_the_one_that_was_reviewed(opened, request, name):
    path, selector = TREES[name]
    tree = heard.text(opened(path, script=True).locator(selector))
    file = SNAPSHOTS / f"{name}.yaml"
    if request.config.getoption("--update-snapshots", default=False):
        file.write_text(tree)
    reviewed = file.read_text()
    changed = unified_diff(reviewed.splitlines(), tree.splitlines(), "reviewed", "now", lineterm="")
    assert tree == reviewed, "\n".join(["python -m pytest tests/pages --update-snapshots", *changed])


def test_every_tree_that_is_kept_is_one_of_these():
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(TREES)
