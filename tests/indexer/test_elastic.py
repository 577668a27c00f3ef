"""The Elasticsearch engine on a real server: generations, swaps, changes that come twice or late, failures."""

import json
import shutil
import socket
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest
from elasticsearch import BadRequestError, Elasticsearch

from indexer import elastic_builder
from indexer.elastic_builder import ABANDONED_S, KEPT_S, Layout
from indexer.elastic_engine import ElasticsearchEngine, ElasticsearchSearcher
from indexer.protocol import Change, EngineDown, EngineError, GenerationGone
from models.codes import Viewer
from models.geo import Point
from models.offer import Code, Offer, Person, tie
from relevance.criteria import Name
from relevance.found import After
from relevance.plan import Circle, Plan
from relevance.text import one_typo, question
from tests.contract.corpus import CLOCK, VILLEURBANNE, corpus
from tests.contract.engines import fill

OFFERS = corpus(1, 60)
ALL = Plan(at=CLOCK, viewer=Viewer.REGULATION, exact_limit=50)
FIRST, SECOND = "offers-1", "offers-2"


@dataclass
class Hand:
    """A clock turned by the test."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Given:
    """An engine of the test's own, and what else looks at its server."""

    url: str
    client: Elasticsearch
    clock: Hand = field(default_factory=Hand)
    alias: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:12]}")

    def engine(self, **options: Any) -> ElasticsearchEngine:
        return ElasticsearchEngine(self.url, self.alias, clock=self.clock, **options)

    def indices(self) -> set[str]:
        """The generations that have an index."""
        names = self.client.indices.get(index=f"{self.alias}-*")
        return {name.removeprefix(f"{self.alias}-") for name in names} - {"ledger"}


@pytest.fixture
def given(elasticsearch_url: str) -> Iterator[Given]:
    with Elasticsearch(elasticsearch_url) as client:
        given = Given(elasticsearch_url, client)
        yield given
        for index in client.indices.get(index=f"{given.alias}-*"):
            client.indices.delete(index=index)


@pytest.fixture
def engine(given: Given) -> Iterator[ElasticsearchEngine]:
    engine = given.engine()
    yield engine
    engine.close()


def found(engine: ElasticsearchSearcher, generation: str | None = None) -> set[str]:
    return {hit.offer.id for hit in engine.search(ALL, generation=generation).exact.hits}


def ids(offers: tuple[Offer, ...]) -> set[str]:
    return {offer.id for offer in offers}


def renamed(offer: Offer, family_name: str) -> Offer:
    return msgspec.structs.replace(offer, person=Person("1", None, "Ana", family_name))


def professionals() -> list[Offer]:
    return [offer for offer in OFFERS if offer.person]


# Generations --------------------------------------------------------------------------------------------------------


def test_without_a_generation_the_status_has_no_name(engine):
    assert engine.status().generation == ""


def test_without_a_generation_a_search_says_that_it_is_not_there(engine):
    with pytest.raises(GenerationGone):
        engine.search(ALL)


def test_a_generation_answers_from_the_swap_on(engine):
    fill(engine, OFFERS[:10], FIRST)
    builder = engine.build(SECOND)
    assert builder.add(OFFERS[10:30]) == 20
    builder.finish(7)
    assert found(engine) == ids(OFFERS[:10])
    assert found(builder.searcher()) == ids(OFFERS[10:30])
    builder.swap()
    assert found(engine) == ids(OFFERS[10:30])
    assert (engine.status().generation, engine.status().offers, engine.status().position) == (SECOND, 20, 7)


def test_the_former_generation_answers_by_its_name_for_ten_minutes(given, engine):
    fill(engine, OFFERS[:10], FIRST)
    fill(engine, OFFERS[10:20], SECOND)
    given.clock.now += KEPT_S - 1
    engine.prune()
    assert found(engine, FIRST) == ids(OFFERS[:10])
    given.clock.now += 1
    engine.prune()
    with pytest.raises(GenerationGone):
        engine.search(ALL, generation=FIRST)
    assert found(engine, SECOND) == ids(OFFERS[10:20])


def test_a_dropped_build_leaves_nothing(given, engine):
    fill(engine, OFFERS[:10], FIRST)
    builder = engine.build(SECOND)
    builder.add(OFFERS[10:])
    builder.drop()
    assert given.indices() == {FIRST}
    assert found(engine) == ids(OFFERS[:10])


def test_dropping_what_answers_changes_nothing(engine):
    builder = engine.build(FIRST)
    builder.add(OFFERS[:10])
    builder.finish(1)
    builder.swap()
    builder.drop()
    assert found(engine) == ids(OFFERS[:10])


def test_a_build_whose_process_was_killed_is_pruned_after_an_hour_of_silence(given, engine):
    fill(engine, OFFERS[:10], FIRST)
    engine.build(SECOND).add(OFFERS[:5])
    given.clock.now += ABANDONED_S - 1
    engine.prune()
    assert given.indices() == {FIRST, SECOND}
    given.clock.now += 1
    engine.prune()
    assert given.indices() == {FIRST}


def test_a_long_build_says_that_it_is_alive(given, engine, monkeypatch):
    monkeypatch.setattr("indexer.elastic_bulk.CHUNK_BYTES", 1)
    fill(engine, OFFERS[:10], FIRST)

    def slowly() -> Iterator[Offer]:
        for offer in OFFERS[:8]:
            given.clock.now += KEPT_S
            yield offer

    builder = engine.build(SECOND)
    builder.add(slowly())
    engine.prune()
    assert given.indices() == {FIRST, SECOND}


def test_a_swap_whose_process_was_killed_before_a_word_is_noticed(given, engine, monkeypatch):
    fill(engine, OFFERS[:10], FIRST)
    monkeypatch.setattr(elastic_builder.Generations, "mark", lambda *_: None)
    builder = given.engine().build(SECOND)
    monkeypatch.undo()
    builder.finish(1)
    builder.swap()
    given.client.delete(index=f"{given.alias}-ledger", id=FIRST, refresh=True)
    engine.prune()
    given.clock.now += KEPT_S
    engine.prune()
    assert given.indices() == {SECOND}


def test_the_generations_of_an_alias_that_begins_alike_are_another_s(given, engine):
    other = ElasticsearchEngine(given.url, f"{given.alias}-demo", clock=given.clock)
    fill(engine, OFFERS[:10], FIRST)
    fill(other, OFFERS[10:20], FIRST)
    given.clock.now += 10 * ABANDONED_S
    engine.prune()
    fill(engine, OFFERS[:5], SECOND)
    assert found(other) == ids(OFFERS[10:20])
    other.close()


def test_an_index_of_another_version_is_outdated(given, engine):
    fill(engine, OFFERS[:10], FIRST)
    assert not engine.status().outdated
    ledger = f"{given.alias}-ledger"
    entry = given.client.get(index=ledger, id=FIRST)["_source"]
    given.client.index(index=ledger, id=FIRST, document=dict(entry) | {"version": "older"}, refresh=True)
    assert engine.status().outdated


def test_the_ledger_of_a_former_version_is_completed_by_a_rebuild(given, engine):
    """It is strict, and had neither the stamp of the position nor the version."""
    fields = {"generation": "keyword", "position": "long", "state": "keyword", "since": "double"}
    mappings = {"dynamic": "strict", "properties": {name: {"type": kind} for name, kind in fields.items()}}
    given.client.indices.create(index=f"{given.alias}-ledger", mappings=mappings)
    fill(engine, OFFERS[:10], FIRST)
    assert (engine.status().generation, engine.status().outdated) == (FIRST, False)


def test_a_generation_of_which_the_ledger_says_nothing_is_outdated(given, engine):
    fill(engine, OFFERS[:10], FIRST)
    given.client.delete(index=f"{given.alias}-ledger", id=FIRST, refresh=True)
    assert engine.status().outdated


def test_a_generation_s_name_is_that_of_an_index(engine):
    for name in ("Offers", "../x", "", "ledger", "a b"):
        with pytest.raises(ValueError, match="not the name"):
            engine.build(name)


def test_a_generation_is_not_built_over_another(engine):
    fill(engine, OFFERS[:10], FIRST)
    with pytest.raises(EngineError):
        engine.build(FIRST)
    assert found(engine) == ids(OFFERS[:10])


def test_a_built_index_serves_from_one_segment_with_its_settings(given, engine):
    fill(given.engine(layout=Layout(shards=2, replicas=1)), OFFERS, FIRST)
    index = f"{given.alias}-{FIRST}"
    settings = given.client.indices.get_settings(index=index)[index]["settings"]["index"]
    assert (settings["number_of_shards"], settings["number_of_replicas"]) == ("2", "1")
    assert settings["refresh_interval"] == "1s"
    shards = given.client.indices.segments(index=index)["indices"][index]["shards"]
    assert [shard[0]["num_search_segments"] for shard in shards.values()] == [1, 1]
    assert found(engine) <= ids(OFFERS)
    assert engine.search(ALL).exact.total.value == len(OFFERS)


def test_a_document_with_a_field_that_nobody_named_is_refused(given, engine):
    fill(engine, OFFERS[:1], FIRST)
    with pytest.raises(BadRequestError):
        given.client.index(index=given.alias, document={"id": "x", "colour": "red"})


def test_waves_of_one_search_ask_one_generation_whatever_is_swapped_in(given, engine, monkeypatch):
    fill(engine, OFFERS, FIRST)
    plan = Plan(
        at=CLOCK,
        professions=frozenset({"10"}),
        care=frozenset({"suture"}),
        origin=VILLEURBANNE,
        area=Circle(5_000),
        approximate_limit=50,
    )
    expected = engine.search(plan)
    asked = ElasticsearchEngine._ask
    waves = []

    def swapping(self: ElasticsearchEngine, index: str, wave: Any) -> Any:
        replies = asked(self, index, wave)
        waves.append(index)
        if len(waves) == 1:
            fill(given.engine(), OFFERS[:1], SECOND)
        return replies

    monkeypatch.setattr(ElasticsearchEngine, "_ask", swapping)
    assert engine.search(plan) == expected
    assert len(waves) > 1


# Changes ------------------------------------------------------------------------------------------------------------


def test_a_change_is_searchable_at_once(engine):
    fill(engine, OFFERS[:10], FIRST)
    changed = renamed(professionals()[0], "NOUVEAU")
    engine.apply([Change(changed.subject, (changed,), 2)], 2, FIRST)
    assert engine.offer(changed.id) == changed
    plan = Plan(at=CLOCK, text=question("nouveau"))
    assert [hit.offer for hit in engine.search(plan).exact.hits] == [changed]
    assert engine.status().position == 2


def test_an_offer_that_its_subject_has_no_more_is_removed(engine):
    fill(engine, OFFERS, FIRST)
    first, second = next(pair for pair in pairwise(OFFERS) if pair[0].subject == pair[1].subject)
    subject = first.subject
    engine.apply([Change(subject, (second,), 2)], 2, FIRST)
    assert engine.status().offers == len(OFFERS) - 1
    assert engine.offer(first.id) is None
    engine.apply([Change(subject, (), 3)], 3, FIRST)
    assert {offer.subject for offer in engine.all_offers()} == {o.subject for o in OFFERS} - {subject}


def test_a_change_that_comes_twice_changes_nothing(engine):
    fill(engine, OFFERS[:10], FIRST)
    changed = renamed(professionals()[0], "NOUVEAU")
    for _ in range(2):
        engine.apply([Change(changed.subject, (changed,), 5)], 5, FIRST)
    assert engine.offer(changed.id) == changed
    assert engine.status().position == 5


def test_a_change_that_comes_late_does_not_undo_a_later_one(engine):
    fill(engine, OFFERS[:10], FIRST)
    older, newer = (renamed(professionals()[0], name) for name in ("ANCIEN", "NOUVEAU"))
    engine.apply([Change(newer.subject, (newer,), 9)], 9, FIRST)
    engine.apply([Change(older.subject, (older,), 8)], 8, FIRST)
    engine.apply([Change(older.subject, (), 7)], 7, FIRST)
    assert engine.offer(newer.id) == newer
    assert engine.status().position == 9


def test_an_offer_that_was_removed_is_not_brought_back_by_a_late_change(engine):
    fill(engine, OFFERS[:10], FIRST)
    offer = professionals()[0]
    engine.apply([Change(offer.subject, (), 9)], 9, FIRST)
    engine.apply([Change(offer.subject, (offer,), 8)], 8, FIRST)
    assert engine.offer(offer.id) is None


def test_the_last_word_on_a_subject_counts_in_one_batch(engine):
    fill(engine, OFFERS[:10], FIRST)
    older, newer = (renamed(professionals()[0], name) for name in ("ANCIEN", "NOUVEAU"))
    engine.apply([Change(newer.subject, (newer,), 4), Change(older.subject, (older,), 3)], 4, FIRST)
    assert engine.offer(newer.id) == newer


def test_changes_of_a_new_generation_begin_at_its_own_position(engine):
    fill(engine, OFFERS[:10], FIRST, position=3)
    engine.apply([], 12, FIRST)
    fill(engine, OFFERS[:10], SECOND, position=6)
    assert engine.status().position == 6
    changed = renamed(professionals()[0], "NOUVEAU")
    engine.apply([Change(changed.subject, (changed,), 7)], 7, SECOND)
    assert engine.offer(changed.id) == changed


def test_two_followers_at_once_keep_the_furthest_position(given, engine):
    fill(engine, OFFERS[:10], FIRST)
    engines = [given.engine() for _ in range(4)]
    threads = [
        Thread(
            target=lambda each=each, start=start: [each.apply([], position, FIRST) for position in range(start, 40, 4)]
        )
        for start, each in enumerate(engines)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.status().position == 39
    for each in engines:
        each.close()


def test_more_changes_than_a_request_holds_are_all_applied(engine, monkeypatch):
    monkeypatch.setattr("indexer.elastic_engine._SUBJECTS", 7)
    monkeypatch.setattr("indexer.elastic_engine._STREAMED", 3)
    fill(engine, OFFERS, FIRST)
    subjects = {offer.subject for offer in OFFERS}
    engine.apply([Change(subject, (), 2) for subject in subjects], 2, FIRST)
    assert engine.status().offers == 0


# Searches -----------------------------------------------------------------------------------------------------------


def test_no_typo_is_lost_among_many(engine):
    """More tokens one typo apart than any default of the engine keeps."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    names = {f"mart{a}{b}el" for a in letters for b in letters}
    offers = [
        msgspec.structs.replace(renamed(professionals()[0], name), id=f"p{number}")
        for number, name in enumerate(sorted(names))
    ]
    fill(engine, offers, FIRST)
    asked = "martabel"
    expected = sum(one_typo(asked, name) for name in names)
    plan = Plan(at=CLOCK, text=question(asked, prefix=False))
    assert engine.search(plan).exact.total.value == expected > 50


def test_totals_are_exact_up_to_ten_thousand_then_a_lower_bound(engine):
    offer = professionals()[0]
    many = [msgspec.structs.replace(offer, id=f"p{number}", professions=(Code("10", "M"),)) for number in range(10_001)]
    fill(engine, many, FIRST)
    plan = Plan(at=CLOCK, professions=frozenset({"10"}))
    assert engine.search(plan).exact.total == (10_000, False)
    engine.apply([Change(offer.subject, tuple(many[1:]), 2)], 2, FIRST)
    assert engine.search(plan).exact.total == (10_000, True)


def test_the_exact_matches_stream_by_pages_in_their_order(engine, monkeypatch):
    fill(engine, OFFERS, FIRST)
    monkeypatch.setattr("indexer.elastic_engine._STREAMED", 7)
    plan = Plan(at=CLOCK, origin=Point(45.7, 4.8), exact_limit=50)
    whole = [hit.offer for hit in engine.search(plan).exact.hits]
    assert list(engine.exact(plan, 50)) == whole
    assert list(engine.exact(plan, 9)) == whole[:9]


def test_an_order_that_ties_goes_by_the_unsigned_hash(engine):
    offers = [msgspec.structs.replace(OFFERS[0], id=f"p{number}") for number in range(40)]
    fill(engine, offers, FIRST)
    ties = [hit.position.tie for hit in engine.search(ALL).exact.hits]
    assert ties == sorted(tie(offer.id) for offer in offers)
    assert ties[0] < 1 << 63 < ties[-1]


def test_a_page_goes_on_inside_a_rung_and_into_the_next(engine):
    fill(engine, OFFERS, FIRST)
    plan = Plan(at=CLOCK, professions=frozenset({"10"}), accessible=True, approximate_limit=7)
    hits, after = [], None
    while True:
        part = engine.search(plan, after).approximate
        hits += part.hits
        if not part.more:
            break
        after = After(approximate=part.hits[-1].position)
    assert len({hit.offer.id for hit in hits}) == len(hits) == part.total.value
    assert len({hit.position.rung for hit in hits}) == 2


def test_a_code_that_came_with_two_labels_is_counted_once(engine):
    first, second = (
        msgspec.structs.replace(offer, professions=(Code("10", label),))
        for offer, label in zip(OFFERS, ("Médecin", "Docteur"), strict=False)
    )
    fill(engine, [first, second], FIRST)
    ((code, count),) = engine.facets(ALL, (Name.PROFESSION,))[Name.PROFESSION]
    assert (code.code, count) == ("10", 2)


def test_a_facet_of_what_has_no_codes_has_no_value(engine):
    fill(engine, OFFERS, FIRST)
    assert engine.facets(ALL, (Name.AREA,)) == {Name.AREA: ()}


def test_names_are_suggested_for_the_text_alone(engine):
    fill(engine, OFFERS, FIRST)
    offer = professionals()[0]
    plan = Plan(at=CLOCK, text=question(offer.name), professions=frozenset({"no such"}))
    assert offer.name in {named.name for named in engine.named(plan, 5)}


# Failures -----------------------------------------------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_stopped_is_down_for_every_method():
    engine = ElasticsearchEngine(f"http://127.0.0.1:{closed_port()}", "offers")
    for ask in (
        lambda: engine.search(ALL),
        lambda: engine.counts([ALL], 5),
        lambda: engine.facets(ALL, (Name.CARE,)),
        lambda: list(engine.exact(ALL, 5)),
        lambda: engine.offer("p1"),
        lambda: engine.named(ALL, 5),
        lambda: list(engine.all_offers()),
        engine.status,
        lambda: engine.build(FIRST),
        lambda: engine.apply([], 1, FIRST),
        engine.prune,
    ):
        with pytest.raises(EngineDown):
            ask()


def test_a_server_that_does_not_answer_in_time_is_down():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = ElasticsearchEngine(f"http://127.0.0.1:{silent.getsockname()[1]}", "offers", timeout_s=0.2)
        with pytest.raises(EngineDown):
            engine.search(ALL)


class Canned(BaseHTTPRequestHandler):
    """Answers every request alike, and remembers what it was asked."""

    status, body = 200, {"responses": [{"status": 200, "hits": {"hits": [], "total": {"value": 0, "relation": "eq"}}}]}
    asked: list[dict[str, str]]

    def do_POST(self) -> None:
        self.asked.append(dict(self.headers))
        self.rfile.read(int(self.headers["content-length"]))
        data = json.dumps(self.body).encode()
        self.send_response(self.status)
        self.send_header("content-type", "application/json")
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def canned(context: ssl.SSLContext | None = None, **answer: Any) -> Iterator[tuple[str, type[Canned]]]:
    """A server on the wire that answers so, and what it was asked."""
    handler = type("Handler", (Canned,), {"asked": [], **answer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_is_overloaded_or_failing_is_down(status):
    refusal = {"error": {"type": "es_rejected_execution_exception", "reason": "full"}, "status": status}
    with canned(status=status, body=refusal) as (url, _), pytest.raises(EngineDown, match="es_rejected"):
        ElasticsearchEngine(url, "offers").search(ALL)


def test_one_refused_search_of_a_wave_is_a_failure():
    refusal = {"responses": [{"error": {"type": "es_rejected_execution_exception"}, "status": 429}]}
    with canned(body=refusal) as (url, _), pytest.raises(EngineDown):
        ElasticsearchEngine(url, "offers").search(ALL)


@pytest.mark.parametrize("status", [200, 502])
def test_a_proxy_s_page_instead_of_an_answer_is_down(status):
    with canned(status=status, body="<html>") as (url, _), pytest.raises(EngineDown):
        ElasticsearchEngine(url, "offers").search(ALL)


def test_the_api_key_goes_with_every_request():
    with canned() as (url, server):
        ElasticsearchEngine(url, "offers", api_key="c2VjcmV0").search(ALL)
    assert [headers["authorization"] for headers in server.asked] == ["ApiKey c2VjcmV0"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_tls_is_verified_by_the_given_authority(tmp_path: Path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([*make, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with canned(context) as (url, _):
        assert ElasticsearchEngine(url, "offers", ca_certs=certificate).search(ALL).exact.total.value == 0
        with pytest.raises(EngineDown):
            ElasticsearchEngine(url, "offers").search(ALL)
