"""A new generation: what it holds, its name, its position, and what happens when it is not right."""

from collections.abc import Iterable

import pytest
from sqlalchemy import Engine as Database

from indexer import gate
from indexer.documents import all_offers
from indexer.gate import GateClosed
from indexer.protocol import EngineDown
from indexer.rebuild import built_at, generation_name, rebuild
from models.offer import Offer
from tests.indexer.given import CLAIRE, HOUR, JEAN, NOW, Given, made
from tests.memory_engine import MemoryBuilder, MemoryEngine


def people(given: Given, count: int) -> None:
    for number in range(count):
        given.practice(f"8101000{number:05d}", f"tech:R{number}")


def test_the_index_holds_the_offers_of_the_database_as_of_its_last_change(any_database: Database) -> None:
    given, engine = Given(any_database), MemoryEngine()
    people(given, 3)
    given.structure()
    given.slot("s:690000001", specialties=["SM54"])
    given.changed("p:somebody", "s:690000001")
    rebuilt = rebuild(any_database, engine, NOW)
    assert list(engine.all_offers()) == made(any_database)
    assert (rebuilt.offers, rebuilt.position, rebuilt.former) == (4, 2, 0)
    status = engine.status()
    assert (status.generation, status.offers, status.position) == (rebuilt.generation, 4, 2)


def test_a_generation_is_named_by_its_instant_in_utc() -> None:
    assert generation_name(NOW) == "offers-20261118-110700"
    assert built_at("offers-20261118-110700") == NOW
    assert built_at("offers-bench") is None


def test_generations_of_one_second_have_names_in_their_order(database: Database, given: Given) -> None:
    engine = MemoryEngine()
    given.practice()
    names = [rebuild(database, engine, NOW).generation for _ in range(3)]
    assert names == sorted(set(names))
    assert names[0] == generation_name(NOW)
    assert engine.status().generation == names[-1]


def test_what_is_written_while_the_index_is_built_is_not_in_it_and_is_left_to_the_follower(
    any_database: Database,
) -> None:
    given, engine = Given(any_database), MemoryEngine()
    people(given, 1_001)
    given.changed("p:before")

    def arrive(done: int, expected: int) -> None:
        if done < expected:
            given.changed(given.structure())

    rebuilt = rebuild(any_database, engine, NOW, on_progress=arrive)
    assert (rebuilt.offers, rebuilt.position) == (1_001, 1)
    assert len(made(any_database)) == 1_002


def test_progress_goes_to_the_number_of_offers(database: Database, given: Given) -> None:
    given.practice(CLAIRE)
    given.practice(JEAN, "tech:R2")
    told: list[tuple[int, int]] = []
    rebuild(database, MemoryEngine(), NOW, on_progress=lambda *numbers: told.append(numbers))
    assert told == [(2, 2)]


def test_an_empty_database_makes_an_empty_index(database: Database) -> None:
    assert rebuild(database, MemoryEngine(), NOW).offers == 0


class Losing(MemoryBuilder):
    """A builder that loses the last offer without a word."""

    def add(self, offers: Iterable[Offer]) -> int:
        kept = list(offers)
        return super().add(kept[:-1]) + 1


class Altering(MemoryBuilder):
    """A builder that keeps offers otherwise than it was given them."""

    change: dict[str, object]

    def add(self, offers: Iterable[Offer]) -> int:
        return super().add(altered(offer, self.change) for offer in offers)


def altered(offer: Offer, change: dict[str, object]) -> Offer:
    return Offer(**({name: getattr(offer, name) for name in offer.__struct_fields__} | change))  # type: ignore[arg-type]


class Faulty(MemoryEngine):
    """An engine whose builders are of a faulty kind."""

    kind: type[MemoryBuilder] = MemoryBuilder

    def build(self, generation: str) -> MemoryBuilder:
        builder = self.kind(self, generation)
        self.building[generation] = builder
        return builder


@pytest.fixture
def faulty(database: Database, given: Given) -> Faulty:
    """An engine with a good generation of one offer; its next builders are as faulty as the test wants."""
    given.practice()
    engine = Faulty()
    rebuild(database, engine, NOW)
    return engine


def refused(database: Database, engine: Faulty, match: str) -> None:
    """The next build is refused, leaves nothing, and the former generation answers."""
    before = engine.status()
    with pytest.raises(GateClosed, match=match):
        rebuild(database, engine, NOW + HOUR)
    assert engine.building == {}
    assert engine.status() == before


def test_an_index_that_lacks_an_offer_is_refused(database: Database, given: Given, faulty: Faulty) -> None:
    given.practice(JEAN, "tech:R2")
    faulty.kind = Losing
    refused(database, faulty, "1 offres dans l’index, 2 dans la base")


def test_an_index_whose_offers_are_not_those_given_is_refused(database: Database, faulty: Faulty) -> None:
    faulty.kind = type("Renaming", (Altering,), {"change": {"phones": ("+33",)}})
    refused(database, faulty, "par son identifiant")


class Deaf(MemoryBuilder):
    """A builder whose index finds nothing by one of the criteria."""

    criterion: str

    def searcher(self):  # type: ignore[no-untyped-def] # a test's own
        searcher, criterion = super().searcher(), self.criterion
        found = searcher.exact
        searcher.exact = lambda plan, limit: iter(()) if getattr(plan, criterion) else found(plan, limit)
        return searcher


@pytest.mark.parametrize(("criterion", "said"), [("text", "par son nom"), ("professions", "par son lieu")])
def test_an_index_in_which_known_offers_are_not_found_is_refused(
    database: Database, faulty: Faulty, criterion: str, said: str
) -> None:
    faulty.kind = type("DeafToOne", (Deaf,), {"criterion": criterion})
    refused(database, faulty, said)


def test_an_index_that_lost_more_than_a_fifth_is_refused_unless_forced(database: Database, given: Given) -> None:
    engine = Faulty()
    people(given, 10)
    rebuild(database, engine, NOW)
    given.execute("UPDATE activity SET departed_on = '2026-11-17' WHERE professional_id > '810100000006'")
    refused(database, engine, "7 offres contre 10")
    assert rebuild(database, engine, NOW + HOUR, forced=True).offers == 7


def test_an_index_that_lost_a_fifth_is_accepted(database: Database, given: Given) -> None:
    engine = MemoryEngine()
    people(given, 10)
    rebuild(database, engine, NOW)
    given.execute("UPDATE activity SET departed_on = '2026-11-17' WHERE professional_id > '810100000007'")
    assert rebuild(database, engine, NOW + HOUR).offers == 8


class Stopping(MemoryBuilder):
    """A builder whose engine stops before it is told to finish."""

    def finish(self, position: int, stamp: str = "") -> None:
        raise EngineDown(f"{position} {stamp}")


def test_a_build_that_fails_leaves_nothing_and_says_why(database: Database, faulty: Faulty) -> None:
    faulty.kind = Stopping
    before = faulty.status()
    with pytest.raises(EngineDown):
        rebuild(database, faulty, NOW + HOUR)
    assert faulty.building == {}
    assert faulty.status() == before


def test_the_offers_asked_for_are_the_same_whatever_the_order(database: Database, given: Given) -> None:
    people(given, 40)
    with database.connect() as connection:
        offers = list(all_offers(connection, NOW))
    samples = []
    for order in (offers, offers[::-1]):
        sample = gate.Sample()
        assert list(sample.watch(order)) == order
        samples.append(sample.offers)
    assert samples[0] == samples[1]
    assert len(set(samples[0])) == gate.PROBES


def test_an_offer_without_point_is_asked_for_by_its_postal_code(database: Database, given: Given) -> None:
    given.practice()
    given.execute("UPDATE place SET lat = NULL, lon = NULL, precision = NULL")
    assert rebuild(database, MemoryEngine(), NOW).offers == 1
    (offer,) = made(database)
    plan = gate.by_place(offer, NOW)
    assert plan is not None
    assert plan.origin is None
