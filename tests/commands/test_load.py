"""The commands say in French what they did, and end with another status when they refuse."""

import gzip
import json
import re
import sys
from pathlib import Path

import pytest

from annuaire.cli import main
from tests.ingestion.bundles import answers, bundle, practice, slot
from tests.ingestion.given import activities, activity, ege, finess, people, person


class Annuaire:
    """The command line, in this process, on a data folder of its own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, output: pytest.CaptureFixture[str]) -> None:
        self.folder, self.patch, self.output = folder, patch, output

    def __call__(self, *arguments: object, status: int = 0, **settings: str) -> str:
        """What a command prints, its spaces made plain; its exit status is checked."""
        with self.patch.context() as patch:
            for name, value in {"ANNUAIRE_DATA_DIR": str(self.folder), "COLUMNS": "200", **settings}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["annuaire", *map(str, arguments)])
            with pytest.raises(SystemExit) as ended:
                main()
        said = "".join(self.output.readouterr())
        assert ended.value.code == status, said
        return re.sub(r"\s+", " ", said)


@pytest.fixture
def annuaire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Annuaire:
    return Annuaire(tmp_path / "var", monkeypatch, capsys)


def test_a_load_prepares_the_database_and_says_what_it_did(annuaire: Annuaire, tmp_path: Path):
    file = people(tmp_path / "a.txt", 1, 2)
    said = annuaire("load", "rpps", file)
    assert "│ activités │ 2 │ 0 │ 0 │ 0 │" in said
    assert "Lignes lues : 2 ; rejetées : 0." in said
    assert "Personnes ou structures dont les offres changent : 2." in said
    assert "│ activités │ 0 │ 0 │ 2 │ 0 │" in annuaire("load", "rpps", file)


def test_a_refusal_says_why_with_the_counts_and_ends_with_1(annuaire: Annuaire, tmp_path: Path):
    annuaire("load", "rpps", people(tmp_path / "a.txt", *range(1, 11)))
    fewer = activities(tmp_path / "b.txt", activity(**person(1)), activity(family=""))
    said = annuaire("load", "rpps", fewer, status=1)
    assert "b.txt est refusé, rien n'a été chargé" in said
    assert "9 des 10 lignes connues de « professionnels »" in said
    assert said.count("rien n'a été") == 1
    assert "│ professionnels │ 0 │ 0 │ 1 │ 9 │" in said
    assert "Lignes lues : 2 ; rejetées : 1." in said
    assert (annuaire.folder / "reports").is_dir()
    assert "│ activités │ 0 │ 0 │ 1 │ 9 │" in annuaire("load", "rpps", fewer, "--force")


def test_a_folder_named_by_a_dot_is_called_by_its_name(
    annuaire: Annuaire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "fichiers"
    folder.mkdir()
    activities(folder / "a.txt", "x|y")
    monkeypatch.chdir(folder)
    assert "fichiers (a.txt) est refusé" in annuaire("load", "rpps", ".", status=1)


def test_a_folder_of_several_kinds_is_loaded_whole(annuaire: Annuaire, tmp_path: Path):
    folder = tmp_path / "fichiers"
    folder.mkdir()
    people(folder / "rpps.txt", 1)
    finess(folder / "finess.json", ege())
    said = annuaire("load", "fichier", folder)
    assert "│ professionnels │ 1 │" in said
    assert "│ structures │ 1 │" in said


def test_an_archive_that_is_broken_is_said_in_french(annuaire: Annuaire, tmp_path: Path):
    for name, content in (("a.zip", b"PK\3\4x"), ("a.gz", gzip.compress(b"x" * 9_000)[:-9])):
        (tmp_path / name).write_bytes(content)
        assert f"{name} : archive tronquée ou abîmée." in annuaire("load", "rpps", tmp_path / name, status=1)


def test_a_data_folder_that_cannot_be_one_is_said_with_its_variable(annuaire: Annuaire, tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "inside", Path("/proc/nowhere")):
        said = annuaire("load", "rpps", people(tmp_path / "a.txt", 1), status=1, ANNUAIRE_DATA_DIR=str(folder))
        assert said.startswith("ANNUAIRE_DATA_DIR : /")
        assert "ne peut pas être utilisé" in said


def test_a_database_that_is_none_is_said_with_its_variable(annuaire: Annuaire, tmp_path: Path):
    (tmp_path / "a.db").write_text("x" * 5_000)
    said = annuaire("db", "migrate", status=1, ANNUAIRE_DATABASE_URL=f"sqlite:///{tmp_path / 'a.db'}")
    assert "n'est pas une base SQLite, ou il est abîmé (ANNUAIRE_DATABASE_URL)" in said


def test_a_file_of_another_kind_is_refused(annuaire: Annuaire, tmp_path: Path):
    said = annuaire("load", "rpps", finess(tmp_path / "f.json", ege()), status=1)
    assert "n'est pas « PS_LibreAcces_Personne_activite »" in said


def test_files_are_known_by_their_content(annuaire: Annuaire, tmp_path: Path):
    slots = answers(tmp_path / "creneaux-azur-203011230755.ndjson", bundle(slot(1_922_400_000), *practice()))
    said = annuaire("load", "fichier", people(tmp_path / "a.txt", 1), finess(tmp_path / "f.json", ege()), slots)
    assert "│ professionnels │ 1 │" in said
    assert "│ structures │ 1 │" in said
    assert "│ créneaux et plages │ 1 │" in said


@pytest.mark.parametrize("command", ["finess", "fichier"])
def test_the_activities_of_finess_are_refused_by_their_name(annuaire: Annuaire, tmp_path: Path, command: str):
    exercised = {"egeId": "1", "numFinessEge": "690000001", "activitesExercees": []}
    entity = {"numeroFiness": "690000000", "pmSmsseId": "1", "activitesAutorisees": [], "ege": [exercised]}
    file = tmp_path / "finess-activites-1.json"
    file.write_text(json.dumps({"schemaVersion": "v1.0.0", "pmej": [entity]}))
    assert "C'est le fichier « activités » de FINESS+" in annuaire("load", command, file, status=1)


def test_slots_are_read_as_of_an_instant(annuaire: Annuaire, tmp_path: Path):
    file = answers(tmp_path / "bundle.json", bundle(slot(), *practice()))
    said = annuaire("load", "creneaux", file, "--editeur", "azur", "--a", "2026-11-23T08:00:00+01:00")
    assert "│ créneaux et plages │ 1 │ 0 │ 0 │ 0 │" in said
    assert "n'est pas un instant" in annuaire("load", "creneaux", file, "--editeur", "a", "--a", "hier", status=1)
    assert "--editeur" in annuaire("load", "creneaux", file, status=1)


def test_geocoding_needs_a_geocoder(annuaire: Annuaire):
    assert "ANNUAIRE_GEOCODER_URL" in annuaire("load", "geocoder", status=1)


def test_a_geocoder_that_does_not_answer_ends_with_1(annuaire: Annuaire, tmp_path: Path):
    annuaire("load", "rpps", people(tmp_path / "a.txt", 1))
    nobody = {"ANNUAIRE_GEOCODER_URL": "http://127.0.0.1:9/geocodage", "ANNUAIRE_GEOCODER_TIMEOUT_S": "1"}
    said = annuaire("load", "geocoder", "--limite", "1", status=1, **nobody)
    assert "Le géocodeur ne répond plus (il est injoignable). La même commande reprendra" in said


def test_an_objection_of_nobody_known_is_recorded_and_said(annuaire: Annuaire):
    said = annuaire("suppress", "10000000001")
    assert "p:810000000001 : aucune personne ni structure de ce numéro dans la base" in said
    assert "│ p:810000000001 │ opposition │" in annuaire("suppress")


def test_a_number_of_a_person_and_of_a_structure_is_refused_without_its_prefix(annuaire: Annuaire, tmp_path: Path):
    adeli = activity(id="0690000001", kind="0", number="690000001")
    annuaire("load", "fichier", activities(tmp_path / "a.txt", adeli))
    assert "p:0690000001 : opposition enregistrée." in annuaire("suppress", "690000001")
    annuaire("load", "fichier", finess(tmp_path / "f.json", ege()))
    assert "donnez s:690000001 ou p:0690000001" in annuaire("suppress", "690000001", status=1)
    assert "s:690000001 : opposition enregistrée." in annuaire("suppress", "s:690000001")


def test_an_objection_is_recorded_listed_and_withdrawn(annuaire: Annuaire, tmp_path: Path):
    annuaire("load", "rpps", people(tmp_path / "a.txt", 10_000_000_001))
    assert "p:810000000001 : opposition enregistrée." in annuaire("suppress", "10000000001", "--motif", "courrier")
    assert "opposition déjà enregistrée" in annuaire("suppress", "810000000001")
    assert "│ p:810000000001 │ courrier │" in annuaire("suppress")
    assert "opposition retirée" in annuaire("suppress", "810000000001", "--annuler")
    assert "aucune opposition" in annuaire("suppress", "810000000001", "--annuler")
    assert "ni un RPPS" in annuaire("suppress", "Martel", status=1)


def test_the_database_is_prepared_once_or_twice(annuaire: Annuaire):
    for _ in range(2):
        assert "La base de données est à jour." in annuaire("db", "migrate")


def test_a_database_that_does_not_answer_is_said(annuaire: Annuaire):
    nowhere = {"ANNUAIRE_DATABASE_URL": "postgresql://a@127.0.0.1:9/b"}
    said = annuaire("db", "migrate", status=1, **nowhere)
    assert "n'a pas pu être utilisée : aucun serveur ne répond à l'adresse de ANNUAIRE_DATABASE_URL." in said


def test_every_kind_of_file_has_a_command_in_french(annuaire: Annuaire):
    said = annuaire("load", "--help")
    for kind in ("rpps", "savoir-faire", "diplomes", "finess", "finess-historique", "postaux", "cpts", "creneaux"):
        assert f" {kind} " in said
    assert "Charge" in said
