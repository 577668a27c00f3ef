"""Two of the demo's editors are servers: their slots live, and one fails now and then."""

import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from sqlalchemy import Engine

from annuaire.demo.agendas import slots_of
from annuaire.demo.editor_server import lives
from annuaire.demo.living import living
from annuaire.demo.loading import steps
from annuaire.demo.writing import Plan, roster, write_demo
from annuaire.wiring import now
from ingestion.feeds.editors import editors
from ingestion.feeds.feeding import feeding
from ingestion.feeds.journal import statuses
from ingestion.loading import Options
from tests.demo.conftest import Written, ignored
from tests.ingestion.feeds.conftest import _plain_editor, plain_editor
from tests.ingestion.feeds.world import declared, one_each, rpps, sweep
from tests.migrated import migrated
from tests.servers.editors import Running

__all__ = ["_plain_editor", "plain_editor"]

HOUR = 3_600
SECONDS = 60


def test_they_are_asked_while_the_demo_is_served_and_paused_when_it_stops(tmp_path: Path):
    plan = Plan(seed=1, now=now() - HOUR, departements=("69",), scale=0.01)
    manifest = write_demo(tmp_path, plan, ignored)
    database = migrated(f"sqlite:///{tmp_path / 'annuaire.db'}")
    for step in steps(tmp_path, manifest):
        step.load(database, step.path, Options(plan.now))
    with living(database, tmp_path, plan.seed, now), feeding(database, now, round_s=0.2):
        deadline = time.monotonic() + SECONDS
        while asked(database) != {"azur", "brume"} and time.monotonic() < deadline:
            time.sleep(0.1)
    assert asked(database) == {"azur", "brume"}
    with database.connect() as connection:
        assert [(each.name, each.active) for each in editors(connection)] == [("azur", False), ("brume", False)]
    database.dispose()


def asked(database: Engine) -> set[str]:
    """The editors that were sent a request."""
    with database.connect() as connection:
        return {one.name for one in statuses(connection, now()) if one.outcomes}


def test_slots_are_taken_and_appear_as_time_goes(demo: Written):
    morning = int(datetime.fromisoformat("2026-11-23T08:00:00+01:00").timestamp())
    hours = range(morning, morning + 6 * HOUR, HOUR)
    taken = freed = 0
    for agenda in list(roster(demo.folder, "azur"))[:50]:
        ahead = {slot.id for slot in slots_of(1, agenda, morning) if slot.start > hours[-1]}
        seen = [{slot.id for slot in slots_of(1, agenda, at) if lives(1, slot, at)} for at in hours]
        taken += sum(len(ahead & (before - after)) for before, after in pairwise(seen))
        freed += sum(len(ahead & (after - before)) for before, after in pairwise(seen))
    assert taken > 10
    assert freed > 10


def test_an_unsteady_editor_fails_three_minutes_of_each_twenty(tmp_path: Path, plain_editor: Running):
    database = migrated(f"sqlite:///{tmp_path / 'annuaire.db'}")
    azur = declared(database, plain_editor.declared(), rpps(1))
    ended = {}
    start = int(datetime.fromisoformat("2026-11-23T08:00:00+01:00").timestamp())
    for minute in (16, 17, 19, 20):
        setup = one_each(1)
        setup.now, setup.unsteady = start + minute * 60, True
        plain_editor.begin(setup)
        (ended[minute],) = sweep(database, azur, setup.now).outcomes
    assert ended == {16: "ok", 17: "status", 19: "status", 20: "ok"}
    database.dispose()
