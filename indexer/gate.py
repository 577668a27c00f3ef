"""The gate before the swap: a generation answers only if its counts are right and known offers are found in it.

The offers asked for are drawn by the hash of their identifiers: the same for the same database.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Final

from indexer.protocol import Searcher
from models.clock import whole_minute
from models.codes import Viewer
from models.geo import Point
from models.offer import Offer, tie
from relevance.found import CAP
from relevance.plan import Area, Circle, Membership, Plan
from relevance.text import question

PROBES: Final = 12
KEPT_SHARE: Final = 0.8
"""The least share of the former generation's offers that a new one has, unless forced."""

NEAR_M: Final = 100.0


class GateClosed(Exception):  # noqa: N818 - named by what happened
    """This generation must not answer; the message says why, in French."""


@dataclass(slots=True)
class Sample:
    """The offers with the smallest hashes among those that pass through."""

    size: int = PROBES
    _heap: list[tuple[int, str, Offer]] = field(default_factory=list)

    def watch(self, offers: Iterable[Offer]) -> Iterator[Offer]:
        """The same offers, some of which are remembered."""
        for offer in offers:
            push = heappush if len(self._heap) < self.size else heappushpop
            push(self._heap, (-tie(offer.id), offer.id, offer))
            yield offer

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The offers drawn, smallest hash first."""
        return tuple(offer for *_, offer in sorted(self._heap, reverse=True))


def check_counts(indexed: int, expected: int, former: int, *, forced: bool = False) -> None:
    """Refuse an index that lacks offers of the database, or that lost too many since the former one.

    Raises:
        GateClosed: with the counts.

    """
    if indexed != expected:
        raise GateClosed(f"{indexed} offres dans l’index, {expected} dans la base : index refusé.")
    if indexed < KEPT_SHARE * former and not forced:
        raise GateClosed(
            f"{indexed} offres contre {former} dans l’index qui répond, moins de {KEPT_SHARE:.0%} : index refusé. "
            "Si cette baisse est voulue, recommencez avec --force."
        )


def check_probes(searcher: Searcher, sample: Sequence[Offer], now: int) -> None:
    """Ask for each offer by its identifier, by its name, and by what is practised where it is.

    Raises:
        GateClosed: one is not found, or is not what was indexed.

    """
    for offer in sample:
        if searcher.offer(offer.id) != offer:
            raise GateClosed(f"L’offre {offer.id} ne se retrouve pas par son identifiant : index refusé.")
        for by, plan in (("son nom", by_name(offer, now)), ("son lieu et ce qu’on y fait", by_place(offer, now))):
            if plan and all(found.id != offer.id for found in searcher.exact(plan, CAP)):
                raise GateClosed(f"L’offre {offer.id} ne se retrouve pas par {by} : index refusé.")


def by_name(offer: Offer, now: int) -> Plan | None:
    """The request for its name; None for an offer that has none."""
    text = question(offer.name, prefix=False)
    return Plan(whole_minute(now), Viewer.REGULATION, offer.kind, text, origin=_origin(offer)) if text else None


def by_place(offer: Offer, now: int) -> Plan | None:
    """The request for its professions, or its type of structure, around it; None when it has no such thing."""
    professions = frozenset(code.code for code in offer.professions or ())
    types = frozenset({offer.structure.type.code} if offer.structure.type and not professions else ())
    area = _area(offer)
    if area is None or not (professions or types):
        return None
    return Plan(
        whole_minute(now),
        Viewer.REGULATION,
        offer.kind,
        professions=professions,
        structure_types=types,
        origin=_origin(offer),
        area=area,
    )


def _origin(offer: Offer) -> Point | None:
    point = offer.place.point
    return Point(point.lat, point.lon) if point else None


def _area(offer: Offer) -> Area | None:
    """Around its point, else its postal code."""
    if offer.place.point:
        return Circle(NEAR_M)
    code = offer.place.postal_code
    return Membership(NEAR_M, postal_codes=frozenset({code})) if code else None
