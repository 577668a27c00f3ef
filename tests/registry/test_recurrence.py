"""On which days an entry takes place, and at which instants, across the changes of hour of three zones."""

from datetime import UTC, date, datetime, timedelta

import pytest

from registry.drafts import Draft
from registry.recurrence import days, instant, interval, local_day, next_day

MONDAY = date(2026, 10, 19)
PARIS, REUNION, MIQUELON = "Europe/Paris", "Indian/Reunion", "America/Miquelon"


def draft(**given: object) -> Draft:
    said = {"kind": "plage", "first_day": MONDAY, "starts": 480, "ends": 720, "modalities": ("cabinet",), "capacity": 5}
    return Draft(**{**said, **given})  # type: ignore[arg-type]  # fields by name


def on(entry: Draft, since: date = MONDAY, length: int = 21) -> list[int]:
    """How many days after the first Monday an entry takes place."""
    return [(day - MONDAY).days for day in days(entry, since, since + timedelta(days=length - 1))]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_without_days_of_the_week_it_is_once():
    assert on(draft()) == [0]
    assert on(draft(), since=MONDAY + timedelta(days=1)) == []


def test_it_repeats_on_the_chosen_days_from_its_first():
    assert on(draft(weekdays=(0, 2))) == [0, 2, 7, 9, 14, 16]
    assert on(draft(weekdays=(0,), first_day=MONDAY + timedelta(days=1))) == [7, 14]


def test_it_repeats_until_its_last_day_included():
    assert on(draft(weekdays=(0,), last_day=MONDAY + timedelta(days=7))) == [0, 7]
    assert on(draft(weekdays=(0,), last_day=MONDAY + timedelta(days=6))) == [0]


def test_skipped_days_are_left_out():
    assert on(draft(weekdays=(0,), skipped=["2026-10-26"])) == [0, 14]


def test_what_repeats_for_ever_is_read_from_any_day():
    in_ten_years = date(2036, 10, 18)
    assert next_day(draft(weekdays=(0,)), in_ten_years) == date(2036, 10, 20)


def test_the_next_day_of_what_is_over_is_none():
    assert next_day(draft(), MONDAY + timedelta(days=1)) is None
    assert next_day(draft(weekdays=(0,), last_day=MONDAY), MONDAY + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        (date(2026, 10, 24), PARIS, "2026-10-24T06:00"),
        (date(2026, 10, 26), PARIS, "2026-10-26T07:00"),
        (date(2027, 3, 27), PARIS, "2027-03-27T07:00"),
        (date(2027, 3, 29), PARIS, "2027-03-29T06:00"),
        (date(2026, 10, 26), REUNION, "2026-10-26T04:00"),
        (date(2026, 10, 24), REUNION, "2026-10-24T04:00"),
        (date(2026, 10, 31), MIQUELON, "2026-10-31T10:00"),
        (date(2026, 11, 2), MIQUELON, "2026-11-02T11:00"),
    ],
)
def test_eight_o_clock_stays_eight_o_clock(day: date, zone: str, utc: str):
    assert instant(day, 480, zone) == at(utc)


def test_an_hour_that_the_clocks_show_twice_is_the_first():
    assert instant(date(2026, 10, 25), 150, PARIS) == at("2026-10-25T00:30")


def test_an_hour_that_the_clocks_skip_is_an_hour_later():
    assert instant(date(2027, 3, 28), 150, PARIS) == at("2027-03-28T01:30")


def test_a_plage_over_the_change_of_hour_is_as_long_as_it_really_is():
    night = draft(starts=0, ends=360)
    longer, shorter = (interval(night, day, PARIS) for day in (date(2026, 10, 25), date(2027, 3, 28)))
    assert (longer.end - longer.start, shorter.end - shorter.start) == (7 * 3600, 5 * 3600)


def test_what_is_wholly_skipped_by_the_clocks_lasts_no_time():
    for starts, ends in ((120, 180), (150, 180)):
        skipped = interval(draft(starts=starts, ends=ends), date(2027, 3, 28), PARIS)
        assert skipped.end <= skipped.start


def test_the_end_of_a_day_is_the_next_midnight():
    assert instant(MONDAY, 1_440, PARIS) == instant(MONDAY + timedelta(days=1), 0, PARIS)


def test_the_day_is_the_one_of_the_place():
    assert local_day(at("2026-10-19T21:30"), PARIS) == MONDAY
    assert local_day(at("2026-10-19T21:30"), REUNION) == MONDAY + timedelta(days=1)
