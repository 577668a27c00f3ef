"""An application over the memory engine, with the tests' clock and a small territory, so that a test is a sentence."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.testclient import TestClient

from models.codes import Viewer
from models.gazetteer import gazetteer
from models.offer import Offer
from relevance.places import french_places
from search_api.answers import SourceJson
from search_api.app import create_app
from search_api.cursors import Cursors
from search_api.geocoding import Geocoder
from search_api.planning import Planner
from search_api.services import Services
from search_api.territories import Territory
from tests.contract.engines import fill
from tests.memory_engine import MemoryEngine
from tests.relevance.factory import AT

PLACES = french_places()
TERRITORIES: Mapping[str, Territory] = {
    "lilas": Territory("lilas", "CPTS des Lilas", "690000001", ("69100", "69003"), ("69266", "69383")),
    "vide": Territory("vide", "CPTS sans commune"),
    "vienne": Territory("vienne", "CPTS de Vienne", None, ("38200",), ("38544",)),
}
SOURCES = (SourceJson("RPPS", None, "Agence du Numérique en Santé"),)
KEY = "of the tests, thirty-two characters"


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: int = AT + 17) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def engine_with(offers: Iterable[Offer] = ()) -> MemoryEngine:
    """The memory engine, holding these offers."""
    engine = MemoryEngine()
    fill(engine, tuple(offers))
    return engine


def planner(geocoder: Geocoder | None = None) -> Planner:
    """The whole gazetteer and two territories."""
    return Planner(gazetteer(), PLACES, lambda: TERRITORIES, geocoder)


def services(engine: MemoryEngine, **others: Any) -> Services:
    """Services over this engine; a regulator asks unless it is said."""
    given: dict[str, Any] = {
        "planner": planner(),
        "clock": Clock(),
        "cursors": Cursors(KEY, 600),
        "sources": lambda: SOURCES,
        "lag": lambda: 1,
        "viewer": Viewer.REGULATION,
    }
    return Services(engine, **(given | others))


def client(offers: Iterable[Offer] = (), **others: Any) -> TestClient:
    """A client of the application over these offers."""
    return TestClient(create_app(services(engine_with(offers), **others)), raise_server_exceptions=False)
