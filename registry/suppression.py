"""Objections: a person or a structure is offered no more, whatever the files say, until the objection is withdrawn."""

import re
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import SQLModel

from models.identifiers import ADELI, FINESS, RPPS, SIRET, SUBJECT
from models.outbox import enqueue
from models.tables import Professional, Structure, Suppression

_TABLE, _PEOPLE, _STRUCTURES = (
    SQLModel.metadata.tables[str(model.__tablename__)] for model in (Suppression, Professional, Structure)
)
_BARE_ADELI = re.compile(r"[0-9][0-9AB][0-9]{7}")
_FORMS = (
    (re.compile(SUBJECT), "{}"),
    (re.compile(f"8{RPPS}|{ADELI}"), "p:{}"),
    (re.compile(RPPS), "p:8{}"),
    (re.compile(f"{FINESS}|{SIRET}"), "s:{}"),
)
"""How people write an identifier, and the subject it stands for."""


def subject_of(identifier: str) -> str | None:
    """The subject of a national identifier: RPPS (11 digits, or 12 with its type), ADELI with its type, FINESS, SIRET.

    A subject stays itself. None for anything else.
    """
    text = "".join(identifier.split())
    written = text if text[:2] in {"p:", "s:"} else text.upper()
    return next((form.format(written) for pattern, form in _FORMS if pattern.fullmatch(written)), None)


class AmbiguousError(ValueError):
    """An identifier that names both a person and a structure; `subjects` are those."""

    def __init__(self, subjects: tuple[str, ...]) -> None:
        super().__init__(" / ".join(subjects))
        self.subjects = subjects


class Meant(NamedTuple):
    """Whom an identifier means, and whether the database has them, today or formerly."""

    subject: str
    known: bool


def meant(connection: Connection, identifier: str) -> Meant | None:
    """Whom an identifier means. Nine characters are a FINESS, or an ADELI without its type: the one that is known.

    None for what is no identifier, as `subject_of`.

    Raises:
        AmbiguousError: the nine characters are known as both.

    """
    subject = subject_of(identifier)
    if subject is None:
        return None
    bare = _BARE_ADELI.fullmatch("".join(identifier.split()).upper())
    read = (subject, f"p:0{bare[0]}") if bare else (subject,)
    known = tuple(one for one in read if is_known(connection, one))
    if len(known) > 1:
        raise AmbiguousError(known)
    return Meant(known[0], known=True) if known else Meant(subject, known=False)


def is_known(connection: Connection, subject: str) -> bool:
    """Whether the database has this person or structure, today or formerly."""
    table = _PEOPLE if subject.startswith("p:") else _STRUCTURES
    return connection.scalar(select(table.c.id).where(table.c.id == subject[2:])) is not None


def suppress(connection: Connection, subject: str, reason: str, at: int) -> bool:
    """Record an objection, in the connection's transaction; False when there was one already, which stays."""
    if is_suppressed(connection, subject):
        return False
    connection.execute(insert(_TABLE).values(subject=subject, reason=reason, at=at))
    enqueue(connection, [subject], at)
    return True


def unsuppress(connection: Connection, subject: str, at: int) -> bool:
    """Withdraw an objection, in the connection's transaction; False when there was none."""
    if not connection.execute(delete(_TABLE).where(_TABLE.c.subject == subject)).rowcount:
        return False
    enqueue(connection, [subject], at)
    return True


def is_suppressed(connection: Connection, subject: str) -> bool:
    """Whether a subject objected."""
    return connection.scalar(select(_TABLE.c.subject).where(_TABLE.c.subject == subject)) is not None


def suppressions(connection: Connection) -> list[Suppression]:
    """Every objection, the last one first."""
    rows = connection.execute(select(_TABLE).order_by(_TABLE.c.at.desc(), _TABLE.c.subject)).all()
    return [Suppression(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it
