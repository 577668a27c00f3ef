"""The demo looks like the real files: shares within a tolerance."""

from collections import Counter

import pytest

from annuaire.demo.figures import TRADES
from tests.demo.conftest import Written

GENERALISTS = {"SM53", "SM54", "SM26"}
RADIOLOGISTS = {"SM44", "SM74"}


@pytest.fixture(scope="module")
def rows(demo: Written) -> list[dict[str, str]]:
    return [row for row in demo.rows("activities") if row["Identification nationale PP"]]


@pytest.fixture(scope="module")
def placed(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in rows if row["Code postal (coord. structure)"]]


@pytest.fixture(scope="module")
def self_employed(placed: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in placed if row["Code secteur d'activité"] in {"SA07", "SA08", "SA09"}]


def share(rows: list[dict[str, str]], column: str, value: str = "") -> float:
    return sum(row[column] == value for row in rows) / len(rows)


def places_each(rows: list[dict[str, str]], skills: set[str]) -> float:
    pairs = {
        (row["Identification nationale PP"], row["Identifiant technique de la structure"])
        for row in rows
        if row["Code savoir-faire"] in skills
    }
    return len(pairs) / len({person for person, _ in pairs})


def test_professions_have_their_national_shares(rows: list[dict[str, str]]):
    active = {
        row["Identification nationale PP"]: row["Code profession"]
        for row in rows
        if row["Code catégorie professionnelle"] != "E"
    }
    found, expected = Counter(active.values()), Counter[str]()
    for trade in TRADES:
        expected[trade.profession] += trade.people
    for profession in ("10", "21", "40", "50", "60", "70", "80", "93"):
        assert found[profession] / len(active) == pytest.approx(expected[profession] / expected.total(), rel=0.05)


def test_generalists_are_about_one_row_in_twenty_four(rows: list[dict[str, str]]):
    generalists = sum(row["Code savoir-faire"] in {"SM53", "SM54"} for row in rows)
    assert generalists / len(rows) == pytest.approx(88_869 / 2_291_290, rel=0.2)


def test_the_whole_country_would_have_the_rows_of_the_real_file(demo: Written):
    nationally = demo.manifest.counts["activities"] / demo.manifest.scale / (4_667_000 / 68_950_000)
    assert nationally == pytest.approx(2_291_290, rel=0.06)


def test_generalists_have_a_bit_more_than_one_place_and_radiologists_several(placed: list[dict[str, str]]):
    assert 1.05 <= places_each(placed, GENERALISTS) <= 1.3
    assert places_each(placed, RADIOLOGISTS) > 2.2


def test_students_and_some_people_in_activity_have_no_address(rows: list[dict[str, str]]):
    students = [row for row in rows if row["Code catégorie professionnelle"] == "E"]
    others = [row for row in rows if row["Code catégorie professionnelle"] != "E"]
    assert share(students, "Code postal (coord. structure)") == 1
    assert 0.05 < share(others, "Code postal (coord. structure)") < 0.2


def test_the_insee_code_is_often_missing_for_the_self_employed(self_employed: list[dict[str, str]]):
    assert 0.5 < share(self_employed, "Code commune (coord. structure)") < 0.7


def test_lyon_is_often_the_whole_city_and_its_postal_code_an_arrondissement(placed: list[dict[str, str]]):
    lyon = [row for row in placed if row["Code commune (coord. structure)"] == "69123"]
    assert len(lyon) > 200
    assert len({row["Code postal (coord. structure)"] for row in lyon}) >= 9


def test_institutions_have_cedex_lines_that_no_list_of_postal_codes_has(placed: list[dict[str, str]]):
    cedex = [row for row in placed if "CEDEX" in row["Bureau cedex (coord. structure)"]]
    assert 0.1 < len(cedex) / len(placed) < 0.5
    assert all(row["Numéro FINESS site"] for row in cedex)


def test_one_phone_in_seven_is_missing(self_employed: list[dict[str, str]]):
    assert share(self_employed, "Téléphone (coord. structure)") == pytest.approx(0.15, abs=0.02)


def test_street_types_are_often_inside_the_name(self_employed: list[dict[str, str]]):
    inside = [row for row in self_employed if not row["Code type de voie (coord. structure)"]]
    assert 0.2 < len(inside) / len(self_employed) < 0.35
    assert any(row["Numéro Voie (coord. structure)"] == "P" for row in self_employed)
    assert any('"' in row["Complément point géographique (coord. structure)"] for row in self_employed)


def test_some_people_still_have_an_adeli_number(rows: list[dict[str, str]]):
    assert 0.001 < share(rows, "Type d'identifiant PP", "0") < 0.01


def test_a_few_codes_are_in_no_list(rows: list[dict[str, str]]):
    assert any(row["Code profession"] == "97" for row in rows)
    assert any(row["Code savoir-faire"] == "SM99" for row in rows)


def test_names_are_of_many_kinds(rows: list[dict[str, str]]):
    families = {row["Nom d'exercice"] for row in rows}
    givens = {row["Prénom d'exercice"] for row in rows}
    assert len(families) > 1_000
    for sign in ("-", "'", " ", "É", "Ç"):
        assert any(sign in family for family in families), sign
    assert any(given.isupper() for given in givens)
    assert any(not given.isascii() for given in givens)
    assert any(family.startswith("D'") for family in families)
    assert any(family.startswith("DE LA ") for family in families)
