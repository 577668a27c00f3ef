"""The Elasticsearch engine: one node or a cluster, any distribution with the core's features."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from indexer import elastic_bodies as bodies
from indexer import elastic_clauses as q
from indexer.elastic_answers import ById, FacetWave, ListedBucket, PageById, Reply, Wave, hit
from indexer.elastic_bodies import Body
from indexer.elastic_builder import Clock, ElasticsearchBuilder, Generations, Layout
from indexer.elastic_bulk import REPLAYED, chunks, deleted, indexed, send
from indexer.elastic_clauses import Clause
from indexer.elastic_client import Connection, Failure, translated
from indexer.elastic_documents import decode, facet_code
from indexer.elastic_fields import F
from indexer.elastic_ledger import Entry
from indexer.elastic_mapping import VERSION
from indexer.elastic_query import ranked
from indexer.elastic_search import Search
from indexer.protocol import Change, GenerationGone, Status
from models.offer import Code, Offer
from relevance.criteria import Name
from relevance.found import After, Found
from relevance.plan import Plan
from relevance.rungs import EXACT

_Key = TypeVar("_Key")
_Typed = TypeVar("_Typed")

_HEADER: Final = b'{"allow_partial_search_results":false}\n'
_STREAMED: Final = 1_000
_SUBJECTS: Final = 500
_ENTRIES: Final = 1_000
_SUBJECT: Final = f"{F.OFFER}.subject"


class ElasticsearchSearcher:
    """Search one generation, or the one that the alias names. Safe to use from several threads."""

    def __init__(self, generations: Generations, target: str | None = None) -> None:
        self._generations = generations
        self._connection = generations.connection
        self._target = target or generations.alias

    def search(self, plan: Plan, after: After | None = None, generation: str | None = None) -> Found:
        """Exact and approximate parts, in the oracle's order."""
        index, search = self._index(generation), Search(plan, after)
        wave = search.first_wave()
        while wave:
            replies = self._ask(index, wave)
            index = _answering(replies.values()) or index
            search.read(replies)
            wave = search.next_wave()
        return search.found()

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        """Exact matches of each plan, up to `enough`, in one round trip."""
        replies = self._ask(self._target, {place: bodies.exact_total(plan, enough) for place, plan in enumerate(plans)})
        return tuple(reply.count for reply in replies.values())

    def facets(self, plan: Plan, names: Sequence[Name]) -> dict[Name, tuple[tuple[Code, int], ...]]:
        """For each criterion named, its values and how many offers meet all the others, most first."""
        asked = bodies.facets(plan, names)
        counted: dict[Name, tuple[tuple[Code, int], ...]] = dict.fromkeys(names, ())
        wave = self._wave(self._target, [body for _, body in asked], FacetWave) if asked else FacetWave(())
        for reply in wave.responses:
            _raise_refused(reply.status, reply.error)
            for name, found in reply.aggregations.items():
                counted[Name(name)] = _by_code(found.buckets)
        return counted

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        """The exact matches in order, up to `limit`, by pages of one generation."""
        index, question, after = self._target, ranked(plan), None
        while limit > 0:
            size = min(limit, _STREAMED)
            reply = self._ask(index, {EXACT: bodies.hits(question, size, after)})[EXACT]
            index = _answering([reply]) or index
            after = None
            for raw in reply.hits.hits:
                found = hit(raw, EXACT, question.offset)
                after = found.position
                yield found.offer
            if len(reply.hits.hits) < size:
                return
            limit -= size

    def offer(self, identifier: str) -> Offer | None:
        """One offer by its id."""
        return self.offers([identifier]).get(identifier)

    def offers(self, identifiers: Sequence[str]) -> dict[str, Offer]:
        """Those of these offers that are there, by their ids, in the order asked. One round trip."""
        if not identifiers:
            return {}
        reply = self._ask(self._target, {"": bodies.by_ids(identifiers)})[""]
        found = {offer.id: offer for offer in (decode(raw.source) for raw in reply.hits.hits)}
        return {each: found[each] for each in dict.fromkeys(identifiers) if each in found}

    def named(self, plan: Plan, limit: int) -> tuple[Offer, ...]:
        """The best offers for the plan's text alone, for suggestions."""
        return tuple(self.exact(plan.text_alone, limit))

    def all_offers(self) -> Iterator[Offer]:
        """Every offer, ordered by id (export), of the generation that answers now."""
        return (decode(raw.source) for raw in self._in_order(self._resolved(), q.EVERYTHING))

    def status(self) -> Status:
        """What answers now; without any generation, a name that is empty."""
        try:
            documents, ledger = self._both(bodies.everything(), bodies.everything(_ENTRIES))
            index = _answering([documents]) or self._resolved()
        except GenerationGone:
            return Status("", 0, 0)
        generation = self._generations.generation(index)
        entries = (msgspec.json.decode(raw.source, type=Entry) for raw in ledger.hits.hits)
        entry = next((entry for entry in entries if entry.generation == generation), None)
        if entry is None:
            return Status(generation, documents.count, 0, outdated=True)
        return Status(generation, documents.count, entry.position, entry.stamp, entry.version != VERSION)

    def _both(self, documents: Body, ledger: Body) -> tuple[Reply, Reply]:
        """Ask the documents and the ledger at once."""
        encode = msgspec.json.encode
        of_ledger = {"index": self._generations.ledger.index, "ignore_unavailable": True}
        whole = {"index": self._target, "allow_partial_search_results": False}
        parts = (encode(whole), encode(documents), encode(of_ledger), encode(ledger), b"")
        first, second = self._connection.ask("POST", "/_msearch", Wave, b"\n".join(parts), ndjson=True).responses
        _raise_refused(first.status, first.error)
        _raise_refused(second.status, second.error)
        return first, second

    def _in_order(self, index: str, matching: Clause, source: str | None = None) -> Iterator[ById]:
        """The documents that match, by pages in the order of their ids."""
        after = None
        while True:
            body = bodies.in_order_of_ids(matching, _STREAMED, after, source)
            path = f"/{index}/_search?allow_partial_search_results=false"
            page = self._connection.ask("POST", path, PageById, body).hits.hits
            yield from page
            if len(page) < _STREAMED:
                return
            (after,) = page[-1].sort

    def _index(self, generation: str | None) -> str:
        return self._generations.index(generation) if generation else self._target

    def _resolved(self) -> str:
        """The index that answers.

        Raises:
            GenerationGone: there is none.

        """
        if self._target != self._generations.alias:
            return self._target
        index = self._generations.current()
        if index is None:
            raise GenerationGone(f"no generation answers by the name of {self._target}")
        return index

    def _ask(self, index: str, wave: Mapping[_Key, Body]) -> dict[_Key, Reply]:
        """Ask all at once."""
        replies = self._wave(index, wave.values(), Wave).responses
        for reply in replies:
            _raise_refused(reply.status, reply.error)
        return dict(zip(wave, replies, strict=True))

    def _wave(self, index: str, wave: Iterable[Body], answer: type[_Typed]) -> _Typed:
        lines = b"".join(_HEADER + msgspec.json.encode(body) + b"\n" for body in wave)
        return self._connection.ask("POST", f"/{index}/_msearch", answer, lines, ndjson=True)


class ElasticsearchEngine(ElasticsearchSearcher):
    """A search engine: searched, rebuilt, followed."""

    name = "elasticsearch"

    def __init__(
        self,
        urls: str | Sequence[str],
        alias: str,
        *,
        api_key: str | None = None,
        ca_certs: Path | None = None,
        layout: Layout | None = None,
        timeout_s: float = 10.0,
        clock: Clock = time.time,
    ) -> None:
        connection = Connection(urls, api_key=api_key, ca_certs=ca_certs, timeout_s=timeout_s)
        super().__init__(Generations(connection, alias, layout or Layout(), clock))

    def build(self, generation: str) -> ElasticsearchBuilder:
        """Start a new generation: lower-case letters, digits, hyphens.

        Raises:
            ValueError: the name is not so.
            EngineError: there is one of this name.

        """
        self._generations.create(generation)
        return ElasticsearchBuilder(self._generations, generation, self._searching)

    def _searching(self, generation: str) -> ElasticsearchSearcher:
        return ElasticsearchSearcher(self._generations, self._generations.index(generation))

    def apply(self, changes: Sequence[Change], position: int, generation: str, stamp: str = "") -> None:
        """Apply changes to the current generation, idempotently, searchable at once, and remember the position."""
        index = self._resolved()
        if index != self._index(generation):
            raise GenerationGone(f"{generation} answers no more: {index} does")
        if changes:
            self._refresh(index)
            for chunk in chunks(self._lines(index, _latest(changes))):
                send(self._connection, index, chunk, tolerated=REPLAYED)
            self._refresh(index)
        self._generations.advance(generation, position, stamp)

    def _lines(self, index: str, changes: Mapping[str, Change]) -> Iterator[bytes]:
        """What is written and what is deleted: the offers that a subject had and has no more."""
        for change in changes.values():
            yield from (indexed(offer, change.version) for offer in change.offers)
        for subject, identifier in self._present(index, list(changes)):
            change = changes[subject]
            if all(offer.id != identifier for offer in change.offers):
                yield deleted(identifier, change.version)

    def _present(self, index: str, subjects: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The subjects' offers that are in the index, by their ids."""
        for start in range(0, len(subjects), _SUBJECTS):
            matching = q.terms(F.SUBJECT, subjects[start : start + _SUBJECTS])
            for raw in self._in_order(index, matching, _SUBJECT):
                yield msgspec.json.decode(raw.source, type=_Subject).offer.subject, raw.sort[0]

    def _refresh(self, index: str) -> None:
        self._connection.ask("POST", f"/{index}/_refresh", dict[str, Any], patient=True)

    def prune(self) -> None:
        """Forget former generations older than ten minutes, and abandoned builds."""
        self._generations.prune()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


class _Named(msgspec.Struct, frozen=True):
    subject: str


class _Subject(msgspec.Struct, frozen=True):
    offer: _Named


def _by_code(buckets: Iterable[ListedBucket]) -> tuple[tuple[Code, int], ...]:
    """Codes and how many have them, most first. A code that came with several labels has its most frequent."""
    labels: dict[str, Code] = {}
    counts: Counter[str] = Counter()
    for bucket in buckets:
        code = facet_code(bucket.key)
        labels.setdefault(code.code, code)
        counts[code.code] += bucket.doc_count
    return tuple((labels[code], count) for code, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _latest(changes: Iterable[Change]) -> dict[str, Change]:
    """The last word on each subject."""
    return {change.subject: change for change in sorted(changes, key=lambda change: change.version)}


def _answering(replies: Iterable[Reply]) -> str | None:
    """The index that answered, told by a document: later waves ask the same, whatever is swapped in."""
    return next((raw.index for reply in replies for raw in reply.hits.hits), None)


def _raise_refused(status: int, error: Failure | None) -> None:
    if error is not None:
        raise translated(status, error)
