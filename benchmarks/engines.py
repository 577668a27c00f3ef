"""The two engines, each empty and in a place of its own, for the time of a block."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from elasticsearch import Elasticsearch

from indexer.duckdb_engine import DuckDBEngine
from indexer.elastic_answers import Reply
from indexer.elastic_client import Connection
from indexer.elastic_engine import ElasticsearchEngine
from indexer.protocol import Engine
from tests.servers import elasticsearch

HEAP = "2g"


@contextmanager
def duckdb() -> Iterator[tuple[Engine, None]]:
    """The embedded engine, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDBEngine(Path(folder))
        yield engine, None
        engine.close()


@contextmanager
def elastic() -> Iterator[tuple[Engine, Callable[[], object]]]:
    """A real Elasticsearch, and its floor: `match_all` returning 70 of the same documents, whole."""
    with elasticsearch.running(HEAP) as url, Elasticsearch(url, request_timeout=600) as client:
        alias = f"measures-{int(time.time())}"
        engine, connection = ElasticsearchEngine(url, alias, timeout_s=600), Connection(url)
        body = {"query": {"match_all": {}}, "size": 70}
        yield engine, lambda: connection.ask("POST", f"/{alias}/_search", Reply, body)
        for index in list(client.indices.get(index=f"{alias}-*", ignore_unavailable=True)):
            client.indices.delete(index=index)
        connection.close()
        engine.close()


ENGINES = {"duckdb": duckdb, "elasticsearch": elastic}
