"""Reading the outbox: what waits to be applied, how far behind an index is, and what no index needs any more."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, Table, and_, delete, func, select
from sqlmodel import SQLModel

from indexer.protocol import Status
from models.tables import Outbox

OUTBOX: Final[Table] = SQLModel.metadata.tables[str(Outbox.__tablename__)]


class Waiting(NamedTuple):
    """A subject whose offers must be made again, since when (epoch seconds)."""

    seq: int
    subject: str
    created_at: int

    @property
    def stamp(self) -> str:
        """What tells this change from the one that another database has at the same position."""
        return f"{self.subject}@{self.created_at}"


class Behind(NamedTuple):
    """How many changes an index lacks, and the age of the oldest in seconds; None: only a rebuild can tell it all."""

    changes: int
    seconds: int | None


class RebuildNeeded(Exception):  # noqa: N818 - named by what happened
    """The outbox does not go on from the index's position: following it would leave changes out."""


@contextmanager
def snapshot(database: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database for the time of a block, and writes nothing."""
    with database.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


def last_position(connection: Connection) -> int:
    """The position of the last change; 0 before the first."""
    return connection.scalar(select(func.max(OUTBOX.c.seq))) or 0


def stamp(connection: Connection, position: int) -> str:
    """The stamp of the change at a position; "" when it is not there."""
    found = waiting(connection, position - 1, 1)
    return found[0].stamp if found and found[0].seq == position else ""


def waiting(connection: Connection, position: int, limit: int) -> list[Waiting]:
    """The first changes after a position, in order."""
    columns = (OUTBOX.c.seq, OUTBOX.c.subject, OUTBOX.c.created_at)
    after = select(*columns).where(OUTBOX.c.seq > position).order_by(OUTBOX.c.seq).limit(limit)
    return [Waiting(*row) for row in connection.execute(after)]


def check_continues(connection: Connection, index: Status) -> None:
    """Check that an index can be followed from its position, and that this, by its stamp, is of this database.

    Raises:
        RebuildNeeded: it was built by another version of the program; its position is after the last change, or has
            another stamp (the database was made again, or restored, and may have grown since), or changes that follow
            it were purged.

    """
    position = index.position
    if index.outdated:
        raise RebuildNeeded(f"{index.generation} was built by another version")
    ends = (select(end(OUTBOX.c.seq)).scalar_subquery() for end in (func.min, func.max))
    first, last = connection.execute(select(*ends)).one()
    if not (first or 1) - 1 <= position <= (last or 0):
        raise RebuildNeeded(f"the index is at change {position}, the outbox goes from {first} to {last}")
    here = stamp(connection, position)
    if index.stamp and here and here != index.stamp:
        raise RebuildNeeded(f"the index is at change {position} of {index.stamp}, which is of {here} in the outbox")


def lag_seconds(connection: Connection, index: Status, now: int) -> int | None:
    """The age of the oldest change that an index lacks; 0 when there is none, None when a rebuild is needed."""
    try:
        check_continues(connection, index)
    except RebuildNeeded:
        return None
    first = waiting(connection, index.position, 1)
    return max(0, now - first[0].created_at) if first else 0


def behind(connection: Connection, index: Status, now: int) -> Behind:
    """What an index lacks."""
    changes = connection.scalar(select(func.count()).where(OUTBOX.c.seq > index.position)) or 0
    return Behind(changes, lag_seconds(connection, index, now))


def purge(connection: Connection, position: int, before: int) -> int:
    """Forget the changes before a position that were asked before an instant, never the very last; how many.

    The change at the position stays: what follows it is seen to follow, whatever numbers a server may skip.
    """
    applied = and_(OUTBOX.c.seq < position, OUTBOX.c.seq < last_position(connection))
    return connection.execute(delete(OUTBOX).where(applied, OUTBOX.c.created_at < before)).rowcount
