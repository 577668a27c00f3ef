"""The page of a selection: the cards that were picked, to be copied, printed, kept as a file or as a link."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.clock import PARIS, iso, local
from models.offer import Offer
from relevance.plan import Plan
from search_api import csv_rows, parameters, regulating, searching
from search_api.answers import OfferJson, hit_json
from search_api.caching import headers
from search_api.pages import answer, cards, framing, french, launching, links, reading, render, selection
from search_api.pages.cards import Result, Search
from search_api.parameters import Pairs
from search_api.problems import SECURITY, DirectoryError
from search_api.routes.search import CSV
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

_GONE: Final = ("fiche choisie n’existe plus", "fiches choisies n’existent plus")


@router.get(selection.PATH)
def selected(request: Request, services: ServicesDep) -> Response:
    """The cards that were picked, with the distances of the request that they were picked in."""
    given = parameters.pairs(request.scope["query_string"])
    chosen, asked = links.picked(given), _asked(services, given)
    link = links.href([*asked, *selection.of(chosen)], selection.PATH)
    if link != links.href(given, selection.PATH):
        return RedirectResponse(link, 303, SECURITY)
    plan = _plan(services, asked)
    told = (hit_json(launching.hit(offer, plan), plan, services.booking_origin) for offer in _offers(services, chosen))
    orients = regulating.is_open(services)
    results = tuple(_result(each, plan, asked, chosen, orients=orients) for each in told)
    values = {
        "title": selection.said(len(results)),
        "results": results,
        "text": selection.lines([each.card for each in results]),
        "gone": _gone(len(chosen) - len(results)),
        "back": reading.back([*asked, *selection.of(chosen)]),
        "plain": links.href(selection.of(chosen), selection.PATH),
        "sheet": links.href(selection.of(chosen), selection.SHEET),
    }
    return render.page("selection.html", {**framing.frame(services), **values}, headers=framing.kept(services))


@router.get(selection.SHEET)
def sheet(request: Request, services: ServicesDep) -> Response:
    """The same cards as a spreadsheet, by the columns of the API's."""
    chosen = links.picked(parameters.pairs(request.scope["query_string"]))
    plan = Plan(searching.clock(services, ()), services.viewer)
    name = f"selection-annuaire-soins-{local(plan.at, PARIS):%Y%m%d-%H%M}.csv"
    about = {"Content-Disposition": f'attachment; filename="{name}"', **headers(services)}
    return Response(b"".join(csv_rows.lines(_offers(services, chosen), plan)), media_type=CSV, headers=about)


def _asked(services: Services, given: Pairs) -> Pairs:
    """The request that cards were picked in, at its canonical link, from its first page."""
    return links.without(reading.asked(services, selection.without(given)).pairs, "cursor")


def _offers(services: Services, chosen: Iterable[str]) -> list[Offer]:
    """The offers of the cards that are still there, and may be shown."""
    return list(services.offers(list(chosen)).values())


def _plan(services: Services, asked: Pairs) -> Plan:
    """What the cards are told with: that request, or nothing but the clock when it cannot be asked any more."""
    try:
        return searching.understood(services, links.of_api(asked)).planned.plan
    except DirectoryError:
        return Plan(searching.clock(services, ()), services.viewer)


def _result(told: OfferJson, plan: Plan, asked: Pairs, chosen: tuple[str, ...], *, orients: bool) -> Result:
    """The card of an offer, and the link to the selection without it."""
    search = Search(
        at=datetime.fromisoformat(iso(plan.at, told.place.time_zone)),
        preferred=answer.preferred(asked),
        query=links.href([*asked, *selection.of(chosen)], ""),
        measured=plan.origin is not None,
        orients=orients,
    )
    others = [*asked, *selection.of(each for each in chosen if each != told.id)]
    return replace(cards.result(told, search), remove=links.href(others, selection.PATH))


def _gone(count: int) -> str | None:
    return french.typeset(f"{count} {french.plural(count, *_GONE)}.") if count else None
