"""The answer as it is drawn: its head, the exact cards, the ladder of concessions with theirs, the ways out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from models.offer import ModalityName
from relevance import explain
from relevance.found import Count
from search_api.answers import AreaJson, RungJson, SearchJson, TotalJson
from search_api.pages import cards, french, links
from search_api.pages.cards import Result
from search_api.pages.chips import Chip
from search_api.pages.fields import ORDERS
from search_api.parameters import RADIUS_KM, Pairs

SAME: Final = "la même demande, "
"""How the label of every rung begins: a list says it once."""
STALE_S: Final = 60
"""How far the index may be behind before the page warns."""
_STEPS: Final[Mapping[str, int]] = {"area:2R": 2, "area:4R": 4}


@dataclass(frozen=True, slots=True)
class Link:
    """A link and its words; `current` when it is where one stands."""

    href: str
    text: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A concession of the ladder: how many offers it adds, and where they are (on this page, or a wider request)."""

    label: str
    count: str
    href: str | None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A card with its number on the page."""

    number: int
    result: Result


@dataclass(frozen=True, slots=True)
class Group:
    """The cards of a concession."""

    anchor: str
    label: str
    count: str
    results: tuple[Numbered, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that the page writes of an answer."""

    heading: str
    where: str | None
    fresh: str
    clock: str
    generation: str
    orders: tuple[Link, ...]
    others: tuple[Link, ...]
    place: str
    widened: str | None
    warnings: tuple[str, ...]
    exact: tuple[Numbered, ...]
    ladder: tuple[Step, ...]
    groups: tuple[Group, ...]
    approximate_total: str
    next_exact: str | None
    next_approximate: str | None
    first: str
    paged: bool
    nothing: bool
    changes: tuple[Link, ...]
    hints: tuple[str, ...]


def answer(found: SearchJson, pairs: Pairs, chips: Sequence[Chip]) -> Answer:
    """Draw what was found for a request at its canonical link."""
    at = datetime.fromisoformat(found.at)
    numbered = tuple(_numbered(found, pairs, at))
    exact, approximate = numbered[: len(found.exact.offers)], numbered[len(found.exact.offers) :]
    nothing = found.exact.total.value == found.approximate.total.value == 0
    return Answer(
        heading=_heading(found),
        where=_where(found.area, links.values(pairs, "radius_km")),
        fresh=_fresh(found.lag_seconds),
        clock=f"{french.calendar_day(at)} à {french.hour(at)}",
        generation=found.generation,
        orders=tuple(_orders(pairs)),
        others=tuple(_others(found.area, pairs)),
        place=found.area.label if found.area else "",
        widened=_widened(found.area),
        warnings=tuple(_warnings(found, at)),
        exact=exact,
        ladder=tuple(_ladder(found, pairs)),
        groups=tuple(_groups(found, approximate)),
        approximate_total=_total(found.approximate.total),
        next_exact=_next(pairs, found.exact.next),
        next_approximate=_next(pairs, found.approximate.next),
        first=links.href(links.replacing(pairs, "cursor", [])),
        paged=bool(links.values(pairs, "cursor")),
        nothing=nothing,
        changes=tuple(_without(chips)) if nothing else (),
        hints=tuple(hint for name, hint in _HINTS.items() if links.values(pairs, name)),
    )


_HINTS: Final[Mapping[str, str]] = {
    "text": "Vérifiez l’orthographe du nom, ou n’en donnez que le début.",
    "radius_km": "Augmentez le rayon, ou laissez le rayon habituel.",
    "kind": "Cherchez parmi les professionnels et les structures.",
}
"""What helps when nothing is found, by the parameter that may be too strict."""


def _without(chips: Sequence[Chip]) -> Iterator[Link]:
    """The request without each criterion, when it has several."""
    for chip in chips if len(chips) > 1 else ():
        yield Link(chip.remove, f"Sans «{french.NBSP}{chip.text}{french.NBSP}»")


# Head ---------------------------------------------------------------------------------------------------------------


def _heading(found: SearchJson) -> str:
    """`12 résultats exacts`, `Aucun résultat exact` or `Aucun résultat`."""
    total = found.exact.total
    if total.value:
        return f"{_total(total)} {french.plural(total.value, 'résultat exact', 'résultats exacts')}"
    return "Aucun résultat exact" if found.approximate.total.value else "Aucun résultat"


def _total(total: TotalJson) -> str:
    return french.typeset(explain.total(Count(total.value, total.relation == "eq")))


def _where(area: AreaJson | None, radius_asked: Sequence[str]) -> str | None:
    """The place as it was understood, and the radius, whether it was asked or is the usual one."""
    if area is None:
        return None
    if area.kind != "circle" or area.radius_km is None:
        return f"Zone : {area.label}" if area.kind == "membership" else f"Distances depuis {area.label}"
    usual = "" if radius_asked or area.widened else " habituel"
    return f"{area.label}, rayon{usual} de {explain.km(area.radius_km * 1000)}"


def _fresh(lag_seconds: int | None) -> str:
    return "à un instant inconnu" if lag_seconds is None else french.ago(lag_seconds)


def _widened(area: AreaJson | None) -> str | None:
    if area is None or area.widened_from_km is None or area.radius_km is None:
        return None
    before, now = explain.km(area.widened_from_km * 1000), explain.km(area.radius_km * 1000)
    return f"Zone élargie à {now} : trop peu de résultats exacts à {before}"


def _orders(pairs: Pairs) -> Iterator[Link]:
    current = next(iter(links.values(pairs, "order")), "relevance")
    for order, label in ORDERS.items():
        chosen = [] if order == "relevance" else [order]
        yield Link(links.href(links.replacing(pairs, "order", chosen)), label, order == current)


def _others(area: AreaJson | None, pairs: Pairs) -> Iterator[Link]:
    """The namesakes of the place: the same request there. Codes take no radius."""
    for other in area.others if area else ():
        kept = pairs if other.parameter == "address" else links.without(pairs, "address")
        yield Link(links.href(links.replacing(kept, other.parameter, [other.value])), other.label)


def _warnings(found: SearchJson, at: datetime) -> Iterator[str]:
    if found.area and found.area.note:
        yield f"{explain.capital(found.area.note)}."
    if found.lag_seconds is not None and found.lag_seconds > STALE_S:
        yield f"L’index a du retard : il est à jour {explain.ago(found.lag_seconds)}."
    unknown = [offer for offer in (*found.exact.offers, *found.approximate.offers) if offer.slot_state == "unknown"]
    if unknown:
        which = french.plural(len(unknown), "une fiche affichée", f"{len(unknown)} fiches affichées")
        who = cards.silent((source for offer in unknown for source in offer.silent_sources), at)
        yield f"Créneaux en partie inconnus pour {which} : {who}."


# Cards --------------------------------------------------------------------------------------------------------------


def _numbered(found: SearchJson, pairs: Pairs, at: datetime) -> Iterator[Numbered]:
    """Every card, numbered through both parts."""
    asked = [modality for modality in _MODALITIES if modality in links.values(pairs, "modality")]
    preferred = sorted(asked, key=links.values(pairs, "modality").index)
    before = found.area.widened_from_km if found.area else None
    radius = None if before is None else before * 1000
    for number, offer in enumerate((*found.exact.offers, *found.approximate.offers), 1):
        yield Numbered(number, cards.result(offer, at, preferred, radius))


_MODALITIES: Final[tuple[ModalityName, ...]] = ("cabinet", "teleconsultation", "domicile")


def _groups(found: SearchJson, numbered: Sequence[Numbered]) -> Iterator[Group]:
    """The approximate cards by what they give up; the answer has them in that order."""
    rungs = {rung.given_up: rung for rung in found.approximate.rungs}
    pairs = zip(found.approximate.offers, numbered, strict=True)
    for given_up, those in groupby(pairs, lambda pair: pair[0].given_up):
        rung = rungs[given_up]
        yield Group(_anchor(given_up), rung.label, _total(rung.count), tuple(each for _, each in those))


def _anchor(given_up: Sequence[str]) -> str:
    return "-".join(("ecart", *given_up)).replace(":", "-")


def _ladder(found: SearchJson, pairs: Pairs) -> Iterator[Step]:
    """Every concession listed: a link to its cards, else to the request without what it gives up."""
    here = {offer.given_up for offer in found.approximate.offers}
    for rung in found.approximate.rungs:
        href = f"#{_anchor(rung.given_up)}" if rung.given_up in here else _relaxed(rung, found.area, pairs)
        yield Step(rung.label.removeprefix(SAME), _total(rung.count), href)


def _relaxed(rung: RungJson, area: AreaJson | None, pairs: Pairs) -> str | None:
    """The request that gives one criterion up; None when it has no link (several criteria, a zone by codes)."""
    if len(rung.given_up) != 1:
        return None
    (key,) = rung.given_up
    if key.startswith("area"):
        return _farther(key, area, pairs)
    return links.href(links.without(pairs, "within_hours" if key == "when" else key))


def _farther(key: str, area: AreaJson | None, pairs: Pairs) -> str | None:
    """The request with a wider radius, when there is one that may be asked."""
    if area is None or area.kind != "circle" or area.radius_km is None or key not in _STEPS:
        return None
    radius = area.radius_km * _STEPS[key]
    return links.href(links.replacing(pairs, "radius_km", [f"{radius:g}"])) if radius <= RADIUS_KM else None


def _next(pairs: Pairs, cursor: str | None) -> str | None:
    return links.href(links.following(pairs, cursor, 0)) if cursor else None
