"""What tests of operations stand on: an empty database, and one doctor at one place of Villeurbanne."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from registry.practice import Practice
from tests.indexer.given import Given, tables


@pytest.fixture(params=["sqlite", "postgresql"])
def registered(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database, of both kinds."""
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgresql_database")
    with tables(url) as engine:
        yield engine


@pytest.fixture
def where(registered: Engine) -> Practice:
    """Where Claire Martel practises."""
    subject = Given(registered).practice()
    return Practice(subject, "tech:R1", "Europe/Paris")
