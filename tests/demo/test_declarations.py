"""Declarations: what is said is well said, and most is left unsaid."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from models.codes import CARE, CONVENTION_SECTORS, EQUIPMENT, LANGUAGES, SKILLS, VIAS, specialty_head
from tests.demo.conftest import NOW, Written

KEYS = {
    *("subject", "place_key", "participation", "via", "overbooking", "reorientation", "sector", "accessible"),
    *("new_patients", "skills", "care", "equipment", "languages", "information", "declared_at"),
}
LISTS = {"care": CARE, "equipment": EQUIPMENT, "languages": LANGUAGES, "skills": SKILLS}

Line = dict[str, Any]


@pytest.fixture(scope="module")
def lines(demo: Written) -> list[Line]:
    return demo.lines("declarations")


@pytest.fixture(scope="module")
def rows(demo: Written) -> list[dict[str, str]]:
    return [row for row in demo.rows("activities") if row["Code catégorie professionnelle"] == "C"]


def place_key(row: dict[str, str]) -> str:
    if row["Numéro FINESS site"]:
        return f"finess:{row['Numéro FINESS site']}"
    siret = row["Numéro SIRET site"]
    return f"siret:{siret}" if siret else f"tech:{row['Identifiant technique de la structure']}"


def test_every_key_and_code_is_known(lines: list[Line]):
    for line in lines:
        assert line.keys() <= KEYS
        for name, table in LISTS.items():
            assert set(line.get(name) or ()) <= table.keys()
        assert line.get("via") in {None, *VIAS}
        assert line.get("sector") in {None, *CONVENTION_SECTORS}
        assert datetime.fromisoformat(line["declared_at"]).timestamp() < NOW
        assert datetime.fromisoformat(line["declared_at"]).tzinfo


def test_no_line_says_nothing(lines: list[Line]):
    assert all(line.keys() - {"subject", "place_key", "declared_at"} for line in lines)


def test_nobody_declares_twice_for_the_same_place(lines: list[Line]):
    said = Counter((line["subject"], line["place_key"]) for line in lines)
    assert set(said.values()) == {1}


def test_people_declare_for_places_of_theirs(lines: list[Line], demo: Written):
    places = {
        (f"p:{row['Identification nationale PP']}", place_key(row))
        for row in demo.rows("activities")
        if row["Code postal (coord. structure)"]
    }
    placed = [line for line in lines if line["subject"].startswith("p:") and line["place_key"]]
    assert len(placed) > 1_000
    assert {(line["subject"], line["place_key"]) for line in placed} <= places


def test_structures_declare_under_a_number_that_exists(lines: list[Line], demo: Written):
    known = {ege["informationsGeneralesEGE"]["numFinessEge"] for pm in demo.structures() for ege in pm["ege"]}
    known |= {line["id"][1:] for line in demo.lines("roster") if line["flow"] == "sos"}
    declared = {line["subject"][2:] for line in lines if line["subject"].startswith("s:")}
    assert len(declared) > 300
    assert declared <= known


@pytest.mark.parametrize(
    ("head", "first", "tolerance"),
    [("SM54", 0.94, 0.03), ("SM40", 0.42, 0.25), ("SM42", 0.49, 0.25), ("SM38", 0.18, 0.2)],
)
def test_sectors_have_the_mix_of_each_specialty(
    lines: list[Line], rows: list[dict[str, str]], head: str, first: float, tolerance: float
):
    people = {
        f"p:{row['Identification nationale PP']}" for row in rows if specialty_head(row["Code savoir-faire"]) == head
    }
    sectors = [line["sector"] for line in lines if line["subject"] in people and line.get("sector")]
    assert len(sectors) > 10
    assert sectors.count("1") / len(sectors) == pytest.approx(first, abs=tolerance)


def test_most_people_declare_nothing_about_most_things(lines: list[Line], demo: Written):
    practising = demo.manifest.counts["people"] - demo.manifest.counts["students"]
    shares = {
        name: len(
            {line["subject"] for line in lines if line["subject"].startswith("p:") and line.get(name) is not None}
        )
        / practising
        for name in KEYS - {"subject", "place_key", "declared_at"}
    }
    assert all(0.003 < share < 0.4 for share in shares.values()), shares


def test_some_declare_that_they_have_none(lines: list[Line]):
    assert any(line.get("languages") == [] for line in lines)
    assert any(line.get("care") == [] for line in lines)
    assert any(line.get("equipment") == [] for line in lines)


def test_participation_goes_through_every_way_and_mostly_oneself(lines: list[Line]):
    ways = Counter(line.get("via") for line in lines if line.get("participation"))
    assert set(VIAS) <= ways.keys()
    assert ways["individual"] / ways.total() == pytest.approx(0.68, abs=0.12)


def test_only_those_who_take_part_write_to_the_regulation(lines: list[Line]):
    taking = {line["subject"] for line in lines if line.get("participation")}
    writing = {line["subject"] for line in lines if line.get("information")}
    assert writing
    assert writing <= taking


def test_a_way_to_take_part_is_only_said_by_those_who_do(lines: list[Line]):
    assert not any(line.get("via") for line in lines if not line.get("participation"))
    assert any(line.get("participation") is False for line in lines)
