"""How editors do is counted by hour, and forgotten after a week."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from ingestion.feeds.journal import KEPT_S, duration, note, quantile, statuses, step
from tests.ingestion.feeds.world import declared, one_each, rpps, sweep
from tests.ingestion.given import AT
from tests.ingestion.test_loads import table
from tests.servers.editors import Running

HOUR = 3_600


@given(st.floats(0.001, 10))
def test_a_duration_is_told_to_a_tenth(seconds: float):
    assert duration(step(seconds)) == pytest.approx(seconds, rel=0.1)


def test_the_median_and_the_percentile_are_those_of_what_was_counted():
    rungs = {step(0.1): 94, step(2.0): 6}
    assert quantile(rungs, 0.5) == pytest.approx(0.1, rel=0.1)
    assert quantile(rungs, 0.95) == pytest.approx(2.0, rel=0.1)
    assert quantile({}, 0.5) is None


def test_status_tells_of_each_editor_over_a_day(any_database: Engine, editor: Running):
    editor.begin(one_each(1, 2))
    azur = declared(any_database, editor.declared(), *map(rpps, (1, 2, 3)))
    sweep(any_database, azur)
    editor.fault("status", count=500)
    sweep(any_database, azur, AT + 60)
    note(any_database, "azur", "timeout", 7.0, AT - 2 * 86_400)
    with any_database.connect() as connection:
        (found,) = statuses(connection, AT + 120)
    assert (found.name, found.active, found.answered_at) == ("azur", True, AT)
    assert dict(found.outcomes) == {"ok": 1, "status": 5}
    assert (found.slots, found.people, found.unknown) == (2, 3, 3)
    assert found.median_s == found.p95_s is not None


def test_what_is_older_than_a_week_is_forgotten(any_database: Engine, editor: Running):
    declared(any_database, editor.declared(), rpps(1))
    for at in (AT, AT, AT + HOUR, AT + KEPT_S + 2 * HOUR):
        note(any_database, "azur", "ok", 0.1, at)
    counted = table("editor_outcome").c
    with any_database.connect() as connection:
        assert connection.scalar(select(func.sum(counted["count"]))) == 1
