"""Databases for the tests of the index pipeline: an empty one, with its tables, and rows to write into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.indexer.given import Given, tables


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite database with its tables."""
    with tables(f"sqlite:///{tmp_path / 'annuaire.db'}") as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with its tables, on each server that the product supports."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'annuaire.db'}" if is_sqlite else request.getfixturevalue("postgresql_database")
    with tables(url) as engine:
        yield engine


@pytest.fixture
def given(database: Engine) -> Given:
    """Rows to write into `database`."""
    return Given(database)
