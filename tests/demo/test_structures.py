"""The FINESS+ extract has the shape and the faults of the official one."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.gazetteer import gazetteer
from models.geo import Point, distance_m
from tests.demo.conftest import Written


@pytest.fixture(scope="module")
def sites(demo: Written) -> list[dict[str, Any]]:
    return [ege for pm in demo.structures() for ege in pm["ege"]]


def pairs(site: dict[str, Any]) -> tuple[tuple[float, float], tuple[float, float]] | None:
    found = site["adresse"][0].get("coordonneesGeographique")
    if not found:
        return None
    x, y = float(found["coordonneeX"]), float(found["coordonneeY"])
    return (x, y), (float(found["directionLatitude"]), float(found["directionLongitude"]))


def point(site: dict[str, Any]) -> Point | None:
    """The pair that is in degrees; written (lat, lon) under `direction*`, (lon, lat) under X and Y."""
    both = pairs(site)
    if both is None:
        return None
    (x, y), direction = both
    return Point(y, x) if abs(x) <= 180 and abs(y) <= 90 else Point(*direction)


def test_the_root_and_the_establishments_have_the_keys_of_the_official_extract(demo: Written, shared_data: Path):
    official = json.loads((shared_data / "finess/finess_plus_structures_extrait.json").read_text("utf-8"))
    written = json.loads((demo.folder / demo.manifest.files["structures"]).read_text("utf-8"))
    assert list(written) == list(official)
    ours, theirs = written["pmej"][0], official["pmej"][0]
    assert set(ours) == set(theirs)
    assert set(ours["ege"][0]) <= set(theirs["ege"][0])
    assert set(ours["ege"][0]["adresse"][0]) <= {*theirs["ege"][0]["adresse"][0], "complementVoie"}


def test_a_quarter_has_no_coordinates(sites: list[dict[str, Any]]):
    assert sum(pairs(site) is None for site in sites) / len(sites) == pytest.approx(0.25, abs=0.04)


def test_half_of_the_coordinates_are_in_each_order_of_the_axes(sites: list[dict[str, Any]]):
    found = [both for site in sites if (both := pairs(site))]
    metric_first = sum(abs(x) > 180 for (x, _), _ in found)
    assert metric_first / len(found) == pytest.approx(0.5, abs=0.06)


def test_a_site_lies_around_its_commune(sites: list[dict[str, Any]]):
    for site in sites:
        if there := point(site):
            commune = gazetteer().commune(site["adresse"][0]["cogCommune"])
            assert commune
            assert commune.point
            assert distance_m(there, commune.point) < 5_000


def test_sites_of_a_city_are_not_all_at_the_same_point(sites: list[dict[str, Any]]):
    villeurbanne = [point(site) for site in sites if site["adresse"][0]["cogCommune"] == "69266"]
    found = [there for there in villeurbanne if there]
    assert len(found) > 20
    assert len(set(found)) == len(found)


def test_some_names_are_padded_and_some_street_types_too(sites: list[dict[str, Any]]):
    padded = sum(site["informationsGeneralesEGE"]["nomEgeCourt"].endswith(" ") for site in sites)
    assert 0.15 < padded / len(sites) < 0.4
    assert any(site["adresse"][0]["typeVoie"] == "R   " for site in sites)


def test_closed_establishments_stay_in_the_file_with_their_date(sites: list[dict[str, Any]]):
    closed = [site for site in sites if site["etatObjet"] == "I"]
    assert 0.3 < len(closed) / len(sites) < 0.5
    assert all("dateFermeture" in site["informationsGeneralesEGE"] for site in closed)
    assert not any("dateFermeture" in site["informationsGeneralesEGE"] for site in sites if site["etatObjet"] == "A")


def test_every_kind_of_place_that_people_look_for_is_there(sites: list[dict[str, Any]]):
    found = Counter(site["categorieentiteGeographiqueExercice"] for site in sites if site["etatObjet"] == "A")
    assert all(found[code] for code in ("355", "365", "124", "603", "604", "620", "611", "500", "mmg"))
    assert found["620"] / sum(found.values()) == pytest.approx(19_921 / 104_805, abs=0.03)


def test_people_work_in_establishments_that_finess_knows(demo: Written, sites: list[dict[str, Any]]):
    active = {s["informationsGeneralesEGE"]["numFinessEge"] for s in sites if s["etatObjet"] == "A"}
    used = {row["Numéro FINESS site"] for row in demo.rows("activities")} - {""}
    assert len(used) > 500
    assert used <= active
