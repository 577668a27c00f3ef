"""The rows that say when somebody can be seen: of an availability, and of all that hides it. As plain values.

The index and the operations on orientations read the same, so that a patient is sent only where a search sends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import JSON, ColumnElement, Connection, Select, Table, Text, and_, cast, select
from sqlmodel import SQLModel

from models.tables import Absence, Availability, Orientation, Participation, SlotFeed

PAST_S: Final = 3_600
"""What ended less than an hour ago stays in the index: a page of a search begun before still finds it."""

AHEAD_S: Final = 7 * 86_400
"""How far ahead availabilities are indexed; searches look 72 hours ahead."""

_Row = TypeVar("_Row", bound=NamedTuple)

_AVAILABILITY, _ABSENCE, _FEED, _ORIENTATION, _PARTICIPATION = (
    SQLModel.metadata.tables[str(model.__tablename__)]
    for model in (Availability, Absence, SlotFeed, Orientation, Participation)
)

# The fields of a row are the columns read, in this order; the first is what rows are grouped by.


class AvailabilityRow(NamedTuple):
    """An availability within the index's horizon; lists are JSON texts."""

    subject: str
    place_key: str | None
    kind: str
    start: int
    end: int
    modalities: str
    audience: str
    capacity: int | None
    specialties: str
    source_kind: str
    source_name: str
    checked_at: int | None
    booking_url: str | None
    external_id: str | None
    motives: str | None = None


class AbsenceRow(NamedTuple):
    """Whole days, both included, when a subject receives nobody at a place; for ever without a last one."""

    subject: str
    place_key: str
    first_day: date
    last_day: date | None


class ParticipationRow(NamedTuple):
    """What a subject settled of their participation; `places` are a JSON list."""

    subject: str
    active: bool
    via: str | None
    structure: str | None
    places: str
    refuses_editor_slots: bool
    reorientation: bool
    changed_at: int


class OrientationRow(NamedTuple):
    """A patient sent to a slot of a subject, and not called off."""

    subject: str
    place_key: str
    kind: str
    source_kind: str
    source_name: str
    slot_start: int
    slot_end: int
    modality: str | None
    entry: str | None


class FeedRow(NamedTuple):
    """A source of slots of a subject, when it was last asked, whether it answered, and when it last did."""

    subject: str
    source_kind: str
    source_name: str
    asked_at: int
    answered: bool
    answered_at: int | None = None


@dataclass(frozen=True, slots=True)
class SlotRows:
    """What says which slots of a subject are shown, and where."""

    subject: str
    availabilities: Sequence[AvailabilityRow] = field(default=(), kw_only=True)
    feeds: Sequence[FeedRow] = field(default=(), kw_only=True)
    absences: Sequence[AbsenceRow] = field(default=(), kw_only=True)
    participation: Sequence[ParticipationRow] = field(default=(), kw_only=True)
    orientations: Sequence[OrientationRow] = field(default=(), kw_only=True)


# Reading -------------------------------------------------------------------------------------------------------------


def slot_rows(connection: Connection, subject: str, now: int) -> SlotRows:
    """Those of one subject, within the index's horizon."""

    def of(row: type[_Row], table: Table, *where: ColumnElement[bool]) -> list[_Row]:
        return read(connection, row, table, table.c.subject == subject, *where)

    return SlotRows(
        subject,
        availabilities=of(AvailabilityRow, _AVAILABILITY, indexed(now)),
        feeds=of(FeedRow, _FEED),
        absences=of(AbsenceRow, _ABSENCE),
        participation=of(ParticipationRow, _PARTICIPATION),
        orientations=of(OrientationRow, _ORIENTATION, taking(now)),
    )


def indexed(now: int) -> ColumnElement[bool]:
    """The condition that an availability is within the index's horizon."""
    return and_(_AVAILABILITY.c.start < now + AHEAD_S, _AVAILABILITY.c.end > now - PAST_S)


def taking(now: int) -> ColumnElement[bool]:
    """The condition that an orientation takes a place of a slot that is within the index's horizon."""
    orientation = _ORIENTATION.c
    return and_(orientation.kind != "en_sus", orientation.state != "cancelled", orientation.slot_end > now - PAST_S)


def _select(table: Table, row: type[_Row]) -> Select[Any]:
    """The columns of a row; a JSON column is read as text."""
    columns = [table.c[name] for name in row._fields]
    return select(*(cast(column, Text) if isinstance(column.type, JSON) else column for column in columns))


def read(connection: Connection, row: type[_Row], table: Table, *where: ColumnElement[bool]) -> list[_Row]:
    """The rows of a table, of the columns that a row has."""
    return list(map(row._make, connection.execute(_select(table, row).where(*where)).all()))
