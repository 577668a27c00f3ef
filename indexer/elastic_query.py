"""From a plan to what Elasticsearch is asked. Pure: tested by equality.

A rung is one conjunction: what is kept must be met, what is given up must not. Filters are rows of a table. A score is
the sum of the plan's signals; what every offer of a rung is worth alike is not asked of the engine: it is the rung's
`offset`, added to the engine's scores afterwards.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import msgspec

from indexer import elastic_clauses as q
from indexer.elastic_cells import cover
from indexer.elastic_clauses import Clause
from indexer.elastic_documents import NO_CODES, NO_POINT
from indexer.elastic_fields import F, available
from relevance import signals
from relevance.criteria import ROWS, Name, asked
from relevance.plan import BANDS_H, Membership, Plan, Text, Window
from relevance.rungs import EXACT, Rung
from relevance.signals import PIVOT_M, Signal
from relevance.text import EQUAL, PREFIX, TYPO, Asked, readings

_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for one rung, and what every offer that it finds is worth beside the engine's score.

    `signals` are the clauses that score.
    """

    query: Clause
    offset: float
    signals: tuple[Clause, ...] = ()


TAGS: Final[dict[Name, str]] = {
    name: name.value
    for name in (
        Name.PROFESSION,
        Name.STRUCTURE_TYPE,
        Name.SPECIALTY,
        Name.SKILL,
        Name.CARE,
        Name.EQUIPMENT,
        Name.LANGUAGE,
        Name.ACCESSIBLE,
        Name.NEW_PATIENTS,
        Name.SECTOR,
        Name.WHEN,
    )
} | {Name.MODALITY: Name.WHEN.value}
"""What `unknown` holds when nobody declared a criterion. The area's depends on how it is asked: see `_tag`."""

TIME: Final = frozenset({Name.WHEN, Name.MODALITY})
_CRITERION: Final = {row.key: name for name, rows in ROWS.items() for row in rows}
_NEAR, _FAR, _BEYOND = (row.key for row in ROWS[Name.AREA])


# Area ---------------------------------------------------------------------------------------------------------------


def inside(plan: Plan) -> Clause:
    """The area itself: the circle, or one of the codes."""
    return q.all_of(_inside(plan))


def _inside(plan: Plan) -> list[Clause]:
    if not isinstance(plan.area, Membership):
        return ring(plan, 1)
    codes = (
        (F.POSTAL_CODE, plan.area.postal_codes),
        (F.COMMUNE, plan.area.communes),
        (F.DEPARTEMENT, plan.area.departements),
    )
    return [q.one_of([q.terms(field, values) for field, values in codes if values])]


def ring(plan: Plan, factor: float) -> list[Clause]:
    """Within so many R of the origin: the neighbourhood that holds the circle, then the circle."""
    return [*around(plan, factor), _within(plan, factor)]


def around(plan: Plan, factor: float) -> list[Clause]:
    """A neighbourhood that holds the circle of so many R; nothing where no neighbourhood does."""
    if plan.area is None or plan.origin is None:
        return []
    ranges = cover(plan.origin, factor * plan.area.radius_m)
    return [q.between(F.CELL, ranges)] if ranges else []


def _within(plan: Plan, factor: float) -> Clause:
    """The circle alone: what is cheapest to ask of few offers, and what to exclude by."""
    if plan.area is None or plan.origin is None:
        return q.NOTHING
    return q.within(F.POINT, plan.origin, factor * plan.area.radius_m)


def area(plan: Plan, step: str | None) -> tuple[list[Clause], list[Clause]]:
    """What must and must not be met, for the area kept (None) or given up by a step. Steps are disjoint rings."""
    if step is None:
        return _inside(plan), []
    factors = {row.key: row.factor for row in ROWS[Name.AREA]}
    nearer = {_NEAR: None, _FAR: factors[_NEAR], _BEYOND: factors[_FAR]}[step]
    members = [inside(plan)] if isinstance(plan.area, Membership) else []
    circle = [] if nearer is None and members else [_within(plan, nearer or 1)]
    factor = factors[step]
    return [] if factor is None else ring(plan, factor), members + circle


# When and modality --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """The availabilities that the time band and the modality are read from.

    `certain`: every offer of the rung has one. `empty`: a window in which none of them can be.
    """

    fields: tuple[str, ...]
    window: Window
    certain: bool = True
    empty: Window | None = None


@dataclass(frozen=True, slots=True)
class Time:
    """What a rung says of availabilities: what must be met, what must not, and which are judged."""

    must: tuple[Clause, ...] = ()
    must_not: tuple[Clause, ...] = ()
    judged: Judged | None = None


def _any(plan: Plan) -> tuple[str, ...]:
    return (available(plan.viewer, "any"),)


def _asked_fields(plan: Plan) -> tuple[str, ...]:
    """The fields of the asked modalities; without any, that of all."""
    return tuple(available(plan.viewer, modality) for modality in plan.modalities) or _any(plan)


def both(plan: Plan) -> Clause:
    """An availability of an asked modality in the window searched."""
    return q.overlap(_asked_fields(plan), plan.searched)


def of_modality(plan: Plan) -> Clause:
    """An availability of an asked modality within the 72 hours."""
    return q.overlap(_asked_fields(plan), plan.horizon)


def any_in_window(plan: Plan) -> Clause:
    """Any availability in the window searched."""
    return q.overlap(_any(plan), plan.searched)


def time(plan: Plan, given_up: frozenset[Name]) -> Time:
    """`when` and `modality` are judged together: met by one availability, else each alone, else neither."""
    asked_fields, any_ = _asked_fields(plan), _any(plan)
    if not plan.window and not plan.modalities:
        return Time(judged=Judged(any_, plan.horizon, certain=False))
    if not given_up:
        return Time((both(plan),), (), Judged(asked_fields, plan.searched))
    if given_up == {Name.WHEN}:
        later = Judged(asked_fields, plan.horizon, certain=bool(plan.modalities), empty=plan.window)
        return Time((of_modality(plan),) if plan.modalities else (), (both(plan),), later)
    if given_up == {Name.MODALITY}:
        otherwise = Judged(any_, plan.searched, certain=bool(plan.window))
        return Time((any_in_window(plan),) if plan.window else (), (of_modality(plan),), otherwise)
    return Time((), (of_modality(plan), any_in_window(plan)))


# Criteria -----------------------------------------------------------------------------------------------------------

MET: Final[dict[Name, Callable[[Plan], Clause]]] = {
    Name.TEXT: lambda plan: name_levels(plan.text)[-1][1] if plan.text else q.NOTHING,
    Name.PROFESSION: lambda plan: q.terms(F.PROFESSION, plan.professions),
    Name.STRUCTURE_TYPE: lambda plan: q.terms(F.STRUCTURE_TYPE, plan.structure_types),
    Name.SPECIALTY: lambda plan: q.terms(F.SPECIALTY, plan.specialties),
    Name.SKILL: lambda plan: q.terms(F.SKILL, plan.skills),
    Name.CARE: lambda plan: q.terms(F.CARE, plan.care),
    Name.EQUIPMENT: lambda plan: q.terms(F.EQUIPMENT, plan.equipment),
    Name.LANGUAGE: lambda plan: q.terms(F.LANGUAGE, plan.languages),
    Name.SECTOR: lambda plan: q.terms(F.SECTOR, plan.sectors),
    Name.ACCESSIBLE: lambda _: q.term(F.ACCESSIBLE, "true"),
    Name.NEW_PATIENTS: lambda _: q.term(F.NEW_PATIENTS, "true"),
    Name.PARTICIPATION: lambda plan: q.terms(F.PARTICIPATION, plan.participation),
    Name.OVERBOOKING: lambda _: q.term(F.OVERBOOKING, "true"),
    Name.REORIENTATION: lambda _: q.term(F.REORIENTATION, "true"),
    Name.AREA: inside,
    Name.WHEN: any_in_window,
    Name.MODALITY: of_modality,
}
"""When each criterion is met. `when` and `modality` asked together are met by one availability: see `time`."""


# Rungs --------------------------------------------------------------------------------------------------------------


def given_up(rung: Rung) -> frozenset[Name]:
    """The criteria that a rung gives up."""
    return frozenset(_CRITERION[key] for key in rung)


def plain_criteria(plan: Plan) -> list[Name]:
    """The criteria asked that are one clause: not the area, which has steps, nor `when` and `modality`."""
    return [name for name in asked(plan) if name not in TIME and name is not Name.AREA]


def matching(plan: Plan, rung: Rung = EXACT) -> tuple[list[Clause], list[Clause], Time]:
    """What a rung must and must not meet, and its availabilities. The rungs of a plan are disjoint."""
    lost, names = given_up(rung), asked(plan)
    moment = time(plan, lost & TIME)
    step = next((key for key in rung if _CRITERION[key] is Name.AREA), None)
    here, elsewhere = area(plan, step) if Name.AREA in names else ([], [])
    plain = plain_criteria(plan)
    must = [*of_kind(plan), *here, *(MET[name](plan) for name in plain if name not in lost), *moment.must]
    must_not = [*elsewhere, *(MET[name](plan) for name in plain if name in lost), *moment.must_not]
    return must, must_not, moment


def anywhere(plan: Plan) -> list[Clause]:
    """Everything but the area is met."""
    return [*of_kind(plan), *(MET[name](plan) for name in plain_criteria(plan)), *time(plan, frozenset()).must]


def members(plan: Plan, rung: Rung = EXACT) -> Clause:
    """The offers of a rung, without scores: to count them."""
    must, must_not, _ = matching(plan, rung)
    return q.all_of(must, must_not)


def ranked(plan: Plan, rung: Rung = EXACT) -> Question:
    """The offers of a rung with their scores."""
    must, must_not, moment = matching(plan, rung)
    parts = [part(plan, rung, moment) for part in SIGNALS]
    should = [clause for part in parts for clause in part.clauses]
    conjunction = {"filter": must or [q.EVERYTHING]} | ({"must_not": must_not} if must_not else {})
    return Question({"bool": conjunction | _scored(should)}, sum(part.offset for part in parts), tuple(should))


def _scored(should: Sequence[Clause]) -> dict[str, Any]:
    return {"should": list(should), "minimum_should_match": 0} if should else {}


def ranked_by_ids(questions: Mapping[Rung, Question], found: Mapping[Rung, Sequence[str]]) -> Clause:
    """The offers of several rungs, known by their ids, with the very scores that their rungs would give them.

    A signal that some of the rungs have is worth something to their offers alone.
    """
    everyone = [identifier for identifiers in found.values() for identifier in identifiers]
    sharing: dict[bytes, tuple[Clause, list[Rung]]] = {}
    for rung in found:
        for clause in questions[rung].signals:
            sharing.setdefault(msgspec.json.encode(clause), (clause, []))[1].append(rung)
    should = [
        clause if len(rungs) == len(found) else q.only(clause, q.identified(i for rung in rungs for i in found[rung]))
        for clause, rungs in sharing.values()
    ]
    return {"bool": {"filter": [q.identified(everyone)]} | _scored(should)}


def of_kind(plan: Plan) -> list[Clause]:
    """The filter that is never given up."""
    return [q.term(F.KIND, plan.kind)] if plan.kind else []


def met(plan: Plan) -> Clause:
    """At least one criterion is met."""
    return q.one_of([MET[name](plan) for name in asked(plan)])


def anything(plan: Plan) -> Clause:
    """At least one criterion met, not all: the approximate matches."""
    return q.all_of([*of_kind(plan), met(plan)], [members(plan)])


# Signals ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One signal's share of a score: clauses, and what every offer of the rung has of it alike."""

    clauses: tuple[Clause, ...] = ()
    offset: float = 0.0


def _weight(plan: Plan, signal: Signal) -> float:
    """0 for a signal that the viewer may not see."""
    return signals.weights(plan.order, plan.viewer).get(signal, 0.0)


def _distance(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - the signals are called alike
    if plan.origin is None:
        return Part()
    return Part((q.nearness(F.POINT, plan.origin, PIVOT_M, _weight(plan, Signal.DISTANCE)),))


def _band(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - same
    """Each band adds what it is worth more than the next to whoever has something by its end."""
    judged, weight = moment.judged, _weight(plan, Signal.BAND)
    if judged is None:
        return Part()
    bands = list(_bands(plan.at, judged.window))
    worth = [weight * signals.band_value(band) for band, _ in bands]
    steps = [value - later for value, later in pairwise(worth)]
    clauses = [
        q.constant(q.overlap(judged.fields, until), step)
        for (_, until), step in zip(bands, steps, strict=False)
        if not _holds(judged.empty, until)
    ]
    if judged.certain:
        return Part(tuple(clauses), worth[-1])
    return Part((*clauses, q.constant(q.overlap(judged.fields, judged.window), worth[-1])))


def _bands(at: int, window: Window) -> Iterable[tuple[int, Window]]:
    """The bands that a window meets, each with the window cut at its end."""
    for band, (start, end) in enumerate(BANDS_H):
        if window.start < at + end * _HOUR_S and window.end > at + start * _HOUR_S:
            yield band, Window(window.start, min(window.end, at + end * _HOUR_S))


def _holds(outer: Window | None, inner: Window) -> bool:
    return outer is not None and outer.start <= inner.start and inner.end <= outer.end


def _freshness(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - same
    """Who is judged by slots that no source confirms has what their age leaves, everybody else all of it."""
    judged, weight = moment.judged, _weight(plan, Signal.FRESHNESS)
    if judged is None:
        return Part(offset=weight)
    shown = [] if judged.certain else [q.overlap(judged.fields, judged.window)]
    since = [plan.at - hours * _HOUR_S for hours in signals.AGES_H]
    old = q.all_of([*shown, q.until(F.UNSEEN_SINCE, since[0])])
    ages = [
        q.constant(
            q.all_of([*shown, q.between(F.UNSEEN_SINCE, [(older + 1, newer)])]),
            weight * signals.freshness_value(plan.at - newer),
        )
        for newer, older in pairwise(since)
    ]
    return Part((q.constant(q.all_of([], [old]), weight), *ages))


def _modality(plan: Plan, rung: Rung, moment: Time) -> Part:
    """The last asked modality is what everyone has; a better one adds what it is worth more."""
    judged, asked_count, weight = moment.judged, len(plan.modalities), _weight(plan, Signal.MODALITY)
    if not plan.modalities or judged is None or Name.MODALITY.value in rung:
        return Part()
    worth = [weight * signals.modality_value(rank, asked_count) for rank in range(asked_count)]
    better = [
        q.constant(q.overlap((field,), judged.window), value - worth[-1])
        for field, value in zip(judged.fields[:-1], worth, strict=False)
    ]
    return Part(({"dis_max": {"queries": better}},) if better else (), worth[-1])


def _participation(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - same
    weight = _weight(plan, Signal.PARTICIPATION)
    if not weight:
        return Part()
    if plan.participation and Name.PARTICIPATION.value not in rung:
        return Part(offset=weight)
    return Part((q.constant(q.term(F.PARTICIPATION, "any"), weight),))


def _call(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - same
    """Everybody has it but those whom nothing came of calling."""
    weight = _weight(plan, Signal.CALL)
    return Part((q.constant(q.all_of([], [q.after(F.SINKS_UNTIL, plan.at)]), weight),)) if weight else Part()


def _name(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - same
    """The levels are nested: everyone has the widest, a stricter one adds what it is worth more."""
    if plan.text is None or Name.TEXT.value in rung:
        return Part()
    weight, levels = _weight(plan, Signal.NAME), name_levels(plan.text)
    steps = pairwise(levels)
    clauses = tuple(q.constant(clause, weight * (quality - wider)) for (quality, clause), (wider, _) in steps)
    return Part(clauses, weight * levels[-1][0])


def name_levels(text: Text) -> list[tuple[float, Clause]]:
    """The qualities that a name can have, best first, each with what meets it or better: all of one of the readings."""
    every = readings(text)
    levels = [(EQUAL, _read(every, _equal))]
    if text.prefix:
        levels.append((PREFIX, _read(every, _begun)))
    if any(asked.forgiven for reading in every for asked in reading):
        levels.append((TYPO, _read(every, _mistyped)))
    return levels


def _read(every: Iterable[Sequence[Asked]], met: Callable[[Asked], Clause]) -> Clause:
    return q.one_of([q.all_of([met(asked) for asked in reading]) for reading in every])


def _equal(asked: Asked) -> Clause:
    return q.term(F.NAME, asked.token)


def _begun(asked: Asked) -> Clause:
    return q.prefix(F.NAME, asked.token) if asked.growing else _equal(asked)


def _mistyped(asked: Asked) -> Clause:
    return q.one_of([_begun(asked), q.one_typo(F.NAME, asked.token)]) if asked.forgiven else _begun(asked)


def _to_verify(plan: Plan, rung: Rung, moment: Time) -> Part:  # noqa: ARG001 - same
    """Only where everything given up can be unknown."""
    tags = [_tag(plan, key) for key in rung]
    if not rung or None in tags:
        return Part()
    unknown = [q.term(F.UNKNOWN, tag) for tag in dict.fromkeys(tags) if tag]
    return Part((q.constant(q.all_of(unknown), _weight(plan, Signal.TO_VERIFY)),))


def _tag(plan: Plan, key: str) -> str | None:
    """What `unknown` holds for something given up; None when it is never unknown."""
    name = _CRITERION[key]
    if name is not Name.AREA:
        return TAGS.get(name)
    if isinstance(plan.area, Membership):
        return NO_CODES
    return NO_POINT if key == _BEYOND else None


SIGNALS: Final[tuple[Callable[[Plan, Rung, Time], Part], ...]] = (
    _distance,
    _band,
    _freshness,
    _modality,
    _participation,
    _call,
    _name,
    _to_verify,
)
"""The parts of a score, in the order of their explanation."""
