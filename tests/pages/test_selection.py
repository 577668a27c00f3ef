"""Cards that are picked: kept across the pages of a search, then copied, printed, kept as a file or as a link."""

import csv
import io
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from models.codes import Viewer
from search_api.csv_rows import HEADERS
from tests.pages import serving, world
from tests.pages.conftest import client, read
from tests.pages.test_browser import EVENING, TABLE

OFFERS = world.offers()
FIRST, SECOND = OFFERS[43], OFFERS[1]
GONE = "p810100000000-0123456789ab"
PICKED = f"picked={FIRST.id}&picked={SECOND.id}"


def picked(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get("picked", [])


# The link ------------------------------------------------------------------------------------------------------------


def test_what_is_picked_stays_in_the_links_of_the_search_and_in_its_form(visit):
    page = visit(f"{EVENING}&{PICKED}").page
    for words in ("Tableau", "Le plus proche", "×Retirer : À domicile"):
        assert picked(page.href(words)) == [FIRST.id, SECOND.id]
    hidden = [
        each.attributes["value"] for each in page.all("input", name="picked") if each.attributes["type"] == "hidden"
    ]
    assert {FIRST.id, SECOND.id} <= set(hidden)
    assert not picked(page.href("Tout retirer"))


@pytest.mark.parametrize("value", ["<script>", "x", f"{FIRST.id}'", "p1-0123", "é" * 40, f"{FIRST.id}/../.."])
def test_what_names_no_card_is_not_picked(visit, value):
    assert not picked(visit(f"{EVENING}&picked={value}").path)
    assert visit(f"/selection?picked={value}").path == "/selection"


def test_a_card_is_picked_once_and_fifty_at_most(visit):
    many = "&".join(f"picked=p8{number}-0123456789ab" for number in range(60))
    assert len(picked(visit(f"{EVENING}&{many}").path)) == 50
    assert "50 fiches choisies, le plus possible" in visit(f"{EVENING}&{many}").page.text
    assert picked(visit(f"{EVENING}&{PICKED}&{PICKED}").path) == [FIRST.id, SECOND.id]


def test_a_search_asks_the_same_whatever_is_picked(visit):
    bare, with_some = visit(EVENING).page, visit(f"{EVENING}&{PICKED}").page
    assert [card.text for card in bare.cards] == [card.text for card in with_some.cards]


def test_a_request_for_nothing_but_cards_is_the_home_page(visit):
    assert visit(f"/recherche?{PICKED}").path == "/"


# The page ------------------------------------------------------------------------------------------------------------


def test_the_selection_shows_the_cards_in_the_order_they_were_picked(visit):
    page = visit(f"/selection?{PICKED}").page
    assert page.one("h1").text == "2 fiches choisies"
    assert visit("/selection").page.one("h1").text == "Aucune fiche choisie"
    assert [card.text.split()[2] for card in page.cards] == [
        str(offer.person.given_name if offer.person else "").title() for offer in (FIRST, SECOND)
    ]


def test_distances_are_those_of_the_request_and_the_link_to_send_holds_the_cards_only(visit):
    page = visit(f"/selection?{EVENING.partition('?')[2]}&{PICKED}").page
    assert " km " in page.text
    assert page.href("Lien à garder ou à envoyer") == f"/selection?{PICKED}"
    assert page.href("← Retour aux résultats") == f"{EVENING}&{PICKED}"
    assert " km " not in visit(f"/selection?{PICKED}").page.text


def test_a_request_that_cannot_be_asked_any_more_loses_its_distances_only(visit):
    page = visit(f"/selection?address=Nullepart-les-Bains&radius_km=x&{PICKED}").page
    assert len(page.cards) == 2


def test_a_card_is_removed_from_the_selection(visit):
    page = visit(f"/selection?{PICKED}").page
    name = page.all("h2")[0].text
    left = visit(page.href(f"Retirer {name}"))
    assert picked(left.path) == [SECOND.id]


def test_cards_that_are_gone_are_said(visit):
    assert "1 fiche choisie n’existe plus." in visit(f"/selection?{PICKED}&picked={GONE}").page.text
    assert "2 fiches choisies n’existent plus." in visit(f"/selection?picked={GONE}&picked={GONE[:-1]}c").page.text


def test_who_objected_is_in_no_selection(engine):
    app = serving.application(engine, suppressed=lambda: frozenset({FIRST.subject}))
    visitor = TestClient(app, raise_server_exceptions=False)
    assert len(read(visitor, f"/selection?{PICKED}").page.cards) == 1
    assert FIRST.id not in visitor.get(f"/selection.csv?{PICKED}").text


def test_an_empty_selection_says_how_to_pick(visit):
    empty = visit("/selection")
    assert empty.status == 200
    assert "cochez « Choisir »" in empty.page.text


def test_the_text_has_a_line_a_card_with_its_telephones(visit):
    lines = visit(f"/selection?{PICKED}").page.one("textarea").text
    assert lines.count(" – ") >= 4
    assert "04 78 20 00 43" in lines


def test_the_public_sees_no_reserved_slot_in_a_selection(visit):
    assert "Participe au SAS" in visit(f"/selection?{PICKED}").page.text
    assert "Participe au SAS" not in visit(f"/selection?{PICKED}", Viewer.PUBLIC).page.text


def test_the_file_has_a_line_a_card(engine):
    response = client(engine).get(f"/selection.csv?{PICKED}&picked={GONE}")
    rows = list(csv.reader(io.StringIO(response.text.lstrip("\ufeff")), delimiter=";"))
    assert rows[0] == list(HEADERS)
    assert [row[0] for row in rows[1:]] == [FIRST.id, SECOND.id]
    assert response.headers["content-disposition"].startswith('attachment; filename="selection-annuaire-soins-')


def test_html_in_a_name_is_text():
    hostile = world.structure(31, Random(1), "</textarea><script>alert(1)</script>", "603", world.VILLEURBANNE)
    page = read(client(serving.engine_of([hostile])), f"/selection?picked={hostile.id}").page
    assert not page.foreign
    assert page.one("textarea").text.startswith("</textarea><script>")


# In a browser --------------------------------------------------------------------------------------------------------


def test_without_javascript_the_form_keeps_what_is_picked_and_shows_it(opened):
    page = opened(EVENING)
    page.locator(".card input[name=picked]").nth(1).check()
    page.click("text=Garder ces choix")
    page.wait_for_url("**picked=**")
    page.locator(".card input[name=picked]").nth(0).check()
    page.click("text=Voir la sélection")
    page.wait_for_url("**/selection?**")
    assert page.locator(".card").count() == 2


def test_with_javascript_a_bar_comes_with_the_first_card_and_nothing_moves(opened):
    page = opened(EVENING, script=True)
    bar, third = page.locator("#choix"), page.locator(".card").nth(2)
    before = third.bounding_box()
    assert not bar.is_visible()
    page.locator(".card input[name=picked]").first.check()
    assert bar.is_visible()
    assert bar.locator("b").inner_text() == "1 fiche choisie"
    assert third.bounding_box() == before


@pytest.mark.parametrize("path", [EVENING, TABLE])
def test_with_javascript_what_is_picked_follows_to_other_pages_and_back(opened, path):
    page = opened(path, script=True)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert len(picked(page.evaluate("location.href"))) == 2
    page.click(".order a:has-text('Le plus tôt')")
    page.wait_for_url("**order=soonest**")
    assert len(picked(page.evaluate("location.href"))) == 2
    page.go_back()
    expect(page.locator("input[name=picked]:checked")).to_have_count(2)
    page.click("text=Voir la sélection")
    page.wait_for_url("**/selection?**")
    assert page.locator(".card").count() == 2


def test_with_javascript_a_card_is_left_and_another_request_forgets_it(opened):
    page = opened(f"{EVENING}&picked={FIRST.id}", script=True)
    page.locator(f"input[type=checkbox][value='{FIRST.id}']").first.uncheck()
    assert not picked(page.evaluate("location.href"))
    assert not page.locator("#choix").is_visible()
    with page.expect_navigation():
        page.locator("#f-address").press("Enter")
    assert not picked(page.evaluate("location.href"))


def test_with_javascript_one_card_too_many_is_left_at_once(opened):
    many = "&".join(f"picked=p8{number}-0123456789ab" for number in range(49))
    page = opened(f"{EVENING}&{many}", script=True)
    first, second = (page.locator(".card input[name=picked]").nth(at) for at in (0, 1))
    first.check()
    expect(page.locator("#choix b")).to_have_text("50 fiches choisies, le plus possible")
    second.click()
    expect(second).not_to_be_checked()
    assert len(picked(page.evaluate("location.href"))) == 50
    first.uncheck()
    second.check()
    expect(page.locator("#choix b")).to_have_text("50 fiches choisies, le plus possible")


def test_names_and_telephones_are_copied(opened):
    page = opened(f"/selection?{PICKED}", script=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("text=Copier noms et téléphones")
    page.wait_for_selector("text=Copié.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "04 78 20 00 43" in copied
    assert len(copied.splitlines()) == 2
    page.click("text=Copier le lien")
    while not page.evaluate("navigator.clipboard.readText()").startswith("http"):
        page.wait_for_timeout(50)


def test_where_copying_is_refused_the_text_is_selected(opened):
    page = opened(f"/selection?{PICKED}", script=True)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.click("text=Copier noms et téléphones")
    page.wait_for_selector("text=Le navigateur refuse de copier")
    assert page.evaluate("getSelection().toString() || document.activeElement.value").count("04 78") >= 1


def test_the_selection_is_printed_with_its_button(opened):
    page = opened(f"/selection?{PICKED}", script=True)
    page.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    page.get_by_role("button", name="Imprimer").click()
    assert page.evaluate("window.printed") == 1
    assert not opened(f"/selection?{PICKED}").locator("[data-print]").is_visible()


def test_print_has_names_and_telephones_and_no_control(opened):
    page = opened(f"/selection?{PICKED}")
    page.emulate_media(media="print")
    assert page.locator(".card .phone").first.is_visible()
    for control in (".take", ".pick", ".as-text", ".back"):
        assert not page.locator(control).first.is_visible()
