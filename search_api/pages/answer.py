"""The answer as it is drawn: its head, the exact cards, the ladder of concessions with theirs, what to change. Pure."""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from models.offer import ModalityName
from relevance import explain
from relevance.criteria import TABLE
from relevance.found import Count
from search_api.answers import AreaJson, RungJson, SearchJson, TotalJson
from search_api.pages import cards, french, links, trades
from search_api.pages.cards import Result
from search_api.pages.fields import ORDERS, VIEWS
from search_api.pages.ways_out import Nothing
from search_api.parameters import LIMIT, RADIUS_KM, Pairs

SAME: Final = "la même demande, "
"""How the label of every rung begins."""
STALE_S: Final = 60
"""How far the index may be behind before the page warns."""
SEEN_AT_ONCE: Final = 5
"""Approximate cards that are seen before a rung is opened, where nothing is exact."""
IN_FULL: Final = 2
"""Concessions that a rung says in full; more are named only, since each card says what it misses."""
_STEPS: Final[Mapping[str, int]] = {"area:2R": 2, "area:4R": 4}


@dataclass(frozen=True, slots=True)
class Link:
    """A link and its words; `current` when it is where one stands; `key` presses it."""

    href: str
    text: str
    current: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A card with its number on the page."""

    number: int
    result: Result


@dataclass(frozen=True, slots=True)
class Rung:
    """A concession: how many offers it adds, its cards where they are on this page, else the request that finds them.

    `opened`: its cards are seen at once.
    """

    anchor: str
    label: str
    count: str
    results: tuple[Numbered, ...]
    href: str | None
    opened: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that the page writes of an answer."""

    heading: str
    where: str | None
    range: str | None
    fresh: str
    clock: str
    generation: str
    orders: tuple[Link, ...]
    views: tuple[Link, ...]
    others: tuple[Link, ...]
    place: str
    widened: str | None
    warnings: tuple[str, ...]
    exact: tuple[Numbered, ...]
    any_exact: bool
    rungs: tuple[Rung, ...]
    approximate_total: str
    next_exact: str | None
    next_approximate: str | None
    first: str
    sheet: str | None
    paged: bool
    nothing: Nothing | None
    meant: tuple[Link, ...]

    @property
    def here(self) -> tuple[Rung, ...]:
        """The rungs whose cards are on this page."""
        return tuple(rung for rung in self.rungs if rung.results)

    @property
    def elsewhere(self) -> tuple[Rung, ...]:
        """The others."""
        return tuple(rung for rung in self.rungs if not rung.results)


def answer(found: SearchJson, pairs: Pairs, nothing: Nothing | None = None, *, orients: bool = False) -> Answer:
    """Draw what was found for a request at its canonical link; `nothing` is what to change when nothing was.

    `orients`: patients may be sent from its cards.
    """
    at = datetime.fromisoformat(found.at)
    results = tuple(_results(found, searched(found, pairs, at, orients=orients)))
    many, before = len(found.exact.offers), _before(found, pairs)
    exact, approximate = _numbered(results[:many], before[0]), _numbered(results[many:], before[1])
    return Answer(
        heading=_heading(found),
        where=_where(found.area, links.values(pairs, "radius_km")),
        range=_range(found, pairs),
        fresh=_fresh(found.lag_seconds),
        clock=f"{french.calendar_day(at)} à {french.said_hour(at)}",
        generation=found.generation,
        orders=tuple(_orders(found.area, pairs)),
        views=tuple(_views(pairs)),
        others=tuple(_others(found.area, pairs)),
        place=french.town(found.area.label) if found.area else "",
        widened=_widened(found.area),
        warnings=tuple(_warnings(found, pairs, at)),
        exact=exact,
        any_exact=bool(found.exact.total.value),
        rungs=tuple(_rungs(found, approximate, pairs)),
        approximate_total=_total(found.approximate.total),
        next_exact=_next(pairs, found.exact.next, len(found.exact.offers)),
        next_approximate=_next(pairs, found.approximate.next, len(found.approximate.offers)),
        first=links.href(links.without(pairs, "cursor")),
        sheet=links.sheet(pairs) if found.exact.total.value else None,
        paged=_paged(pairs),
        nothing=nothing,
        meant=tuple(_meant(pairs, everyday=bool(found.exact.total.value))),
    )


def marked(drawn: Answer, anchors: Container[str], mark: str) -> Answer:
    """The answer, with these cards of it marked."""
    return _changed(drawn, lambda result: replace(result, mark=mark) if result.anchor in anchors else result)


def called(drawn: Answer, said: Mapping[str, str] | None) -> Answer:
    """The answer, with what the last calls gave on its cards, for who may know."""
    return drawn if said is None else _changed(drawn, lambda result: replace(result, call=said.get(result.id, "")))


def _changed(drawn: Answer, change: Callable[[Result], Result]) -> Answer:
    """The answer with every card changed."""

    def each(numbered: tuple[Numbered, ...]) -> tuple[Numbered, ...]:
        return tuple(replace(one, result=change(one.result)) for one in numbered)

    rungs = tuple(replace(rung, results=each(rung.results)) for rung in drawn.rungs)
    return replace(drawn, exact=each(drawn.exact), rungs=rungs)


def _meant(pairs: Pairs, *, everyday: bool) -> Iterator[Link]:
    """The same request for a trade, when its name was typed as a person's; `everyday` words only, or labels too."""
    for text in links.values(pairs, "text"):
        for parameter, code in trades.everyday(text) if everyday else trades.meant(text):
            asked = links.replacing(links.without(pairs, "text"), parameter, [code])
            yield Link(links.href(asked), french.typeset(trades.words(parameter, code)))


# Head ---------------------------------------------------------------------------------------------------------------


def _heading(found: SearchJson) -> str:
    """`12 résultats exacts`, `Aucun résultat exact` or `Aucun résultat`."""
    total = found.exact.total
    if total.value:
        return f"{_total(total)} {french.plural(total.value, 'résultat exact', 'résultats exacts')}"
    return "Aucun résultat exact" if found.approximate.total.value else "Aucun résultat"


def _range(found: SearchJson, pairs: Pairs) -> str | None:
    """Which results a page that follows another shows: `Résultats exacts 51 à 100 sur 2 243`."""
    seen = _seen(pairs)
    parts = (("exacts", found.exact), ("approchants", found.approximate))
    for kind, part in parts if _paged(pairs) else ():
        if part.offers:
            numbers = f"{french.number(seen + 1)} à {french.number(seen + len(part.offers))} " if seen else ""
            return f"Résultats {kind} {numbers}sur {_total(part.total)}"
    return None


def _paged(pairs: Pairs) -> bool:
    return bool(links.values(pairs, "cursor"))


def _seen(pairs: Pairs) -> int:
    """How many offers of its part came before this page."""
    return int(next(iter(links.values(pairs, links.SEEN)), "0"))


def _total(total: TotalJson) -> str:
    return french.typeset(explain.total(Count(total.value, total.relation == "eq")))


def _where(area: AreaJson | None, radius_asked: Sequence[str]) -> str | None:
    """The place as it was understood, and the radius, whether it was asked or is the usual one."""
    if area is None:
        return None
    where = french.town(area.label)
    if area.kind != "circle" or area.radius_km is None:
        return f"Zone : {where}" if area.kind == "membership" else f"Distances depuis {where}"
    usual = "" if radius_asked or area.widened else " habituel"
    return f"{where}, rayon{usual} de {explain.km(area.radius_km * 1000)}"


def _fresh(lag_seconds: int | None) -> str:
    return "à un instant inconnu" if lag_seconds is None else french.ago(lag_seconds)


def _widened(area: AreaJson | None) -> str | None:
    if area is None or area.widened_from_km is None or area.radius_km is None:
        return None
    before, now = explain.km(area.widened_from_km * 1000), explain.km(area.radius_km * 1000)
    return f"Zone élargie à {now} : trop peu de résultats exacts à {before}"


def _orders(area: AreaJson | None, pairs: Pairs) -> Iterator[Link]:
    """The orders, each by its link; the nearest is offered where distances have an origin."""
    current = next(iter(links.values(pairs, "order")), "relevance")
    for order, label in ORDERS.items():
        if order != "nearest" or order == current or _measured(area):
            chosen = [] if order == "relevance" else [order]
            yield Link(links.href(links.replacing(pairs, "order", chosen)), label, order == current)


def _views(pairs: Pairs) -> Iterator[Link]:
    """The ways to draw this page of the answer, each by its link."""
    current = next(iter(links.values(pairs, links.VIEW)), links.LIST)
    for view, label in VIEWS.items():
        yield Link(links.href(links.viewed(pairs, view)), label, view == current, _KEYS.get(view))


_KEYS: Final[Mapping[str, str]] = {links.MAP: "m"}


def _measured(area: AreaJson | None) -> bool:
    """Whether distances have an origin."""
    return area is not None and area.origin is not None


def _others(area: AreaJson | None, pairs: Pairs) -> Iterator[Link]:
    """The namesakes of the place: the same request there. Codes take no radius."""
    for other in area.others if area else ():
        kept = pairs if other.parameter == "address" else links.without(pairs, "address")
        yield Link(links.href(links.replacing(kept, other.parameter, [other.value])), other.label)


PHARMACY: Final = ("structure_type", "620")
ON_DUTY: Final = (
    "Pharmacies de garde : leurs tours ne sont pas connus ici. La nuit, le dimanche et les jours fériés, le 32 37 "
    "donne celle qui est ouverte."
)
"""Whoever is told of a pharmacy may take it for the one on duty, which no source says."""


def _warnings(found: SearchJson, pairs: Pairs, at: datetime) -> Iterator[str]:
    if PHARMACY in pairs:
        yield ON_DUTY
    if found.area and found.area.note:
        yield f"{explain.capital(found.area.note)}."
    if found.lag_seconds is not None and found.lag_seconds > STALE_S:
        late = explain.ago(found.lag_seconds)
        yield f"L’index est en retard : mis à jour {late}. Vérifiez les créneaux au téléphone."
    unknown = [offer for offer in (*found.exact.offers, *found.approximate.offers) if offer.slot_state == "unknown"]
    if unknown:
        which = french.plural(len(unknown), "une fiche affichée", f"{len(unknown)} fiches affichées")
        who = cards.silent((source for offer in unknown for source in offer.silent_sources), at)
        yield f"Créneaux en partie inconnus pour {which} : {who}."


# Cards --------------------------------------------------------------------------------------------------------------


def _results(found: SearchJson, search: cards.Search) -> Iterator[Result]:
    """Every card of the page."""
    return (cards.result(offer, search) for offer in (*found.exact.offers, *found.approximate.offers))


def searched(found: SearchJson, pairs: Pairs, at: datetime, *, orients: bool) -> cards.Search:
    """What the cards of an answer have in common."""
    before = found.area.widened_from_km if found.area else None
    return cards.Search(
        at,
        preferred=preferred(pairs),
        query=links.href(pairs, ""),
        measured=_measured(found.area),
        first_radius_m=None if before is None else before * 1000,
        picked=frozenset(links.picked(pairs)),
        orients=orients,
    )


def preferred(pairs: Pairs) -> tuple[ModalityName, ...]:
    """The modalities asked, in the order of preference."""
    asked = links.values(pairs, "modality")
    return tuple(sorted((modality for modality in _MODALITIES if modality in asked), key=asked.index))


def _before(found: SearchJson, pairs: Pairs) -> tuple[int, int]:
    """How many cards come before those of each part, on this page and on those before it: numbers go on."""
    limit = int(next(iter(links.values(pairs, "exact_limit")), str(LIMIT)))
    return _seen(pairs), min(found.exact.total.value, limit) + _seen(pairs)


def _numbered(results: Sequence[Result], before: int) -> tuple[Numbered, ...]:
    return tuple(Numbered(number, each) for number, each in enumerate(results, before + 1))


_MODALITIES: Final[tuple[ModalityName, ...]] = ("cabinet", "teleconsultation", "domicile")


def _rungs(found: SearchJson, numbered: Sequence[Numbered], pairs: Pairs) -> Iterator[Rung]:
    """Every concession, the smallest first, with its cards. They are seen at once where nothing better is."""
    here: dict[tuple[str, ...], list[Numbered]] = {rung.given_up: [] for rung in found.approximate.rungs}
    for offer, each in zip(found.approximate.offers, numbered, strict=True):
        here[offer.given_up].append(each)
    seen = SEEN_AT_ONCE if found.exact.total.value and not _paged(pairs) else 0
    for rung in found.approximate.rungs:
        results = tuple(here[rung.given_up])
        yield Rung(
            anchor=_anchor(rung.given_up),
            label=_given_up(rung),
            count=_total(rung.count),
            results=results,
            href=None if results else _relaxed(rung, found.area, pairs),
            opened=_paged(pairs) or seen < SEEN_AT_ONCE,
        )
        seen += len(results)


def _anchor(given_up: Sequence[str]) -> str:
    return "-".join(("ecart", *given_up)).replace(":", "-")


def _given_up(rung: RungJson) -> str:
    """What a rung gives up: `la même demande, à 3 critères près : la modalité, la langue et le moment`."""
    if len(rung.given_up) <= IN_FULL:
        return rung.label
    return f"{SAME}à {len(rung.given_up)} critères près : {explain.both([_NAMES[key] for key in rung.given_up])}"


_NAMES: Final[Mapping[str, str]] = {
    row.key: f"{name} ({step})" if step else name for row in TABLE for name, _, step in [row.label.partition(", ")]
}
"""What can be given up, in a list: `la langue`, `la zone (jusqu’à deux fois plus loin)`."""


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
    return links.href(links.replacing(pairs, "radius_km", [links.kilometres(radius)])) if radius <= RADIUS_KM else None


def _next(pairs: Pairs, cursor: str | None, shown: int) -> str | None:
    return links.href(links.following(pairs, cursor, _seen(pairs) + shown)) if cursor else None
