"""The files of the demo pass through the loads of real files: nothing is rejected but what is meant to be."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from annuaire.demo.geocoder import FictionalGeocoder
from annuaire.demo.loading import ATTRIBUTION, is_loaded, locate_addresses, steps, top_up
from indexer.documents import all_offers
from ingestion.loading import Options
from ingestion.report import Totals
from models.gazetteer import gazetteer
from models.geo import Point, distance_m
from models.offer import Offer
from models.tables import Availability, Load, SlotFeed
from tests.demo.conftest import NOW, Written
from tests.migrated import migrated


def unseen(_done: int, _total: int) -> None:
    """A progress that nobody watches."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = f"sqlite:///{tmp_path_factory.mktemp('base') / 'annuaire.db'}"
    return migrated(url)


@pytest.fixture(scope="module")
def loaded(demo: Written, database: Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Totals]:
    """The totals of every load of the demo, by title; addresses have their points."""
    reports = tmp_path_factory.mktemp("reports")
    assert not is_loaded(database, demo.manifest)
    options = Options(NOW, reports=reports, attribution=ATTRIBUTION)
    totals = {step.title: step.load(database, step.path, options) for step in steps(demo.folder, demo.manifest)}
    locate_addresses(database, NOW, unseen)
    return totals


@pytest.fixture(scope="module")
def offers(loaded: dict[str, Totals], database: Engine) -> list[Offer]:
    with database.connect() as connection:
        return list(all_offers(connection, NOW))


def test_only_the_lines_meant_to_be_are_rejected(demo: Written, loaded: dict[str, Totals]):
    rejected = {title: totals.rejected for title, totals in loaded.items() if totals.rejected}
    assert rejected == {"Activités du RPPS": demo.manifest.counts["intended_rejects"]}


def test_everything_written_is_read(demo: Written, loaded: dict[str, Totals]):
    counts = demo.manifest.counts
    assert loaded["Activités du RPPS"].of("professional").new == counts["people"] - counts["students"]
    assert loaded["Établissements de FINESS+"].of("structure").new == counts["structures"]
    assert loaded["Déclarations"].of("declaration").new == counts["declarations"]
    assert loaded["Communes des CPTS"].of("territory").new == counts["cpts"]
    assert loaded["Activités du RPPS"].unknown_codes > 0
    assert loaded["Établissements de FINESS+"].unknown_codes > 0


def test_every_editor_s_slots_lie_at_places_that_the_rpps_knows(loaded: dict[str, Totals]):
    for editor in ("azur", "brume", "cedre"):
        totals = loaded[f"Créneaux de l'éditeur {editor}"]
        assert totals.of("availability").new > 500
        assert totals.of("place").new == 0


def test_an_editor_that_could_not_be_asked_leaves_people_unknown(loaded: dict[str, Totals], database: Engine):
    with database.connect() as connection:
        answered = dict(
            connection.execute(
                select(SlotFeed.source_name, func.min(SlotFeed.answered)).group_by(SlotFeed.source_name)
            ).all()
        )
    assert answered == {"azur": 1, "brume": 1, "cedre": 1, "dune": 0, "echo": 1}


def test_the_default_demo_makes_the_offers_that_the_product_promises(offers: list[Offer]):
    assert 28_000 <= len(offers) <= 40_000
    assert {offer.slot_state for offer in offers} == {"known", "unknown", "none"}
    assert {offer.place.departement for offer in offers} >= {"01", "38", "42", "69"}


def test_nearly_every_offer_has_a_point_of_its_own(offers: list[Offer]):
    precise = [offer for offer in offers if offer.place.point and offer.place.point.precision != "commune"]
    assert len(precise) / len(offers) > 0.95


def test_someone_can_come_tonight_near_villeurbanne(offers: list[Offer]):
    villeurbanne = Point(45.7663, 4.87966)
    found = [
        offer
        for offer in offers
        if offer.place.point
        and distance_m(Point(offer.place.point.lat, offer.place.point.lon), villeurbanne) < 20_000
        and "SM54" in {code.code for code in offer.specialties or ()}
        and any(
            "domicile" in one.modalities and one.start < NOW + 6 * 3600 and one.end > NOW
            for one in offer.availabilities
        )
    ]
    assert len(found) >= 5


def test_the_sources_are_said_to_be_fictional(loaded: dict[str, Totals], database: Engine):
    with database.connect() as connection:
        assert set(connection.scalars(select(Load.attribution))) == {ATTRIBUTION}


def test_loading_again_changes_nothing(demo: Written, loaded: dict[str, Totals], database: Engine, tmp_path: Path):
    assert is_loaded(database, demo.manifest)
    for step in steps(demo.folder, demo.manifest):
        totals = step.load(database, step.path, Options(NOW, reports=tmp_path, attribution=ATTRIBUTION))
        assert all((table.new, table.changed, table.gone) == (0, 0, 0) for table in totals.tables.values()), step.title
        assert totals.touched == 0


def test_topping_up_brings_the_next_day_and_keeps_one_file_an_editor(
    demo: Written, loaded: dict[str, Totals], database: Engine, tmp_path: Path
):
    (tmp_path / "agendas.ndjson").write_bytes((demo.folder / "agendas.ndjson").read_bytes())
    (tmp_path / "creneaux-azur-202601010000.ndjson").write_text("", "utf-8")
    tomorrow = NOW + 24 * 3600
    with database.connect() as connection:
        before = connection.scalar(select(func.max(Availability.start)))
    top_up(database, tmp_path, demo.manifest.seed, tomorrow)
    with database.connect() as connection:
        after = connection.scalar(select(func.max(Availability.start)))
    assert before < NOW + 72 * 3600 < after
    assert len(list(tmp_path.glob("creneaux-*"))) == 5


def test_the_geocoder_of_the_demo_knows_communes_and_invents_streets():
    geocoder = FictionalGeocoder()
    found = [geocoder.find(f"{number} rue des Lilas 69100 Villeurbanne", postcode="69100") for number in range(1, 200)]
    located = [one for one in found if one]
    centre = gazetteer().commune("69266")
    assert centre
    assert centre.point
    assert 180 < len(located) < 200
    assert {one.insee for one in located} == {"69266"}
    assert {one.precision for one in located} == {"housenumber"}
    assert len({(one.lat, one.lon) for one in located}) == len(located)
    assert all(distance_m(Point(one.lat, one.lon), centre.point) < 5_000 for one in located)
    assert found == [geocoder.find(f"{n} rue des Lilas 69100 Villeurbanne", postcode="69100") for n in range(1, 200)]


def test_the_geocoder_of_the_demo_chooses_the_commune_that_the_query_names():
    geocoder = FictionalGeocoder()
    named = [geocoder.find(f"{n} rue Neuve 01190 Pont-de-Vaux", postcode="01190") for n in range(5)]
    assert {one.insee for one in named if one} == {"01305"}
    street = geocoder.find("Rue Neuve Villeurbanne", citycode="69266")
    assert street
    assert street.precision == "street"
    assert geocoder.find("1 rue Neuve", postcode="00000") is None
