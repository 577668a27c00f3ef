"""An error that somebody says a card has: the form, what is kept with it, the thanks.

The form holds the card as it was shown, signed, so that what is kept is what was seen, whatever the index holds since.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from models.tables import Report
from search_api import parameters, searching
from search_api.answers import OneOfferJson, one_offer_json
from search_api.pages import cards, framing, links, offering, render, sending
from search_api.pages.cards import Fact
from search_api.pages.sending import Box, Sheet
from search_api.parameters import Pairs
from search_api.posting import PostedDep
from search_api.problems import RETRY, NotFound, Unavailable
from search_api.services import Services, ServicesDep
from search_api.tickets import Ticket, Tickets

router = APIRouter(
    include_in_schema=False
)  # POST first: a method that is refused is then said with all those that are not

PATH: Final = "/offres/{identifier}/signaler"
GONE: Final = "N’exerce plus ici"
OTHER: Final = "Autre chose"


class Seen(msgspec.Struct, frozen=True):
    """A card as somebody saw it: whose it is, and in what. `at` is the clock of what was shown, epoch seconds."""

    offer: OneOfferJson
    subject: str
    generation: str
    position: int
    at: int
    viewer: str


@router.post(PATH)
def report(identifier: str, request: Request, posted: PostedDep, services: ServicesDep) -> Response:
    """Keep an error with the card as it was seen, then thank; or draw the form again with what is wrong."""
    given = parameters.pairs(request.scope["query_string"])
    ticket = _tickets(services).read(posted.fields.get(sending.TICKET, ""))
    if ticket is None or ticket.held.offer.id != identifier:
        ticket = Ticket("", 0, _seen(services, identifier, given))  # as old as can be
    seen, fresh = ticket.held, not ticket.is_old(services.clock())
    if seen.subject in services.suppressed():
        raise NotFound
    boxes = _boxes(seen)
    refused = sending.refusals(services, posted, boxes, fresh=fresh)
    written = posted.fields[sending.TICKET] if fresh else _issued(services, seen)
    sheet = Sheet(written, sending.typed(boxes, posted), refused)
    if refused:
        return _drawn(services, seen, given, sheet, sending.status_of(refused))
    if not services.report(_report(ticket, sheet, services.clock())):
        return _drawn(services, seen, given, sheet, Unavailable.status)
    return sending.thanked(_path(identifier, [], "/signaler"), given, _tickets(services).receipt(ticket.reference))


@router.get(PATH)
def report_form(identifier: str, request: Request, services: ServicesDep) -> Response:
    """The form of an error, or the thanks for one that was sent."""
    given = parameters.pairs(request.scope["query_string"])
    reference = _tickets(services).reference(dict(given).get(sending.RECEIPT, ""))
    if reference:
        values = {"reference": reference, "back": _path(identifier, _asked(given))}
        return render.page("reported.html", {**framing.frame(services), **values}, headers=sending.NO_STORE)
    seen = _seen(services, identifier, given)
    return _drawn(services, seen, given, Sheet(_issued(services, seen)))


def _report(ticket: Ticket[Seen], sheet: Sheet, now: int) -> Report:
    seen = ticket.held
    return Report(
        reference=ticket.reference,
        at=now,
        subject=seen.subject,
        offer=seen.offer.id,
        fact=sheet.values["fact"],
        right=sheet.values["right"],
        email=sheet.values["email"] or None,
        seen=msgspec.to_builtins(seen.offer),
        generation=seen.generation,
        position=seen.position,
        seen_at=seen.at,
        viewer=seen.viewer,
    )


def _tickets(services: Services) -> Tickets[Seen]:
    return Tickets(services.secret, "report", Seen)


def _issued(services: Services, seen: Seen) -> str:
    return _tickets(services).issue(seen, services.clock())


def _seen(services: Services, identifier: str, given: Pairs) -> Seen:
    """The card as the viewer sees it now."""
    found = offering.found(services, identifier)
    at, status = searching.clock(services, given), services.current()
    shown = one_offer_json(found, services.viewer, at, services.frame(status.generation, status.position))
    return Seen(shown, found.subject, status.generation, status.position, at, services.viewer)


# The form -----------------------------------------------------------------------------------------------------------


def _boxes(seen: Seen) -> tuple[Box, ...]:
    return (
        Box("fact", "Ce qui est faux", 100, rule=sending.one_of(fact.name for fact in facts(seen.offer))),
        Box("right", "Ce qui serait juste", 1_000, lines=True),
        Box("email", "Votre adresse électronique", 254, required=False, rule=sending.email),
    )


def facts(offer: OneOfferJson) -> tuple[Fact, ...]:
    """What may be wrong: everything that the card shows, and what it cannot show."""
    card = cards.card(offer, datetime.fromisoformat(offer.at))
    return (
        Fact("Nom", card.name),
        Fact("Activité", card.what),
        *cards.facts(offer),
        *_of_regulation(card),
        Fact("Créneaux", card.no_slot or f"{len(offer.availabilities)} dans les 72 heures"),
        Fact(GONE, ""),
        Fact(OTHER, ""),
    )


def _of_regulation(card: cards.Card) -> Iterator[Fact]:
    said = [*card.sas, *([card.information] if card.information else [])]
    if said:
        yield Fact("Régulation", " ; ".join(said))


def _drawn(services: Services, seen: Seen, given: Pairs, sheet: Sheet, status: int = 200) -> Response:
    asked = _asked(given)
    unkept = status == Unavailable.status
    values = {
        "card": cards.card(seen.offer, datetime.fromisoformat(seen.offer.at)),
        "facts": facts(seen.offer),
        "form": sheet,
        "faults": sheet.faults,
        "heading": "Le signalement est à corriger",
        "notice": sending.UNKEPT if unkept else None,
        "action": _path(seen.offer.id, asked, "/signaler"),
        "back": _path(seen.offer.id, asked),
    }
    headers = {**sending.NO_STORE, **(RETRY if unkept else {})}
    return render.page("report.html", {**framing.frame(services), **values}, status, headers)


def _asked(given: Pairs) -> Pairs:
    """The request that the card was opened from."""
    return [pair for pair in given if pair[0] != sending.RECEIPT]


def _path(identifier: str, given: Pairs, end: str = "") -> str:
    return links.href(given, f"/offres/{quote(identifier, safe='')}{end}")
