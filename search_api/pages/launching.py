"""`/lancer`: a search opened by another program, and what its page says first: the doctor, what was not understood."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from models.offer import Offer, tie
from relevance.found import Hit, Position
from relevance.judge import judge
from relevance.plan import Order, Plan
from relevance.text import EQUAL, name_quality, name_tokens, question
from search_api import regulating
from search_api.answers import OfferJson, hit_json
from search_api.pages import answer, cards, french, launch, links, reading
from search_api.pages.answer import Link
from search_api.pages.cards import Result
from search_api.pages.launch import Unread
from search_api.parameters import MEMBERSHIP, PLACES, Pairs
from search_api.problems import SECURITY, Undeclared
from search_api.searching import Answer
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)

LAUNCH: Final = "/lancer"
MARK: Final = "médecin traitant"
"""What the doctor's cards among the results say."""
DOCTOR: Final = "10"
"""The profession of a patient's doctor, who is looked for by name among doctors only."""
NAMESAKES: Final = 20
"""Offers that are read to know whether a name is one person's."""
_WHERE: Final = PLACES | MEMBERSHIP | {"radius_km", "at"}
_NO_DATABASE: Final = "Médecin traitant non cherché : la base ne répond pas."
_NO_NUMBER: Final = "Médecin traitant non trouvé : aucune fiche n’a le numéro RPPS {}."
_NO_NAME: Final = "Médecin traitant non trouvé : aucun médecin ne porte le nom « {} »."
_NAMESAKES: Final = "Médecin traitant non choisi : plusieurs médecins portent le nom « {} »."


@router.get(LAUNCH)
def opened(request: Request, services: ServicesDep) -> Response:
    """The search that a program asks, at its canonical link.

    Raises:
        Undeclared: the program is not one of those that may.
        QueryTooLong: more than 8 kB.

    """
    given = launch.pairs(request.scope["query_string"])
    origin = launch.first(given).get(launch.ORIGIN, "")
    if services.launchers is not None and origin not in services.launchers:
        raise Undeclared(launch.ORIGIN, origin)
    asked = launch.read(given, services.planner)
    unread = [(links.UNREAD, each.written) for each in asked.not_understood]
    return RedirectResponse(links.href([*reading.asked(services, asked.pairs).pairs, *unread]), 303, _HEADERS)


_HEADERS: Final = {**SECURITY, "Cache-Control": "no-store"}


# What its page says first -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """A field that was not understood, why, and the beginning of what was received."""

    label: str
    why: str
    value: str


@dataclass(frozen=True, slots=True)
class Doctor:
    """The patient's doctor: a card for each place, what could not be found, and the page without."""

    results: tuple[Result, ...]
    notes: tuple[str, ...]
    namesakes: Link | None
    without: str


@dataclass(frozen=True, slots=True)
class Launched:
    """What the page of a search says before its answer, because of the program that opened it.

    `doctor` is said on the first page; `anchors` are those of the doctor's cards among the results of any.
    """

    notices: tuple[Notice, ...]
    doctor: Doctor | None
    anchors: frozenset[str] = frozenset()


def launched(services: Services, asked: Pairs, found: Answer) -> Launched:
    """What is said of what was sent, and the doctor, on the first page of an answer."""
    notices = tuple(map(_notice, launch.read_back(asked)))
    if not any(launch.doctors(asked)):
        return Launched(notices, None)
    doctor, anchors = _doctor(services, asked, found)
    return Launched(notices, None if links.values(asked, "cursor") else doctor, anchors)


def _notice(unread: Unread) -> Notice:
    return Notice(launch.FIELDS[unread.field], launch.WHY[unread.reason], unread.value)


def _doctor(services: Services, asked: Pairs, found: Answer) -> tuple[Doctor, frozenset[str]]:
    """What is said of the doctor, and the anchors of the doctor's cards where the search finds them too."""
    numbers, name = launch.doctors(asked)
    offers, notes = _numbered(services, numbers) if numbers else _named(services, name or "", found.plan)
    at, orients = datetime.fromisoformat(found.json.at), regulating.is_open(services)
    search = answer.searched(found.json, asked, at, orients=orients)
    results = tuple(cards.result(each, search) for each in _nearest_first(offers, found.plan, services.booking_origin))
    doctor = Doctor(
        results=tuple(replace(each, anchor=f"medecin-traitant-{each.anchor}") for each in results),
        notes=tuple(map(french.typeset, notes)),
        namesakes=_namesakes(asked, name) if name and not offers else None,
        without=links.href(links.without(asked, links.DOCTOR)),
    )
    return doctor, frozenset(each.anchor for each in results)


def _namesakes(asked: Pairs, name: str) -> Link:
    """The search of this name among doctors, at the same place."""
    there = [pair for pair in asked if pair[0] in _WHERE]
    pairs = links.replacing(links.replacing(there, "text", [name]), "profession", [DOCTOR])
    return Link(links.href(pairs), "Chercher ce nom parmi les médecins")


# Finding the doctor -------------------------------------------------------------------------------------------------


def _numbered(services: Services, numbers: Iterable[str]) -> tuple[list[Offer], list[str]]:
    """The offers of these numbers, and what is said of those without any."""
    offers: list[Offer] = []
    notes: list[str] = []
    for number in numbers:
        identifiers = services.identifiers(f"p:8{number}")
        own = list(filter(None, map(services.offer, identifiers or ())))
        offers += own
        notes += [] if own else [_NO_DATABASE if identifiers is None else _NO_NUMBER.format(number)]
    return offers, notes


def _named(services: Services, name: str, plan: Plan) -> tuple[list[Offer], list[str]]:
    """The offers of the doctor of this name; none, and why, when several people have it."""
    text = question(name, prefix=False)
    order: Order = "nearest" if plan.origin else "relevance"
    asked = Plan(plan.at, plan.viewer, "professional", text, frozenset({DOCTOR}), origin=plan.origin, order=order)
    met = list(services.shown(services.searcher.exact(asked, NAMESAKES)))
    very = [each for each in met if text and name_quality(text, name_tokens(each.name)) == EQUAL] or met
    if len({each.subject for each in very}) == 1:
        return very, []
    return [], [(_NAMESAKES if very else _NO_NAME).format(name)]


def _nearest_first(offers: Iterable[Offer], plan: Plan, origin: str | None) -> list[OfferJson]:
    """The offers as the search tells them, even those that it does not find."""
    told = (hit_json(hit(offer, plan), plan, origin) for offer in offers)
    return sorted(told, key=lambda each: (each.distance_m is None, each.distance_m or 0.0, each.id))


def hit(offer: Offer, plan: Plan) -> Hit:
    """An offer as this plan judges it, found or not."""
    judgement = judge(offer, plan)
    return Hit(offer, Position(judgement.rung, judgement.score, tie(offer.id), offer.id))
