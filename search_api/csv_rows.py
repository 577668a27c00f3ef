"""Offers as lines of a spreadsheet: UTF-8 with its mark, `;`, French headers, and no cell that a program runs."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from models.clock import local
from models.geo import Point, distance_m
from models.offer import Code, Offer
from relevance.explain import WAYS, first_start, phone
from relevance.judge import judge
from relevance.plan import Plan

MARK: Final = "\ufeff"
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that a spreadsheet program takes for a formula."""
LINES: Final = 200
"""Lines written at once."""


def _labels(codes: Iterable[Code] | None) -> str:
    return ", ".join(code.label for code in codes or ())


def _yes(value: bool | None) -> str:  # noqa: FBT001 - the declared value itself
    return "" if value is None else "oui" if value else "non"


def _number(value: float | None, digits: int) -> str:
    """A number as French programs read it."""
    return "" if value is None else f"{value:.{digits}f}".replace(".", ",")


def _km(offer: Offer, plan: Plan) -> str:
    point = offer.place.point
    if plan.origin is None or point is None:
        return ""
    return _number(distance_m(plan.origin, Point(point.lat, point.lon)) / 1000, 2)


def _first(offer: Offer, plan: Plan) -> str:
    """The first availability that answers the request, from the start of its window: local time, and how."""
    judgement = judge(offer, plan)
    start = first_start(plan, judgement)
    if start is None:
        return ""
    ways = [WAYS[way] for way in judgement.judged[0].modalities if not plan.modalities or way in plan.modalities]
    return f"{local(start, offer.place.time_zone):%d/%m/%Y %H:%M} {', '.join(ways)}"


_COLUMNS: Final[dict[str, Callable[[Offer, Plan], str | None]]] = {
    "Identifiant": lambda offer, _: offer.id,
    "Nature": lambda offer, _: "professionnel" if offer.kind == "professional" else "structure",
    "Civilité": lambda offer, _: offer.person.civility if offer.person else None,
    "Nom": lambda offer, _: offer.person.family_name if offer.person else offer.structure.name,
    "Prénom": lambda offer, _: offer.person.given_name if offer.person else None,
    "RPPS": lambda offer, _: offer.person.rpps if offer.person else None,
    "Professions": lambda offer, _: _labels(offer.professions),
    "Spécialités": lambda offer, _: _labels(offer.specialties),
    "Structure": lambda offer, _: offer.structure.name,
    "FINESS": lambda offer, _: offer.structure.finess,
    "Type de structure": lambda offer, _: _labels([offer.structure.type] if offer.structure.type else None),
    "Adresse": lambda offer, _: offer.place.address,
    "Code postal": lambda offer, _: offer.place.postal_code,
    "Commune": lambda offer, _: offer.place.commune.name if offer.place.commune else None,
    "Code INSEE": lambda offer, _: offer.place.commune.insee if offer.place.commune else None,
    "Téléphones": lambda offer, _: ", ".join(map(phone, offer.phones)),
    "Distance (km)": _km,
    "Premier créneau": _first,
    "Prises en charge": lambda offer, _: _labels(offer.care),
    "Équipements": lambda offer, _: _labels(offer.equipment),
    "Langues": lambda offer, _: _labels(offer.languages),
    "Secteur": lambda offer, _: _labels([offer.sector] if offer.sector else None),
    "Accès de plain-pied": lambda offer, _: _yes(offer.accessible),
    "Nouveaux patients": lambda offer, _: _yes(offer.new_patients),
    "Latitude": lambda offer, _: _number(offer.place.point.lat if offer.place.point else None, 5),
    "Longitude": lambda offer, _: _number(offer.place.point.lon if offer.place.point else None, 5),
}

HEADERS: Final = tuple(_COLUMNS)
_NUMBERS: Final = frozenset({"Distance (km)", "Latitude", "Longitude"})


def harmless(cell: str) -> str:
    """The text with a quote before it, when a spreadsheet program would run it as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(DANGEROUS) else cell


def _row(offer: Offer, plan: Plan) -> list[str]:
    cells = ((name, column(offer, plan) or "") for name, column in _COLUMNS.items())
    return [cell if name in _NUMBERS else harmless(cell) for name, cell in cells]


def lines(offers: Iterable[Offer], plan: Plan) -> Iterator[bytes]:
    """The file, a few lines at a time. What the first one needs from the engine is asked when it is read."""
    rows = (_row(offer, plan) for offer in offers)
    first = list(islice(rows, LINES))
    yield (MARK + _written([HEADERS, *first])).encode()
    while more := list(islice(rows, LINES)):
        yield _written(more).encode()


def _written(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(rows)
    return text.getvalue()
