"""An engine in memory for the tests: the oracle behind the engines' protocol, with versions and generations.

It is slow and right. `down = True` makes it answer like an engine that is stopped. With a `file`, every swap and every
applied batch is written to it atomically, so that another process (or this one, killed and started again) finds it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from indexer.protocol import Change, EngineDown, GenerationGone, Status
from models.offer import Code, Offer
from relevance import oracle
from relevance.criteria import Name
from relevance.found import After, Found
from relevance.judge import State, judge
from relevance.plan import Plan
from relevance.rungs import EXACT

NO_GENERATION = ""


class Generation(msgspec.Struct):
    """What one generation holds, by subject."""

    name: str = NO_GENERATION
    subjects: dict[str, tuple[Offer, ...]] = {}
    versions: dict[str, int] = {}
    position: int = 0
    stamp: str = ""

    @property
    def offers(self) -> dict[str, Offer]:
        """The offers by their identifiers, in their order."""
        found = (offer for offers in self.subjects.values() for offer in offers)
        return {offer.id: offer for offer in sorted(found, key=lambda offer: offer.id)}

    def add(self, offer: Offer) -> int:
        """Add an offer to those of its subject; how many it makes."""
        others = (other for other in self.subjects.get(offer.subject, ()) if other.id != offer.id)
        self.subjects[offer.subject] = (*others, offer)
        return 1

    def apply(self, change: Change) -> None:
        """Replace a subject's offers, unless a later version already did."""
        if change.version > self.versions.get(change.subject, 0):
            self.versions[change.subject] = change.version
            self.subjects[change.subject] = change.offers


class MemorySearcher:
    """Search one generation."""

    def __init__(self, generation: Generation) -> None:
        self._current = generation
        self._former: dict[str, Generation] = {}
        self.down = False

    def _of(self, generation: str | None = None) -> Generation:
        if self.down:
            raise EngineDown("the memory engine was stopped by a test")
        if generation in {None, self._current.name}:
            return self._current
        if generation not in self._former:
            raise GenerationGone(generation)
        return self._former[generation]

    def search(self, plan: Plan, after: After | None = None, generation: str | None = None) -> Found:
        return oracle.search(self._of(generation).offers.values(), plan, after)

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:  # noqa: ARG002 - may stop there, need not
        return tuple(self.search(plan).exact.total.value for plan in plans)

    def facets(self, plan: Plan, names: Sequence[Name]) -> dict[Name, tuple[tuple[Code, int], ...]]:
        offers = [offer for offer in self._of().offers.values() if plan.kind in {None, offer.kind}]
        return {name: _counted(offers, plan, name) for name in names}

    def exact(self, plan: Plan, limit: int) -> Iterator[Offer]:
        hits = oracle.rank(self._of().offers.values(), plan)
        yield from [hit.offer for hit in hits if hit.position.rung == EXACT][:limit]

    def offer(self, identifier: str) -> Offer | None:
        return self._of().offers.get(identifier)

    def offers(self, identifiers: Sequence[str]) -> dict[str, Offer]:
        known = self._of().offers
        return {each: known[each] for each in dict.fromkeys(identifiers) if each in known}

    def named(self, plan: Plan, limit: int) -> tuple[Offer, ...]:
        return tuple(self.exact(plan.text_alone, limit))

    def all_offers(self) -> Iterator[Offer]:
        yield from self._of().offers.values()

    def status(self) -> Status:
        current = self._of()
        return Status(current.name, len(current.offers), current.position, current.stamp)


class MemoryEngine(MemorySearcher):
    """The engine: the current generation, and every former one until `prune`."""

    name = "memory"

    def __init__(self, file: Path | None = None) -> None:
        known = msgspec.msgpack.decode(file.read_bytes(), type=Generation) if file and file.exists() else Generation()
        super().__init__(known)
        self._file = file
        self.applied: list[tuple[tuple[Change, ...], int]] = []
        self.building: dict[str, MemoryBuilder] = {}

    def build(self, generation: str) -> "MemoryBuilder":
        if self.down:
            raise EngineDown("the memory engine was stopped by a test")
        self.building[generation] = MemoryBuilder(self, generation)
        return self.building[generation]

    def apply(self, changes: Sequence[Change], position: int, generation: str, stamp: str = "") -> None:
        current = self._of()
        if current.name != generation:
            raise GenerationGone(generation)
        self.applied.append((tuple(changes), position))
        for change in changes:
            current.apply(change)
        if position > current.position:
            current.position, current.stamp = position, stamp
        self._save()

    def become(self, generation: Generation) -> None:
        """Answer from this generation; the former one is kept."""
        if self._current.name != NO_GENERATION:
            self._former[self._current.name] = self._current
        self._current = generation
        self._save()

    def prune(self) -> None:
        self._former.clear()

    def close(self) -> None:
        self._save()

    def _save(self) -> None:
        if self._file:
            beside = self._file.with_suffix(".new")
            beside.write_bytes(msgspec.msgpack.encode(self._current))
            beside.replace(self._file)


class MemoryBuilder:
    """A generation being built."""

    def __init__(self, engine: MemoryEngine, generation: str) -> None:
        self.generation = generation
        self._engine = engine
        self._content = Generation(generation)

    def add(self, offers: Iterable[Offer]) -> int:
        return sum(map(self._content.add, offers))

    def finish(self, position: int, stamp: str = "") -> None:
        self._content.position, self._content.stamp = position, stamp

    def searcher(self) -> MemorySearcher:
        return MemorySearcher(self._content)

    def swap(self) -> None:
        del self._engine.building[self.generation]
        self._engine.become(self._content)

    def drop(self) -> None:
        self._engine.building.pop(self.generation, None)


def _counted(offers: Iterable[Offer], plan: Plan, name: Name) -> tuple[tuple[Code, int], ...]:
    """The values of a criterion among the offers that meet all the others, most first, then by code."""
    counts: Counter[Code] = Counter()
    for offer in offers:
        states = judge(offer, plan).states
        if all(state is State.MET for criterion, state in states.items() if criterion is not name):
            counts.update(values(offer, name))
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0].code)))


def values(offer: Offer, name: Name) -> set[Code]:
    """The codes that an offer has for a criterion."""
    known = {
        Name.PROFESSION: offer.professions,
        Name.SPECIALTY: offer.specialties,
        Name.SKILL: offer.skills,
        Name.CARE: offer.care,
        Name.EQUIPMENT: offer.equipment,
        Name.LANGUAGE: offer.languages,
        Name.STRUCTURE_TYPE: offer.structure.type and (offer.structure.type,),
        Name.SECTOR: offer.sector and (offer.sector,),
    }
    return set(known[name] or ())


__all__ = ["MemoryEngine", "MemorySearcher", "values"]
