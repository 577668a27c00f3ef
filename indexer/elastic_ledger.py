"""The ledger: each generation's place in the outbox, and what it is there for. One small index beside the others."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from indexer.elastic_bulk import CONFLICT, line, send
from indexer.elastic_client import Connection
from indexer.protocol import EngineError

State = Literal["building", "current", "former"]

NAME: Final = "ledger"
"""No generation has this name."""

_TRIES: Final = 20

SETTINGS: Final[dict[str, Any]] = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"}},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "generation": {"type": "keyword"},
            "position": {"type": "long"},
            "stamp": {"type": "keyword"},
            "version": {"type": "keyword"},
            "state": {"type": "keyword"},
            "since": {"type": "double"},
        },
    },
}


class Entry(msgspec.Struct, frozen=True):
    """What is written of a generation.

    `since`: epoch seconds of a build's last sign of life, or of the swap. `version`: of the program that built it.
    """

    generation: str
    position: int
    state: State
    since: float
    stamp: str = ""
    version: str = ""


class _Document(msgspec.Struct, frozen=True):
    entry: Entry | None = msgspec.field(name="_source", default=None)
    seq_no: int | None = msgspec.field(name="_seq_no", default=None)
    primary_term: int | None = msgspec.field(name="_primary_term", default=None)


class _Documents(msgspec.Struct, frozen=True):
    docs: tuple[_Document, ...]


class Ledger:
    """Entries by generation; who writes at the same time takes turns."""

    def __init__(self, connection: Connection, alias: str) -> None:
        self._connection = connection
        self.index = f"{alias}-{NAME}"

    def create(self) -> None:
        """Make the ledger, if there is none; give the one of a former version the fields that it lacks."""
        self._connection.create(self.index, SETTINGS)
        self._connection.ask("PUT", f"/{self.index}/_mapping", dict[str, Any], SETTINGS["mappings"], patient=True)

    def read(self, generation: str) -> Entry | None:
        """What is written of a generation."""
        return self._document(generation).entry

    def amend(self, generation: str, change: Callable[[Entry | None], Entry]) -> None:
        """Write what the change makes of the entry; the change is asked again if someone wrote in between.

        Raises:
            EngineError: someone always did.

        """
        for _ in range(_TRIES):
            document = self._document(generation)
            entry = change(document.entry)
            if entry == document.entry or self._write(entry, document):
                return
        raise EngineError(f"the ledger of {generation} is written by too many at once")

    def forget(self, generation: str) -> None:
        """Remove the entry of a generation."""
        path = f"/{self.index}/_bulk?refresh=true"
        self._connection.ask("POST", path, dict[str, Any], line("delete", generation), ndjson=True)

    def _document(self, generation: str) -> _Document:
        found = self._connection.ask("POST", f"/{self.index}/_mget", _Documents, {"ids": [generation]})
        return found.docs[0]

    def _write(self, entry: Entry, former: _Document) -> bool:
        """Whether the entry was written over the former one, which nobody had changed."""
        if former.entry is None:
            action = line("create", entry.generation)
        else:
            same = {"if_seq_no": former.seq_no, "if_primary_term": former.primary_term}
            action = line("index", entry.generation, **same)
        body = action + msgspec.json.encode(entry) + b"\n"
        return not send(self._connection, self.index, body, refresh=True, tolerated=(CONFLICT,)).errors
