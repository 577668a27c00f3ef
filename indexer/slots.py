"""Which of a subject's stored slots are shown, and where: sources never mix, nobody is found while they are away."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from indexer.rows import AbsenceRow, AvailabilityRow, OrientationRow, SubjectRows
from models.clock import midnight

EDITOR: Final = "editor"
AGENDA: Final = "agenda"
BY_HAND: Final = frozenset({AGENDA, "structure"})
"""What people and structures write here."""

NEVER: Final = 2**62
"""An instant that does not come."""


class Away(NamedTuple):
    """The instants between which somebody receives nobody."""

    since: int
    until: int


def unmixed(rows: SubjectRows) -> SubjectRows:
    """The same rows with one source of slots: the editors', unless they are refused; then the agenda kept by hand.

    Who takes part through an SOS Médecins association shows no agenda of their own: the association shows its slots.
    """
    if any(one.active and one.via == "sos" for one in rows.participation) and rows.subject.startswith("p:"):
        rows = _without(rows, AGENDA)
    if any(one.refuses_editor_slots for one in rows.participation):
        return _without(rows, EDITOR)
    kinds = {slot.source_kind for slot in rows.availabilities}
    if kinds & BY_HAND and (EDITOR in kinds or any(feed.source_kind == EDITOR for feed in rows.feeds)):
        return _without(rows, *BY_HAND)
    return rows


def _without(rows: SubjectRows, *kinds: str) -> SubjectRows:
    slots = [slot for slot in rows.availabilities if slot.source_kind not in kinds]
    return replace(rows, availabilities=slots, feeds=[feed for feed in rows.feeds if feed.source_kind not in kinds])


def at_place(rows: SubjectRows, key: str, zone: str) -> Sequence[AvailabilityRow]:
    """The slots at this place or at every place that have a place left, but for the time when the subject is away."""
    here = [row for row in rows.availabilities if row.place_key is None or row.place_key == key]
    if sent := Counter(_slot_of(one) for one in rows.orientations if _is_here(one, key)):
        here = list(_untaken(here, rows.subject, sent))
    for away in [_away(absence, zone) for absence in rows.absences if absence.place_key == key]:
        here = [left for row in here for left in _left(row, away)]
    return here


def _is_here(sent: OrientationRow, key: str) -> bool:
    """Whether an orientation takes slots at this place: nobody has two patients at once, at one place or at two."""
    return sent.place_key in {key, ""} or (sent.kind == "creneau" and sent.subject.startswith("p:"))


Key = tuple[str, str, str, int, int]
"""What names a slot at a place: kind, source, start, and the end of a plage (a créneau is known by its start)."""


def _slot_of(taken: OrientationRow) -> Key:
    end = taken.slot_end if taken.kind == "plage" else 0
    return taken.kind, taken.source_kind, taken.source_name, taken.slot_start, end


def _key_of(row: AvailabilityRow) -> Key:
    return row.kind, row.source_kind, row.source_name, row.start, row.end if row.kind == "plage" else 0


def _untaken(rows: Iterable[AvailabilityRow], subject: str, sent: Counter[Key]) -> Iterator[AvailabilityRow]:
    """The slots that have a place left, with how many; a person who has a patient has no other at the same time."""
    for row in rows:
        key, room = _key_of(row), 1 if row.kind == "creneau" else row.capacity
        used = 0 if room is None else min(sent[key], room)
        if row.kind == "plage" or subject.startswith("s:"):
            sent[key] -= used
        if room is None or used < room:
            yield row._replace(capacity=room - used) if room and used else row


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
