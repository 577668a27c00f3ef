"""Paging: from one cursor to the next, every offer once, and no cursor that is not ours."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.codes import Viewer
from relevance import oracle
from relevance.rungs import EXACT
from search_api.app import create_app
from search_api.parameters import Context, pairs, read
from search_api.planning import widened
from tests.api.serving import Clock, client, engine_with, planner, services
from tests.contract.corpus import corpus
from tests.contract.engines import fill
from tests.memory_engine import MemoryEngine
from tests.relevance.factory import AT, HERE, offer

ASKED = f"near={HERE.lat},{HERE.lon}&profession=10&modality=domicile&exact_limit=3&approximate_limit=7"
PATH = "/api/v1/search?"


def pages(asking: TestClient, part: str, query: str = ASKED) -> list[str]:
    """The ids of a part, cursor after cursor, to the end."""
    body = asking.get(PATH + query).json()
    found = [each["id"] for each in body[part]["offers"]]
    while cursor := body[part]["next"]:
        answer = asking.get(f"{PATH}{query}&cursor={cursor}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["approximate" if part == "exact" else "exact"]["offers"] == []
        found += [each["id"] for each in body[part]["offers"]]
    return found


@pytest.mark.parametrize("part", ["exact", "approximate"])
def test_every_offer_comes_once_and_in_order(part: str):
    offers = corpus(5)
    engine = engine_with(offers)
    asked = read(pairs(ASKED.encode()), Context(AT, planner()))
    plan = widened(planner().plan(asked, AT, Viewer.REGULATION).plan, asked, engine)
    ranked = [hit.offer.id for hit in oracle.rank(offers, plan) if (hit.position.rung == EXACT) == (part == "exact")]
    assert len(ranked) > 2 * 3
    assert pages(TestClient(create_app(services(engine))), part) == ranked


def test_totals_are_the_same_on_every_page():
    asking = client(corpus(5))
    first = asking.get(PATH + ASKED).json()
    second = asking.get(f"{PATH}{ASKED}&cursor={first['exact']['next']}").json()
    assert [second[part]["total"] for part in ("exact", "approximate")] == [
        first[part]["total"] for part in ("exact", "approximate")
    ]
    assert (second["at"], second["area"], second["generation"]) == (first["at"], first["area"], first["generation"])


def cursor_of(asking: TestClient, query: str = ASKED) -> str:
    """The cursor that follows the first page of exact matches."""
    return str(asking.get(PATH + query).json()["exact"]["next"])


def follow(asking: TestClient, cursor: str, query: str = ASKED) -> tuple[int, str]:
    """The status of the next page, and the type of its problem."""
    answer = following(asking, cursor, query)
    return answer.status_code, answer.json().get("type", "").rpartition("#")[2]


def following(asking: TestClient, cursor: str, query: str = ASKED, path: str = "/api/v1/search") -> Any:
    """The answer with this cursor."""
    return asking.get(path, params={**dict(_split(query)), "cursor": cursor})


def _split(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (each.partition("=") for each in query.split("&"))]


def test_the_page_goes_on_at_its_own_clock():
    clock = Clock()
    asking = TestClient(create_app(services(engine_with(corpus(5)), clock=clock)))
    cursor = cursor_of(asking)
    clock.at += 300
    assert asking.get(f"{PATH}{ASKED}&cursor={cursor}").json()["at"] == "2026-11-18T12:07:00+01:00"


def test_from_stays_right_on_the_next_page():
    clock = Clock()
    asking = TestClient(create_app(services(engine_with(corpus(5)), clock=clock)))
    query = f"{ASKED}&from=2026-11-18T11:07:00Z"
    cursor = cursor_of(asking, query)
    clock.at += 120
    assert asking.get(PATH + query).status_code == 422
    assert asking.get(f"{PATH}{query}&cursor={cursor}").status_code == 200


def test_a_widened_radius_is_kept_when_the_index_changes():
    engine = engine_with(corpus(2))
    asking = TestClient(create_app(services(engine)))
    query = f"near={HERE.lat},{HERE.lon}&profession=10&care=suture&exact_limit=1"
    first = asking.get(PATH + query).json()
    assert first["area"]["widened"]
    fill(
        engine,
        [*corpus(2), *(offer(f"A{number} B", HERE, care=["suture"]) for number in range(6))],
        first["generation"],
    )
    second = asking.get(f"{PATH}{query}&cursor={first['exact']['next']}").json()
    assert second["area"] == first["area"]
    assert not asking.get(PATH + query).json()["area"]["widened"]


def test_a_former_generation_answers_until_it_is_gone():
    engine = engine_with(corpus(5))
    asking = TestClient(create_app(services(engine)))
    cursor = cursor_of(asking)
    fill(engine, corpus(6), "offers-20261124-000000", 2)
    assert asking.get(f"{PATH}{ASKED}&cursor={cursor}").json()["generation"] == "offers-20261123-000000"
    engine.prune()
    assert follow(asking, cursor) == (410, "curseur-expire")
    assert "l’index a changé" in following(asking, cursor).json()["detail"]


@pytest.mark.parametrize("alter", [lambda c: c[:-2], lambda c: "A" + c, lambda c: c.replace(".", "", 1), lambda _: "x"])
def test_an_altered_cursor_is_refused(alter):
    asking = client(corpus(5))
    assert follow(asking, alter(cursor_of(asking))) == (422, "demande-refusee")


def test_a_cursor_signed_by_another_service_is_refused():
    others = client(
        corpus(5), cursors=type(services(MemoryEngine()).cursors)("another secret of thirty-two chars", 600)
    )
    assert follow(client(corpus(5)), cursor_of(others)) == (422, "demande-refusee")


@pytest.mark.parametrize("changed", ["profession=60", "exact_limit=4", "order=nearest"])
def test_a_cursor_of_another_request_is_refused(changed: str):
    asking = client(corpus(5))
    name = changed.partition("=")[0]
    kept = [f"{key}={value}" for key, value in _split(ASKED) if key != name]
    assert follow(asking, cursor_of(asking), "&".join([*kept, changed])) == (422, "demande-refusee")


def test_a_cursor_of_another_viewer_is_refused():
    engine = engine_with(corpus(5))
    regulation, public = (
        TestClient(create_app(services(engine, viewer=viewer))) for viewer in (Viewer.REGULATION, Viewer.PUBLIC)
    )
    assert follow(public, cursor_of(regulation)) == (422, "demande-refusee")


def test_an_old_cursor_has_expired():
    clock = Clock()
    asking = TestClient(create_app(services(engine_with(corpus(5)), clock=clock)))
    cursor = cursor_of(asking)
    clock.at += 600
    assert follow(asking, cursor)[0] == 200
    clock.at += 1
    assert follow(asking, cursor) == (410, "curseur-expire")
    assert following(asking, cursor).json()["detail"] == (
        "La suite de cette réponse n’est plus disponible : elle est trop ancienne. Relancez la recherche."
    )
    page = following(asking, cursor, path="/recherche").text
    assert "elle est trop ancienne" in page
    assert "l’index a changé" not in page


def test_a_cursor_holds_no_word_of_the_request():
    query = "address=Vienne&profession=10&exact_limit=1"
    asking = client([offer(f"A{number} B", HERE) for number in range(3)])
    found = asking.get(PATH + "text=b&exact_limit=1").json()["exact"]["next"]
    assert found
    assert "Vienne" not in str(asking.get(PATH + query).json()["exact"]["next"])
