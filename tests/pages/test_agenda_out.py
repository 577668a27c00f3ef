"""The agenda of a place as iCalendar: a program that reads it shows the same occurrences as the page, in any zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar, Component

from models.tables import AgendaEntry
from registry.absences import Period
from registry.practice import Practice
from search_api.agendas import Book
from search_api.pages import agenda_out
from tests.registry.test_orientations import wanted
from tests.registry.test_recurrence import MIQUELON, MONDAY, PARIS, REUNION, at, draft

NOW = at("2026-10-19T05:00")
DAY = timedelta(days=1)
WEEKS = 12
"""From before the change of hour to after it."""


def entry(number: int, **given: Any) -> AgendaEntry:
    values = draft(**given).values
    return AgendaEntry(id=f"e{number}", subject="p:1", place_key="k", changed_at=NOW, expanded_until=0, **values)


def book(
    *entries: AgendaEntry, zone: str = PARIS, absences: tuple[Period, ...] = (), reason: str | None = None
) -> Book:
    return Book(Practice("p:1", "k", zone), list(entries), list(absences), None, NOW, (), reason, (), {})


def read(written: Book) -> Component:
    return Calendar.from_ical(agenda_out.calendar(written, NOW))


def starts(event: Component) -> list[datetime]:
    """When a program that reads the file shows an event, within some weeks."""
    first: datetime = event["dtstart"].dt
    if "rrule" not in event:
        return [first]
    rule = rrulestr(event["rrule"].to_ical().decode(), dtstart=first)
    until = first + timedelta(weeks=WEEKS)
    left_out = {each.dt for each in event["exdate"].dts} if "exdate" in event else set()
    return [when for when in rule.between(first, until, inc=True) if when not in left_out]


def both(written: Book) -> tuple[list[int], list[int]]:
    """The instants of the file, and those of the pages."""
    of_file = [int(when.timestamp()) for event in read(written).walk("VEVENT") for when in starts(event)]
    until = MONDAY + timedelta(weeks=WEEKS)
    of_pages = [
        when.start
        for number in range(WEEKS)
        for _, day, when in written.week(MONDAY + number * timedelta(weeks=1))
        if not written.is_away(day) and day <= until
    ]
    last = max(of_pages, default=0)
    return sorted(each for each in of_file if each <= last), sorted(of_pages)


ENTRIES = (
    entry(1),
    entry(2, weekdays=(0, 3), skipped=["2026-10-19", "2026-11-05"]),
    entry(3, weekdays=(6,), starts=120, ends=180, last_day=MONDAY + 40 * DAY),
    entry(4, weekdays=(1, 4), starts=1_380, ends=1_440, first_day=MONDAY + 3 * DAY),
)
AWAY = (Period(MONDAY + 8 * DAY, MONDAY + 12 * DAY), Period(MONDAY + 30 * DAY, MONDAY + 30 * DAY))


def test_days_of_absence_stay_left_out_once_they_are_over():
    of_file, of_pages = both(book(*ENTRIES)._replace(over=AWAY))
    assert of_file == of_pages == both(book(*ENTRIES, absences=AWAY))[1] != both(book(*ENTRIES))[1]


@pytest.mark.parametrize("absences", [(), AWAY, (Period(MONDAY + 20 * DAY),), (Period(MONDAY - DAY),)], ids=str)
@pytest.mark.parametrize("zone", [PARIS, REUNION, MIQUELON])
def test_a_program_shows_what_the_pages_show_across_the_change_of_hour(zone: str, absences: tuple[Period, ...]):
    of_file, of_pages = both(book(*ENTRIES, zone=zone, absences=absences))
    assert of_file == of_pages
    assert len(of_pages) >= (0 if absences == (Period(MONDAY - DAY),) else 10)


def test_what_repeats_is_written_as_it_repeats_in_the_zone_of_the_place():
    calendar = read(book(entry(1, weekdays=(0, 3), skipped=["2026-10-22"]), zone=REUNION))
    (event,) = calendar.walk("VEVENT")
    assert event["rrule"].to_ical() == b"FREQ=WEEKLY;BYDAY=MO,TH"
    assert [each.dt.date() for each in event["exdate"].dts] == [date(2026, 10, 22)]
    assert (event["dtstart"].dt.hour, event["dtstart"].params["TZID"]) == (8, REUNION)
    assert [str(each["tzid"]) for each in calendar.walk("VTIMEZONE")] == [REUNION]


def test_an_event_says_what_it_is_and_makes_nobody_busy():
    (event,) = read(book(entry(1, starts=1_380, ends=1_440))).walk("VEVENT")
    assert str(event["summary"]) == "Plage, 5 patients (au cabinet)"
    assert (str(event["uid"]), str(event["transp"]), str(event["class"])) == (
        "e1@annuaire-soins", "TRANSPARENT", "CONFIDENTIAL",
    )  # fmt: skip
    assert event["dtend"].dt == datetime(2026, 10, 20, tzinfo=ZoneInfo(PARIS))


def test_an_event_keeps_its_identifier_and_counts_its_changes():
    (before,), (after,) = (
        read(book(entry(1).model_copy(update={"version": number}))).walk("VEVENT") for number in (1, 2)
    )
    assert (before["uid"], before["sequence"], after["sequence"]) == (after["uid"], 1, 2)


def test_who_is_expected_is_an_event_that_makes_one_busy_for_a_creneau_alone():
    creneau = wanted(1, modality="cabinet", slot_start=NOW + 60, slot_end=NOW + 960)
    plage = wanted(2, kind="plage", modality="domicile", slot_start=NOW - 60, slot_end=NOW + 3_600)
    beyond = wanted(3, kind="en_sus", slot_start=NOW + 60, slot_end=NOW + 60)
    over, off = wanted(4, slot_start=NOW - 60, slot_end=NOW), wanted(5, state="cancelled", slot_end=NOW + 960)
    sent = (creneau, plage, beyond, over, off)
    events = read(book(entry(1), reason="azur")._replace(sent=sent)).walk("VEVENT")
    assert [(str(each["summary"]), str(each["transp"]), "dtend" in each) for each in events] == [
        ("Patient attendu (au cabinet)", "OPAQUE", True),
        ("Patient attendu (à domicile)", "TRANSPARENT", True),
        ("Patient attendu (en sus des disponibilités)", "TRANSPARENT", False),
    ]
    assert events[0]["dtstart"].dt == datetime.fromtimestamp(NOW + 60, UTC)


def test_what_an_editor_shows_in_its_place_is_not_in_the_file():
    assert read(book(entry(1), reason="azur")).walk("VEVENT") == []
