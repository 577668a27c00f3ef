"""Building a new generation of the index from the database, and making it the one that answers.

What is read is one state of the database; its place in the outbox goes with the index, and the follower goes on from
there. A build that fails, or that the gate refuses, leaves nothing behind.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine as Database

from indexer import gate
from indexer.collecting import few_collections
from indexer.documents import all_offers, count_offers
from indexer.outbox import last_position, snapshot, stamp
from indexer.protocol import Builder, Engine
from models.offer import Offer

NAMES: Final = "offers-%Y%m%d-%H%M%S"
_STRIDE: Final = 1_000

Progress = Callable[[int, int], None]
"""How many offers are indexed, of how many."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was built: how many offers, as of which position of the outbox; `former` had so many."""

    generation: str
    offers: int
    position: int
    former: int


def generation_name(at: int) -> str:
    """The name of a generation built at this instant (UTC)."""
    return datetime.fromtimestamp(at, UTC).strftime(NAMES)


def built_at(generation: str) -> int | None:
    """The instant that a generation's name tells; None for another name."""
    try:
        return int(datetime.strptime(generation, NAMES).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def rebuild(
    database: Database, engine: Engine, now: int, *, forced: bool = False, on_progress: Progress | None = None
) -> Rebuilt:
    """Build the index from the database as it is, check it, and swap it in. `forced`: it may have lost many offers.

    Raises:
        GateClosed: the new index is not right; the former one still answers.
        EngineError: the engine failed; same.

    """
    former = engine.status()
    builder = engine.build(generation_name(max(now, (built_at(former.generation) or 0) + 1)))
    try:
        rebuilt = _fill(database, builder, former.offers, now, on_progress=on_progress, forced=forced)
        builder.swap()
    except BaseException:
        builder.drop()
        raise
    engine.prune()
    return rebuilt


def _fill(
    database: Database, builder: Builder, former: int, now: int, *, forced: bool, on_progress: Progress | None
) -> Rebuilt:
    """Index every offer of one state of the database, then pass the gate."""
    sample = gate.Sample()
    with few_collections(), snapshot(database) as connection:
        position, expected = last_position(connection), count_offers(connection, now)
        known_by = stamp(connection, position)
        offers = sample.watch(all_offers(connection, now))
        added = builder.add(_told(offers, expected, on_progress) if on_progress else offers)
    gate.check_counts(added, expected, former, forced=forced)
    builder.finish(position, known_by)
    searcher = builder.searcher()
    gate.check_counts(searcher.status().offers, expected, former, forced=forced)
    gate.check_probes(searcher, sample.offers, now)
    return Rebuilt(builder.generation, added, position, former)


def _told(offers: Iterable[Offer], expected: int, on_progress: Progress) -> Iterator[Offer]:
    """The same offers, whose number is told from time to time and at the end."""
    done = 0
    for done, offer in enumerate(offers, start=1):
        if done % _STRIDE == 0:
            on_progress(done, expected)
        yield offer
    on_progress(done, expected)
