"""The demo, from its files to both engines: counts agree, answers are the oracle's, a second load writes nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import text

from annuaire.demo.loading import locate_addresses, steps
from annuaire.demo.writing import Manifest, write_demo
from annuaire.demo.writing import Plan as DemoPlan
from indexer.documents import all_offers, count_offers
from indexer.protocol import Engine
from indexer.rebuild import rebuild
from ingestion.loading import Options
from models.codes import Viewer
from models.offer import Offer
from relevance import oracle
from search_api.parameters import Context, pairs, read
from search_api.planning import widened
from tests.api.serving import planner
from tests.contract.compare import assert_same, at_an_edge
from tests.demo.conftest import NOW, ignored
from tests.migrated import migrated

AT = NOW // 60 * 60
REQUESTS = (
    "specialty=SM54&modality=domicile&address=Villeurbanne&within_hours=6",
    "specialty=SM54&address=Lyon 3e&radius_km=5&within_hours=48",
    "profession=60&address=69100&language=ar",
    "profession=70&departement=69&new_patients=true",
    "structure_type=620&near=45.75,4.85",
    "structure_type=124&structure_type=603&postal_code=69003&within_hours=24",
    "text=saint&kind=structure",
    "text=mar&profession=10&address=Lyon",
    "profession=10&participation=true&overbooking=true&address=Bron&modality=cabinet&modality=domicile&within_hours=12",
    "care=suture&equipment=ecg&address=Lyon&sector=1",
    "profession=10&commune=97411&within_hours=72",
    "profession=50&address=Saint-Denis (974)&order=soonest&within_hours=72",
    "specialty=SM54&address=Tarare&order=nearest&modality=teleconsultation",
    "reorientation=true&departement=974&profession=10",
    "accessible=true&profession=40&address=Villefranche-sur-Saône",
)


@dataclass(frozen=True)
class Loaded:
    """A small demo in a database, and its offers."""

    database: Database
    folder: Path
    manifest: Manifest
    offers: tuple[Offer, ...]
    printed: dict[str, tuple[int, int, int]]


def load(database: Database, folder: Path, manifest: Manifest, at: int) -> dict[str, tuple[int, int, int]]:
    """Load every file; new, changed and gone of each table."""
    written = {}
    for step in steps(folder, manifest):
        for name, table in step.load(database, step.path, Options(at)).tables.items():
            written[f"{step.path.name} {name}"] = (table.new, table.changed, table.gone)
    return written


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    """Rhône and La Réunion at a fiftieth, loaded as real files are."""
    folder = tmp_path_factory.mktemp("small-demo")
    manifest = write_demo(folder, DemoPlan(3, NOW, ("69", "974"), 0.02), ignored)
    url = f"sqlite:///{folder / 'demo.db'}"
    database = migrated(url)
    printed = load(database, folder, manifest, NOW)
    locate_addresses(database, NOW, lambda _done, _total: None)
    with database.connect() as connection:
        offers = tuple(all_offers(connection, NOW))
    yield Loaded(database, folder, manifest, offers, printed)
    database.dispose()


@pytest.fixture(scope="module")
def indexed(engine: Engine, loaded: Loaded) -> Engine:
    """The engine, built from that database."""
    rebuild(loaded.database, engine, NOW)
    return engine


def test_the_counts_that_the_loads_print_are_those_of_the_database(loaded: Loaded):
    printed: Counter[str] = Counter()
    for key, (new, changed, gone) in loaded.printed.items():
        printed[key.rpartition(" ")[2]] += new
        assert (changed, gone) == (0, 0)
    listed = {"professional", "activity", "skill", "diploma", "structure", "declaration", "territory", "availability"}
    assert listed <= set(printed)
    with loaded.database.connect() as connection:
        stored = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in listed}
    assert stored == {table: printed[table] for table in listed}


def test_the_index_has_the_offers_of_the_database_and_no_other(indexed: Engine, loaded: Loaded):
    with loaded.database.connect() as connection:
        counted = count_offers(connection, NOW)
    assert indexed.status().offers == len(loaded.offers) == counted
    assert list(indexed.all_offers()) == list(loaded.offers)


@pytest.mark.parametrize("request_", REQUESTS)
def test_the_demo_is_answered_like_the_oracle_answers(indexed: Engine, loaded: Loaded, request_: str):
    asked = read(pairs(request_.encode()), Context(AT, planner()))
    plan = widened(planner().plan(asked, AT, Viewer.REGULATION).plan, asked, indexed)
    assert not at_an_edge(loaded.offers, plan)
    found = indexed.search(plan)
    assert_same(found, oracle.search(loaded.offers, plan), plan)
    assert found.exact.hits or found.approximate.hits


def test_loading_the_same_files_again_changes_nothing(loaded: Loaded):
    with loaded.database.connect() as connection:
        before = connection.scalar(text("SELECT max(seq) FROM outbox"))
    again = load(loaded.database, loaded.folder, loaded.manifest, NOW + 60)
    assert set(again.values()) == {(0, 0, 0)}
    with loaded.database.connect() as connection:
        assert connection.scalar(text("SELECT max(seq) FROM outbox")) == before
