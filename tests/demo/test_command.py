"""`annuaire demo ecrire`: files in a folder, and what was written said in French."""

from pathlib import Path

from annuaire.demo.writing import read_manifest
from tests.annuaire.test_cli import annuaire


def test_it_writes_the_chosen_departements_and_says_what(tmp_path: Path):
    folder = tmp_path / "demo"
    said = annuaire("demo", "ecrire", str(folder), "--departement", "1", "--departement", "2a", "--echelle", "0.02")
    assert said.returncode == 0, said.stderr
    assert "départements 01, 2A" in said.stdout
    manifest = read_manifest(folder)
    assert manifest
    assert manifest.departements == ["01", "2A"]
    assert all((folder / name).is_file() for name in [*manifest.files.values(), *manifest.slots.values()])


def test_an_unknown_departement_is_named(tmp_path: Path):
    said = annuaire("demo", "ecrire", str(tmp_path / "demo"), "--departement", "96")
    assert said.returncode == 1
    assert "département inconnu : 96" in said.stderr
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("", "utf-8")
    said = annuaire("demo", "ecrire", str(tmp_path / "file" / "demo"), "--echelle", "0.001")
    assert said.returncode == 1
    assert "ne peut pas être créé" in said.stderr
