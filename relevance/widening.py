"""Widening the radius of a request that did not give one, when too few offers are near."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from relevance.plan import Circle, Plan

ENOUGH: Final = 5
WIDEST_M: Final = 100_000.0


def choices(plan: Plan) -> tuple[Plan, ...]:
    """The plan, then the same with 2 R and 4 R, at most 100 km; without a circle, the plan alone."""
    if not isinstance(plan.area, Circle):
        return (plan,)
    first = plan.area.radius_m
    radii = dict.fromkeys(min(first * factor, max(first, WIDEST_M)) for factor in (1, 2, 4))
    return tuple(
        plan if radius == first else replace(plan, area=Circle(radius), widened_from_m=first) for radius in radii
    )


def chosen(plans: Sequence[Plan], exact: Sequence[int]) -> Plan:
    """The first of the choices with five exact matches, else the last."""
    return next((plan for plan, count in zip(plans, exact, strict=True) if count >= ENOUGH), plans[-1])
