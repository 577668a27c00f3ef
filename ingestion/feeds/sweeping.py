"""Asking the declared editors: everybody in turn (a sweep), or some people now (a check).

`Feeds` asks over one event loop and writes over two threads: each answer is a short transaction of its own, with its
outbox, as soon as it comes. Killed anywhere, it loses the answers that were on their way.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final, Self, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ingestion.feeds import budget, journal, reading
from ingestion.feeds.client import DEADLINE_S, PAUSE_S, Client, Failed, Reply, unknown
from ingestion.feeds.editors import Declared, written_at
from ingestion.feeds.requests import Flow, Request, lots, window
from ingestion.feeds.turns import Turn, in_turn
from ingestion.fhir import Answer
from ingestion.slots import Replacing, replacing

CONCURRENCY: Final = 16
"""How many requests may be on their way, to all editors together."""
FOR_CHECKS: Final = 4
"""Of these, sweeps leave so many."""
RESTED_S: Final = 60
"""Nobody is asked for again sooner by a sweep: freshness is minutes."""
JUST_ASKED_S: Final = 15
"""Nor by a check."""

SPOILT: Final = {"status", "outcome", "malformed", "too_big"}
"""Failures that may be about one of those who were asked for together: they are asked for again by halves."""

Clock = Callable[[], int]
"""Epoch seconds."""
OnProgress = Callable[[int, int], None]
"""Called with the people asked for, and those to ask for."""

Lot = tuple[Flow, tuple[str, ...]]

_Value = TypeVar("_Value")

log = structlog.get_logger("annuaire.feeds")


@dataclass(slots=True)
class Swept:
    """What a sweep of an editor did: requests by outcome, people asked for, subjects whose offers change, people due.

    `held`: another sweep had the editor, and nothing was asked.
    """

    editor: str
    held: bool = False
    due: int = 0
    asked: int = 0
    touched: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


class Hand:
    """A thread that uses the database, and what applies answers on it."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="annuaire-feeds")
        self._open = ExitStack()
        self._replacing: Replacing | None = None

    async def do(self, work: Callable[..., _Value], *values: Any) -> _Value:  # Any: what the work takes
        """Do some work on the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *values))

    def apply(self, editor: str, answer: Answer, at: int) -> int:
        """Write an answer to what was asked at an instant; how many subjects' offers change. On the thread."""
        try:
            if self._replacing is None:
                self._replacing = self._open.enter_context(replacing(self._database))
            return self._replacing.apply(editor, [answer], at).touched
        except SQLAlchemyError:
            self._forsake()
            raise

    async def end(self) -> None:
        """Close what is open, and the thread."""
        await self.do(self._forsake)
        self._thread.shutdown()

    def _forsake(self) -> None:
        """Close what applies answers, whatever became of its connection."""
        self._replacing = None
        with suppress(SQLAlchemyError):
            self._open.close()


class Feeds:
    """The active editors and the database, for the time of a block on one event loop.

    Sweeps leave checks a way through: requests, a connection to each editor that has two, and a thread of their own.
    """

    def __init__(
        self,
        database: Engine,
        clock: Clock,
        *,
        deadline_s: float = DEADLINE_S,
        pause_s: float = PAUSE_S,
        rested_s: int = RESTED_S,
    ) -> None:
        self._database = database
        self._clock = clock
        self._rested_s = rested_s
        self._client = partial(Client, deadline_s=deadline_s, pause_s=pause_s)
        self._everywhere = asyncio.Semaphore(CONCURRENCY)
        self._swept = asyncio.Semaphore(CONCURRENCY - FOR_CHECKS)
        self._hands: dict[budget.Purpose, Hand] = {"sweep": Hand(database), "check": Hand(database)}
        self._clients: dict[tuple[Declared, tuple[int, ...]], Client] = {}
        self._closing = AsyncExitStack()
        self._asking: dict[tuple[str, str], asyncio.Future[str]] = {}
        self._begun: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._begun:
            task.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)
        await self._closing.aclose()
        for hand in self._hands.values():
            await hand.end()

    async def sweep(
        self,
        editor: Declared,
        most: int | None = None,
        on_progress: OnProgress = lambda _done, _all: None,
        *,
        rest_s: int = 0,
    ) -> Swept:
        """Ask an editor for everybody whose turn it is, in turn, `most` requests at most, as long as its budget lasts.

        Nobody, within `rest_s` of the end of another sweep, whichever process made it.

        Raises:
            SQLAlchemyError: the database failed.

        """
        sweep, hand = uuid.uuid4().hex, self._hands["sweep"]
        hold = partial(budget.hold, rest_s=rest_s)
        if not await hand.do(hold, self._database, editor.name, sweep, self._clock()):
            return Swept(editor.name, held=True)
        try:
            due = await hand.do(self._due, editor)
            swept = Swept(editor.name, due=len(due))
            waiting = islice(lots((turn.subject for turn in due), editor.flows), most)
            async with asyncio.TaskGroup() as group:
                for _ in range(max(1, editor.concurrency - 1)):
                    group.create_task(self._work(editor, waiting, sweep, swept, on_progress))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        else:
            return swept
        finally:
            await hand.do(budget.release, self._database, editor.name, sweep, self._clock())

    async def check(self, subjects: Iterable[str]) -> Mapping[str, str]:
        """Ask again for some people now, each editor that they have an agenda at; by subject, how that ended.

        `ok` when all of its editors answered, else one of the causes, `spent` when nothing was asked. Whoever is being
        asked for already is not asked for twice; whoever has just been is left as is.

        Raises:
            SQLAlchemyError: the database failed.

        """
        known = await self._hands["check"].do(self._agendas, list(dict.fromkeys(subjects)))
        checks = [self._check(editor, theirs) for editor, theirs in known.items()]
        ended: dict[str, str] = {}
        for outcomes in await asyncio.gather(*checks):
            for subject, outcome in outcomes.items():
                ended[subject] = outcome if ended.get(subject, "ok") == "ok" else ended[subject]
        return ended

    async def _check(self, editor: Declared, subjects: list[str]) -> Mapping[str, str]:
        """Ask one editor for those that nobody is asking it for, and wait for all of them."""
        keys = {subject: (editor.name, subject) for subject in subjects}
        new = [subject for subject, key in keys.items() if key not in self._asking]
        theirs = {subject: self._asking[key] for subject, key in keys.items() if key in self._asking}
        asked = [self._apart(self._ask(editor, lot)) for lot in lots(new, editor.flows)]
        outcomes: dict[str, str] = {}
        for reply, _ in await asyncio.gather(*asked):
            outcomes |= dict.fromkeys(reply.request.subjects, reply.outcome)
        for subject, future in theirs.items():
            outcomes[subject] = await asyncio.shield(future)
        return outcomes

    def _apart(self, asking: Coroutine[Any, Any, _Value]) -> "asyncio.Future[_Value]":
        """The same, which goes on when whoever began it leaves: others may wait for it."""
        task = asyncio.create_task(asking)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        return asyncio.shield(task)

    async def _work(
        self, editor: Declared, waiting: Iterator[Lot], sweep: str, swept: Swept, on_progress: OnProgress
    ) -> None:
        """Send the requests of a sweep one after the other, until there are none or the budget is spent."""
        for first in waiting:
            lots_to_ask = [first]
            while lots_to_ask:
                async with self._swept:
                    reply, touched = await self._ask(editor, lots_to_ask.pop(), sweep)
                swept.outcomes[reply.outcome] += 1
                swept.touched += touched
                if reply.outcome == "spent":
                    return
                lots_to_ask += halves(reply)
            swept.asked += len(first[1])
            on_progress(swept.asked, swept.due)

    async def _ask(self, editor: Declared, lot: Lot, sweep: str | None = None) -> tuple[Reply, int]:
        """Send a request, of a sweep or of a check, and write its answer; how many subjects' offers change.

        Those that wait for the same people are told.
        """
        at = self._clock()
        request = Request(*lot, window(at))
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        keys = [(editor.name, subject) for subject in request.subjects]
        self._asking |= dict.fromkeys(keys, future)
        hand = self._hands["sweep" if sweep else "check"]
        try:
            reply = await self._replied(editor, request, partial(self._claimed, hand, editor, sweep))
            touched = await hand.do(self._write, hand, editor.name, reply, at)
            future.set_result(reply.outcome)
            return reply, touched
        finally:
            if not future.done():
                future.set_result("cut")
            for key in keys:
                if self._asking.get(key) is future:
                    del self._asking[key]

    async def _replied(self, editor: Declared, request: Request, allowed: Callable[[], Awaitable[bool]]) -> Reply:
        """How a request ended; without our certificate it is not even sent."""
        try:
            client = await self.client_of(editor)
        except OSError as error:
            return unknown(request, Failed("tls", str(error)), time.monotonic())
        return await client.ask(request, allowed)

    async def client_of(self, editor: Declared) -> Client:
        """The client of an editor as it is declared now, and as its files are: certificates are renewed.

        Raises:
            OSError: a file of it is gone, or cannot be read.

        """
        version = (editor, written_at(editor))
        if version not in self._clients:
            self._clients[version] = await self._closing.enter_async_context(self._client(editor, self._everywhere))
        return self._clients[version]

    async def _claimed(self, hand: Hand, editor: Declared, sweep: str | None) -> bool:
        purpose: budget.Purpose = "sweep" if sweep else "check"
        return await hand.do(budget.claim, self._database, editor.name, purpose, self._clock(), sweep)

    def _write(self, hand: Hand, editor: str, reply: Reply, at: int) -> int:
        """Write an answer to what was asked at an instant, or that there is none; how many subjects' offers change."""
        if reply.outcome == "spent":
            return 0
        journal.note(self._database, editor, reply.outcome, reply.seconds, at)
        if reply.outcome != "ok":
            log.info("feeds.unknown", editor=editor, cause=reply.outcome, detail=reply.detail[:200])
        return hand.apply(editor, reply.answer, at)

    def _due(self, editor: Declared) -> list[Turn]:
        """Whose turn it is at an editor."""
        now = self._clock()
        with self._database.connect() as connection:
            return in_turn(reading.turns(connection, editor.name, now), now, rested_s=self._rested_s)

    def _agendas(self, subjects: list[str]) -> dict[Declared, list[str]]:
        """Who of these people may be asked for again, by editor."""
        with self._database.connect() as connection:
            return reading.agendas(connection, subjects, self._clock() - JUST_ASKED_S)


def halves(reply: Reply) -> Iterator[Lot]:
    """What to ask instead of a lot that somebody in it may have spoilt for the others; nothing for any other reply."""
    flow, subjects, _ = reply.request
    if reply.outcome in SPOILT and not reply.passes and len(subjects) > 1:
        middle = len(subjects) // 2
        yield flow, subjects[middle:]
        yield flow, subjects[:middle]
