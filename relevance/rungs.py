"""Rungs: the exact sets of criteria given up, in the order in which approximate answers are read."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

from relevance.criteria import LOSSES, POSITIONS, ROWS, TABLE, Name, asked
from relevance.plan import Plan

Rung = tuple[str, ...]
"""Keys of the criteria table, in its order. The empty rung is the exact part."""

EXACT: Final[Rung] = ()


def loss(rung: Rung) -> float:
    """What giving up this set costs: the sum of its losses, exact."""
    return sum(LOSSES[key] for key in rung)


def order(rung: Rung) -> tuple[float, tuple[int, ...]]:
    """The sort key of a rung: its loss, then the positions given up, compared in order."""
    return loss(rung), tuple(POSITIONS[key] for key in rung)


def rungs(plan: Plan) -> Iterator[Rung]:
    """Every rung of one concession or more that leaves a criterion met, cheapest first. Lazy.

    A rung grows by a later row of the table than its last, so each is made once, after the cheaper rung it grew from.
    """
    names = asked(plan)
    options = [POSITIONS[row.key] for name in names for row in ROWS[name]]
    heap: list[tuple[float, tuple[int, ...]]] = []
    for position in options:
        heappush(heap, (TABLE[position].loss, (position,)))
    while heap:
        cost, positions = heappop(heap)
        if len(positions) < len(names):
            yield tuple(TABLE[position].key for position in positions)
        for position in _later(options, positions[-1]):
            heappush(heap, (cost + TABLE[position].loss, (*positions, position)))


def _later(options: list[int], last: int) -> Iterator[int]:
    """The rows after this one, of another criterion: an area is given up once."""
    criterion = TABLE[last].criterion
    return (option for option in options if option > last and TABLE[option].criterion is not criterion)


def concessions(plan: Plan) -> tuple[Rung, ...]:
    """The rungs of one concession, cheapest first; none when a single criterion is asked."""
    names: tuple[Name, ...] = asked(plan)
    if len(names) < 2:  # noqa: PLR2004 - one criterion leaves nothing met when it is given up
        return ()
    singles = ((row.key,) for name in names for row in ROWS[name])
    return tuple(sorted(singles, key=order))
