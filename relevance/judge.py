"""The judgement of one offer against one plan. Plain and readable: it is the definition.

The oracle sorts by it, the engines are compared with it, and the offers that are returned are explained by it: a reason
can never differ from the rule.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from models.codes import VISIBLE
from models.geo import Point, distance_m
from models.offer import Availability, Code, Offer
from relevance import signals
from relevance.criteria import ROWS, Name, asked
from relevance.plan import BANDS_H, Circle, Membership, Plan, Window
from relevance.rungs import EXACT, Rung
from relevance.signals import Signal
from relevance.text import name_quality, name_tokens

_Known = TypeVar("_Known")


class State(StrEnum):
    """A criterion is met, unmet or unknown. Unknown is given up like unmet."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules say of one offer.

    `rung` is empty for an exact match; `distance_m` is None without origin or point; `seen` are the availabilities that
    the viewer may see within the 72 hours, `judged` those that the time band and the modality were read from; `values`
    are the signals that this plan has, in [0, 1].
    """

    states: dict[Name, State]
    rung: Rung
    distance_m: float | None
    seen: tuple[Availability, ...]
    judged: tuple[Availability, ...]
    values: dict[Signal, float]
    score: float

    @property
    def meets_anything(self) -> bool:
        """At least one criterion is met."""
        return State.MET in self.states.values()


def judge(offer: Offer, plan: Plan) -> Judgement:
    """Judge one offer. The `kind` of the plan is a filter and is not judged."""
    distance = _distance(offer, plan)
    seen = visible(offer, plan)
    time = _judge_time(offer, plan, seen)
    states = {name: _state(name, offer, plan, distance, time) for name in asked(plan)}
    rung = _rung(states, plan, distance)
    values = _values(offer, plan, states, distance, time)
    weights = signals.weights(plan.order, plan.viewer)
    score = sum(weights[signal] * value for signal, value in values.items())
    return Judgement(states, rung, distance, seen, time.judged, values, score)


# Area ---------------------------------------------------------------------------------------------------------------


def _distance(offer: Offer, plan: Plan) -> float | None:
    point = offer.place.point
    if plan.origin is None or point is None:
        return None
    return distance_m(plan.origin, Point(point.lat, point.lon))


def _area(offer: Offer, plan: Plan, distance: float | None) -> State:
    if isinstance(plan.area, Membership):
        return _membership(offer, plan.area)
    if distance is None or plan.area is None:
        return State.UNKNOWN
    return State.MET if distance <= plan.area.radius_m else State.UNMET


def _membership(offer: Offer, area: Membership) -> State:
    """One of the codes is the place's. Unknown for a place without any code."""
    place = offer.place
    insee = place.commune.insee if place.commune else None
    codes = ((place.postal_code, area.postal_codes), (insee, area.communes), (place.departement, area.departements))
    if all(code is None for code, _ in codes):
        return State.UNKNOWN
    return State.MET if any(code in among for code, among in codes) else State.UNMET


def area_step(area: Circle | Membership, distance: float | None) -> str:
    """Which step of the area is given up: within 2 R, within 4 R, or beyond (and offers without a point)."""
    for row in ROWS[Name.AREA]:
        if distance is not None and row.factor is not None and distance <= row.factor * area.radius_m:
            return row.key
    return ROWS[Name.AREA][-1].key


# When and modality --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Time:
    """How `when` and `modality` are met, and the availabilities judged, inside their window."""

    when: State
    modality: State
    judged: tuple[Availability, ...]
    window: Window


def overlaps(availability: Availability, window: Window) -> bool:
    """A créneau that starts in the window; a plage that starts before its end and ends after its start.

    An empty plage, which ends when it starts, overlaps nothing: nobody can be received in it.
    """
    if availability.kind == "creneau":
        return window.start <= availability.start < window.end
    return availability.start < min(window.end, availability.end) and availability.end > window.start


def visible(offer: Offer, plan: Plan) -> tuple[Availability, ...]:
    """The availabilities that the plan's viewer may see, within the 72 hours."""
    audiences, horizon = VISIBLE[plan.viewer], plan.horizon
    return tuple([a for a in offer.availabilities if a.audience in audiences and overlaps(a, horizon)])


def _judge_time(offer: Offer, plan: Plan, seen: tuple[Availability, ...]) -> _Time:
    """Judge `when` and `modality` together: one availability that meets both, else each alone, else neither."""
    searched = plan.searched
    in_window = seen if plan.window is None else tuple([a for a in seen if overlaps(a, searched)])
    both = _of_asked_modality(in_window, plan)
    if both:
        return _Time(State.MET, State.MET, both, searched)
    of_modality = _of_asked_modality(seen, plan)
    missing = State.UNKNOWN if offer.slot_state == "unknown" else State.UNMET
    if plan.window and of_modality:
        return _Time(missing, State.MET, of_modality, plan.horizon)
    if plan.modalities and in_window:
        return _Time(State.MET, missing, in_window, searched)
    return _Time(missing, missing, (), searched)


def _of_asked_modality(availabilities: tuple[Availability, ...], plan: Plan) -> tuple[Availability, ...]:
    """Those of one of the modalities asked; all of them when none is."""
    asked_modalities = frozenset(plan.modalities)
    if not asked_modalities:
        return availabilities
    return tuple([a for a in availabilities if not asked_modalities.isdisjoint(a.modalities)])


def first_band(judged: Sequence[Availability], window: Window, at: int) -> int | None:
    """The first time band that one of these availabilities overlaps, cut to the window; None without any."""
    if not judged:
        return None
    return band_of(max(window.start, min([availability.start for availability in judged])), at)


def band_of(start: int, at: int) -> int:
    """The time band of what starts then, within the 72 hours; what has begun is in the first."""
    return _BAND_OF_HOUR[(max(start, at) - at) // 3600]


_BAND_OF_HOUR: Final = tuple(band for band, (start, end) in enumerate(BANDS_H) for _ in range(start, end))
"""The band that each hour from the clock is in."""


# Declared attributes ------------------------------------------------------------------------------------------------


def _among(declared: tuple[Code, ...] | None, wanted: frozenset[str]) -> State:
    if declared is None:
        return State.UNKNOWN
    return State.MET if any(code.code in wanted for code in declared) else State.UNMET


def _one_of(declared: Code | None, wanted: frozenset[str]) -> State:
    return _among(None if declared is None else (declared,), wanted)


def _yes(declared: bool | None) -> State:  # noqa: FBT001 - the declared value itself
    if declared is None:
        return State.UNKNOWN
    return State.MET if declared else State.UNMET


def _met(condition: bool) -> State:  # noqa: FBT001 - what exists only by declaration is never unknown
    return State.MET if condition else State.UNMET


def _participates(offer: Offer, ways: frozenset[str]) -> bool:
    participation = offer.participation
    return participation is not None and participation.active and ("any" in ways or participation.via in ways)


_DECLARED: Final[dict[Name, Callable[[Offer, Plan], State]]] = {
    Name.TEXT: lambda offer, plan: _met(_name(offer, plan) > 0),
    Name.PROFESSION: lambda offer, plan: _among(offer.professions, plan.professions),
    Name.STRUCTURE_TYPE: lambda offer, plan: _one_of(offer.structure.type, plan.structure_types),
    Name.SPECIALTY: lambda offer, plan: _among(offer.specialties, plan.specialties),
    Name.SKILL: lambda offer, plan: _among(offer.skills, plan.skills),
    Name.CARE: lambda offer, plan: _among(offer.care, plan.care),
    Name.EQUIPMENT: lambda offer, plan: _among(offer.equipment, plan.equipment),
    Name.LANGUAGE: lambda offer, plan: _among(offer.languages, plan.languages),
    Name.SECTOR: lambda offer, plan: _one_of(offer.sector, plan.sectors),
    Name.ACCESSIBLE: lambda offer, _: _yes(offer.accessible),
    Name.NEW_PATIENTS: lambda offer, _: _yes(offer.new_patients),
    Name.PARTICIPATION: lambda offer, plan: _met(_participates(offer, plan.participation)),
    Name.OVERBOOKING: lambda offer, _: _met(offer.participation is not None and offer.participation.overbooking),
    Name.REORIENTATION: lambda offer, _: _met(offer.participation is not None and offer.participation.reorientation),
}


def _name(offer: Offer, plan: Plan) -> float:
    return name_quality(plan.text, name_tokens(offer.name)) if plan.text else 0.0


def _state(name: Name, offer: Offer, plan: Plan, distance: float | None, time: _Time) -> State:
    if name is Name.AREA:
        return _area(offer, plan, distance)
    if name is Name.WHEN:
        return time.when
    if name is Name.MODALITY:
        return time.modality
    return _DECLARED[name](offer, plan)


def _rung(states: dict[Name, State], plan: Plan, distance: float | None) -> Rung:
    given_up = [name for name, state in states.items() if state is not State.MET]
    if not given_up:
        return EXACT
    return tuple(area_step(plan.area, distance) if name is Name.AREA and plan.area else name.value for name in given_up)


# Signals ------------------------------------------------------------------------------------------------------------


def _values(
    offer: Offer, plan: Plan, states: dict[Name, State], distance: float | None, time: _Time
) -> dict[Signal, float]:
    """The signals that this plan has, for this offer; those that the viewer may not see are left out."""
    participates = offer.participation is not None and offer.participation.active
    given_up = [state for state in states.values() if state is not State.MET]
    values = {
        Signal.DISTANCE: None if plan.origin is None else _or_zero(distance, signals.distance_value),
        Signal.BAND: _or_zero(first_band(time.judged, time.window, plan.at), signals.band_value),
        Signal.FRESHNESS: _freshness(offer, plan, time.judged),
        Signal.MODALITY: _modality(time.judged, plan) if plan.modalities else None,
        Signal.PARTICIPATION: float(participates),
        Signal.CALL: float(offer.fruitless is None or offer.fruitless.until <= plan.at),
        Signal.NAME: _name(offer, plan) if plan.text else None,
        Signal.TO_VERIFY: float(bool(given_up) and all(state is State.UNKNOWN for state in given_up)),
    }
    return {
        signal: value
        for signal, value in values.items()
        if value is not None and plan.viewer in signals.AUDIENCES[signal]
    }


def _or_zero(known: _Known | None, value: Callable[[_Known], float]) -> float:
    return 0.0 if known is None else value(known)


def _modality(judged: Sequence[Availability], plan: Plan) -> float:
    """The best asked modality of the judged availabilities; 0 without any."""
    offered = {modality for availability in judged for modality in availability.modalities}
    ranks = [rank for rank, modality in enumerate(plan.modalities) if modality in offered]
    return signals.modality_value(ranks[0], len(plan.modalities)) if ranks else 0.0


def _freshness(offer: Offer, plan: Plan, judged: Sequence[Availability]) -> float:
    """What is judged ages once no source of slots answers; nothing ages where nothing is judged."""
    if offer.unseen_since is None or not judged:
        return 1.0
    return signals.freshness_value(plan.at - offer.unseen_since)
