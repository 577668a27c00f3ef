"""Which of a subject's stored slots are shown, and where: sources never mix, nobody is found while they are away."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple, TypeVar

from models.clock import midnight
from models.codes import AUDIENCES
from models.slot_rows import AbsenceRow, AvailabilityRow, OrientationRow, SlotRows

_Rows = TypeVar("_Rows", bound=SlotRows)

EDITOR: Final = "editor"
AGENDA: Final = "agenda"
STRUCTURE: Final = "structure"
BY_HAND: Final = frozenset({AGENDA, STRUCTURE})
"""What people and structures write here."""

_WIDEST: Final = {audience: rank for rank, audience in enumerate(map(str, AUDIENCES))}

NEVER: Final = 2**62
"""An instant that does not come."""


class Away(NamedTuple):
    """The instants between which somebody receives nobody."""

    since: int
    until: int


def unmixed(rows: _Rows) -> _Rows:
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


def _without(rows: _Rows, *kinds: str) -> _Rows:
    slots = [slot for slot in rows.availabilities if slot.source_kind not in kinds]
    return replace(rows, availabilities=slots, feeds=[feed for feed in rows.feeds if feed.source_kind not in kinds])


def offered(rows: SlotRows, key: str, zone: str) -> Sequence[AvailabilityRow]:
    """The slots at this place or at every place, taken or not, but for the time when the subject is away."""
    return _present(_here(rows.availabilities, key), rows, key, zone)


def at_place(rows: SlotRows, key: str, zone: str) -> Sequence[AvailabilityRow]:
    """Those that have a place left, wherever patients were sent: a slot at every place is the same at each of them."""
    left: Iterable[AvailabilityRow] = rows.availabilities
    if sent := [one._replace(place_key=one.place_key or key) for one in rows.orientations]:  # unsaid: it may be here
        left = _untaken(rows.availabilities, sent)
    return _present(_here(left, key), rows, key, zone)


def is_away(rows: SlotRows, key: str, zone: str, at: int) -> bool:
    """Whether the subject receives nobody at this place at an instant."""
    away = (_away(absence, zone) for absence in rows.absences if absence.place_key == key)
    return any(since <= at < until for since, until in away)


def _here(rows: Iterable[AvailabilityRow], key: str) -> Sequence[AvailabilityRow]:
    return [row for row in rows if row.place_key in {None, key}]


def told_once(rows: Sequence[AvailabilityRow]) -> Sequence[AvailabilityRow]:
    """Slots of somebody without what editors tell twice: of the widest audience first, then by the editor's name.

    Which is shown stays the same from one check to the next: a form may have been drawn, or a card shown, in between.
    An association has several doctors, and what is written twice by hand was meant: they are left as they are.
    """
    if len({_told(row) for row in rows}) == len(rows) or not rows[0].subject.startswith("p:"):
        return rows
    best: dict[tuple[object, ...], AvailabilityRow] = {}
    for row in sorted(rows, key=_first_shown):
        best.setdefault(_told(row), row)
    return [row for row in rows if row.source_kind != EDITOR or best[_told(row)] is row]


def _first_shown(row: AvailabilityRow) -> tuple[int, str, str]:
    return _WIDEST[row.audience], row.source_name, row.external_id or ""


def _told(row: AvailabilityRow) -> tuple[object, ...]:
    """What two editors that know the same slot both tell of it."""
    return row.source_kind, row.kind, row.start, row.end, row.modalities


def _present(here: Sequence[AvailabilityRow], rows: SlotRows, key: str, zone: str) -> Sequence[AvailabilityRow]:
    """What is left of these slots of a place without the time when the subject is away."""
    for away in [_away(absence, zone) for absence in rows.absences if absence.place_key == key]:
        here = [left for row in here for left in _left(row, away)]
    return here


def narrowest(row: AvailabilityRow) -> tuple[int, str, str]:
    """In which order places are taken, of slots that do as well: what serves several modalities is left the longest."""
    return row.modalities.count(","), row.modalities, row.external_id or ""


def _untaken(rows: Sequence[AvailabilityRow], sent: Sequence[OrientationRow]) -> Iterator[AvailabilityRow]:
    """The slots that have a place left, with how many; a person who has a patient has no other at the same time."""
    used = _used(rows, sent)
    for number, row in enumerate(rows):
        room = _room(row)
        if _receives_one(row) and any(_may_hold(row, one) for one in sent):
            continue
        if room is None or used[number] < room:
            yield row._replace(capacity=room - used[number]) if room and used[number] else row


def _used(rows: Sequence[AvailabilityRow], sent: Iterable[OrientationRow]) -> Counter[int]:
    """How many places of each slot are taken, by its rank; whoever may be received otherwise chooses last.

    Créneaux are found by their start: an association has hundreds, and sends as many patients to them.
    """
    used: Counter[int] = Counter()
    ranks: defaultdict[int | None, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        ranks[row.start if row.kind == "creneau" else None].append(number)
    for one in sorted(sent, key=lambda one: one.modality is None):
        among = ranks[one.slot_start if one.kind == "creneau" else None]
        fitting = [number for number in among if _may_hold(rows[number], one)]
        used.update(sorted(fitting, key=lambda number: _fit(rows[number], one, used[number]))[:1])
    return used


def _may_hold(row: AvailabilityRow, one: OrientationRow) -> bool:
    """Whether a patient who was sent may have a place of a slot: of a part of a plage, the plage that it is a part of.

    A person's créneau is whichever overlaps it, whatever editor tells it: nobody has two patients at once, at one place
    or at two.
    """
    if (row.kind, row.source_kind) != (one.kind, one.source_kind):
        return False
    if _receives_one(row):
        return row.start < one.slot_end and one.slot_start < row.end
    if row.place_key not in {None, one.place_key} or row.source_name != one.source_name:
        return False
    if one.entry not in (None, row.external_id):
        return False
    if row.kind == "creneau":
        return row.start == one.slot_start
    return row.start <= one.slot_start and one.slot_end <= row.end


def _fit(row: AvailabilityRow, one: OrientationRow, used: int) -> tuple[object, ...]:
    """How badly a slot is the one that a patient was sent to; the smallest is. One at every place comes last."""
    room = _room(row)
    other_hours = (row.start, row.end) != (one.slot_start, one.slot_end)
    other_way = one.modality is not None and f'"{one.modality}"' not in row.modalities
    is_full = room is not None and used >= room
    return other_hours, row.end - row.start, other_way, is_full, row.place_key is None, *narrowest(row)


def _receives_one(row: AvailabilityRow) -> bool:
    return row.kind == "creneau" and row.subject.startswith("p:")


def _room(row: AvailabilityRow) -> int | None:
    """How many patients a slot takes; None for as many as are sent."""
    return 1 if row.kind == "creneau" else row.capacity


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
