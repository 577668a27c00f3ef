"""What the convention pays for taking part: indicators 8 and 9 of the *forfait structure* (avenant 9). Pure.

Indicator 8: 1,400 € a year for whoever accepts to be called for patients *en sus*, and shows when they receive.
Indicator 9: an amount a quarter, by how many patients were received *en sus*: 70 € for 5 to 15, 210 € for 16 to 25,
350 € for 26 to 35, 490 € for 36 to 45, 630 € beyond.
"""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from registry.hours import Hours

YEARLY: Final = 1_400
"""Euros a year, when both conditions of indicator 8 are met."""


class Bracket(NamedTuple):
    """From so many patients in the quarter, so many euros."""

    patients: int
    euros: int


BRACKETS: Final = (
    Bracket(0, 0),
    Bracket(5, 70),
    Bracket(16, 210),
    Bracket(26, 350),
    Bracket(36, 490),
    Bracket(46, 630),
)


class Condition(NamedTuple):
    """A condition, whether it is met, and why."""

    said: str
    met: bool
    reason: str


class Indicator8(NamedTuple):
    """The two conditions, and what is due a year."""

    conditions: tuple[Condition, Condition]

    @property
    def euros(self) -> int:
        """All or nothing."""
        return YEARLY if all(condition.met for condition in self.conditions) else 0


class Indicator9(NamedTuple):
    """How many patients in the quarter, their bracket, its last number (None: no end), and the next bracket."""

    patients: int
    bracket: Bracket
    until: int | None
    following: Bracket | None

    @property
    def missing(self) -> int:
        """How many patients before the next bracket; 0 in the last one."""
        return self.following.patients - self.patients if self.following else 0


class Taking(NamedTuple):
    """What indicator 8 is judged on: whether and through whom one takes part, the editors whose slots are shown.

    `declared` are the editors that one says to use, `refuses` whether their slots are refused.
    """

    active: bool
    via: str | None
    shown: Sequence[str]
    declared: Sequence[str]
    refuses: bool
    hours: Hours


def indicator8(taking: Taking) -> Indicator8:
    """Both conditions of the yearly amount, each with its reason."""
    accepts = "vous acceptez" if taking.active else "vous n’acceptez pas encore"
    called = Condition(
        "Accepter d’être appelé pour des patients en sus",
        taking.active,
        f"{accepts} d’être appelé par la régulation au-delà de vos disponibilités",
    )
    return Indicator8((called, Condition("Montrer ses disponibilités", *_visible(taking))))


def indicator9(patients: int) -> Indicator9:
    """The bracket of so many patients received *en sus* in a quarter."""
    for bracket, following in pairwise(BRACKETS):
        if patients < following.patients:
            return Indicator9(patients, bracket, following.patients - 1, following)
    return Indicator9(patients, BRACKETS[-1], None, None)


def quarter(day: date) -> tuple[date, date]:
    """The first day of a day's quarter, and the first of the next."""
    month = (day.month - 1) // 3 * 3 + 1
    first = day.replace(month=month, day=1)
    return first, date(day.year + month // 10, (month + 2) % 12 + 1, 1)


def duration(of: int) -> str:
    """Minutes as a person reads them: `45 min`, `1 h 30`, `2 h`."""
    whole, rest = divmod(of, 60)
    if not whole:
        return f"{rest} min"
    return f"{whole} h {rest:02}" if rest else f"{whole} h"


def _visible(taking: Taking) -> tuple[bool, str]:
    """Whether it is seen when one receives, and how, or what is missing."""
    if taking.via == "sos":
        return True, "l’association SOS Médecins les montre pour ses médecins"
    if taking.shown:
        return True, f"les créneaux de votre logiciel ({', '.join(taking.shown)}) sont montrés"
    if taking.declared and not taking.refuses:
        return False, f"aucun créneau de votre logiciel ({', '.join(taking.declared)}) n’est arrivé jusqu’ici"
    open_now, needed = duration(taking.hours.coming), duration(taking.hours.needed)
    if taking.hours.missing:
        lacking = duration(taking.hours.missing)
        return False, f"{open_now} dans l’agenda sur les sept jours à venir : il manque {lacking} sur {needed}"
    return True, f"{open_now} dans l’agenda sur les sept jours à venir, {needed} au moins"
