"""What the design holds and aims at, by number of offers: (to hold, aim)."""

from dataclasses import dataclass
from typing import Final

Bound = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds at one size: ratio to the floor (p50), embedded engine (p95, ms), eight criteria (p95, ms)."""

    ratio: Bound
    embedded: Bound
    eight: Bound


BOUNDS: Final[dict[int, Bounds]] = {
    230_000: Bounds(ratio=(8, 4), embedded=(60, 30), eight=(None, None)),
    2_300_000: Bounds(ratio=(16, 8), embedded=(150, 80), eight=(150, 60)),
}
API_CPU_MS: Final[Bound] = (10, 5)
FRESH_S: Final[Bound] = (2, 1)
"""From a change to the results, p99."""
PAGE_MS: Final[Bound] = (300, 100)
"""A page of the demo, from a sentence to its last byte."""
SEARCH_KB: Final[Bound] = (60, None)
"""The HTML of a search with 70 offers, compressed."""
FIRST_VIEW_KB: Final[Bound] = (120, None)
"""Everything that a page loads when it is first seen, the map left out, compressed."""
WIDGET_KB: Final[Bound] = (50, None)
"""Everything that a widget loads, before compression."""
SHIFT: Final[Bound] = (0, None)
"""How far what is seen moves by itself (cumulative layout shift)."""
