"""Asking the declared editors: everybody in turn (a sweep), or some people now (a check).

`Feeds` asks over one event loop and writes over two threads: each answer is a short transaction of its own, with its
outbox, as soon as it comes. Killed anywhere, it loses the answers that were on their way.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Self, TypeVar

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ingestion.feeds import budget, journal, reading
from ingestion.feeds.client import DEADLINE_S, PAUSE_S, Allowed, Cause, Client, Failed, Reply, unknown
from ingestion.feeds.editors import Declared, follow, written_at
from ingestion.feeds.halving import SPOILT, Halving
from ingestion.feeds.requests import Lot, Request, lots, window
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

Clock = Callable[[], int]
"""Epoch seconds."""
OnProgress = Callable[[int, int], None]
"""Called with the people asked for, and those to ask for."""

_Value = TypeVar("_Value")

log = structlog.get_logger("annuaire.feeds")


@dataclass(slots=True)
class Swept:
    """What a sweep of an editor did: requests by outcome, people asked for, subjects whose offers change, people due.

    `held`: another sweep had the editor, and nothing was asked. `sent` counts the requests, those on their way too.
    """

    editor: str
    held: bool = False
    due: int = 0
    asked: int = 0
    touched: int = 0
    sent: int = 0
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
        except Exception:
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
        """Ask an editor for everybody whose turn it is, in turn, as long as its budget lasts.

        After `most` requests no lot is begun, only the halves of one that failed go on.
        Nobody is asked for, within `rest_s` of the end of another sweep, whichever process made it.

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
            waiting = _until(most, swept, lots((turn.subject for turn in due), editor.flows))
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
        checks = [self._check(editor, theirs) for (editor, _), theirs in known.items()]
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
        asked = [self.apart(self._ask(editor, lot, forgiven=SPOILT)) for lot in lots(new, editor.flows)]
        outcomes: dict[str, str] = {}
        for reply, _ in await asyncio.gather(*asked):
            outcomes |= dict.fromkeys(reply.request.subjects, reply.outcome)
        for subject, future in theirs.items():
            outcomes[subject] = await asyncio.shield(future)
        return outcomes

    def apart(self, asking: Coroutine[Any, Any, _Value]) -> "asyncio.Future[_Value]":
        """The same, which goes on when whoever began it leaves, until the end of the block."""
        task = asyncio.create_task(asking)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
        return asyncio.shield(task)

    async def _work(
        self, editor: Declared, waiting: Iterator[Lot], sweep: str, swept: Swept, on_progress: OnProgress
    ) -> None:
        """Send the requests of a sweep one after the other, until there are none or the budget is spent."""
        for lot in waiting:
            if not await self._asked(editor, lot, sweep, swept):
                return
            swept.asked += len(lot[1])
            on_progress(swept.asked, swept.due)

    async def _asked(self, editor: Declared, lot: Lot, sweep: str, swept: Swept) -> bool:
        """Ask for a lot, then by halves for whom that may tell more of; False when there was no call left for it."""
        halving = Halving(lot)
        while part := halving.part():
            swept.sent += 1
            async with self._swept:
                reply, touched = await self._ask(
                    editor, part, sweep, forgiven=halving.forgiven, patient=not halving.begun
                )
            swept.outcomes[reply.outcome] += 1
            swept.touched += touched
            if reply.outcome == "spent":
                return halving.begun
            halving.learn(reply)
        return True

    async def _ask(
        self,
        editor: Declared,
        lot: Lot,
        sweep: str | None = None,
        *,
        forgiven: Collection[Cause] = (),
        patient: bool = True,
    ) -> tuple[Reply, int]:
        """Send a request, of a sweep or of a check, and write its answer; how many subjects' offers change.

        Those that wait for the same people are told. `forgiven` and `patient`: see `Client.ask`; who is not patient
        asks for a part of a lot.
        """
        at = self._clock()
        request = Request(*lot, window(at))
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        keys = [(editor.name, subject) for subject in request.subjects]
        self._asking |= dict.fromkeys(keys, future)
        hand = self._hands["sweep" if sweep else "check"]
        try:
            purpose: budget.Purpose = "check" if sweep is None else "sweep" if patient else "halves"
            allowed = partial(self._claimed, hand, editor, purpose, sweep)
            sent = await self._replied(
                editor, request, partial(Client.ask, forgiven=forgiven, patient=patient), allowed
            )
            reply, touched = await hand.do(self._write, hand, editor.name, sent, at)
            future.set_result(reply.outcome)
            return reply, touched
        finally:
            if not future.done():
                future.set_result("cut")
            for key in keys:
                if self._asking.get(key) is future:
                    del self._asking[key]

    async def _replied(
        self, editor: Declared, request: Request, ask: Callable[..., Awaitable[Reply]], allowed: Allowed
    ) -> Reply:
        """How a request ended; without our certificate it is not even sent, and what we do wrong leaves it unknown."""
        began = time.monotonic()
        try:
            client = await self.client_of(editor)
        except OSError as error:
            return unknown(request, Failed("tls", str(error)), began)
        try:
            return await ask(client, request, allowed)
        except SQLAlchemyError:  # the budget could not be claimed: nothing was asked
            raise
        except Exception as error:
            log.exception("feeds.unread", editor=editor.name)
            return unknown(request, Failed("ours", type(error).__name__), began)

    async def client_of(self, editor: Declared) -> Client:
        """The client of an editor as it is declared now, and as its files are: certificates are renewed.

        Raises:
            OSError: a file of it is gone, or cannot be read.

        """
        version = (editor, written_at(editor))
        if version not in self._clients:
            self._clients[version] = await self._closing.enter_async_context(self._client(editor, self._everywhere))
        return self._clients[version]

    async def _claimed(self, hand: Hand, editor: Declared, purpose: budget.Purpose, sweep: str | None) -> bool:
        return await hand.do(budget.claim, self._database, editor.name, purpose, self._clock(), sweep)

    def _write(self, hand: Hand, editor: str, reply: Reply, at: int) -> tuple[Reply, int]:
        """Write an answer to what was asked at an instant, or that there is none; how many subjects' offers change.

        One that cannot be written is a failure of ours, so that whom it is about waits for their next turn.
        """
        if reply.outcome == "spent":
            return reply, 0
        try:
            touched = hand.apply(editor, reply.answer, at)
        except Exception as error:
            if reply.outcome != "ok" or (isinstance(error, DBAPIError) and error.connection_invalidated):
                raise
            log.exception("feeds.unwritten", editor=editor)
            failure = Failed("ours", type(error).__name__)
            return self._write(hand, editor, unknown(reply.request, failure, time.monotonic() - reply.seconds), at)
        journal.note(self._database, editor, reply.outcome, reply.seconds, at)
        if reply.outcome != "ok":
            log.info("feeds.unknown", editor=editor, cause=reply.outcome, detail=reply.detail[:200])
        return reply, touched

    def _due(self, editor: Declared) -> list[Turn]:
        """Whose turn it is at an editor, whoever says to use it among them."""
        now = self._clock()
        follow(self._database, editor, now)
        with self._database.connect() as connection:
            return in_turn(reading.turns(connection, editor.name, now), now, rested_s=self._rested_s)

    def _agendas(self, subjects: list[str]) -> Mapping[tuple[Declared, bool], list[str]]:
        """Who of these people may be asked for again, by editor, those who are unknown apart: they spoil no answer."""
        with self._database.connect() as connection:
            return reading.agendas(connection, subjects, self._clock() - JUST_ASKED_S)


def _until(most: int | None, swept: Swept, waiting: Iterator[Lot]) -> Iterator[Lot]:
    """The lots that are begun before so many requests are sent."""
    for lot in waiting:
        if most is not None and swept.sent >= most:
            return
        yield lot
