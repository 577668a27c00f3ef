"""One search as a conversation: waves of searches out, their answers in, until everything is found. Pure.

The engine drives it: it asks the first wave, has the answers read, and goes on while there is a next wave.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from indexer import elastic_bodies as bodies
from indexer.elastic_answers import RawHit, Reply, hit
from indexer.elastic_bodies import Body
from indexer.elastic_fields import F
from indexer.elastic_ladder import DIRECT, Ladder
from indexer.elastic_query import TIME, Question, members, plain_criteria, ranked
from indexer.elastic_scan import Scale, scan
from relevance.criteria import ROWS, Name, asked
from relevance.found import After, Count, Found, Hit, Part, RungCount
from relevance.plan import Plan
from relevance.rungs import EXACT, Rung, concessions, order

Key = str | Rung
"""A rung's documents, or its count alone; or one of the searches named below."""

EXACT_PART: Final = "exact"
INNER: Final = "inner"
RINGS: Final = "rings"
EVERYWHERE: Final = "everywhere"
SOMEHOW: Final = "somehow"
TOTAL: Final = "total"
SCAN: Final = "scan"
WHOLE: Final = "whole"

_TOGETHER: Final = 3
"""Criteria inside the area from which their rungs are counted together."""

_STEPS: Final = tuple((row.key,) for row in ROWS[Name.AREA])
_BEYOND: Final = _STEPS[-1]


@dataclass(slots=True)
class Search:
    """What is known of a search between its waves."""

    plan: Plan
    after: After | None
    exact: Reply = field(default_factory=Reply)
    total: int | None = None
    questions: dict[Rung, Question] = field(default_factory=dict)
    ladder: Ladder = field(init=False)

    def __post_init__(self) -> None:
        """Without a second criterion there is no approximate part: its total is 0."""
        several = len(asked(self.plan)) > 1
        self.total = None if several else 0
        wanted = several and self._wants("approximate")
        size = self.plan.approximate_limit + self._one_more() if wanted else 0
        self.ladder = Ladder(self.plan, size, self.after.approximate if self.after else None)

    # What to ask --------------------------------------------------------------------------------------------------

    def first_wave(self) -> dict[Key, Body]:
        """The exact part; the rungs of one concession, counted; what fills the page most often."""
        wave: dict[Key, Body] = {EXACT_PART: self._exact_part()}
        if self.total == 0:
            return wave
        firsts = self.ladder.first()
        wave |= self._counts(set(firsts)) | {rung: self._rung(rung) for rung in firsts}
        if numbers := self.ladder.opening_scale():
            wave[SCAN] = self._scan(numbers)
        somehow = bodies.met_somehow(self.plan)
        return wave | ({SOMEHOW: somehow} if somehow else {TOTAL: bodies.approximate_total(self.plan)})

    def next_wave(self) -> dict[Key, Body]:
        """What is still missing; nothing when everything is found."""
        wave: dict[Key, Body] = {}
        if self.total is None:
            wave[TOTAL] = bodies.approximate_total(self.plan)
        rungs = self.ladder.wanted()
        if numbers := self.ladder.scale(many=len(rungs) > DIRECT):
            wave[SCAN] = self._scan(numbers)
        else:
            wave |= self._fetch()
            wave |= {rung: self._rung(rung) for rung in rungs}
        uncounted = [rung for rung in concessions(self.plan) if rung not in self.ladder.counts and rung not in wave]
        return wave | {rung: bodies.count(members(self.plan, rung)) for rung in uncounted}

    def _exact_part(self) -> Body:
        size = self.plan.exact_limit + self._one_more() if self._wants("exact") else 0
        if size == 0:
            return bodies.exact_total(self.plan)
        return bodies.hits(self._question(EXACT), size, self.after.exact if self.after else None)

    def _rung(self, rung: Rung) -> Body:
        position = self.ladder.after
        resumed = position if position is not None and position.rung == rung else None
        return bodies.hits(self._question(rung), self.ladder.room(), resumed)

    def _question(self, rung: Rung) -> Question:
        if rung not in self.questions:
            self.questions[rung] = ranked(self.plan, rung)
        return self.questions[rung]

    def _fetch(self) -> dict[Key, Body]:
        """The documents of the rungs that the scan saw to their end: one search for all of them."""
        whole = self.ladder.whole
        if not whole or whole.keys() <= self.ladder.found.keys():
            return {}
        return {WHOLE: bodies.hits_by_ids({rung: self._question(rung) for rung in whole}, whole)}

    def _scan(self, numbers: Scale) -> Body:
        after = self.ladder.after.rung if self.ladder.after else None
        return scan(self.plan, numbers, self.ladder.size, after, strict=self.ladder.strict)

    def _counts(self, without: set[Rung]) -> dict[Key, Body]:
        """The counts of the rungs of one concession, together where that is cheaper."""
        plan, wave, rest = self.plan, dict[Key, Body](), set(concessions(self.plan)) - without
        if plan.area is not None and plan.origin is not None:
            rest -= set(_STEPS)
            wave |= {RINGS: bodies.ring_counts(plan, plan.origin), EVERYWHERE: bodies.everywhere(plan)}
        together = len(plain_criteria(plan)) + bool(TIME & set(asked(plan)))
        if plan.area is not None and together >= _TOGETHER:
            rest -= set(bodies.inner(plan))
            wave[INNER] = bodies.inner_counts(plan)
        return wave | {rung: bodies.count(members(plan, rung)) for rung in sorted(rest)}

    def _wants(self, part: str) -> bool:
        """Whether a page of this part is asked."""
        return self.after is None or getattr(self.after, part) is not None

    def _one_more(self) -> int:
        """A later page tells whether it is the last by one offer more; the first by its total."""
        return 0 if self.after is None else 1

    # What is answered ---------------------------------------------------------------------------------------------

    def read(self, replies: dict[Key, Reply]) -> None:
        """Remember the answers of a wave."""
        self.exact = replies.get(EXACT_PART, self.exact)
        for key, reply in replies.items():
            if isinstance(key, tuple):
                self._read_rung(key, reply)
        for key in {INNER, RINGS} & replies.keys():
            self.ladder.counts |= {
                (name,): min(count, bodies.past_cap()) for name, count in replies[key].groups.items()
            }
        if SCAN in replies:
            self.ladder.scanned([(raw.score or 0.0, raw.fields[F.ID][0]) for raw in replies[SCAN].hits.hits])
        if WHOLE in replies:
            self.ladder.fetched(replies[WHOLE].hits.hits)
        if EVERYWHERE in replies:
            self._read_beyond(replies[EVERYWHERE], sum(replies[RINGS].groups.values()))
        self._read_total(replies)

    def _read_rung(self, rung: Rung, reply: Reply) -> None:
        self.ladder.counts[rung] = reply.count
        if reply.hits.hits or reply.count == 0 or (self.ladder.after and self.ladder.after.rung == rung):
            self.ladder.found[rung] = reply.hits.hits

    def _read_beyond(self, everywhere: Reply, rings: int) -> None:
        """Beyond is everywhere without the area and its rings, unless too many were counted to tell."""
        beyond = everywhere.count - self.exact.count - rings
        if self.exact.count < bodies.past_cap() and (everywhere.whole or beyond >= bodies.past_cap()):
            self.ladder.counts[_BEYOND] = min(max(beyond, 0), bodies.past_cap())

    def _read_total(self, replies: dict[Key, Reply]) -> None:
        """The total asked; or the cap, as soon as parts of it pass it: rungs are disjoint, none is exact."""
        if TOTAL in replies:
            self.total = replies[TOTAL].count
        elif self.total is None:
            enough = bodies.past_cap()
            somehow = replies[SOMEHOW].count if SOMEHOW in replies else 0
            counted = sum(self.ladder.counts.values())
            if max(counted, somehow - self.exact.count if self.exact.count < enough else 0) >= enough:
                self.total = enough

    # What was found -----------------------------------------------------------------------------------------------

    def found(self) -> Found:
        """The answer."""
        plan, exact = self.plan, [(EXACT, raw) for raw in self.exact.hits.hits]
        approximate = self._part("approximate", self.ladder.page(), self.total or 0, plan.approximate_limit)
        return Found(
            self._part("exact", exact, self.exact.count, plan.exact_limit), approximate, self._rungs(approximate.hits)
        )

    def _part(self, name: str, found: Sequence[tuple[Rung, RawHit]], total: int, limit: int) -> Part:
        page = tuple(hit(raw, rung, self._question(rung).offset) for rung, raw in found[:limit])
        more = total > len(page) if self.after is None else len(found) > limit
        return Part(Count.of(total), page, more and self._wants(name))

    def _rungs(self, page: Sequence[Hit]) -> tuple[RungCount, ...]:
        """The rungs of one concession that are not empty, and those of the page, in order."""
        counts = self.ladder.counts
        single = {rung for rung in concessions(self.plan) if counts.get(rung)}
        listed = single | {hit.position.rung for hit in page}
        return tuple(RungCount(rung, Count.of(counts[rung])) for rung in sorted(listed, key=order))
