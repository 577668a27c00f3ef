"""What a call gave is on the cards of every regulator at once, for a while, and can be taken back."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from indexer.documents import offers_for
from models.clock import iso
from models.codes import Viewer
from models.store import writing
from registry import orientations
from registry.calls import KEPT_S
from tests.indexer.given import HOUR, JEAN
from tests.pages import serving
from tests.pages.test_orienting import AT, OFFER, PATH, SUBJECT, Site

CARD = f"/offres/{OFFER}"
SEARCH = "/recherche?text=martel"


@pytest.fixture
def site(written: Engine) -> Site:
    site = Site(written)
    site.creneau()
    return site


def say(site: Site, outcome: str, path: str = CARD):
    return site.send({"ticket": site.ticket(path), "outcome": outcome}, f"{CARD}/appel?text=martel")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("calling", "appel en cours"),
        ("reached", "joint il y a 2 min"),
        ("no_answer", "sans réponse il y a 2 min"),
        ("refused", "a refusé il y a 2 min"),
        ("full_today", "complet, dit il y a 2 min"),
    ],
)
def test_what_a_call_gave_is_on_the_card_and_in_the_results_until_it_tells_nothing(site: Site, outcome: str, said: str):
    shown = say(site, outcome)
    assert shown.path.startswith(f"{CARD}?text=martel")
    site.clock = AT + 120
    assert f"Dernier appel : {said}" in site.visit(CARD).page.text
    for view in ("", "&view=table"):
        assert said in site.visit(SEARCH + view).page.text
    site.clock = AT + KEPT_S[outcome]
    assert said not in site.visit(SEARCH).page.text


def test_a_page_that_is_looked_at_learns_of_a_call_and_nothing_moves(site: Site, browser):
    site.given.practice(JEAN, "tech:R2")
    with serving.served(site.app) as address:
        for path in (SEARCH, f"{SEARCH}&view=table"):
            for width in (1280, 360):
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.clock.install()
                page.goto(address + path)
                before = page.evaluate(PLACES)
                say(site, "calling")
                page.clock.run_for(15_000)
                page.get_by_text("appel en cours").wait_for()
                assert page.evaluate(PLACES) == before
                say(site, "withdraw")
                page.clock.run_for(15_000)
                page.get_by_text("Noter l’appel").first.wait_for()
                page.close()


def test_a_page_that_is_looked_at_learns_of_patients_who_are_sent_and_nothing_moves(site: Site, browser, violations):
    two = {"start": AT + 2 * HOUR, "end": AT + 4 * HOUR, "modalities": ["domicile"]}
    site.given.slot(kind="plage", capacity=10, **two)
    with serving.served(site.app) as address:
        for path in (SEARCH, f"{SEARCH}&view=table"):
            for width in (1280, 360):
                page = browser.new_page(viewport={"width": width, "height": 900})
                page.clock.install()
                page.goto(address + path)
                before = page.evaluate(PLACES)
                send(site)
                page.clock.run_for(15_000)
                page.locator(".gone time").wait_for()
                page.get_by_text("(9 places)").wait_for()
                assert page.locator(".gone").inner_text().endswith("(pris)")
                assert page.locator(".gone time").get_attribute("datetime") == iso(AT + HOUR, "Europe/Paris")
                assert page.evaluate(PLACES) == before
                assert violations(page) == []
                call_off(site)
                page.clock.run_for(15_000)
                page.get_by_text("(10 places)").wait_for()
                assert page.locator(".gone").count() == 0
                assert page.evaluate(PLACES) == before
                page.close()


def send(site: Site) -> None:
    """Somebody sends a patient to each of the slots that are open."""
    for slot in site.choices():
        assert site.send({"ticket": site.ticket(), "slot": slot}, PATH).status == 200


def call_off(site: Site) -> None:
    with writing(site.written) as connection:
        for one in site.kept():
            orientations.become(connection, one.id, "cancelled", AT)


def test_what_is_left_of_slots_is_told_and_nothing_of_any_patient(site: Site):
    site.plage(2)
    live = f"/appels?offer={OFFER}"
    assert site.client.get(live).json() == {"calls": {}, "left": {}}
    send(site)
    start, plage = (iso(instant, "Europe/Paris") for instant in (AT + HOUR, AT - HOUR))
    assert site.client.get(live).json() == {"calls": {}, "left": {OFFER: {"gone": [plage, start], "places": {}}}}
    call_off(site)
    assert site.client.get(live).json() == {"calls": {}, "left": {}}


PLACES = "[...document.querySelectorAll('h2, h3, th, .slot')].map(each => JSON.stringify(each.getBoundingClientRect()))"


def test_a_result_leads_to_where_its_call_is_said_and_back(site: Site):
    for view in ("", "&view=table"):
        link = site.visit(SEARCH + view).page.href("Noter l’appel : Dr Claire MARTEL")
        assert link == f"{CARD}{SEARCH.removeprefix('/recherche')}{view}#appel"
    card = site.visit(link.partition("#")[0]).page
    assert card.one("form", id="appel")
    assert card.href("← Retour aux résultats").startswith(f"{SEARCH}&view=table")


def test_what_calls_gave_is_asked_again_by_the_regulation_alone(site: Site):
    address = site.visit(SEARCH).page.one("div", class_="head").attributes["data-calls"] or ""
    assert address == f"/appels?offer={OFFER}"
    assert site.client.get(address).json() == {"calls": {}, "left": {}}
    say(site, "no_answer")
    answer = site.client.get(address)
    assert (answer.json()["calls"], answer.headers["cache-control"]) == (
        {OFFER: "sans réponse à l’instant"},
        "no-store",
    )
    site.viewer = Viewer.PUBLIC
    assert site.client.get(address).status_code == 404
    assert "data-calls" not in site.visit(SEARCH).page.html


def test_a_page_that_is_open_is_not_told_that_nobody_calls_when_that_is_unknown(site: Site):
    client = site.client
    site.given.execute("DROP TABLE call")
    assert client.get(f"/appels?offer={OFFER}").status_code == 503
    assert "Noter l’appel" in client.get(SEARCH).text


def test_why_the_card_is_where_it_is_says_so(site: Site):
    assert "aucun appel vain (1 ×" in site.visit(SEARCH).page.text
    say(site, "refused")
    site.clock = AT + 120
    text = site.visit(SEARCH).page.text
    assert "un appel refusé il y a 2 min" in text.partition("Pourquoi ici")[2].partition("Score")[0]
    assert "un appel refusé il y a 2 min (0 ×" in text


def test_a_call_of_which_nothing_came_is_after_its_neighbours_for_the_regulation_and_nobody_else(site: Site):
    other = f"p:{JEAN}"
    site.given.practice(JEAN, "tech:R2")
    site.given.slot(other, start=AT + HOUR)
    order = {viewer: found(site, viewer) for viewer in Viewer}
    first = order[Viewer.REGULATION][0]
    subject, key = (SUBJECT, "tech:R1") if first == OFFER else (other, "tech:R2")
    assert site.given.called("refused", AT, subject, key) == first
    assert found(site, Viewer.REGULATION) == order[Viewer.REGULATION][::-1]
    for viewer in (Viewer.PUBLIC, Viewer.PROFESSIONAL):
        assert found(site, viewer) == order[viewer]


def found(site: Site, viewer: Viewer) -> list[str]:
    """The offers of an answer, in order; only the regulation is told of calls."""
    with site.written.connect() as connection:
        offers = [
            offer for mine in offers_for(connection, [SUBJECT, f"p:{JEAN}"], site.clock).values() for offer in mine
        ]
    app = serving.application(serving.engine_of(offers), viewer, written=site.written, clock=site.clock)
    answer = TestClient(app).get("/api/v1/search", params={"profession": "10", "near": "45.77,4.88"}).json()
    if viewer is not Viewer.REGULATION:
        assert "appel" not in str([offer["signals"] for offer in answer["exact"]["offers"]])
    return [offer["id"] for offer in answer["exact"]["offers"]]


def test_it_can_be_taken_back(site: Site):
    say(site, "refused")
    assert "a refusé" in site.visit(SEARCH).page.text
    say(site, "withdraw")
    assert "a refusé" not in site.visit(SEARCH).page.text
    assert "Effacer" not in site.visit(CARD).page.text


@pytest.mark.parametrize("outcome", ["", "x", "<b>Mme Martin, 82 ans</b>"])
def test_nothing_else_can_be_said(site: Site, outcome: str):
    assert say(site, outcome).status == 200
    assert "Dernier appel :" not in site.visit(CARD).page.text


def test_a_card_that_stayed_open_still_says_what_its_call_gave(site: Site):
    ticket = site.ticket(CARD)
    site.clock = AT + 5 * HOUR
    site.send({"ticket": ticket, "outcome": "refused"}, f"{CARD}/appel")
    assert "a refusé" in site.visit(CARD).page.text


def test_a_form_that_is_not_ours_says_nothing(site: Site):
    for ticket in ("", "x", site.ticket()):
        site.send({"ticket": ticket, "outcome": "refused"}, f"{CARD}/appel")
    assert "a refusé" not in site.visit(SEARCH).page.text


def test_nobody_else_sees_or_says_it(site: Site):
    say(site, "refused")
    site.viewer = Viewer.PUBLIC
    assert "a refusé" not in site.visit(SEARCH).page.text
    assert "Dernier appel" not in site.visit(CARD).page.text
    assert site.send({"ticket": "x", "outcome": "refused"}, f"{CARD}/appel").status == 404
