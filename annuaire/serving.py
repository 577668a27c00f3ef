"""What serves: the application over an engine and a database, with the settings' viewer, clock and sites."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final, TypeVar
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI
from geopy.geocoders import BANFrance
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from annuaire.checking import Checks
from annuaire.logs import AccessLog
from annuaire.settings import Settings, signing_key
from annuaire.wiring import now
from indexer.documents import offers_for
from indexer.protocol import EngineError, Searcher, Status
from indexer.reading import structure_key
from ingestion.feeds.feeding import Feeding
from ingestion.feeds.reading import last_answers
from ingestion.loads import KINDS
from models.clock import PARIS, local
from models.folding import fold
from models.gazetteer import gazetteer
from models.offer import offer_id
from models.store import writing
from models.tables import Activity, Load, Suppression, TerritoryCommune, TerritoryPostalCode
from models.tables import Territory as TerritoryRow
from registry import contacts, reports
from relevance.interpretation import interpret
from relevance.places import french_places
from search_api.answers import SourceJson
from search_api.app import create_app
from search_api.cursors import Cursors
from search_api.geocoding import Geocoder, Geopy
from search_api.planning import Planner
from search_api.registering import Registry
from search_api.services import Publisher, Recent, Services, Tiles
from search_api.territories import Territory

_Value = TypeVar("_Value")

STATUS_FOR_S: Final = 0.5
LAG_FOR_S: Final = 1.0
TERRITORIES_FOR_S: Final = 30.0
SOURCES_FOR_S: Final = 30.0
SUPPRESSED_FOR_S: Final = 1.0
"""For how many seconds what was read of the engine and of the database is kept."""

_SLOTS: Final = "creneaux:"
"""How the journal names the loads of an editor's slots."""


def application(
    settings: Settings,
    searcher: Searcher,
    database: Engine,
    lag: Callable[[], int | None],
    feeds: Feeding | None = None,
) -> FastAPI:
    """The application, with its access log.

    `lag` tells how many seconds the index is behind the database; `feeds` ask editors again, None where nothing does.
    """
    given = services(settings, searcher, database, lag)
    if feeds:
        given = replace(given, checking=Checks(feeds, database, now), settled=feeds.settled)
    app = create_app(given)
    app.add_middleware(AccessLog)
    return app


def services(settings: Settings, searcher: Searcher, database: Engine, lag: Callable[[], int | None]) -> Services:
    """What the application is given."""
    places = french_places()
    places.suggest("a", 1)  # builds the index of names now, rather than in the first request
    interpret("kiné à Lyonn", now(), PARIS, places)  # and what sentences are read with
    nowhere: Mapping[str, Territory] = {}
    nothing: tuple[SourceJson, ...] = ()
    nobody: frozenset[str] = frozenset()
    territories = Recent(lambda: _read(database, read_territories), TERRITORIES_FOR_S, nowhere, (SQLAlchemyError,))
    return Services(
        searcher=searcher,
        planner=Planner(gazetteer(), places, territories, geocoder(settings)),
        clock=now,
        cursors=Cursors(signing_key(settings), settings.cursor_ttl_s),
        sources=Recent(lambda: _read(database, read_sources), SOURCES_FOR_S, nothing, (SQLAlchemyError,)),
        lag=Recent(lambda: _known(lag), LAG_FOR_S, None),
        status=Recent(searcher.status, STATUS_FOR_S, Status("", 0, 0)),
        viewer=settings.viewer,
        regulation_origin=settings.regulation_origin,
        clock_settable=settings.environment != "production",
        origins=settings.cors_origins,
        widget_sites=settings.widget_sites,
        suppressed=Recent(lambda: _read(database, read_suppressed), SUPPRESSED_FOR_S, nobody, (SQLAlchemyError,)),
        launchers=launchers(settings),
        identifiers=lambda subject: _identifiers(database, subject),
        practising=lambda structure: _practising(database, structure),
        publisher=Publisher(settings.publisher, settings.publisher_contact, settings.publisher_host),
        tiles=Tiles(settings.tiles_url, settings.tiles_attribution) if settings.tiles_url else None,
        report=lambda report: keeps(database, lambda connection: reports.record(connection, report)),
        write=lambda contact, files: keeps(database, lambda connection: contacts.record(connection, contact, files)),
        secret=signing_key(settings),
        registry=Registry(database) if settings.environment != "production" else None,
    )


def launchers(settings: Settings) -> frozenset[str] | None:
    """The programs that may open a search; any while none is named, but in production."""
    return (
        frozenset(settings.launch_origins) if settings.launch_origins or settings.environment == "production" else None
    )


def _identifiers(database: Engine, subject: str) -> tuple[str, ...] | None:
    """The ids of the offers of a subject; None when the database does not answer."""
    try:
        found = _read(database, lambda connection: offers_for(connection, [subject], now()))
    except SQLAlchemyError:
        return None
    return tuple(offer.id for offer in found[subject])


def _practising(database: Engine, structure: str) -> tuple[str, ...] | None:
    """The ids of the offers of the people who practise at a structure; None when the database does not answer."""
    key = structure_key(structure)
    there = select(col(Activity.professional_id)).where(
        col(Activity.place_key) == key, col(Activity.departed_on).is_(None)
    )
    try:
        people = _read(database, lambda connection: sorted(set(connection.scalars(there))))
    except SQLAlchemyError:
        return None
    return tuple(offer_id(f"p:{person}", key) for person in people)


def keeps(database: Engine, write: Callable[[Connection], bool]) -> bool:
    """Whether what somebody wrote is in the database now, whether or not it was already."""
    try:
        with writing(database) as connection:
            write(connection)
    except SQLAlchemyError as failure:
        structlog.get_logger("annuaire").error("what was written is not kept", error=type(failure).__name__)
        return False
    return True


def geocoder(settings: Settings) -> Geocoder | None:
    """The geocoder of the settings, or none."""
    if settings.geocoder_url is None:
        return None
    address = urlsplit(settings.geocoder_url)
    return Geopy(BANFrance(domain=address.netloc + address.path, scheme=address.scheme), settings.geocoder_timeout_s)


def _known(lag: Callable[[], int | None]) -> int | None:
    """The lag; None when the database or the engine does not say."""
    try:
        return lag()
    except (SQLAlchemyError, EngineError):
        return None


def _read(database: Engine, read: Callable[[Connection], _Value]) -> _Value:
    with database.connect() as connection:
        return read(connection)


def read_suppressed(connection: Connection) -> frozenset[str]:
    """The subjects who objected."""
    return frozenset(connection.scalars(select(col(Suppression.subject))))


def read_territories(connection: Connection) -> Mapping[str, Territory]:
    """Every territory that is still there, by its identifier."""
    rows = select(col(TerritoryRow.id), col(TerritoryRow.name), col(TerritoryRow.finess)).where(
        col(TerritoryRow.departed_on).is_(None)
    )
    communes = _grouped(connection.execute(select(col(TerritoryCommune.territory_id), col(TerritoryCommune.insee))))
    postal_codes = _grouped(
        connection.execute(select(col(TerritoryPostalCode.territory_id), col(TerritoryPostalCode.postal_code)))
    )
    return {
        identifier: Territory(identifier, name, finess, postal_codes[identifier], communes[identifier])
        for identifier, name, finess in connection.execute(rows)
    }


def _grouped(rows: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """The codes of each territory, in order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for identifier, code in rows:
        groups[identifier].append(code)
    return defaultdict(tuple, {identifier: tuple(sorted(codes)) for identifier, codes in groups.items()})


def read_sources(connection: Connection) -> tuple[SourceJson, ...]:
    """The last load of each source, or the last answer of an editor: what it is, its date, whom to credit."""
    last = select(func.max(col(Load.id))).group_by(col(Load.source))
    columns = (col(Load.source), col(Load.file_date), col(Load.finished_at), col(Load.attribution))
    rows = connection.execute(select(*columns).where(col(Load.id).in_(last)))
    loaded = {source: (_date(day, at), credit) for source, day, at, credit in rows}
    for editor, at in last_answers(connection).items():
        former, credit = loaded.get(source := f"{_SLOTS}{editor}", (date.min, editor))
        loaded[source] = (max(former, _date(None, at)), credit)
    return tuple(SourceJson(source_name(source), *loaded[source]) for source in sorted(loaded))


def _date(file_date: date | None, finished_at: int) -> date:
    return file_date or local(finished_at, PARIS).date()


def _of(name: str) -> str:
    """`de Lilas`, `d’Azur`: an h, which may be either, is left alone."""
    return f"d’{name}" if fold(name).startswith(("a", "e", "i", "o", "u")) else f"de {name}"


def source_name(source: str) -> str:
    """A source of the journal, in French."""
    if source.startswith(_SLOTS):
        return f"Créneaux {_of(source.removeprefix(_SLOTS))}"
    return KINDS[source].title if source in KINDS else source
