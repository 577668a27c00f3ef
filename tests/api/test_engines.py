"""The API over the real engines: cursors carry their positions, so paging reaches the end without repeating."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from indexer.protocol import Engine
from models.codes import Viewer
from relevance import oracle
from relevance.rungs import EXACT
from search_api.app import create_app
from search_api.parameters import Context, pairs, read
from search_api.planning import widened
from tests.api.serving import planner, services
from tests.api.test_cursors import ASKED, PATH, pages
from tests.contract.corpus import corpus
from tests.contract.engines import fill
from tests.indexer.engines import NAMES, opened, spec_of
from tests.relevance.factory import AT

OFFERS = corpus(5)


@pytest.fixture(scope="module", params=NAMES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each engine, holding the corpus."""
    with spec_of(request.param, tmp_path_factory.mktemp("api"), request) as spec, opened(spec) as made:
        fill(made, OFFERS)
        yield made


@pytest.mark.parametrize("part", ["exact", "approximate"])
def test_paging_reaches_the_end_once(engine: Engine, part: str):
    asked = read(pairs(ASKED.encode()), Context(AT, planner()))
    plan = widened(planner().plan(asked, AT, Viewer.REGULATION).plan, asked, engine)
    ranked = [hit.offer.id for hit in oracle.rank(OFFERS, plan) if (hit.position.rung == EXACT) == (part == "exact")]
    found = pages(TestClient(create_app(services(engine))), part)
    assert len(found) == len(set(found))
    assert set(found) == set(ranked)


@pytest.mark.parametrize(
    "path",
    [
        f"{PATH}{ASKED}",
        f"/api/v1/search.csv?{ASKED}",
        "/api/v1/facets?profession=10&care=suture",
        "/api/v1/suggest?text=mart",
        f"/api/v1/offers/{OFFERS[0].id}",
        "/readyz",
    ],
)
def test_every_path_answers_from_the_engine(engine: Engine, path: str):
    assert TestClient(create_app(services(engine))).get(path).status_code == 200


def test_the_answer_of_the_engine_is_explained_by_the_rules(engine: Engine):
    for offer in TestClient(create_app(services(engine))).get(PATH + ASKED).json()["exact"]["offers"]:
        assert {each["state"] for each in offer["criteria"]} == {"met"}
        assert offer["given_up"] == []
