"""The moments that a person names: tonight, tomorrow morning. Each becomes `from` and `within_hours`. Pure.

When they begin and end, and what is left of them, is said in `relevance.moments`; here they are buttons and links.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Final
from zoneinfo import ZoneInfo

from models.clock import local
from relevance import explain
from relevance.moments import (
    HORIZON_H,
    HOURS,
    MORNING,
    NOW_H,
    Asked,
    Span,
    asking,
    between,
    next_hours,
    night,
    whole_hours,
)

CLICKED: Final = "moment"
"""The name under which a link remembers the moment that was clicked, where another one asks the same hours."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by its name in the form, its label, its hours, and where it lies; `span` gives None when it is over."""

    name: str
    label: str
    hours: str
    span: Callable[[datetime], Span | None]


def _this_morning(now: datetime) -> Span | None:
    """Said to those who ask during the night only."""
    return between(0, *HOURS["morning"])(now) if now.hour < MORNING else None


MOMENTS: Final = (
    Moment("now", "Maintenant", "0-4 h", next_hours(NOW_H)),
    Moment("evening", "Ce soir", "18-24 h", between(0, *HOURS["evening"])),
    Moment("night", "Cette nuit", "20-8 h", night),
    Moment("this_morning", "Ce matin", "8-12 h", _this_morning),
    Moment("tomorrow_morning", "Demain matin", "8-12 h", between(1, *HOURS["morning"])),
    Moment("tomorrow", "Demain", "0-24 h", between(1, *HOURS["day"])),
    Moment("all", "72 heures", "trois jours", next_hours(HORIZON_H)),
)
BY_NAME: Final = {moment.name: moment for moment in MOMENTS}


def asked(name: str, at: int, zone: str) -> Asked | None:
    """What a named moment asks at this clock, in this zone; None when the name is unknown or the moment is over."""
    moment = BY_NAME.get(name)
    span = moment.span(local(at, zone)) if moment else None
    return asking(span, at) if span else None


def offered(at: int, zone: str) -> tuple[tuple[Moment, Asked], ...]:
    """The moments that can be asked now, each with what it asks."""
    each = ((moment, asked(moment.name, at, zone)) for moment in MOMENTS)
    return tuple((moment, what) for moment, what in each if what is not None)


def hours(moment: Moment, at: int, zone: str) -> str:
    """When the moment is, as it would be asked now: `18-24 h`, or `jusqu’à 23 h 30` for what is left of it."""
    span = moment.span(local(at, zone))
    if span is None:
        return moment.hours
    window = dict(asking(span, at))
    end = max(int(span[0].timestamp()), at) + int(window["within_hours"]) * 3600
    return moment.hours if end == int(span[1].timestamp()) else f"jusqu’à {explain.hour(end, zone)}"


def with_offset(value: str, zone: str) -> str:
    """A date and hour (`2026-11-23T18:00`) as a request asks it: with the offset of the zone, on a whole minute.

    One that has its own offset is said in the zone too, so that a link and its form send the same; what is ill-formed
    stays as it is.
    """
    try:
        read = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
        there = read.astimezone(ZoneInfo(zone)) if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError):
        return value
    return there.replace(second=0, microsecond=0).isoformat()


def instant(value: str) -> int | None:
    """The epoch seconds of an instant with its offset; None for anything else.

    Of the first and of the last year that can be written, some hours are of no year in another zone.
    """
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return int(read.timestamp()) if read.tzinfo and MINYEAR < read.year < MAXYEAR else None


def remaining(pairs: Sequence[tuple[str, str]], at: int, zone: str) -> Asked | None:
    """What is left of a window that has begun, so that a link of this evening still answers in the evening.

    None when it has not begun, when it is over, or when it is ill-formed: then it stays as it was asked.
    """
    window = dict(pairs)
    start, length = instant(window.get("from", "")), window.get("within_hours", str(HORIZON_H))
    if start is None or start >= at or not (length.isascii() and length.isdigit()):
        return None
    end = start + min(int(length), HORIZON_H) * 3600
    if end <= at:
        return None
    return ("within_hours", str(whole_hours(end - at))), *_of_which(start, end, at, zone)


def _of_which(start: int, end: int, at: int, zone: str) -> Asked:
    """The named moment that these instants are, as a link remembers it."""
    spans = ((moment.name, moment.span(local(at, zone))) for moment in MOMENTS)
    names = (name for name, span in spans if span and [int(each.timestamp()) for each in span] == [start, end])
    return tuple((CLICKED, name) for name in names)


def named(pairs: Sequence[tuple[str, str]], at: int, zone: str) -> Moment | None:
    """The named moment that a request asks, if it asks one: of several with the same hours, the one clicked."""
    window = {(name, value) for name, value in pairs if name in {"from", "within_hours"}}
    meant = [moment for moment, what in offered(at, zone) if set(what) == window]
    clicked = [moment for moment in meant if (CLICKED, moment.name) in pairs]
    return next(iter([*clicked, *meant]), None)
