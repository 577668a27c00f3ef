"""What a screen reader reads, and in which order: headings, landmarks, focus, and the tree of accessibility.

The trees are kept in `snapshots/`, without the addresses of links; `--update-snapshots` writes them again when they
change on purpose.
"""

from itertools import pairwise
from pathlib import Path

import pytest

from tests.pages import world
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
EVERY = pytest.mark.parametrize("path", STATES.values(), ids=STATES.keys())
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter(each => each.checkVisibility()).map(each => Number(each.tagName[1]))"""
LANDMARKS = """() => [...document.querySelectorAll("nav, aside, section, form, [role=search], [role=region]")]
    .map(each => [each.tagName, each.ariaLabel
        || document.getElementById(each.getAttribute("aria-labelledby"))?.textContent.trim() || ""])"""
STOPS = """() => {
    const here = document.activeElement;
    window.before ??= [];
    const moved = window.before.at(-1)?.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_PRECEDING;
    window.before.push(here);
    return here === document.body ? "end" : moved ? `back to ${here.outerHTML.slice(0, 200)}` : "on";
}"""


@EVERY
def test_headings_begin_with_one_of_the_first_level_and_skip_none(opened, path):
    levels = opened(path, script=True).evaluate(HEADINGS)
    assert levels.count(1) == 1
    assert [(before, after) for before, after in pairwise(levels) if after > before + 1] == []


@EVERY
def test_landmarks_are_named_and_no_two_of_a_kind_alike(opened, path):
    landmarks = [tuple(each) for each in opened(path, script=True).evaluate(LANDMARKS)]
    assert [each for each in landmarks if not each[1]] == []
    assert len(set(landmarks)) == len(landmarks)


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
    lines = opened(path, script=True).locator(selector).aria_snapshot().splitlines(keepends=True)
    tree = "".join(line for line in lines if "- /url: " not in line) + "\n"
    file = SNAPSHOTS / f"{name}.yaml"
    if request.config.getoption("--update-snapshots", default=False):
        file.parent.mkdir(exist_ok=True)
        file.write_text(tree)
    assert tree == file.read_text(), "python -m pytest tests/pages --update-snapshots"


def test_every_tree_that_is_kept_is_one_of_these():
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(TREES)
