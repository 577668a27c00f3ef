"""The grid that keeps neighbours together: an index is sorted by the Morton numbers of its points.

Documents whose numbers follow one another stand side by side, so a range of numbers is found by two binary searches. A
circle is asked as the few ranges that cover it, then by its distance: several times faster than by a tree of points.
"""

from math import asin, cos, degrees, radians, sin
from typing import Final

from models.geo import EARTH_RADIUS_M, Point

_BITS: Final = 16
_SIDE: Final = 1 << _BITS
"""Cells a side: about 300 m from south to north, 600 m along the equator."""

_ACROSS: Final = 4
"""A circle is covered by squares of a quarter of its width at least: more would be tighter, and slower."""

_SLACK_M: Final = 1.0
_POLE: Final = 90.0

Range = tuple[int, int]
"""From a number to another, both included."""


def cell(lat: float, lon: float) -> int:
    """The Morton number of a point: the bits of its row and of its column, in turn."""
    return _number(_row(lat), _column(lon))


def cover(origin: Point, metres: float) -> list[Range]:
    """Ranges of numbers that hold every point so near; none when that reaches a pole."""
    angle = (metres + _SLACK_M) / EARTH_RADIUS_M
    reach = degrees(angle)
    if abs(origin.lat) + reach >= _POLE:
        return []
    across = degrees(asin(sin(angle) / cos(radians(origin.lat))))
    rows = _row(origin.lat - reach), _row(origin.lat + reach)
    columns = _unbounded(origin.lon - across), _unbounded(origin.lon + across)
    widest = max(rows[1] - rows[0], columns[1] - columns[0]) + 1
    level = (-(-widest // _ACROSS) - 1).bit_length()
    return _joined(_squares(rows, columns, level), level)


def _squares(rows: Range, columns: Range, level: int) -> set[int]:
    """The first numbers of the squares of a level that these rows and columns meet; columns go round the Earth."""
    around = _SIDE >> level
    return {
        _number(row, column % around) << 2 * level
        for row in range(rows[0] >> level, (rows[1] >> level) + 1)
        for column in range(columns[0] >> level, (columns[1] >> level) + 1)
    }


def _joined(starts: set[int], level: int) -> list[Range]:
    """Squares as ranges, those that follow one another as one."""
    ranges: list[Range] = []
    for start in sorted(starts):
        end = start + (1 << 2 * level) - 1
        if ranges and ranges[-1][1] + 1 == start:
            ranges[-1] = ranges[-1][0], end
        else:
            ranges.append((start, end))
    return ranges


def _row(lat: float) -> int:
    return min(int((lat + 90) / 180 * _SIDE), _SIDE - 1)


def _column(lon: float) -> int:
    return min(_unbounded(lon), _SIDE - 1)


def _unbounded(lon: float) -> int:
    """The column of a longitude, which may lie past the antimeridian."""
    return int((lon + 180) / 360 * _SIDE // 1)


def _number(row: int, column: int) -> int:
    return _spread(row) << 1 | _spread(column)


def _spread(number: int) -> int:
    """The bits of a number, each after a zero bit."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        number = (number | number << shift) & mask
    return number
