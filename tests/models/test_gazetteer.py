"""The bundled gazetteer: what it holds, and how places, postal codes and départements are found in it."""

import csv
import time
from pathlib import Path

import pytest

from models import gazetteer as module
from models.clock import DEPARTEMENT_ZONES
from models.gazetteer import Gazetteer, gazetteer
from models.geo import Point, distance_m


@pytest.fixture(scope="module")
def places() -> Gazetteer:
    return gazetteer()


def reference(shared_data: Path) -> dict[str, dict[str, str]]:
    """A gazetteer made from the same packages by other hands."""
    with (shared_data / "postal" / "communes_fr_2026.csv").open(encoding="utf-8") as lines:
        return {row["insee"]: row for row in csv.DictReader(lines)}


def test_it_loads_in_less_than_300_ms():
    def seconds() -> float:
        """Of the processor: what other tests do meanwhile is not counted."""
        module.gazetteer.cache_clear()
        start = time.process_time()
        gazetteer()
        return time.process_time() - start

    assert min(seconds() for _ in range(5)) < 0.3


def test_it_is_read_once():
    assert gazetteer() is gazetteer()


def test_it_holds_every_commune_of_2026_sorted_by_insee_code(places: Gazetteer):
    codes = [commune.insee for commune in places.communes]
    kinds = [commune.kind for commune in places.communes]
    assert (kinds.count("COM"), kinds.count("ARM")) == (34_969, 45)
    assert codes == sorted(set(codes))


def test_it_names_counts_and_codes_the_same_communes_as_the_reference(places: Gazetteer, shared_data: Path):
    expected = {
        insee: (
            row["nom"],
            row["type"],
            row["departement"],
            int(row["population"] or 0),
            row["codes_postaux"].split(),
        )
        for insee, row in reference(shared_data).items()
    }
    found = {
        one.insee: (one.name, one.kind, one.departement, one.population, list(one.postal_codes))
        for one in places.communes
    }
    assert found.keys() == expected.keys()
    assert [insee for insee in found if found[insee] != expected[insee]] == []


def test_its_points_are_within_1_km_of_the_reference(places: Gazetteer, shared_data: Path):
    gaps = [
        distance_m(commune.point, Point(float(row["lat"]), float(row["lon"])))
        for insee, row in reference(shared_data).items()
        if row["lat"] and (commune := places.commune(insee)) and commune.point
    ]
    assert len(gaps) == 34_916
    assert sum(gap <= 1000 for gap in gaps) / len(gaps) >= 0.999


def test_every_point_is_on_the_land_of_its_departement(places: Gazetteer):
    for departement in places.departements:
        points = [one.point for one in places.in_departement(departement.code) if one.point]
        wide = 2_000_000 if departement.code in {"987", "988"} else 300_000
        assert all(distance_m(points[0], point) < wide for point in points), departement.name


@pytest.mark.parametrize(
    ("insee", "lat", "lon"),
    [("69383", 45.7533, 4.8695), ("97411", -20.879, 55.4486), ("13201", 43.2998, 5.3822), ("63113", 45.7795, 3.0861)],
)
def test_known_places_are_where_they_are(places: Gazetteer, insee: str, lat: float, lon: float):
    commune = places.commune(insee)
    assert commune is not None
    assert commune.point is not None
    assert distance_m(commune.point, Point(lat, lon)) < 600


def test_the_chief_places_overseas_have_a_point_and_the_unlocated_have_none(places: Gazetteer):
    noumea, celles = places.commune("98818"), places.commune("15031")
    assert noumea is not None
    assert celles is not None
    assert noumea.point_source == "constant"
    assert (celles.point, celles.point_source) == (None, None)
    assert sum(commune.point is None for commune in places.communes) == 68


def test_a_postal_code_of_lyon_is_an_arrondissement_and_not_all_of_lyon(places: Gazetteer):
    assert [commune.insee for commune in places.with_postal_code("69003")] == ["69383"]


def test_a_postal_code_may_be_shared_by_communes(places: Gazetteer):
    found = places.with_postal_code("73210")
    assert len(found) == 4
    assert "Aime-la-Plagne" in {commune.name for commune in found}


def test_the_point_of_a_postal_code_is_amid_its_communes(places: Gazetteer):
    amid = places.point_of_postal_code("73210")
    assert amid is not None
    assert all(distance_m(amid, one.point) < 15_000 for one in places.with_postal_code("73210") if one.point)
    assert places.point_of_postal_code("69999") is None


@pytest.mark.parametrize(("insee", "count"), [("75056", 20), ("69123", 9), ("13055", 16), ("38185", 0)])
def test_only_three_communes_have_arrondissements(places: Gazetteer, insee: str, count: int):
    assert len(places.arrondissements(insee)) == count
    assert all(one.parent == insee for one in places.arrondissements(insee))


def test_the_communes_of_a_departement_are_its_own_without_arrondissements(places: Gazetteer):
    rhone = places.in_departement("69")
    assert {commune.departement for commune in rhone} == {"69"}
    assert {commune.kind for commune in rhone} == {"COM"}
    assert len(rhone) == 266
    assert places.in_departement("00") == ()


@pytest.mark.parametrize(
    ("postal_code", "departement"),
    [
        ("69003", "69"),
        ("01000", "01"),
        ("20000", "2A"),
        ("20200", "2B"),
        ("97110", "971"),
        ("97133", "977"),
        ("97150", "978"),
        ("97400", "974"),
        ("97500", "975"),
        ("97600", "976"),
        ("98600", "986"),
        ("98714", "987"),
        ("98800", "988"),
    ],
)
def test_a_postal_code_tells_its_departement(places: Gazetteer, postal_code: str, departement: str):
    assert places.with_postal_code(postal_code)
    assert code_of(places, postal_code=postal_code) == departement


@pytest.mark.parametrize(
    ("cedex", "departement"),
    [
        ("25304", "25"),
        ("69437", "69"),
        ("20188", "2A"),
        ("20303", "2A"),
        ("20407", "2B"),
        ("97262", "972"),
        ("97717", "974"),
        ("97867", "974"),
        ("98849", "988"),
    ],
)
def test_a_cedex_falls_back_on_its_digits(places: Gazetteer, cedex: str, departement: str):
    assert places.with_postal_code(cedex) == ()
    assert code_of(places, postal_code=cedex) == departement


@pytest.mark.parametrize("postal_code", ["98000", "00100", "99120", "", "6900", "69OO3", "٦٩٠٠٣", "690033"])
def test_what_is_no_french_postal_code_has_no_departement(places: Gazetteer, postal_code: str):
    assert places.departement_of(postal_code=postal_code) is None


@pytest.mark.parametrize(
    ("insee", "postal_code", "departement"),
    [
        ("2A004", None, "2A"),
        ("97801", "97150", "978"),
        ("69383", "38000", "69"),
        ("01015", None, "01"),
        ("97499", None, "974"),
        ("?", "38000", "38"),
    ],
)
def test_an_insee_code_tells_better_than_a_postal_code(
    places: Gazetteer, insee: str, postal_code: str | None, departement: str
):
    assert code_of(places, insee, postal_code) == departement


def code_of(places: Gazetteer, insee: str | None = None, postal_code: str | None = None) -> str | None:
    departement = places.departement_of(insee, postal_code)
    return departement.code if departement else None


def test_a_name_is_found_whatever_its_case_accents_and_hyphens_largest_first(places: Gazetteer):
    found = places.named("SAINT DENIS")
    assert [commune.departement for commune in found][:2] == ["974", "93"]
    assert places.named("saint-étienne")[0].insee == "42218"
    assert places.named("Nulle-Part") == ()


@pytest.mark.parametrize(
    ("point", "insee"),
    [
        (Point(45.7533, 4.8695), "69383"),
        (Point(48.8728, 2.3124), "75108"),
        (Point(45.7665, 4.8795), "69266"),
    ],
)
def test_the_nearest_commune_is_an_arrondissement_where_there_are_some(places: Gazetteer, point: Point, insee: str):
    assert places.nearest(point).insee == insee


@pytest.mark.parametrize(
    "point", [Point(46.5, 2.4), Point(43.0, 6.0), Point(0.0, -30.0), Point(-15.0, 180.0), Point(90.0, 0.0)]
)
def test_nothing_is_nearer_than_the_nearest(places: Gazetteer, point: Point):
    found = places.nearest(point)
    assert found.point is not None
    assert distance_m(point, found.point) == min(distance_m(point, one.point) for one in places.communes if one.point)


def test_every_departement_has_the_usual_radius_of_the_sas(places: Gazetteer, shared_data: Path):
    with (shared_data / "sas" / "SAS_rayons_2025.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["code"]]
    usual = {row["code"].removeprefix("20").zfill(2): int(row["cityDefaultRadius"]) for row in rows}
    usual |= {"2A": usual.pop("0A"), "2B": usual.pop("0B"), "973": 50, "976": 20}
    assert {one.code: one.radius_km for one in places.departements} == {
        one.code: usual.get(one.code, 20) for one in places.departements
    }
    assert set(usual) <= {one.code for one in places.departements}


def test_every_overseas_departement_has_its_own_time_zone(places: Gazetteer):
    zones = {one.code: one.time_zone for one in places.departements if one.time_zone != "Europe/Paris"}
    assert zones == DEPARTEMENT_ZONES


def test_a_departement_says_its_region_and_its_telephone_country(places: Gazetteer):
    rhone, reunion = places.departement("69"), places.departement("974")
    assert rhone is not None
    assert reunion is not None
    assert (rhone.region_name, rhone.phone_region) == ("Auvergne-Rhône-Alpes", "FR")
    assert (reunion.region_name, reunion.phone_region) == ("La Réunion", "RE")
    assert places.departement("20") is None
