"""The code lists hold together and know the codes of the official sample files."""

import csv
import json
from itertools import combinations
from pathlib import Path

import pytest

from models import codes
from models.folding import fold

RPPS = "rpps/PS_LibreAcces_Personne_activite_pseudonymise.txt"
RPPS_COLUMNS = {
    "Code profession": "profession",
    "Code catégorie professionnelle": "category",
    "Code type savoir-faire": "skill_type",
    "Code savoir-faire": "specialty",
    "Code mode exercice": "mode",
    "Code secteur d'activité": "sector_of_activity",
    "Code genre activité": "genre",
}


def rpps_rows(folder: Path) -> list[dict[str, str]]:
    header = (folder / "rpps/PS_LibreAcces_Personne_activite_header_2026-10-08.txt").read_text("utf-8")
    lines = (folder / RPPS).read_text("utf-8").splitlines()[1:]
    return [dict(zip(header.strip().split("|"), line.split("|"), strict=False)) for line in lines]


@pytest.mark.parametrize("head", codes.SPECIALTY_GROUPS)
def test_a_head_is_a_member_of_its_own_group(head: str):
    assert head in codes.SPECIALTY_GROUPS[head]


def test_groups_share_no_code():
    groups = codes.SPECIALTY_GROUPS.values()
    assert all(a.isdisjoint(b) for a, b in combinations(groups, 2))


def test_every_code_of_a_group_is_a_specialty():
    assert set().union(*codes.SPECIALTY_GROUPS.values()) <= set(codes.SPECIALTIES)


@pytest.mark.parametrize(
    ("code", "head"), [("SM53", "SM54"), ("SM26", "SM54"), ("SM54", "SM54"), ("SM15", "SM15"), ("SM999", "SM999")]
)
def test_a_specialty_is_searched_by_the_head_of_its_group(code: str, head: str):
    assert codes.specialty_head(code) == head


@pytest.mark.parametrize("name", codes.TERMINOLOGIES)
def test_every_code_has_a_label_that_no_space_pads(name: str):
    table = codes.TERMINOLOGIES[name]
    assert table
    assert all(code.strip() == code and text.strip() == text != "" for code, text in table.items())


@pytest.mark.parametrize("name", ["profession", "specialty", "structure_type", "care", "equipment", "language"])
def test_two_codes_that_people_choose_never_read_the_same(name: str):
    labels = list(codes.TERMINOLOGIES[name].values())
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("name", codes.COMMON)
def test_a_common_code_is_in_its_list_once(name: str):
    common = codes.COMMON[name]
    assert set(common) <= set(codes.TERMINOLOGIES[name])
    assert len(set(common)) == len(common)


@pytest.mark.parametrize("word", codes.EVERYDAY_WORDS)
def test_an_everyday_word_is_folded_and_means_codes_that_are_searched(word: str):
    assert fold(word) == word
    for criterion, code in codes.EVERYDAY_WORDS[word]:
        assert code in codes.TERMINOLOGIES[criterion]
        assert codes.specialty_head(code) == code


def test_a_code_that_no_list_has_is_its_own_label():
    assert codes.label(codes.PROFESSIONS, "10") == "Médecin"
    assert codes.label(codes.PROFESSIONS, "777") == "777"


def test_a_sector_of_activity_tells_a_type_of_structure_that_exists():
    types = {sector: codes.structure_type_of_sector(sector) for sector in codes.SECTORS_OF_ACTIVITY}
    assert {kind for kind in types.values() if kind} <= set(codes.STRUCTURE_TYPES)
    assert types["SA07"] == types["SA08"] == types["SA09"] == "cabinet"
    assert types["SA67"] == "mmg"
    assert types["SA48"] is None


@pytest.mark.parametrize(
    ("labels", "audience"),
    [
        (["SNP", "PUBLIC"], "public"),
        (["CPTS", "SNP"], "regulation"),
        (["CPTS"], "cpts"),
        (["CPTS", "PRO"], "professional"),
        (["NEW"], "regulation"),
        ([], "regulation"),
    ],
)
def test_the_widest_label_of_a_slot_decides_and_none_means_the_regulation(labels: list[str], audience: str):
    assert codes.widest_audience(labels) == audience


def test_each_viewer_sees_what_the_one_before_sees():
    public, professional, regulation = (codes.VISIBLE[viewer] for viewer in codes.Viewer)
    assert public < professional < regulation == set(codes.AUDIENCES)


def test_the_codes_of_the_official_professional_file_are_known(shared_data: Path):
    used = {
        (name, row[column])
        for row in rpps_rows(shared_data)
        for column, name in RPPS_COLUMNS.items()
        if row.get(column)
    }
    assert used
    assert {(name, code) for name, code in used if code not in codes.TERMINOLOGIES[name]} == set()


def test_the_categories_of_the_official_structure_files_are_known(shared_data: Path):
    yearly = shared_data / "finess/etalab_stock_et_20201231_small.csv"
    with yearly.open(encoding="latin-1", newline="") as lines:
        used = {row["categetab"] for row in csv.DictReader(lines, delimiter=";")}
    monthly = json.loads((shared_data / "finess/finess_plus_structures_extrait.json").read_text("utf-8"))
    used |= {ege["categorieentiteGeographiqueExercice"] for pm in monthly["pmej"] for ege in pm["ege"]}
    assert len(used) > 10
    assert used <= set(codes.STRUCTURE_TYPES)


def test_the_codes_of_the_official_slot_examples_are_known(shared_data: Path):
    known = {*codes.FHIR_MODALITIES, *codes.FHIR_AUDIENCES, *codes.FHIR_KINDS, *codes.SPECIALTIES, "604"}
    used: set[str] = set()
    for path in (shared_data / "fhir_sas").glob("Slot-*.json"):
        slot = json.loads(path.read_text("utf-8"))
        used |= {label["code"] for label in slot["meta"]["security"]}
        concepts = [*slot.get("serviceType", []), *slot.get("specialty", []), slot.get("appointmentType", {})]
        used |= {coding["code"] for concept in concepts for coding in concept.get("coding", [])}
    assert used
    assert used <= known
