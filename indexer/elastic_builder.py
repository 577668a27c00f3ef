"""Generations as indices: made, filled, swapped in, kept ten minutes and forgotten.

An index is named by its alias and its generation; readers know the alias only. It is filled without replicas nor
refreshes, merged into one segment (its bitsets and its order by place serve best whole), then given the settings of
serving and swapped in by one change of aliases.
"""

import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Semaphore
from typing import Any, Final

import msgspec

from indexer.elastic_bulk import chunks, indexed, send
from indexer.elastic_client import Connection
from indexer.elastic_fields import F
from indexer.elastic_ledger import NAME as LEDGER
from indexer.elastic_ledger import Entry, Ledger, State
from indexer.elastic_mapping import VERSION, mapping
from indexer.protocol import EngineError, Searcher
from models.offer import Offer

KEPT_S: Final = 600
"""How long a former generation stays after the swap."""

ABANDONED_S: Final = 3_600
"""A build that gave no sign for so long was killed."""

_SENDERS: Final = 3
_POLL_S: Final = 0.2
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")

Clock = Callable[[], float]
"""Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How an index is spread over a cluster: one shard answers fastest up to tens of millions of offers."""

    shards: int = 1
    replicas: int = 0


class _Task(msgspec.Struct, frozen=True):
    task: str


class _Progress(msgspec.Struct, frozen=True):
    completed: bool
    error: dict[str, Any] | None = None


class _Meta(msgspec.Struct, frozen=True):
    alias: str = ""


class _Mapping(msgspec.Struct, frozen=True):
    meta: _Meta = msgspec.field(name="_meta", default=_Meta())


class _Index(msgspec.Struct, frozen=True):
    mappings: _Mapping = _Mapping()


class _Aliased(msgspec.Struct, frozen=True):
    aliases: dict[str, Any]


class Generations:
    """The indices of one alias."""

    def __init__(self, connection: Connection, alias: str, layout: Layout, clock: Clock) -> None:
        self.connection = connection
        self.alias = alias
        self.layout = layout
        self.clock = clock
        self.ledger = Ledger(connection, alias)

    def index(self, generation: str) -> str:
        """The name of a generation's index."""
        return f"{self.alias}-{generation}"

    def generation(self, index: str) -> str:
        """The generation of an index."""
        return index.removeprefix(f"{self.alias}-")

    def current(self) -> str | None:
        """The index that answers."""
        found = self.connection.ask("GET", f"/{self.alias}-*/_alias", dict[str, _Aliased])
        return next((index for index, held in found.items() if self.alias in held.aliases), None)

    def create(self, generation: str) -> None:
        """Make an empty index for a generation.

        Raises:
            ValueError: the generation's name cannot be that of an index.
            EngineError: it is there already.

        """
        if not _NAME.fullmatch(generation) or generation == LEDGER:
            raise ValueError(f"not the name of a generation: {generation!r}")
        self.ledger.create()
        body = {"settings": {"index": filling(self.layout)}, "mappings": mapping(self.alias, generation)}
        self.connection.ask("PUT", f"/{self.index(generation)}", dict[str, Any], body, patient=True)
        self.mark(generation, "building")

    def mark(self, generation: str, state: State) -> None:
        """Write the state of a generation, from now on."""
        now = self.clock()

        def changed(entry: Entry | None) -> Entry:
            if entry is None:
                return Entry(generation, 0, state, now, version=VERSION)
            return msgspec.structs.replace(entry, state=state, since=now)

        self.ledger.amend(generation, changed)

    def advance(self, generation: str, position: int, stamp: str) -> None:
        """Remember how far in the outbox a generation is; never less far."""

        def changed(entry: Entry | None) -> Entry:
            if entry is None:
                return Entry(generation, position, "current", self.clock(), stamp, VERSION)
            if entry.position >= position:
                return entry
            return msgspec.structs.replace(entry, position=position, stamp=stamp)

        self.ledger.amend(generation, changed)

    def serve(self, generation: str) -> None:
        """Make what was written searchable, in one segment, and give the index the settings of serving."""
        index = self.index(generation)
        self.connection.ask("POST", f"/{index}/_refresh", dict[str, Any], patient=True)
        merge = f"/{index}/_forcemerge?max_num_segments=1&wait_for_completion=false"
        task, told_at = self.connection.ask("POST", merge, _Task).task, self.clock()
        while not (progress := self.connection.ask("GET", f"/_tasks/{task}", _Progress)).completed:
            if self.clock() - told_at > KEPT_S:
                self.mark(generation, "building")
                told_at = self.clock()
            time.sleep(_POLL_S)
        if progress.error:
            raise EngineError(f"the segments of {index} could not be merged: {progress.error}")
        self.connection.ask("PUT", f"/{index}/_settings", dict[str, Any], {"index": serving(self.layout)}, patient=True)
        self.connection.ask("POST", f"/{index}/_refresh", dict[str, Any], patient=True)
        ready = f"/_cluster/health/{index}?wait_for_no_initializing_shards=true&wait_for_status=yellow&timeout=5s"
        self.connection.ask("GET", ready, dict[str, Any], patient=True)

    def swap(self, generation: str) -> None:
        """Make a generation the one that answers, in one change of aliases."""
        former = self.current()
        actions = [
            {"remove": {"index": f"{self.alias}-*", "alias": self.alias, "must_exist": False}},
            {"add": {"index": self.index(generation), "alias": self.alias}},
        ]
        self.connection.ask("POST", "/_aliases", dict[str, Any], {"actions": actions})
        self.mark(generation, "current")
        if former and former != self.index(generation):
            self.mark(self.generation(former), "former")

    def delete(self, generation: str) -> None:
        """Leave nothing of a generation, unless it is the one that answers."""
        if self.current() == self.index(generation):
            return
        self.connection.ask("DELETE", f"/{self.index(generation)}?ignore_unavailable=true", dict[str, Any])
        self.ledger.forget(generation)

    def prune(self) -> None:
        """Delete the former generations that were kept long enough, and the builds that were abandoned."""
        answering = self.current()
        for index in self._own():
            if index != answering and self._expired(self.generation(index)):
                self.delete(self.generation(index))

    def _own(self) -> list[str]:
        """The indices of this alias; another alias may begin like it."""
        path = f"/{self.alias}-*/_mapping?filter_path=*.mappings._meta"
        found = self.connection.ask("GET", path, dict[str, _Index])
        return [index for index, held in found.items() if held.mappings.meta.alias == self.alias]

    def _expired(self, generation: str) -> bool:
        """Whether its time is over. One that was swapped out without a word, by a process killed then, begins it."""
        entry = self.ledger.read(generation)
        if entry is None or entry.state == "current":
            self.mark(generation, "former")
            return False
        return self.clock() - entry.since >= (KEPT_S if entry.state == "former" else ABANDONED_S)


def filling(layout: Layout) -> dict[str, Any]:
    """The settings of an index while it is filled.

    The order by place (`cell`) keeps neighbours together: what a circle holds is read in one go. Deletions are
    remembered for an hour, so that a change that comes late is still late.
    """
    return {
        "number_of_shards": layout.shards,
        "number_of_replicas": 0,
        "refresh_interval": "-1",
        "sort": {"field": [F.CELL], "order": ["asc"]},
        "gc_deletes": "1h",
        "translog": {"durability": "async", "flush_threshold_size": "1gb"},
    }


def serving(layout: Layout) -> dict[str, Any]:
    """The settings of an index that answers. `apply` refreshes by itself; the interval is for what it could not."""
    return {
        "number_of_replicas": layout.replicas,
        "refresh_interval": "1s",
        "translog": {"durability": "request", "flush_threshold_size": None},
    }


class ElasticsearchBuilder:
    """A generation being built."""

    def __init__(self, generations: Generations, generation: str, searcher: Callable[[str], Searcher]) -> None:
        self.generation = generation
        self._generations = generations
        self._searcher = searcher
        self._told_at = generations.clock()

    def add(self, offers: Iterable[Offer]) -> int:
        """Add offers; how many. They are encoded here and sent by several threads."""
        count = 0

        def lines() -> Iterable[bytes]:
            nonlocal count
            for offer in offers:
                count += 1
                yield indexed(offer, version=0)

        room = Semaphore(2 * _SENDERS)
        with ThreadPoolExecutor(_SENDERS, "bulk") as senders:
            sent: list[Future[None]] = []
            for chunk in chunks(lines()):
                room.acquire()
                sent.append(senders.submit(self._send, chunk, room))
                self._tell()
        for each in sent:
            each.result()
        return count

    def _send(self, chunk: bytes, room: Semaphore) -> None:
        try:
            send(self._generations.connection, self._generations.index(self.generation), chunk)
        finally:
            room.release()

    def _tell(self) -> None:
        """Say from time to time that the build is alive."""
        if self._generations.clock() - self._told_at > KEPT_S:
            self._told_at = self._generations.clock()
            self._generations.mark(self.generation, "building")

    def finish(self, position: int, stamp: str = "") -> None:
        """Make what was added searchable, as of this outbox position."""
        self._generations.serve(self.generation)
        self._generations.mark(self.generation, "building")
        self._generations.advance(self.generation, position, stamp)

    def searcher(self) -> Searcher:
        """Search what was built, before the swap."""
        return self._searcher(self.generation)

    def swap(self) -> None:
        """Make it the generation that answers; the former one stays ten minutes."""
        self._generations.swap(self.generation)

    def drop(self) -> None:
        """Leave nothing behind."""
        self._generations.delete(self.generation)
