"""The grid: a circle is inside the ranges that cover it, wherever it is, and they hold little more."""

from itertools import pairwise
from math import cos, degrees, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.elastic_cells import cell, cover
from models.geo import EARTH_RADIUS_M, Point, distance_m

ORIGINS = (
    Point(45.75, 4.85),
    Point(-14.3, 179.999),
    Point(-20.9, 55.4),
    Point(68.9, -179.999),
    Point(0.0, 0.0),
    Point(16.2, -61.5),
)


def holds(ranges: list[tuple[int, int]], number: int) -> bool:
    return any(start <= number <= end for start, end in ranges)


@pytest.mark.parametrize("origin", ORIGINS)
@given(metres=st.floats(1, 400_000), north=st.floats(-1, 1), east=st.floats(-1, 1))
def test_every_point_of_a_circle_is_in_its_ranges(origin, metres, north, east):
    reach = degrees(metres / EARTH_RADIUS_M)
    lat = origin.lat + north * reach
    lon = (origin.lon + east * reach / cos(radians(lat)) + 180) % 360 - 180
    near = distance_m(origin, Point(lat, lon)) <= metres
    assert not near or holds(cover(origin, metres), cell(lat, lon))


@pytest.mark.parametrize("origin", ORIGINS)
def test_ranges_are_apart_in_order_and_few(origin):
    for metres in (100, 5_000, 40_000, 400_000):
        ranges = cover(origin, metres)
        assert all(start <= end for start, end in ranges)
        assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))
        assert 0 < len(ranges) <= 25


def test_ranges_hold_little_more_than_the_circle_s_box():
    origin, metres = ORIGINS[0], 20_000
    numbers = sum(end - start + 1 for start, end in cover(origin, metres))
    row, column = 180 / (1 << 16), 360 / (1 << 16)
    reach = degrees(metres / EARTH_RADIUS_M)
    box = (2 * reach / row) * (2 * reach / cos(radians(origin.lat)) / column)
    assert box <= numbers <= 3 * box


def test_no_range_covers_a_pole():
    assert cover(Point(89.9, 0), 40_000) == []


def test_the_ends_of_the_earth_have_cells():
    assert cell(90, 180) == (1 << 32) - 1
    assert cell(-90, -180) == 0
