"""The pages of what a call changes, in a browser: axe, small screens, large text, the keyboard alone, paper."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.indexer.given import HOUR, tables
from tests.pages import serving, world
from tests.pages.test_browser import focused, scrolling_sideways, until
from tests.pages.test_orienting import OFFER, PATH, SEARCH, Site

CARD = f"/offres/{OFFER}"
RESULTS = {"results": SEARCH, "a table": f"{SEARCH}&view=table", "a slot that is gone": f"{PATH}?slot=1-cabinet"}
STATES = {"a card": CARD, "to orient": PATH, "the list": "/orientations", **RESULTS}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Claire with three créneaux and a plage for many."""
    with tables(f"sqlite:///{tmp_path_factory.mktemp('orienting')}/a.db") as database:
        claire = Site(database)
        for hours in range(1, 4):
            claire.given.slot(start=world.AT + hours * HOUR, end=world.AT + hours * HOUR + 900)
        claire.plage(200)
        with serving.served(claire.app) as address:
            yield address


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_from_the_card_to_the_list(opened, violations, width):
    found: dict[str, list[str]] = {}
    page = opened(CARD, width, script=True)
    with page.expect_navigation():
        page.click("#appel button[value=no_answer]")
    found["card that was called"] = violations(page)
    page.click("text=Orienter un patient")
    page.wait_for_url(f"**{PATH}**")
    found["form"] = violations(page)
    with page.expect_navigation():
        page.eval_on_selector("form.sheet", "form => { form.noValidate = true; form.requestSubmit(); }")
    assert page.locator("h1").inner_text() != "Orienter un patient"
    found["fault"] = violations(page)
    page.locator("input[name=slot]").first.check()
    with page.expect_navigation():
        page.click("text=Orienter ici")
    assert page.locator("h1").inner_text() == "L’orientation est enregistrée"
    found["thanks"] = violations(page)
    page.click("text=Orientations")
    page.wait_for_url("**/orientations")
    assert page.locator(".line").count() >= 1
    found["list"] = violations(page)
    assert [name for name, each in found.items() if each] == []


@pytest.mark.parametrize("path", RESULTS.values(), ids=RESULTS)
def test_axe_finds_nothing_from_the_results_to_the_slot_that_they_show(opened, violations, path):
    assert violations(opened(path, 360, script=True)) == []


@pytest.mark.parametrize("path", STATES.values(), ids=STATES)
def test_nothing_scrolls_sideways_on_a_phone_nor_with_text_at_200_percent(browser, site, path):
    assert scrolling_sideways(browser, site + path) == []


def test_a_patient_is_sent_and_called_off_by_keyboard(opened):
    page = opened(CARD)
    until(page, f"a.button[href*='{PATH}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PATH}**")
    until(page, "input[name=slot]")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "L’orientation est enregistrée"
    until(page, "button[value=cancelled]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator(".line:has-text('Orientation annulée')").count() == 1


def test_the_slot_of_a_result_is_reached_by_keyboard_and_taken_by_one_button(opened):
    page = opened(SEARCH)
    until(page, "a.pick")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{PATH}**")
    assert page.locator("input[name=slot]:checked").count() == 1
    with page.expect_navigation():
        page.click("text=Orienter ici")
    assert page.locator("h1").inner_text() == "L’orientation est enregistrée"


def test_what_a_call_gave_is_said_by_keyboard(opened):
    page = opened(CARD)
    until(page, "button[value=refused]")
    assert focused(page) == "A refusé"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "a refusé" in page.locator("#appel-titre").inner_text()


def test_every_target_is_wide_enough_for_a_finger_and_touches_no_other(opened):
    boxes = [each.bounding_box() for each in opened(CARD, width=360).locator("#appel button").all()]
    assert min(box["height"] for box in boxes) >= 24
    rows = sorted({box["y"]: box["height"] for box in boxes}.items())
    assert all(top + height < following for (top, height), (following, _) in pairwise(rows))


def test_paper_has_the_card_without_the_buttons_of_a_call(opened):
    page = opened(CARD)
    page.emulate_media(media="print")
    assert page.locator(".phone").first.is_visible()
    assert not page.locator("#appel").is_visible()
    assert not page.locator("a.button").is_visible()
