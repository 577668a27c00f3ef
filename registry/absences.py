"""When somebody receives nobody at a place: from today until further notice, or on up to three dated periods.

Meanwhile every slot of theirs there is hidden, whatever its source; it comes back by itself after the last day.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select
from sqlmodel import SQLModel

from models.clock import PARIS, midnight
from models.outbox import enqueue
from models.tables import Absence
from models.turns import take_turn
from registry.practice import Practice, practices, zone_at
from registry.recurrence import DAY, local_day
from registry.refusals import Fault, Refused, check_unchanged

PERIODS: Final = 3
"""Dated periods of one place, at most."""
AHEAD: Final = timedelta(days=730)
"""How far the last day of a dated period may be; beyond, it is until further notice."""
KEPT: Final = timedelta(days=31)
"""How long a period that is over is kept: hours are counted without its days, past weeks and calendars show them."""
_APART_S: Final = 86_400
"""Further than any clock is from Paris's."""

_TABLE = SQLModel.metadata.tables[str(Absence.__tablename__)]


class Period(NamedTuple):
    """Whole days on the place's clock, both included; until further notice without a last one."""

    first_day: date
    last_day: date | None = None

    def holds(self, day: date) -> bool:
        """Whether this is one of its days."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def absences(connection: Connection, where: Practice, at: int) -> list[Period]:
    """The periods of a place that are not over, in their order."""
    return _read(connection, where, _not_over(local_day(at, where.zone)))


def past(connection: Connection, where: Practice, at: int) -> list[Period]:
    """The periods of a place that are over, in their order: what was not open then, of the last `KEPT`."""
    return _read(connection, where, _TABLE.c.last_day < local_day(at, where.zone))


def everywhere(connection: Connection, subject: str, at: int) -> dict[str, list[Period]]:
    """The periods that are not over of every place where somebody practises, by its key."""
    return {where.place_key: absences(connection, where, at) for where in practices(connection, subject)}


def is_away(connection: Connection, where: Practice, at: int) -> bool:
    """Whether an instant is on a day when nobody is received at a place."""
    day = local_day(at, where.zone)
    return any(one.holds(day) for one in absences(connection, where, at))


def turned(connection: Connection, since: int, at: int) -> int:
    """Ask for the offers of those who have left or are back since an instant; how many people and structures.

    Their slots were hidden in advance; that they take nobody *en sus* is true from the first day to the last.
    """
    around = (local_day(since - _APART_S, PARIS), local_day(at + _APART_S, PARIS))
    near = or_(_TABLE.c.first_day.between(*around), _TABLE.c.last_day.between(*around))
    columns = (_TABLE.c.subject, _TABLE.c.place_key, _TABLE.c.first_day, _TABLE.c.last_day)
    found = connection.execute(select(*columns).where(near)).all()
    zones = {key: zone_at(connection, key) for key in {row.place_key for row in found}}
    subjects = {
        row.subject
        for row in found
        if any(since < edge <= at for edge in _edges(Period(row.first_day, row.last_day), zones[row.place_key]))
    }
    return enqueue(connection, sorted(subjects), at) if subjects else 0


def _edges(period: Period, zone: str) -> list[int]:
    """When a period begins, and when it is over."""
    over = [midnight(period.last_day + DAY, zone)] if period.last_day else []
    return [midnight(period.first_day, zone), *over]


def forget(connection: Connection, at: int) -> int:
    """Erase the periods that have been over for a while; how many."""
    long_over = _TABLE.c.last_day < local_day(at, PARIS) - KEPT
    return connection.execute(delete(_TABLE).where(long_over)).rowcount


def declare(
    connection: Connection, where: Practice, periods: Sequence[Period], at: int, read: Sequence[Period] | None = None
) -> None:
    """Write the periods of a place, in the place of those that are not over; none to be there again.

    In the connection's transaction. A period that had begun may stay as it is, or end another day; left out, it ended
    yesterday: what this week opened is counted without its days. `read` are those that were read, None to write
    whatever happened since.

    Raises:
        Refused: periods break rules; nothing was written.
        Changed: somebody else declared others meanwhile.

    """
    take_turn(connection, where.subject)
    former, today = absences(connection, where, at), local_day(at, where.zone)
    if read is not None:
        check_unchanged(_to_come(read, today), former, _to_come(periods, today))
    if found := faults(periods, today, {period.first_day for period in former}):
        raise Refused(*found)
    connection.execute(delete(_TABLE).where(_of(where), _not_over(today)))
    if kept := [*periods, *_ended(former, periods, today)]:
        who = {"subject": where.subject, "place_key": where.place_key, "declared_at": at}
        connection.execute(insert(_TABLE), [who | period._asdict() for period in kept])
    enqueue(connection, [where.subject], at)


def _to_come(periods: Sequence[Period], today: date) -> list[Period]:
    """Periods as they would be read now: one that was over at midnight is no change."""
    kept = (period for period in periods if period.last_day is None or period.last_day >= today)
    return sorted(kept, key=lambda period: period.first_day)


def _ended(former: Sequence[Period], periods: Sequence[Period], today: date) -> list[Period]:
    """The periods that had begun before today and are left out, until yesterday."""
    still = {period.first_day for period in periods}
    return [
        Period(one.first_day, today - DAY) for one in former if one.first_day < today and one.first_day not in still
    ]


def declare_everywhere(
    connection: Connection,
    where: Practice,
    periods: Sequence[Period],
    at: int,
    read: Mapping[str, Sequence[Period]] | None = None,
) -> None:
    """Write the same periods at every place where somebody practises, all or none: leave is taken once.

    What has begun here begins today elsewhere. `read` are those of every place, as `everywhere` reads them.

    Raises:
        Refused: periods break rules; nothing was written.
        Changed: somebody else declared others meanwhile, at one of the places.

    """
    declare(connection, where, periods, at, None if read is None else read.get(where.place_key, ()))
    for other in practices(connection, where.subject):
        if other.place_key != where.place_key:
            today = local_day(at, other.zone)
            cut = (period._replace(first_day=max(period.first_day, today)) for period in periods)
            ahead = [one for one in cut if one.last_day is None or one.last_day >= one.first_day]
            declare(connection, other, ahead, at, None if read is None else read.get(other.place_key, ()))


def faults(periods: Sequence[Period], today: date, begun: set[date]) -> tuple[Fault, ...]:
    """Every rule that periods break; the first days of those that have begun are allowed.

    The field of a fault is `periods`, or a day of one of them by its number from 0: `periods.0.last_day`.
    """
    found = []
    if len(periods) > PERIODS:
        found.append(Fault("periods", len(periods), f"au plus {PERIODS} périodes par lieu"))
    if len(periods) > 1 and any(period.last_day is None for period in periods):
        found.append(Fault("periods", len(periods), "« jusqu’à nouvel ordre » ne va avec aucune autre période"))
    for number, period in enumerate(periods):
        if period.first_day < today and period.first_day not in begun:
            found.append(Fault(f"periods.{number}.first_day", period.first_day, "un premier jour qui n’est pas passé"))
        if period.last_day is not None and period.last_day > today + AHEAD:
            rule = "un dernier jour dans moins de deux ans ; au-delà, « jusqu’à nouvel ordre »"
            found.append(Fault(f"periods.{number}.last_day", period.last_day, rule))
        if period.last_day is not None and period.last_day < max(period.first_day, today):
            found.append(
                Fault(
                    f"periods.{number}.last_day",
                    period.last_day,
                    "un dernier jour qui n’est ni passé ni avant le premier",
                )
            )
    if _overlap(periods):
        found.append(Fault("periods", len(periods), "des périodes qui ne se chevauchent pas"))
    return tuple(found)


def _read(connection: Connection, where: Practice, which: ColumnElement[bool]) -> list[Period]:
    found = select(_TABLE.c.first_day, _TABLE.c.last_day).where(_of(where), which).order_by(_TABLE.c.first_day)
    return [Period(*row) for row in connection.execute(found)]


def _overlap(periods: Sequence[Period]) -> bool:
    """Whether two dated periods share a day."""
    ordered = sorted(period for period in periods if period.last_day is not None)
    return any(later.first_day <= (former.last_day or later.first_day) for former, later in pairwise(ordered))


def _not_over(today: date) -> ColumnElement[bool]:
    return or_(_TABLE.c.last_day.is_(None), _TABLE.c.last_day >= today)


def _of(where: Practice) -> ColumnElement[bool]:
    return and_(_TABLE.c.subject == where.subject, _TABLE.c.place_key == where.place_key)
