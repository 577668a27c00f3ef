"""Filling the page of approximate matches, rung after rung, in few waves. Pure: it tells what to ask next.

The first wave asks the cheapest rung, or the scan when there are many criteria, and the counts of all rungs of one
concession. When that does not fill the page, the next rungs are those that the counts promise; when there would be many
of them, the scan tells which they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from indexer.elastic_answers import RawHit
from indexer.elastic_scan import Scale, scale
from relevance import rungs as ladder
from relevance.criteria import asked
from relevance.found import Position
from relevance.plan import Plan
from relevance.rungs import Rung

DIRECT: Final = 4
"""Rungs asked at once without the scan: more of them cost more than it does."""

BLIND: Final = 16
"""The same where no scan is possible."""

MANY: Final = 6
"""Criteria from which the first wave scans: the cheapest rung rarely fills the page."""


@dataclass(slots=True)
class Ladder:
    """What is known of the rungs of a plan while its page is filled.

    `size` offers are wanted, after a position if one is given. `counts` are those of the rungs asked, `found` their
    first documents; `told` are the rungs that the scan found, `whole` the ids of those that it saw to their end.
    `strict`: the scan must leave out what meets nothing.
    """

    plan: Plan
    size: int
    after: Position | None = None
    counts: dict[Rung, int] = field(default_factory=dict)
    found: dict[Rung, Sequence[RawHit]] = field(default_factory=dict)
    told: tuple[Rung, ...] | None = None
    whole: dict[Rung, list[str]] = field(default_factory=dict)
    strict: bool = False
    numbers: Scale | None = field(init=False)

    def __post_init__(self) -> None:
        """Number the rows of the plan for the scan."""
        self.numbers = scale(self.plan)

    def page(self) -> list[tuple[Rung, RawHit]]:
        """The first documents, in order, as far as every rung before is known."""
        page: list[tuple[Rung, RawHit]] = []
        for rung in self._ahead():
            if len(page) >= self.size or not self._known(rung):
                break
            page += [(rung, hit) for hit in self.found.get(rung, ())]
        return page[: self.size]

    def room(self) -> int:
        """How many documents of the next rungs the page has room for."""
        awaited = sum(len(ids) for rung, ids in self.whole.items() if rung not in self.found)
        return self.size - len(self.page()) - awaited

    def first(self) -> tuple[Rung, ...]:
        """What the first wave asks beside the counts; nothing when it scans instead."""
        return () if self.size == 0 or self.opening_scale() else tuple(islice(self._ahead(), 1))

    def opening_scale(self) -> Scale | None:
        """The numbers to scan with in the first wave; None when it does not scan."""
        many = len(asked(self.plan)) >= MANY
        return self.scale(many=many) if self.size and self.after is None else None

    def wanted(self) -> tuple[Rung, ...]:
        """The rungs to ask next: none when the page is full or nothing is left."""
        promised, rungs = len(self.page()), list[Rung]()
        for rung in self._ahead():
            if promised >= self.size or len(rungs) == BLIND:
                break
            if not self._known(rung):
                rungs += [rung] if rung not in self.whole else []
                promised += self.counts.get(rung, 0)
        return tuple(rungs)

    def scale(self, *, many: bool) -> Scale | None:
        """The numbers to scan with; None when the scan is made, impossible, or dearer than what is ahead."""
        return self.numbers if many and self.told is None else None

    def scanned(self, found: Sequence[tuple[float, str]]) -> None:
        """Remember the rungs of the next offers, by score and id, and the ids in all of them but the one cut short.

        Some offers may meet nothing: then the scan is made again without them.
        """
        if self.numbers is None:
            return
        seen: dict[Rung, list[str]] = {}
        for score, identifier in found:
            seen.setdefault(self.numbers.rung(score), []).append(identifier)
        meeting = {rung: ids for rung, ids in seen.items() if len(rung) < len(asked(self.plan))}
        cut_short = len(found) == self.size
        if len(meeting) < len(seen) and cut_short:
            self.strict = True
            return
        self.told = tuple(meeting)
        self.whole = {rung: meeting[rung] for rung in self.told[: -1 if cut_short else None]}
        self.counts |= {rung: len(ids) for rung, ids in self.whole.items()}

    def fetched(self, hits: Sequence[RawHit]) -> None:
        """Remember the documents of the rungs that the scan saw to their end, in their order."""
        rungs = {identifier: rung for rung, ids in self.whole.items() for identifier in ids}
        self.found |= {rung: [hit for hit in hits if rungs[hit.id] == rung] for rung in self.whole}

    def _known(self, rung: Rung) -> bool:
        return rung in self.found or self.counts.get(rung) == 0

    def _ahead(self) -> Iterator[Rung]:
        """The rungs from the position on: those that the scan found, else all."""
        if self.after is not None:
            yield self.after.rung
        yield from self._later() if self.told is None else self.told

    def _later(self) -> Iterator[Rung]:
        start = self.after and ladder.order(self.after.rung)
        return (rung for rung in ladder.rungs(self.plan) if start is None or ladder.order(rung) > start)
