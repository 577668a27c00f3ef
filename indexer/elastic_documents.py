"""From an offer to the bytes of its document, and back.

A document holds what is searched, and its source what is shown: the offer, with its availabilities apart in a compact
form, because dozens of them that differ by their start alone would be most of every answer's bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

import msgspec

from indexer.elastic_cells import cell
from indexer.elastic_fields import FACETED
from models.codes import VISIBLE, Viewer
from models.offer import AudienceName, Availability, Code, ModalityName, Offer, Participation, Place, SlotSource, tie
from relevance.criteria import Name
from relevance.text import name_tokens

TIE_SHIFT: Final = 1 << 63
"""A tie is an unsigned 8-byte integer and a `long` is signed: shifted, the order is the same."""

NO_POINT: Final = "point"
NO_CODES: Final = "codes"
"""The area is unknown by radius without a point, by membership without any code: two facts, whatever is asked."""

_MS: Final = 1000


class Interval(msgspec.Struct, frozen=True, gc=False):
    """When something can be taken, both ends included, epoch milliseconds."""

    gte: int
    lte: int


class Spot(msgspec.Struct, frozen=True, gc=False):
    """A `geo_point`."""

    lat: float
    lon: float


class Shared(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What several availabilities of an offer have alike."""

    kind: Literal["creneau", "plage"]
    modalities: tuple[ModalityName, ...]
    audience: AudienceName
    source: SlotSource
    capacity: int | None
    checked_at: int | None
    motives: tuple[str, ...]


class Slots(msgspec.Struct, frozen=True, array_like=True):
    """The availabilities in their order: start, seconds, which of the shared, booking address."""

    shared: tuple[Shared, ...] = ()
    each: tuple[tuple[int, int, int, str | None], ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """The source of a document: the only part of it that is kept as it was sent."""

    offer: Offer
    slots: Slots = Slots()


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is indexed; the names are those of `elastic_fields.F`."""

    id: str
    tie: int
    subject: str
    kind: str
    name: str
    offer: Offer
    slots: Slots = Slots()
    cell: int | None = None
    profession: list[str] | None = None
    specialty: list[str] | None = None
    structure_type: str | None = None
    skill: list[str] | None = None
    care: list[str] | None = None
    equipment: list[str] | None = None
    language: list[str] | None = None
    sector: str | None = None
    accessible: bool | None = None
    new_patients: bool | None = None
    participation: list[str] | None = None
    overbooking: bool = False
    reorientation: bool = False
    point: Spot | None = None
    postal_code: str | None = None
    commune: str | None = None
    departement: str | None = None
    unknown: list[str] = []
    unseen_since: int | None = None
    sinks_until: int | None = None
    available: dict[str, dict[str, list[Interval]]] | None = None
    facet: dict[str, list[str]] = {}


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Shown)

_UNDECLARED: Final[tuple[tuple[str, Callable[[Offer], bool]], ...]] = (
    (Name.PROFESSION, lambda offer: offer.professions is None),
    (Name.STRUCTURE_TYPE, lambda offer: offer.structure.type is None),
    (Name.SPECIALTY, lambda offer: offer.specialties is None),
    (Name.SKILL, lambda offer: offer.skills is None),
    (Name.CARE, lambda offer: offer.care is None),
    (Name.EQUIPMENT, lambda offer: offer.equipment is None),
    (Name.LANGUAGE, lambda offer: offer.languages is None),
    (Name.SECTOR, lambda offer: offer.sector is None),
    (Name.ACCESSIBLE, lambda offer: offer.accessible is None),
    (Name.NEW_PATIENTS, lambda offer: offer.new_patients is None),
    (Name.WHEN, lambda offer: offer.slot_state == "unknown"),
    (NO_POINT, lambda offer: offer.place.point is None),
    (NO_CODES, lambda offer: _without_codes(offer.place)),
)
"""What `unknown` says of an offer: the criteria that nobody declared."""

_COUNTED: Final[dict[Name, Callable[[Offer], Sequence[Code] | None]]] = {
    Name.PROFESSION: lambda offer: offer.professions,
    Name.STRUCTURE_TYPE: lambda offer: _alone(offer.structure.type),
    Name.SPECIALTY: lambda offer: offer.specialties,
    Name.SKILL: lambda offer: offer.skills,
    Name.CARE: lambda offer: offer.care,
    Name.EQUIPMENT: lambda offer: offer.equipment,
    Name.LANGUAGE: lambda offer: offer.languages,
    Name.SECTOR: lambda offer: _alone(offer.sector),
}


def encode(offer: Offer) -> bytes:
    """The JSON of the document, on one line."""
    return _ENCODER.encode(document(offer))


def decode(source: bytes) -> Offer:
    """The offer that `encode` was given, from the source of its document."""
    shown = _DECODER.decode(source)
    return _with_slots(shown.offer, shown.slots) if shown.slots.each else shown.offer


def document(offer: Offer) -> Document:
    """What is indexed of this offer."""
    place, participation, point = offer.place, offer.participation, offer.place.point
    return Document(
        id=offer.id,
        tie=tie(offer.id) - TIE_SHIFT,
        subject=offer.subject,
        kind=offer.kind,
        name=" ".join(sorted(name_tokens(offer.name))),
        offer=msgspec.structs.replace(offer, availabilities=()) if offer.availabilities else offer,
        slots=_slots(offer.availabilities),
        cell=cell(point.lat, point.lon) if point else None,
        profession=_codes(offer.professions),
        specialty=_codes(offer.specialties),
        structure_type=_code(offer.structure.type),
        skill=_codes(offer.skills),
        care=_codes(offer.care),
        equipment=_codes(offer.equipment),
        language=_codes(offer.languages),
        sector=_code(offer.sector),
        accessible=offer.accessible,
        new_patients=offer.new_patients,
        participation=_ways(participation) if participation else None,
        overbooking=participation is not None and participation.overbooking,
        reorientation=participation is not None and participation.reorientation,
        point=Spot(point.lat, point.lon) if point else None,
        postal_code=place.postal_code,
        commune=place.commune.insee if place.commune else None,
        departement=place.departement,
        unknown=[tag for tag, undeclared in _UNDECLARED if undeclared(offer)],
        unseen_since=offer.unseen_since,
        sinks_until=offer.fruitless.until if offer.fruitless else None,
        available=available(offer.availabilities) if offer.availabilities else None,
        facet={name: [facet_value(code) for code in codes] for name in FACETED if (codes := _COUNTED[name](offer))},
    )


def _codes(codes: Iterable[Code] | None) -> list[str] | None:
    return [code.code for code in codes] if codes else None


def _code(code: Code | None) -> str | None:
    return code.code if code else None


def _alone(code: Code | None) -> tuple[Code, ...]:
    return (code,) if code else ()


def _ways(participation: Participation) -> list[str] | None:
    """How someone participates; "any" whatever the way."""
    if not participation.active:
        return None
    return ["any", participation.via] if participation.via else ["any"]


def _without_codes(place: Place) -> bool:
    return place.postal_code is None and place.commune is None and place.departement is None


def facet_value(code: Code) -> str:
    """A code with its label as one value, in the order of codes; `facet_code` reads it."""
    return f"{code.code}\t{code.label}"


def facet_code(value: str) -> Code:
    """What `facet_value` wrote."""
    code, _, label = value.partition("\t")
    return Code(code, label)


# Availabilities -----------------------------------------------------------------------------------------------------


def _slots(availabilities: Sequence[Availability]) -> Slots:
    shared: dict[Shared, int] = {}
    each = tuple(
        (a.start, a.end - a.start, shared.setdefault(_shared(a), len(shared)), a.booking_url) for a in availabilities
    )
    return Slots(tuple(shared), each)


def _shared(a: Availability) -> Shared:
    return Shared(a.kind, a.modalities, a.audience, a.source, a.capacity, a.checked_at, a.motives)


def _with_slots(offer: Offer, slots: Slots) -> Offer:
    availabilities = tuple(
        Availability(
            a.kind, start, start + length, a.modalities, a.audience, a.source, a.capacity, a.checked_at, url, a.motives
        )
        for start, length, index, url in slots.each
        for a in (slots.shared[index],)
    )
    return msgspec.structs.replace(offer, availabilities=availabilities)


def available(availabilities: Sequence[Availability]) -> dict[str, dict[str, list[Interval]]]:
    """The intervals by viewer, then by modality and for any; a wider viewer's hold the narrower's."""
    return {
        viewer: fields
        for viewer in Viewer
        if (fields := _by_modality([a for a in availabilities if a.audience in VISIBLE[viewer]]))
    }


def _by_modality(availabilities: Sequence[Availability]) -> dict[str, list[Interval]]:
    intervals: dict[str, list[tuple[int, int]]] = {}
    for availability in availabilities:
        interval = _interval(availability)
        for modality in ("any", *availability.modalities):
            intervals.setdefault(modality, []).append(interval)
    return {modality: union(found) for modality, found in intervals.items()}


def _interval(availability: Availability) -> tuple[int, int]:
    """A créneau is its start; a plage goes from its start to just before its end. Epoch milliseconds."""
    start = availability.start * _MS
    return start, start if availability.kind == "creneau" else availability.end * _MS - 1


def union(intervals: Iterable[tuple[int, int]]) -> list[Interval]:
    """The same instants in the fewest intervals; one that ends before it starts holds none."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start <= end:
            merged.append((start, end))
    return [Interval(start, end) for start, end in merged]
