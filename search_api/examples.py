"""The examples of the API's description: a fictional offer, answered by the rules themselves."""

from functools import cache
from typing import Final

import msgspec

from models.clock import PARIS
from models.codes import Viewer
from models.geo import Point
from models.offer import (
    AnsweredSource,
    Availability,
    Code,
    CommuneRef,
    Offer,
    Participation,
    Person,
    Place,
    PlacePoint,
    SlotSource,
    StructureRef,
    offer_id,
)
from relevance import oracle
from relevance.plan import Circle, Plan, Window
from search_api import csv_rows
from search_api.answers import Frame, OneOfferJson, SearchJson, SourceJson, one_offer_json, search_json
from search_api.planning import Planned, Where

AT: Final = 1_795_452_120
"""23 November 2026, 17:42 in Paris."""
_HERE: Final = Point(45.7663, 4.87966)
_FRAME: Final = Frame("offers-20261123-0312", 48213, 1, ())


def _offer(family_name: str, north: float, hours: float, care: tuple[Code, ...] | None) -> Offer:
    """A doctor so many degrees north, free so many hours after the clock."""
    start = AT + round(hours * 3600) // 900 * 900
    subject = "p:810100000001"
    return Offer(
        id=offer_id(subject, f"tech:{family_name}"),
        subject=subject,
        kind="professional",
        person=Person("10100000001", "Dr", "Claire", family_name),
        professions=(Code("10", "Médecin"),),
        specialties=(Code("SM54", "Médecine générale"),),
        structure=StructureRef(type=Code("cabinet", "Cabinet libéral")),
        place=Place(
            "12 rue des Lilas",
            "69100",
            CommuneRef("69266", "Villeurbanne"),
            "69",
            PlacePoint(_HERE.lat + north, _HERE.lon, "housenumber"),
            PARIS,
        ),
        phones=("+33400000000",),
        care=care,
        equipment=(),
        sector=Code("1", "Secteur 1"),
        new_patients=True,
        participation=Participation(active=True, via="cpts", overbooking=True),
        slot_state="known",
        answered_sources=(AnsweredSource("editor", "Éditeur A", AT),),
        availabilities=(
            Availability(
                "creneau", start, start + 900, ("domicile",), "public", SlotSource("editor", "Éditeur A"), 1, AT
            ),
        ),
    )


@cache
def search() -> SearchJson:
    """The answer to a request for a doctor at home tonight, near Villeurbanne."""
    plan = Plan(
        at=AT,
        viewer=Viewer.PUBLIC,
        professions=frozenset({"10"}),
        care=frozenset({"visite-domicile"}),
        origin=_HERE,
        area=Circle(5_000),
        window=Window(AT, AT + 6 * 3600),
        modalities=("domicile",),
    )
    offers = (
        _offer("MARTEL", 0.0108, 1.5, (Code("visite-domicile", "Visite à domicile"),)),
        _offer("DURAND", 0.0665, 2.5, None),
    )
    sources = (SourceJson("RPPS", None, "Agence du Numérique en Santé"),)
    planned = Planned(plan, Where("Villeurbanne (69)", PARIS))
    return search_json(
        oracle.search(offers, plan), planned, msgspec.structs.replace(_FRAME, sources=sources), None, None
    )


@cache
def spreadsheet() -> str:
    """The exact part of the same answer as a file, without its mark."""
    plan = Plan(at=AT, origin=_HERE, modalities=("domicile",))
    written = csv_rows.lines([_offer("MARTEL", 0.0108, 1.5, (Code("visite-domicile", "Visite à domicile"),))], plan)
    return b"".join(written).decode().removeprefix(csv_rows.MARK)


@cache
def one_offer() -> OneOfferJson:
    """The first offer of the same answer, by its id."""
    return one_offer_json(_offer("MARTEL", 0.0108, 1.5, None), Viewer.PUBLIC, AT, _FRAME)
