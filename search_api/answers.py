"""The shape of answers: what an engine found, judged again and said, by the names that are published.

What a viewer may see is decided here once more, whatever the index holds: availabilities by audience, and what is
reserved to the regulation. `None` is what nobody declared, or what this viewer may not see.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec

from indexer.shape import ShapedOffer, answers_json, availabilities_json, phones_json, silences_json
from models.calls import KEPT_S, SINKING
from models.clock import iso
from models.codes import Viewer
from models.offer import Availability, ModalityName, Offer
from relevance import explain
from relevance.criteria import TABLE
from relevance.found import Count, Found, Hit, Part, RungCount
from relevance.judge import Judgement, first_band, judge, visible
from relevance.plan import BANDS_H, HORIZON_S, MODALITIES, Circle, Plan
from relevance.rungs import loss
from relevance.signals import AGES_H, AUDIENCES, PIVOT_M, PROFILES
from search_api.planning import Namesake, Planned

VERSION: Final = "3"
"""Of the rules and of the shape: it changes when a loss, a weight or a meaning does."""
DISTANCE_DIGITS: Final = 1
"""Decimals of a distance in metres."""


class TotalJson(msgspec.Struct, frozen=True):
    """How many. `gte`: at least that many."""

    value: int
    relation: Literal["eq", "gte"]


class PointJson(msgspec.Struct, frozen=True):
    """WGS84 degrees."""

    lat: float
    lon: float


class SourceJson(msgspec.Struct, frozen=True):
    """A file that was loaded, its date, and whom to credit."""

    name: str
    date: date | None
    attribution: str


class AreaJson(msgspec.Struct, frozen=True):
    """The place asked for, as it was understood. `radius_km` is the one used; of codes, to their farthest point."""

    label: str
    kind: Literal["circle", "membership", "origin"]
    origin: PointJson | None
    radius_km: float | None
    widened: bool
    widened_from_km: float | None
    others: tuple[Namesake, ...]
    note: str | None


class FirstJson(msgspec.Struct, frozen=True):
    """The first availability of a modality within the 72 hours."""

    modality: ModalityName
    band: str
    start: str


class CriterionJson(msgspec.Struct, frozen=True):
    """A criterion asked: met, unmet or unknown, and the sentence that says it."""

    name: str
    state: str
    label: str


class SignalJson(msgspec.Struct, frozen=True):
    """A part of the score, and the sentence that says it."""

    name: str
    value: float
    weight: float
    reason: str


class OfferJson(ShapedOffer, frozen=True):
    """An offer that was found, with why it is there."""

    first: tuple[FirstJson, ...]
    distance_m: float | None
    criteria: tuple[CriterionJson, ...]
    given_up: tuple[str, ...]
    signals: tuple[SignalJson, ...]
    score: float


class RungJson(msgspec.Struct, frozen=True):
    """A concession: what is given up, what it costs, how many offers it adds."""

    given_up: tuple[str, ...]
    loss: float
    count: TotalJson
    label: str


class ExactJson(msgspec.Struct, frozen=True):
    """The offers that meet every criterion. `next` is the cursor of the following page."""

    total: TotalJson
    next: str | None
    offers: tuple[OfferJson, ...]


class ApproximateJson(msgspec.Struct, frozen=True):
    """The offers that miss something, by what they miss."""

    total: TotalJson
    next: str | None
    rungs: tuple[RungJson, ...]
    offers: tuple[OfferJson, ...]


class SearchJson(msgspec.Struct, frozen=True):
    """The answer to a search."""

    at: str
    generation: str
    position: int
    lag_seconds: int | None
    viewer: Viewer
    sources: tuple[SourceJson, ...]
    area: AreaJson | None
    exact: ExactJson
    approximate: ApproximateJson


class OneOfferJson(ShapedOffer, frozen=True):
    """One offer by its id, and when that was true."""

    first: tuple[FirstJson, ...]
    at: str
    generation: str
    lag_seconds: int | None
    sources: tuple[SourceJson, ...]


class Frame(msgspec.Struct, frozen=True):
    """What every answer says of itself: the generation, its position in the outbox, its lag, its sources.

    `booking_origin` is what its booking links tell editors of whom they bring; None: nothing.
    """

    generation: str
    position: int
    lag_seconds: int | None
    sources: tuple[SourceJson, ...]
    booking_origin: str | None = None


# A search -----------------------------------------------------------------------------------------------------------


def search_json(
    found: Found, planned: Planned, frame: Frame, exact_next: str | None, approximate_next: str | None
) -> SearchJson:
    """The whole answer."""
    plan = planned.plan
    return SearchJson(
        at=iso(plan.at, planned.zone),
        generation=frame.generation,
        position=frame.position,
        lag_seconds=frame.lag_seconds,
        viewer=plan.viewer,
        sources=frame.sources,
        area=area_json(planned),
        exact=ExactJson(total_json(found.exact.total), exact_next, _offers(found.exact, plan, frame)),
        approximate=ApproximateJson(
            total_json(found.approximate.total),
            approximate_next,
            tuple(_rung_json(rung, planned) for rung in found.rungs),
            _offers(found.approximate, plan, frame),
        ),
    )


def _offers(part: Part, plan: Plan, frame: Frame) -> tuple[OfferJson, ...]:
    return tuple([hit_json(hit, plan, frame.booking_origin) for hit in part.hits])


def total_json(count: Count) -> TotalJson:
    """A total, exact or at least."""
    return TotalJson(count.value, "eq" if count.exact else "gte")


def _rung_json(counted: RungCount, planned: Planned) -> RungJson:
    label = explain.rung_label(counted.rung, planned.plan, planned.zone)
    return RungJson(counted.rung, loss(counted.rung), total_json(counted.count), label)


def area_json(planned: Planned) -> AreaJson | None:
    """How the place asked for was understood; None when none is asked."""
    plan, where = planned.plan, planned.where
    if where is None:
        return None
    return AreaJson(
        label=where.label,
        kind="origin" if plan.area is None else "circle" if isinstance(plan.area, Circle) else "membership",
        origin=PointJson(*plan.origin) if plan.origin else None,
        radius_km=plan.area.radius_m / 1000 if plan.area else None,
        widened=plan.widened_from_m is not None,
        widened_from_km=None if plan.widened_from_m is None else plan.widened_from_m / 1000,
        others=where.others,
        note=where.note,
    )


# An offer -----------------------------------------------------------------------------------------------------------


def hit_json(hit: Hit, plan: Plan, origin: str | None) -> OfferJson:
    """An offer that was found, explained by the judgement that defines the search."""
    offer, judgement = hit.offer, judge(hit.offer, plan)
    return OfferJson(
        **_shown(offer, plan, judgement.seen, origin),
        distance_m=None if judgement.distance_m is None else round(judgement.distance_m, DISTANCE_DIGITS),
        criteria=_criteria(offer, plan, judgement),
        given_up=hit.position.rung,
        signals=_signals(offer, plan, judgement),
        score=judgement.score,
    )


def _criteria(offer: Offer, plan: Plan, judgement: Judgement) -> tuple[CriterionJson, ...]:
    told = explain.criteria(offer, plan, judgement)
    return tuple([CriterionJson(name, state, label) for name, state, label in told])


def _signals(offer: Offer, plan: Plan, judgement: Judgement) -> tuple[SignalJson, ...]:
    reasons = explain.reasons(offer, plan, judgement)
    return tuple([SignalJson(signal, value, weight, text) for signal, value, weight, text in reasons])


def one_offer_json(offer: Offer, viewer: Viewer, at: int, frame: Frame) -> OneOfferJson:
    """One offer as this viewer may see it."""
    plan = Plan(at=at, viewer=viewer)
    return OneOfferJson(
        **_shown(offer, plan, visible(offer, plan), frame.booking_origin),
        at=iso(at, offer.place.time_zone),
        generation=frame.generation,
        lag_seconds=frame.lag_seconds,
        sources=frame.sources,
    )


def _shown(offer: Offer, plan: Plan, seen: Sequence[Availability], origin: str | None) -> dict[str, Any]:
    """What this viewer may see of an offer within the 72 hours, by the published names."""
    reserved = plan.viewer is Viewer.REGULATION
    zone = offer.place.time_zone
    return {
        "id": offer.id,
        "kind": offer.kind,
        "person": offer.person,
        "professions": offer.professions,
        "specialties": offer.specialties,
        "structure": offer.structure,
        "place": offer.place,
        "phones": phones_json(offer),
        "skills": offer.skills,
        "care": offer.care,
        "equipment": offer.equipment,
        "languages": offer.languages,
        "sector": offer.sector,
        "accessible": offer.accessible,
        "new_patients": offer.new_patients,
        "participation": offer.participation if reserved else None,
        "information": offer.information if reserved else None,
        "written_on": offer.written_on if reserved else None,
        "slot_state": offer.slot_state,
        "silent_sources": silences_json(offer),
        "answered_sources": answers_json(offer) if reserved else None,
        "availabilities": availabilities_json(seen, zone, origin),
        "first": tuple(_first(seen, plan, zone)),
    }


def _first(seen: Sequence[Availability], plan: Plan, zone: str) -> Iterable[FirstJson]:
    """The first availability of each modality that has one. `seen` is ordered by start."""
    first = {modality: each for each in reversed(seen) for modality in each.modalities}
    for modality in MODALITIES:
        band = first_band((first[modality],), plan.horizon, plan.at) if modality in first else None
        if band is not None:
            yield FirstJson(modality, explain.BANDS[band], iso(first[modality].start, zone))


# The rules ----------------------------------------------------------------------------------------------------------


class CriterionRule(msgspec.Struct, frozen=True):
    """What a criterion costs when it is given up, who may ask it, when it is unknown, and why."""

    name: str
    label: str
    loss: float
    audiences: tuple[Viewer, ...]
    unknown: str
    reason: str


class WeightRule(msgspec.Struct, frozen=True):
    """What a signal is worth in an order, for whom, and why."""

    signal: str
    weight: float
    audiences: tuple[Viewer, ...]
    reason: str


class RelevanceJson(msgspec.Struct, frozen=True):
    """Every number that an answer is computed with."""

    version: str
    criteria: tuple[CriterionRule, ...]
    orders: dict[str, tuple[WeightRule, ...]]
    pivot_m: float
    ages_hours: tuple[int, ...]
    calls_s: dict[str, int]
    bands_hours: tuple[tuple[int, int], ...]
    horizon_hours: int


def relevance_json() -> RelevanceJson:
    """The tables of the rules, as they are."""
    return RelevanceJson(
        version=VERSION,
        criteria=tuple(
            CriterionRule(row.key, row.label, row.loss, _sorted(row.audiences), row.unknown, row.reason)
            for row in TABLE
        ),
        orders={
            order: tuple(
                WeightRule(signal.value, weight.value, _sorted(AUDIENCES[signal]), weight.reason)
                for signal, weight in profile.items()
            )
            for order, profile in PROFILES.items()
        },
        pivot_m=PIVOT_M,
        ages_hours=AGES_H,
        calls_s={outcome: KEPT_S[outcome] for outcome in sorted(SINKING)},
        bands_hours=BANDS_H,
        horizon_hours=HORIZON_S // 3600,
    )


def _sorted(viewers: frozenset[Viewer]) -> tuple[Viewer, ...]:
    """From the widest audience to the narrowest."""
    return tuple(viewer for viewer in Viewer if viewer in viewers)
