"""What is the same of everything that people write to those who run the directory: kept once, and not for ever."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.exc import IntegrityError

KEPT_S: Final = 365 * 86_400
"""How long a person's coordinates, and what they wrote to us, are kept: twelve months, in seconds."""


def write_once(connection: Connection, reference: str, rows: Mapping[Table, Sequence[Mapping[str, Any]]]) -> bool:
    """Write these rows of each table, all or none, in the connection's transaction.

    False when the first table has this reference already: a form that is sent twice has the same, and what came first
    stays.

    Raises:
        IntegrityError: the rows contradict each other.

    """
    try:
        with connection.begin_nested():
            for table, those in rows.items():
                if those:
                    connection.execute(insert(table), [dict(row) for row in those])
    except IntegrityError:
        key = next(iter(rows)).c.reference
        if connection.scalar(select(key).where(key == reference)) is None:
            raise
        return False
    return True
