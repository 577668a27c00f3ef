"""Appointments that regulators book in an editor's software: the editor tells them, they are orientations like others.

Each is known by the editor's identifier of it, so that what is told twice is one, and what is told again replaces it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, insert, or_, select, update
from sqlmodel import SQLModel

from models import slots
from models.outbox import enqueue
from models.slot_rows import slot_rows
from models.slots import EDITOR
from models.tables import Availability, Orientation
from models.turns import take_turn
from registry.orientations import LISTED, Stop, beyond
from registry.practice import zone_at

_TABLE, _AVAILABILITY = (SQLModel.metadata.tables[str(model.__tablename__)] for model in (Orientation, Availability))


class Booked(NamedTuple):
    """An appointment as an editor tells it. `identifier` and `regulator` are `system|value`.

    `subject` None: the editor does not say who receives the patient. `state` is an orientation's.
    """

    identifier: str
    editor: str
    subject: str | None
    regulator: str
    state: str
    start: int
    end: int


class Ambiguous(LookupError):  # noqa: N818 - named by what happened
    """Several appointments have this identifier."""


def known(connection: Connection, editor: str, token: str) -> str | None:
    """The identifier, `system|value`, that a token of an editor names: the same, or the only one with this value.

    Raises:
        Ambiguous: several have this value.

    """
    own, column = f"{editor}|", _TABLE.c.appointment
    value = or_(column == own + token, column.endswith(f"|{token}", autoescape=True))
    found = connection.scalars(select(column).where(column.startswith(own, autoescape=True), value)).all()
    if len(found) > 1:
        raise Ambiguous(token)
    return found[0].removeprefix(own) if found else None


def told(
    connection: Connection,
    *,
    identifier: str | None = None,
    editor: str | None = None,
    subject: str | None = None,
    since: int = 0,
    after: Stop | None = None,
    most: int = LISTED,
) -> list[Orientation]:
    """The appointments that editors told, made since an instant, the last first, after a stop."""
    c, asked = _TABLE.c, {"id": identifier, "source_name": editor, "subject": subject}
    where = [c[name] == value for name, value in asked.items() if value is not None]
    found = select(_TABLE).where(c.appointment.is_not(None), c.at >= since, *where, *beyond(after))
    rows = connection.execute(found.order_by(c.at.desc(), c.id).limit(most)).mappings()
    return [Orientation(**row) for row in rows]


def record(connection: Connection, booked: Booked, at: int) -> tuple[Orientation, bool]:
    """Keep an appointment, in the connection's transaction: its orientation, and whether it is a new one.

    An orientation made here to the same slot becomes it when both name the same regulator: before accounts exist none
    does, and both are kept. Told by two connections at once, it is one: they take turns.
    """
    take_turn(connection, _named(booked))
    before = _told(connection, booked)
    booked = booked._replace(subject=_received_by(connection, booked, before))
    take_turn(connection, *{booked.subject or "", before.subject if before else ""} - {""})
    kept = _told(connection, booked) or _made_here(connection, booked)
    subject = booked.subject or ""
    told: dict[str, Any] = {
        "subject": subject,
        "slot_start": booked.start,
        "slot_end": booked.end,
        "state": booked.state,
        "appointment": _named(booked),
        "source_name": booked.editor,
    }
    if kept is None:
        made = _new(connection, booked, at, told)
        connection.execute(insert(_TABLE).values(**made.model_dump()))
    elif all(getattr(kept, name) == value for name, value in told.items()):
        return kept, False
    else:
        moved = (kept.subject, kept.slot_start) != (subject, booked.start)
        where = {"place_key": _place(connection, booked, at), "offer": ""} if moved else {}
        made = kept.model_copy(update=told | where | {"changed_at": at})
        connection.execute(update(_TABLE).where(_TABLE.c.id == kept.id).values(**made.model_dump()))
    enqueue(connection, sorted({one.subject for one in (kept, made) if one and one.subject}), at)
    return made, kept is None


def _received_by(connection: Connection, booked: Booked, told: Orientation | None) -> str | None:
    """Who receives the patient: whom the editor says or said, else whose slot of this time it must be.

    SOS Médecins' profile asks for nobody, and may name a doctor who has no slot then: of the associations of an editor,
    the only one that has a slot then is meant. A slot of theirs that is taken stays theirs, whichever of their doctors
    receives the patient.
    """
    said, taken = booked.subject or "", told.subject if told else ""
    if told and taken.startswith("s:") and (told.slot_start, told.slot_end) == (booked.start, booked.end):
        return said if said.startswith("s:") else taken
    meant = said or taken
    if meant and (meant == taken or meant.startswith("s:") or _has_slot(connection, booked, meant)):
        return meant
    return _only_association(connection, booked) or meant or None


def _has_slot(connection: Connection, booked: Booked, subject: str) -> bool:
    """Whether somebody has a slot of an editor at this time."""
    c = _AVAILABILITY.c
    theirs = (c.subject == subject, c.source_kind == EDITOR, c.source_name == booked.editor)
    then = select(c.id).where(*theirs, c.start < booked.end, c.end > booked.start).limit(1)
    return connection.scalar(then) is not None


def _only_association(connection: Connection, booked: Booked) -> str | None:
    """The association of an editor that has a slot of this time; None when none has, or several."""
    c = _AVAILABILITY.c
    theirs = (c.source_kind == EDITOR, c.source_name == booked.editor, c.subject.startswith("s:"))
    then = select(c.subject).where(*theirs, c.start == booked.start, c.end == booked.end).distinct().limit(2)
    found = connection.scalars(then).all()
    return found[0] if len(found) == 1 else None


def _named(booked: Booked) -> str:
    """How an appointment is kept: an editor tells its own, whatever the others call theirs."""
    return f"{booked.editor}|{booked.identifier}"


def _told(connection: Connection, booked: Booked) -> Orientation | None:
    """The orientation that an appointment which was told before is."""
    return _found(connection, _TABLE.c.appointment == _named(booked))


def _made_here(connection: Connection, booked: Booked) -> Orientation | None:
    """The one that the same regulator made here to the same slot."""
    c = _TABLE.c
    slot = (c.subject == booked.subject, c.source_name == booked.editor, c.slot_start == booked.start)
    return _found(connection, *slot, c.appointment.is_(None), c.regulator == booked.regulator, c.state == "made")


def _found(connection: Connection, *where: ColumnElement[bool]) -> Orientation | None:
    row = connection.execute(select(_TABLE).where(*where).order_by(_TABLE.c.at).limit(1)).mappings().one_or_none()
    return Orientation(**row) if row else None


def _new(connection: Connection, booked: Booked, at: int, told: dict[str, Any]) -> Orientation:
    return Orientation(
        id=uuid4().hex,
        at=at,
        changed_at=at,
        kind="creneau",
        place_key=_place(connection, booked, at),
        offer="",
        source_kind=EDITOR,
        regulator=booked.regulator,
        **told,
    )


def _place(connection: Connection, booked: Booked, at: int) -> str:
    """Where the slot that was booked is, as the editor last said; empty, any of its places, when it may be several.

    Of several places it is the only one that has such a slot left.
    """
    c = _AVAILABILITY.c
    slot = (c.subject == booked.subject, c.source_kind == EDITOR, c.source_name == booked.editor)
    told = set(connection.scalars(select(c.place_key).where(*slot, c.start == booked.start).distinct()))
    if len(told) > 1 and None not in told:
        told &= _left(connection, booked, told, at)
    return (told.pop() if len(told) == 1 else None) or ""


def _left(connection: Connection, booked: Booked, keys: Iterable[str], at: int) -> set[str]:
    """The places that have a slot of this hour left."""
    rows = slot_rows(connection, booked.subject or "", at)
    left = (row for key in keys for row in slots.at_place(rows, key, zone_at(connection, key)))
    return {row.place_key or "" for row in left if (row.source_name, row.start) == (booked.editor, booked.start)}
