"""The busiest hours: practices are closed, and the regulation searches."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from ingestion.feeds.hours import closed, holidays


def at(text: str, zone: str = "Europe/Paris") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("text", "shut"),
    [
        ("2026-11-23T07:59", True),
        ("2026-11-23T08:00", False),
        ("2026-11-23T19:59", False),
        ("2026-11-23T20:00", True),
        ("2026-11-28T11:59", False),
        ("2026-11-28T12:00", True),
        ("2026-11-29T10:00", True),
        ("2026-11-11T10:00", True),
        ("2027-03-29T10:00", True),  # Easter Monday
        ("2027-05-06T10:00", True),  # Ascension Day
    ],
)
def test_nights_week_ends_and_public_holidays(text: str, *, shut: bool):
    assert closed(at(text), "69") == shut


def test_the_clock_is_that_of_the_place():
    morning = at("2026-11-23T09:00")
    assert not closed(morning, "69")
    assert closed(morning, "971")
    assert not closed(at("2026-11-23T09:00", "Indian/Reunion"), "974")


def test_in_the_night_of_the_change_of_hour_practices_open_at_eight():
    assert closed(at("2027-03-29T07:59"), "974")
    for day in ("2026-10-26", "2027-03-30"):
        assert closed(at(f"{day}T07:59"), "69")
        assert not closed(at(f"{day}T08:00"), "69")


def test_what_is_no_holiday_elsewhere():
    good_friday, abolition = date(2027, 3, 26), date(2027, 12, 20)
    assert good_friday in holidays(2027, "67")
    assert abolition in holidays(2027, "974")
    assert not {good_friday, abolition} & holidays(2027, "75")
    assert len(holidays(2027, None)) == 11
