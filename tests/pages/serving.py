"""The application over the memory engine, and a real server for the browser."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.types import ASGIApp

from annuaire.serving import keeps
from models.codes import Viewer
from models.gazetteer import gazetteer
from models.offer import Offer
from registry import contacts, reports
from relevance.places import french_places
from search_api.answers import SourceJson
from search_api.app import create_app
from search_api.checking import Checking
from search_api.cursors import Cursors
from search_api.planning import Planner
from search_api.registering import Registry
from search_api.services import Services, Tiles
from search_api.territories import Territory
from tests.memory_engine import MemoryEngine
from tests.pages import world

TERRITORIES: Mapping[str, Territory] = {
    "690000100": Territory("690000100", "CPTS Villeurbanne", postal_codes=("69100",), communes=("69266",)),
    "690000200": Territory(
        "690000200", "CPTS Est lyonnais", postal_codes=("69003", "69120", "69500"), communes=("69383", "69029", "69256")
    ),
}
SOURCES = (
    SourceJson("RPPS", date(2026, 11, 23), "Agence du Numérique en Santé, Licence Ouverte 2.0"),
    SourceJson("FINESS+", date(2026, 11, 20), "Agence du Numérique en Santé, Licence Ouverte 2.0"),
    SourceJson("CPTS", None, "Assurance Maladie"),
)


def engine_of(offers: Iterable[Offer], generation: str = "offers-20261123-0312") -> MemoryEngine:
    """An engine that answers with these offers."""
    engine = MemoryEngine()
    swap(engine, offers, generation)
    return engine


def swap(engine: MemoryEngine, offers: Iterable[Offer], generation: str, position: int = 1) -> None:
    """Answer with these offers from now on."""
    builder = engine.build(generation)
    builder.add(offers)
    builder.finish(position)
    builder.swap()


def expire(engine: MemoryEngine) -> None:
    """Answer with another generation of the small world; those before are kept no more."""
    swap(engine, world.offers(), "next", 2)
    engine.prune()


def application(
    engine: MemoryEngine,
    viewer: Viewer = Viewer.REGULATION,
    *,
    lag: int | None = 2,
    clock: int = world.AT,
    launchers: frozenset[str] | None = None,
    database: bool = True,
    suppressed: Callable[[], frozenset[str]] = frozenset,
    tiles: Tiles | None = None,
    written: Engine | None = None,
    checking: Checking | None = None,
    widget_sites: tuple[str, ...] = (),
) -> FastAPI:
    """The application, its clock stopped. Its database knows what the engine does, unless it does not answer.

    `written` is the one that keeps what people write; without it, nothing does.
    """
    places = gazetteer()

    def identifiers(subject: str) -> tuple[str, ...] | None:
        return tuple(each.id for each in engine.all_offers() if each.subject == subject) if database else None

    def practising(structure: str) -> tuple[str, ...] | None:
        people = (each for each in engine.all_offers() if each.person and each.structure.finess == structure)
        return tuple(each.id for each in people) if database else None

    return create_app(
        Services(
            searcher=engine,
            planner=Planner(places, french_places(), lambda: TERRITORIES),
            clock=lambda: clock,
            cursors=Cursors("a secret of at least thirty-two characters", 600),
            sources=lambda: SOURCES,
            lag=lambda: lag,
            viewer=viewer,
            clock_settable=True,
            widget_sites=widget_sites,
            launchers=launchers,
            identifiers=identifiers,
            practising=practising,
            suppressed=suppressed,
            registry=Registry(written) if written else None,
            checking=checking,
            tiles=tiles,
            report=lambda report: bool(written and keeps(written, lambda to: reports.record(to, report))),
            write=lambda each, files: bool(written and keeps(written, lambda to: contacts.record(to, each, files))),
        )
    )


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of a real server of this application, for the time of a block."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
