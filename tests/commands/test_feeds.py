"""Editors are declared, asked and told of from the command line, in French."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from annuaire.cli import app
from annuaire.failures import Failure
from annuaire.french import french_command
from tests.ingestion.feeds.conftest import _plain_editor, plain_editor
from tests.ingestion.feeds.world import agenda, rpps, slot, until
from tests.servers.editors import Running, Setup
from tests.servers.local import dying_with_us, free_port

__all__ = ["_plain_editor", "plain_editor"]

Run = Callable[..., str]
NUMBERS = range(1, 4)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command over an empty database in development, and gives what it says."""
    monkeypatch.setenv("ANNUAIRE_DATABASE_URL", f"sqlite:///{tmp_path}/annuaire.db")
    monkeypatch.setenv("ANNUAIRE_ENVIRONMENT", "development")
    monkeypatch.setenv("COLUMNS", "200")

    def ran(*arguments: str) -> str:
        french_command(app).main(["feeds", *arguments], prog_name="annuaire", standalone_mode=False)
        return capsys.readouterr().out

    return ran


@pytest.fixture
def azur(run: Run, plain_editor: Running, tmp_path: Path) -> Running:
    """An editor with three agendas, declared, whose clock is the machine's."""
    now = int(time.time())
    slots = {rpps(number): [slot(f"s{number}", now + 3600)] for number in NUMBERS}
    plain_editor.begin(Setup([agenda(number) for number in NUMBERS], slots))
    run("add", "azur", plain_editor.url, "--flux", "ps")
    (tmp_path / "agendas.txt").write_text("\ufeff" + "\n".join([*map(rpps, NUMBERS), "douze"]))
    said = run("agendas", "azur", str(tmp_path / "agendas.txt"))
    assert "azur : agendas déclarés : 3." in said
    assert "laissés de côté : 1 (« douze »)" in said
    assert (
        "Numéros dont la clé est fausse, à vérifier, pris quand même : 3 (« 800000000001 », « 800000000002 »," in said
    )
    return plain_editor


def test_an_editor_is_declared_listed_paused_resumed_and_removed(run: Run, azur: Running):
    assert azur.url in run("list")
    with pytest.raises(Failure, match=r"« azur », ou le certificat .* est déjà déclaré"):
        run("add", "azur", azur.url, "--flux", "ps")
    run("add", "azur", azur.url, "--flux", "cpts", "--par-heure", "1200", "--remplacer")
    assert "1\N{NO-BREAK SPACE}200" in run("list")
    assert "azur : en pause." in run("pause", "azur")
    assert "en pause" in run("list")
    with pytest.raises(Failure, match="azur » est en pause"):
        run("sweep", "--editeur", "azur")
    assert "azur : interrogé de nouveau." in run("resume", "azur")
    assert "agendas retirés : 3." in run("remove", "azur")
    assert "Aucun éditeur déclaré" in run("list")


@pytest.mark.parametrize("command", ["pause", "resume", "remove"])
def test_an_editor_that_is_not_declared_is_said_so(run: Run, command: str):
    with pytest.raises(Failure, match="« brume » : aucun éditeur déclaré de ce nom"):
        run(command, "brume")


def test_what_cannot_be_declared_is_said_and_nothing_is_written(run: Run):
    with pytest.raises(Failure, match="https"):
        run("add", "azur", "http://azur.example/fhir", "--flux", "ps")
    with pytest.raises(Failure, match="Il faut notre certificat"):
        run("add", "azur", "https://azur.example/fhir", "--flux", "ps")
    assert "Aucun éditeur déclaré" in run("list")


def test_a_list_of_agendas_that_is_no_text_is_refused(run: Run, azur: Running, tmp_path: Path):
    (tmp_path / "agendas.zip").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(Failure, match="UTF-8"):
        run("agendas", "azur", str(tmp_path / "agendas.zip"))


def test_those_of_a_list_leave_an_editor_with_their_slots(run: Run, azur: Running, tmp_path: Path):
    run("sweep")
    left = listed(tmp_path, 1, 9)
    with pytest.raises(Failure, match=r"azur : agendas qui s'en iraient : 1 sur 3, plus de 20 %\. .* --force"):
        run("agendas", "azur", left, "--retirer")
    assert subjects(tmp_path, "slot_feed") == [rpps(number) for number in NUMBERS]
    assert "azur : agendas retirés : 1.\n" in run("agendas", "azur", left, "--retirer", "--force")
    assert (subjects(tmp_path, "slot_feed"), subjects(tmp_path, "availability")) == ([rpps(2), rpps(3)],) * 2
    assert "azur : agendas retirés : 0.\n" in run("agendas", "azur", left, "--retirer")


def test_force_where_nobody_leaves_is_refused(run: Run, azur: Running, tmp_path: Path):
    with pytest.raises(Failure, match="--force : avec --retirer ou --remplacer"):
        run("agendas", "azur", listed(tmp_path, 4), "--force")
    assert subjects(tmp_path, "slot_feed") == [rpps(number) for number in NUMBERS]


def test_a_whole_list_says_who_leaves_before_it_replaces_the_former(run: Run, azur: Running, tmp_path: Path):
    run("sweep")
    with pytest.raises(Failure, match=r"azur : agendas qui s'en iraient : 2 sur 3, plus de 20 %\. .* --force"):
        run("agendas", "azur", listed(tmp_path, 3, 4), "--remplacer")
    assert subjects(tmp_path, "slot_feed") == [rpps(number) for number in NUMBERS]
    said = run("agendas", "azur", listed(tmp_path, 3, 4), "--remplacer", "--force")
    assert (
        "azur : agendas qui s'en vont : 2 sur 3.\nazur : agendas déclarés : 1.\nazur : agendas retirés : 2.\n" in said
    )
    assert (subjects(tmp_path, "slot_feed"), subjects(tmp_path, "availability")) == ([rpps(3), rpps(4)], [rpps(3)])
    assert "s'en vont : 0 sur 2." in run("agendas", "azur", listed(tmp_path, 3, 4, 5), "--remplacer")


@pytest.mark.parametrize("text", ["", "\n", "douze\n"])
def test_a_whole_list_that_has_nobody_is_refused(run: Run, azur: Running, tmp_path: Path, text: str):
    (tmp_path / "nobody.txt").write_text(text)
    with pytest.raises(Failure, match="Cette liste n'a personne"):
        run("agendas", "azur", str(tmp_path / "nobody.txt"), "--remplacer", "--force")
    assert subjects(tmp_path, "slot_feed") == [rpps(number) for number in NUMBERS]


def test_a_list_leaves_or_is_the_whole_one(run: Run, azur: Running, tmp_path: Path):
    with pytest.raises(Failure, match="l'un ou l'autre"):
        run("agendas", "azur", listed(tmp_path, 1), "--retirer", "--remplacer")


def listed(folder: Path, *numbers: int) -> str:
    """The path of a list of these people."""
    (folder / "list.txt").write_text("\n".join(map(rpps, numbers)))
    return str(folder / "list.txt")


def subjects(folder: Path, table: str) -> list[str]:
    """The identifiers of whom a table is about."""
    with closing(sqlite3.connect(folder / "annuaire.db")) as database:
        return [subject[2:] for (subject,) in database.execute(f"SELECT subject FROM {table} ORDER BY subject")]


def test_a_sweep_says_what_it_did_and_status_how_editors_do(run: Run, azur: Running):
    assert "100,0 %" in run("status")
    said = run("sweep")
    assert "1 : ont répondu" in said
    told = run("status")
    assert "1 : ont répondu" in told
    assert "0,0 %" in told
    azur.fault("status", count=500)
    assert run("status").count(" s ") >= 2


def test_a_sweep_that_nobody_answers_fails_and_one_that_asks_nobody_does_not(
    run: Run, azur: Running, capsys: pytest.CaptureFixture[str]
):
    azur.fault("status", count=500)
    with pytest.raises(Failure, match=r"Aucune requête n'a eu de réponse utilisable : ces créneaux sont inconnus"):
        run("sweep")
    assert "statut HTTP d'erreur" in capsys.readouterr().out
    assert "aucune requête" in run("sweep")


def test_a_sweep_that_somebody_answers_does_not_fail(run: Run, azur: Running, tmp_path: Path):
    run("add", "brume", "http://127.0.0.1:9/fhir", "--flux", "ps")
    run("agendas", "brume", listed(tmp_path, 4))
    said = run("sweep")
    assert "1 : ont répondu" in said
    assert "1 : injoignable" in said


def test_the_service_sweeps_by_itself(azur: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nobody tells it to: `annuaire serve`, and nothing else."""
    for name, value in (("DATA_DIR", tmp_path), ("PORT", free_port()), ("FEEDS_EVERY_S", 1)):
        monkeypatch.setenv(f"ANNUAIRE_{name}", str(value))
    assert azur.asked == []
    serve = [sys.executable, "-c", "from annuaire.cli import main; main()", "serve"]
    with subprocess.Popen(dying_with_us(serve), stderr=subprocess.DEVNULL) as service:
        try:
            assert until(lambda: len(azur.asked) == 1)
            assert all(number in azur.asked[0] for number in map(rpps, NUMBERS))
        finally:
            service.send_signal(signal.SIGINT)


def test_nothing_of_a_status_is_cut_in_a_terminal_of_80_columns(
    run: Run, azur: Running, monkeypatch: pytest.MonkeyPatch
):
    run("sweep")
    monkeypatch.setenv("COLUMNS", "80")
    told = run("status")
    assert "…" not in told
    assert "Agendas" in told
    assert "répondu" in told


def test_without_an_editor_there_is_nothing_to_sweep(run: Run):
    with pytest.raises(Failure, match="Aucun éditeur déclaré"):
        run("sweep")
    assert "Aucun éditeur déclaré" in run("status")
