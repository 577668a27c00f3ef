"""One offer as it is written outside: the same names in the API's answers and in the export.

Only the writing differs from `models.offer`: instants are ISO 8601 with the offset of the place, and what tells whose
rows an offer was made from (`subject`) stays inside. Nothing is decided here: the caller gives the availabilities, and
says whether what is reserved to the regulation is written.
"""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlencode, urlsplit, urlunsplit

import msgspec

from models.clock import iso
from models.offer import (
    AudienceName,
    Availability,
    Code,
    Kind,
    ModalityName,
    Offer,
    Participation,
    Person,
    Place,
    Sinking,
    SlotSource,
    SlotState,
    StructureRef,
)


class ShapedAvailability(msgspec.Struct, frozen=True, gc=False):
    """An availability whose instants are ISO 8601 with the offset of the place."""

    kind: str
    start: str
    end: str
    modalities: tuple[ModalityName, ...]
    audience: AudienceName
    capacity: int | None
    source: SlotSource
    checked_at: str | None
    booking_url: str | None
    motives: tuple[str, ...]


class ShapedSilence(msgspec.Struct, frozen=True, gc=False):
    """A source that did not answer when it was last asked."""

    kind: str
    name: str
    asked_at: str


class ShapedAnswer(msgspec.Struct, frozen=True, gc=False):
    """A source that answered when it was last asked."""

    kind: str
    name: str
    answered_at: str


class ShapedCall(msgspec.Struct, frozen=True, gc=False):
    """A call of which nothing came: what it gave, when, and until when it sinks the offer."""

    outcome: Sinking
    at: str
    until: str


class ShapedOffer(msgspec.Struct, frozen=True):
    """An offer by its published names. `None`: nobody declared it, or the reader may not see it."""

    id: str
    kind: Kind
    person: Person | None
    professions: tuple[Code, ...] | None
    specialties: tuple[Code, ...] | None
    structure: StructureRef
    place: Place
    phones: tuple[str, ...] | None
    skills: tuple[Code, ...] | None
    care: tuple[Code, ...] | None
    equipment: tuple[Code, ...] | None
    languages: tuple[Code, ...] | None
    sector: Code | None
    accessible: bool | None
    new_patients: bool | None
    participation: Participation | None
    information: str | None
    written_on: str | None
    slot_state: SlotState
    silent_sources: tuple[ShapedSilence, ...]
    answered_sources: tuple[ShapedAnswer, ...] | None
    availabilities: tuple[ShapedAvailability, ...]


class ExportedOffer(ShapedOffer, frozen=True):
    """An offer with what sinks it: since when no source of its slots answers, and the call of which nothing came."""

    unseen_since: str | None
    fruitless: ShapedCall | None


def availabilities_json(
    seen: Iterable[Availability], zone: str, origin: str | None = None
) -> tuple[ShapedAvailability, ...]:
    """Availabilities in the time zone of their place; their links tell the editor of whom they bring by `origin`."""
    return tuple(
        [
            ShapedAvailability(
                each.kind,
                iso(each.start, zone),
                iso(each.end, zone),
                each.modalities,
                each.audience,
                each.capacity,
                each.source,
                None if each.checked_at is None else iso(each.checked_at, zone),
                with_origin(each.booking_url, origin) if each.booking_url and origin else each.booking_url,
                each.motives,
            )
            for each in seen
        ]
    )


@lru_cache(maxsize=16_384)  # an answer has hundreds of links, and the next answer mostly the same
def with_origin(url: str, origin: str) -> str:
    """A booking link, which has no `origin`, with this one; the rest of it as it is."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode({"origin": origin}))))
    return urlunsplit(parts._replace(query=query))


def phones_json(offer: Offer) -> tuple[str, ...] | None:
    """The numbers; None without any: files give numbers, nobody declares that there is none."""
    return offer.phones or None


def silences_json(offer: Offer) -> tuple[ShapedSilence, ...]:
    """The sources of an offer that did not answer, in the time zone of its place."""
    zone = offer.place.time_zone
    return tuple([ShapedSilence(each.kind, each.name, iso(each.asked_at, zone)) for each in offer.silent_sources])


def answers_json(offer: Offer) -> tuple[ShapedAnswer, ...]:
    """The sources of an offer that answered, in the time zone of its place."""
    zone = offer.place.time_zone
    return tuple([ShapedAnswer(each.kind, each.name, iso(each.answered_at, zone)) for each in offer.answered_sources])


def _call_json(offer: Offer) -> ShapedCall | None:
    call, zone = offer.fruitless, offer.place.time_zone
    return ShapedCall(call.outcome, iso(call.at, zone), iso(call.until, zone)) if call else None


def offer_json(offer: Offer) -> ExportedOffer:
    """The offer with everything that it holds: availabilities of every audience, what is reserved to the regulation."""
    return ExportedOffer(
        id=offer.id,
        kind=offer.kind,
        person=offer.person,
        professions=offer.professions,
        specialties=offer.specialties,
        structure=offer.structure,
        place=offer.place,
        phones=phones_json(offer),
        skills=offer.skills,
        care=offer.care,
        equipment=offer.equipment,
        languages=offer.languages,
        sector=offer.sector,
        accessible=offer.accessible,
        new_patients=offer.new_patients,
        participation=offer.participation,
        information=offer.information,
        written_on=offer.written_on,
        slot_state=offer.slot_state,
        silent_sources=silences_json(offer),
        answered_sources=answers_json(offer),
        availabilities=availabilities_json(offer.availabilities, offer.place.time_zone),
        unseen_since=None if offer.unseen_since is None else iso(offer.unseen_since, offer.place.time_zone),
        fruitless=_call_json(offer),
    )
