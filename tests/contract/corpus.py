"""Generated offers: a small vocabulary, so that everything collides, and the edges that the design names."""

from math import cos, radians
from random import Random
from typing import Any

from models.geo import Point
from models.offer import (
    AnsweredSource,
    Availability,
    Code,
    CommuneRef,
    FruitlessCall,
    Offer,
    Participation,
    Person,
    Place,
    PlacePoint,
    SlotSource,
    StructureRef,
    offer_id,
)

CLOCK = 1_795_000_020 // 60 * 60
VILLEURBANNE = Point(45.7667, 4.8800)
SAINT_DENIS_974 = Point(-20.8789, 55.4481)
POINTE_A_PITRE = Point(16.2411, -61.5331)
ANTIMERIDIAN = Point(-14.3, 179.98)
CENTRES = (VILLEURBANNE, VILLEURBANNE, VILLEURBANNE, SAINT_DENIS_974, POINTE_A_PITRE, ANTIMERIDIAN)

PROFESSIONS = ("10", "21", "40", "60", "70", "ZZ9")
SPECIALTIES = ("SM54", "SM04", "SM40", "SM42")
STRUCTURE_TYPES = ("cabinet", "124", "603", "620", "355", "sos")
SKILLS = ("C17", "CAPA05", "SM54")
CARE = ("visite-domicile", "suture", "vaccination")
EQUIPMENT = ("ecg", "echographe")
LANGUAGES = ("ar", "en", "fsl")
SECTORS = ("0", "1", "2")
VIA = ("individual", "cpts", "msp", "sos", "cds")
POSTAL_CODES = {
    "69100": ("69266", "Villeurbanne", "69"),
    "69003": ("69383", "Lyon 3e Arrondissement", "69"),
    "38200": ("38544", "Vienne", "38"),
    "97400": ("97411", "Saint-Denis", "974"),
    "97110": ("97120", "Pointe-à-Pitre", "971"),
}
FAMILY_NAMES = (
    "MARTEL",
    "MARTIN",
    "LE GALL",
    "LEGALL",
    "DE LA FONTAINE",
    "SAINT-ETIENNE",
    "N'GUYEN",
    "MARTELL",
    "ÉLUARD",
    "DELAFONTAINE",
    "DUPONT",
    "NGUYEN",
    "O'BRIEN",
    "OBRIEN",
)
GIVEN_NAMES = ("Claire", "Jean-Pierre", "Jeanpierre", "Éloïse", "Ana", "Marie")
STRUCTURE_NAMES = (
    "MSP des Lilas",
    "Maison de santé pluriprofessionnelle St-Étienne",
    "Pharmacie du Dr Martel",
    "CHRU de Vienne",
    "L'Hôpital",
    "Pharmacie des Saints-Pères",
)
MINUTE = 60
HOUR = 3600


class Corpus(tuple[Offer, ...]):
    """Offers that a failing example names instead of printing them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} offers>"


def corpus(seed: int, size: int = 180) -> Corpus:
    """`size` offers, the same for the same seed."""
    random = Random(seed)
    return Corpus(_offer(random, number) for number in range(size))


def _codes(random: Random, codes: tuple[str, ...], unknown: float = 0.3) -> tuple[Code, ...] | None:
    if random.random() < unknown:
        return None
    return tuple(Code(code, f"libellé {code}") for code in random.sample(codes, random.randint(0, min(2, len(codes)))))


def _one(random: Random, codes: tuple[str, ...], unknown: float = 0.3) -> Code | None:
    return None if random.random() < unknown else Code(code := random.choice(codes), f"libellé {code}")


def _maybe(random: Random, unknown: float = 0.3) -> bool | None:
    return None if random.random() < unknown else random.random() < 0.6


def near(random: Random, centre: Point, metres: float) -> Point:
    """A point at most about `metres` away, and on the same grid often enough to make ties."""
    step = random.choice((0.0, 1.0, -1.0, random.uniform(-1, 1)))
    lat = centre.lat + step * metres / 111_195
    lon = centre.lon + random.choice((0.0, random.uniform(-1, 1))) * metres / (111_195 * cos(radians(centre.lat)))
    return Point(lat, (lon + 180) % 360 - 180)


def _place(random: Random) -> Place:
    centre = random.choice(CENTRES)
    postal_code, (insee, name, departement) = random.choice(list(POSTAL_CODES.items()))
    point = (
        None if random.random() < 0.08 else near(random, centre, random.choice((0, 900, 4_000, 12_000, 30_000, 90_000)))
    )
    bare = random.random() < 0.06
    return Place(
        address="12 rue de la République",
        postal_code=None if bare else postal_code,
        commune=None if bare or random.random() < 0.1 else CommuneRef(insee, name),
        departement=None if bare else departement,
        point=point and PlacePoint(point.lat, point.lon, random.choice(("site", "street", "commune"))),
    )


def availability(random: Random, clock: int = CLOCK) -> Availability:
    """A créneau or a plage, often at an edge of a band, of the window or of the horizon."""
    kind = random.choice(("creneau", "creneau", "plage"))
    edge = random.choice((0, 4, 8, 12, 24, 48, 72)) * HOUR + random.choice((-MINUTE, 0, MINUTE))
    start = clock + random.choice((edge, random.randint(-3 * 60, 75 * 60) * MINUTE, random.randint(0, 8 * 60) * MINUTE))
    length = random.choice((0, 15, 60, 240, 600)) * MINUTE
    modalities = random.sample(("cabinet", "teleconsultation", "domicile"), random.choice((1, 1, 2, 3)))
    return Availability(
        kind=kind,
        start=start,
        end=start + (15 * MINUTE if kind == "creneau" else length),
        modalities=tuple(sorted(modalities)),
        audience=random.choice(("public", "public", "professional", "regulation", "cpts")),
        source=SlotSource("editor", "Editeur A"),
        capacity=1 if kind == "creneau" else random.choice((None, 4)),
        checked_at=clock - 300,
        motives=("Visite de contrôle",) if start % (2 * HOUR) == 0 else (),
    )


def _availabilities(random: Random) -> tuple[Availability, ...]:
    count = random.choice((0, 0, 0, 1, 1, 2, 3, 12))
    return tuple(sorted((availability(random) for _ in range(count)), key=lambda a: (a.start, a.end, a.kind)))


def _participation(random: Random) -> Participation | None:
    if random.random() < 0.5:
        return None
    active = random.random() < 0.7
    return Participation(active, random.choice(VIA) if active else None, random.random() < 0.5, random.random() < 0.3)


def _sinking(random: Random, silent: bool) -> dict[str, Any]:  # noqa: FBT001 - whether a source does not answer
    """Slots that nobody confirms and calls of which nothing came, often at an edge of an age or of the clock."""
    aged = random.choice((0, 1, 4, 12)) * HOUR + random.choice((-1, 0, 1, random.randint(-HOUR, 12 * HOUR)))
    until = CLOCK + random.choice((-1, 0, 1, random.randint(-12 * HOUR, 12 * HOUR)))
    outcome = random.choice(("no_answer", "refused", "full_today"))
    return {
        "unseen_since": CLOCK - aged if silent and random.random() < 0.7 else None,
        "fruitless": FruitlessCall(outcome, until - 4 * HOUR, until) if random.random() < 0.2 else None,
    }


def _offer(random: Random, number: int) -> Offer:
    person = random.random() < 0.8
    subject = f"p:8{number // 2:011d}" if person else f"s:{number:09d}"
    availabilities = _availabilities(random)
    common: dict[str, Any] = {
        "id": offer_id(subject, f"key {number}"),
        "subject": subject,
        "place": _place(random),
        "specialties": _codes(random, SPECIALTIES),
        "skills": _codes(random, SKILLS, 0.5),
        "care": _codes(random, CARE),
        "equipment": _codes(random, EQUIPMENT, 0.5),
        "languages": _codes(random, LANGUAGES, 0.5),
        "sector": _one(random, SECTORS),
        "accessible": _maybe(random),
        "new_patients": _maybe(random),
        "participation": _participation(random),
        "slot_state": random.choice(("known", "unknown") if availabilities else ("none", "known", "unknown")),
        "availabilities": availabilities,
        "phones": ("+33400000000",),
    }
    if common["slot_state"] == "known":
        common["answered_sources"] = (AnsweredSource("editor", "Éditeur A", CLOCK - number),)
    common |= _sinking(random, common["slot_state"] == "unknown")
    type_ = _one(random, STRUCTURE_TYPES)
    if person:
        return Offer(
            kind="professional",
            person=Person(subject[3:], "Dr", random.choice(GIVEN_NAMES), random.choice(FAMILY_NAMES)),
            professions=_codes(random, PROFESSIONS, 0.0) or (Code("10", "Médecin"),),
            structure=StructureRef(type=type_),
            **common,
        )
    return Offer(
        kind="structure",
        person=None,
        professions=_codes(random, PROFESSIONS),
        structure=StructureRef(subject[2:], None, random.choice((*STRUCTURE_NAMES, None)), type_),
        **common,
    )
