"""Indicators 8 and 9: what is met and why, every edge of every bracket."""

from datetime import date
from typing import Any

import pytest

from registry.hours import Hours
from registry.indicators import Taking, duration, indicator8, indicator9, quarter

TAKING = Taking(active=True, via="individual", shown=(), declared=(), refuses=True, hours=Hours(120, 0))

NOT_YET = "aucun créneau de votre logiciel (azur) n’est arrivé jusqu’ici"
LACKING_ONE = "1 h 59 dans l’agenda sur les sept jours à venir : il manque 1 min sur 2 h"


def judged(**given: Any) -> tuple[list[bool], int, str]:
    """Which conditions are met, what is due, why the second is met or not."""
    found = indicator8(TAKING._replace(**given))
    return [one.met for one in found.conditions], found.euros, found.conditions[1].reason


def test_both_conditions_give_1400_euros_a_year():
    assert judged()[:2] == ([True, True], 1_400)


@pytest.mark.parametrize(
    ("given", "met", "reason"),
    [
        ({"hours": Hours(119, 240)}, False, LACKING_ONE),
        ({}, True, "2 h dans l’agenda sur les sept jours à venir, 2 h au moins"),
        ({"hours": Hours(0, 0)}, False, "0 min dans l’agenda sur les sept jours à venir : il manque 2 h sur 2 h"),
        ({"shown": ("azur",), "hours": Hours(0, 0)}, True, "les créneaux de votre logiciel (azur) sont montrés"),
        ({"declared": ("azur",), "refuses": False}, False, NOT_YET),
        ({"declared": ("azur",)}, True, "2 h dans l’agenda sur les sept jours à venir, 2 h au moins"),
        ({"via": "sos", "hours": Hours(0, 0)}, True, "l’association SOS Médecins les montre pour ses médecins"),
    ],
)  # fmt: skip
def test_availabilities_are_shown_by_an_editor_by_an_association_or_by_two_hours_of_agenda(
    given: dict[str, Any],
    met: bool,  # noqa: FBT001 - a case of the table
    reason: str,
):
    assert judged(**given) == ([True, met], 1_400 if met else 0, reason)


def test_who_does_not_accept_to_be_called_is_due_nothing():
    assert judged(active=False)[:2] == ([False, True], 0)


@pytest.mark.parametrize(
    ("patients", "euros", "first", "until", "missing"),
    [
        (0, 0, 0, 4, 5), (4, 0, 0, 4, 1), (5, 70, 5, 15, 11), (15, 70, 5, 15, 1), (16, 210, 16, 25, 10),
        (25, 210, 16, 25, 1), (26, 350, 26, 35, 10), (35, 350, 26, 35, 1), (36, 490, 36, 45, 10), (45, 490, 36, 45, 1),
        (46, 630, 46, None, 0), (900, 630, 46, None, 0),
    ],
)  # fmt: skip
def test_a_quarter_is_paid_by_its_bracket(patients: int, euros: int, first: int, until: int | None, missing: int):
    found = indicator9(patients)
    assert (found.bracket.euros, found.bracket.patients, found.until, found.missing) == (euros, first, until, missing)


@pytest.mark.parametrize(
    ("day", "first", "after"),
    [
        ("2026-01-01", "2026-01-01", "2026-04-01"), ("2026-03-31", "2026-01-01", "2026-04-01"),
        ("2026-04-01", "2026-04-01", "2026-07-01"), ("2026-09-30", "2026-07-01", "2026-10-01"),
        ("2026-10-01", "2026-10-01", "2027-01-01"), ("2026-12-31", "2026-10-01", "2027-01-01"),
    ],
)  # fmt: skip
def test_a_quarter_is_three_months_of_the_calendar(day: str, first: str, after: str):
    assert quarter(date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(after))


@pytest.mark.parametrize(("minutes", "said"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (65, "1 h 05"), (120, "2 h")])
def test_minutes_are_said_as_hours(minutes: int, said: str):
    assert duration(minutes) == said
