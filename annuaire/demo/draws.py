"""Drawing from a seed: the same words always give the same numbers."""

from bisect import bisect
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


def draw(*words: object) -> Random:
    """A generator of numbers that depends on these words only."""
    text = "/".join(map(str, words))
    return Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


class Weighted(Generic[T]):
    """Values drawn by weight, in logarithmic time."""

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        kept = [(value, weight) for value, weight in pairs if weight > 0]
        self.values = [value for value, _ in kept]
        self._ends = list(accumulate(weight for _, weight in kept))

    def __bool__(self) -> bool:
        return bool(self.values)

    def pick(self, rng: Random) -> T:
        """One value.

        Raises:
            IndexError: nothing has any weight.

        """
        return self.values[bisect(self._ends, rng.random() * self._ends[-1])]


def some(rng: Random, values: Sequence[T], at_least: int, at_most: int) -> list[T]:
    """A few different values, in their own order."""
    count = min(rng.randint(at_least, at_most), len(values))
    chosen = sorted(rng.sample(range(len(values)), count))
    return [values[index] for index in chosen]


def rounded(rng: Random, value: float) -> int:
    """An integer whose mean is this value."""
    whole = int(value)
    return whole + (rng.random() < value - whole)


def more_than_one(rng: Random, mean: float) -> int:
    """A count of at least one, of this mean, with a long tail."""
    count, keep = 1, 1 - 1 / mean
    while rng.random() < keep:
        count += 1
    return count
