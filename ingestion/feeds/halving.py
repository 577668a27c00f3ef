"""Asking by halves for people whom an editor does not answer for together: one who spoils the answer spoils it alone.

Pure: replies in, requests out. The larger parts come first, so that one person's fault shows at once: of two halves,
one is answered. When none is, nor any of the quarters, the fault is the editor's, and asking on is a waste.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from ingestion.feeds.client import Cause, Reply
from ingestion.feeds.requests import Lot

SPOILT: Final[frozenset[Cause]] = frozenset({"status", "outcome", "malformed", "too_big", "ours"})
"""Failures that may be about one of those who were asked for together."""
DOUBTED: Final = 3
"""The editor is to blame once a lot and both its halves failed: nobody alone is in both."""
FRUITLESS: Final = 7
"""A lot, its halves and its quarters: when all of them failed, nothing more is asked."""


@dataclass(slots=True)
class Halving:
    """The requests of a lot; `part` is the next one, for `learn` to be told how it ended."""

    lot: Lot
    failed: int = 0
    answered: bool = False
    _waiting: deque[Lot] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._waiting.append(self.lot)

    @property
    def begun(self) -> bool:
        """Whether what comes next is a part of the lot."""
        return self.answered or self.failed > 0

    @property
    def forgiven(self) -> Collection[Cause]:
        """The failures of the next request that say nothing against the editor."""
        doubted = self.failed >= DOUBTED and not self.answered
        return SPOILT if self.begun and not doubted else ()

    def part(self) -> Lot | None:
        """What to ask for next, nothing when that is all."""
        if not self._waiting or (self.failed >= FRUITLESS and not self.answered):
            return None
        return self._waiting.popleft()

    def learn(self, reply: Reply) -> None:
        """Take into account how the last request ended."""
        self.answered |= reply.outcome == "ok"
        self.failed += reply.outcome != "ok"
        flow, subjects, _ = reply.request
        if reply.outcome in SPOILT and not reply.passes and len(subjects) > 1:
            middle = len(subjects) // 2
            self._waiting += ((flow, subjects[:middle]), (flow, subjects[middle:]))
