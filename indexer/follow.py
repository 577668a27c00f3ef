"""Following the database: what changed, and what time changes by itself, reaches the index in order.

The follower reads the outbox after the index's own position, makes the subjects' offers again and applies them. It may
be killed anywhere: the position is the index's, a replayed version changes nothing. It runs as a thread of the process
that serves from DuckDB, and as `annuaire index follow` beside Elasticsearch.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import Connection, and_, select
from sqlalchemy import Engine as Database
from sqlalchemy.exc import SQLAlchemyError

from indexer import outbox, reading
from indexer.collecting import few_collections
from indexer.documents import offers_for
from indexer.outbox import RebuildNeeded, snapshot
from indexer.protocol import Change, Engine, EngineError, GenerationGone
from indexer.rebuild import built_at
from models.outbox import enqueue
from models.slot_rows import AHEAD_S, PAST_S
from models.store import writing

BATCH: Final = 1_000
"""Changes applied at once."""

ROLL_EVERY_S: Final = 60
PURGE_EVERY_S: Final = 3_600
KEPT_S: Final = 86_400
"""How long changes that are applied stay in the outbox."""

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0

LEAVE_S: Final = 5.0
"""How long a follower that is told to stop waits for the roll that it has begun."""

Clock = Callable[[], int]
"""Epoch seconds."""

log = structlog.get_logger("annuaire.follow")


class Follower:
    """Applies the changes of a database to an index. One follower at a time is enough; several do no harm."""

    def __init__(self, database: Database, engine: Engine, clock: Clock, *, poll_s: float = 0.2) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._poll_s = poll_s
        self._rolled = ("", 0)
        self._purged_at = 0

    def step(self) -> int:
        """Apply the first changes that wait; how many, 0 when none does or when no generation answers.

        0 too when a generation is swapped in meanwhile: nothing was applied to it, and it goes on from its own place.

        Raises:
            RebuildNeeded: the outbox does not go on from the index's position.
            EngineError: the engine failed.
            SQLAlchemyError: the database failed.

        """
        status = self._engine.status()
        if not status.generation:
            return 0
        with few_collections(), snapshot(self._database) as connection:
            outbox.check_continues(connection, status)
            waiting = outbox.waiting(connection, status.position, BATCH)
            changes = _changes(connection, {row.subject: row.seq for row in waiting}, self._clock())
        if waiting:
            try:
                self._engine.apply(changes, waiting[-1].seq, status.generation, waiting[-1].stamp)
            except GenerationGone:
                log.info("follow.swapped", former=status.generation)
                return 0
        return len(waiting)

    def roll(self) -> int:
        """Ask for the subjects whose availabilities entered or left the index's horizon; how many.

        Since the last roll of this generation, else since it was built; nobody before there is one.

        Raises:
            EngineError: the engine failed.
            SQLAlchemyError: the database failed.

        """
        now, generation = self._clock(), self._engine.status().generation
        if not generation:
            return 0
        since = self._since(generation)
        with snapshot(self._database) as connection:
            subjects = crossing(connection, since, now)
        if subjects:
            with writing(self._database) as connection:
                enqueue(connection, sorted(subjects), now)
        self._rolled = (generation, now)
        return len(subjects)

    def _since(self, generation: str) -> int:
        """The last roll; for a generation new here, a roll before its name: its offers were read a little later."""
        rolled, at = self._rolled
        return at if rolled == generation else (built_at(generation) or 0) - ROLL_EVERY_S

    def purge(self) -> int:
        """Forget the changes that were applied a day ago; how many.

        Raises:
            EngineError: the engine failed.
            SQLAlchemyError: the database failed.

        """
        position, before = self._engine.status().position, self._clock() - KEPT_S
        with writing(self._database) as connection:
            return outbox.purge(connection, position, before)

    def lag_seconds(self) -> int | None:
        """The age of the oldest change that the index does not have; 0 when it has them all.

        None when the outbox does not go on from the index's position: it must be rebuilt.

        Raises:
            EngineError: the engine failed.
            SQLAlchemyError: the database failed.

        """
        status = self._engine.status()
        with snapshot(self._database) as connection:
            return outbox.lag_seconds(connection, status, self._clock())

    def run(self, stop: Event) -> None:
        """Follow until told to stop, through the failures of the engine and of the database.

        Time is rolled apart: writing to the outbox may wait for a load to end, following may not.
        """
        rolling = Thread(target=_persist, args=(self._tend, stop), name="annuaire-roll", daemon=True)
        rolling.start()
        _persist(self._drain, stop)
        rolling.join(LEAVE_S)

    def _drain(self) -> float:
        """A step, then how many seconds to wait before the next."""
        return 0.0 if self.step() == BATCH else self._poll_s

    def _tend(self) -> float:
        """Roll the horizon, forget former generations, purge the outbox at times, then how many seconds to wait."""
        self.roll()
        self._engine.prune()
        if self._clock() >= self._purged_at + PURGE_EVERY_S:
            self.purge()
            self._purged_at = self._clock()
        return ROLL_EVERY_S


@contextmanager
def following(follower: Follower) -> Iterator[None]:
    """Follow in a thread for the time of a block."""
    stop = Event()
    thread = Thread(target=follower.run, args=(stop,), name="annuaire-follow", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _changes(connection: Connection, asked: Mapping[str, int], now: int) -> list[Change]:
    """What the subjects' offers are now, and those of the structures where these people practise."""
    versions = dict(asked)
    for person, structure in reading.structures_of(connection, asked):
        versions[structure] = max(versions.get(structure, 0), asked[person])
    offers = offers_for(connection, versions, now)
    return [Change(subject, offers[subject], version) for subject, version in versions.items()]


def crossing(connection: Connection, since: int, now: int) -> set[str]:
    """The subjects with an availability that entered or left the index's horizon between two instants."""
    slots = reading.AVAILABILITY.c
    entered = and_(slots.start >= since + AHEAD_S, slots.start < now + AHEAD_S)
    left = and_(slots.end > since - PAST_S, slots.end <= now - PAST_S)
    found = (connection.scalars(select(slots.subject).where(crossed).distinct()) for crossed in (entered, left))
    return {subject for subjects in found for subject in subjects}


def _persist(task: Callable[[], float], stop: Event) -> None:
    """Do a task again and again, after the pause that it gives; after a failure, later and later.

    An index that must be rebuilt is such a failure: it is said until someone does, and followed from then on.
    """
    failures = 0
    while not stop.is_set():
        try:
            pause = task()
        except (EngineError, RebuildNeeded, SQLAlchemyError, OSError) as error:
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures)
            failures += 1
            log.warning("follow.failed", reason=_reason(error), failures=failures, again_in_s=pause)
        else:
            if failures:
                log.info("follow.back", failures=failures)
            failures = 0
        stop.wait(pause)


def _reason(error: Exception) -> str:
    """What failed, in one short line."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:200]}"
