"""An establishment of FINESS, whichever file it comes from, and its row of `Structure`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pyproj import Transformer

from ingestion.addresses import Given, address_key, departement_of, insee_code, settle, spelt_street
from ingestion.directory import ADDRESS_COLUMNS
from ingestion.phones import normalise
from ingestion.places import FINESS, french_point
from ingestion.staging import Mirror, StagedRow, digest, table_of
from models.gazetteer import Gazetteer
from models.geo import Point
from models.tables import Structure

SOURCE = "finess"
_FINESS_LENGTH, _SIRET_LENGTH = 9, 14
_LAMBERT_93 = "EPSG:2154"
_PROJECTIONS: Mapping[str, str] = {
    **dict.fromkeys(("971", "972", "977", "978"), "EPSG:4559"),
    "973": "EPSG:2972",
    "974": "EPSG:2975",
    "975": "EPSG:4467",
    "976": "EPSG:4471",
}
"""The projected coordinates in use overseas, by département; Lambert-93 elsewhere."""

STRUCTURES = Mirror(
    table_of(Structure),
    (
        "siret",
        "legal_id",
        "name",
        "long_name",
        "category",
        "phone",
        "active",
        "opened_on",
        "closed_on",
        *ADDRESS_COLUMNS,
        "lat",
        "lon",
        "precision",
        "point_source",
        "source",
    ),
    scope=table_of(Structure).c.source == SOURCE,
)


class Establishment(NamedTuple):
    """An establishment as a file gives it; empty strings where it says nothing. Days are ISO text.

    `coordinates` are pairs of numbers, each in an order that nobody promises: degrees, or metres of a projection.
    """

    finess: str
    siret: str
    legal_id: str
    name: str
    long_name: str
    category: str
    phone: str
    active: bool
    opened_on: str
    closed_on: str
    recipient: str
    extra: str
    number: str
    street_type: str
    street: str
    distribution: str
    commune: Given
    coordinates: tuple[tuple[float, float], ...] = ()


def refusal(establishment: Establishment) -> str | None:
    """Why this is no establishment, or None."""
    number = establishment.finess
    if len(number) != _FINESS_LENGTH or not (number.isascii() and number.isalnum()):
        return "Numéro FINESS absent ou mal formé"
    return None if establishment.name or establishment.long_name else "nom absent"


class Placed(NamedTuple):
    """The point that coordinates give: None when they give none that can be; and if their axes were swapped."""

    point: Point | None
    swapped: bool = False


def placed(coordinates: tuple[tuple[float, float], ...], departement: str | None) -> Placed:
    """The point that the first good pair gives: degrees in France, else metres of the département's projection."""
    for first, second in coordinates:
        if found := french_point(first, second):
            return Placed(*found)
    for first, second in coordinates:
        for x, y in ((first, second), (second, first)):
            if point := projected(x, y, _PROJECTIONS.get(departement or "", _LAMBERT_93)):
                return Placed(point)
    return Placed(None)


def projected(x: float, y: float, projection: str) -> Point | None:
    """The point in France that metres east and north of a projection (`EPSG:…`) give, or None."""
    lon, lat = _transformer(projection).transform(x, y)
    found = french_point(lat, lon)
    return found.point if found and not found.swapped else None


@lru_cache(maxsize=16)
def _transformer(projection: str) -> Transformer:
    return Transformer.from_crs(projection, "EPSG:4326", always_xy=True)


def structure_row(establishment: Establishment, point: Point | None, gazetteer: Gazetteer) -> StagedRow:
    """A row of `Structure`. Without point of its own, the structure gets one after the load."""
    one, settled = establishment, settle(establishment.commune, gazetteer)
    street = spelt_street(one.number, "", one.street_type, one.street)
    values = (
        one.siret if len(one.siret) == _SIRET_LENGTH and one.siret.isdigit() else None,
        one.legal_id or None,
        one.name or one.long_name,
        one.long_name or None,
        one.category or None,
        normalise(one.phone) if one.phone else None,
        one.active,
        one.opened_on or None,
        one.closed_on or None,
        one.recipient or None,
        one.extra or None,
        one.number or None,
        None,
        one.street_type or None,
        one.street or None,
        one.distribution or None,
        *settled,
        address_key(street, settled.postal_code, settled.insee),
        *((point.lat, point.lon, "site", FINESS) if point else (None, None, None, None)),
        SOURCE,
    )
    return (one.finess, digest(values), *values)


def departement_hint(commune: Given, gazetteer: Gazetteer) -> str | None:
    """The département whose projection the coordinates are in."""
    return departement_of(insee_code(commune.insee), commune.postal_code, gazetteer)
