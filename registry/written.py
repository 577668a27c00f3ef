"""How what people write is kept: once, in the place of what it replaces, and not for ever."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
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


def upsert(connection: Connection, table: Table, row: Mapping[str, Any], replaced: Mapping[str, Any]) -> None:
    """Write a row, or these values of the one that has its primary key; of two writers at once, the last one's stay."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    written = dialect.insert(table).values(**row)
    connection.execute(written.on_conflict_do_update(index_elements=list(table.primary_key), set_=dict(replaced)))
