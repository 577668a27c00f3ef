"""The statements of a search: pure functions, no connection in sight.

A search sees the offers in two groups. The *active* ones are judged one by one: those within 4 R of the origin or in
the asked codes and, when a time or a modality is asked, those with availabilities. All the others give up the area and
the time, so that their masks follow from the counts of their profiles and from the lists of the asked name and of the
asked sparse codes. What is active is a matter of speed, never of meaning: judging every offer gives the same masks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from indexer import duckdb_parts as parts
from indexer.duckdb_codes import ASKED, SPARSE
from indexer.duckdb_masks import ABOVE, AREA, BEYOND, BITS, EXACT, mask_of
from indexer.duckdb_parts import Find, Query
from relevance import signals
from relevance.criteria import ROWS, Name, asked
from relevance.found import After, Position
from relevance.plan import Plan
from relevance.signals import Signal

_JOINED: Final = {"profiles": "profile", "matched": "doc", "members": "zone"}
_FARTHEST: Final = max(row.factor for row in ROWS[Name.AREA] if row.factor)
_FIRST: Final = After()
_REACH: Final = {BITS[row.key]: row.factor for row in ROWS[Name.AREA] if row.factor}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What every statement of a plan is made of: named subqueries and the values that they name."""

    plan: Plan
    subqueries: Mapping[str, str]
    values: dict[str, Any]

    @property
    def listed(self) -> int:
        """The criteria that lists of offers decide: the name and the sparse ones."""
        return sum(BITS[name.value] for name in asked(self.plan) if name is Name.TEXT or name in SPARSE)

    @property
    def timed(self) -> int:
        """The criteria that availabilities decide."""
        return parts.time_asked(self.plan)

    @property
    def elsewhere(self) -> int:
        """The criteria that neither profiles nor lists decide."""
        return self.timed | AREA

    @property
    def far(self) -> int:
        """What an offer that is not active gives up, whatever it is."""
        return self.timed | BEYOND * bool(self.plan.area)


def compiled(plan: Plan, find: Find, near: Mapping[str, Sequence[str]]) -> Compiled:
    """Compile a plan. `near` holds, for each asked token with a typo forgiven, the tokens one typo away."""
    named, spelt = parts.named(plan, near)
    members, codes = parts.members(plan)
    subqueries = {
        "profiles": parts.profiles(plan, find),
        "matched": parts.matched(plan, find, named),
        "members": members,
        "times": parts.times(plan),
    }
    kind = {} if plan.kind is None else {"kind": plan.kind}
    written = {name: sql for name, sql in subqueries.items() if sql}
    return Compiled(plan, written, spelt | codes | kind | parts.origin(plan))


def _statement(compiled: Compiled, body: str, values: dict[str, Any], **kept: str) -> Query:
    """The statement, with the subqueries that it uses and the values that they name: DuckDB refuses the others.

    What is `kept` is computed once, for a body that reads it twice.
    """
    read = " ".join((body, *kept.values()))
    used = {name: sql for name, sql in compiled.subqueries.items() if re.search(rf"\b{name}\b", read)}
    described = [f"{name} AS ({sql})" for name, sql in used.items()]
    described += [f"{name} AS MATERIALIZED ({sql})" for name, sql in kept.items()]
    sql = f"WITH {', '.join(described)} {body}"
    named = set(re.findall(r"\$(\w+)", sql))
    return Query(sql, {name: value for name, value in (compiled.values | values).items() if name in named})


# Which offers to judge ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scope:
    """Which offers a statement judges: disjoint conditions.

    Of those that meet `scheduled`, the agenda is read; the others have none, or it does not matter. When an area is
    asked, a `silent` offer is shown only if it is not beyond 4 R and a `far` one only if it is, so that none is twice.
    """

    scheduled: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    far: tuple[str, ...] = ()


def _near(compiled: Compiled, factor: float, condition: str) -> tuple[str, ...]:
    """Those that meet the condition within this many R; then the members that are not."""
    box = parts.box(compiled.plan, factor)
    member = "zone IN (SELECT zone FROM members WHERE member)" * ("members" in compiled.subqueries)
    outside = f"({box}) IS NOT TRUE AND {member}" if box and member else member
    return tuple(f"{condition} AND {where}" for where in (box, outside) if where)


def active(compiled: Compiled) -> Scope:
    """The active offers."""
    if not compiled.timed:
        return Scope(silent=_near(compiled, _FARTHEST, "true"))
    return Scope(("scheduled",), _near(compiled, _FARTHEST, "NOT scheduled"))


def _factor(mask: int) -> float:
    """How many R away the offers of a mask are at most, when they are not beyond."""
    return next((factor for bit, factor in _REACH.items() if mask & bit), 1.0)


def reach(compiled: Compiled, masks: Iterable[int]) -> Scope:
    """Offers among which are all those of these masks."""
    bounded = [mask for mask in masks if compiled.plan.area and not mask & BEYOND]
    beyond = [mask for mask in masks if not (compiled.plan.area and not mask & BEYOND)]
    quiet, distant = ([mask for mask in some if not ~mask & compiled.timed] for some in (bounded, beyond))
    return Scope(
        ("scheduled",) if beyond else _near(compiled, max(map(_factor, bounded)), "scheduled"),
        _near(compiled, max(map(_factor, quiet)), "NOT scheduled") if quiet else (),
        (f"NOT scheduled{_listed(compiled, distant)}",) if distant else (),
    )


def _listed(compiled: Compiled, masks: Sequence[int]) -> str:
    """When every one of these masks meets a list: to be in the lists with such a mask."""
    if not compiled.listed or not all(compiled.listed & ~mask for mask in masks):
        return ""
    bases = parts.among({mask & ~compiled.elsewhere for mask in masks})
    lists = f"SELECT doc FROM matched JOIN profiles USING (profile) WHERE (given | {_unlisted(compiled)}) IN ({bases})"
    return f" AND doc IN ({lists})"


def narrowed(compiled: Compiled, masks: Iterable[int]) -> Compiled:
    """The same plan among the profiles that can have one of these masks."""
    given = parts.among({mask & ~compiled.elsewhere & ~compiled.listed for mask in masks})
    profiles = f"SELECT * FROM ({compiled.subqueries['profiles']}) WHERE given IN ({given})"
    return replace(compiled, subqueries={**compiled.subqueries, "profiles": profiles})


# Judging them -------------------------------------------------------------------------------------------------------


def _rows(compiled: Compiled, scope: Scope, columns: str) -> str:
    """The offers of a scope with what their agenda gives; `shown` tells the area's bit that they must have, or not."""
    chord2 = parts.CHORD2 if compiled.plan.origin else "NULL"
    agenda, none = (
        "time, lead, rank, aged, {} AS shown FROM offer LEFT JOIN times USING (doc)",
        "NULL, NULL, NULL, NULL, {} FROM offer",
    )
    groups = (
        (agenda.format("NULL"), scope.scheduled),
        (none.format(0), scope.silent),
        (none.format(BEYOND if compiled.plan.area else "NULL"), scope.far),
    )
    rows = [
        f"SELECT {columns}, {chord2} AS chord2, {read} WHERE {where}"
        for read, conditions in groups
        for where in conditions
    ]
    return " UNION ALL ".join(rows)


def _mask(compiled: Compiled) -> str:
    time = f"coalesce(time, {compiled.timed})" if compiled.timed else "0"
    given = ("given", _unlisted(compiled), time, parts.area_mask(compiled.plan))
    return " | ".join(one for one in given if one != "0")


def _unlisted(compiled: Compiled) -> str:
    """The criteria that lists decide, and that an offer does not meet."""
    return f"({compiled.listed} & ~coalesce(met, 0))" if compiled.listed else "0"


def _judged(compiled: Compiled, scope: Scope, columns: str, read: str) -> str:
    """The offers of a scope with their masks."""
    joins = [
        f"{'JOIN' if name == 'profiles' else 'LEFT JOIN'} {name} USING ({key})"
        for name, key in _JOINED.items()
        if name in compiled.subqueries
    ]
    rows = _rows(compiled, scope, f"offer.doc, {read}")
    return f"SELECT {columns}, {_mask(compiled)} AS mask FROM ({rows}) {' '.join(joins)}"


# Statements ---------------------------------------------------------------------------------------------------------


def histogram(compiled: Compiled) -> Query:
    """Rows of (mask, base, count).

    `base` is what an offer gives up by its profile and by the lists. With a mask, the row counts active offers. Without
    one, it counts offers of all kinds: first those of each profile as if they were in no list, then those of the lists.
    """
    base = f"given | {_unlisted(compiled)}"
    counted = [
        f"SELECT NULL AS mask, given | {compiled.listed} AS base, sum(offers)::BIGINT FROM profiles GROUP BY base"
    ]
    if compiled.listed:
        counted += [f"SELECT NULL, {base} AS base, count(*) FROM matched JOIN profiles USING (profile) GROUP BY base"]
    if (scope := active(compiled)) != Scope():
        judged = _judged(compiled, scope, f"{base} AS base", "profile, zone")
        counted += [f"SELECT mask, base, count(*) FROM ({judged}) GROUP BY mask, base"]
    return _statement(compiled, " UNION ALL ".join(counted), {})


def _score(compiled: Compiled) -> str:
    plan = compiled.plan
    weights = signals.weights(plan.order, plan.viewer)
    area = f" | {parts.area_unknown(plan)}" if plan.area else ""
    pivot = repr(signals.PIVOT_M)
    values = {
        Signal.DISTANCE: f"coalesce({pivot} / ({pivot} + {parts.METRES}), 0)" if plan.origin else "",
        Signal.BAND: parts.band(plan.at),
        Signal.FRESHNESS: parts.FRESHNESS,
        Signal.MODALITY: parts.preference(plan) if plan.modalities else "",
        Signal.PARTICIPATION: "participates::INTEGER",
        Signal.CALL: f"CASE WHEN unknown >= {plan.at + 1 << ABOVE} THEN 0 ELSE 1 END",
        Signal.NAME: "coalesce(quality, 0)" if plan.text else "",
        Signal.TO_VERIFY: f"(mask <> 0 AND mask & ~(unknown{area}) = 0)::INTEGER",
    }
    signs = [f"{weights[name]!r}::DOUBLE * {value}" for name, value in values.items() if value and name in weights]
    return " + ".join(signs)


def _scored(compiled: Compiled, masks: Sequence[int]) -> str:
    """The offers of these masks, with their scores and the places of their masks."""
    places = ", ".join(f"({mask}, {place})" for place, mask in enumerate(masks))
    judged = _judged(compiled, reach(compiled, masks), "*", "profile, zone, start, size, tie, unknown")
    return (
        f"SELECT start, size, mask, {_score(compiled)} AS score, tie, place FROM ({judged}) "
        f"JOIN (VALUES {places}) wanted(mask, place) USING (mask) "
        f"WHERE mask & {BEYOND} = coalesce(shown, mask & {BEYOND})"
    )


def _behind(name: str, position: Position | None) -> tuple[str, dict[str, Any]]:
    """What stands after a position of its own rung, or in another rung."""
    if position is None:
        return "true", {}
    values = {f"{name}_score": position.score, f"{name}_tie": position.tie}
    later = f"score < ${name}_score OR (score = ${name}_score AND tie > ${name}_tie)"
    return f"(mask <> {mask_of(position.rung)} OR {later})", values


def page(compiled: Compiled, masks: Sequence[int], exact: int, approximate: int, after: After = _FIRST) -> Query:
    """Rows of (start, size, mask, score, tie): the first of the exact part, then of the other masks, in order.

    Two offers of the same score whose ids have the same hash of 64 bits are in no set order here.
    """
    after_exact, exact_values = _behind("exact", after.exact)
    after_approximate, approximate_values = _behind("approximate", after.approximate)
    read = "SELECT start, size, mask, score, tie FROM scored WHERE mask"
    body = (
        f"({read} = {EXACT} AND {after_exact} ORDER BY score DESC, tie LIMIT {exact}) UNION ALL "
        f"({read} <> {EXACT} AND {after_approximate} ORDER BY place, score DESC, tie LIMIT {approximate})"
    )
    among = narrowed(compiled, masks)
    return _statement(among, body, exact_values | approximate_values, scored=_scored(among, masks))


def tally(compiled: Compiled) -> Query:
    """How many offers are exact: for plans whose area is small, quicker than the histogram."""
    judged = _judged(compiled, reach(compiled, [EXACT]), "1", "profile, zone")
    return _statement(compiled, f"SELECT count(*) FROM ({judged}) WHERE mask = {EXACT}", {})


def values(compiled: Compiled, names: Iterable[Name]) -> Query:
    """Rows of (term, mask, count): the codes of the offers that are exact, or that give up one of these criteria."""
    asked_names = [name for name in names if name in ASKED and name in asked(compiled.plan)]
    masks = [EXACT, *(BITS[name.value] for name in asked_names)]
    judged = _judged(compiled, reach(compiled, masks), "doc, profile", "profile, zone")
    hits = f"SELECT doc, profile, mask FROM ({judged}) WHERE mask IN ({parts.among(masks)})"
    dense = "SELECT profile, mask, count(*) AS offers FROM hits GROUP BY profile, mask"
    body = (
        f"SELECT unnest(terms) AS term, mask, hits.offers FROM ({dense}) hits JOIN profile USING (profile) "
        "UNION ALL SELECT term, mask, count(*) FROM posting JOIN hits USING (doc) GROUP BY term, mask"
    )
    return _statement(compiled, body, {}, hits=hits)
