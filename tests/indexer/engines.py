"""Real engines by a text that another process can be given: `duckdb=FOLDER`, `elasticsearch=URL ALIAS`."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from indexer.duckdb_engine import DuckDBEngine
from indexer.elastic_engine import ElasticsearchEngine
from indexer.protocol import Engine

NAMES = ("duckdb", "elasticsearch")


@contextmanager
def opened(spec: str) -> Iterator[Engine]:
    """The engine that the text tells, closed after the block."""
    name, _, where = spec.partition("=")
    url, _, alias = where.partition(" ")
    engine: Engine = ElasticsearchEngine(url, alias) if name == "elasticsearch" else DuckDBEngine(Path(where))
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def spec_of(name: str, directory: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The text of an empty engine; what it leaves in a shared server is removed."""
    if name == "duckdb":
        yield f"duckdb={directory / 'index'}"
        return
    url, alias = request.getfixturevalue("elasticsearch_url"), f"follow-{uuid.uuid4().hex[:12]}"
    yield f"{name}={url} {alias}"
    with Elasticsearch(url) as client:
        for index in list(client.indices.get(index=f"{alias}-*", ignore_unavailable=True)):
            client.indices.delete(index=index)
