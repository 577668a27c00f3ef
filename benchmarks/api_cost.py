"""What the API costs around the engine: reading the request, explaining 70 offers of 20 slots each, writing the answer.

The engine is replaced by one answer computed beforehand by the oracle, so that only the API is measured: CPU time of
this thread, in milliseconds, without HTTP.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from random import Random
from statistics import quantiles
from typing import Final, cast

import msgspec

from indexer.protocol import Searcher, Status
from models.codes import Viewer
from models.gazetteer import gazetteer
from models.offer import (
    Availability,
    Code,
    CommuneRef,
    Offer,
    Participation,
    Person,
    Place,
    PlacePoint,
    SlotSource,
    StructureRef,
)
from relevance import oracle
from relevance.criteria import Name
from relevance.found import After, Found
from relevance.places import french_places
from relevance.plan import MODALITIES, Plan
from search_api.answers import SourceJson
from search_api.cursors import Cursors
from search_api.parameters import pairs
from search_api.planning import Planner
from search_api.searching import answered, understood
from search_api.services import Services

HOLD_MS: Final = 10.0
AIM_MS: Final = 5.0
EXACT, APPROXIMATE, SLOTS, RUNS = 50, 20, 20, 200
AT: Final = 1_795_452_120
QUERY: Final = (
    b"address=Villeurbanne&radius_km=5&profession=10&specialty=SM54&care=visite-domicile&within_hours=6"
    b"&modality=domicile&modality=cabinet&participation=true&approximate_limit=20"
)


class Answering:
    """A searcher that already knows: the same answer to everything."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        self._found: Found | None = None

    def status(self) -> Status:
        """The generation that answers."""
        return Status("offers-1", len(self._offers), 1)

    def search(self, plan: Plan, after: After | None = None, generation: str | None = None) -> Found:
        """What the oracle found the first time."""
        del after, generation
        self._found = self._found or oracle.search(self._offers, plan)
        return self._found

    def facets(self, plan: Plan, names: Sequence[Name]) -> dict[Name, tuple[tuple[Code, int], ...]]:
        """Nothing is measured of facets."""
        del plan
        return dict.fromkeys(names, ())


def offers() -> tuple[Offer, ...]:
    """Doctors around Villeurbanne with twenty slots each over the three days."""
    random = Random(7)
    return tuple(_offer(random, number) for number in range(EXACT + APPROXIMATE))


def _offer(random: Random, number: int) -> Offer:
    far = 0.0 if number < EXACT else 0.09
    point = PlacePoint(45.7663 + far + random.uniform(-0.03, 0.03), 4.87966, "housenumber")
    return Offer(
        id=f"p8101{number:08d}-{number:012x}",
        subject=f"p:8101{number:08d}",
        kind="professional",
        person=Person(f"101{number:08d}", "Dr", "Claire", "MARTEL"),
        professions=(Code("10", "Médecin"),),
        specialties=(Code("SM54", "Médecine générale"),),
        structure=StructureRef(name="Cabinet des Lilas"),
        place=Place("12 rue des Lilas", "69100", CommuneRef("69266", "Villeurbanne"), "69", point),
        phones=("+33400000000",),
        care=(Code("visite-domicile", "Visite à domicile"), Code("suture", "Suture de plaie")),
        equipment=(Code("ecg", "Électrocardiographe"),),
        sector=Code("1", "Secteur 1"),
        participation=Participation(active=True, via="cpts"),
        slot_state="known",
        availabilities=tuple(sorted(_slots(random), key=lambda slot: (slot.start, slot.end))),
    )


def _slots(random: Random) -> Iterator[Availability]:
    """One at home within the hour, so that every offer near meets the request, then any."""
    source = SlotSource("editor", "Éditeur A")
    yield Availability("creneau", AT + 1_800, AT + 2_700, ("domicile",), "regulation", source, 1, AT)
    for _ in range(SLOTS - 1):
        start = AT + random.randrange(0, 72 * 4) * 900
        yield Availability("creneau", start, start + 900, (random.choice(MODALITIES),), "regulation", source, 1, AT)


def services(searcher: Answering) -> Services:
    """The services of a server that a regulator asks."""
    places = gazetteer()
    return Services(
        searcher=cast("Searcher", searcher),
        planner=Planner(places, french_places(), dict),
        clock=lambda: AT + 12,
        cursors=Cursors("k" * 32, 600),
        sources=lambda: (SourceJson("RPPS", None, "Agence du Numérique en Santé"),),
        lag=lambda: 1,
        viewer=Viewer.REGULATION,
    )


def once(given: Services) -> bytes:
    """A search, from the query string to the bytes of its answer."""
    asked = understood(given, pairs(QUERY))
    return msgspec.json.encode(answered(given, asked, given.searcher.status()).json)


def measured(work: Callable[[], object], runs: int = RUNS) -> list[float]:
    """CPU milliseconds of each run."""
    times = []
    for _ in range(runs):
        start = time.thread_time()
        work()
        times.append((time.thread_time() - start) * 1000)
    return times


def cost() -> tuple[float, float]:
    """The median and the 95th percentile, in CPU milliseconds."""
    given = services(Answering(offers()))
    once(given)
    times = measured(lambda: once(given))
    return quantiles(times, n=100)[49], quantiles(times, n=100)[94]


def main() -> None:
    """Print the cost beside its bounds."""
    middle, high = cost()
    verdict = "tenu" if middle <= HOLD_MS else "manqué"
    print(
        f"API autour du moteur, 70 offres : p50 {middle:.2f} ms, p95 {high:.2f} ms CPU (tenir 10, viser 5) : {verdict}"
    )


if __name__ == "__main__":
    main()
