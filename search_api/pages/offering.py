"""The page of one offer: everything that its viewer may know, where it comes from, what is beside it, its agenda."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from models.codes import MODALITIES
from models.offer import Offer, offer_id
from search_api import parameters, regulating, searching
from search_api.answers import OneOfferJson, one_offer_json
from search_api.caching import headers
from search_api.pages import agenda, calling, cards, framing, links, provenance, reading, render, week
from search_api.pages.cards import Card, Slot
from search_api.parameters import Pairs
from search_api.problems import NO_OFFER, NotFound
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

BESIDE: Final = 30
"""Other places, or people of a structure, that a page shows."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another offer that this one leads to: its card, and the first availability that it has."""

    card: Card
    first: Slot | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is beside an offer, under a heading; `more` are not shown."""

    heading: str
    those: tuple[Neighbour, ...]
    more: int


@router.get("/offres/{identifier}.ics")
def offer_agenda(identifier: str, services: ServicesDep) -> Response:
    """The availabilities of the next 72 hours, for a program that keeps an agenda."""
    shown = _shown(services, identifier, searching.clock(services, ()))
    about = {"Content-Disposition": f'attachment; filename="creneaux-{shown.id}.ics"', **headers(services)}
    written = agenda.calendar(shown, datetime.fromisoformat(shown.at))
    return Response(written, headers={**about, "Content-Type": agenda.MEDIA_TYPE})


@router.get("/offres/{identifier}")
def offer(identifier: str, request: Request, services: ServicesDep) -> Response:
    """Everything that the viewer may know of one offer; the way back to the request that its link holds."""
    given = parameters.pairs(request.scope["query_string"])
    at = searching.clock(services, given)
    shown = _shown(services, identifier, at)
    values = {
        "card": cards.card(shown, datetime.fromisoformat(shown.at)),
        "back": reading.back(given, cards.anchor(shown)),
        "plain": f"/offres/{shown.id}",
        "orient": links.href(given, f"/offres/{shown.id}/orienter") if regulating.is_open(services) else None,
        "call": {
            "action": links.href(given, f"/offres/{shown.id}/appel"),
            "ticket": calling.ticket(services, shown.id),
            "said": (calling.said(services, [shown.id]) or {}).get(shown.id),
            "buttons": tuple(calling.BUTTONS.items()),
        },
        "agenda": week.path(shown.id) if services.registry else None,
        "report": links.href(given, f"/offres/{shown.id}/signaler"),
        "reserved": provenance.reserved(shown, shown.sources),
        "facts": provenance.sourced(cards.facts(shown), shown, shown.sources),
        "identifiers": cards.identifiers(shown),
        "modalities": tuple(MODALITIES.items()),
        "neighbours": tuple(each for each in _neighbours(services, shown, given, at) if each.those),
    }
    return render.page("offer.html", {**framing.frame(services), **values}, headers=framing.kept(services))


def found(services: Services, identifier: str) -> Offer:
    """The offer of a card.

    Raises:
        NotFound: there is none, or none that may be shown.

    """
    known = services.offer(identifier)
    if known is None:
        raise NotFound(NO_OFFER)
    return known


def _shown(services: Services, identifier: str, at: int) -> OneOfferJson:
    """The offer as the viewer may see it."""
    return _as_seen(services, found(services, identifier), at)


def _as_seen(services: Services, known: Offer, at: int) -> OneOfferJson:
    status = services.current()
    return one_offer_json(known, services.viewer, at, services.frame(status.generation, status.position))


# What is beside it --------------------------------------------------------------------------------------------------


def _neighbours(services: Services, shown: OneOfferJson, given: Pairs, at: int) -> Iterator[Neighbours]:
    """The other places of a person and the structure where they practise; the people of a structure."""
    query = links.href(given, "")

    def beside(heading: str, identifiers: Iterable[str] | None) -> Neighbours:
        others = [each for each in dict.fromkeys(identifiers or ()) if each != shown.id]
        seen = (_as_seen(services, each, at) for each in services.offers(others[:BESIDE]).values())
        return Neighbours(heading, tuple(_neighbour(each, query) for each in seen), len(others[BESIDE:]))

    if shown.person:
        yield beside("Autres lieux de la même personne", services.identifiers(f"p:{_number(shown)}"))
        yield beside("Structure", _structure(shown))
    else:
        yield beside("Autres lieux de la même structure", services.identifiers(f"s:{_of_structure(shown)}"))
        yield beside("Y exercent", services.practising(_of_structure(shown) or ""))


def _number(shown: OneOfferJson) -> str:
    """The identification of a person (type digit and number), as an offer's id begins with it."""
    return shown.id.removeprefix("p").partition("-")[0]


def _of_structure(shown: OneOfferJson) -> str:
    return shown.id.removeprefix("s").partition("-")[0]


def _structure(shown: OneOfferJson) -> Sequence[str]:
    """The offer of the structure at this place, when it is known by its FINESS number."""
    finess = shown.structure.finess
    return (offer_id(f"s:{finess}", f"finess:{finess}"),) if finess else ()


def _neighbour(shown: OneOfferJson, query: str) -> Neighbour:
    card = cards.card(shown, datetime.fromisoformat(shown.at), query=query)
    slots = [slot for way in card.ways for slot in way.slots]
    return Neighbour(card, min(slots, key=lambda slot: slot.iso, default=None))
