"""What people wrote is read, closed, taken away and forgotten from the command line, in French."""

from pathlib import Path

import pytest

from annuaire.cli import app
from annuaire.failures import Failure
from annuaire.french import french_command
from annuaire.wiring import now
from models.store import writing
from registry import contacts, reports
from registry.written import KEPT_S
from tests.migrated import migrated
from tests.registry.test_written import contact, file, report

REFERENCE = "7K4Q9-2MXAB"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A function that runs a command over a database with a report and a message, and gives what it says."""
    url = f"sqlite:///{tmp_path}/annuaire.db"
    monkeypatch.setenv("ANNUAIRE_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "200")
    engine = migrated(url)
    with writing(engine) as connection:
        for reference, at in ((REFERENCE, now()), ("00000-00000", now() - KEPT_S)):
            reports.record(connection, report(reference, at=at, right="[bold]04[/bold] 78"))
            contacts.record(connection, contact(reference, at=at), [file(reference, 1)])
    engine.dispose()

    def ran(*arguments: str) -> str:
        french_command(app).main([*arguments], prog_name="annuaire", standalone_mode=False)
        return capsys.readouterr().out

    return ran


def test_reports_are_listed_as_they_were_written(run):
    said = run("reports", "list")
    assert said.index("00000-00000") < said.index(REFERENCE)
    assert "[bold]04[/bold] 78" in said


def test_a_report_is_shown_with_the_card_as_it_was_seen(run):
    said = run("reports", "show", "7k4q9 2mxab")
    assert "Ce qui serait juste : [bold]04[/bold] 78\n" in said
    assert "Répondre à : ana@example.org" in said
    assert '"+33478000001"' in said
    assert "vue regulation, index offers-1, position 12" in said


def test_a_report_is_closed_once_with_what_was_done(run):
    assert "signalement clos." in run("reports", "close", REFERENCE, "--suite", "transmis")
    assert "déjà clos" in run("reports", "close", REFERENCE, "--suite", "encore")
    assert REFERENCE not in run("reports", "list")
    assert "transmis" in run("reports", "list", "--tous")


def test_a_message_is_listed_and_shown_with_its_files(run):
    assert "Régulateur, OSNP" in run("contacts", "list")
    said = run("contacts", "show", REFERENCE)
    assert "Fichier 1 : été.pdf (8 octets, SHA-256 " in said
    assert said.rstrip().endswith("Bonjour")


def test_a_message_is_written_to_a_folder_under_names_of_ours(run, tmp_path):
    run("contacts", "export", REFERENCE, str(tmp_path / "here"))
    assert sorted(each.name for each in (tmp_path / "here").iterdir()) == [f"{REFERENCE}-1.pdf", f"{REFERENCE}.txt"]
    assert (tmp_path / "here" / f"{REFERENCE}-1.pdf").read_bytes() == b"%PDF-1.7"


def test_after_twelve_months_emails_and_messages_are_erased(run):
    assert "Adresses effacées : 1." in run("reports", "purge")
    assert "Répondre à : sans adresse" in run("reports", "show", "00000-00000")
    assert "Messages effacés : 1." in run("contacts", "purge")
    assert "00000-00000" not in run("contacts", "list")


@pytest.mark.parametrize(
    "arguments",
    [("reports", "show", "x"), ("reports", "close", "x", "--suite", "y"), ("contacts", "show", "x")],
    ids=" ".join,
)
def test_a_reference_that_nothing_has_is_said(run, arguments):
    with pytest.raises(Failure, match="« x » : aucun"):
        run(*arguments)
