"""The scan: one search that tells which rungs come next, however many there are.

Eight criteria have hundreds of rungs, nearly all empty. Instead of asking each, every approximate match is scored by
what it does *not* give up, and the engine skips whatever cannot be among the best. A whole number stands for each row
of the criteria table: its loss in the high bits, its position in the low ones, so that the best scores are those of the
first rungs, in their order, and a score tells its rung. Numbers stay below 2^24: the engine's float32 holds them whole.
"""

from dataclasses import dataclass
from typing import Final

from indexer import elastic_clauses as q
from indexer import elastic_query as query
from indexer.elastic_bodies import Body
from indexer.elastic_clauses import Clause
from indexer.elastic_fields import F
from relevance.criteria import ROWS, Name, Row, asked
from relevance.plan import Plan
from relevance.rungs import Rung

_LOSS_UNITS: Final = 4
"""Losses are multiples of 1/4."""

_EXACT_IN_FLOAT32: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers of a plan's rows, in the order of the table, and what an offer that gives nothing up has."""

    rows: tuple[Row, ...]
    values: dict[str, int]
    whole: int

    def rung(self, score: float) -> Rung:
        """The rung that has this score."""
        given_up, bits = self.whole - round(score), len(self.rows)
        loss = -(-given_up >> bits)
        positions = (loss << bits) - given_up
        return tuple(row.key for place, row in enumerate(self.rows) if positions >> (bits - 1 - place) & 1)

    def score(self, rung: Rung) -> int:
        """The score of an offer of this rung."""
        return self.whole - sum(self.values[key] for key in rung)


def scale(plan: Plan) -> Scale | None:
    """The numbers for this plan; None when they would be too large."""
    names = asked(plan)
    rows = tuple(row for name in names for row in ROWS[name])
    bits = len(rows)
    values = {
        row.key: (round(row.loss * _LOSS_UNITS) << bits) - (1 << bits - 1 - place) for place, row in enumerate(rows)
    }
    whole = sum(max(values[row.key] for row in ROWS[name]) for name in names)
    return Scale(rows, values, whole) if whole < _EXACT_IN_FLOAT32 else None


def scan(plan: Plan, numbers: Scale, size: int, after: Rung | None = None, *, strict: bool = False) -> Body:
    """The scores and ids of the first approximate matches, or of the first of the rungs after one.

    An offer in a ring that meets nothing has a score too; `strict` leaves it out, at a price.
    """
    closeness = {"should": _kept(plan, numbers.values), "minimum_should_match": 1}
    without = [query.members(plan)]
    if after is not None:
        before = {"query": {"bool": closeness}, "min_score": numbers.score(after)}
        without.append({"function_score": before})
    only = query.of_kind(plan) + ([query.met(plan)] if strict else [])
    return {
        "query": {"bool": closeness | {"must_not": without} | ({"filter": only} if only else {})},
        "size": size,
        "track_total_hits": False,
        "_source": False,
        "stored_fields": "_none_",
        "docvalue_fields": [F.ID],
    }


def _kept(plan: Plan, values: dict[str, int]) -> list[Clause]:
    """What each criterion adds when it is not given up."""
    plain = [q.constant(query.MET[name](plan), values[name]) for name in query.plain_criteria(plan)]
    return [*plain, *_area_kept(plan, values), *_time_kept(plan, values)]


def _area_kept(plan: Plan, values: dict[str, int]) -> list[Clause]:
    """A nearer step keeps what it loses less than going beyond."""
    if plan.area is None:
        return []
    *steps, beyond = ROWS[Name.AREA]
    rings = [
        q.constant(q.all_of(query.ring(plan, row.factor)), values[beyond.key] - values[row.key])
        for row in steps
        if row.factor is not None
    ]
    return [_best([q.constant(query.inside(plan), values[beyond.key]), *rings])]


def _time_kept(plan: Plan, values: dict[str, int]) -> list[Clause]:
    """`when` and `modality`, judged together."""
    if plan.window and plan.modalities:
        when, modality = values[Name.WHEN], values[Name.MODALITY]
        return [
            _best(
                [
                    q.constant(query.both(plan), when + modality),
                    q.constant(query.of_modality(plan), modality),
                    q.constant(query.any_in_window(plan), when),
                ]
            )
        ]
    alone = [name for name in (Name.WHEN, Name.MODALITY) if name in asked(plan)]
    return [q.constant(query.MET[name](plan), values[name]) for name in alone]


def _best(clauses: list[Clause]) -> Clause:
    return {"dis_max": {"queries": clauses}}
