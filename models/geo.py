"""Points and distances on the sphere that the design names."""

from collections.abc import Iterable
from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.7714


class Point(NamedTuple):
    """WGS84 degrees: latitude in [-90, 90], longitude in [-180, 180]."""

    lat: float
    lon: float


def distance_m(a: Point, b: Point) -> float:
    """The haversine distance between two points, in metres."""
    half_lat = sin(radians(b.lat - a.lat) / 2)
    half_lon = sin(radians(b.lon - a.lon) / 2)
    chord = half_lat * half_lat + cos(radians(a.lat)) * cos(radians(b.lat)) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def unit_vector(point: Point) -> tuple[float, float, float]:
    """The point on the unit sphere: x to (0, 0), y to (0, 90), z to the north pole."""
    lat, lon = radians(point.lat), radians(point.lon)
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)


def mean_point(points: Iterable[Point]) -> Point:
    """The mean of the points' unit vectors, brought back to the sphere.

    Raises:
        ValueError: no point, or points that cancel out.

    """
    vectors = [unit_vector(point) for point in points]
    if not vectors:
        raise ValueError("no point to take the mean of")
    x, y, z = (sum(axis) / len(vectors) for axis in zip(*vectors, strict=True))
    if hypot(x, y, z) < 1e-9:  # noqa: PLR2004 - antipodal points have no mean
        raise ValueError("these points have no mean")
    return Point(degrees(atan2(z, hypot(x, y))), degrees(atan2(y, x)))
