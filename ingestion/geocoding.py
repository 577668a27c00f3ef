"""Asking a geocoder (the interface of the Base Adresse Nationale) where addresses are, through geopy.

Bounded in number and in rate, resumable: each answer is kept, found or not, and never asked again. A wrong postal code
moves an address by a hundred kilometres, since it filters: an answer in another commune is asked again by INSEE code,
and refused if it is still elsewhere. What is not found stays at the point of its commune.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from geopy.exc import (
    GeocoderAuthenticationFailure,
    GeocoderParseError,
    GeocoderQueryError,
    GeocoderQuotaExceeded,
    GeocoderTimedOut,
    GeocoderUnavailable,
    GeopyError,
)
from geopy.extra.rate_limiter import RateLimiter
from geopy.geocoders import BANFrance
from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, Connection, Engine, Subquery, Table, exists, func, insert, literal, select, union

from ingestion.addresses import departement_prefix
from ingestion.loads_rpps import people_at
from ingestion.places import FINESS, french_point, pointing
from ingestion.staging import table_of
from models.gazetteer import gazetteer
from models.outbox import enqueue_selected
from models.store import writing, writing_on
from models.tables import GeocodedAddress, Place, Structure

LEAST_SCORE: Final = 0.7
PRECISIONS: Final[Mapping[str, str]] = {"housenumber": "housenumber", "street": "street", "locality": "street"}
"""The types of answers that are accepted, and the precision they give."""

REASONS: Final[tuple[tuple[type[GeopyError], str], ...]] = (
    (GeocoderTimedOut, "il n'a pas répondu à temps"),
    (GeocoderUnavailable, "il est injoignable"),
    (GeocoderQuotaExceeded, "il reçoit trop de demandes"),
    (GeocoderAuthenticationFailure, "il refuse l'accès"),
    (GeocoderParseError, "sa réponse n'est pas celle de la BAN"),
    (GeopyError, "il répond par une erreur"),
)
"""Why a geocoder stops, the more precise first."""

_BATCH = 50
_PLACE, _STRUCTURE, _GEOCODED = table_of(Place), table_of(Structure), table_of(GeocodedAddress)
_LINE = ("number", "repetition", "street_type", "street")


class Properties(BaseModel):
    """What the BAN says of what it found."""

    type: str = ""
    score: float = 0.0
    citycode: str = ""


class Geometry(BaseModel):
    """A GeoJSON point: longitude, latitude."""

    coordinates: tuple[float, float]


class Feature(BaseModel):
    """A GeoJSON feature of an answer."""

    properties: Properties
    geometry: Geometry


class Located(NamedTuple):
    """What a geocoder found: degrees, how precise, how sure (0 to 1), in which commune."""

    lat: float
    lon: float
    precision: str
    score: float
    insee: str


class Geocoder(Protocol):
    """Where an address is."""

    def find(self, query: str, **filters: str) -> Located | None:
        """The best answer to a query, among those that the filters (`postcode`, `citycode`) let pass.

        Raises:
            GeopyError: the geocoder did not answer.

        """


class Ban:
    """A geocoder with the interface of the BAN, asked at most so many times a second, again after a failure."""

    def __init__(self, url: str, *, timeout_s: float, per_second: float, wait_s: float = 5.0, retries: int = 2) -> None:
        parts = urlsplit(url)
        self._ban = _Search(domain=parts.netloc + parts.path, scheme=parts.scheme, timeout=timeout_s)
        delay = 1 / per_second
        self._ask = RateLimiter(
            self._ban.search,
            min_delay_seconds=delay,
            max_retries=retries,
            error_wait_seconds=max(wait_s, delay),
            swallow_exceptions=False,
        )

    def find(self, query: str, **filters: str) -> Located | None:
        """See `Geocoder.find`."""
        return located(self._ask(query, filters))


class _Search(BANFrance):  # type: ignore[misc]  # geopy has no types
    """geopy's BAN geocoder, with the filters of the interface."""

    def search(self, query: str, filters: Mapping[str, str]) -> Any:
        """The JSON of the best answer."""
        parameters = {"q": query, "limit": 1, "autocomplete": 0, **filters}
        return self._call_geocoder(f"{self.geocode_api}?{urlencode(parameters)}", lambda answer: answer)


def located(answer: Any) -> Located | None:
    """The first feature of an answer (GeoJSON), if it is precise and sure enough, and in France.

    Raises:
        GeocoderParseError: this is no answer of the interface.

    """
    features = answer.get("features") if isinstance(answer, dict) else None
    if not features:
        return None
    try:
        feature = Feature.model_validate(features[0])
    except ValidationError as error:
        raise GeocoderParseError("the answer is not that of the BAN's interface") from error
    properties = feature.properties
    lon, lat = feature.geometry.coordinates
    precision, score = PRECISIONS.get(properties.type), properties.score
    found = french_point(lat, lon)
    if precision is None or score < LEAST_SCORE or found is None or found.swapped:
        return None
    return Located(found.point.lat, found.point.lon, precision, score, properties.citycode)


class Address(NamedTuple):
    """An address to look for."""

    key: str
    line: str
    postal_code: str
    insee: str | None
    commune: str | None


def locate(geocoder: Geocoder, address: Address) -> Located | None:
    """Where an address is: by its postal code, and by its commune when that answers elsewhere."""
    query = " ".join(part for part in (address.line, address.postal_code, address.commune) if part)
    found = geocoder.find(query, postcode=address.postal_code)
    if address.insee is None:
        return found
    if found is None or found.insee != address.insee:
        found = geocoder.find(f"{address.line} {address.commune or ''}".strip(), citycode=address.insee)
    same = found is not None and departement_prefix(found.insee) == departement_prefix(address.insee)
    return found if same else None


@dataclass(slots=True)
class Geocoded:
    """What a run did. `stopped`: why it ended before the last address; the same call goes on from there."""

    asked: int = 0
    found: int = 0
    remaining: int = 0
    moved: int = 0
    stopped: str | None = None


def geocode_missing(
    engine: Engine,
    geocoder: Geocoder,
    *,
    limit: int,
    at: int,
    on_progress: Callable[[int, int], None] | None = None,
) -> Geocoded:
    """Ask for at most `limit` addresses that were never asked and have no point of their own; then move their places.

    What was found is kept every 50 answers, so that a run that is stopped loses little and asks nothing twice.
    """
    with engine.connect() as connection:
        done = Geocoded(remaining=count_missing(connection))
        waiting = missing(connection, limit)
    todo = iter(waiting)
    while batch := list(islice(todo, _BATCH)):
        rows = list(_answers(geocoder, batch, done, at))
        with writing(engine) as connection:
            if rows:
                connection.execute(insert(_GEOCODED), rows)
        if on_progress is not None:
            on_progress(done.asked, len(waiting))
        if done.stopped:
            break
    done.remaining -= done.asked
    done.moved = move_geocoded(engine, at)
    return done


def missing(connection: Connection, limit: int) -> list[Address]:
    """The first addresses without a point of their own that no geocoder was asked for, in the order of their keys."""
    rows = _missing()
    columns = (func.min(column) for column in rows.c if column.name != "address_key")
    query = select(rows.c.address_key, *columns).group_by(rows.c.address_key).order_by(rows.c.address_key).limit(limit)
    found = connection.execute(query).all()
    street = slice(1, 1 + len(_LINE))
    return [Address(row[0], " ".join(part for part in row[street] if part), *row[street.stop :]) for row in found]


def count_missing(connection: Connection) -> int:
    """How many addresses there are to ask for."""
    rows = _missing()
    return connection.scalar(select(func.count(rows.c.address_key.distinct()))) or 0


def move_geocoded(engine: Engine, at: int) -> int:
    """Give places and structures the points that the cache now has, and ask for their offers; how many moved."""
    with engine.connect() as connection, pointing(connection, gazetteer()) as pointer, writing_on(connection):
        structures = pointer.move_structures(_cached(_STRUCTURE))
        places = pointer.move_places(_cached(_PLACE))
        of_structures = select((literal("s:") + structures.c.key).label("subject"))
        touched = union(of_structures, people_at(places)).subquery()
        return enqueue_selected(connection, select(touched.c[0]), at)


def _answers(geocoder: Geocoder, batch: list[Address], done: Geocoded, at: int) -> Iterator[dict[str, Any]]:
    """A row of the cache for each address, until the geocoder fails."""
    for address in batch:
        try:
            found = locate(geocoder, address)
        except GeocoderQueryError:
            found = None
        except GeopyError as error:
            done.stopped = next(french for kind, french in REASONS if isinstance(error, kind))
            return
        done.asked += 1
        done.found += found is not None
        values = found._asdict() if found else dict.fromkeys(("lat", "lon", "precision", "score"))
        values.pop("insee", None)
        yield {"key": address.key, "at": at, **values}


def _missing() -> Subquery:
    """The addresses of places and structures to ask for, with repetitions."""
    columns = ("address_key", *_LINE, "postal_code", "insee", "commune")
    return union(
        *(
            select(*(table.c[name] for name in columns)).where(
                table.c.departed_on.is_(None),
                table.c.address_key.is_not(None),
                table.c.postal_code.is_not(None),
                table.c.point_source.is_distinct_from(FINESS),
                ~exists().where(_GEOCODED.c.key == table.c.address_key),
            )
            for table in (_PLACE, _STRUCTURE)
        )
    ).subquery()


def _cached(table: Table) -> ColumnElement[bool]:
    """The condition that the cache has a point for the address of a row."""
    return table.c.address_key.in_(select(_GEOCODED.c.key).where(_GEOCODED.c.lat.is_not(None)))
