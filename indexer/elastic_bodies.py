"""Search bodies: what is asked of Elasticsearch in one wave. Pure: tested by equality.

Evaluating clauses costs more than searching once more: a circle costs a tenth of a millisecond before the first offer
is looked at. So what is counted for several rungs is asked together where their clauses are the same: the rungs of one
concession inside the area by "all but one", its rings by their distances.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from indexer import elastic_clauses as q
from indexer import elastic_query as query
from indexer.elastic_clauses import Clause
from indexer.elastic_documents import TIE_SHIFT
from indexer.elastic_fields import F, facet
from indexer.elastic_query import Question
from models.geo import Point
from relevance import found
from relevance.criteria import ROWS, Name, asked
from relevance.found import Position
from relevance.plan import Membership, Plan
from relevance.rungs import EXACT, Rung

Body = dict[str, Any]

SORT: Final[tuple[dict[str, str], ...]] = ({"_score": "desc"}, {F.TIE: "asc"})
"""The order inside a rung. It is total: that any two of three million ids share a hash of 8 bytes has a chance of one
in four million. Comparing ids as well costs a quarter of the time of sorting."""

COUNTED: Final = "counted"
"""The one aggregation of a body that has one."""


def past_cap() -> int:
    """Where counting stops: enough to know that the cap is passed."""
    return found.CAP + 1


def well_past_cap() -> int:
    """Counts that others are taken from go further."""
    return 3 * found.CAP


def hits(question: Question, size: int, after: Position | None = None) -> Body:
    """The first offers of a rung, in order, or those after a position of it; and its count."""
    body = {"query": question.query, "size": size, "sort": SORT, "track_total_hits": past_cap()}
    if after is None:
        return body
    return body | {"search_after": [after.score - question.offset, after.tie - TIE_SHIFT]}


def hits_by_ids(questions: Mapping[Rung, Question], known: Mapping[Rung, Sequence[str]]) -> Body:
    """The offers of several rungs, known by their ids, each with the score and in the order of its rung."""
    size = sum(map(len, known.values()))
    return {"query": query.ranked_by_ids(questions, known), "size": size, "sort": SORT, "track_total_hits": False}


def count(clause: Clause, up_to: int | None = None) -> Body:
    """How many offers match, up to a number: without one, up to where the cap is passed."""
    return {"query": clause, "size": 0, "track_total_hits": past_cap() if up_to is None else up_to}


def _grouped(matching: Clause, groups: dict[str, Any]) -> Body:
    """How many of the offers that match are in each group."""
    return {"query": matching, "size": 0, "track_total_hits": False, "aggs": {COUNTED: groups}}


# Rungs of one concession --------------------------------------------------------------------------------------------


def inner(plan: Plan) -> dict[Rung, Clause]:
    """What tells the rungs of one concession inside the area apart, among offers that lack at most one criterion."""
    plain: dict[Rung, Clause] = {
        (name.value,): q.all_of([], [query.MET[name](plan)]) for name in query.plain_criteria(plan)
    }
    lost = [name for name in (Name.WHEN, Name.MODALITY) if name in asked(plan)]
    times = {name: query.time(plan, frozenset({name})) for name in lost}
    return plain | {(name.value,): q.all_of(time.must, time.must_not) for name, time in times.items()}


def inner_counts(plan: Plan) -> Body:
    """The counts of the rungs of one concession inside the area, together: all criteria but one at most."""
    criteria = [query.MET[name](plan) for name in query.plain_criteria(plan)]
    if query.TIME & set(asked(plan)):
        criteria.append(query.both(plan))
    but_one = {
        "filter": [*query.of_kind(plan), query.inside(plan)],
        "should": criteria,
        "minimum_should_match": len(criteria) - 1,
    }
    groups = {rung[0]: clause for rung, clause in inner(plan).items()}
    return _grouped({"bool": but_one}, {"filters": {"filters": groups}})


def ring_counts(plan: Plan, origin: Point) -> Body:
    """The counts of the rungs that give up the area within 2 R and 4 R, by distance."""
    radius = plan.area.radius_m if plan.area else 0.0
    member = isinstance(plan.area, Membership)
    edges = [0.0 if member else radius, *(row.factor * radius for row in ROWS[Name.AREA] if row.factor)]
    rows = [row for row in ROWS[Name.AREA] if row.factor]
    ranges = [
        {"key": row.key, "from": start, "to": end} for row, start, end in zip(rows, edges, edges[1:], strict=False)
    ]
    around = query.around(plan, max(row.factor for row in rows if row.factor))
    matching = q.all_of([*around, *query.anywhere(plan)], [query.inside(plan)] if member else [])
    return _grouped(
        matching,
        {
            "geo_distance": {
                "field": F.POINT,
                "origin": [origin.lon, origin.lat],
                "keyed": True,
                "ranges": ranges,
            }
        },
    )


# Totals -------------------------------------------------------------------------------------------------------------


def everywhere(plan: Plan) -> Body:
    """How many offers meet all but the area, which may be met or not."""
    return count(q.all_of(query.anywhere(plan)), well_past_cap())


def met_somehow(plan: Plan) -> Body | None:
    """How many offers meet one of the criteria that are neither the area nor time: the same for every clock and place.

    When they are many more than the exact matches, the total of approximate ones passes the cap.
    """
    criteria = [query.MET[name](plan) for name in query.plain_criteria(plan)]
    if not criteria:
        return None
    return count(q.all_of([*query.of_kind(plan), q.one_of(criteria)]), well_past_cap())


def approximate_total(plan: Plan) -> Body:
    """How many offers meet something, not all."""
    return count(query.anything(plan))


def exact_total(plan: Plan, up_to: int | None = None) -> Body:
    """How many offers meet everything."""
    return count(query.members(plan, EXACT), up_to)


# Beside searches ----------------------------------------------------------------------------------------------------

_VALUES: Final = 1_000

_WITHOUT: Final[dict[Name, dict[str, Any]]] = {
    Name.PROFESSION: {"professions": frozenset()},
    Name.STRUCTURE_TYPE: {"structure_types": frozenset()},
    Name.SPECIALTY: {"specialties": frozenset()},
    Name.SKILL: {"skills": frozenset()},
    Name.CARE: {"care": frozenset()},
    Name.EQUIPMENT: {"equipment": frozenset()},
    Name.LANGUAGE: {"languages": frozenset()},
    Name.SECTOR: {"sectors": frozenset()},
}


def facets(plan: Plan, names: Sequence[Name]) -> list[tuple[tuple[Name, ...], Body]]:
    """For each criterion, its values among the offers that meet all the others; those not asked share one search."""
    counted = [name for name in names if name in _WITHOUT]
    alone = [((name,), replace(plan, **_WITHOUT[name])) for name in counted if name in asked(plan)]
    together = tuple(name for name in counted if name not in asked(plan))
    return [(group, _values(each, group)) for group, each in [*alone, *([(together, plan)] if together else [])]]


def _values(plan: Plan, names: Sequence[Name]) -> Body:
    values = {name: {"terms": {"field": facet(name), "size": _VALUES}} for name in names}
    return {"query": query.members(plan), "size": 0, "track_total_hits": False, "aggs": values}


def by_ids(identifiers: Sequence[str]) -> Body:
    """These documents."""
    return {"query": {"ids": {"values": list(identifiers)}}, "size": len(identifiers)}


def everything(size: int = 1) -> Body:
    """Every document counted, and some of them."""
    return {"query": q.EVERYTHING, "size": size, "track_total_hits": True}


def in_order_of_ids(matching: Clause, size: int, after: str | None, source: str | None = None) -> Body:
    """The documents after an id, with their sources or one field of them."""
    body: Body = {"query": matching, "size": size, "sort": [{F.ID: "asc"}], "track_total_hits": False}
    start = {} if after is None else {"search_after": [after]}
    return body | start | ({"_source": [source]} if source else {})
