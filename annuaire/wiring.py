"""From settings to the parts: the search engine, the follower, the clock. Commands and the server take them here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine as Database

from annuaire.settings import Settings
from indexer.duckdb_engine import DuckDBEngine
from indexer.elastic_builder import Layout
from indexer.elastic_engine import ElasticsearchEngine
from indexer.follow import Follower
from indexer.protocol import Engine
from ingestion.feeds.feeding import Feeding, feeding


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The search engine of the settings, closed after the block: Elasticsearch when it has an address, else DuckDB."""
    engine = elasticsearch(settings) if settings.elasticsearch_url else DuckDBEngine(settings.duckdb_path)
    try:
        yield engine
    finally:
        engine.close()


def elasticsearch(settings: Settings) -> ElasticsearchEngine:
    """The engine at the settings' address, with their key and their certificates."""
    key = settings.elasticsearch_api_key
    return ElasticsearchEngine(
        settings.elasticsearch_url or "",
        settings.elasticsearch_index,
        api_key=key.get_secret_value() if key else None,
        ca_certs=settings.elasticsearch_ca_certs,
        layout=Layout(settings.elasticsearch_shards, settings.elasticsearch_replicas),
    )


def follower(settings: Settings, database: Database, engine: Engine) -> Follower:
    """What applies the changes of the database to the engine, as often as the settings say."""
    return Follower(database, engine, now, poll_s=settings.outbox_poll_ms / 1000)


@contextmanager
def fed(settings: Settings, database: Database) -> Iterator[Feeding | None]:
    """Ask the declared editors for slots for the time of a block, as often as the settings say."""
    if settings.feeds_every_s == 0:
        yield None
        return
    with feeding(database, now, round_s=settings.feeds_every_s) as feeds:
        yield feeds


def now() -> int:
    """The clock: epoch seconds."""
    return int(time.time())
