"""Some doctors of the demo keep their agenda by hand, and searches find them by it."""

from pathlib import Path

from sqlalchemy import func, select

from annuaire.demo.keeping import MOST, keep_agendas
from annuaire.demo.loading import steps
from annuaire.demo.writing import Plan, write_demo
from indexer.documents import all_offers
from ingestion.loading import Options
from models.tables import AgendaEntry
from tests.demo.conftest import NOW, ignored
from tests.migrated import migrated


def test_some_doctors_without_an_editor_keep_an_agenda_and_write_it_once(tmp_path: Path):
    plan = Plan(seed=1, now=NOW, departements=("69",), scale=0.02)
    manifest = write_demo(tmp_path, plan, ignored)
    url = f"sqlite:///{tmp_path / 'annuaire.db'}"
    database = migrated(url)
    for step in steps(tmp_path, manifest):
        step.load(database, step.path, Options(NOW))
    keepers = keep_agendas(database, plan.seed, NOW)
    assert 0 < keepers <= MOST
    with database.connect() as connection:
        entries = connection.scalar(select(func.count()).select_from(AgendaEntry))
        shown = [
            {slot.source.kind for slot in offer.availabilities}
            for offer in all_offers(connection, NOW)
            if any(slot.source.kind == "agenda" for slot in offer.availabilities)
        ]
    assert shown == [{"agenda"}] * keepers
    assert keep_agendas(database, plan.seed, NOW) == keepers
    with database.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(AgendaEntry)) == entries
