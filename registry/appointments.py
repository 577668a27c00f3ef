"""Appointments that regulators book in an editor's software: the editor tells them, they are orientations like others.

Each is known by the editor's identifier of it, so that what is told twice is one, and what is told again replaces it.
"""

from typing import Any, Final, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, insert, or_, select, update
from sqlmodel import SQLModel

from models.outbox import enqueue
from models.tables import Availability, Orientation

_TABLE, _AVAILABILITY = (SQLModel.metadata.tables[str(model.__tablename__)] for model in (Orientation, Availability))

EDITOR: Final = "editor"


class Booked(NamedTuple):
    """An appointment as an editor tells it. `identifier` and `regulator` are `system|value`.

    `subject` None: the editor does not know yet who receives the patient. `state` is an orientation's.
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


def record(connection: Connection, booked: Booked, at: int) -> tuple[Orientation, bool]:
    """Keep an appointment, in the connection's transaction: its orientation, and whether it is a new one.

    An orientation that the same regulator made here to the same slot becomes it.
    """
    kept = _kept(connection, booked)
    subject = booked.subject or (kept.subject if kept else "")
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
        where = {"place_key": _place(connection, booked) or "", "offer": ""} if moved else {}
        made = kept.model_copy(update=told | where | {"changed_at": at})
        connection.execute(update(_TABLE).where(_TABLE.c.id == kept.id).values(**made.model_dump()))
    enqueue(connection, sorted({one.subject for one in (kept, made) if one and one.subject}), at)
    return made, kept is None


def _named(booked: Booked) -> str:
    """How an appointment is kept: an editor tells its own, whatever the others call theirs."""
    return f"{booked.editor}|{booked.identifier}"


def _kept(connection: Connection, booked: Booked) -> Orientation | None:
    """The orientation that an appointment is already: told before, else made here by the same regulator."""
    c = _TABLE.c
    told = c.appointment == _named(booked)
    slot = (c.subject == booked.subject, c.source_name == booked.editor, c.slot_start == booked.start)
    here = (c.appointment.is_(None), c.regulator == booked.regulator, c.state == "made")
    for condition in ((told,), (*slot, *here)):
        found = select(_TABLE).where(*condition).order_by(c.at).limit(1)
        if row := connection.execute(found).mappings().one_or_none():
            return Orientation(**row)
    return None


def _new(connection: Connection, booked: Booked, at: int, told: dict[str, Any]) -> Orientation:
    return Orientation(
        id=uuid4().hex,
        at=at,
        changed_at=at,
        kind="creneau",
        place_key=_place(connection, booked) or "",
        offer="",
        source_kind=EDITOR,
        regulator=booked.regulator,
        **told,
    )


def _place(connection: Connection, booked: Booked) -> str | None:
    """Where the slot that was booked is, as the editor last said."""
    c = _AVAILABILITY.c
    slot = (c.subject == booked.subject, c.source_kind == EDITOR, c.source_name == booked.editor)
    found: str | None = connection.scalar(select(c.place_key).where(*slot, c.start == booked.start).limit(1))
    return found
