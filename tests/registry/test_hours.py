"""How many minutes an agenda opens: every minute once, absences out, on the clock of each place."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
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
