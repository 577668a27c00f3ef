"""What Elasticsearch answers, typed: only what is read is decoded, sources last and only those that are shown."""

from typing import Final

import msgspec

from indexer.elastic_bodies import COUNTED
from indexer.elastic_client import Failure
from indexer.elastic_documents import TIE_SHIFT, decode
from relevance.found import Hit, Position
from relevance.rungs import Rung

_NOTHING: Final = msgspec.Raw()


class Total(msgspec.Struct, frozen=True):
    """A count: exact (`eq`), or a lower bound (`gte`) where counting stopped."""

    value: int
    relation: str


class RawHit(msgspec.Struct, frozen=True):
    """A document found: its sort values, or its score alone; its source as bytes, or its id alone."""

    index: str = msgspec.field(name="_index", default="")
    id: str = msgspec.field(name="_id", default="")
    source: msgspec.Raw = msgspec.field(name="_source", default=_NOTHING)
    score: float | None = msgspec.field(name="_score", default=None)
    sort: tuple[float, int] = (0.0, 0)
    fields: dict[str, tuple[str]] = {}


class RawHits(msgspec.Struct, frozen=True):
    """The documents of one search."""

    hits: tuple[RawHit, ...] = ()
    total: Total | None = None


class Bucket(msgspec.Struct, frozen=True):
    """How many documents are in a group."""

    doc_count: int


class Buckets(msgspec.Struct, frozen=True):
    """The groups of an aggregation, by name."""

    buckets: dict[str, Bucket]


class Reply(msgspec.Struct, frozen=True):
    """The answer of one search of a wave."""

    status: int = 200
    hits: RawHits = RawHits()
    aggregations: dict[str, Buckets] = {}
    error: Failure | None = None

    @property
    def count(self) -> int:
        """How many match, up to where counting stopped."""
        return self.hits.total.value if self.hits.total else 0

    @property
    def whole(self) -> bool:
        """Whether all that match were counted."""
        return self.hits.total is not None and self.hits.total.relation == "eq"

    @property
    def groups(self) -> dict[str, int]:
        """How many are in each group."""
        return {name: bucket.doc_count for name, bucket in self.aggregations[COUNTED].buckets.items()}


class ListedBucket(msgspec.Struct, frozen=True):
    """A value and how many documents have it."""

    key: str
    doc_count: int


class ListedBuckets(msgspec.Struct, frozen=True):
    """The values of a field, most frequent first."""

    buckets: tuple[ListedBucket, ...]


class FacetReply(msgspec.Struct, frozen=True):
    """The answer of one search that counts values."""

    status: int = 200
    aggregations: dict[str, ListedBuckets] = {}
    error: Failure | None = None


class FacetWave(msgspec.Struct, frozen=True):
    """The answers of searches that count values."""

    responses: tuple[FacetReply, ...]


class ById(msgspec.Struct, frozen=True):
    """A document found in the order of ids."""

    sort: tuple[str]
    source: msgspec.Raw = msgspec.field(name="_source", default=_NOTHING)


class HitsById(msgspec.Struct, frozen=True):
    """Documents in the order of ids."""

    hits: tuple[ById, ...] = ()


class PageById(msgspec.Struct, frozen=True):
    """A page of every document."""

    hits: HitsById


class Wave(msgspec.Struct, frozen=True):
    """The answers of one wave, in the order of its searches."""

    responses: tuple[Reply, ...]


def hit(raw: RawHit, rung: Rung, offset: float) -> Hit:
    """The offer of a document, at its position. `offset` is what its rung's score has beside the engine's."""
    score, tie = raw.sort
    return Hit(decode(raw.source), Position(rung, score + offset, tie + TIE_SHIFT, raw.id))
