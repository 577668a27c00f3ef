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
        ("evening", "2026-11-23T18:00", None, "6"),
        ("evening", "2026-11-23T18:01", None, "5"),
        ("evening", "2026-11-23T20:30", None, "3"),
        ("evening", "2026-11-23T23:00", None, "1"),
        ("evening", "2026-11-23T23:30", None, "1"),
        ("evening", "2026-11-24T02:00", "2026-11-24T18:00:00+01:00", "6"),
        ("night", "2026-11-23T17:42", "2026-11-23T20:00:00+01:00", "12"),
        ("night", "2026-11-23T23:30", None, "8"),
        ("night", "2026-11-24T02:00", None, "6"),
        ("night", "2026-11-24T04:38", None, "3"),
        ("night", "2026-11-24T06:10", None, "1"),
        ("night", "2026-11-24T07:59", None, "1"),
        ("this_morning", "2026-11-24T02:00", "2026-11-24T08:00:00+01:00", "4"),
        ("tomorrow_morning", "2026-11-23T17:42", "2026-11-24T08:00:00+01:00", "4"),
        ("tomorrow", "2026-11-23T17:42", "2026-11-24T00:00:00+01:00", "24"),
        ("all", "2026-11-23T17:42", None, "72"),
    ],
)
def test_a_named_moment_is_a_window(name, asked_at, start, hours):
    expected = [("from", start)] if start else []
    assert list(moments.asked(name, at(asked_at), PARIS) or ()) == [*expected, ("within_hours", hours)]


@pytest.mark.parametrize(
    ("name", "asked_at", "words"),
    [
        ("evening", "2026-11-23T17:42", "18-24 h"),
        ("evening", "2026-11-23T20:00", "18-24 h"),
        ("evening", "2026-11-23T20:30", "jusqu’à 23 h 30"),
        ("evening", "2026-11-23T23:30", "jusqu’à 0 h 30"),
        ("night", "2026-11-24T06:10", "jusqu’à 7 h 10"),
        ("now", "2026-11-23T20:30", "0-4 h"),
        ("all", "2026-11-23T20:30", "trois jours"),
    ],
)
def test_what_is_left_of_a_moment_says_until_when(name, asked_at, words):
    assert moments.hours(moments.BY_NAME[name], at(asked_at), PARIS) == words


def test_a_moment_never_overruns_but_in_its_last_hour():
    for minute in range(0, 24 * 60, 7):
        clock = at("2026-11-23T00:00") + minute * 60
        for moment, asked in moments.offered(clock, PARIS):
            window = dict(asked)
            start = moments.instant(window["from"]) if "from" in window else clock
            span = moment.span(datetime.fromtimestamp(clock, ZoneInfo(PARIS)))
            assert start is not None
            assert span is not None
            over = start + int(window["within_hours"]) * 3600 - span[1].timestamp()
            assert over <= 0 or span[1].timestamp() - clock < 3600


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
