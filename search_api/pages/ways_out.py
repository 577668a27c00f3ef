"""What to change when nothing at all is found: farther, without a criterion, each with what it would find.

Of several criteria that nobody meets, giving up one leaves the others unmet: most changes find nobody either, and only
those that find someone are offered. What helps then is who is looked among, and how far.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from relevance import criteria, explain, widening
from relevance.found import CAP, Count
from relevance.plan import Circle, Plan
from search_api import searching
from search_api.pages import chips, french, links
from search_api.pages.asked import Asked
from search_api.parameters import CRITERIA, RADIUS_KM, Pairs
from search_api.planning import radii_of
from search_api.problems import Refused
from search_api.services import Services

FARTHER: Final = (2, 4)
"""How many times the radius."""
NAMED: Final = 3
"""Values of one criterion that are named."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """A request that finds someone, its words, and how many it finds."""

    text: str
    href: str
    count: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing at all was found: whether of several criteria, what would find someone, what else may help."""

    several: bool
    ways_out: tuple[WayOut, ...]
    hints: tuple[str, ...]


def nothing(services: Services, asked: Asked, answer: searching.Answer) -> Nothing | None:
    """What to change; None when something was found, exact or not. One round trip, in this state only.

    Raises:
        EngineDown: the engine does not answer.

    """
    if answer.json.exact.total.value or answer.json.approximate.total.value:
        return None
    return Nothing(len(criteria.asked(answer.plan)) > 1, _ways_out(services, asked, answer.plan), _hints(asked))


def _hints(asked: Asked) -> tuple[str, ...]:
    """What helps when no name is the one that was typed."""
    return tuple(_SPELLING if any(map(str.isalpha, text)) else _NUMBER for text in asked.values("text"))


_SPELLING: Final = "Vérifiez l’orthographe du nom, ou n’en donnez que le début."
_NUMBER: Final = "Un numéro (téléphone, RPPS, FINESS) ne se cherche pas : donnez un nom, une profession ou un lieu."


def _ways_out(services: Services, asked: Asked, plan: Plan) -> tuple[WayOut, ...]:
    """The changes after which something is found. `plan` is the one that found nothing."""
    changes = [*_farther(asked.pairs, plan), *_without(asked)]
    counts = _counts(services, [pairs for _, pairs in changes])
    found = zip(changes, counts, strict=True)
    return tuple(
        WayOut(text, links.href(pairs), french.typeset(explain.total(Count.of(count))))
        for (text, pairs), count in found
        if count
    )


def _farther(pairs: Pairs, plan: Plan) -> Iterator[tuple[str, Pairs]]:
    """The request with a wider radius, where there is one and it may be asked."""
    for factor in FARTHER if isinstance(plan.area, Circle) else ():
        radius = plan.area.radius_m / 1000 * factor if plan.area else 0.0
        if radius <= RADIUS_KM:
            text = f"Jusqu’à {explain.km(radius * 1000)}"
            yield french.typeset(text), links.replacing(pairs, "radius_km", [links.kilometres(radius)])


def _without(asked: Asked) -> Iterator[tuple[str, Pairs]]:
    """The request without each criterion, when it has others."""
    said: dict[frozenset[str], list[str]] = {}
    for name in chips.ORDER:
        said.setdefault(links.criterion(name), []).extend(chips.words(name, asked))
    for names, words in said.items():
        left = links.without_all(asked.pairs, names)
        if words and any(name in CRITERIA for name, _ in left):
            more = [f"{len(words) - NAMED} autres"] if len(words) > NAMED else []
            yield french.typeset(f"Sans « {explain.either([*words[:NAMED], *more])} »"), left


def _counts(services: Services, requests: Sequence[Pairs]) -> tuple[int, ...]:
    """How many exact matches each request has, at the radius that it would be answered with; 0 for one refused."""
    plans = [_plans(services, pairs) for pairs in requests]
    counted = iter(services.searcher.counts([plan for each in plans for plan in each], CAP + 1) if any(plans) else ())
    return tuple(_chosen(each, [next(counted) for _ in each]) if each else 0 for each in plans)


def _plans(services: Services, pairs: Pairs) -> tuple[Plan, ...]:
    """The plans among which a request is answered; none when it is refused: its moment may have just passed."""
    try:
        understood = searching.understood(services, links.of_api(pairs))
    except Refused:
        return ()
    return radii_of(understood.planned.plan, understood.parameters)


def _chosen(plans: Sequence[Plan], counts: Sequence[int]) -> int:
    """The count of the radius that is chosen."""
    return counts[plans.index(widening.chosen(plans, counts))]
