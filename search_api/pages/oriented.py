"""What was done of patients that were sent: the thanks, the list of the last ones, what came of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from models.clock import PARIS, local
from models.codes import MODALITIES
from models.offer import Offer, offer_id
from models.regulators import token
from models.tables import Orientation
from registry import orientations
from registry.orientations import Stop
from registry.refusals import Changed, NotThere, Refused
from registry.regulators import regulators
from search_api import parameters
from search_api.answers import one_offer_json
from search_api.pages import cards, framing, french, links, render, sending
from search_api.pages.cards import Card
from search_api.parameters import Pairs
from search_api.posting import PostedDep
from search_api.problems import SECURITY, NotFound
from search_api.regulating import ONE_MORE, SOMEBODY, following, opened, stop
from search_api.services import Services, ServicesDep
from search_api.tickets import Tickets

router = APIRouter(include_in_schema=False)

LIST: Final = framing.ORIENTATIONS
SHOWN_S: Final = 30 * 86_400
"""How far back the list of orientations goes."""

STATES: Final = {"made": "Orienté", "cancelled": "Orientation annulée", "honoured": "Venu", "noshow": "Pas venu"}
"""What came of an orientation, in words."""
ACTIONS: Final = {"cancelled": "Annuler", "honoured": "Le patient est venu", "noshow": "Le patient n’est pas venu"}
"""What may be said of it."""
SAID: Final = {
    "cancelled": "Orientation annulée : la place qu’elle avait prise, si l’heure n’est pas passée, est rendue.",
    "honoured": "C’est noté : le patient est venu.",
    "noshow": "C’est noté : le patient n’est pas venu.",
    "unchanged": "Rien n’a changé : cela ne peut plus, ou pas encore, se dire de cette orientation.",
}
"""What the list says of what was just done."""
HERE: Final = "faite ici"
"""Whose an orientation is, until there are accounts."""
BOOKED: Final = "prise par {} chez {}"
NOBODY: Final = "Praticien que l’éditeur ne dit pas"
DONE: Final = "dit"
CURSOR: Final = "cursor"
_WAYS: Final[Mapping[str, str]] = dict(MODALITIES.items())


@dataclass(frozen=True, slots=True)
class Line:
    """An orientation as it is read, and what may still be said of it."""

    reference: str
    who: str
    what: str
    href: str | None
    address: str
    when: str
    whose: str
    sent: str
    how: str
    state: str
    actions: tuple[tuple[str, str], ...]
    phones: tuple[tuple[str, str], ...] = ()


def thanks(services: Services, reference: str, given: Pairs) -> Response:
    """What a regulator is told once a patient is sent, and the way back to the search."""
    made = opened(services).read(lambda connection: orientations.orientation(connection, reference))
    asked = [pair for pair in given if pair[0] != sending.RECEIPT]
    values = {
        "line": _line(services, made, services.offer(made.offer) if made.offer else None, {}),
        "ticket": _said(services).issue(reference, services.clock()),
        "back": links.href(asked),
    }
    return render.page("oriented.html", {**framing.frame(services), **values}, headers=sending.NO_STORE)


@router.post(LIST + "/{reference}")
def say(reference: str, posted: PostedDep, services: ServicesDep) -> Response:
    """Say what came of an orientation, then show the list, which says what was done. However long the form was open."""
    registry = opened(services)
    ticket, state = _said(services).read(posted.fields.get(sending.TICKET, "")), posted.fields.get("state", "")
    done, at = "unchanged", services.clock()
    if ticket is not None and state in ACTIONS:
        try:
            done = registry.write(lambda connection: orientations.become(connection, reference, state, at)).state
        except NotThere:
            raise NotFound from None
        except (Refused, Changed):
            pass  # somebody said otherwise meanwhile, or too early: the list shows how it stands
    return RedirectResponse(links.href([(DONE, done)], LIST), 303, {**SECURITY, **sending.NO_STORE})


@router.get(LIST)
def listed(request: Request, services: ServicesDep) -> Response:
    """The orientations of the last month, of every regulator, the last first, and what may be said of each."""
    given = dict(parameters.pairs(request.scope["query_string"]))
    since, after = services.clock() - SHOWN_S, _after(given.get(CURSOR))

    def made(connection: Connection) -> tuple[list[Orientation], Mapping[str, str]]:
        found = orientations.orientations(connection, since=since, after=after, most=ONE_MORE)
        return found, {token(one): f"{one.given} {one.family}" for one in regulators(connection)}

    found, names = opened(services).read(made)
    kept, stopped = orientations.page(found)
    offers, more = _offers(services, kept), following(stopped)
    values = {
        "search": links.HOME,
        "said": SAID.get(given.get(DONE, "")),
        "lines": tuple(_line(services, one, offers.get(one.id), names) for one in kept),
        "ticket": _said(services).issue("", services.clock()),
        "more": links.href([(CURSOR, more)], LIST) if more else None,
        "first": LIST if after else None,
    }
    return render.page("orientations.html", {**framing.frame(services), **values}, headers=sending.NO_STORE)


def _offers(services: Services, kept: Sequence[Orientation]) -> Mapping[str, Offer]:
    """To which offers patients were sent, by orientation; one of theirs where an editor does not say the place."""
    named = {one.id: one.offer or _offer_of(services, one) for one in kept}
    found = services.offers([identifier for identifier in named.values() if identifier])
    return {one.id: found[named[one.id]] for one in kept if named[one.id] in found}


def _offer_of(services: Services, kept: Orientation) -> str:
    """An offer of whom an editor named; empty for nobody, or nobody who is offered."""
    if kept.place_key:
        return offer_id(kept.subject, kept.place_key)
    return next(iter(services.identifiers(kept.subject) or ()), "") if kept.subject else ""


def _after(written: str | None) -> Stop | None:
    """Where the list goes on; from its beginning for what says no such place."""
    try:
        return stop(written)
    except PydanticCustomError:
        return None


def _said(services: Services) -> Tickets[str]:
    return Tickets(services.secret, "orientation-state", str)


def _line(services: Services, kept: Orientation, offer: Offer | None, names: Mapping[str, str]) -> Line:
    """An orientation in words; of an offer that is no more, the identifier of whom it was. `names` are regulators'."""
    zone, at = offer.place.time_zone if offer else PARIS, services.clock()
    shown = one_offer_json(offer, services.viewer, at, services.frame("", 0)) if offer else None
    card: Card | None = cards.card(shown, local(at, zone)) if shown else None
    return Line(
        reference=kept.id,
        who=card.name if card else kept.subject or NOBODY,
        what=card.what if card else "",
        href=card.href if card else None,
        address=card.address if card and kept.place_key else "",
        when=when(kept, zone, at),
        whose=whose(kept, names),
        sent=french.ago(at - kept.at),
        how=how(kept),
        state=STATES[kept.state],
        actions=tuple((state, ACTIONS[state]) for state in _may_become(kept, at)),
        phones=card.phones if card else (),
    )


def whose(kept: Orientation, names: Mapping[str, str]) -> str:
    """Who sent a patient: somebody here, or a regulator who booked it at an editor, by the name of their account."""
    if kept.regulator == SOMEBODY:
        return HERE
    return BOOKED.format(names.get(kept.regulator, kept.regulator.rpartition("|")[2]), kept.source_name)


def when(kept: Orientation, zone: str, at: int) -> str:
    """When a patient is expected, on the clock of a place: `demain à 9 h 15`, `aujourd’hui, 18:00–20:00`."""
    start, end, now = (local(instant, zone) for instant in (kept.slot_start, kept.slot_end, at))
    day = french.day(start.date(), now.date())
    if kept.kind == "plage":
        return f"{day}, {french.hour(start)}–{french.hour(end)}"
    return f"{day} à {french.said_hour(start)}"


def how(kept: Orientation) -> str:
    """By which modality, or that it is beyond what is open; an editor does not say."""
    other = "En sus des disponibilités" if kept.kind == "en_sus" else "Rendez-vous pris chez un éditeur"
    return _WAYS.get(kept.modality or "", other)


def _may_become(kept: Orientation, at: int) -> Iterator[str]:
    """What may be said of an orientation now; what was booked at an editor is called off there."""
    for state in orientations.NEXT.get(kept.state, ()):
        if not kept.appointment if state == "cancelled" else kept.slot_start <= at:
            yield state
