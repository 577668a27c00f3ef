"""How an engine's answer is compared with the oracle's."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from models.geo import Point, distance_m
from models.offer import Offer
from relevance.found import Found, Hit
from relevance.judge import judge
from relevance.plan import Plan

SCORE_TOLERANCE = 1e-5
EDGE_TOLERANCE_M = 0.1


def at_an_edge(offers: Iterable[Offer], plan: Plan) -> bool:
    """Whether an offer is within 10 cm of an edge of the area, where an engine may differ by its own arithmetic."""
    if plan.area is None or plan.origin is None:
        return False
    radii = [factor * plan.area.radius_m for factor in (1, 2, 4)]
    points = [offer.place.point for offer in offers if offer.place.point]
    distances = [distance_m(plan.origin, Point(point.lat, point.lon)) for point in points]
    return any(abs(distance - radius) < EDGE_TOLERANCE_M for distance in distances for radius in radii)


def assert_same_order(hits: Sequence[Hit], expected: Sequence[Hit], plan: Plan) -> None:
    """Same length, same rungs, same scores rank by rank (1e-5); the same signals at the same point: by the hash."""
    assert len(hits) == len(expected)
    judgements = [judge(hit.offer, plan) for hit in hits]
    for hit, judgement, theirs in zip(hits, judgements, expected, strict=True):
        assert judgement.rung == hit.position.rung == theirs.position.rung
        assert abs(judgement.score - hit.position.score) <= SCORE_TOLERANCE
        assert abs(judgement.score - theirs.position.score) <= SCORE_TOLERANCE
    for (before, one), (after, other) in pairwise(zip(hits, judgements, strict=True)):
        if (one.rung, one.values, before.offer.place.point) == (other.rung, other.values, after.offer.place.point):
            assert (before.position.tie, before.offer.id) < (after.position.tie, after.offer.id)


def assert_same(found: Found, expected: Found, plan: Plan) -> None:
    """Same totals, rungs and counts, pages."""
    assert found.exact.total == expected.exact.total
    assert found.approximate.total == expected.approximate.total
    assert_same_order(found.exact.hits, expected.exact.hits, plan)
    assert_same_order(found.approximate.hits, expected.approximate.hits, plan)
    assert found.rungs == expected.rungs
    assert (found.exact.more, found.approximate.more) == (expected.exact.more, expected.approximate.more)
