"""Patients sent to somebody by the regulation: a créneau is taken, a plage has one place less, at once, for one only.

Nobody's name is asked nor kept: an orientation says when, to whom, by which regulator, and what came of it.
Every operation runs in the connection's transaction (`models.store.writing`). Those on one subject take turns, so the
last place has one winner.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update
from sqlmodel import SQLModel

from models import slots
from models.clock import iso
from models.outbox import enqueue
from models.slot_rows import AvailabilityRow, slot_rows
from models.tables import AgendaEntry, Orientation
from models.turns import take_turn
from registry.absences import is_away
from registry.practice import Practice, zone_at
from registry.recurrence import Interval
from registry.refusals import Changed, Fault, NotThere, Refused, Taken

EN_SUS: Final = "en_sus"
AHEAD_S: Final = 31 * 86_400
"""How far ahead a patient may be sent *en sus*."""
LISTED: Final = 200
"""Orientations listed at once, at most."""

NO_SOURCE: Final = "en sus, aucune source : ce n’est pas un créneau ouvert"

_TABLE = SQLModel.metadata.tables[str(Orientation.__tablename__)]


class Expected(NamedTuple):
    """A slot of somebody's own agenda where a patient is expected: its entry, and when."""

    entry: str | None
    when: Interval


NEXT: Final = {"made": ("cancelled", "honoured", "noshow"), "honoured": ("noshow",), "noshow": ("honoured",)}
"""What may become of an orientation, by its state; whether the patient came can be said again."""


def orient(connection: Connection, wanted: Orientation) -> Orientation:
    """Send a patient at `wanted.at`; the orientation as it is kept. The same identifier twice is one orientation.

    Raises:
        NotThere: nothing like this is open.
        Taken: somebody was faster, or the slot has begun.
        Changed: the identifier is that of an orientation to another slot.
        Refused: *en sus*, the instant is past, too far ahead or of an absence, or it names a slot.

    """
    take_turn(connection, wanted.subject, f"orientation:{wanted.id}")  # in one go: their order is the turns' own
    if (kept := find(connection, wanted.id)) is not None:
        return _same(kept, wanted)
    if wanted.kind == EN_SUS:
        _check_beyond(connection, wanted, zone_at(connection, wanted.place_key))
        made = wanted
    else:
        made = wanted.model_copy(update={"entry": _open_entry(connection, wanted)})
    connection.execute(insert(_TABLE).values(**made.model_dump()))
    enqueue(connection, [made.subject], made.at)
    return made


def become(connection: Connection, identifier: str, state: str, at: int) -> Orientation:
    """Say what came of an orientation: `cancelled`, `honoured`, `noshow`. The same state again changes nothing.

    Raises:
        NotThere: there is none of this identifier.
        Changed: it is in a state that this one does not follow.
        Refused: nobody knows yet whether the patient came.

    """
    take_turn(connection, orientation(connection, identifier).subject)
    kept = orientation(connection, identifier)
    if kept.state == state:
        return kept
    if state not in NEXT.get(kept.state, ()):
        raise Changed(f"orientation {identifier} : de « {kept.state} » à « {state} »")
    if state != "cancelled" and kept.slot_start > at:
        raise Refused(Fault("state", state, "la venue du patient se dit une fois l’heure passée"))
    changed = kept.model_copy(update={"state": state, "changed_at": at})
    connection.execute(update(_TABLE).where(_TABLE.c.id == identifier).values(state=state, changed_at=at))
    enqueue(connection, [kept.subject], at)
    return changed


def orientation(connection: Connection, identifier: str) -> Orientation:
    """An orientation by its identifier.

    Raises:
        NotThere: there is none.

    """
    kept = find(connection, identifier)
    if kept is None:
        raise NotThere(f"aucune orientation {identifier}")
    return kept


def find(connection: Connection, identifier: str) -> Orientation | None:
    """An orientation by its identifier, if there is one."""
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == identifier)).mappings().one_or_none()
    return Orientation(**row) if row else None


class Stop(NamedTuple):
    """Where a list stopped: when its last orientation was made, and which it is."""

    at: int
    id: str


def orientations(
    connection: Connection,
    *,
    subject: str | None = None,
    since: int = 0,
    after: Stop | None = None,
    most: int = LISTED,
) -> list[Orientation]:
    """The orientations made since an instant, the last first, to anybody or to a subject, after a stop."""
    where = [_TABLE.c.subject == subject] if subject is not None else []
    found = select(_TABLE).where(_TABLE.c.at >= since, *where, *beyond(after))
    rows = connection.execute(found.order_by(_TABLE.c.at.desc(), _TABLE.c.id).limit(most)).mappings()
    return [Orientation(**row) for row in rows]


def beyond(stop: Stop | None) -> list[ColumnElement[bool]]:
    """The condition of what follows a stop, in a list whose last comes first."""
    c = _TABLE.c
    return [or_(c.at < stop.at, and_(c.at == stop.at, c.id > stop.id))] if stop else []


def page(found: Sequence[Orientation]) -> tuple[Sequence[Orientation], Stop | None]:
    """The first `LISTED` of a list that asked for one more, and where it stopped when there are more."""
    shown = found[:LISTED]
    return shown, Stop(shown[-1].at, shown[-1].id) if len(found) > LISTED else None


def expected(connection: Connection, subject: str, place_key: str, since: int) -> list[Expected]:
    """Where in somebody's own agenda of a place a patient is expected after an instant, in the order of time."""
    c = _TABLE.c
    own = (c.subject == subject, c.place_key == place_key, c.source_kind.in_(slots.BY_HAND))
    waiting = select(c.entry, c.slot_start, c.slot_end).where(*own, c.state == "made", c.slot_end > since).distinct()
    rows = connection.execute(waiting.order_by(c.slot_start, c.slot_end, c.entry))
    return [Expected(entry, Interval(start, end)) for entry, start, end in rows]


def sent_to(connection: Connection, subject: str, place_key: str, since: int) -> list[Orientation]:
    """The orientations to somebody at a place that end after an instant, in the order of time."""
    c = _TABLE.c
    here = select(_TABLE).where(c.subject == subject, c.place_key == place_key, c.slot_end >= since)
    return [Orientation(**row) for row in connection.execute(here.order_by(c.slot_start, c.id)).mappings()]


def follow(connection: Connection, former: AgendaEntry, when: Interval, now: Expected, at: int) -> None:
    """Leave their place to those who were sent to an occurrence, of another entry and with another end from now on.

    Of those who were sent before entries were named, as many as it has room for: another one may have the same hours.
    """
    c = _TABLE.c
    here = (c.subject == former.subject, c.place_key == former.place_key, c.source_kind.in_(slots.BY_HAND))
    sent = select(c.id).where(*here, c.kind == former.kind, c.slot_start == when.start, c.state != "cancelled")
    named = connection.scalars(sent.where(c.entry == former.id)).all()
    fits = or_(c.modality.is_(None), c.modality.in_(former.modalities))
    others = sent.where(c.entry.is_(None), c.slot_end <= when.end, fits).order_by(c.modality.is_(None), c.at, c.id)
    unnamed = connection.scalars(others.limit(max(0, (former.capacity or 0) - len(named)))).all()
    follows = update(_TABLE).where(c.id.in_([*named, *unnamed]))
    connection.execute(follows.values(entry=now.entry, slot_end=now.when.end, changed_at=at))


def en_sus(connection: Connection, subject: str, since: int, until: int) -> int:
    """How many patients somebody received beyond their open slots between two instants; those who came, or may have."""
    c = _TABLE.c
    received = (c.kind == EN_SUS, c.subject == subject, c.state.in_(("made", "honoured")))
    within = (c.slot_start >= since, c.slot_start < until)
    return connection.scalar(select(func.count()).where(*received, *within)) or 0


# Parts ---------------------------------------------------------------------------------------------------------------


def _same(kept: Orientation, wanted: Orientation) -> Orientation:
    """What is kept, when the same is asked again."""
    names = ("kind", "subject", "place_key", "slot_start", "slot_end", "source_kind", "source_name", "modality")
    if any(getattr(kept, name) != getattr(wanted, name) for name in names):
        raise Changed("cette orientation a déjà été enregistrée, vers un autre créneau ou à une autre heure")
    return kept


def _check_beyond(connection: Connection, wanted: Orientation, zone: str) -> None:
    """Refuse an hour that is past, but for the minute that has begun, or of an absence; and what only a slot has."""
    faults = [Fault(name, getattr(wanted, name), NO_SOURCE) for name in ("source_kind", "source_name")]
    faults = [fault for fault in faults if fault.value is not None]
    if wanted.slot_end != wanted.slot_start:
        faults.insert(0, Fault("end", _written(wanted.slot_end, zone), "en sus, l’heure convenue seule : aucune fin"))
    if not wanted.at // 60 * 60 <= wanted.slot_start < wanted.at + AHEAD_S:
        faults.insert(0, Fault("start", _written(wanted.slot_start, zone), "une heure à venir, dans les 31 jours"))
    elif is_away(connection, Practice(wanted.subject, wanted.place_key, zone), wanted.slot_start):
        faults.insert(
            0, Fault("start", _written(wanted.slot_start, zone), "un jour où il n’y a pas d’absence à ce lieu")
        )
    if faults:
        raise Refused(*faults)


def _written(instant: int, zone: str) -> str:
    """An instant as a fault repeats it, even one that no calendar has."""
    try:
        return iso(instant, zone)
    except (ValueError, OverflowError):
        return str(instant)


def _open_entry(connection: Connection, wanted: Orientation) -> str | None:
    """Refuse to send a patient where a search shows no place left; the entry of the agenda that has one."""
    rows = slots.unmixed(slot_rows(connection, wanted.subject, wanted.at))
    where = (rows, wanted.place_key, zone_at(connection, wanted.place_key))
    if not any(_is_to(row, wanted) for row in slots.offered(*where)):
        raise NotThere("ce créneau n’est plus proposé")
    if (wanted.slot_start if wanted.kind == "creneau" else wanted.slot_end - 1) < wanted.at:
        raise Taken("ce créneau a commencé")
    left = [row for row in slots.at_place(*where) if _is_to(row, wanted)]
    if not left:
        raise Taken("ce créneau vient d’être pris" if wanted.kind == "creneau" else "cette plage est complète")
    return min(left, key=slots.narrowest).external_id if wanted.source_kind in slots.BY_HAND else None


def _is_to(row: AvailabilityRow, wanted: Orientation) -> bool:
    """Whether a slot is the one that a patient is to be sent to."""
    slot = (wanted.kind, wanted.slot_start, wanted.slot_end, wanted.source_kind, wanted.source_name)
    same = (row.kind, row.start, row.end, row.source_kind, row.source_name) == slot
    return same and wanted.modality in (None, *msgspec.json.decode(row.modalities))
