"""Garbage collection, out of the way of work that makes many values and no cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

COLLECT_EVERY: Final = 50_000
"""Values made between two collections of the youngest; Python's own is 700, which costs offers half as much again."""


@contextmanager
def few_collections() -> Iterator[None]:
    """Collect seldom for the time of a block, in the whole process."""
    former = gc.get_threshold()
    gc.set_threshold(COLLECT_EVERY, *former[1:])
    try:
        yield
    finally:
        gc.set_threshold(*former)
