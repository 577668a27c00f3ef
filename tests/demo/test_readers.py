"""The files of the demo pass through the readers of real files: nothing is rejected but what is meant to be."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingestion.loading import Options
from ingestion.loads import load_diplomas, load_rpps, load_skills
from models.store import connect, migrate
from tests.demo.conftest import NOW, Written


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    url = f"sqlite:///{tmp_path_factory.mktemp('base') / 'annuaire.db'}"
    migrate(url)
    return connect(url)


def test_professionals_are_read_whole(demo: Written, database: Engine, tmp_path: Path):
    options = Options(at=NOW, reports=tmp_path)
    totals = load_rpps(database, demo.folder / demo.manifest.files["activities"], options)
    counts = demo.manifest.counts
    assert totals.rejected == counts["intended_rejects"] == 4
    assert totals.of("professional").new == counts["people"] - counts["students"]
    assert totals.unknown_codes > 0
    again = load_rpps(database, demo.folder / demo.manifest.files["activities"], options)
    assert again.of("activity").unchanged == totals.of("activity").new
    assert again.touched == 0


@pytest.mark.parametrize(("load", "role"), [(load_skills, "skills"), (load_diplomas, "diplomas")])
def test_skills_and_diplomas_are_read_whole(demo: Written, database: Engine, load, role: str):
    totals = load(database, demo.folder / demo.manifest.files[role], Options(at=NOW))
    assert totals.read > 4_000
    assert totals.rejected == 0
