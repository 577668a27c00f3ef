"""Offers at an area's edge: 10 cm beyond the arithmetic of an engine, on the side that the rule says."""

from math import asin, atan2, cos, degrees, radians, sin

import pytest

from indexer.protocol import Engine
from models.codes import Viewer
from models.geo import EARTH_RADIUS_M, Point, distance_m, mean_point
from models.offer import Offer
from relevance import oracle
from relevance.found import Count, RungCount
from relevance.plan import Circle, Membership, Plan
from tests.contract.compare import assert_same
from tests.contract.corpus import ANTIMERIDIAN, CLOCK, SAINT_DENIS_974, VILLEURBANNE
from tests.contract.engines import fill
from tests.relevance.factory import offer

PARIS = Point(48.8589, 2.3470)
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


def around(origin: Point, offsets: tuple[float, ...], radius_m: float = RADIUS_M) -> list[Offer]:
    """Doctors just inside and just outside of each step, in every direction."""
    edges = [factor * radius_m + offset for factor in (1, 2, 4) for offset in offsets]
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


@pytest.mark.parametrize("radius_m", [500.0, 200_000.0], ids=["500m", "200km"])
@pytest.mark.parametrize(
    "origin",
    [
        Point(-14.3, 180.0),
        Point(-14.3, -180.0),
        Point(0.0, 180.0),
        Point(90.0, 0.0),
        Point(-90.0, 179.0),
        Point(89.99, 0.0),
    ],
    ids=["180", "-180", "equator", "north-pole", "south-pole", "near-the-pole"],
)
def test_an_origin_on_the_antimeridian_or_at_a_pole_is_a_point_like_another(
    engine: Engine, origin: Point, radius_m: float
):
    here = [offer(f"Here {lon}", Point(origin.lat, lon)) for lon in (origin.lon, -origin.lon)]
    offers = [*around(origin, OUTSIDE_THE_TOLERANCE_M, radius_m), *here]
    fill(engine, offers, f"offers-origin-{round(origin.lat * 100)}-{round(origin.lon)}-{radius_m:.0f}")
    plan = asked(origin, Circle(radius_m))
    assert_same(engine.search(plan), oracle.search(offers, plan), plan)


def test_a_membership_on_both_sides_of_the_world_has_its_steps(engine: Engine):
    """Paris and La Réunion: 2 R is past a quarter of the Earth, 4 R nearly half of it."""
    origin = mean_point([PARIS, SAINT_DENIS_974])
    area = Membership(distance_m(origin, PARIS), departements=frozenset({"75", "974"}))
    assert 4 * area.radius_m > 10_000_000
    members = [
        offer("Ana PARIS", PARIS, postal_code="75001", insee="75101", departement="75"),
        offer("Ana DENIS", SAINT_DENIS_974, postal_code="97400", insee="97411", departement="974"),
        offer("Ana BARE", None, postal_code=None, insee=None, departement=None),
        offer("Ana LOST", None, postal_code="69100"),
    ]
    offers = [*around(origin, OUTSIDE_THE_TOLERANCE_M, area.radius_m), *members]
    fill(engine, offers, "offers-both-sides")
    plan = asked(origin, area)
    answer = oracle.search(offers, plan)
    assert {count.rung for count in answer.rungs} == {("area:2R",), ("area:4R",), ("area:beyond",)}
    assert_same(engine.search(plan), answer, plan)


def test_a_point_in_the_sea_is_answered_with_what_is_far_from_it(engine: Engine):
    at_sea, coast = Point(46.0, -30.0), Point(48.39, -4.49)
    offers = [offer("Ana PORT", coast), offer("Luc SANS", None), offer("Zoé ROUX", coast, profession="60")]
    fill(engine, offers, "offers-sea")
    plan = asked(at_sea, Circle(20_000))
    found = engine.search(plan)
    assert_same(found, oracle.search(offers, plan), plan)
    assert (found.exact.hits, [hit.offer.name for hit in found.approximate.hits]) == ((), ["Luc SANS", "Ana PORT"])
    assert found.rungs == (RungCount(("area:beyond",), Count(2)),)


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
