"""The coded criteria: which codes an offer has, which ones a plan asks, and how their index is laid out.

Two layouts, for two kinds of data:

- *dense*: nearly every offer has a value and the combinations are few. Each distinct combination is one `profile`; a
  request judges the profiles (thousands) and the offers inherit the result.
- *sparse*: few offers have a value and the combinations are many. Each code has the list of its offers (`posting`).
"""

from collections.abc import Callable, Mapping
from typing import Final

from models.offer import Code, Offer
from relevance.criteria import Name
from relevance.plan import Plan

Codes = tuple[Code, ...] | None
YES: Final = (Code("yes", "oui"),)


def _one(code: Code | None) -> Codes:
    return None if code is None else (code,)


def _yes(declared: bool | None) -> Codes:  # noqa: FBT001 - the declared value itself
    return None if declared is None else YES * declared


def _ways(offer: Offer) -> tuple[Code, ...]:
    participation = offer.participation
    if participation is None or not participation.active:
        return ()
    return tuple(Code(way, way) for way in ("any", participation.via) if way)


DENSE: Final[Mapping[Name, Callable[[Offer], Codes]]] = {
    Name.PROFESSION: lambda offer: offer.professions,
    Name.STRUCTURE_TYPE: lambda offer: _one(offer.structure.type),
    Name.SPECIALTY: lambda offer: offer.specialties,
    Name.REORIENTATION: lambda offer: YES * bool(offer.participation and offer.participation.reorientation),
    Name.PARTICIPATION: _ways,
    Name.OVERBOOKING: lambda offer: YES * bool(offer.participation and offer.participation.overbooking),
    Name.ACCESSIBLE: lambda offer: _yes(offer.accessible),
    Name.NEW_PATIENTS: lambda offer: _yes(offer.new_patients),
    Name.SECTOR: lambda offer: _one(offer.sector),
}

SPARSE: Final[Mapping[Name, Callable[[Offer], Codes]]] = {
    Name.SKILL: lambda offer: offer.skills,
    Name.CARE: lambda offer: offer.care,
    Name.EQUIPMENT: lambda offer: offer.equipment,
    Name.LANGUAGE: lambda offer: offer.languages,
}

_ASKED_YES: Final = frozenset({"yes"})

ASKED: Final[Mapping[Name, Callable[[Plan], frozenset[str]]]] = {
    Name.PROFESSION: lambda plan: plan.professions,
    Name.STRUCTURE_TYPE: lambda plan: plan.structure_types,
    Name.SPECIALTY: lambda plan: plan.specialties,
    Name.REORIENTATION: lambda _: _ASKED_YES,
    Name.PARTICIPATION: lambda plan: plan.participation,
    Name.OVERBOOKING: lambda _: _ASKED_YES,
    Name.ACCESSIBLE: lambda _: _ASKED_YES,
    Name.NEW_PATIENTS: lambda _: _ASKED_YES,
    Name.SECTOR: lambda plan: plan.sectors,
    Name.SKILL: lambda plan: plan.skills,
    Name.CARE: lambda plan: plan.care,
    Name.EQUIPMENT: lambda plan: plan.equipment,
    Name.LANGUAGE: lambda plan: plan.languages,
}
