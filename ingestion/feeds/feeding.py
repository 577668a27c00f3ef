"""Keeping slots fresh beside a server: a thread that sweeps the active editors, and asks again for whom it is told to.

Each round asks every editor for what its budget gives to a round, so that calls are spread over the hour; the order of
turns is made anew each time. What an editor has not confirmed for a day leaves.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, exists, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from ingestion.feeds import budget
from ingestion.feeds.accounts import tell
from ingestion.feeds.editors import NEVER, Declared, editors, follow, hush
from ingestion.feeds.sweeping import RESTED_S, Clock, Feeds, Swept
from ingestion.staging import table_of
from models.outbox import enqueue
from models.slots import EDITOR
from models.store import writing
from models.tables import Availability, Editor, SlotFeed
from models.turns import of_editor, take_turn

ROUND_S: Final = 20.0
"""How often each editor is asked. A tenth of what a person calls fresh, and few enough readings of whose turn it is."""

REST: Final = 0.75
"""Of a round, what must be over before another process makes one: the budget of an hour is spread once."""

UNSEEN_S: Final = 86_400
"""How long a slot stays that its editor confirms no more. An agenda that breaks down in the evening still has tomorrow
morning's; after a day, a third of the three days that were asked for has been decided again by people."""

LEAVE_S: Final = 5.0
"""How long whoever stops waits for the answers that are being written."""

_HOUR: Final = 3_600
_EDITOR, _FEED, _AVAILABILITY = table_of(Editor), table_of(SlotFeed), table_of(Availability)

log = structlog.get_logger("annuaire.feeds")


class Feeding:
    """The thread that feeds, and how to ask it for more; built by `feeding`."""

    def __init__(self, database: Engine, clock: Clock, *, round_s: float = ROUND_S, rested_s: int = RESTED_S) -> None:
        self._database = database
        self._clock = clock
        self._round_s = round_s
        self._rested_s = rested_s
        self._ready = Event()
        self._feeds: Feeds
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    def check(self, subjects: Iterable[str]) -> "Future[Mapping[str, str]]":
        """Ask again for some people now, from any thread; see `Feeds.check`."""
        self._ready.wait()
        return asyncio.run_coroutine_threadsafe(self._feeds.check(subjects), self._loop)

    def settled(self, subject: str) -> None:
        """Ask for somebody whose participation was just written, wherever they say now; from any thread, at once."""
        self._ready.wait()
        with suppress(RuntimeError):  # the thread has ended: the next one follows what was written
            self._loop.call_soon_threadsafe(lambda: self._feeds.apart(self._asked_for(subject)))

    def stop(self) -> None:
        """Tell the thread to end; requests on their way are given up."""
        self._ready.wait()
        self._loop.call_soon_threadsafe(self._stop.set)

    async def run(self) -> None:
        """Feed until told to stop, through the failures of the database."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with Feeds(self._database, self._clock, rested_s=self._rested_s) as self._feeds:
            self._ready.set()
            rounds = [asyncio.create_task(self._rounds(one)) for one in (self._round, self._tell)]
            await self._stop.wait()
            for each in rounds:
                each.cancel()
            await asyncio.gather(*rounds, return_exceptions=True)

    async def _rounds(self, make: Callable[[], Awaitable[None]]) -> None:
        """A round, and another one a while after."""
        while True:
            await make()
            await asyncio.sleep(self._round_s)

    async def _tell(self) -> None:
        """Tell every active editor that takes them the accounts of regulators that it has not got."""
        try:
            found = [editor for editor in await asyncio.to_thread(self._active) if editor.accounts]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and the next round may do better
            _said("", error)
            return
        telling = (tell(self._feeds, self._database, self._clock, editor) for editor in found)
        for editor, ended in zip(found, await asyncio.gather(*telling, return_exceptions=True), strict=True):
            _said(editor.name, ended if isinstance(ended, BaseException) else None)

    async def _round(self) -> None:
        """Ask every active editor for its share of a round; forget what was not confirmed.

        A failure is said, and ends nothing but what failed.
        """
        try:
            found = await asyncio.to_thread(self._active)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and the next round may do better
            _said("", error)
            return
        rest_s = int(self._round_s * REST)
        sweeps = (self._feeds.sweep(editor, self._most(editor), rest_s=rest_s) for editor in found)
        for editor, swept in zip(found, await asyncio.gather(*sweeps, return_exceptions=True), strict=True):
            _said(editor.name, swept)
        after = (self._forget(), asyncio.to_thread(self._follow_paused))
        for ended in await asyncio.gather(*after, return_exceptions=True):
            _said("", ended)

    async def _asked_for(self, subject: str) -> None:
        """Follow what somebody says at every editor, and ask those where nobody has asked for them yet."""
        try:
            await asyncio.to_thread(self._follow, subject)
            await self._feeds.check([subject])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and the next round asks
            _said("", error)

    def _follow(self, subject: str) -> None:
        with self._database.connect() as connection:
            found = editors(connection)
        for editor in found:
            follow(self._database, editor, self._clock(), subject)

    async def _forget(self) -> None:
        """Forget what was not confirmed."""
        if gone := await asyncio.to_thread(forget_unseen, self._database, self._clock()):
            log.info("feeds.forgotten", subjects=gone)

    def _follow_paused(self) -> None:
        """Follow who says to use an editor that is paused, as a sweep does for the others; it answers nobody."""
        with self._database.connect() as connection:
            paused = [editor for editor in editors(connection) if not editor.active]
        for editor in paused:
            follow(self._database, editor, self._clock())
            hush(self._database, editor, self._clock())

    def _active(self) -> list[Declared]:
        with self._database.connect() as connection:
            return editors(connection, active=True)

    def _most(self, editor: Declared) -> int:
        """How many requests of a round spread the budget of an hour over it."""
        return max(1, int(budget.share(editor.calls_per_hour, "sweep") * self._round_s / _HOUR))


@contextmanager
def feeding(database: Engine, clock: Clock, *, round_s: float = ROUND_S, rested_s: int = RESTED_S) -> Iterator[Feeding]:
    """Feed in a thread for the time of a block."""
    fed = Feeding(database, clock, round_s=round_s, rested_s=rested_s)
    thread = Thread(target=lambda: asyncio.run(fed.run()), name="annuaire-feeding", daemon=True)
    thread.start()
    try:
        yield fed
    finally:
        fed.stop()
        thread.join(LEAVE_S)


def _said(editor: str, ended: Swept | BaseException | None) -> None:
    """Log how something ended, if there is anything to say."""
    if isinstance(ended, SQLAlchemyError):
        reason = f"{type(ended).__name__}: {str(ended).partition(chr(10))[0][:200]}"
        log.warning("feeds.failed", editor=editor, reason=reason)
    elif isinstance(ended, BaseException):
        log.error("feeds.failed", editor=editor, exc_info=ended)
    elif ended is not None and ended.asked:
        log.debug("feeds.swept", editor=editor, asked=ended.asked, outcomes=dict(ended.outcomes))


def forget_unseen(database: Engine, now: int) -> int:
    """Remove the slots that their editor has not confirmed for too long; it is then unknown for whom it concerns.

    How many subjects that is.
    """
    with database.connect() as connection:
        if not (found := _unseen(connection, now - UNSEEN_S)):
            return 0
    with writing(database) as connection:
        held = {editor for editor, _ in found}
        take_turn(connection, *map(of_editor, held))
        found = [(editor, subject) for editor, subject in _unseen(connection, now - UNSEEN_S) if editor in held]
        for editor, subject in found:
            own = {"subject": subject, "source_kind": EDITOR, "source_name": editor}
            old = _AVAILABILITY.c.checked_at < now - UNSEEN_S
            connection.execute(delete(_AVAILABILITY).where(*_same(_AVAILABILITY, own), old))
            connection.execute(update(_FEED).values(answered=False).where(*_same(_FEED, own)))
        enqueue(connection, (subject for _, subject in found), now)
    return len(found)


def _unseen(connection: Connection, before: int) -> list[tuple[str, str]]:
    """Editor and subject of the feeds that did not answer since then, and still say that they did, or have slots."""
    slots = exists().where(
        _AVAILABILITY.c.subject == _FEED.c.subject,
        _AVAILABILITY.c.source_kind == EDITOR,
        _AVAILABILITY.c.source_name == _FEED.c.source_name,
        _AVAILABILITY.c.checked_at < before,
    )
    query = select(_FEED.c.source_name, _FEED.c.subject).where(
        _FEED.c.source_kind == EDITOR,
        _FEED.c.source_name.in_(select(_EDITOR.c.name)),
        func.coalesce(_FEED.c.answered_at, NEVER) < before,
        or_(_FEED.c.answered, slots),
    )
    return [(editor, subject) for editor, subject in connection.execute(query)]


def _same(table: Table, values: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in values.items()]
