"""The protocol that both engines pass. One contract suite compares them with the oracle."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.offer import Code, Offer
from relevance.criteria import Name
from relevance.found import After, Found, Position
from relevance.plan import Plan


class EngineError(Exception):
    """What an engine may raise.

    EngineError
    ├── EngineDown        the engine does not answer: 503
    │   └── Outdated      its index was built by another version: 503 until it is rebuilt
    └── GenerationGone    this generation is no longer kept: 410
    """


class EngineDown(EngineError):  # noqa: N818 - named by what happened
    """The engine does not answer."""


class Outdated(EngineDown):
    """The index was built by another version of this program."""

    def __init__(self, generation: str) -> None:
        super().__init__(f"L’index {generation} est d’une autre version du programme : il faut le reconstruire.")


class GenerationGone(EngineError):  # noqa: N818 - same
    """The generation that was asked for is no longer kept."""


@dataclass(frozen=True, slots=True)
class Status:
    """The generation that answers, its offers, and how far in the outbox it is (`seq` of the last change applied).

    `stamp` tells that change from the one that another database has at the same position (`outbox.stamp`). An index
    that is `outdated` was built by another version: it is not searched, it must be rebuilt.
    """

    generation: str
    offers: int
    position: int
    stamp: str = ""
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a subject's offers are now. An empty tuple removes them. `version` is the outbox position that asked."""

    subject: str
    offers: tuple[Offer, ...]
    version: int


class Searcher(Protocol):
    """What a search needs. Every method may raise EngineDown; those given a generation, GenerationGone.

    `generation` None is the current one. Implementations are safe to call from several threads.
    """

    def search(self, plan: Plan, after: After | None = None, generation: str | None = None) -> Found:
        """Exact and approximate parts, in the oracle's order."""

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        """Exact matches of each plan; may stop counting at `enough`. One round trip."""

    def facets(self, plan: Plan, names: Sequence[Name]) -> dict[Name, tuple[tuple[Code, int], ...]]:
        """For each criterion named, its values and how many offers meet all the other criteria, most first."""

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        """The exact matches in order, up to `limit`, by pages of one generation."""

    def offer(self, identifier: str) -> Offer | None:
        """One offer by its id."""

    def offers(self, identifiers: Sequence[str]) -> dict[str, Offer]:
        """Those of these offers that are there, by their ids, in the order asked. One round trip."""

    def named(self, plan: Plan, limit: int) -> tuple[Offer, ...]:
        """The best offers for the plan's text alone, for suggestions."""

    def all_offers(self) -> Iterator[Offer]:
        """Every offer, ordered by id (export)."""

    def status(self) -> Status:
        """What answers now."""


class Builder(Protocol):
    """A generation being built; nothing is left behind when it is dropped."""

    generation: str

    def add(self, offers: Iterable[Offer]) -> int:
        """Add offers; how many."""

    def finish(self, position: int, stamp: str = "") -> None:
        """Make what was added searchable, as of this outbox position, which has this stamp."""

    def searcher(self) -> Searcher:
        """Search what was built, before the swap (the gate's probes)."""

    def swap(self) -> None:
        """Make it the generation that answers, atomically; the former one stays ten minutes."""

    def drop(self) -> None:
        """Leave nothing behind."""


class Engine(Searcher, Protocol):
    """A search engine: searched, rebuilt, followed."""

    name: str

    def build(self, generation: str) -> Builder:
        """Start a new generation."""

    def apply(self, changes: Sequence[Change], position: int, generation: str, stamp: str = "") -> None:
        """Apply changes to the current generation, idempotently, and remember the position and its stamp.

        `generation` is the one whose position the changes follow.

        Raises:
            GenerationGone: another answers now, which has a position of its own; nothing was applied to it.

        """

    def prune(self) -> None:
        """Forget former generations older than ten minutes, and failed builds."""

    def close(self) -> None:
        """Free what is held."""


__all__ = [
    "Builder",
    "Change",
    "Engine",
    "EngineDown",
    "EngineError",
    "GenerationGone",
    "Outdated",
    "Position",
    "Searcher",
    "Status",
]
