"""What a call to an offer gave: a button on its page says it, and the cards of every regulator show it at once."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.clock import iso
from models.tables import Call
from registry import calls
from registry.left import Left, left
from search_api import parameters
from search_api.pages import french, links, sending
from search_api.posting import PostedDep
from search_api.problems import SECURITY, Unavailable
from search_api.regulating import SOMEBODY, is_open, offer_of, opened
from search_api.services import Services, ServicesDep
from search_api.tickets import Tickets

router = APIRouter(include_in_schema=False)

BUTTONS: Final = {
    "calling": "J’appelle",
    "reached": "Joint",
    "no_answer": "Sans réponse",
    "refused": "A refusé",
    "full_today": "Complet aujourd’hui",
}
"""What may be said of a call."""
WITHDRAW: Final = "withdraw"
LIVE: Final = "/appels"
MOST: Final = 100
"""Cards of one page, at most."""
SAID: Final = {
    "calling": "appel en cours",
    "reached": "joint {}",
    "no_answer": "sans réponse {}",
    "refused": "a refusé {}",
    "full_today": "complet, dit {}",
}


class LeftJson(msgspec.Struct, frozen=True):
    """Of a card, by starts (ISO 8601, at the place): the slots that are taken, the places left of the others."""

    gone: tuple[str, ...]
    places: Mapping[str, int]


class LiveJson(msgspec.Struct, frozen=True):
    """What colleagues did since a page was drawn: what calls gave, in words, and what is left of slots, by offer."""

    calls: Mapping[str, str]
    left: Mapping[str, LeftJson]


@router.post("/offres/{identifier}/appel")
def say(identifier: str, request: Request, posted: PostedDep, services: ServicesDep) -> Response:
    """Keep what a call gave, or take it back, then show the card again. However long the form was open."""
    registry, at, found = opened(services), services.clock(), offer_of(services, identifier)
    ticket, outcome = _tickets(services).read(posted.fields.get(sending.TICKET, "")), posted.fields.get("outcome", "")
    if ticket and ticket.held == identifier:
        said = Call(offer=identifier, subject=found.subject, outcome=outcome, regulator=SOMEBODY, at=at)
        if outcome == WITHDRAW:
            registry.write(lambda connection: calls.withdraw(connection, identifier, SOMEBODY, at))
        elif outcome in BUTTONS:
            registry.write(lambda connection: calls.note(connection, said))
    given = parameters.pairs(request.scope["query_string"])
    where = links.href(given, f"/offres/{found.id}")
    return RedirectResponse(f"{where}#appel", 303, {**SECURITY, **sending.NO_STORE})


def ticket(services: Services, identifier: str) -> str:
    """What the form of a card holds."""
    return _tickets(services).issue(identifier, services.clock())


@router.get(LIVE)
def now(request: Request, services: ServicesDep) -> Response:
    """What colleagues did of the cards that a page shows, calls and patients sent: asked while it is looked at."""
    registry, at = opened(services), services.clock()
    pairs = parameters.pairs(request.scope["query_string"])
    offers = [value for name, value in pairs if name == "offer"][:MOST]
    found = registry.read(lambda on: LiveJson(_words(calls.calls(on, offers, at), at), _left(left(on, offers, at))))
    return Response(msgspec.json.encode(found), headers={**SECURITY, **sending.NO_STORE}, media_type="application/json")


def live(services: Services, offers: Sequence[str]) -> str | None:
    """Where what colleagues do of these offers is asked again; None for who may not know."""
    return links.href([("offer", each) for each in offers], LIVE) if is_open(services) and offers else None


def said(services: Services, offers: Iterable[str]) -> Mapping[str, str] | None:
    """What the last calls to these offers gave, in words; None for who may not know, nothing without a database."""
    if services.registry is None or not is_open(services):
        return None
    at, identifiers = services.clock(), list(offers)
    try:
        found = services.registry.read(lambda connection: calls.calls(connection, identifiers, at))
    except Unavailable:
        return {}
    return _words(found, at)


def _words(found: Mapping[str, Call], at: int) -> Mapping[str, str]:
    return {offer: SAID[call.outcome].format(french.ago(at - call.at)) for offer, call in found.items()}


def _left(found: Mapping[str, Left]) -> Mapping[str, LeftJson]:
    return {
        offer: LeftJson(
            tuple(iso(start, each.zone) for start in each.gone),
            {iso(start, each.zone): places for start, places in each.places.items()},
        )
        for offer, each in found.items()
    }


def _tickets(services: Services) -> Tickets[str]:
    return Tickets(services.secret, "call", str)
