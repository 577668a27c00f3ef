"""What a search finds: the same value from the oracle and from every engine."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from models.offer import Offer
from relevance.rungs import Rung

CAP: Final = 10_000
"""Totals are exact up to this, then a lower bound. Engines that stop counting there read it as `found.CAP`."""


class Count(NamedTuple):
    """A total: exact, or "at least" when it passed the cap."""

    value: int
    exact: bool = True

    @classmethod
    def of(cls, value: int) -> "Count":
        """Cap a true total."""
        return cls(min(value, CAP), value <= CAP)


class Position(NamedTuple):
    """Where an offer stands in its part: enough to go on after it. `score` is the engine's own."""

    rung: Rung
    score: float
    tie: int
    id: str


@dataclass(frozen=True, slots=True)
class Hit:
    """An offer at its position."""

    offer: Offer
    position: Position


@dataclass(frozen=True, slots=True)
class Part:
    """The exact or the approximate part: its total and one page of it. `more`: the page is not the last."""

    total: Count
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class RungCount:
    """A rung and how many offers give up exactly that."""

    rung: Rung
    count: Count


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of an engine. `rungs`, in order: those of one concession that are not empty, and those walked."""

    exact: Part
    approximate: Part
    rungs: tuple[RungCount, ...]


@dataclass(frozen=True, slots=True)
class After:
    """Go on after these positions. A part that is not asked gives its total and no hit."""

    exact: Position | None = None
    approximate: Position | None = None
