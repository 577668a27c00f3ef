"""The pipeline on the real engines: rebuilt, followed, killed, in time; the counts are everywhere the same."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine as Database

from indexer import reading
from indexer.duckdb_engine import DuckDBEngine
from indexer.duckdb_files import KEPT_S
from indexer.follow import Follower, following
from indexer.protocol import Change, Engine, GenerationGone
from indexer.rebuild import rebuild
from models import store
from models.codes import Viewer
from models.geo import Point
from models.outbox import enqueue
from relevance.plan import Circle, Plan, Window
from tests.contract.engines import fill
from tests.indexer import engines
from tests.indexer.given import HOUR, NOW, Given, made
from tests.memory_engine import MemoryEngine

VILLEURBANNE = Point(45.77, 4.88)
PEOPLE = 18


@pytest.fixture(params=engines.NAMES)
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Each engine in turn, empty."""
    with engines.spec_of(request.param, tmp_path, request) as spec:
        yield spec


@pytest.fixture
def engine(spec: str) -> Iterator[Engine]:
    with engines.opened(spec) as engine:
        yield engine


def people(given: Given) -> list[str]:
    """Some of every kind: practices, structures, declarations, slots, an association with a fixed point."""
    given.structure(long_name="CENTRE DE SANTÉ BELLECOUR", phone="+33400000009")
    given.place("finess:690000001")
    subjects = [given.practice(f"8101000000{number:02d}", f"tech:R{number}") for number in range(PEOPLE)]
    for number in range(0, PEOPLE, 3):
        given.activity(f"8101000000{number:02d}", "finess:690000001", profession="60", skill=None, skill_type=None)
        given.declares(subjects[number], care=["suture"], languages=[], sector="1", participation=True, via="cpts")
        given.slot(subjects[number], start=NOW + HOUR + number)
        given.feed(subjects[number], answered=bool(number % 2))
    nowhere = {"street": None, "postal_code": None, "insee": None, "commune": None, "lat": None, "lon": None}
    given.structure("34173748400020", name="SOS Médecins", category="sos", source="fhir:e", **nowhere)
    given.place("addr:nord", siret="34173748400020", source="fhir:e", name="Nord")
    return subjects


def test_the_index_is_the_database(database: Database, given: Given, engine: Engine) -> None:
    people(given)
    rebuilt = rebuild(database, engine, NOW)
    assert rebuilt.offers == engine.status().offers == len(made(database)) == PEOPLE + PEOPLE // 3 + 2
    assert list(engine.all_offers()) == made(database)


def test_following_gives_what_a_rebuild_gives(database: Database, given: Given, engine: Engine) -> None:
    subjects = people(given)
    rebuild(database, engine, NOW)
    follower = Follower(database, engine, lambda: NOW)
    given.changed(subjects[0])
    follower.step()
    assert engine.status().stamp == f"{subjects[0]}@{NOW}"
    given.suppressed(subjects[0])
    given.declares(subjects[1], care=[])
    given.execute("UPDATE activity SET departed_on = '2026-11-17' WHERE professional_id = :who", who=subjects[3][2:])
    given.execute("UPDATE structure SET street = 'Ampère', lat = NULL, lon = NULL WHERE id = '690000001'")
    given.slot("s:34173748400020", place_key="addr:nord", specialties=["SM54"])
    given.practice("810199999999", "tech:new")
    given.changed(*subjects, "s:690000001", "s:34173748400020", "p:810199999999")
    while follower.step():
        pass
    assert list(engine.all_offers()) == made(database)
    assert engine.status().offers == len(made(database))
    former = list(engine.all_offers())
    assert rebuild(database, engine, NOW, forced=True).former == len(former)
    assert list(engine.all_offers()) == former


@pytest.fixture(params=[*engines.NAMES, "memory"])
def any_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Each engine in turn, and the one of the tests."""
    if request.param == "memory":
        yield MemoryEngine()
        return
    with engines.spec_of(request.param, tmp_path, request) as spec, engines.opened(spec) as engine:
        yield engine


def test_a_generation_swapped_in_before_a_batch_is_applied_misses_no_change(
    database: Database, given: Given, any_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = people(given)
    rebuild(database, any_engine, NOW)
    builder = any_engine.build("offers-20261118-120000")
    builder.add(made(database))
    builder.finish(0)
    follower, apply = Follower(database, any_engine, lambda: NOW), any_engine.apply
    given.declares(subjects[1], care=["suture"])
    given.changed(subjects[1])
    assert follower.step() == 1

    def swapped_first(changes: Sequence[Change], position: int, generation: str, stamp: str) -> None:
        builder.swap()
        monkeypatch.undo()
        apply(changes, position, generation, stamp)

    monkeypatch.setattr(any_engine, "apply", swapped_first)
    given.declares(subjects[2], care=["suture"])
    given.changed(subjects[2])
    assert follower.step() == 0
    assert (any_engine.status().generation, any_engine.status().position) == (builder.generation, 0)
    assert follower.step() == 2
    assert list(any_engine.all_offers()) == made(database)
    assert any_engine.status().position == 2


def test_changes_that_follow_another_generation_are_refused(any_engine: Engine) -> None:
    fill(any_engine, [], "offers-20261118-120000", 3)
    with pytest.raises(GenerationGone):
        any_engine.apply([], 9, "offers-20261118-110000")
    assert any_engine.status().position == 3


def test_who_reads_a_former_generation_ends_after_it_is_let_go(
    database: Database, given: Given, tmp_path: Path
) -> None:
    clock = [time.time()]
    engine = DuckDBEngine(tmp_path / "index", clock=lambda: clock[0])
    people(given)
    rebuild(database, engine, NOW)
    expected, former = made(database), engine.status().generation
    exported, exact = engine.all_offers(), engine.exact(Plan(NOW, Viewer.REGULATION), PEOPLE)
    read, found = [next(exported)], [next(exact)]
    rebuild(database, engine, NOW + 1)
    clock[0] += 2 * KEPT_S
    engine.prune()
    with pytest.raises(GenerationGone):
        engine.search(Plan(NOW, Viewer.REGULATION), generation=former)
    assert [*read, *exported] == expected
    assert len([*found, *exact]) == PEOPLE
    engine.close()


@contextmanager
def process(url: str, spec: str) -> Iterator[None]:
    """A follower in a process of its own, killed at the end of the block."""
    command = [sys.executable, "-m", "tests.indexer.follower_process", url, spec]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as running:
        try:
            yield
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()


def wait_for_position(spec: str, position: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    with engines.opened(spec) as engine:
        while engine.status().position < position:
            assert time.monotonic() < deadline, "the follower did not go so far in time"
            time.sleep(0.005)


def test_a_follower_killed_half_way_loses_nothing_and_doubles_nothing(
    database: Database, given: Given, spec: str
) -> None:
    subjects = people(given)
    with engines.opened(spec) as engine:
        rebuild(database, engine, NOW)
    for kill in range(2):
        for rank, subject in enumerate(subjects):
            given.slot(subject, start=NOW + 2 * HOUR + kill * 60 + rank)
        given.changed(*subjects)
        if kill:
            given.suppressed(subjects[0])
            given.changed(subjects[0])
        with process(str(database.url), spec):
            wait_for_position(spec, PEOPLE * kill + 7)
    with process(str(database.url), spec):
        wait_for_position(spec, 2 * PEOPLE + 1)
    with engines.opened(spec) as engine:
        assert list(engine.all_offers()) == made(database)


def test_a_change_is_found_by_a_search_while_a_load_writes(any_database: Database, engine: Engine) -> None:
    """How soon is measured by `benchmarks/freshness.py`: a busy machine must not fail this."""
    given, stop = Given(any_database), Event()
    subjects = people(given)
    rebuild(any_database, engine, NOW)
    soon = Window(NOW // 60 * 60, NOW // 60 * 60 + 60 * HOUR)
    plan = Plan(soon.start, Viewer.REGULATION, origin=VILLEURBANNE, area=Circle(1_000), window=soon, exact_limit=50)
    loading = Thread(target=load, args=(any_database, stop))
    with following(Follower(any_database, engine, lambda: NOW, poll_s=0.05)):
        loading.start()
        for subject in [subject for number, subject in enumerate(subjects) if number % 3]:
            before = engine.search(plan).exact.total.value
            given.slot(subject)
            given.changed(subject)
            written = time.monotonic()
            while engine.search(plan).exact.total.value == before:
                assert time.monotonic() < written + 60
                time.sleep(0.01)
        stop.set()
        loading.join()


def load(database: Database, stop: Event) -> None:
    """Write places and ask for subjects, a batch after the other, as loads do."""
    number = 0
    while not stop.is_set():
        number += 1
        rows = [{"key": f"tech:L{number}-{rank}", "digest": "", "source": "rpps"} for rank in range(300)]
        with store.writing(database) as connection:
            connection.execute(reading.PLACE.insert(), rows)
            enqueue(connection, (f"p:load-{number}-{rank}" for rank in range(100)), NOW)
        stop.wait(0.05)
