"""The answer by time bands: what is in each cell, and how one goes between the list and the table."""

from random import Random

import pytest
from fastapi.testclient import TestClient

from models.codes import Viewer
from models.offer import AnsweredSource, Availability, Offer, SilentSource
from relevance.judge import first_band
from relevance.plan import BANDS_H, Plan
from tests.pages import serving, world
from tests.pages.conftest import client, read
from tests.pages.reading import Document, Element
from tests.pages.world import AT, HOUR, MIDNIGHT, MINUTE, creneau, doctor, plage

LIST = "/recherche?specialty=SM54&address=Villeurbanne"
NEAR = f"{LIST}&view=table"
CLOCKS_GO_BACK = 1_792_890_000
"""Sunday 25 October 2026: 3:00 in Paris becomes 2:00."""


def gp(*slots: Availability, **values) -> Offer:
    """A general practitioner at Villeurbanne, with these slots."""
    values.setdefault("place", world.place(world.VILLEURBANNE, 12, Random(1)))
    return doctor(1, Random(1), **{"availabilities": slots, "information": None, **values})


def shown(*offers: Offer, path: str = NEAR, viewer: Viewer = Viewer.REGULATION) -> Document:
    """The page of a search among these offers."""
    return read(client(serving.engine_of(offers), viewer), path).page


def cells(*slots: Availability, path: str = NEAR, **values) -> list[str]:
    """What each band of one offer says."""
    return [cell.text for cell in shown(gp(*slots, **values), path=path).all("td")]


def headers(page: Document) -> list[Element]:
    return page.all("th", scope="row")


EMPTY = "—aucun créneau connu"


# Cells --------------------------------------------------------------------------------------------------------------


def test_an_availability_is_in_the_band_where_it_starts_and_in_no_other():
    for band, (start, _) in enumerate(BANDS_H):
        found = cells(creneau(AT + start * HOUR, "cabinet"))
        assert [number for number, words in enumerate(found) if words != EMPTY] == [band]


@pytest.mark.parametrize("minutes", range(7, 72 * 60, 311))
def test_a_cell_is_the_band_that_ranks_the_offer(minutes):
    slot, plan = creneau(AT + minutes * MINUTE, "cabinet"), Plan(at=AT)
    found = cells(slot)
    assert [number for number, words in enumerate(found) if words != EMPTY] == [first_band((slot,), plan.horizon, AT)]


def test_a_cell_says_the_first_hour_of_each_modality_and_how_many_more():
    slots = (
        *(creneau(AT + minutes * MINUTE, "cabinet") for minutes in (18, 30, 45, 60)),
        creneau(AT + 50 * MINUTE, "domicile"),
        creneau(AT + 70 * MINUTE, "domicile"),
    )
    assert cells(*slots)[0] == "cabinet 18:00 +3 et 3 autres domicile 18:32 +1 et 1 autre"


def test_a_first_hour_that_is_not_for_everybody_says_for_whom_it_is():
    reserved = creneau(AT + 18 * MINUTE, "cabinet", audience="regulation")
    assert cells(reserved, creneau(AT + 30 * MINUTE, "cabinet"))[0] == "cabinet 18:00 régulation +1 et 1 autre"
    assert cells(creneau(AT + 10 * MINUTE, "cabinet"), reserved)[0] == "cabinet 17:52 +1 et 1 autre"


def test_a_plage_says_how_many_places_it_has_left():
    slots = (plage(AT + HOUR, AT + 3 * HOUR, "cabinet", left=1), plage(AT + 6 * HOUR, AT + 8 * HOUR, "domicile"))
    assert cells(*slots)[:2] == ["cabinet 18:42 (1 place)", "domicile 23:42 (4 places)"]


def test_a_row_says_how_long_ago_its_slots_were_checked_and_where_they_come_from():
    (row,) = headers(shown(gp(creneau(AT + HOUR, "cabinet", checked=300))))
    assert "vérifié il y a 5 h · Éditeur A" in row.text


def test_a_slot_of_two_modalities_counts_in_both():
    assert cells(creneau(AT + HOUR, "cabinet", "teleconsultation"))[0] == "cabinet 18:42 téléconsultation 18:42"


def test_a_plage_that_has_begun_is_in_the_first_band_and_says_so():
    found = cells(plage(MIDNIGHT + 16 * HOUR, MIDNIGHT + 23 * HOUR, "cabinet"), creneau(AT + HOUR, "cabinet"))
    assert found == ["cabinet en cours (4 places) +1 et 1 autre", *[EMPTY] * 5]


def test_a_plage_that_has_not_begun_is_where_it_starts_with_its_first_hour():
    found = cells(plage(AT + 3 * HOUR, AT + 9 * HOUR, "cabinet"))
    assert found == ["cabinet 20:42 (4 places)", *[EMPTY] * 5]


def test_the_modalities_asked_come_first_and_the_others_are_aside():
    slots = (creneau(AT + 4 * HOUR, "cabinet"), creneau(AT + 5 * HOUR, "domicile"))
    page = shown(gp(*slots), path=f"{LIST}&modality=domicile&view=table")
    assert page.all("td")[1].text == "domicile 22:42 cabinet 21:42"
    assert [aside.text for aside in page.all("p", class_="aside")] == ["cabinet 21:42"]
    assert not shown(gp(*slots)).all("p", class_="aside")


def test_two_modalities_asked_are_in_the_order_of_preference():
    slots = (creneau(AT + HOUR, "cabinet"), creneau(AT + 2 * HOUR, "domicile"))
    assert cells(*slots, path=f"{LIST}&modality=domicile&modality=cabinet&view=table")[0].startswith("domicile")


def test_a_cell_without_anything_says_what_is_known_of_it():
    silent = (SilentSource("editor", "Azur", AT - 240),)
    assert cells() == [EMPTY] * 6
    assert cells(slot_state="none") == ["—aucun agenda connu"] * 6
    unknown = cells(creneau(AT + HOUR, "cabinet"), slot_state="unknown", silent_sources=silent)
    assert unknown == ["cabinet 18:42", *["inconnucréneaux inconnus"] * 5]


def test_who_has_no_slot_is_said_with_when_they_said_so():
    azur = AnsweredSource("editor", "Azur", AT - 12 * 60)
    assert "vérifié il y a 12 min · Azur" in shown(gp(answered_sources=(azur,))).one("th", scope="row").text


def test_the_table_has_what_its_viewer_may_see_only():
    reserved = gp(creneau(AT + HOUR, "cabinet", audience="regulation"), creneau(AT + 2 * HOUR, "cabinet"))
    assert shown(reserved).all("td")[0].text == "cabinet 18:42 régulation +1 et 1 autre"
    assert shown(reserved, viewer=Viewer.PUBLIC).all("td")[0].text == "cabinet 19:42"


def test_hours_of_la_reunion_are_its_own():
    there = world.place(world.SAINT_DENIS, 8, Random(1))
    page = shown(gp(creneau(AT + HOUR, "cabinet"), place=there), path="/recherche?departement=974&view=table")
    assert page.all("td")[0].text == "cabinet 21:42"
    assert page.all("th", scope="col")[1].text == "0-4 h 20:42-demain 00:42"
    assert "heures locales" in headers(page)[0].text


# Headers ------------------------------------------------------------------------------------------------------------


def test_the_columns_are_the_bands_with_the_hours_of_the_clock_and_the_day_when_it_changes():
    assert [column.text for column in shown(gp()).all("th", scope="col")] == [
        "Qui",
        "0-4 h 17:42-21:42",
        "4-8 h 21:42-demain 01:42",
        "8-12 h demain 01:42-05:42",
        "12-24 h demain 05:42-17:42",
        "24-48 h demain 17:42-mer. 17:42",
        "48-72 h mer. 17:42-jeu. 17:42",
    ]


def test_the_hours_of_the_columns_are_those_of_the_day_when_clocks_change():
    app = serving.application(serving.engine_of([gp()]), clock=CLOCKS_GO_BACK - 5 * HOUR)
    page = read(TestClient(app), NEAR).page
    assert page.all("th", scope="col")[2].text == "4-8 h demain 02:00-05:00"


def test_a_row_says_its_number_who_how_far_and_whom_to_call():
    offer = gp()
    page = shown(offer)
    (row,) = headers(page)
    assert row.text.startswith("1 Dr Éloïse BENALI ")
    assert row.text.endswith("Appeler le 04 78 20 00 01 Choisir Dr Éloïse BENALI")
    assert " km" in row.text or " m " in row.text
    assert [link.attributes["href"] for link in page.all("a", href="tel:+33478200001")]
    assert page.href("Dr Éloïse BENALI").startswith(f"/offres/{offer.id}?")


def test_a_caption_says_what_the_table_is():
    assert "par tranche depuis le lun. 23 nov. à 17 h 42" in shown(gp()).one("caption").text


def test_the_rows_are_the_cards_in_their_order_with_their_numbers(visit):
    path = "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile"
    cards, rows = visit(path).page.cards, visit(f"{path}&view=table").page.all("tr")
    rows = [row for row in rows if (row.attributes.get("id") or "").startswith("fiche-")]
    assert [row.attributes["id"] for row in rows] == [card.attributes["id"] for card in cards]
    assert [row.text.split()[0] for row in rows] == [card.text.split()[0] for card in cards]


def test_the_rows_of_a_concession_follow_its_heading(visit):
    path = "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile"
    listed, page = visit(path).page, visit(f"{path}&view=table").page
    headings = page.all("th", scope="rowgroup")
    assert [heading.attributes["id"] for heading in headings] == [
        rung.attributes["id"] for rung in listed.all("details", class_="rung")
    ]
    assert headings[0].text.startswith("La même demande, ")
    assert f'href="#{headings[0].attributes["id"]}"' in page.html


def test_beyond_the_first_radius_a_row_says_so(visit):
    path = "/recherche?address=Vienne+(38)&specialty=SM54&modality=domicile&overbooking=true"
    wide = ["zone élargie" in card.text for card in visit(path).page.cards]
    assert len(set(wide)) > 1
    assert ["zone élargie" in row.text for row in headers(visit(f"{path}&view=table").page)] == wide


# Between the list and the table -------------------------------------------------------------------------------------


def test_the_list_is_drawn_unless_the_link_says_the_table(visit):
    assert visit(f"{LIST}&view=list").path == LIST
    assert visit(f"{LIST}&view=carte").path == LIST
    assert not visit(LIST).page.all("caption")
    assert not visit(NEAR).page.cards


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_a_telephone_stays_in_its_own_column(opened, width: int):
    cells = opened(NEAR, width=width).locator(".bands [scope=row]:has(.phone)")
    sizes = cells.evaluate_all("cells => cells.map(cell => [cell.scrollWidth, cell.clientWidth])")
    assert sizes
    assert all(held <= room for held, room in sizes)


def test_a_screen_of_1280_pixels_has_every_band_without_scrolling_sideways(opened):
    page = opened("/recherche?specialty=SM54&address=Villeurbanne&view=table")
    assert page.evaluate("(each => each.scrollWidth - each.clientWidth)(document.querySelector('.bands'))") == 0


def test_one_link_leads_to_the_table_and_one_back(visit):
    assert visit(visit(LIST).page.href("Tableau")).path == NEAR
    assert visit(visit(NEAR).page.href("Liste")).path == LIST
    assert visit(NEAR).page.one("a", aria_current="page").text == "Tableau"
    assert visit(LIST).page.one("a", aria_current="page").text == "Liste"


def test_the_form_the_chips_the_orders_and_the_offers_keep_the_table(visit):
    page = visit(f"{NEAR}&modality=domicile").page
    assert ("view", "table") in page.sent
    assert "view=table" in page.href("Le plus proche")
    assert visit(page.href("×Retirer : À domicile")).path == NEAR
    offer = next(link for link in page.all("a") if (link.attributes["href"] or "").startswith("/offres/"))
    back = visit(offer.attributes["href"] or "").page.href("← Retour aux résultats")
    assert "view=table" in back


def test_the_page_that_follows_is_a_table_too_and_the_same_page_as_a_list(visit):
    following = visit(visit(NEAR).page.href("Résultats exacts suivants"))
    assert headers(following.page)[0].text.startswith("51 ")
    listed = visit(following.page.href("Liste")).page
    assert listed.cards[0].text.startswith("51 ")


def test_a_table_of_nothing_says_what_to_change(visit):
    page = visit("/recherche?text=zzzzzzz&kind=structure&view=table").page
    assert not page.all("caption")
    assert "Ce que vous pouvez changer" in page.text


@pytest.mark.parametrize("query", ["view=table", "view=table&text=&address="])
def test_a_view_asks_nothing(visit, query):
    assert visit(f"/recherche?{query}").path == "/"


def test_what_people_write_is_never_markup():
    hostile = gp(phones=('"><script>',))
    structure = world.structure(31, Random(1), "<script>alert(1)</script>", "603", world.VILLEURBANNE)
    page = shown(hostile, structure, path="/recherche?address=Villeurbanne&view=table")
    assert not page.foreign
    assert len(headers(page)) == len([row for row in headers(page) if "<script>" in row.text]) == 2


def test_a_table_of_seventy_busy_offers_weighs_less_than_60_kb_compressed():
    random = Random(3)
    offers = [doctor(number, random, availabilities=world.agenda(random, number, 50)) for number in range(90)]
    visitor = client(serving.engine_of(offers))
    path = f"{LIST}&modality=domicile&care=suture&approximate_limit=50&view=table"
    response = visitor.get(path, headers={"Accept-Encoding": "gzip"})
    assert len(headers(Document(response.text))) >= 70
    assert int(response.headers["content-length"]) <= 60_000
