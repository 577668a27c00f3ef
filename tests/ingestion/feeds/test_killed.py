"""A sweep that is killed loses the answers that were on their way, and nothing else."""

import subprocess
import sys

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ingestion.feeds.sweeping import Feeds, Swept
from tests.ingestion.feeds.world import declared, feed_of, one_each, rpps, slots_of, sweep, with_feeds
from tests.ingestion.given import AT
from tests.ingestion.test_loads import outbox
from tests.migrated import migrated
from tests.servers.editors import Running


def test_a_sweep_killed_half_way_is_whole_for_whom_it_has_and_goes_on_with_the_others(
    any_database: Engine, editor: Running
):
    numbers = range(1, 251)
    editor.begin(one_each(*numbers))
    azur = declared(any_database, editor.declared(concurrency=2), *map(rpps, numbers))
    before = len(outbox(any_database))
    editor.fault("slow", seconds=0.15)
    url = any_database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ingestion.feeds.sweeping_process", url, "azur"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(4):
            process.stdout.readline()
        process.kill()
    editor.mend()
    have = {subject for subject, _, _ in slots_of(any_database)}
    assert 100 <= len(have) < 250
    assert set(outbox(any_database)[before:]) == have
    assert all(feed_of(any_database, rpps(one))[1] == (f"p:{rpps(one)}" in have) for one in numbers)
    assert sweep(any_database, azur, AT + 60).held
    assert sweep(any_database, azur, AT + 120).due == 250
    assert {checked for _, _, checked in slots_of(any_database)} == {AT + 120}


def test_a_database_that_hung_up_fails_the_sweep_and_not_the_next_one(postgresql_database: str, editor: Running):
    database = migrated(postgresql_database)
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(), rpps(1))
    clock = iter(range(AT, AT + 10**6, 100))

    async def through(feeds: Feeds) -> Swept:
        await feeds.sweep(azur)
        with database.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{others} AND datname = current_database()"))
        with pytest.raises(SQLAlchemyError):
            await feeds.sweep(azur)
        return await feeds.sweep(azur)

    swept = with_feeds(database, through, lambda: next(clock))
    database.dispose()
    assert dict(swept.outcomes) == {"ok": 1}
