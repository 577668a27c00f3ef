"""Which of a subject's stored slots are shown, and where: sources never mix, nobody is found while they are away."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from indexer.rows import AbsenceRow, AvailabilityRow, SubjectRows
from models.clock import midnight

EDITOR: Final = "editor"
AGENDA: Final = "agenda"


NEVER: Final = 2**62
"""An instant that does not come."""


class Away(NamedTuple):
    """The instants between which somebody receives nobody."""

    since: int
    until: int


def unmixed(rows: SubjectRows) -> SubjectRows:
    """The same rows with one source of slots: the editors', unless they are refused; then the agenda kept by hand."""
    if any(one.refuses_editor_slots for one in rows.participation):
        return _without(rows, EDITOR)
    kinds = {slot.source_kind for slot in rows.availabilities}
    if AGENDA in kinds and (EDITOR in kinds or any(feed.source_kind == EDITOR for feed in rows.feeds)):
        return _without(rows, AGENDA)
    return rows


def _without(rows: SubjectRows, kind: str) -> SubjectRows:
    slots = [slot for slot in rows.availabilities if slot.source_kind != kind]
    return replace(rows, availabilities=slots, feeds=[feed for feed in rows.feeds if feed.source_kind != kind])


def at_place(rows: SubjectRows, key: str, zone: str) -> Sequence[AvailabilityRow]:
    """The slots at this place or at every place, without the time when the subject is away from here."""
    here = [row for row in rows.availabilities if row.place_key is None or row.place_key == key]
    away = [_away(absence, zone) for absence in rows.absences if absence.place_key == key] if here else ()
    for absence in away:
        here = [left for row in here for left in _left(row, absence)]
    return here


def _away(absence: AbsenceRow, zone: str) -> Away:
    last = absence.last_day
    return Away(midnight(absence.first_day, zone), midnight(last + timedelta(days=1), zone) if last else NEVER)


def _left(row: AvailabilityRow, away: Away) -> Iterable[AvailabilityRow]:
    """What is left of a slot: all of it, nothing of a créneau, of a plage what is before and after."""
    if row.end <= away.since or row.start >= away.until:
        return (row,)
    return _outside(row, away) if row.kind == "plage" else ()


def _outside(row: AvailabilityRow, away: Away) -> Iterable[AvailabilityRow]:
    """The parts of a plage before and after some time."""
    parts = (row._replace(end=min(row.end, away.since)), row._replace(start=max(row.start, away.until)))
    return (part for part in parts if part.start < part.end)
