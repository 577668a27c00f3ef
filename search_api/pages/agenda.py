"""The availabilities of an offer as an iCalendar file (RFC 5545). Pure.

Instants are written in UTC, so that every program shows them right in its own zone, whatever daylight saving does.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from icalendar import Calendar, Event

from indexer.shape import ShapedAvailability, ShapedOffer
from models import codes
from search_api.pages import cards

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_PRODUCT: Final = "-//Annuaire Soins//FR"


def calendar(offer: ShapedOffer, at: datetime) -> bytes:
    """The file of an offer, as it was known at the clock `at`: an event for each créneau and each plage."""
    written = Calendar()
    written.add("prodid", _PRODUCT)
    written.add("version", "2.0")
    written.add("method", "PUBLISH")
    for event in _events(offer, at):
        written.add_component(event)
    return bytes(written.to_ical())


def _events(offer: ShapedOffer, at: datetime) -> Iterable[Event]:
    return (_event(offer, availability, at) for availability in offer.availabilities)


def _event(offer: ShapedOffer, slot: ShapedAvailability, at: datetime) -> Event:
    """Free time that nobody has booked: tentative, and it makes nobody busy."""
    event = Event()
    event.add("uid", _identifier(offer, slot))
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", _utc(slot.start))
    event.add("dtend", _utc(slot.end))
    event.add("summary", f"{cards.name(offer)} : {_how(slot)}")
    event.add("location", cards.address(offer.place))
    event.add("status", "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PUBLIC" if slot.audience == "public" else "CONFIDENTIAL")
    if booking := cards.safe(slot.booking_url):
        event.add("url", booking)
    return event


def _identifier(offer: ShapedOffer, slot: ShapedAvailability) -> str:
    """The same from one file to the next: a program that reads both keeps one event."""
    ways = "-".join(sorted(slot.modalities))
    return f"{offer.id}-{_utc(slot.start):%Y%m%dT%H%M%S}-{slot.kind}-{ways}@annuaire-soins"


def _how(slot: ShapedAvailability) -> str:
    """`créneau à domicile ou au cabinet (régulation)`."""
    ways = " ou ".join(codes.MODALITIES[modality].lower() for modality in slot.modalities)
    reserved = cards.RESERVED.get(slot.audience)
    kind = "créneau" if slot.kind == "creneau" else "plage"
    return f"{kind} {ways}" + (f" ({reserved})" if reserved else "")


def _utc(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(UTC)
