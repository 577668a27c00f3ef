"""Regulators are added, changed, deactivated and told to editors from the command line, in French."""

from collections.abc import Callable
from pathlib import Path

import pytest

from annuaire.cli import app
from annuaire.failures import Failure
from annuaire.french import french_command
from tests.ingestion.feeds.conftest import _plain_editor, plain_editor
from tests.servers.editors import Running

__all__ = ["_plain_editor", "plain_editor"]

Run = Callable[..., str]
JULES = ("--nom", "MARIUS", "--prenom", "Jules", "--courriel", "jules.marius@test.com", "--id-national", "10002673899")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command over an empty database in development, and gives what it says."""
    monkeypatch.setenv("ANNUAIRE_DATABASE_URL", f"sqlite:///{tmp_path}/annuaire.db")
    monkeypatch.setenv("ANNUAIRE_ENVIRONMENT", "development")
    monkeypatch.setenv("COLUMNS", "300")

    def ran(*arguments: str) -> str:
        french_command(app).main([*arguments], prog_name="annuaire", standalone_mode=False)
        return capsys.readouterr().out

    return ran


@pytest.fixture
def azur(run: Run, plain_editor: Running) -> Running:
    """An editor that takes accounts."""
    run("feeds", "add", "azur", plain_editor.url, "--flux", "ps", "--comptes")
    return plain_editor


def test_an_account_is_told_and_what_each_editor_knows_is_listed(run: Run, azur: Running):
    assert "Aucun régulateur" in run("regulators", "list")
    assert "Jules MARIUS (810002673899) : ajouté." in run("regulators", "add", *JULES)
    assert "azur : à transmettre" in run("regulators", "list")
    assert "azur : 1 transmis." in run("regulators", "send")
    assert "azur : transmis (regulator-1)" in run("regulators", "list")
    assert "azur : à jour." in run("regulators", "send")
    assert "modifié" in run("regulators", "change", "10002673899", "--courriel", "jm@test.com")
    assert "déjà ainsi" in run("regulators", "change", "10002673899", "--courriel", "jm@test.com")
    assert "désactivé" in run("regulators", "deactivate", "jm@test.com")
    run("regulators", "send", "--editeur", "azur")
    (account,) = azur.accounts.kept.values()
    assert (account.resource["active"], account.resource["telecom"][0]["value"]) == (False, "jm@test.com")
    assert "activé" in run("regulators", "activate", "810002673899")


def test_a_number_with_a_wrong_key_is_kept_and_said(run: Run):
    assert "la clé de l'identifiant 810002673899 est fausse" in run("regulators", "add", *JULES)
    assert "est fausse" not in run("regulators", "change", "10002673899", "--nom", "MARIUS")
    assert "est fausse" not in run("regulators", "change", "10002673899", "--id-national", "10002909371")


def test_an_editor_that_is_declared_again_takes_accounts_as_before_unless_it_is_said(run: Run, azur: Running):
    run("regulators", "add", *JULES)
    run("regulators", "send")
    again = ("feeds", "add", "azur", azur.url, "--flux", "ps", "--remplacer")
    assert "désactivé" not in run(*again)
    assert "azur : transmis" in run("regulators", "list")
    told = run(*again, "--sans-comptes")
    assert "azur ne saura plus qui est désactivé ; régulateurs qu'il laisse entrer : 1." in told
    assert "aucun ne prend de comptes" in run("regulators", "list")
    assert "désactivé" not in run(*again)
    run(*again, "--comptes")
    assert "azur : transmis" in run("regulators", "list")


def test_an_editor_that_is_paused_is_told_nothing_and_listed_so(run: Run, azur: Running):
    run("regulators", "add", *JULES)
    run("feeds", "pause", "azur")
    with pytest.raises(Failure, match="Aucun éditeur ne prend de comptes"):
        run("regulators", "send")
    assert "azur (en pause) : à transmettre" in run("regulators", "list")
    run("feeds", "resume", "azur")
    assert "azur : à transmettre" in run("regulators", "list")


def test_a_refusal_is_listed_with_the_editor_s_words_and_told_again_when_asked(run: Run, azur: Running):
    run("regulators", "add", *JULES)
    azur.fault("outcome", count=422, times=2)
    assert "azur : 1 refusé." in run("regulators", "send")
    said = run("regulators", "list")
    assert "azur : refusé (HTTP 422 : base indisponible), 1 essai, de nouveau le " in said
    assert "azur : 1 transmis." in run("regulators", "send")


def test_an_editor_that_is_down_is_listed_with_the_cause(run: Run, azur: Running, capsys: pytest.CaptureFixture[str]):
    run("regulators", "add", *JULES)
    azur.fault("status", count=503, times=1)
    with pytest.raises(Failure, match="Aucun compte n'a été transmis : aucun éditeur n'a donné de réponse utilisable"):
        run("regulators", "send")
    assert "azur : 1 statut HTTP d'erreur." in capsys.readouterr().out
    assert "azur : à transmettre (HTTP 503), 1 essai" in run("regulators", "list")


def test_an_editor_that_cannot_be_reached_is_listed_in_french(run: Run, capsys: pytest.CaptureFixture[str]):
    run("feeds", "add", "azur", "http://127.0.0.1:9/fhir", "--flux", "ps", "--comptes")
    run("regulators", "add", *JULES)
    with pytest.raises(Failure, match="aucun éditeur n'a donné de réponse utilisable"):
        run("regulators", "send")
    assert "azur : 1 injoignable." in capsys.readouterr().out
    assert "azur : à transmettre (injoignable), 1 essai" in run("regulators", "list")


def test_one_editor_that_answers_is_enough(run: Run, azur: Running):
    run("feeds", "add", "brume", "http://127.0.0.1:9/fhir", "--flux", "ps", "--comptes")
    run("regulators", "add", *JULES)
    assert "azur : 1 transmis.\nbrume : 1 injoignable.\n" in run("regulators", "send")


def test_what_is_written_is_shown_as_it_is_written(run: Run):
    said = run("regulators", "add", *JULES, "--nom", "[/b]<script>")
    assert "Jules [/b]<script> (810002673899)" in said
    assert "[/b]<script> Jules" in run("regulators", "list")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add",), "Nom : un nom, de 1 à 100 signes"),
        (("add", *JULES[:-1], "12"), "Identifiant national « 12 »"),
        (("change", "personne", "--nom", "X"), "Aucun régulateur, ou plusieurs : personne."),
        (("deactivate", "personne"), "Aucun régulateur"),
        (("send",), "annuaire feeds add --comptes"),
    ],
    ids=str,
)
def test_what_is_refused_is_said_in_french(run: Run, arguments: tuple[str, ...], said: str):
    with pytest.raises(Failure) as refused:
        run("regulators", *arguments)
    assert said in str(refused.value)
