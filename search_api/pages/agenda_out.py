"""The agenda of a place as an iCalendar file (RFC 5545), for a program that reads it again and again. Pure.

What repeats is written as it repeats, in the zone of the place, so that a program shows it as far as it likes, across
the changes of hour. The days of absence are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vRecur

from models.tables import AgendaEntry
from registry.absences import Period
from registry.recurrence import DAY, days, local_day, next_day
from search_api.agendas import Book
from search_api.pages import cards, oriented, week
from search_api.pages.agenda import MEDIA_TYPE

__all__ = ["MEDIA_TYPE", "calendar"]

_PRODUCT: Final = "-//Annuaire Soins//FR"
_REFRESH: Final = timedelta(minutes=15)
"""How often a program may ask again."""
_YEAR: Final = timedelta(days=366)
_AHEAD: Final = 10 * _YEAR
"""How far the changes of hour are written; programs know those of named zones beyond."""
_BYDAY: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar(book: Book, at: int) -> bytes:
    """The agenda as it is at `at`: an event for each entry, none while other slots are shown; and who is expected."""
    written = Calendar()
    written.add("prodid", _PRODUCT)
    written.add("version", "2.0")
    written.add("method", "PUBLISH")
    written.add("x-wr-calname", "Disponibilités pour la régulation")
    written.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    for event in (*_events(book, at), *_expected(book, at)):
        written.add_component(event)
    first = min((entry.first_day for entry in book.entries), default=local_day(at, book.where.zone))
    written.add_missing_timezones(first_date=first - _YEAR, last_date=first + _AHEAD)
    return bytes(written.to_ical())


def _events(book: Book, at: int) -> Iterator[Event]:
    for entry in book.entries if not book.reason else ():
        if (event := _event(book, entry, at)) is not None:
            yield event


def _expected(book: Book, at: int) -> Iterator[Event]:
    """The patients whom the regulation sent and who are still to come; who comes to a créneau makes one busy."""
    for sent in book.sent:
        if sent.state == "made" and max(sent.slot_start, sent.slot_end - 1) >= at:
            event = Event()
            event.add("uid", f"{sent.id}@annuaire-soins")
            event.add("dtstamp", datetime.fromtimestamp(at, UTC))
            event.add("dtstart", datetime.fromtimestamp(sent.slot_start, UTC))
            if sent.slot_end > sent.slot_start:
                event.add("dtend", datetime.fromtimestamp(sent.slot_end, UTC))
            event.add("summary", f"Patient attendu ({oriented.how(sent).lower()})")
            event.add("transp", "OPAQUE" if sent.kind == "creneau" else "TRANSPARENT")
            event.add("class", "CONFIDENTIAL")
            yield event


def _event(book: Book, entry: AgendaEntry, at: int) -> Event | None:
    """Free time that makes nobody busy; None for an entry that nobody is there for."""
    first, last = next_day(entry.model_copy(update={"skipped": []}), entry.first_day), _last(entry, book.absences)
    if first is None or (last is not None and last < first):
        return None
    zone = ZoneInfo(book.where.zone)
    event = Event()
    event.add("uid", f"{entry.id}@annuaire-soins")
    event.add("sequence", entry.version)
    event.add("dtstamp", datetime.fromtimestamp(at, UTC))
    event.add("last-modified", datetime.fromtimestamp(entry.changed_at, UTC))
    event.add("dtstart", _moment(first, entry.starts, zone))
    event.add("dtend", _moment(first, entry.ends, zone))
    event.add("summary", f"{week.what(entry)} ({week.how(entry)})")
    if book.offer:
        event.add("location", cards.address(book.offer.place))
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    return _repeating(event, entry, first, last, left_out=_left_out(entry, (*book.absences, *book.over)), zone=zone)


def _repeating(
    event: Event, entry: AgendaEntry, first: date, last: date | None, *, left_out: Sequence[date], zone: ZoneInfo
) -> Event | None:
    """The event with its repetition; None when nothing of it is left."""
    if not entry.weekdays:
        return None if first in left_out else event
    rule = {"FREQ": "WEEKLY", "BYDAY": [_BYDAY[number] for number in sorted(entry.weekdays)]}
    until = {"UNTIL": _moment(last, entry.starts, zone).astimezone(UTC)} if last else {}
    event.add("rrule", vRecur(rule | until))
    if left_out:
        event.add("exdate", [_moment(day, entry.starts, zone) for day in left_out])
    return event


def _last(entry: AgendaEntry, absences: Iterable[Period]) -> date | None:
    """The last day of an entry: its own, or the one before an absence until further notice."""
    ends = [period.first_day - DAY for period in absences if period.last_day is None]
    ends += [entry.last_day] if entry.last_day else []
    return min(ends, default=None)


def _left_out(entry: AgendaEntry, absences: Iterable[Period]) -> list[date]:
    """The days that an entry leaves out, and those when nobody is there."""
    whole = entry.model_copy(update={"skipped": []})
    skipped = {date.fromisoformat(day) for day in entry.skipped}
    away = {day for period in absences if period.last_day for day in days(whole, period.first_day, period.last_day)}
    return sorted(skipped | away)


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """An hour on the clock of a place; 1,440 minutes are the midnight that follows."""
    return datetime.combine(day, datetime.min.time(), zone) + timedelta(minutes=minute)
