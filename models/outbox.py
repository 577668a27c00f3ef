"""Writing the outbox: in the transaction of the change, last, so that the order of `seq` is the order of commits."""

from collections.abc import Iterable

from sqlalchemy import Connection, Select, insert, literal, select, text

from models.tables import Outbox

_LOCK = 0x0FFE45
_BATCH = 10_000


def enqueue(connection: Connection, subjects: Iterable[str], at: int) -> int:
    """Ask for these subjects' offers to be rebuilt; how many rows were written.

    PostgreSQL gives `seq` before the commit, so writers take turns from here to their commit; SQLite has one writer.
    """
    _take_turn(connection)
    rows = [{"subject": subject, "created_at": at} for subject in dict.fromkeys(subjects)]
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(Outbox), rows[start : start + _BATCH])
    return len(rows)


def enqueue_selected(connection: Connection, subjects: Select[tuple[str]], at: int) -> int:
    """The same for the distinct subjects that a query gives, without bringing them here: a load touches millions."""
    _take_turn(connection)
    chosen = subjects.subquery()
    rows = select(chosen.c[0], literal(at)).distinct().order_by(chosen.c[0])
    write = insert(Outbox).from_select(["subject", "created_at"], rows)
    return connection.execute(write, execution_options={"preserve_rowcount": True}).rowcount


def _take_turn(connection: Connection) -> None:
    """On PostgreSQL, wait until no other transaction is between its outbox and its commit."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
