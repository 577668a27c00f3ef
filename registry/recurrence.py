"""On which days an entry of an agenda takes place, and at which instants. Pure; days and minutes are the place's."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from dateutil.rrule import WEEKLY, rrule
from dateutil.tz import resolve_imaginary

DAY: Final = timedelta(days=1)
NOT_MANY: Final = 750
"""No more days than these are ever looked at at once: about two years."""


class Recurring(Protocol):
    """What says when an entry takes place (`models.tables.AgendaEntry`, or a draft of one)."""

    @property
    def starts(self) -> int:
        """Minutes since midnight."""

    @property
    def ends(self) -> int:
        """Minutes since midnight, at most 1,440."""

    @property
    def first_day(self) -> date:
        """The day it begins on."""

    @property
    def last_day(self) -> date | None:
        """The last day it may be on, of a weekly one."""

    @property
    def weekdays(self) -> Sequence[int]:
        """The days of the week (0 is Monday); none: it is on its first day alone."""

    @property
    def skipped(self) -> Sequence[str]:
        """The days (ISO) that it leaves out."""


class Interval(NamedTuple):
    """Two instants, epoch seconds; the end is not in it."""

    start: int
    end: int


def days(entry: Recurring, since: date, until: date) -> Iterator[date]:
    """The days from `since` to `until`, both included, when an entry takes place, in their order."""
    skipped = frozenset(entry.skipped)
    last = min(until, entry.last_day or until, since + NOT_MANY * DAY)
    return (day for day in _unskipped(entry, since, last) if day.isoformat() not in skipped)


def _unskipped(entry: Recurring, since: date, until: date) -> Iterable[date]:
    if not entry.weekdays:
        return (entry.first_day,) if since <= entry.first_day <= until else ()
    first, last = (datetime.combine(day, datetime.min.time()) for day in (max(entry.first_day, since), until))
    return (moment.date() for moment in rrule(WEEKLY, dtstart=first, until=last, byweekday=tuple(entry.weekdays)))


def next_day(entry: Recurring, since: date) -> date | None:
    """The first day from this one on when an entry takes place; None when it never does again."""
    return next(days(entry, since, since + NOT_MANY * DAY), None)


def interval(entry: Recurring, day: date, zone: str) -> Interval:
    """The two instants of an entry on one day, in this time zone (IANA)."""
    return Interval(instant(day, entry.starts, zone), instant(day, entry.ends, zone))


def instant(day: date, minute: int, zone: str) -> int:
    """The instant when the clocks of a zone show a minute of a day (1,440 is the next midnight).

    What they show twice is the first time; what they skip is as much later as they are put forward.
    """
    shown = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) + timedelta(minutes=minute)
    return int(resolve_imaginary(shown).timestamp())


def local_day(at: int, zone: str) -> date:
    """The day that an instant is on in a zone."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()
