"""The pages of a professional's place in a browser: axe, the keyboard alone, small screens, without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from models.offer import offer_id
from models.store import writing
from models.tables import Orientation
from registry import absences, agenda
from registry.absences import Period
from tests.indexer.given import JEAN, tables
from tests.pages import serving, world
from tests.pages.test_browser import focused, scrolling_sideways, until
from tests.pages.test_space import DAY, HERE, OFFER, OTHER, PATH, SUBJECT, THERE, TODAY, Space, claire
from tests.registry.test_orientations import wanted as orientation
from tests.registry.test_recurrence import draft

OF_AN_EDITOR = f"/espace/{offer_id(f'p:{JEAN}', 'tech:R9')}/agenda"
STATES = {
    "a long week with an absence, patients who are expected and who came": PATH,
    "an empty week": f"{PATH}?semaine=2026-11-16",
    "a week elsewhere, after a change": f"/espace/{OTHER}/agenda?fait=ajoutee&conseil=1",
    "a week of an editor": OF_AN_EDITOR,
    "to add": f"{PATH}/ajouter",
    "to change": f"{PATH}/weekly?jour=2026-11-24",
    "read only": f"{OF_AN_EDITOR}/ajouter",
    "absences": f"{PATH}/absences",
    "information": f"{PATH}/information",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Claire's two places, with a day of thirty plages that overlap; Jean, whose slots an editor gives."""
    with tables(f"sqlite:///{tmp_path_factory.mktemp('space')}/a.db") as database:
        claire(database)
        space = Space(database)
        jean = space.given.practice(JEAN, "tech:R9")
        space.given.feed(jean)
        with writing(database) as connection:
            weekly = draft(
                first_day=TODAY + DAY, weekdays=(1, 3), modalities=("cabinet", "teleconsultation", "domicile")
            )
            agenda.create(connection, HERE, weekly, world.AT, "weekly")
            for number in range(30):
                overlapping = draft(first_day=TODAY + 2 * DAY, starts=number * 15, ends=720 + number * 15)
                agenda.create(connection, HERE, overlapping, world.AT)
            agenda.create(connection, THERE, draft(first_day=TODAY + DAY), world.AT)
            agenda.inform(connection, HERE, "Sonner deux fois.\n" + "x" * 300, world.AT)
            absences.declare(connection, HERE, [Period(TODAY + 3 * DAY, TODAY + 4 * DAY)], world.AT)
        for number, hours in enumerate((-5, 2, 6)):
            when = world.AT + hours * 3_600
            sent = orientation(number, kind="en_sus", subject=SUBJECT, slot_start=when, slot_end=when)
            space.given.add(Orientation, **sent.model_dump())
        with serving.served(space.client.app) as address:
            yield address


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", STATES.values(), ids=STATES)
def test_axe_finds_nothing(opened, violations, path, width):
    assert violations(opened(path, width, script=True)) == []


@pytest.mark.parametrize("path", STATES.values(), ids=STATES)
def test_nothing_scrolls_sideways_on_a_phone_nor_with_text_at_200_percent(browser, site, path):
    assert scrolling_sideways(browser, site + path) == []


def tops(page: Page) -> set[float]:
    return {box["y"] for each in page.locator(".day").all() if (box := each.bounding_box())}


def test_a_week_is_seven_columns_where_there_is_room_and_a_list_by_day_on_a_phone(opened):
    assert len(tops(opened(PATH))) == 1
    assert len(tops(opened(PATH, width=360))) == 7


def test_every_target_is_wide_enough_for_a_finger(opened):
    page = opened(PATH, width=360)
    small = [
        each.inner_text()
        for each in page.locator("main :is(a, button):visible").all()
        if (box := each.bounding_box()) and min(box["height"], box["width"]) < 24
    ]
    assert small == []


def test_an_entry_is_added_changed_removed_and_put_back_by_keyboard_alone_without_a_script(opened):
    page = opened(f"/espace/{OTHER}/agenda?semaine=2026-12-07")
    until(page, ".day:nth-child(2) a.plus")
    page.keyboard.press("Enter")
    until(page, "#f-capacity")
    page.keyboard.type("3")
    until(page, "#f-starts")
    page.keyboard.type("18:30")
    until(page, "#f-ends")
    page.keyboard.type("19:00")
    until(page, "[name=weekday-1]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**fait=ajoutee**")
    assert "18:30–19:00" in page.locator(".day:nth-child(2)").inner_text()
    until(page, ".day:nth-child(2) .entry a")
    page.keyboard.press("Enter")
    until(page, "form[aria-label=Supprimer] [name=scope]")
    page.keyboard.press("ArrowDown")
    until(page, "form[aria-label=Supprimer] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**fait=supprimee**")
    assert page.locator(".entry").count() == 0
    until(page, "button:has-text('Annuler')")
    page.keyboard.press("Enter")
    page.wait_for_url("**fait=retablie**")
    assert page.locator(".entry").count() == 1


def test_what_is_wrong_takes_the_focus_and_leads_to_its_field(opened, violations):
    page = opened(f"{PATH}/ajouter", width=360)
    page.select_option("#f-starts", "20:00")
    page.select_option("#f-ends", "18:00")
    page.check("[name=weekday-2]")
    page.click("main form button")
    page.wait_for_selector("#erreurs:focus")
    page.keyboard.press("Tab")
    assert focused(page) == "Fin"
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-ends:target")
    assert page.locator("#f-starts").input_value() == "20:00"
    assert page.locator("[name=weekday-2]").is_checked()
    assert violations(page) == []


def test_the_count_of_the_information_follows_what_is_typed(opened):
    page = opened(f"{PATH}/information", script=True)
    page.fill("#f-information", " é" * 600)
    expect(page.locator("#compteur")).to_have_text("1\u202f199")


def test_an_offer_identifier_of_somebody_else_leads_nowhere(opened):
    page = opened(f"/espace/{OFFER[:-1]}z/agenda")
    assert page.title().startswith("Introuvable")
