"""How many minutes an agenda opens: every minute once, absences out, on the clock of each place."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.absences import Period
from registry.hours import Hours, Kept, hours, minutes
from registry.recurrence import Interval
from tests.registry.test_recurrence import MONDAY, at, draft

PARIS, REUNION = "Europe/Paris", "Indian/Reunion"
MORNING = at("2026-10-19T05:00")
"""Monday, an hour before the first availability of the drafts (8 o'clock in Paris, summer time)."""


def kept(*given: dict[str, Any], absences: tuple[Period, ...] = (), zone: str = PARIS) -> Kept:
    return Kept([draft(**one) for one in given], absences, zone)


def test_a_plage_counts_once_whatever_it_receives():
    assert hours([kept({"capacity": 9})], MORNING) == Hours(240, 240)


def test_nothing_written_lacks_two_hours():
    assert hours([], MORNING) == Hours(0, 0)
    assert hours([], MORNING).missing == 120


@pytest.mark.parametrize(("ends", "missing"), [(510, 90), (585, 15), (600, 0), (720, 0)])
def test_what_lacks_is_said(ends: int, missing: int):
    assert hours([kept({"ends": ends})], MORNING).missing == missing


def test_what_overlaps_counts_once_over_all_the_places():
    one, other = kept({"ends": 600}, {"starts": 540, "ends": 630}), kept({"starts": 600, "ends": 660})
    assert hours([one, other], MORNING).coming == 180


@pytest.mark.parametrize(("doctors", "coming"), [(1, 150), (2, 210), (3, 270), (4, 270)])
def test_what_overlaps_counts_once_for_each_doctor_of_a_structure(doctors: int, coming: int):
    centre = kept({"ends": 600}, {"starts": 540, "ends": 630}, {"starts": 540, "ends": 600})
    found = hours([centre], MORNING, doctors)
    assert (found.coming, found.needed) == (coming, 120 * doctors)
    assert found.missing == max(0, 120 * doctors - coming)


def test_places_on_two_clocks_are_counted_by_instants():
    there = kept({"starts": 600, "ends": 660}, zone=REUNION)  # 8 o'clock in Paris
    assert hours([kept({"ends": 540}), there], MORNING).coming == 60


def test_the_coming_days_begin_now_and_the_week_on_monday():
    monday = [kept({"ends": 600})]
    assert hours(monday, at("2026-10-19T07:00")) == Hours(60, 120)
    assert hours(monday, at("2026-10-19T08:00")) == Hours(0, 120)
    assert hours(monday, at("2026-10-25T23:00")) == Hours(0, 0)
    assert hours([kept({"first_day": MONDAY - timedelta(days=1)})], MORNING) == Hours(0, 0)


def test_what_is_every_week_counts_as_much_at_any_moment():
    weekly = [kept({"weekdays": (0, 3), "ends": 540, "first_day": date(2026, 9, 7)})]
    assert {hours(weekly, MORNING + step * 1_801).coming for step in range(300)} == {120}


def test_the_night_of_the_change_of_hour_has_the_hours_that_it_has():
    night = [kept({"first_day": date(2026, 10, 25), "starts": 60, "ends": 240})]
    assert hours(night, MORNING).coming == 240


def test_the_days_of_an_absence_are_out():
    weekly = {"weekdays": (0, 1, 2), "ends": 540}
    away = (Period(MONDAY, MONDAY), Period(MONDAY + timedelta(days=2)))
    assert hours([kept(weekly, absences=away)], MORNING) == Hours(60, 60)


def test_an_absence_is_of_one_place():
    away = (Period(MONDAY),)
    assert hours([kept({"ends": 600}, absences=away), kept({"ends": 540})], MORNING).coming == 60


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=8)


@given(spans)
def test_minutes_are_those_that_somebody_would_tick(pairs: list[tuple[int, int]]):
    ticked = {minute for start, end in pairs for minute in range(start, end)}
    assert minutes(Interval(start * 60, end * 60) for start, end in pairs) == len(ticked)


plages = st.builds(
    lambda first, length, start, end, weekdays: {
        "first_day": first,
        "last_day": first + timedelta(days=length) if weekdays else None,
        "starts": min(start, end) * 15,
        "ends": max(start, end) * 15 + 15,
        "weekdays": tuple(sorted(weekdays)),
    },
    st.dates(date(2026, 10, 12), date(2026, 11, 2)),
    st.integers(0, 20),
    st.integers(16, 95),
    st.integers(16, 95),
    st.frozensets(st.integers(0, 6), max_size=3),
)
"""After four in the morning, when no clock changes."""
agendas = st.builds(
    lambda entries, away, zone: kept(*entries, absences=(Period(away, away + timedelta(days=1)),), zone=zone),
    st.lists(plages, max_size=4),
    st.dates(date(2026, 10, 12), date(2026, 11, 2)),
    st.sampled_from([PARIS, REUNION, "America/Guadeloupe"]),
)


def opens(agenda: Kept, instant: int) -> bool:
    """Whether somebody who looks at the clock of the place, then in the agenda, finds it open."""
    clock = datetime.fromtimestamp(instant, ZoneInfo(agenda.zone))
    day, minute = clock.date(), clock.hour * 60 + clock.minute
    if any(away.first_day <= day <= (away.last_day or day) for away in agenda.absences):
        return False
    return any(
        entry.starts <= minute < entry.ends
        and (
            entry.first_day <= day <= (entry.last_day or day) and day.weekday() in entry.weekdays
            if entry.weekdays
            else day == entry.first_day
        )
        for entry in agenda.entries
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(agendas, max_size=2), st.integers(0, 14 * 24 * 4))
def test_hours_are_those_that_somebody_would_count_by_the_clock(those: list[Kept], quarters: int):
    """Across the night of the change of hour; a week of each place ends at the same hour on its own clock."""
    now = at("2026-10-14T00:00") + quarters * 900
    until = {
        kept.zone: int((datetime.fromtimestamp(now, ZoneInfo(kept.zone)) + timedelta(days=7)).timestamp())
        for kept in those
    }
    ticks = range(now, max(until.values(), default=now), 900)
    counted = sum(15 for tick in ticks if any(tick < until[each.zone] and opens(each, tick) for each in those))
    assert hours(those, now).coming == counted
