"""What changes in the database, and what time changes, reaches the index: in order, once, whatever is killed."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import text
from structlog.testing import capture_logs

from indexer import follow, outbox, reading
from indexer.follow import Follower, following
from indexer.outbox import RebuildNeeded, snapshot
from indexer.protocol import EngineDown
from indexer.rebuild import rebuild
from models import store
from models.offer import Offer
from models.slot_rows import AHEAD_S
from registry import calls
from registry.participation import Settings, settle
from tests.indexer.given import CLAIRE, DAY, HOUR, JEAN, NOW, Given, made
from tests.memory_engine import MemoryEngine

MINUTE = 60


class World:
    """A database, an engine that has it all, a follower between them, and a clock that a test moves."""

    def __init__(self, database: Database, engine: MemoryEngine) -> None:
        self.database, self.engine, self.now = database, engine, NOW
        self.given = Given(database)
        self.follower = Follower(database, engine, lambda: self.now, poll_s=0.01)

    def indexed(self) -> list[Offer]:
        return list(self.engine.all_offers())

    def made(self) -> list[Offer]:
        return made(self.database, self.now)

    def catch_up(self) -> None:
        while self.follower.step():
            pass

    def changes(self) -> list[tuple[str, int]]:
        """What was applied, in order: subjects with their versions."""
        return [(change.subject, change.version) for batch, _ in self.engine.applied for change in batch]

    def outbox(self) -> list[tuple[int, str]]:
        with self.database.connect() as connection:
            return [(row.seq, row.subject) for row in outbox.waiting(connection, 0, 1_000)]


@pytest.fixture
def world(any_database: Database) -> World:
    """Claire in her practice and at a structure, indexed."""
    world = World(any_database, MemoryEngine())
    world.given.practice()
    world.given.structure()
    world.given.place("finess:690000001")
    world.given.activity(place="finess:690000001")
    world.given.changed("p:" + CLAIRE)
    rebuild(any_database, world.engine, NOW)
    return world


# A change -------------------------------------------------------------------------------------------------------------


def test_a_change_is_applied_and_the_position_is_the_index_s(world: World) -> None:
    world.given.slot()
    world.given.changed(f"p:{CLAIRE}")
    assert world.follower.step() == 1
    assert world.indexed() == world.made()
    assert world.engine.status().position == 2
    assert world.follower.step() == 0


def test_what_is_gone_leaves_the_index(world: World) -> None:
    world.given.suppressed(f"p:{CLAIRE}")
    world.given.changed(f"p:{CLAIRE}")
    world.catch_up()
    assert [offer.kind for offer in world.indexed()] == ["structure"]


def test_a_change_of_someone_reaches_the_structures_where_they_practise_or_did(world: World) -> None:
    structure = next(offer for offer in world.indexed() if offer.kind == "structure")
    assert structure.professions is not None
    world.given.execute("UPDATE activity SET departed_on = '2026-11-17' WHERE place_key = 'finess:690000001'")
    world.given.changed(f"p:{CLAIRE}")
    world.catch_up()
    assert world.engine.offer(structure.id) != structure
    assert world.indexed() == world.made()


def test_what_somebody_settles_reaches_the_structure_that_they_join_and_leave(world: World) -> None:
    joins = Settings(f"p:{CLAIRE}", active=True, via="msp", structure="s:690000603", software=False, two_hours=True)
    world.given.structure("690000603", category="603")
    world.given.changed("s:690000603")
    world.catch_up()
    for settings, expected in ((joins, True), (Settings(f"p:{CLAIRE}"), None), (joins, True)):
        with store.writing(world.database) as connection:
            settle(connection, settings, NOW)
        world.catch_up()
        assert world.indexed() == world.made()
        (msp,) = (offer for offer in world.indexed() if offer.subject == "s:690000603")
        assert (msp.participation and msp.participation.active) is expected
    world.given.suppressed(f"p:{CLAIRE}")
    world.given.changed(f"p:{CLAIRE}")
    world.catch_up()
    assert world.indexed() == world.made()


def test_what_is_settled_is_in_searches_within_two_seconds(world: World) -> None:
    with following(Follower(world.database, world.engine, lambda: world.now)):
        with store.writing(world.database) as connection:
            settle(connection, Settings(f"p:{CLAIRE}", reorientation=True), NOW)
        until(lambda: any(offer.participation for offer in world.indexed()), seconds=2)


def test_what_a_call_gave_and_what_is_taken_back_of_it_is_in_searches_within_two_seconds(world: World) -> None:
    with following(Follower(world.database, world.engine, lambda: world.now)):
        called = world.given.called("refused")
        until(lambda: [offer.id for offer in world.indexed() if offer.fruitless] == [called], seconds=2)
        with store.writing(world.database) as connection:
            assert calls.withdraw(connection, called, "r", NOW)
        until(lambda: not any(offer.fruitless for offer in world.indexed()), seconds=2)


def test_a_call_that_tells_nothing_any_more_changes_no_document(world: World) -> None:
    """The index holds until when it sinks, and each search compares that with its own clock."""
    world.given.called("no_answer")
    world.catch_up()
    before, world.now = world.indexed(), NOW + DAY
    with store.writing(world.database) as connection:
        calls.forget(connection, world.now)
    assert world.follower.step() == 0
    assert world.indexed() == before


def test_changes_of_one_subject_are_applied_once_at_the_last_version(world: World) -> None:
    world.given.changed(f"p:{CLAIRE}")
    world.given.changed(f"p:{CLAIRE}", "p:nobody")
    world.given.changed(f"p:{CLAIRE}")
    world.follower.step()
    assert dict(world.changes()) == {f"p:{CLAIRE}": 5, "p:nobody": 4, "s:690000001": 5}
    assert len(world.changes()) == 3


def test_changes_are_applied_in_order_by_bounded_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "BATCH", 2)
    world.given.changed(*(f"p:{number}" for number in range(5)))
    assert [world.follower.step() for _ in range(4)] == [2, 2, 1, 0]
    assert [position for _, position in world.engine.applied] == [3, 5, 6]
    assert world.changes() == [(f"p:{number}", 2 + number) for number in range(5)]


def test_applying_again_what_was_applied_changes_nothing(world: World) -> None:
    for hour in range(5):
        world.given.slot(start=NOW + hour * HOUR)
        world.given.changed(f"p:{CLAIRE}")
    world.catch_up()
    before = world.indexed()
    world.engine._current.position = 1
    world.catch_up()
    assert world.indexed() == before == world.made()
    assert world.engine.status().position == 6


def test_nothing_is_applied_nor_rolled_before_a_first_generation(database: Database, given: Given) -> None:
    engine = MemoryEngine()
    given.changed(given.practice())
    given.slot()
    follower = Follower(database, engine, lambda: NOW)
    assert (follower.step(), follower.roll()) == (0, 0)
    assert engine.applied == []


def test_a_rebuild_then_the_follower_miss_nothing(world: World) -> None:
    world.given.practice(JEAN, "tech:R2")
    world.given.changed(f"p:{JEAN}")
    rebuild(world.database, world.engine, NOW + 1)
    assert world.follower.step() == 0
    world.given.slot(f"p:{JEAN}")
    world.given.changed(f"p:{JEAN}")
    world.catch_up()
    assert world.indexed() == world.made()


# Time -----------------------------------------------------------------------------------------------------------------


def test_a_slot_that_enters_the_horizon_is_indexed_by_the_roll(world: World) -> None:
    world.given.slot(start=NOW + AHEAD_S + 30)
    world.given.slot("p:later", start=NOW + AHEAD_S + 90)
    assert world.follower.roll() == 0
    world.now += MINUTE
    assert world.follower.roll() == 1
    assert world.outbox()[1:] == [(2, f"p:{CLAIRE}")]
    world.catch_up()
    assert {len(offer.availabilities) for offer in world.indexed() if offer.kind == "professional"} == {1}
    assert world.follower.roll() == 0


def test_a_slot_that_is_over_leaves_the_index_by_the_roll(world: World) -> None:
    world.given.slot(start=NOW - 900 - HOUR + 30)
    world.given.changed(f"p:{CLAIRE}")
    world.catch_up()
    assert world.indexed() == world.made()
    assert any(offer.availabilities for offer in world.indexed())
    world.now += MINUTE
    assert world.follower.roll() == 1
    world.catch_up()
    assert not any(offer.availabilities for offer in world.indexed())


def test_the_first_roll_goes_back_to_when_the_index_was_built(world: World) -> None:
    world.given.slot(start=NOW + AHEAD_S + HOUR)
    world.now += 2 * HOUR
    assert Follower(world.database, world.engine, lambda: world.now).roll() == 1


def test_a_rebuild_whose_clock_is_before_the_last_roll_misses_no_slot(world: World) -> None:
    """The slot enters the horizon after the clock of the rebuild, and was rolled before its snapshot."""
    world.given.slot(start=NOW + AHEAD_S + 10)
    world.now = NOW + 20
    world.follower.roll()
    rebuild(world.database, world.engine, NOW)
    assert world.indexed() != world.made()
    world.now += MINUTE
    world.follower.roll()
    world.catch_up()
    assert world.indexed() == world.made()


def test_former_generations_are_forgotten_by_the_follower(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "ROLL_EVERY_S", 0.05)
    former = world.engine.status().generation
    rebuild(world.database, world.engine, NOW + 1)
    world.engine._former[former] = world.engine._current
    with following(world.follower):
        until(lambda: former not in world.engine._former)


def test_applied_changes_are_purged_after_a_day_but_never_the_last(world: World) -> None:
    world.given.changed("p:old", at=NOW - 2 * DAY)
    world.given.changed("p:fresh", at=NOW - HOUR)
    world.given.changed("p:waiting", at=NOW - 2 * DAY)
    world.engine.apply((), 3, world.engine.status().generation, f"p:fresh@{NOW - HOUR}")
    world.now += 10
    assert world.follower.purge() == 1
    assert [subject for _, subject in world.outbox()] == [f"p:{CLAIRE}", "p:fresh", "p:waiting"]
    world.catch_up()
    world.now += 2 * DAY
    world.follower.purge()
    assert [subject for _, subject in world.outbox()] == ["p:waiting"]


def test_the_lag_is_the_age_of_the_oldest_change_not_applied(world: World) -> None:
    assert world.follower.lag_seconds() == 0
    world.given.changed("p:a", at=NOW)
    world.given.changed("p:b", at=NOW + 20)
    world.now += 30
    assert world.follower.lag_seconds() == 30
    world.catch_up()
    assert world.follower.lag_seconds() == 0


# Outages --------------------------------------------------------------------------------------------------------------


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(follow, "LONGEST_PAUSE_S", 0.1)


def test_the_follower_waits_for_an_engine_that_is_down_and_goes_on_when_it_is_back(world: World) -> None:
    world.engine.down = True
    world.given.slot()
    world.given.changed(f"p:{CLAIRE}")
    with capture_logs() as logs, following(world.follower):
        until(lambda: len(logs) >= 3)
        world.engine.down = False
        until(lambda: world.engine.status().position == 2)
        until(lambda: any(entry["event"] == "follow.back" for entry in logs))
    failed = [entry for entry in logs if entry["event"] == "follow.failed"]
    assert all(entry["reason"].startswith(EngineDown.__name__) for entry in failed)
    assert max(entry["again_in_s"] for entry in failed) <= 0.1
    assert world.indexed() == world.made()


def test_the_follower_waits_for_a_database_that_is_away_and_goes_on_when_it_is_back(world: World) -> None:
    world.given.slot()
    world.given.changed(f"p:{CLAIRE}")
    world.given.execute("ALTER TABLE outbox RENAME TO away")
    with capture_logs() as logs, following(world.follower):
        until(lambda: any(entry["event"] == "follow.failed" for entry in logs))
        world.given.execute("ALTER TABLE away RENAME TO outbox")
        until(lambda: world.engine.status().position == 2)
    assert world.indexed() == world.made()


def test_the_follower_survives_the_end_of_its_connections(postgresql_url: str, postgresql_database: str) -> None:
    engine = store.connect(postgresql_database)
    reading.PROFESSIONAL.metadata.create_all(engine)
    world = World(engine, MemoryEngine())
    world.given.practice()
    rebuild(engine, world.engine, NOW)
    with following(world.follower):
        server = store.connect(postgresql_url)
        with server.connect() as connection:
            name = engine.url.database
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(ended), {"name": name})
        server.dispose()
        world.given.slot()
        world.given.changed(f"p:{CLAIRE}")
        until(lambda: world.engine.status().position == 1)
    assert world.indexed() == world.made()
    engine.dispose()


def test_a_snapshot_sees_one_state(any_database: Database) -> None:
    given = Given(any_database)
    given.changed("p:a")
    with snapshot(any_database) as connection:
        assert outbox.last_position(connection) == 1
        given.changed("p:b")
        assert outbox.last_position(connection) == 1


# A rebuild is needed --------------------------------------------------------------------------------------------------


def test_an_index_further_than_the_outbox_is_not_followed_and_its_lag_is_unknown(world: World) -> None:
    """The database was made again, or restored from before."""
    world.engine._current.position = 2
    with pytest.raises(RebuildNeeded, match="the index is at change 2, the outbox goes from 1 to 1"):
        world.follower.step()
    assert world.follower.lag_seconds() is None
    rebuild(world.database, world.engine, NOW + 1)
    assert (world.follower.step(), world.follower.lag_seconds()) == (0, 0)


def test_an_index_over_an_outbox_that_is_empty_is_not_followed(database: Database) -> None:
    engine = MemoryEngine()
    rebuild(database, engine, NOW)
    follower = Follower(database, engine, lambda: NOW)
    assert (follower.step(), follower.lag_seconds()) == (0, 0)
    engine._current.position = 1
    assert follower.lag_seconds() is None


def test_an_index_of_another_database_that_has_grown_as_far_is_not_followed(world: World) -> None:
    """Made again or restored, then changed: the same position is another change."""
    world.given.changed("p:a", "p:b")
    world.follower.step()
    assert world.engine.status().stamp == f"p:b@{NOW}"
    world.given.execute("UPDATE outbox SET created_at = created_at + 1")
    world.given.changed("p:c")
    with pytest.raises(RebuildNeeded, match="which is of p:b@"):
        world.follower.step()
    assert world.follower.lag_seconds() is None
    rebuild(world.database, world.engine, NOW + 1)
    assert (world.follower.step(), world.follower.lag_seconds()) == (0, 0)


def test_changes_purged_before_an_index_had_them_are_not_skipped(world: World) -> None:
    world.given.changed("p:purged", "p:kept")
    world.given.execute("DELETE FROM outbox WHERE seq <= 2")
    with pytest.raises(RebuildNeeded):
        world.follower.step()
    assert (world.engine.status().position, world.follower.lag_seconds()) == (1, None)
    world.engine._current.position = 2
    assert world.follower.step() == 1


def test_numbers_that_the_database_skips_are_no_missing_changes_after_a_purge(world: World) -> None:
    world.given.execute("INSERT INTO outbox (seq, subject, created_at) VALUES (9, 'p:nobody', 0)")
    world.now += 2 * DAY
    world.follower.purge()
    assert world.follower.step() == 1


def test_the_follower_says_that_a_rebuild_is_needed_and_goes_on_after_it(world: World) -> None:
    world.engine._current.position = 7
    with capture_logs() as logs, following(world.follower):
        until(lambda: any(entry["event"] == "follow.failed" for entry in logs))
        rebuild(world.database, world.engine, NOW + 1)
        world.given.changed("p:nobody")
        until(lambda: world.engine.status().position == 2)
    assert logs[0]["reason"].startswith("RebuildNeeded: the index is at change 7")
