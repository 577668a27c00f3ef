"""Writing documents in bulk: lines out, refusals in. A version that is already there is no refusal: it is newer."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from indexer.elastic_client import NOT_FOUND, Connection, Failure, translated
from indexer.elastic_documents import encode
from models.offer import Offer

CONFLICT: Final = 409
CHUNK_BYTES: Final = 4_000_000
"""Bytes of a bulk request, about: larger ones are not faster."""


class Item(msgspec.Struct, frozen=True):
    """What became of one line."""

    status: int = 0
    error: Failure | None = None


class Written(msgspec.Struct, frozen=True):
    """What became of a bulk request: one item a line, by what was done."""

    errors: bool
    items: tuple[dict[str, Item], ...] = ()

    @property
    def refused(self) -> Iterator[Item]:
        """The lines that were not written."""
        return (item for done in self.items for item in done.values() if item.error is not None)


def line(action: str, identifier: str, **options: Any) -> bytes:
    """What is to be done with a document."""
    return msgspec.json.encode({action: {"_id": identifier, **options}}) + b"\n"


def indexed(offer: Offer, version: int) -> bytes:
    """Write an offer, unless a version as new is there."""
    return line("index", offer.id, version=version, version_type="external") + encode(offer) + b"\n"


def deleted(identifier: str, version: int) -> bytes:
    """Delete an offer, unless a version as new is there."""
    return line("delete", identifier, version=version, version_type="external")


def chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines together, as much as a request carries well."""
    held: list[bytes] = []
    size = 0
    for each in lines:
        held.append(each)
        size += len(each)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def send(
    connection: Connection, index: str, body: bytes, *, refresh: bool = False, tolerated: Sequence[int] = ()
) -> Written:
    """Send a chunk; `refresh`: it is searchable when this returns.

    Raises:
        EngineDown: nothing answers, or it is overloaded.
        EngineError: a line was refused for another reason than those tolerated (statuses).

    """
    options = "&refresh=true" if refresh else ""
    path = f"/{index}/_bulk?filter_path=errors,items.*.status,items.*.error{options}"
    written = connection.ask("POST", path, Written, body, ndjson=True, patient=True)
    for item in written.refused if written.errors else ():
        if item.status not in tolerated:
            raise translated(item.status, item.error or Failure())
    return written


REPLAYED: Final = (CONFLICT, NOT_FOUND)
"""What a change that is applied twice, or late, is answered."""
