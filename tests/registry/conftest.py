"""What tests of operations stand on: an empty database, and one doctor at one place of Villeurbanne.

The tables of PostgreSQL are made once for all tests, and emptied before each: making a database takes longer than most,
and so does TRUNCATE, which makes the files of every table and index again.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, delete, text
from sqlmodel import SQLModel

from models import store
from registry.practice import Practice
from tests.indexer.given import Given, tables
from tests.servers import postgresql


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_url: str) -> Iterator[Engine]:
    """A database of the real server, with the tables."""
    with postgresql.database(postgresql_url) as url, tables(url) as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgresql"])
def registered(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database, of both kinds."""
    if request.param == "sqlite":
        with tables("sqlite://") as engine:
            yield engine
    else:
        engine = request.getfixturevalue("postgresql_tables")
        with store.writing(engine) as connection:
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(delete(table))
            connection.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))
        yield engine


@pytest.fixture
def where(registered: Engine) -> Practice:
    """Where Claire Martel practises."""
    subject = Given(registered).practice()
    return Practice(subject, "tech:R1", "Europe/Paris")
