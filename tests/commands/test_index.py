"""`annuaire index` and `annuaire export`: what they print is what the database and the index hold."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from annuaire.cli import app
from annuaire.failures import Failure
from annuaire.french import french_command
from annuaire.settings import load_settings
from annuaire.wiring import open_engine
from tests.indexer import engines
from tests.indexer.given import CLAIRE, JEAN, Given, made
from tests.migrated import migrated

ROOT = Path(__file__).parents[2]


def annuaire(*arguments: str) -> None:
    """Run a command in this process, with the variables that the test set."""
    french_command(app).main(arguments, prog_name="annuaire", standalone_mode=False)


def elasticsearch(monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    """Set Elasticsearch as the engine."""
    url, _, alias = spec.partition("=")[2].partition(" ")
    monkeypatch.setenv("ANNUAIRE_ELASTICSEARCH_URL", url)
    monkeypatch.setenv("ANNUAIRE_ELASTICSEARCH_INDEX", alias)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The database of the settings, whose data folder is the test's."""
    for name in [name for name in os.environ if name.startswith("ANNUAIRE_") and "TEST" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ANNUAIRE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ANNUAIRE_LOG_FORMAT", "console")
    monkeypatch.setenv("COLUMNS", "200")
    url = load_settings().database_url
    engine = migrated(url)
    yield engine
    engine.dispose()


@pytest.fixture
def given(database: Engine) -> Given:
    given = Given(database)
    given.practice(CLAIRE)
    given.practice(JEAN, "tech:R2")
    given.structure()
    given.slot(start=int(time.time()) + 3600)
    given.changed(f"p:{CLAIRE}", f"p:{JEAN}")
    return given


@pytest.fixture(params=engines.NAMES)
def either_engine(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Given
) -> Iterator[Given]:
    """The settings of each engine in turn, over the same database."""
    with engines.spec_of(request.param, tmp_path, request) as spec:
        if request.param == "elasticsearch":
            elasticsearch(monkeypatch, spec)
        yield given


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The lines of the tables that were printed, by their first cell."""
    rows = [line.strip("│ ").split("│") for line in capsys.readouterr().out.splitlines() if line.startswith("│")]
    return {row[0].strip(): row[1].strip() for row in rows}


def test_the_counts_printed_are_those_of_the_database_and_of_the_index(
    either_engine: Given, capsys: pytest.CaptureFixture[str]
) -> None:
    annuaire("index", "rebuild")
    said = printed(capsys)
    with open_engine(load_settings()) as engine:
        status = engine.status()
        offers = list(engine.all_offers())
    assert said["Offres"] == "3" == str(status.offers)
    assert said["Génération"] == status.generation
    assert said["Position dans les changements"] == "2"
    assert [offer.id for offer in offers] == [offer.id for offer in made(either_engine.engine, int(time.time()))]


def test_the_status_tells_what_answers_and_what_waits(either_engine: Given, capsys: pytest.CaptureFixture[str]) -> None:
    annuaire("index", "status")
    assert printed(capsys)["Génération"].startswith("aucune")
    annuaire("index", "rebuild")
    either_engine.changed("p:1", "p:2", "p:3", at=int(time.time()) - 100)
    capsys.readouterr()
    annuaire("index", "status")
    said = printed(capsys)
    assert (said["Offres"], said["Changements en attente"]) == ("3", "3")
    assert 100 <= int(said["Retard"].removesuffix(" s")) < 200


def test_the_status_tells_that_an_index_of_another_database_must_be_rebuilt(
    either_engine: Given, capsys: pytest.CaptureFixture[str]
) -> None:
    annuaire("index", "rebuild")
    either_engine.execute("DELETE FROM outbox WHERE seq > 1")
    capsys.readouterr()
    annuaire("index", "status")
    assert (
        printed(capsys)["Retard"] == "l'index ne suit plus cette base ; à reconstruire par « annuaire index rebuild »"
    )


def test_a_refused_index_is_said_in_french_and_the_former_one_stays(
    given: Given, capsys: pytest.CaptureFixture[str]
) -> None:
    annuaire("index", "rebuild")
    generation = printed(capsys)["Génération"]
    given.execute("UPDATE activity SET category = 'E'")
    with pytest.raises(Failure, match=r"1 offres contre 3 .* index refusé\. .* L'ancien index répond toujours\."):
        annuaire("index", "rebuild")
    annuaire("index", "status")
    assert printed(capsys)["Génération"] == generation
    annuaire("index", "rebuild", "--force")
    assert printed(capsys)["Offres"] == "1"


def test_an_engine_that_does_not_answer_is_said_in_french(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNUAIRE_ELASTICSEARCH_URL", "http://127.0.0.1:9")
    for command in ("rebuild", "status"):
        with pytest.raises(Failure, match=r"Le moteur de recherche n'a pas pu être utilisé"):
            annuaire("index", command)


def test_following_is_the_service_s_own_work_with_the_embedded_index(given: Given) -> None:
    with pytest.raises(Failure, match="c'est le service lui-même qui suit la base"):
        annuaire("index", "follow")


def test_following_applies_changes_until_it_is_told_to_end(
    given: Given, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engines.spec_of("elasticsearch", tmp_path, request) as spec:
        elasticsearch(monkeypatch, spec)
        annuaire("index", "rebuild")
        given.suppressed(f"p:{CLAIRE}")
        given.changed(f"p:{CLAIRE}")
        command = [sys.executable, "-c", "from annuaire.cli import main; main()", "index", "follow"]
        with subprocess.Popen(command, cwd=ROOT) as following, open_engine(load_settings()) as engine:
            deadline = time.monotonic() + 60
            while engine.status().position < 3:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert [offer.subject for offer in engine.all_offers()] == [f"p:{JEAN}", "s:690000001"]
            following.send_signal(signal.SIGTERM)
            assert following.wait(30) == 0


def test_offers_are_exported_one_a_line(
    either_engine: Given, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    annuaire("index", "rebuild")
    file = tmp_path / "offers.ndjson"
    annuaire("export", "offers", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["professional", "professional", "structure"]
    assert [len(line["availabilities"]) for line in lines] == [1, 0, 0]
    capsysbinary.readouterr()
    annuaire("export", "offers", "-")
    assert capsysbinary.readouterr().out == file.read_bytes()


def test_offers_may_be_taken_in_the_database(given: Given, capsys: pytest.CaptureFixture[str]) -> None:
    annuaire("export", "offers", "--base", "-")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_an_export_that_fails_leaves_no_file(given: Given, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    with pytest.raises(Failure, match=r"Aucun index n’a encore été construit.*\n.*--base"):
        annuaire("export", "offers", str(folder / "offers.ndjson"))
    assert list(folder.iterdir()) == []
    with pytest.raises(Failure, match="n'a pas pu être écrit"):
        annuaire("export", "offers", "--base", str(folder / "absent" / "offers.ndjson"))
