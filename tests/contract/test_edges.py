"""Offers at an area's edge: 10 cm beyond the arithmetic of an engine, on the side that the rule says."""

from math import asin, atan2, cos, degrees, radians, sin

import pytest

from indexer.protocol import Engine
from models.codes import Viewer
from models.geo import EARTH_RADIUS_M, Point, distance_m
from models.offer import Offer
from relevance import oracle
from relevance.plan import Circle, Membership, Plan
from tests.contract.compare import assert_same
from tests.contract.corpus import ANTIMERIDIAN, CLOCK, SAINT_DENIS_974, VILLEURBANNE
from tests.contract.engines import fill
from tests.relevance.factory import offer

RADIUS_M = 5_000.0
BEARINGS = range(0, 360, 30)
OUTSIDE_THE_TOLERANCE_M = (-3.0, -0.15, 0.15, 3.0)
INSIDE_THE_TOLERANCE_M = (-0.04, 0.04)


def away(origin: Point, metres: float, bearing: float) -> Point:
    """The point at this distance and bearing on the sphere."""
    angle, course, lat = metres / EARTH_RADIUS_M, radians(bearing), radians(origin.lat)
    north = asin(sin(lat) * cos(angle) + cos(lat) * sin(angle) * cos(course))
    east = atan2(sin(course) * sin(angle) * cos(lat), cos(angle) - sin(lat) * sin(north))
    return Point(degrees(north), (origin.lon + degrees(east) + 540) % 360 - 180)


def around(origin: Point, offsets: tuple[float, ...]) -> list[Offer]:
    """Doctors just inside and just outside of each step, in every direction."""
    edges = [factor * RADIUS_M + offset for factor in (1, 2, 4) for offset in offsets]
    return [
        offer(f"Edge {metres} {bearing}", away(origin, metres, bearing), postal_code="01000", insee=None)
        for metres in edges
        for bearing in BEARINGS
    ]


def asked(origin: Point, area: Circle | Membership) -> Plan:
    """Doctors in the area, every one of the answer on the page."""
    professions = frozenset({"10"})
    return Plan(CLOCK, Viewer.PUBLIC, professions=professions, origin=origin, area=area, approximate_limit=50)


@pytest.mark.parametrize("origin", [VILLEURBANNE, SAINT_DENIS_974, ANTIMERIDIAN], ids=["metropole", "974", "180"])
@pytest.mark.parametrize(
    "area", [Circle(RADIUS_M), Membership(RADIUS_M, frozenset({"69100"}))], ids=["circle", "codes"]
)
def test_beyond_ten_centimetres_of_an_edge_engines_agree(engine: Engine, origin: Point, area: Circle | Membership):
    offers = around(origin, OUTSIDE_THE_TOLERANCE_M)
    fill(engine, offers, f"offers-{abs(round(origin.lon)):04d}-{type(area).__name__.lower()}")
    plan = asked(origin, area)
    assert_same(engine.search(plan), oracle.search(offers, plan), plan)


def test_within_ten_centimetres_an_offer_is_on_one_side_or_the_other_and_never_lost(engine: Engine):
    offers = around(VILLEURBANNE, INSIDE_THE_TOLERANCE_M)
    fill(engine, offers, "offers-within")
    plan = asked(VILLEURBANNE, Circle(RADIUS_M))
    found, expected = engine.search(plan), oracle.search(offers, plan)
    assert found.exact.total.value + found.approximate.total.value == len(offers)
    moved = {hit.offer.id for hit in found.exact.hits} ^ {hit.offer.id for hit in expected.exact.hits}
    points = {one.id: one.place.point for one in offers}
    assert all(
        abs(distance_m(VILLEURBANNE, Point(point.lat, point.lon)) - RADIUS_M) <= 0.1
        for identifier in moved
        if (point := points[identifier])
    )
