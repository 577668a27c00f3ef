"""Databases with their tables, for tests that are about something else than migrations."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, make_url

from models.store import connect, migrate


def migrated(url: str) -> Engine:
    """An engine of a new database with its tables; SQLite's is a copy of one that was migrated before.

    Who asks disposes of it.
    """
    path = make_url(url).database
    if url.startswith("sqlite") and path:
        Path(path).write_bytes(empty())
    else:
        migrate(url)
    return connect(url)


@cache
def empty() -> bytes:
    """A SQLite file with its tables, made once a process."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
