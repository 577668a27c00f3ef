"""Who objected is shown by nothing, even while the index still holds them."""

import pytest
from fastapi.testclient import TestClient

from search_api.app import create_app
from tests.api.serving import client, engine_with, services
from tests.contract.engines import fill
from tests.relevance.factory import HERE, north, offer

GONE = offer("Claire MARTEL", north(100), care=["suture"])
OTHERS = [offer(f"Ana MARTEL{number}", north(1_000 * number), care=["suture"]) for number in range(1, 4)]
ALMOST = offer("Claire MARTEL", north(2_000))
QUERY = f"near={HERE.lat},{HERE.lon}&radius_km=20&care=suture&text=martel"


def asking() -> TestClient:
    """A client for which one person objected a moment ago."""
    return client([GONE, ALMOST, *OTHERS], suppressed=lambda: frozenset({GONE.subject}))


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (f"/api/v1/search?{QUERY}", "application/json"),
        (f"/api/v1/search?{QUERY}", "application/geo+json"),
        (f"/api/v1/search.csv?{QUERY}", "text/csv"),
        ("/api/v1/suggest?text=martel", "application/json"),
        (f"/recherche?{QUERY}", "text/html"),
    ],
)
def test_who_objected_is_in_no_answer(path: str, accept: str):
    answer = asking().get(path, headers={"Accept": accept})
    assert answer.status_code == 200
    assert "MARTEL1" in answer.text
    assert "Claire" not in answer.text
    assert "Claire" in client([GONE, ALMOST, *OTHERS]).get(path, headers={"Accept": accept}).text


def test_a_caller_that_has_the_answer_is_sent_the_one_without_who_objected():
    objections = set[str]()
    asked = TestClient(create_app(services(engine_with([GONE, *OTHERS]), suppressed=lambda: frozenset(objections))))
    path = f"/api/v1/search?{QUERY}"
    known = {"If-None-Match": asked.get(path).headers["ETag"]}
    assert asked.get(path, headers=known).status_code == 304
    objections.add(GONE.subject)
    assert asked.get(path, headers=known).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/offers/{}", "/offres/{}"])
def test_the_offer_of_who_objected_is_not_found(path: str):
    assert asking().get(path.format(GONE.id)).status_code == 404
    assert asking().get(path.format(OTHERS[0].id)).status_code == 200


def test_a_page_goes_on_after_who_objected_in_a_former_generation_too():
    engine, objections = engine_with([GONE, ALMOST, *OTHERS]), set[str]()
    going = TestClient(create_app(services(engine, suppressed=lambda: frozenset(objections))))
    path = f"/api/v1/search?{QUERY}&exact_limit=1"
    first = going.get(path).json()["exact"]
    assert first["offers"][0]["id"] == GONE.id
    fill(engine, OTHERS, "offers-20261124-000000", 2)
    objections.add(OTHERS[0].subject)
    second = going.get(f"{path}&cursor={first['next']}").json()["exact"]
    assert (second["total"]["value"], second["offers"]) == (4, [])
    third = going.get(f"{path}&cursor={second['next']}").json()["exact"]
    assert [each["id"] for each in third["offers"]] == [OTHERS[1].id]
