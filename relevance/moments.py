"""The moments that people name: when each begins and ends on the clock of a place, and what it asks. Pure.

A moment that has begun is what is left of it, in whole hours from now: that is all a request can say of it. They are
rounded down, since an offer at half past midnight does not answer "ce soir"; what is left out is one concession away.
Only the last hour of a moment overruns, because one hour is the least that is asked: its words say until when.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from relevance.plan import HORIZON_S

Span = tuple[datetime, datetime]
Asked = tuple[tuple[str, str], ...]
"""`from` and `within_hours` as a request names them; no `from` for what has begun."""

HORIZON_H: Final = HORIZON_S // 3600
NOW_H: Final = 4
"""Hours that "maintenant" lasts: the first time band."""
MORNING: Final = 8
"""The hour at which a night ends."""
HOURS: Final[Mapping[str, tuple[int, int]]] = {
    "morning": (8, 12),
    "noon": (12, 14),
    "afternoon": (12, 18),
    "day_end": (17, 20),
    "evening": (18, 24),
    "night": (20, 32),
    "day": (0, 24),
}
"""The parts of a day, in hours from its midnight."""


def hour_of(day: date, hour: float, now: datetime) -> datetime:
    """A wall-clock hour of the place, whatever daylight saving does; 24 is the next midnight, 18.5 half past six."""
    whole, minutes = int(hour), round(hour % 1 * 60)
    return datetime.combine(day + timedelta(days=whole // 24), time(whole % 24, minutes), now.tzinfo)


def between(days: int, start: float, end: float) -> Callable[[datetime], Span | None]:
    """From an hour to another, so many days from today; None when it is over."""

    def span(now: datetime) -> Span | None:
        day = now.date() + timedelta(days=days)
        found = hour_of(day, start, now), hour_of(day, end, now)
        return found if found[1].timestamp() > now.timestamp() else None

    return span


def next_hours(hours: float) -> Callable[[datetime], Span]:
    """So many hours from now."""
    return lambda now: (now, datetime.fromtimestamp(now.timestamp() + hours * 3600, now.tzinfo))


def night(now: datetime) -> Span | None:
    """The night that goes on, else the next one."""
    return between(-1 if now.hour < MORNING else 0, *HOURS["night"])(now)


def asking(span: Span, at: int) -> Asked:
    """What a span asks at this clock (epoch seconds)."""
    start, end = max(int(span[0].timestamp()), at), int(span[1].timestamp())
    begins = (("from", span[0].isoformat()),) if start > at else ()
    return *begins, ("within_hours", str(whole_hours(end - start)))


def whole_hours(seconds: int) -> int:
    """As a request asks them: rounded down, one at least, to the horizon at most."""
    return min(max(seconds // 3600, 1), HORIZON_H)
