"""The geometry of a small map: boxes, the projection, round lengths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.geo import Point, distance_m
from search_api.pages.projection import HEIGHT, WIDTH, Box, Projection, around, holding, nice, unwrapped

LYON = Point(45.7578, 4.8320)
SAINT_DENIS = Point(-20.8789, 55.4481)


@pytest.mark.parametrize("centre", [LYON, SAINT_DENIS, Point(0, 0), Point(64, -56)])
@pytest.mark.parametrize("radius", [100.0, 5_000.0, 200_000.0])
def test_the_box_of_a_circle_touches_it_on_its_four_sides(centre, radius):
    low, high = around(centre, radius)
    for there in (Point(high.lat, centre.lon), Point(low.lat, centre.lon)):
        assert distance_m(centre, there) == pytest.approx(radius, rel=0.001)
    for there in (Point(centre.lat, low.lon), Point(centre.lat, high.lon)):
        assert distance_m(centre, there) == pytest.approx(radius, rel=0.02)


def test_longitudes_go_on_across_the_antimeridian():
    box = holding([Point(-17, 179.9), Point(-16, -179.9)])
    assert (box.west, box.east) == (179.9, 180.1)
    assert unwrapped(-179.9, 179.9) == pytest.approx(180.1)


def test_one_point_has_ground_around_it():
    box = holding([LYON])
    assert distance_m(Point(box.south, LYON.lon), Point(box.north, LYON.lon)) == pytest.approx(1_000, rel=0.01)


@given(
    st.lists(st.tuples(st.floats(-84, 84), st.floats(-180, 180)), min_size=1, max_size=8),
)
def test_every_point_of_the_box_is_in_the_picture(degrees):
    points = [Point(*each) for each in degrees]
    box = holding(points)
    projection = Projection.of(box)
    if box.east - box.west < 180:
        assert all(projection.holds(point, 10) for point in points)


def test_north_is_up_and_east_is_right():
    projection = Projection.of(Box(45, 4, 46, 5))
    assert projection.at(Point(45.5, 4.5))[0] == WIDTH / 2
    assert projection.y(46) < projection.y(45)
    assert projection.x(4) < projection.x(5)


def test_what_the_picture_shows_holds_the_box_and_fills_it():
    box, seen = Box(45, 4, 46, 5), Projection.of(Box(45, 4, 46, 5)).seen
    assert seen.south < box.south < box.north < seen.north
    assert seen.west < box.west < box.east < seen.east
    projection = Projection.of(box)
    assert projection.y(seen.north) == 0
    assert projection.y(seen.south) == HEIGHT


@pytest.mark.parametrize(
    ("metres", "round_"), [(1, 1), (1.9, 1), (2, 2), (49, 20), (50, 50), (999, 500), (1_000, 1_000), (7_300, 5_000)]
)
def test_a_scale_is_one_two_or_five(metres, round_):
    assert nice(metres) == round_
