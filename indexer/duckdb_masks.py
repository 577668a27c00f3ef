"""Rungs as integers: one bit for each row of the criteria table, position 0 the most significant.

An offer's mask holds what it gives up; 0 is an exact match. Between two masks of the same loss the greater comes first:
that is the table's order of the positions given up, since no rung of the same loss is a prefix of another.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from relevance import rungs
from relevance.criteria import ROWS, TABLE, Name
from relevance.rungs import Rung

BITS: Final[dict[str, int]] = {row.key: 1 << len(TABLE) - 1 - position for position, row in enumerate(TABLE)}
BEYOND: Final = BITS[ROWS[Name.AREA][-1].key]
AREA: Final = sum(BITS[row.key] for row in ROWS[Name.AREA])
EXACT: Final = 0
ABOVE: Final = len(TABLE)
"""How many bits all of them take: what stands above is something else."""


def mask_of(keys: Iterable[str]) -> int:
    """The mask that gives these rows of the table up."""
    return sum(BITS[key] for key in keys)


@lru_cache(maxsize=1 << 16)
def rung_of(mask: int) -> Rung:
    """The rung that a mask stands for."""
    return tuple(key for key, bit in BITS.items() if mask & bit)


@lru_cache(maxsize=1 << 16)
def order(mask: int) -> tuple[float, int]:
    """The sort key of a mask: its loss, then the positions given up."""
    return rungs.loss(rung_of(mask)), -mask
