"""A small world that every state of the pages can be shown with: offers around Villeurbanne, and elsewhere."""

from collections.abc import Iterator
from itertools import cycle
from random import Random
from typing import Any

from models import codes
from models.geo import Point
from models.offer import (
    Availability,
    Code,
    CommuneRef,
    Offer,
    Participation,
    Person,
    Place,
    PlacePoint,
    SilentSource,
    SlotSource,
    StructureRef,
    offer_id,
)

AT = 1_795_452_120
"""Monday 23 November 2026, 17:42 in Paris."""
MINUTE, HOUR = 60, 3600
MIDNIGHT = AT - 17 * HOUR - 42 * MINUTE

VILLEURBANNE = ("69100", "69266", "Villeurbanne", "69", Point(45.7667, 4.8800))
LYON_3 = ("69003", "69383", "Lyon 3e Arrondissement", "69", Point(45.7553, 4.8680))
BRON = ("69500", "69029", "Bron", "69", Point(45.7386, 4.9131))
VAULX = ("69120", "69256", "Vaulx-en-Velin", "69", Point(45.7768, 4.9186))
VIENNE = ("38200", "38544", "Vienne", "38", Point(45.5242, 4.8780))
SAINT_DENIS = ("97400", "97411", "Saint-Denis", "974", Point(-20.8789, 55.4481))
TOWNS = (VILLEURBANNE, VILLEURBANNE, LYON_3, BRON, VAULX, VIENNE)

FAMILIES = (
    "MARTEL", "BENALI", "GAUTHIER", "ROUSSET", "NGUYEN", "PERRIN", "DA SILVA", "CHARVET", "LEFÈVRE", "KOUASSI", "MOREL",
    "FAURE", "BRUN", "SANTOS", "OLIVIER", "GARNIER", "HADDAD", "BONNET", "VIAL", "PONCET",
)  # fmt: skip
GIVENS = ("Claire", "Karim", "Hélène", "Jean-Pierre", "Linh", "Sophie", "Paulo", "Éloïse", "Marc", "Aya")
STREETS = ("rue Anatole-France", "cours Émile-Zola", "avenue Henri-Barbusse", "rue du 4-Août-1789", "place Wilson")
SOURCES = (("editor", "Éditeur A"), ("editor", "Éditeur B"), ("agenda", "agenda"))
VIAS = ("individual", "cpts", "msp", "sos", None)
INFORMATION = "Visites après 19 h dans Villeurbanne ; digicode à demander au patient."


def coded(table: codes.Table, *values: str) -> tuple[Code, ...]:
    """Codes with their real labels."""
    return tuple(Code(value, table[value]) for value in values)


def place(town: tuple[Any, ...], number: int, random: Random, *, located: bool = True) -> Place:
    """A place in a town, a little off its centre."""
    postal_code, insee, name, departement, centre = town
    point = Point(centre.lat + random.uniform(-0.02, 0.02), centre.lon + random.uniform(-0.02, 0.02))
    return Place(
        address=f"{number} {STREETS[number % len(STREETS)]}",
        postal_code=postal_code,
        commune=CommuneRef(insee, name),
        departement=departement,
        point=PlacePoint(point.lat, point.lon, "housenumber") if located else None,
        time_zone="Indian/Reunion" if departement == "974" else "Europe/Paris",
    )


def creneau(start: int, *modalities: str, audience: str = "public", source: int = 0, checked: int = 3) -> Availability:
    """A créneau of 15 minutes, checked some minutes ago."""
    kind, name = SOURCES[source]
    return Availability(
        "creneau", start, start + 900, tuple(modalities), audience, SlotSource(kind, name), 1, AT - checked * MINUTE  # type: ignore[arg-type] # names come from tests
    )  # fmt: skip


def plage(start: int, end: int, *modalities: str, audience: str = "public", left: int = 4) -> Availability:
    """A plage of the manual agenda, with the patients that it can still take."""
    source = SlotSource("agenda", "agenda")
    return Availability("plage", start, end, tuple(modalities), audience, source, left)  # type: ignore[arg-type] # same


def agenda(random: Random, number: int, many: int) -> tuple[Availability, ...]:
    """Créneaux over three days, in several modalities and for several audiences, and now and then a plage."""
    modalities = cycle((("cabinet",), ("cabinet",), ("domicile",), ("teleconsultation",), ("cabinet", "domicile")))
    audiences = cycle(("public", "public", "regulation", "public", "professional", "cpts"))
    starts = sorted(AT + random.randint(2, 72 * 12) * 5 * MINUTE for _ in range(many))
    slots = [
        creneau(start, *next(modalities), audience=next(audiences), source=number % 2, checked=3 + number % 40)
        for start in starts
    ]
    if number % 4 == 0:
        slots.append(plage(MIDNIGHT + 17 * HOUR, MIDNIGHT + 22 * HOUR, "cabinet", audience="regulation"))
    if number % 5 == 1:
        slots.append(plage(MIDNIGHT + 19 * HOUR, MIDNIGHT + 23 * HOUR, "domicile", left=1 + number % 3))
    return tuple(sorted(slots, key=lambda slot: (slot.start, slot.end)))


def doctor(number: int, random: Random, **values: Any) -> Offer:
    """A general practitioner, with what people declare now and then."""
    family, given = FAMILIES[number % len(FAMILIES)], GIVENS[(number * 7) % len(GIVENS)]
    subject = f"p:8{10_100_000_000 + number:011d}"
    declared = number % 3
    known: dict[str, Any] = {
        "professions": coded(codes.PROFESSIONS, "10"),
        "specialties": coded(codes.SPECIALTIES, "SM54"),
        "structure": StructureRef(type=Code("cabinet", "Cabinet libéral")),
        "place": place(TOWNS[number % len(TOWNS)], 3 + number * 5 % 120, random),
        "phones": (f"+334782{number:05d}"[:12],),
        "care": coded(codes.CARE, "visite-domicile", "suture") if declared == 1 else () if declared else None,
        "sector": Code("1", "Secteur 1") if number % 4 else None,
        "accessible": (True, None, False)[number % 3],
        "new_patients": (None, True)[number % 2],
        "participation": Participation(active=True, via=VIAS[number % 5], overbooking=number % 2 == 0)  # type: ignore[arg-type] # names come from tests
        if number % 3
        else None,
        "information": INFORMATION if number % 4 == 1 else None,
        "slot_state": "unknown" if number % 9 == 8 else "known",
        "silent_sources": (SilentSource("editor", "Agenda Azur", AT - 11 * 60),) if number % 9 == 8 else (),
        "availabilities": agenda(random, number, (0, 4, 12, 25)[number % 4]),
    }
    return Offer(
        id=offer_id(subject, f"place {number}"),
        subject=subject,
        kind="professional",
        person=Person(str(10_100_000_000 + number), "Dr", given, family),
        **(known | values),
    )


def structure(number: int, random: Random, name: str, kind: str, town: tuple[Any, ...], **values: Any) -> Offer:
    """An establishment."""
    subject = f"s:69{number:07d}"
    known: dict[str, Any] = {
        "professions": None,
        "specialties": None,
        "place": place(town, number, random),
        "phones": (f"+33472{number:06d}",),
        **values,
    }
    reference = StructureRef(finess=subject[2:], name=name, type=Code(kind, codes.STRUCTURE_TYPES[kind]))
    return Offer(
        id=offer_id(subject, "site"), subject=subject, kind="structure", person=None, structure=reference, **known
    )


def offers() -> tuple[Offer, ...]:
    """Everybody, the same each time."""
    return tuple(_everybody(Random(7)))


def _everybody(random: Random) -> Iterator[Offer]:
    for number in range(90):
        yield doctor(number, random)
    for number in range(90, 110):
        physiotherapist = {"professions": coded(codes.PROFESSIONS, "70"), "specialties": None, "participation": None}
        yield doctor(number, random, **physiotherapist)
    msp = StructureRef(finess="690000777", name="MSP des Lilas", type=Code("603", codes.STRUCTURE_TYPES["603"]))
    yield doctor(120, random, structure=msp, place=place(VILLEURBANNE, 12, random))
    yield doctor(121, random, place=place(VILLEURBANNE, 14, random, located=False))
    yield doctor(122, random, place=place(SAINT_DENIS, 8, random))
    yield structure(31, random, "SOS Médecins Lyon", "sos", LYON_3, specialties=coded(codes.SPECIALTIES, "SM54"))
    yield structure(32, random, "Pharmacie du Dr Martel", "620", VILLEURBANNE)
    yield structure(33, random, "Maison de santé des Charpennes", "603", VILLEURBANNE, accessible=True)
