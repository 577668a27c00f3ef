"""An establishment of FINESS, whichever file it comes from, and its row of `Structure`."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from pyproj import Transformer

from ingestion.addresses import Given, address_key, departement_of, insee_code, settle, spelt_street
from ingestion.directory import ADDRESS_COLUMNS
from ingestion.files import LINE_LIMIT
from ingestion.phones import normalise
from ingestion.places import FINESS, french_point
from ingestion.report import shown
from ingestion.staging import Mirror, StagedRow, digest, table_of
from models.gazetteer import Gazetteer
from models.geo import Point
from models.tables import Structure

SOURCE = "finess"
_FINESS_LENGTH, _SIRET_LENGTH = 9, 14
_DAY_LENGTH = len("2026-11-23")
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


_NAMES: Mapping[str, str] = {
    "finess": "numéro FINESS",
    "siret": "SIRET",
    "legal_id": "numéro de l'entité juridique",
    "name": "nom",
    "long_name": "nom long",
    "category": "catégorie",
    "phone": "téléphone",
    "active": "état",
    "opened_on": "date d'ouverture",
    "closed_on": "date de fermeture",
    "recipient": "destinataire",
    "extra": "complément d'adresse",
    "number": "numéro de voie",
    "street_type": "type de voie",
    "street": "voie",
    "distribution": "lieu-dit",
}
"""How messages name the texts of an `Establishment`."""


def refusal(establishment: Establishment) -> str | None:
    """Why this is no establishment, or None."""
    number = establishment.finess
    if len(number) != _FINESS_LENGTH or not (number.isascii() and number.isalnum()):
        return f"numéro FINESS {shown(number)} : {_FINESS_LENGTH} chiffres ou lettres attendus"
    if not (establishment.name or establishment.long_name):
        return "nom absent"
    own = ((said, getattr(establishment, name)) for name, said in _NAMES.items())
    texts = (*own, *(("commune", text) for text in establishment.commune))
    return next(filter(None, (_unfit(name, text) for name, text in texts if isinstance(text, str))), None)


def _unfit(name: str, text: str) -> str | None:
    """Why a text cannot be stored, or None."""
    if "\0" in text:
        return f"{name} : valeur {shown(text)} refusée, elle contient le caractère NUL"
    if len(text) > LINE_LIMIT:
        return f"{name} : valeur {shown(text)} refusée, elle a plus de {LINE_LIMIT} caractères"
    return None


class Placed(NamedTuple):
    """The point that coordinates give: None when they give none that can be; and if their axes were swapped."""

    point: Point | None
    swapped: bool = False


def placed(coordinates: tuple[tuple[float, float], ...], departement: str | None) -> Placed:
    """The point that the first good pair gives: degrees in France, else metres of the département's projection."""
    projection = _PROJECTIONS.get(departement or "", _LAMBERT_93)
    for first, second in coordinates:
        if found := french_point(first, second):
            return Placed(*found)
    for first, second in coordinates:
        if (metres := in_metres(first, second, projection)).point:
            return Placed(metres.point)  # which is which was never promised
    return Placed(None)


def in_metres(x: float, y: float, projection: str) -> Placed:
    """The point of metres east then north of a projection (`EPSG:…`), or of the same swapped."""
    for first, second in ((x, y), (y, x)):
        if point := projected(first, second, projection):
            return Placed(point, (first, second) != (x, y))
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
        day(one.opened_on) or None,
        day(one.closed_on) or None,
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


def day(text: str) -> str:
    """The ISO day that a text begins with; empty when it begins with none."""
    try:
        return date.fromisoformat(text[:_DAY_LENGTH]).isoformat()
    except ValueError:
        return ""


def departement_hint(commune: Given, gazetteer: Gazetteer) -> str | None:
    """The département whose projection the coordinates are in."""
    return departement_of(insee_code(commune.insee), commune.postal_code, gazetteer)
