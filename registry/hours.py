"""How many minutes of an agenda are open over some days: what two hours a week, when declared, really are. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from models.clock import local, whole_minute
from registry.absences import Period
from registry.recurrence import DAY, Interval, Recurring, days, instant, interval, local_day

WEEKLY: Final = 120
"""The minutes a week that are declared on one's honour, by a doctor, or for each general practitioner of a CDS."""
_DAYS: Final = 7


class Kept(NamedTuple):
    """An agenda of one place: what is written, when nobody is received, the clock there (IANA)."""

    entries: Sequence[Recurring]
    absences: Sequence[Period]
    zone: str


class Hours(NamedTuple):
    """Minutes that are open, whatever the places: in the seven coming days, in this ISO week; and those needed."""

    coming: int
    this_week: int
    needed: int = WEEKLY

    @property
    def missing(self) -> int:
        """How many minutes the seven coming days lack."""
        return max(0, self.needed - self.coming)


def hours(agendas: Sequence[Kept], at: int, doctors: int = 1) -> Hours:
    """What all the agendas of somebody, or of a structure with so many doctors, open at an instant.

    A minute counts once for each doctor who may receive then: doctors of a structure receive side by side.
    The coming days end in a week at this hour on the clock of each place; its week goes from Monday to Sunday.
    """
    coming = (span for kept in agendas for span in _open(kept, _coming(at, kept.zone)))
    this_week = (span for kept in agendas for span in _open(kept, _week(at, kept.zone)))
    return Hours(minutes(coming, doctors), minutes(this_week, doctors), WEEKLY * doctors)


def minutes(spans: Iterable[Interval], at_once: int = 1) -> int:
    """The minutes that these intervals cover, those that several cover counted `at_once` times at most."""
    edges = ((edge, step) for start, end in spans if start < end for edge, step in ((start, 1), (end, -1)))
    covered = depth = since = 0
    for edge, step in sorted(edges):
        covered += min(depth, at_once) * (edge - since)
        depth, since = depth + step, edge
    return covered // 60


def _coming(at: int, zone: str) -> Interval:
    """From now until the same hour in a week."""
    now = local(whole_minute(at), zone)
    return Interval(whole_minute(at), instant(now.date() + _DAYS * DAY, now.hour * 60 + now.minute, zone))


def _week(at: int, zone: str) -> Interval:
    """This week, from Monday to Sunday."""
    today = local_day(at, zone)
    monday = today - timedelta(days=today.weekday())
    return Interval(instant(monday, 0, zone), instant(monday + _DAYS * DAY, 0, zone))


def _open(kept: Kept, within: Interval) -> Iterator[Interval]:
    """What an agenda opens within an interval, without the days of its absences."""
    first, last = local_day(within.start, kept.zone), local_day(within.end, kept.zone)
    for entry in kept.entries:
        for day in days(entry, first, last):
            if not any(absence.holds(day) for absence in kept.absences):
                start, end = interval(entry, day, kept.zone)
                yield Interval(max(start, within.start), min(end, within.end))
