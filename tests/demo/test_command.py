"""`annuaire demo`: files in a folder, then a database and an index, then a service; all said in French."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.error import URLError

import pytest
from sqlalchemy import func, select

from annuaire.cli import app
from annuaire.commands.demo import served
from annuaire.demo.freshening import freshened
from annuaire.demo.loading import steps
from annuaire.demo.writing import Plan, read_manifest, write_demo
from annuaire.failures import Failure
from annuaire.french import french_command
from annuaire.settings import Settings
from ingestion.loading import Options
from models.codes import Viewer
from models.store import connect
from models.tables import Load
from tests.demo.conftest import NOW, ignored
from tests.demo.test_living import asked
from tests.ingestion.feeds.world import until
from tests.migrated import migrated

SMALL = ("--departement", "69", "--echelle", "0.02")


def annuaire(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from annuaire.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **variables},
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small demo, loaded and indexed."""
    folder = tmp_path_factory.mktemp("data")
    said = annuaire("demo", "charger", *SMALL, ANNUAIRE_DATA_DIR=str(folder))
    assert said.returncode == 0, said.stderr
    assert "Index :" in said.stderr
    assert "Activités du RPPS" in said.stderr
    return folder


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[str]:
    """The service of the demo, at its address."""
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", "from annuaire.cli import main; main()", "demo", "run"],
        env={"ANNUAIRE_DATA_DIR": str(folder), "ANNUAIRE_PORT": str(port), "PATH": "", **variables},
        cwd=Path(__file__).resolve().parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert f"http://127.0.0.1:{port}" in said
    assert process.returncode in {0, 128 + signal.SIGINT}, said


def answer(url: str) -> dict[str, Any]:
    """What an address answers, once it does."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - our own service
                found: dict[str, Any] = json.load(response)
                return found
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def demo(*arguments: str) -> None:
    """Run a command of the demo in this process."""
    french_command(app).main(["demo", *arguments], prog_name="annuaire", standalone_mode=False)


def test_it_writes_the_chosen_departements_and_says_what(tmp_path: Path):
    folder = tmp_path / "demo"
    said = annuaire("demo", "ecrire", str(folder), "--departement", "1", "--departement", "2a", "--echelle", "0.02")
    assert said.returncode == 0, said.stderr
    assert "01, 2A" in said.stdout
    manifest = read_manifest(folder)
    assert manifest
    assert manifest.departements == ["01", "2A"]
    assert all((folder / name).is_file() for name in [*manifest.files.values(), *manifest.slots.values()])


def test_an_unknown_departement_is_named(tmp_path: Path):
    with pytest.raises(Failure, match="département inconnu : 96"):
        demo("ecrire", str(tmp_path / "demo"), "--departement", "96")
    assert not (tmp_path / "demo").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(Failure, match="ne peut pas être créé"):
        demo("ecrire", str(tmp_path / "file" / "demo"), "--echelle", "0.001")


def test_the_demo_serves_the_regulation_s_view_of_what_is_loaded(data: Path):
    written = read_manifest(data / "demo")
    with running(data) as url:
        found = answer(f"{url}/api/v1/search?specialty=SM54&departement=69")
        assert found["viewer"] == "regulation"
        assert found["exact"]["total"]["value"] > 10
        assert all("fictives" in source["attribution"] for source in found["sources"])
    assert read_manifest(data / "demo") == written


def test_the_demo_serves_two_editors_too_and_asks_them(data: Path):
    database = connect(f"sqlite:///{data / 'annuaire.db'}")
    assert asked(database) == set()
    with running(data, ANNUAIRE_FEEDS_EVERY_S="1"):
        assert until(lambda: asked(database) == {"azur", "brume"})
    database.dispose()


def test_a_smaller_demo_does_not_replace_a_larger_one_unless_forced(data: Path):
    fewer = ("demo", "charger", "--departement", "69", "--echelle", "0.001")
    refused = annuaire(*fewer, ANNUAIRE_DATA_DIR=str(data))
    assert refused.returncode == 1
    assert "rien n'a été chargé" in refused.stderr
    forced = annuaire(*fewer, "--force", ANNUAIRE_DATA_DIR=str(data))
    assert forced.returncode == 0, forced.stderr


def test_the_demo_is_not_served_in_production():
    with pytest.raises(Failure, match="production"):
        served(Settings(environment="production"))


def test_what_somebody_set_is_kept():
    kept = served(Settings(environment="development", viewer=Viewer.PUBLIC))
    assert kept.viewer is Viewer.PUBLIC
    assert served(Settings()).viewer is Viewer.REGULATION


def test_agendas_are_renewed_while_the_demo_is_served(tmp_path: Path):
    plan = Plan(seed=1, now=NOW, departements=("69",), scale=0.01)
    manifest = write_demo(tmp_path, plan, ignored)
    url = f"sqlite:///{tmp_path / 'annuaire.db'}"
    database = migrated(url)
    for step in steps(tmp_path, manifest):
        step.load(database, step.path, Options(NOW))
    later = tmp_path / "creneaux-echo-202611201842.ndjson"
    with freshened(database, tmp_path, plan.seed, lambda: NOW + 3_600, at_once=False, every_s=0.1):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and _loads(database, later.name) == 0:
            time.sleep(0.1)
    assert _loads(database, later.name) >= 1
    assert not (tmp_path / manifest.slots["echo"]).exists()


def _loads(database, name: str) -> int:
    with database.connect() as connection:
        return connection.scalar(select(func.count()).select_from(Load).where(Load.file_name == name)) or 0


def test_a_failure_to_renew_agendas_does_not_stop_the_service(tmp_path: Path):
    database = connect(f"sqlite:///{tmp_path / 'annuaire.db'}")
    with freshened(database, tmp_path / "nowhere", 1, lambda: NOW, at_once=False, every_s=0.01):
        time.sleep(0.2)
