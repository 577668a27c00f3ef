"""A patient sent to somebody, from their card: which slot or what hour *en sus*, the thanks, what came of it.

Nothing that is asked could tell who the patient is: there is no free text. Until accounts exist every regulator is the
same one, and the pages open in development only.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from models.clock import local
from models.codes import MODALITIES
from models.offer import Availability, ModalityName, Offer
from models.tables import Orientation
from registry import orientations
from registry.orientations import EN_SUS
from registry.refusals import Changed, NotThere, Refused, Taken
from relevance.judge import visible
from relevance.plan import Plan
from search_api import parameters
from search_api.answers import one_offer_json
from search_api.pages import cards, framing, french, links, oriented, render, sending
from search_api.pages.cards import BEYOND
from search_api.pages.faults import Wrong
from search_api.pages.sending import Box, Sheet
from search_api.parameters import Pairs
from search_api.posting import Posted, PostedDep
from search_api.problems import Conflict
from search_api.regulating import offer_of, opened, overbooks, send
from search_api.services import Services, ServicesDep
from search_api.tickets import Ticket, Tickets

router = APIRouter(include_in_schema=False)

PATH: Final = "/offres/{identifier}/orienter"


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot that can be taken, by one of its modalities: what the form sends, and how it is read."""

    value: str
    slot: Availability
    modality: str
    day: str
    hours: str
    way: str
    left: str | None
    source: str


class Shown(msgspec.Struct, frozen=True):
    """The offer that a form was drawn for."""

    offer: str


# The form -----------------------------------------------------------------------------------------------------------


@router.post(PATH)
def orient(identifier: str, request: Request, posted: PostedDep, services: ServicesDep) -> Response:
    """Send a patient, then say so; or draw the form again with what is wrong and what is open now."""
    given = parameters.pairs(request.scope["query_string"])
    offer = offer_of(services, identifier)
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, ""))
    if ticket is None or ticket.held.offer != identifier:
        ticket = Ticket("", 0, Shown(identifier))  # as old as can be
    fresh = not ticket.is_old(services.clock())
    if kept := _kept(services, ticket.reference):
        return _again(services, offer, given, posted, kept)
    choices = _choices(services, offer)
    faults = [*sending.refusals(services, posted, _boxes(choices), fresh=fresh, pace=services.own_pace)]
    sheet = Sheet(posted.fields.get(sending.TICKET, ""), sending.typed(_boxes(choices), posted))
    when = _when(offer, sheet, choices)
    if isinstance(when, Wrong):
        faults.append(when)
    elif when and not faults and (refused := _sent(services, offer, ticket.reference, when)):
        faults.append(refused)
    if faults:
        written = sheet.ticket if fresh else _issued(services, identifier)
        drawn = Sheet(written, sheet.values, tuple(faults))
        return _drawn(services, offer, given, drawn, sending.status_of(faults))
    return sending.thanked(_path(identifier), given, _tickets(services).receipt(ticket.reference))


@router.get(PATH)
def form(identifier: str, request: Request, services: ServicesDep) -> Response:
    """The form, or what was done with it."""
    given = parameters.pairs(request.scope["query_string"])
    reference = _tickets(services).reference(dict(given).get(sending.RECEIPT, ""))
    if reference:
        return oriented.thanks(services, reference, given)
    offer, asked = offer_of(services, identifier), dict(given).get(cards.SLOT) or None
    chosen = _chosen(offer, _choices(services, offer), asked)
    sheet = Sheet(_issued(services, identifier), {"slot": chosen} if chosen else {})
    others = [pair for pair in given if pair[0] != cards.SLOT]
    return _drawn(services, offer, others, sheet, gone=None if chosen else asked)


def _chosen(offer: Offer, choices: tuple[Choice, ...], asked: str | None) -> str | None:
    """The choice that the link of a card names, while it is open."""
    if asked == BEYOND:
        return BEYOND if overbooks(offer) else None
    named = (one for one in choices if cards.slot_named(one.slot.start, one.modality) == asked)
    return next((one.value for one in named), None)


def _kept(services: Services, reference: str) -> Orientation | None:
    """What was sent with a form already."""
    return opened(services).read(lambda connection: orientations.find(connection, reference)) if reference else None


def _again(services: Services, offer: Offer, given: Pairs, posted: Posted, kept: Orientation) -> Response:
    """A form that is sent again: the thanks for the same slot; for another one, a form of its own."""
    sheet = Sheet(_issued(services, offer.id), sending.typed(_boxes(()), posted), (ALREADY,))
    when = f"{local(kept.slot_start, offer.place.time_zone):%Y-%m-%d %H:%M}"
    same = f"{sheet.values['day']} {sheet.values['hour']}" == when if kept.kind == EN_SUS else True
    if same and sheet.values["slot"] == _value_of(kept):
        return sending.thanked(_path(offer.id), given, _tickets(services).receipt(kept.id))
    return _drawn(services, offer, given, sheet, Conflict.status)


ALREADY: Final = sending.wrong(
    sending.TICKET, "Formulaire", "il a déjà servi à orienter un patient : renvoyez-le pour en orienter un autre"
)


def _value_of(kept: Orientation) -> str:
    """The choice that an orientation was."""
    if kept.kind == EN_SUS:
        return BEYOND
    named = (kept.kind, kept.slot_start, kept.slot_end, kept.modality, kept.source_kind, kept.source_name)
    return "/".join(map(str, named))


def _tickets(services: Services) -> Tickets[Shown]:
    return Tickets(services.secret, "orientation", Shown)


def _issued(services: Services, identifier: str) -> str:
    return _tickets(services).issue(Shown(identifier), services.clock())


def _boxes(choices: tuple[Choice, ...]) -> tuple[Box, ...]:
    known = (*(choice.value for choice in choices), BEYOND)
    return (
        Box("slot", "Créneau", 200, rule=lambda value: None if value in known else GONE),
        Box("day", "Jour", 10, required=False, rule=_day),
        Box("hour", "Heure", 5, required=False, rule=_hour),
    )


GONE: Final = "ce créneau n’est plus ouvert : choisissez-en un autre"
NO_MORE: Final = "aucun patient n’est plus accepté en sus"
UNKEPT: Final = "l’orientation n’a pas été enregistrée : cherchez de nouveau cette personne"


def _day(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "une date comme 30/11/2026"
    return None


def _hour(value: str) -> str | None:
    try:
        time.fromisoformat(value)
    except ValueError:
        return "une heure comme 14:30"
    return None


def _choices(services: Services, offer: Offer) -> tuple[Choice, ...]:
    """What can be taken, in the order of time, a line for each modality."""
    at = services.clock()
    seen = visible(offer, Plan(at=at // 60 * 60, viewer=services.viewer))
    return tuple(_choice(slot, way, at, offer.place.time_zone) for slot in seen for way in slot.modalities)


def _choice(slot: Availability, modality: ModalityName, at: int, zone: str) -> Choice:
    start, end, now = (local(instant, zone) for instant in (slot.start, slot.end, at))
    named = (slot.kind, slot.start, slot.end, modality, slot.source.kind, slot.source.name)
    return Choice(
        value="/".join(map(str, named)),
        slot=slot,
        modality=modality,
        day=french.day(max(start, now).date(), now.date()),
        hours=french.hour(start) if slot.kind == "creneau" else f"{french.hour(start)}–{french.hour(end)}",
        way=MODALITIES[modality],
        left=cards.left(slot.kind, slot.capacity),
        source=cards.said_of(slot.source),
    )


def _when(offer: Offer, sheet: Sheet, choices: tuple[Choice, ...]) -> dict[str, Any] | Wrong | None:
    """When the form asks for: the columns of `Orientation` that say it; None for a slot that is not open."""
    chosen = sheet.values["slot"]
    if chosen != BEYOND:
        return next((_of_slot(one) for one in choices if one.value == chosen), None)
    if not overbooks(offer):
        return sending.wrong("slot", "En sus", NO_MORE)
    agreed = _beyond(offer, sheet)
    return agreed or sending.wrong("day", "Jour et heure", "pour un patient en sus, le jour et l’heure convenus")


def _of_slot(choice: Choice) -> dict[str, Any]:
    slot = choice.slot
    return {
        "kind": slot.kind,
        "slot_start": slot.start,
        "slot_end": slot.end,
        "source_kind": slot.source.kind,
        "source_name": slot.source.name,
        "modality": choice.modality,
    }


def _beyond(offer: Offer, sheet: Sheet) -> dict[str, Any] | None:
    """The hour agreed on the phone, on the clock of the place; None when it is not said."""
    day, hour = sheet.values["day"], sheet.values["hour"]
    if _day(day) or _hour(hour):
        return None
    agreed = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), ZoneInfo(offer.place.time_zone))
    return {"kind": EN_SUS, "slot_start": int(agreed.timestamp()), "slot_end": int(agreed.timestamp())}


def _sent(services: Services, offer: Offer, reference: str, when: dict[str, Any]) -> Wrong | None:
    """What is wrong when a patient cannot be sent after all."""
    try:
        send(services, offer, reference, when)
    except Taken as taken:
        return sending.wrong("slot", "Créneau", f"{taken} : faites un autre choix")
    except (NotThere, Changed):
        is_beyond = when["kind"] == EN_SUS
        return sending.wrong("slot", *(("En sus", UNKEPT) if is_beyond else ("Créneau", GONE)))
    except Refused as refused:
        return sending.wrong("day", "Jour et heure", refused.faults[0].rule)
    return None


def _drawn(
    services: Services, offer: Offer, given: Pairs, sheet: Sheet, status: int = 200, *, gone: str | None = None
) -> Response:
    at = services.clock()
    shown = one_offer_json(offer, services.viewer, at // 60 * 60, services.frame("", 0))
    lost = sheet.values.get("slot") if sheet.wrong("slot") else None  # the index may not know yet that it is taken
    values = {
        "card": cards.card(shown, datetime.fromisoformat(shown.at)),
        "choices": tuple(choice for choice in _choices(services, offer) if choice.value != lost),
        "beyond": BEYOND if overbooks(offer) else None,
        "today": local(at, offer.place.time_zone).date().isoformat(),
        "form": sheet,
        "faults": sheet.faults,
        "gone": gone,
        "heading": "L’orientation est à corriger",
        "action": _path(offer.id, given),
        "back": links.href(given, f"/offres/{quote(offer.id, safe='')}"),
        "search": links.href(given),
    }
    return render.page("orient.html", {**framing.frame(services), **values}, status, sending.NO_STORE)


def _path(identifier: str, given: Pairs = ()) -> str:
    return links.href(given, f"/offres/{quote(identifier, safe='')}/orienter")
