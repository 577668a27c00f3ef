"""Synthetic offers for the measures, spread by population over the communes, the same for the same seed.

Shares are the national ones (DREES, CNOMK, FINESS; see docs/measures.md): 4.4 % structures; of the professionals, 14 %
general practitioners, 20 % of whom have 1 to 60 availabilities in the 72 hours.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import cos, radians
from random import Random
from typing import Final

from msgspec.structs import replace

from models.codes import (
    CARE,
    CONVENTION_SECTORS,
    EQUIPMENT,
    LANGUAGES,
    PROFESSIONS,
    SKILLS,
    SPECIALTIES,
    STRUCTURE_TYPES,
    Table,
)
from models.gazetteer import Commune, gazetteer
from models.offer import (
    AudienceName,
    Availability,
    Code,
    CommuneRef,
    FruitlessCall,
    ModalityName,
    Offer,
    Participation,
    Person,
    Place,
    PlacePoint,
    SlotSource,
    StructureRef,
    offer_id,
)

CLOCK: Final = 1_795_000_020 // 60 * 60
EDITOR: Final = SlotSource("editor", "Éditeur de mesure")
PROFESSION_SHARES: Final = (
    ("10", "SM54", 0.14), ("10", "SM04", 0.02), ("10", "SM38", 0.015), ("10", "SM15", 0.01), ("10", "SM40", 0.02),
    ("10", "SM42", 0.035), ("10", "SM20", 0.015), ("10", "SM59", 0.02), ("10", "SM08", 0.015), ("60", None, 0.33),
    ("70", None, 0.12), ("21", None, 0.07), ("40", None, 0.05), ("50", None, 0.025), ("91", None, 0.025),
    ("93", None, 0.05), ("80", None, 0.015), ("28", None, 0.025),
)  # fmt: skip
_PROFESSION_ENDS: Final = list(accumulate(share for *_, share in PROFESSION_SHARES))
STRUCTURE_SHARES: Final = (("620", 0.20), ("124", 0.05), ("603", 0.05), ("611", 0.05), ("500", 0.15), ("355", 0.02))
MODALITY_SETS: Final[tuple[tuple[ModalityName, ...], ...]] = (
    ("cabinet",),
    ("teleconsultation",),
    ("domicile",),
    ("cabinet", "teleconsultation"),
)
AUDIENCE_NAMES: Final[tuple[AudienceName, ...]] = ("public", "professional", "regulation", "cpts")
SYLLABLES: Final = (
    "ba be bi bo bou cha che da del du fa fer ga gau gi gra hu ja jo la le li lo lu ma mar mi mo na nes ni pa per pi "
    "po qui ra ri ro rou sa sau ser ta ter ti to va ve vi"
).split()


def offers(count: int, seed: int = 7) -> Iterator[Offer]:
    """`count` offers in the order of their numbers."""
    random = Random(seed)
    places = gazetteer()
    communes = [
        one for one in places.communes if one.point and one.population and not places.arrondissements(one.insee)
    ]
    ends = list(accumulate(one.population for one in communes))
    for number in range(count):
        commune = communes[bisect(ends, random.random() * ends[-1])]
        offer = (_structure if random.random() < 0.044 else _professional)(random, number, commune)
        yield _sunk(Random(number), offer)


def _sunk(random: Random, offer: Offer) -> Offer:
    """One offer in 500 of which a call gave nothing, and the slots of one agenda in 20 unconfirmed for up to a day."""
    called, silent = random.random() < 0.002, offer.availabilities and random.random() < 0.05
    if not (called or silent):
        return offer
    return replace(
        offer,
        fruitless=FruitlessCall("refused", CLOCK - 600, CLOCK + 3 * 3600) if called else None,
        unseen_since=CLOCK - random.randint(600, 86_400) if silent else None,
        slot_state="unknown" if silent else offer.slot_state,
    )


def _labelled(table: Table, code: str) -> Code:
    return Code(code, table.get(code, code))


def _weighted(random: Random, shares: Sequence[tuple[str, float]]) -> str:
    return random.choices([code for code, _ in shares], [share for _, share in shares])[0]


def _declared(random: Random, table: Table, share: float) -> tuple[Code, ...] | None:
    """Up to three codes, declared by this share of people."""
    if random.random() > share:
        return None
    return tuple(_labelled(table, code) for code in random.sample(list(table), random.randint(0, 3)))


def _word(random: Random) -> str:
    return "".join(random.choice(SYLLABLES) for _ in range(random.randint(2, 4))).capitalize()


def _place(random: Random, commune: Commune) -> Place:
    """Within a few kilometres of the commune's point."""
    assert commune.point is not None
    spread = random.gauss(0, 1_500), random.gauss(0, 1_500)
    lat = commune.point.lat + spread[0] / 111_195
    lon = commune.point.lon + spread[1] / (111_195 * cos(radians(commune.point.lat)))
    postal_code = random.choice(commune.postal_codes) if commune.postal_codes else None
    return Place(
        address=f"{random.randint(1, 200)} rue {_word(random)}",
        postal_code=postal_code,
        commune=CommuneRef(commune.insee, commune.name),
        departement=commune.departement,
        point=None if random.random() < 0.01 else PlacePoint(round(lat, 6), round(lon, 6), "housenumber"),
    )


def _availability(random: Random) -> Availability:
    start = CLOCK + random.randint(-30, 72 * 60) * 60
    modalities = random.choices(MODALITY_SETS, (70, 10, 12, 8))[0]
    audience = random.choices(AUDIENCE_NAMES, (50, 15, 28, 7))[0]
    if random.random() < 0.1:
        return Availability("plage", start, start + 4 * 3600, modalities, audience, EDITOR, 6, CLOCK - 600)
    return Availability("creneau", start, start + 900, modalities, audience, EDITOR, 1, CLOCK - 600)


def _slots(random: Random, most: int = 60) -> tuple[Availability, ...]:
    """1 to `most` availabilities, by start."""
    found = [_availability(random) for _ in range(random.randint(1, most))]
    return tuple(sorted(found, key=lambda one: (one.start, one.end)))


def _participation(random: Random) -> Participation | None:
    if random.random() > 0.15:
        return None
    return Participation(
        active=True, via=random.choice(("individual", "cpts", "msp")), overbooking=random.random() < 0.5
    )


def _professional(random: Random, number: int, commune: Commune) -> Offer:
    profession, specialty, _ = PROFESSION_SHARES[bisect(_PROFESSION_ENDS, random.random() * _PROFESSION_ENDS[-1])]
    doctor = profession == "10"
    general = specialty == "SM54"
    slots = _slots(random) if random.random() < (0.20 if general else 0.03 if doctor else 0.005) else ()
    subject = f"p:8{number:011d}"
    return Offer(
        id=offer_id(subject, "addr:measure"),
        subject=subject,
        kind="professional",
        person=Person(f"{number:011d}", "Dr" if doctor else None, _word(random), _word(random).upper()),
        professions=(_labelled(PROFESSIONS, profession),),
        specialties=(_labelled(SPECIALTIES, specialty),) if specialty else None,
        structure=StructureRef(type=Code("cabinet", "Cabinet libéral") if random.random() < 0.6 else None),
        place=_place(random, commune),
        phones=(f"+334{number % 100_000_000:08d}",),
        skills=_declared(random, SKILLS, 0.02),
        care=_declared(random, CARE, 0.25),
        equipment=_declared(random, EQUIPMENT, 0.15),
        languages=_declared(random, LANGUAGES, 0.2),
        sector=_labelled(CONVENTION_SECTORS, "1" if random.random() < 0.8 else "2") if doctor else None,
        accessible=random.choice((None, None, True, False)),
        new_patients=random.choice((None, True, False)),
        participation=_participation(random) if doctor else None,
        slot_state="known" if slots else "unknown" if random.random() < 0.003 else "none",
        availabilities=slots,
    )


def _structure(random: Random, number: int, commune: Commune) -> Offer:
    category = _weighted(random, STRUCTURE_SHARES)
    subject = f"s:{number:09d}"
    slots = _slots(random, 20) if category in {"124", "603"} and random.random() < 0.2 else ()
    return Offer(
        id=offer_id(subject, f"finess:{number:09d}"),
        subject=subject,
        kind="structure",
        person=None,
        professions=None,
        specialties=None,
        structure=StructureRef(
            finess=f"{number:09d}",
            name=f"{_word(random)} {_word(random)}",
            type=_labelled(STRUCTURE_TYPES, category),
        ),
        place=_place(random, commune),
        phones=(f"+334{number % 100_000_000:08d}",),
        slot_state="known" if slots else "none",
        availabilities=slots,
    )
