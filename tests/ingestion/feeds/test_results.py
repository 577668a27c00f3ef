"""What an editor frees or takes is in the results, or out of them, soon after it was asked.

How soon is measured by `benchmarks/freshness.py`: a busy machine must not fail this.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from indexer.duckdb_engine import DuckDBEngine
from indexer.follow import Follower, following
from indexer.rebuild import rebuild
from ingestion.feeds.feeding import Feeding, feeding
from ingestion.loads import load_rpps
from models.codes import Viewer
from models.offer import Offer
from relevance.plan import Plan
from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import declared, one_each, rpps, slot, until
from tests.ingestion.given import AT, options, people
from tests.servers.editors import Running

ONE = f"p:{rpps(1)}"


class Clock:
    """An instant that moves when it is told to."""

    at = AT

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feeds(database: Engine, editor: Running, clock: Clock, tmp_path: Path) -> Iterator[Feeding]:
    """Dr Martel, with a slot at an editor that is asked only when a check says so."""
    load_rpps(database, people(tmp_path / "rpps.txt", 1), options(tmp_path))
    editor.begin(one_each(1))
    declared(database, editor.declared(), rpps(1))
    with feeding(database, clock, round_s=HOUR, rested_s=HOUR) as feeds:
        yield feeds


@pytest.fixture
def offered(database: Engine, feeds: Feeding, clock: Clock, tmp_path: Path) -> Iterator[Callable[[], Offer]]:
    """A function that tells Dr Martel's offer as it is found."""
    engine = DuckDBEngine(tmp_path / "index")
    rebuild(database, engine, AT)

    def found() -> Offer:
        hits = engine.search(Plan(clock() // 60 * 60, Viewer.REGULATION)).exact.hits
        return hits[0].offer

    with following(Follower(database, engine, clock, poll_s=0.05)):
        yield found
    engine.close()


def check(feeds: Feeding, clock: Clock) -> str:
    clock.at += 20
    return feeds.check([ONE]).result(60)[ONE]


def test_a_slot_that_is_taken_then_one_that_is_freed(
    feeds: Feeding, offered: Callable[[], Offer], editor: Running, clock: Clock
):
    assert check(feeds, clock) == "ok"
    assert until(lambda: [each.start for each in offered().availabilities] == [AT + HOUR])
    editor.slots(taken=["s1"])
    assert check(feeds, clock) == "ok"
    assert until(lambda: offered().availabilities == ())
    assert offered().slot_state == "known"
    editor.slots(slots={rpps(1): [slot("freed", AT + 2 * HOUR)]})
    assert check(feeds, clock) == "ok"
    assert until(lambda: [each.start for each in offered().availabilities] == [AT + 2 * HOUR])


def test_an_editor_that_stops_answering_is_unknown_and_the_slot_stays_with_its_age(
    feeds: Feeding, offered: Callable[[], Offer], editor: Running, clock: Clock
):
    assert check(feeds, clock) == "ok"
    assert until(lambda: offered().slot_state == "known")
    checked = clock()
    editor.fault("status", count=500)
    assert check(feeds, clock) == "status"
    assert until(lambda: offered().slot_state == "unknown")
    assert [(each.start, each.checked_at) for each in offered().availabilities] == [(AT + HOUR, checked)]
    assert [each.asked_at for each in offered().silent_sources] == [clock()]
