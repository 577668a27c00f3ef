"""Fixtures of ingestion.

- `database`: the engine of an empty SQLite database with its tables.
- `any_database`: the same on SQLite, then on PostgreSQL: for what is written in SQL.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models.store import connect, migrate


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with its tables, to copy."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "annuaire.db"
    shutil.copy(empty_database, path)
    engine = connect(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    url = request.getfixturevalue("postgresql_database")
    migrate(url)
    engine = connect(url)
    yield engine
    engine.dispose()
