"""Messages to those who run the directory, with their files: whole or not at all, and not for ever."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select
from sqlmodel import SQLModel

from models.tables import Contact, ContactFile
from registry.written import KEPT_S, write_once

_MESSAGE, _FILE = (SQLModel.metadata.tables[str(model.__tablename__)] for model in (Contact, ContactFile))


def record(connection: Connection, contact: Contact, files: Sequence[ContactFile]) -> bool:
    """Keep a message and its files, in the connection's transaction; False when its reference is kept already."""
    rows = {_MESSAGE: [contact.model_dump()], _FILE: [each.model_dump() for each in files]}
    return write_once(connection, contact.reference, rows)


def contacts(connection: Connection) -> list[tuple[Contact, int]]:
    """Every message, the last one first, and how many files each has."""
    count = select(func.count()).where(_FILE.c.reference == _MESSAGE.c.reference).scalar_subquery().label("count")
    rows = connection.execute(select(_MESSAGE, count).order_by(_MESSAGE.c.at.desc(), _MESSAGE.c.reference)).mappings()
    return [(Contact(**{name: row[name] for name in _MESSAGE.c.keys()}), row["count"]) for row in rows]  # noqa: SIM118


def contact(connection: Connection, reference: str) -> Contact | None:
    """A message by its reference."""
    row = connection.execute(select(_MESSAGE).where(_MESSAGE.c.reference == reference)).mappings().one_or_none()
    return Contact(**row) if row else None


def files(connection: Connection, reference: str) -> list[ContactFile]:
    """The files of a message, in the order they came."""
    asked = select(_FILE).where(_FILE.c.reference == reference).order_by(_FILE.c.number)
    return [ContactFile(**row) for row in connection.execute(asked).mappings()]


def forget(connection: Connection, now: int) -> int:
    """Remove the messages older than the time they are kept, files included; how many there were."""
    old = _MESSAGE.c.at <= now - KEPT_S
    connection.execute(delete(_FILE).where(_FILE.c.reference.in_(select(_MESSAGE.c.reference).where(old))))
    return connection.execute(delete(_MESSAGE).where(old)).rowcount
