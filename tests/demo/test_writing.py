"""What is written, where, and that a seed decides all of it."""

from pathlib import Path

import pytest

from annuaire.demo.writing import Plan, read_manifest, write_demo
from models.identifiers import check_digit
from tests.demo.conftest import NOW, SMALL, Written, ignored

RPPS_HEADERS = {
    "activities": "rpps/PS_LibreAcces_Personne_activite_header_2026-10-08.txt",
    "skills": "rpps/PS_LibreAcces_SavoirFaire_header.txt",
    "diplomas": "rpps/PS_LibreAcces_Dipl_AutExerc_header.txt",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    write_demo(tmp_path / "once", SMALL, ignored)
    write_demo(tmp_path / "again", SMALL, ignored)
    assert contents(tmp_path / "once") == contents(tmp_path / "again")


def test_another_seed_gives_other_people(tmp_path: Path):
    first = write_demo(tmp_path / "first", SMALL, ignored)
    other = write_demo(tmp_path / "other", Plan(seed=4, now=NOW, departements=("69", "974"), scale=0.01), ignored)
    name = first.files["activities"]
    assert contents(tmp_path / "first")[name] != contents(tmp_path / "other")[other.files["activities"]]


def test_a_departement_that_does_not_exist_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(ValueError, match="96"):
        write_demo(tmp_path / "demo", Plan(seed=1, now=NOW, departements=("69", "96")), ignored)
    assert not (tmp_path / "demo").exists()


def test_no_departement_means_all_of_france(tmp_path: Path):
    manifest = write_demo(tmp_path, Plan(seed=1, now=NOW, departements=(), scale=0.0005), ignored)
    assert {"01", "2A", "2B", "75", "971", "976"} <= set(manifest.departements)
    assert len(manifest.departements) > 100


def test_the_manifest_is_read_again_as_it_was_written(demo: Written, tmp_path: Path):
    assert read_manifest(demo.folder) == demo.manifest
    assert read_manifest(tmp_path) is None


def test_files_are_named_like_the_official_ones_with_the_minute_in_paris(demo: Written):
    assert demo.manifest.files["activities"] == "PS_LibreAcces_Personne_activite_202611201742.txt"
    assert demo.manifest.files["skills"] == "PS_LibreAcces_SavoirFaire_202611201742.txt"
    assert demo.manifest.files["diplomas"] == "PS_LibreAcces_Dipl_AutExerc_202611201742.txt"
    assert demo.manifest.files["structures"] == "finess-structures-mensuel-202611.json"
    assert demo.manifest.slots["azur"] == "creneaux-azur-202611201742.ndjson"


@pytest.mark.parametrize("role", RPPS_HEADERS)
def test_the_header_is_the_official_one(demo: Written, shared_data: Path, role: str):
    official = (shared_data / RPPS_HEADERS[role]).read_text("utf-8").strip().rstrip("|")
    written = (demo.folder / demo.manifest.files[role]).read_text("utf-8").partition("\n")[0]
    assert written == official + "|"


@pytest.mark.parametrize(("role", "width"), [("activities", 56), ("skills", 13), ("diplomas", 13)])
def test_every_line_has_every_column_and_a_delimiter_at_its_end(demo: Written, role: str, width: int):
    lines = (demo.folder / demo.manifest.files[role]).read_text("utf-8").splitlines()
    assert {line.count("|") for line in lines} == {width}
    assert all(line.endswith("|") for line in lines)


def test_the_default_demo_has_between_28_000_and_40_000_offers(demo: Written):
    offers = demo.manifest.counts["placed"] + demo.manifest.counts["active_structures"]
    assert 28_000 <= offers <= 40_000


def test_the_counts_are_those_of_the_files(demo: Written):
    rows = list(demo.rows("activities"))
    people = {row["Identification nationale PP"] for row in rows} - {""}
    students = {row["Identification nationale PP"] for row in rows if row["Code catégorie professionnelle"] == "E"}
    counts = demo.manifest.counts
    assert counts["people"] == len(people)
    assert counts["students"] == len(students)
    assert counts["activities"] + counts["intended_rejects"] == len(rows)
    assert counts["structures"] == len(demo.structures())
    assert counts["declarations"] == len(demo.lines("declarations"))
    assert counts["agendas"] == len(demo.lines("roster"))


def test_people_have_valid_numbers_in_a_fictional_range(demo: Written):
    for row in demo.rows("activities"):
        number, kind = row["Identifiant PP"], row["Type d'identifiant PP"]
        if not number:
            continue
        assert row["Identification nationale PP"] == kind + number
        assert number[-1] == check_digit(number[:-1])
        assert (number.startswith("10999") and len(number) == 11) if kind == "8" else len(number) == 9


def test_establishments_have_valid_numbers_each_its_own(demo: Written):
    numbers = [ege["informationsGeneralesEGE"]["numFinessEge"] for pm in demo.structures() for ege in pm["ege"]]
    assert len(set(numbers)) == len(numbers)
    assert all(len(number) == 9 and number[-1] == check_digit(number[:-1]) for number in numbers)


def test_overseas_numbers_keep_nine_characters(tmp_path: Path):
    written = Written(tmp_path, write_demo(tmp_path, SMALL, ignored))
    numbers = [ege["informationsGeneralesEGE"]["numFinessEge"] for pm in written.structures() for ege in pm["ege"]]
    assert {len(number) for number in numbers} == {9}
    assert any(number.startswith("9704") for number in numbers)


def test_people_stay_together_whatever_their_rows_say(demo: Written):
    names: dict[str, set[tuple[str, str]]] = {}
    for row in demo.rows("activities"):
        person = names.setdefault(row["Identification nationale PP"], set())
        person.add((row["Nom d'exercice"], row["Prénom d'exercice"]))
    assert {len(person) for person in names.values()} == {1}


def test_cpts_cover_communes_once_each_from_seats_that_finess_knows(demo: Written):
    lines = (demo.folder / "cpts.csv").read_text("utf-8").splitlines()
    assert lines[0] == "insee;cpts_finess;cpts_nom"
    rows = [line.split(";") for line in lines[1:]]
    assert len({insee for insee, _, _ in rows}) == len(rows) > 800
    seats = {
        ege["informationsGeneralesEGE"]["numFinessEge"]
        for pm in demo.structures()
        for ege in pm["ege"]
        if ege["categorieentiteGeographiqueExercice"] == "604"
    }
    assert {finess for _, finess, _ in rows} == seats
    assert 30 <= len(seats) <= 60
