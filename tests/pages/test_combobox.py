"""Suggestions of the text box and of the place box, in a real browser."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.pages import drawn
from tests.pages.test_browser import EVENING

LIST = "#f-text-liste"
PLACES = "#f-address-liste"
TEXT = "#f-text"
PLACE = "#f-address"
BOXES = """() => [...document.querySelectorAll('form[data-counts] :not(.n), .card, .foot')]
    .filter(each => each.checkVisibility())
    .map(each => [each.tagName, ...Object.values(each.getBoundingClientRect().toJSON())])"""
EVIL = "<img src=x onerror=document.title='taken'>"


def typed(page: Page, box: str, letters: str) -> None:
    """Letters in a box, and the list that they open."""
    page.locator(box).fill("")
    page.locator(box).press_sequentially(letters)
    expect(page.locator(f"{box}-liste")).to_be_visible()


def labels(page: Page, box: str) -> list[str]:
    return page.locator(f"{box}-liste [role=option]").all_inner_texts()


def test_letters_open_a_list_by_kind_which_is_said(opened):
    page = opened("/", script=True)
    typed(page, TEXT, "ma")
    box = page.locator(TEXT)
    assert "Masseur-kinésithérapeute" in labels(page, TEXT)
    assert "Professions" in page.locator(f"{LIST} .heading").all_inner_texts()
    assert box.get_attribute("aria-expanded") == "true"
    assert box.get_attribute("aria-activedescendant") is None
    assert page.locator(f"{LIST} + [role=status]").inner_text().endswith("suggestions")


def test_a_reader_of_the_screen_hears_a_combobox_and_its_groups(opened):
    page = opened("/", script=True)
    typed(page, PLACE, "villeurb")
    page.press(PLACE, "ArrowDown")
    heard = page.locator(".bar").aria_snapshot()
    assert 'combobox "Adresse ou commune" [expanded]' in heard
    assert 'group "Communes"' in heard
    assert 'option "Villeurbanne (69)" [selected]' in heard


def test_the_text_box_suggests_no_place_and_the_place_box_no_trade(opened):
    page = opened("/", script=True)
    typed(page, PLACE, "lyon")
    assert set(page.locator(f"{PLACES} .heading").all_inner_texts()) <= {"Communes", "Départements", "CPTS", "Adresses"}
    page.press(PLACE, "Escape")
    typed(page, TEXT, "mar")
    assert not {"Communes", "CPTS"} & set(page.locator(f"{LIST} .heading").all_inner_texts())


def test_arrows_go_round_by_the_box_itself(opened):
    page = opened("/", script=True)
    typed(page, PLACE, "villeurb")
    count = len(labels(page, PLACE))
    active = []
    for _ in range(count + 2):
        page.press(PLACE, "ArrowDown")
        active.append(page.locator(PLACE).get_attribute("aria-activedescendant"))
    assert active[0] == active[-1] == "f-address-liste-1"
    assert active[count] is None
    page.press(PLACE, "ArrowUp")
    page.press(PLACE, "ArrowUp")
    assert page.locator(PLACE).get_attribute("aria-activedescendant") == f"f-address-liste-{count}"
    assert page.evaluate("document.activeElement.id") == "f-address"


def test_enter_takes_the_active_place_and_enter_again_asks(opened):
    page = opened("/", script=True)
    typed(page, PLACE, "villeurb")
    page.press(PLACE, "ArrowDown")
    page.press(PLACE, "Enter")
    assert page.input_value(PLACE) == "Villeurbanne (69)"
    assert page.url.endswith("/")
    expect(page.locator(PLACES)).to_be_hidden()
    page.press(PLACE, "Enter")
    page.wait_for_url("**/recherche?address=Villeurbanne*69*")


def test_enter_without_an_active_suggestion_sends_what_is_typed(opened):
    page = opened("/", script=True)
    typed(page, PLACE, "Bron")
    page.press(PLACE, "Enter")
    page.wait_for_url("**/recherche?address=Bron")


def test_escape_and_tab_close_the_list_and_choose_nothing(opened):
    page = opened("/", script=True)
    for key in ("Escape", "Tab"):
        typed(page, PLACE, "villeurb")
        page.press(PLACE, "ArrowDown")
        page.press(PLACE, key)
        expect(page.locator(PLACES)).to_be_hidden()
        assert page.input_value(PLACE) == "villeurb"
        assert page.locator(PLACE).get_attribute("aria-expanded") == "false"


def test_a_code_waits_for_a_place_as_a_chip_and_the_next_key_is_of_the_place(opened):
    page = opened("/", script=True)
    typed(page, TEXT, "généraliste")
    page.press(TEXT, "ArrowDown")
    page.press(TEXT, "Enter")
    assert page.input_value(TEXT) == ""
    assert page.evaluate("document.activeElement.id") == "f-address"
    assert page.locator(".bar .chips .said").all_inner_texts() == ["Médecine générale"]
    page.keyboard.type("Bron")
    page.keyboard.press("Enter")
    page.wait_for_url("**/recherche?specialty=SM54&address=Bron")
    assert page.locator(".chips .said").all_inner_texts() == ["Bron", "Médecine générale"]


def test_a_code_that_waits_is_left_by_its_chip(opened):
    page = opened("/", script=True)
    typed(page, TEXT, "généraliste")
    page.locator(f"{LIST} [role=option]").first.click()
    page.locator(".bar .chips button").click()
    assert page.locator(".bar .chips li").count() == 0
    assert not page.locator("input[name=specialty][value=SM54]").is_checked()
    assert page.evaluate("document.activeElement.id") == "f-text"


def test_a_code_is_asked_at_once_where_a_place_is_and_the_rest_of_the_request_stays(opened):
    page = opened(EVENING, script=True)
    typed(page, TEXT, "kin")
    page.locator(f"{LIST} [role=option]", has_text="kinésithérapeute").first.click()
    page.wait_for_url("**/recherche?profession=70&specialty=SM54&address=Villeurbanne&modality=domicile&from=**")


def test_a_name_fills_the_box(opened):
    page = opened("/", script=True)
    typed(page, TEXT, "martel")
    page.locator(f"{LIST} [role=option]", has_text="MARTEL").first.click()
    assert "MARTEL" in page.input_value(TEXT)
    assert page.evaluate("document.activeElement.id") == "f-text"


@pytest.mark.parametrize(
    ("letters", "asked"), [("cpts est", "cpts=690000200"), ("rhône", "departement=69")], ids=["cpts", "departement"]
)
def test_a_territory_takes_the_place_of_every_other_place_at_once(opened, letters, asked):
    page = opened("/recherche?specialty=SM54&address=Bron&radius_km=5", script=True)
    typed(page, PLACE, letters)
    page.locator(f"{PLACES} :is([id$=cpts], [id$=departement]) + [role=option]").first.click()
    page.wait_for_url(f"**/recherche?specialty=SM54&{asked}")


def test_html_in_a_name_is_text(opened):
    page = opened("/", script=True)
    found = {
        "suggestions": [
            dict.fromkeys(("label", "value", "detail"), EVIL) | {"kind": "professional", "parameter": "text"}
        ]
    }
    page.route("**/api/v1/suggest?**", lambda route: route.fulfill(json=found))
    typed(page, TEXT, "evil")
    assert labels(page, TEXT) == [f"{EVIL} {EVIL}"]
    assert page.locator(f"{LIST} img").count() == 0
    page.locator(f"{LIST} [role=option]").click()
    assert page.input_value(TEXT) == EVIL
    assert "taken" not in page.title()


def wait_for(page: Page, held: list[Route]) -> None:
    """Wait until something was asked, and is held back."""
    while not held:
        page.wait_for_timeout(20)


def test_a_late_answer_never_takes_the_place_of_a_newer_one(opened):
    page = opened("/", script=True)
    held: list[Route] = []

    def late(route: Route) -> None:
        if "text=vi&" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/v1/suggest?**", late)
    page.locator(PLACE).press_sequentially("vi")
    wait_for(page, held)
    typed(page, PLACE, "bron")
    expect(page.locator(f"{PLACES} [role=option]").first).to_have_text("Bron (69)")
    held[0].abort()
    page.wait_for_timeout(200)
    assert labels(page, PLACE)[0] == "Bron (69)"


def test_an_answer_that_comes_after_the_box_was_left_opens_nothing(opened):
    page = opened("/", script=True)
    held: list[Route] = []
    page.route("**/api/v1/suggest?**", lambda route: held.extend([route]))
    page.locator(PLACE).press_sequentially("villeurb")
    wait_for(page, held)
    page.press(PLACE, "Tab")
    for route in held:
        route.continue_()
    page.wait_for_timeout(300)
    expect(page.locator(PLACES)).to_be_hidden()


@pytest.mark.parametrize("failing", ["500", "lost", "not JSON"])
def test_an_answer_that_fails_leaves_the_box_as_it_is(opened, failing):
    page = opened("/", script=True)
    answers = {
        "500": lambda route: route.fulfill(status=500),
        "lost": lambda route: route.abort(),
        "not JSON": lambda route: route.fulfill(body="<"),
    }
    page.route("**/api/v1/suggest?**", answers[failing])
    page.locator(PLACE).press_sequentially("Bron")
    page.wait_for_timeout(300)
    expect(page.locator(PLACES)).to_be_hidden()
    page.press(PLACE, "Enter")
    page.wait_for_url("**/recherche?address=Bron")


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_with_the_list_open_which_floats_and_stays_inside(opened, violations, width):
    page = opened("/", width=width, script=True)
    before = page.locator("h1").bounding_box()
    typed(page, TEXT, "ma")
    page.press(TEXT, "ArrowDown")
    assert page.locator("h1").bounding_box() == before
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []


def test_a_finger_chooses(browser, site):
    with browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(f"{site}/")
        typed(page, PLACE, "villeurb")
        page.locator(f"{PLACES} [role=option]").first.tap()
        assert page.input_value(PLACE) == "Villeurbanne (69)"


# Counts -------------------------------------------------------------------------------------------------------------


NEARBY = "/recherche?address=Villeurbanne&radius_km=5"


def test_the_values_of_a_facet_are_counted_when_it_is_opened(opened, visit):
    page = opened(NEARBY, script=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/facets?" in request.url else None)
    page.locator("#f-specialty").locator("xpath=..").locator("summary").click()
    counted = page.locator("#f-specialty .tick", has_text="Médecine générale").locator(".n")
    expect(counted).to_have_text("73")
    assert visit(f"{NEARBY}&specialty=SM54").page.one("h1").text.startswith("73 ")
    nobody = page.locator("#f-specialty .tick.nobody").first
    expect(nobody.locator(".n")).to_have_text("0")
    assert nobody.locator("input").is_enabled()
    assert ["facet=specialty" in url for url in asked].count(True) == 1


@pytest.mark.parametrize("width", [1280, 360])
def test_counts_that_come_late_move_nothing(opened, width):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = opened("/", width=width, height=9_000, script=True)  # where every list is seen at once
    page.route("**/api/v1/facets?**", hold)
    page.goto(page.url.rstrip("/") + NEARBY)
    page.evaluate("document.querySelectorAll('form[data-counts] details').forEach(each => each.open = true)")
    page.evaluate("document.querySelector('form[data-counts]').closest('details')?.setAttribute('open', '')")
    while len(held) < page.locator("[data-counted]").count():
        page.wait_for_timeout(50)
    before = page.evaluate(BOXES)
    for route in held:
        route.continue_()
    expect(page.locator("[data-counted] .n:empty")).to_have_count(0)
    assert page.evaluate(BOXES) == before
    assert len(before) > 100


def test_counts_that_do_not_come_leave_the_list_as_it_is(opened):
    page = opened("/recherche?address=Villeurbanne&radius_km=5", script=True)
    page.route("**/api/v1/facets?**", lambda route: route.fulfill(status=503))
    page.locator("#f-specialty").locator("xpath=..").locator("summary").click()
    page.wait_for_timeout(300)
    assert set(page.locator("#f-specialty .n").all_inner_texts()) == {""}
    page.check("input[name=specialty][value=SM54]")


def test_nothing_is_counted_where_nothing_is_asked(visit):
    assert "data-counts" not in visit("/").page.html
    assert "data-counts" not in visit("/recherche?address=Vileurbane").page.html


@pytest.mark.parametrize("path", ["/", EVENING])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_when_the_script_adds_its_pieces(opened, path, width):
    page = opened(path, width=width, script=True)
    lines = [{"href": f"/recherche?address=Bron&specialty=SM{n}", "words": f"Bron {n}"} for n in range(10, 18)]
    page.evaluate("lines => sessionStorage.setItem('annuaire.recent', JSON.stringify(lines))", lines)
    page.reload()
    assert page.evaluate(drawn.SHIFTED) == []
