"""The mixed set of requests: what a regulator, a coordinator and a portal ask, around nine cities, minute by minute."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from benchmarks.offers import CLOCK
from models.codes import SKILLS, Viewer
from models.geo import Point
from relevance.plan import Circle, Plan, Window
from relevance.text import question

CITIES: Final = (
    Point(48.857, 2.352), Point(45.758, 4.835), Point(43.296, 5.37), Point(43.604, 1.444), Point(48.573, 7.752),
    Point(44.837, -0.579), Point(48.117, -1.678), Point(45.779, 3.087), Point(44.518, 3.5),
)  # fmt: skip
HOUR: Final = 3600
SKILL_CODES: Final = tuple(SKILLS)


def _plan(place: int, minute: int, radius_km: float | None, **asked: Any) -> Plan:
    at = CLOCK + minute * 60
    hours = asked.pop("hours", None)
    window = Window(at, at + hours * HOUR) if hours else None
    area = Circle(radius_km * 1000) if radius_km else None
    return Plan(at, Viewer.REGULATION, origin=CITIES[place % len(CITIES)], area=area, window=window, **asked)


def _regulator(place: int, minute: int) -> Plan:
    return _plan(place, minute, (5, 10)[place % 2], specialties=frozenset({"SM54"}), hours=48)


def _five(place: int, minute: int) -> Plan:
    more: dict[str, Any] = {"professions": frozenset({"10"}), "modalities": ("domicile", "cabinet")}
    return replace(_regulator(place, minute), **more)


def _eight(place: int, minute: int) -> Plan:
    more: dict[str, Any] = {"participation": frozenset({"any"}), "new_patients": True, "sectors": frozenset({"1"})}
    return replace(_five(place, minute), **more)


def _coordinator(place: int, minute: int) -> Plan:
    care, equipment = frozenset({"vaccination"}), frozenset({"ecg"})
    return _plan(place, minute, 10, professions=frozenset({"10", "60"}), care=care, equipment=equipment)


def _skill(place: int, minute: int) -> Plan:
    return _plan(
        place, minute, 20, skills=frozenset({SKILL_CODES[minute % len(SKILL_CODES)]}), professions=frozenset({"10"})
    )


NAMES: Final = ("marte", "lopez", "rouga", "bouche", "delmar", "sautero", "pervi", "chabano", "ferlu")


def _name(place: int, minute: int) -> Plan:
    return _plan(place, minute, None, text=question(NAMES[minute % len(NAMES)]), professions=frozenset({"10"}))


Kind = Callable[[int, int], Plan]

MIXED: Final[Mapping[str, Kind]] = {
    "regulator": _regulator,
    "regulator, 5 criteria": _five,
    "coordinator": _coordinator,
    "skill": _skill,
    "name": _name,
}
EIGHT: Final[Mapping[str, Kind]] = {"8 criteria": _eight}
