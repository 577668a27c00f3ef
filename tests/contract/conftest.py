"""The subjects of the contract, and how many plans each meets: over 2,000 an engine.

`ANNUAIRE_TEST_PLANS=20` multiplies the number of plans of every test (the longer profile).
"""

import uuid
from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch
from hypothesis import HealthCheck, settings

from indexer.duckdb_engine import DuckDBEngine
from indexer.elastic_engine import ElasticsearchEngine
from indexer.protocol import Engine

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("contract", deadline=None, suppress_health_check=QUIET)
settings.load_profile("contract")

ENGINES = ("duckdb", "elasticsearch")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each real engine in turn, empty."""
    if request.param == "duckdb":
        yield from _closing(DuckDBEngine(tmp_path_factory.mktemp("duckdb")))
    else:
        yield from _elasticsearch(request.getfixturevalue("elasticsearch_url"))


def _closing(engine: Engine) -> Iterator[Engine]:
    yield engine
    engine.close()


def _elasticsearch(url: str) -> Iterator[Engine]:
    """An alias of this run's own, whose indices are removed at the end."""
    alias = f"contract-{uuid.uuid4().hex[:12]}"
    yield from _closing(ElasticsearchEngine(url, alias))
    with Elasticsearch(url) as client:
        names = list(client.indices.get(index=f"{alias}-*", ignore_unavailable=True))
        for name in names:
            client.indices.delete(index=name)
