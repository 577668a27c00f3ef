"""Taking turns: of the operations on one subject, or on what one editor tells, each reads what the former wrote.

SQLite has one writer anyway.
"""

from typing import Final

from sqlalchemy import Connection, text

_LOCK: Final = 0x0121E47
"""Of PostgreSQL's advisory locks: those of subjects."""
_TAKEN: Final = text(
    "SELECT pg_advisory_xact_lock(:lock, turn) FROM "
    "(SELECT DISTINCT hashtext(unnest(CAST(:subjects AS text[]))) AS turn ORDER BY turn) AS turns"
)
"""In one order, so that two operations on several subjects never wait for each other."""


def of_editor(name: str) -> str:
    """The turn of whatever an editor tells: who has an agenda there, and their slots."""
    return f"editor:{name}"


def take_turn(connection: Connection, *subjects: str) -> None:
    """On PostgreSQL, wait until no other operation on these subjects is being written, until this transaction ends.

    What was read of them before may have changed: read it again. Taken before the outbox, whose turn comes last.
    """
    if subjects and connection.dialect.name == "postgresql":
        connection.execute(_TAKEN, {"lock": _LOCK, "subjects": list(subjects)})
