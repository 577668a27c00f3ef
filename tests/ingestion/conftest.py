"""Fixtures of ingestion.

- `database`: the engine of an empty SQLite database with its tables.
- `any_database`: the same on SQLite, then on PostgreSQL: for what is written in SQL.
- `refusals_in_french` (every test): what a test makes the product refuse or reject is said in French.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from annuaire.failures import Failure
from ingestion.report import LoadRefused, Rejected, Report
from tests.french import foreign
from tests.migrated import migrated


@pytest.fixture(autouse=True)
def refusals_in_french(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Listen to the refusals and the rejections of the test; none may hold an English word or a library's drawing."""
    heard: list[str] = []

    def refusing(refusal: Exception, message: str = "") -> None:
        heard.append(message)
        Exception.__init__(refusal, message)

    def reporting(report: Report, file_name: str, rejected: Rejected) -> None:
        heard.append(rejected.reason)
        add(report, file_name, rejected)

    add = Report.add
    monkeypatch.setattr(LoadRefused, "__init__", refusing)
    monkeypatch.setattr(Failure, "__init__", refusing)
    monkeypatch.setattr(Report, "add", reporting)
    yield
    assert {message: found for message in heard if (found := foreign(message))} == {}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = migrated(f"sqlite:///{tmp_path / 'annuaire.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    url = request.getfixturevalue("postgresql_database")
    engine = migrated(url)
    yield engine
    engine.dispose()
