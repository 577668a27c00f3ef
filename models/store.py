"""Opening the database: SQLite by default, PostgreSQL for more. Alembic makes the tables.

SQLite has one writer. A transaction that reads first and writes later may find that another writer passed, and fail;
so a transaction that writes says it from its start: `writing(engine)`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlmodel import Session

_MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = ("journal_mode = WAL", "busy_timeout = 30000", "foreign_keys = ON", "synchronous = NORMAL")
_WRITES = "annuaire_writes"


def connect(url: str) -> Engine:
    """An engine for a database URL. For SQLite the file's folder is created, and pragmas are set on each connection.

    `postgresql://` means the psycopg driver.

    Raises:
        sqlalchemy.exc.ArgumentError: this is not a database URL.

    """
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return _sqlite(target)
    if target.drivername == "postgresql":
        target = target.set(drivername="postgresql+psycopg")
    return create_engine(target, pool_pre_ping=True)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that holds the right to write from its start; committed at the end of the block."""
    with engine.connect() as connection, writing_on(connection):
        yield connection


@contextmanager
def writing_on(connection: Connection) -> Iterator[None]:
    """The same on a connection that has no transaction open, and that keeps its temporary tables."""
    connection.execution_options(**{_WRITES: True})
    try:
        with connection.begin():
            yield
    finally:
        connection.execution_options(**{_WRITES: False})


def session(engine: Engine) -> Session:
    """A SQLModel session on the engine, for reading and for small changes of one row."""
    return Session(engine)


def migrate(url: str) -> None:
    """Bring the database to the newest version of the tables; an empty one gets them all."""
    engine = connect(url)
    try:
        with engine.begin() as connection:
            command.upgrade(configuration(connection), "head")
    finally:
        engine.dispose()


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for the packaged migrations, run on this connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _sqlite(url: URL) -> Engine:
    """A SQLite engine whose transactions begin when SQLAlchemy says so, and as writers when asked."""
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: Any) -> None:  # Any: the driver's own connection, SQLAlchemy's record of it
    """Let SQLAlchemy begin transactions instead of the driver, and set the pragmas."""
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """Begin a transaction: at once as the writer when the connection writes, else when the first statement needs it."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
