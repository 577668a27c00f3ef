"""Where things are on a small map: boxes of degrees, the projection that fits one in a picture, round lengths. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asinh, atan, cos, degrees, floor, log10, radians, sinh, tan
from typing import Final, NamedTuple

from models.geo import Point

WIDTH: Final = 320
HEIGHT: Final = 340
MARGIN: Final = 18
"""Of the picture, in its own units: some pixels each."""
SMALLEST_M: Final = 1_000.0
"""What the picture is wide, at least."""
NORTHMOST: Final = 85.0
"""Beyond this latitude the projection is not drawn."""
METRES_PER_DEGREE: Final = 111_195.0


class Box(NamedTuple):
    """Degrees. Longitudes go on past 180: `west` is never east of `east`."""

    south: float
    west: float
    north: float
    east: float


def around(centre: Point, radius_m: float) -> tuple[Point, Point]:
    """The corners of the box that a circle is in: south-west, north-east. Latitudes and longitudes may go over."""
    up = radius_m / METRES_PER_DEGREE
    aside = up / max(cos(radians(centre.lat)), 0.01)
    return Point(centre.lat - up, centre.lon - aside), Point(centre.lat + up, centre.lon + aside)


def holding(points: Sequence[Point]) -> Box:
    """The smallest box with all of these points: longitudes are counted from the first one, across the antimeridian."""
    lons = [unwrapped(point.lon, points[0].lon) for point in points]
    lats = [point.lat for point in points]
    box = Box(min(lats), min(lons), max(lats), max(lons))
    short = SMALLEST_M / METRES_PER_DEGREE
    missing = max(0.0, short - max(box.north - box.south, box.east - box.west)) / 2
    grown = Box(box.south - missing, box.west - missing, box.north + missing, box.east + missing)
    return Box(*(round(each, 5) for each in grown))


def unwrapped(lon: float, origin: float) -> float:
    """The longitude of the same meridian that is within half a turn of this one."""
    return lon - 360 * floor((lon - origin + 180) / 360)


@dataclass(frozen=True, slots=True)
class Projection:
    """Web Mercator, as the tiles are: units of the picture for a radian, and the radians of its middle."""

    middle_lon: float
    middle_y: float
    scale: float

    @classmethod
    def of(cls, box: Box) -> "Projection":
        """The one that fits this box in the picture."""
        south, north = _mercator(box.south), _mercator(box.north)
        wide, high = max(radians(box.east - box.west), 1e-9), max(north - south, 1e-9)
        scale = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        return cls((box.west + box.east) / 2, (south + north) / 2, scale)

    def x(self, lon: float) -> int:
        """From the left."""
        return round(WIDTH / 2 + radians(unwrapped(lon, self.middle_lon) - self.middle_lon) * self.scale)

    def y(self, lat: float) -> int:
        """From the top."""
        return round(HEIGHT / 2 - (_mercator(lat) - self.middle_y) * self.scale)

    def at(self, point: Point) -> tuple[int, int]:
        """Where a point is drawn."""
        return self.x(point.lon), self.y(min(max(point.lat, -NORTHMOST), NORTHMOST))

    def holds(self, point: Point, border: int) -> bool:
        """Whether a point is in the picture, at least so far from its border."""
        x, y = self.at(point)
        return border <= x <= WIDTH - border and border <= y <= HEIGHT - border

    def length(self, metres: float, lat: float) -> float:
        """How long so many metres are drawn at this latitude."""
        return radians(metres / METRES_PER_DEGREE) / cos(radians(lat)) * self.scale

    @property
    def seen(self) -> Box:
        """What the whole picture shows."""
        aside, up = degrees(WIDTH / 2 / self.scale), HEIGHT / 2 / self.scale
        south, north = (_latitude(self.middle_y + each) for each in (-up, up))
        return Box(south, self.middle_lon - aside, north, self.middle_lon + aside)


def _mercator(lat: float) -> float:
    return asinh(tan(radians(lat)))


def _latitude(y: float) -> float:
    return degrees(atan(sinh(y)))


def nice(metres: float) -> float:
    """The largest of 1, 2, 5, 10… that is not more than this."""
    power = 10.0 ** floor(log10(metres))
    return float(max(power * each for each in (1, 2, 5) if power * each <= metres))
