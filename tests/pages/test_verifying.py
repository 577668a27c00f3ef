"""Slots that were shown, asked again of a real editor: what is taken is struck out, what is unknown is not "none"."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from msgspec.structs import replace
from sqlalchemy import Engine

from annuaire.checking import Checks
from annuaire.demo.editor_server import Setup
from indexer.documents import offers_for
from indexer.follow import Follower, following
from indexer.outbox import last_position
from ingestion.feeds.feeding import feeding
from models.clock import iso
from models.codes import Viewer
from models.offer import Offer, SlotSource, offer_id
from search_api.checking import CorrectionJson, correction
from search_api.pages import french, verifying
from search_api.pages.verifying import WAIT_S
from tests.indexer.given import Given
from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import agenda, declared, rpps, setup, slot, sweep
from tests.ingestion.given import AT
from tests.memory_engine import MemorySearcher
from tests.pages import serving
from tests.relevance.factory import creneau, offer, plan
from tests.servers.editors import Running, running

SUBJECT = f"p:{rpps(1)}"
OFFER = offer_id(SUBJECT, "tech:R1")
LATER = AT + 120
"""Two minutes after the slots were stored."""
SEARCH = "/recherche?text=martel"
CHECKS = f"/api/v1/checks?offer={OFFER}"


@pytest.fixture(scope="module")
def azur(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("azur"), Setup([])) as editor:
        yield editor


@pytest.fixture
def stored(azur: Running, written: Engine) -> Engine:
    """Claire has two slots at an editor, which a sweep stored."""
    azur.begin(setup([agenda(1)], {rpps(1): [slot("one", AT + HOUR), slot("two", AT + 2 * HOUR)]}))
    azur.mend()
    Given(written).practice(rpps(1))
    with ThreadPoolExecutor(1) as apart:  # the browser's loop runs in this thread
        swept = apart.submit(sweep, written, declared(written, azur.declared(), rpps(1))).result()
    assert swept.outcomes == {"ok": 1}
    return written


@pytest.fixture
def without(azur: Running, stored: Engine) -> Engine:
    """Two minutes ago Claire's editor said that she has no slot."""
    azur.slots(taken=["one", "two"])
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(sweep, stored, azur.declared(), AT + 60).result().outcomes == {"ok": 1}
    return stored


@contextmanager
def site(database: Engine, viewer: Viewer = Viewer.REGULATION, at: int = LATER) -> Iterator[Any]:
    """The pages over what was stored, with an index that stays as it was; slots are checked by a real thread."""
    with database.connect() as connection:
        index = serving.engine_of(offers_for(connection, [SUBJECT], AT)[SUBJECT])
    with feeding(database, lambda: at, round_s=3_600, rested_s=3_600) as feeds:
        checks = Checks(feeds, database, lambda: at)
        yield serving.application(index, viewer, written=database, clock=at, checking=checks)


def corrections(app: Any, path: str = CHECKS) -> list[dict[str, Any]]:
    """What the stream says until its end."""
    answer = TestClient(app).get(path)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("event: end\ndata: \n\n")
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]


def test_slots_that_are_still_open_are_confirmed(stored: Engine):
    with site(stored) as app:
        assert corrections(app) == [{"offer": OFFER, "state": "checked", "gone": []}]


def test_of_fifty_cards_the_first_twenty_are_looked_up_together(stored: Engine, monkeypatch: pytest.MonkeyPatch):
    asked: list[list[str]] = []
    together = MemorySearcher.offers

    def offers(self: MemorySearcher, identifiers: Sequence[str]) -> dict[str, Offer]:
        asked.append(list(identifiers))
        return together(self, identifiers)

    monkeypatch.setattr(MemorySearcher, "offers", offers)
    monkeypatch.setattr(MemorySearcher, "offer", None)  # one at a time
    others = [offer_id(SUBJECT, f"tech:X{number}") for number in range(49)]
    with site(stored) as app:
        assert corrections(app, "&offer=".join([CHECKS, *others])) == [{"offer": OFFER, "state": "checked", "gone": []}]
    assert asked == [[OFFER, *others[:19]]]


def test_one_slot_that_is_taken_is_named_and_the_card_still_holds(azur: Running, stored: Engine):
    azur.slots(taken=["one"])
    with site(stored) as app:
        (said,) = corrections(app)
    assert (said["state"], len(said["gone"])) == ("checked", 1)
    assert said["gone"][0].startswith("20")


def test_a_slot_that_another_editor_tells_now_is_still_open():
    told = replace(creneau(1), source=SlotSource("editor", "B"))
    shown, now = offer(slots=[creneau(1), creneau(2)]), offer(slots=[told])
    said = correction(shown, now, "ok", plan())
    assert said == CorrectionJson(shown.id, "checked", (iso(creneau(2).start, "Europe/Paris"),))


def test_when_all_are_taken_the_card_no_longer_holds(azur: Running, stored: Engine):
    azur.slots(taken=["one", "two"])
    with site(stored) as app:
        (said,) = corrections(app)
    assert (said["state"], len(said["gone"])) == ("taken", 2)


def test_who_had_no_slot_is_asked_again_and_has_none_or_some(azur: Running, without: Engine):
    with site(without, at=AT + 180) as app:
        assert "data-checks" in TestClient(app).get(SEARCH).text
        assert corrections(app) == [{"offer": OFFER, "state": "checked", "gone": []}]
    azur.slots(slots={rpps(1): [slot("three", AT + 3 * HOUR)]})
    with site(without, at=AT + 300) as app:
        assert corrections(app) == [{"offer": OFFER, "state": "opened", "gone": []}]


def test_who_had_no_slot_just_now_is_not_asked_again(azur: Running, without: Engine):
    before = len(azur.asked)
    with site(without, at=AT + 90) as app:
        assert corrections(app) == []
    assert len(azur.asked) == before


def test_a_slot_that_comes_within_what_was_asked_opens_a_card_and_takes_nothing():
    shown, now = offer(slots=[creneau(9)]), offer(slots=[creneau(1), creneau(9)])
    for before, after, state in ((shown, now, "opened"), (now, shown, "taken"), (now, now, "checked")):
        said = correction(before, after, "ok", plan(hours=(0, 4)))
        assert said is not None
        assert said.state == state


def test_what_was_asked_of_time_judges_the_correction(azur: Running, stored: Engine):
    azur.slots(taken=["one"])
    with site(stored) as app:
        (said,) = corrections(app, f"{CHECKS}&within_hours=1")
    assert said["state"] == "taken"


def test_an_editor_that_fails_is_unknown_and_nothing_is_struck_out(azur: Running, stored: Engine):
    azur.fault("status", count=500)
    with site(stored) as app:
        assert corrections(app) == [{"offer": OFFER, "state": "unknown", "gone": []}]


def test_what_was_asked_just_now_is_not_asked_again(azur: Running, stored: Engine):
    before = len(azur.asked)
    with site(stored, at=AT + 30) as app:
        assert corrections(app) == []
    assert len(azur.asked) == before


def test_a_database_that_does_not_answer_corrects_nothing(stored: Engine):
    with site(stored) as app:
        checks = app.state.services.checking
        Given(stored).execute("ALTER TABLE skill RENAME TO away")  # read for offers alone
        assert checks.offers([SUBJECT]) is None
        assert corrections(app) == []


def test_slots_that_cannot_be_written_correct_nothing_and_the_stream_ends(stored: Engine):
    with site(stored) as app:
        Given(stored).execute("ALTER TABLE professional RENAME TO away")
        assert corrections(app) == []


def test_an_offer_that_is_unheard_of_is_left_out(stored: Engine):
    with site(stored) as app:
        assert corrections(app, "/api/v1/checks?offer=p0-000000000000&offer=x") == []


def test_nothing_is_checked_without_an_offer(stored: Engine):
    with site(stored) as app:
        answer = TestClient(app).get("/api/v1/checks")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "offer")


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_the_regulation_alone_spends_the_calls_of_editors(azur: Running, stored: Engine, viewer: Viewer):
    with site(stored, viewer) as app:
        client = TestClient(app)
        assert client.get(CHECKS).status_code == 404
        assert "data-checks" not in client.get(SEARCH).text


def test_bad_parameters_are_refused(stored: Engine):
    with site(stored) as app:
        for query in ("within_hours=0", "modality=fax", "offers=x", "offer="):
            assert TestClient(app).get(f"{CHECKS}&{query}").status_code == 422


def test_without_a_script_a_link_asks_and_shows_the_same_request(azur: Running, stored: Engine):
    azur.slots(taken=["one"])
    with site(stored) as app:
        client = TestClient(app)
        page = client.get(SEARCH).text
        assert 'href="/verifier?text=martel"' in page
        answer = client.get("/verifier?text=martel", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, SEARCH)
        with stored.connect() as connection:
            (offer,) = offers_for(connection, [SUBJECT], LATER)[SUBJECT]
    assert [each.start for each in offer.availabilities] == [AT + 2 * HOUR]


def test_without_a_script_the_page_that_follows_shows_what_the_editors_answered(
    azur: Running, stored: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(verifying, "WAIT_S", 30.0)  # what is waited for, however busy the machine
    azur.slots(taken=["one"])
    with site(stored) as app, followed(stored, app):
        client = TestClient(app)
        before = client.get(SEARCH).text
        after = client.get("/verifier?text=martel").text
    first, second = (iso(AT + hours * HOUR, "Europe/Paris") for hours in (1, 2))
    assert (first in before, second in before, "vérifié il y a 2 min" in spaced(before)) == (True, True, True)
    assert (first in after, second in after, "vérifié à l’instant" in spaced(after)) == (False, True, True)
    assert "vérifié il y a" not in spaced(after)


@contextmanager
def followed(database: Engine, app: Any) -> Iterator[None]:
    """The index of a site follows the database, from what it was made of."""
    engine = app.state.services.searcher
    with database.connect() as connection:
        engine.apply((), last_position(connection), engine.status().generation)
    with following(Follower(database, engine, lambda: LATER)):
        yield


def spaced(page: str) -> str:
    return page.replace(french.NBSP, " ")


def test_a_page_of_another_site_spends_no_call_of_an_editor(azur: Running, stored: Engine):
    azur.slots(taken=["one"])
    with site(stored) as app:
        client = TestClient(app, headers={"Sec-Fetch-Site": "cross-site"})
        assert client.get(CHECKS).status_code == 403
        assert client.get("/verifier?text=martel", follow_redirects=False).status_code == 303
        with stored.connect() as connection:
            (offer,) = offers_for(connection, [SUBJECT], LATER)[SUBJECT]
    assert AT + HOUR in [each.start for each in offer.availabilities]


def test_without_a_script_nobody_waits_for_an_editor_that_does_not_answer(azur: Running, stored: Engine):
    azur.fault("slow", seconds=6)
    with site(stored) as app:
        client = TestClient(app)
        began = time.monotonic()
        assert client.get("/verifier?text=martel", follow_redirects=False).status_code == 303
        assert WAIT_S <= time.monotonic() - began < 4  # far from the editor's six seconds, even on a busy machine
        assert "vient d’être pris" not in client.get(SEARCH).text


def test_a_page_says_that_slots_were_opened_where_none_was_known_and_moves_nothing(
    azur: Running, without: Engine, browser, violations
):
    azur.slots(slots={rpps(1): [slot("three", AT + 3 * HOUR)]})
    azur.fault("slow", seconds=1)  # the page is looked at before
    Given(without).feed(SUBJECT, "brume")
    with site(without, at=AT + 180) as app, serving.served(app) as address:
        page = browser.new_page(locale="fr-FR")
        page.goto(address + SEARCH)
        before = page.locator(".card").first.bounding_box()
        page.get_by_text("créneaux ouverts depuis · azur — brume").wait_for()
        assert page.locator(".no-slot.gone").inner_text() == "Aucun créneau connu dans les 72 heures."
        assert page.get_by_role("status").filter(has_text="1 fiche vérifiée, 1 a de nouveaux créneaux").count() == 1
        assert page.locator(".card").first.bounding_box() == before
        assert violations(page) == []
        page.close()


LINE = "all => all.map(each => getComputedStyle(each.parentElement).textDecorationLine)"
"""What is drawn across each: a link that is a block of its own has not the line of what is around it."""


def test_the_table_says_what_was_corrected_and_moves_nothing(azur: Running, stored: Engine, browser, violations):
    azur.slots(taken=["one"])
    with site(stored) as app, serving.served(app) as address:
        page = browser.new_page(locale="fr-FR")
        page.goto(f"{address}{SEARCH}&view=table")
        before = page.locator("[id^=fiche]").bounding_box()
        page.get_by_text("vérifié à l’instant").wait_for()
        assert page.locator(".first.gone").count() == 1
        assert page.locator(".first.gone time").evaluate("each => getComputedStyle(each).textDecorationLine") == (
            "line-through"
        )
        assert page.locator("[id^=fiche]").bounding_box() == before
        assert violations(page) == []
        page.close()


def test_a_page_says_what_was_corrected_and_moves_nothing(azur: Running, stored: Engine, browser, violations):
    azur.slots(taken=["one", "two"])
    with site(stored) as app, serving.served(app) as address:
        page = browser.new_page(locale="fr-FR")
        page.goto(address + SEARCH)
        before = page.locator(".card").first.bounding_box()
        page.get_by_text("vient d’être pris").wait_for()
        assert page.locator(".slot.gone").count() >= 2
        hours = page.locator(".slot.gone time").evaluate_all(LINE)
        assert hours == ["line-through"] * len(hours)
        assert page.get_by_role("status").filter(has_text="1 fiche vérifiée, 1 ne convient plus").count() == 1
        assert page.locator(".card").first.bounding_box() == before
        assert violations(page) == []
        page.close()
