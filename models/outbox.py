"""Writing the outbox: in the transaction of the change, last, so that the order of `seq` is the order of commits."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, text

from models.tables import Outbox

_LOCK = 0x0FFE45
_BATCH = 10_000


def enqueue(connection: Connection, subjects: Iterable[str], at: int) -> int:
    """Ask for these subjects' offers to be rebuilt; how many rows were written.

    PostgreSQL gives `seq` before the commit, so writers take turns from here to their commit; SQLite has one writer.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    rows = [{"subject": subject, "created_at": at} for subject in dict.fromkeys(subjects)]
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(Outbox), rows[start : start + _BATCH])
    return len(rows)
