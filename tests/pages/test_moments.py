"""The moments that people name, at any hour, in any zone, when the hour changes."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from search_api.pages import moments

PARIS = "Europe/Paris"


def at(local: str, zone: str = PARIS) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("name", "asked_at", "start", "hours"),
    [
        ("now", "2026-11-23T17:42", None, "4"),
        ("evening", "2026-11-23T09:00", "2026-11-23T18:00:00+01:00", "6"),
        ("evening", "2026-11-23T21:10", None, "3"),
        ("evening", "2026-11-24T02:00", "2026-11-24T18:00:00+01:00", "6"),
        ("night", "2026-11-23T17:42", "2026-11-23T20:00:00+01:00", "12"),
        ("night", "2026-11-23T23:30", None, "9"),
        ("night", "2026-11-24T02:00", None, "6"),
        ("this_morning", "2026-11-24T02:00", "2026-11-24T08:00:00+01:00", "4"),
        ("tomorrow_morning", "2026-11-23T17:42", "2026-11-24T08:00:00+01:00", "4"),
        ("tomorrow", "2026-11-23T17:42", "2026-11-24T00:00:00+01:00", "24"),
        ("all", "2026-11-23T17:42", None, "72"),
    ],
)
def test_a_named_moment_is_a_window(name, asked_at, start, hours):
    expected = [("from", start)] if start else []
    assert list(moments.asked(name, at(asked_at), PARIS) or ()) == [*expected, ("within_hours", hours)]


def test_this_morning_is_said_to_those_who_ask_at_night_only():
    assert moments.asked("this_morning", at("2026-11-23T09:00"), PARIS) is None


def test_the_night_of_the_change_of_hour_has_thirteen_hours():
    assert moments.asked("night", at("2026-10-24T12:00"), PARIS) == (
        ("from", "2026-10-24T20:00:00+02:00"),
        ("within_hours", "13"),
    )


def test_this_evening_is_that_of_the_place():
    asked = moments.asked("evening", at("2026-11-23T12:00"), "Indian/Reunion")
    assert asked == (("from", "2026-11-23T18:00:00+04:00"), ("within_hours", "6"))


def test_every_moment_offered_can_be_asked():
    for hour in range(24):
        clock = at(f"2026-11-23T{hour:02}:17")
        for _, asked in moments.offered(clock, PARIS):
            window = dict(asked)
            start = moments.instant(window["from"]) if "from" in window else clock
            assert start is not None
            assert clock <= start < clock + 72 * 3600
            assert 1 <= int(window["within_hours"]) <= 72


def test_the_moment_of_a_request_is_recognised():
    clock = at("2026-11-23T17:42")
    asked = moments.asked("evening", clock, PARIS) or ()
    named = moments.named([("text", "a"), *asked], clock, PARIS)
    assert named is not None
    assert named.name == "evening"


def test_an_unknown_moment_asks_nothing():
    assert moments.asked("whenever", at("2026-11-23T17:42"), PARIS) is None
