"""No editor is sent more calls than its budget, whoever asks, however often the service restarts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from ingestion.feeds.budget import Purpose, claim, hold, release, share
from ingestion.feeds.editors import Declared, declare, set_active
from models.store import connect, writing
from tests.ingestion.feeds.world import declared, one_each, rpps, sweep
from tests.ingestion.given import AT
from tests.ingestion.test_loads import table
from tests.servers.editors import Running

HOUR, MINUTE = 3_600, 60


def with_budget(engine: Engine, calls_per_hour: int, **values: Any) -> Engine:
    editor = Declared("azur", "https://a.example", ("ps",), calls_per_hour=calls_per_hour, **values)
    with writing(engine) as connection:
        declare(connection, editor, AT)
    return engine


def claimed(engine: Engine, times: int, at: int = AT, purpose: Purpose = "sweep") -> int:
    return sum(claim(engine, "azur", purpose, at) for _ in range(times))


@pytest.mark.parametrize("calls", [1, 2, 3, 10, 2_999, 3_000])
def test_at_least_half_of_the_calls_are_for_sweeping(calls: int):
    assert share(calls, "sweep") >= calls / 2
    assert share(calls, "sweep") + share(calls, "check") == calls


@pytest.mark.parametrize("calls", [2, 3, 10, 2_999, 3_000])
def test_accounts_have_calls_of_their_own_among_those_that_are_not_for_sweeping(calls: int):
    beside = calls - share(calls, "sweep")
    assert share(calls, "check", accounts=True) + share(calls, "account", accounts=True) == beside
    assert share(calls, "account", accounts=True) >= 1
    assert share(calls, "account") == 0


def test_neither_checks_nor_accounts_take_the_calls_of_the_other(any_database: Engine):
    with_budget(any_database, 20, accounts=True)
    assert claimed(any_database, 12, purpose="check") == 8
    assert claimed(any_database, 12, purpose="account") == 2
    assert claimed(any_database, 12) == 10


def test_an_editor_that_takes_accounts_no_more_is_sent_no_more_calls_all_the_same(database: Engine):
    with_budget(database, 20, accounts=True)
    claimed(database, 2, purpose="account")
    with writing(database) as connection:
        connection.execute(update(table("editor")).values(accounts=False))
    assert claimed(database, 12, purpose="check") == 8


def test_each_purpose_has_its_share_and_no_more(any_database: Engine):
    with_budget(any_database, 10)
    assert claimed(any_database, 8) == 5
    assert claimed(any_database, 8, purpose="check") == 5


def test_halves_are_a_quarter_of_the_calls_for_sweeping_and_no_more(any_database: Engine):
    with_budget(any_database, 16)
    assert claimed(any_database, 8, purpose="halves") == 2
    assert claimed(any_database, 8) == 6
    assert claimed(any_database, 8, AT + HOUR + MINUTE) == 8
    assert claimed(any_database, 1, AT + HOUR + MINUTE, "halves") == 0


def test_no_sixty_minutes_have_more_calls_than_the_budget(database: Engine):
    with_budget(database, 20)
    instants = [AT + 7 * MINUTE * rank for rank in range(40)]
    made = [at for at in instants for _ in range(4) if claim(database, "azur", "sweep", at)]
    assert max(sum(at - HOUR < one <= at for one in made) for at in instants) == 10
    assert sum(at > AT + HOUR for at in made) >= 30


def test_a_restart_gives_nothing_back(database: Engine):
    with_budget(database, 10)
    claimed(database, 3)
    again = connect(str(database.url))
    assert claimed(again, 8) == 2
    again.dispose()


def test_several_processes_share_one_budget(any_database: Engine):
    with_budget(any_database, 40)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: claimed(any_database, 10), range(4)))
    assert sum(found) == 20
    calls = table("editor_calls").c.calls
    with any_database.connect() as connection:
        assert connection.scalar(select(func.sum(calls))) == 20


def test_an_editor_that_is_paused_or_unknown_is_sent_nothing(database: Engine):
    with_budget(database, 10)
    assert not claim(database, "brume", "sweep", AT)
    with writing(database) as connection:
        set_active(connection, "azur", active=False)
    assert claimed(database, 1) == 0


def test_one_sweep_holds_an_editor_until_it_ends_or_dies(any_database: Engine):
    with_budget(any_database, 10)
    assert hold(any_database, "azur", "one", AT)
    assert not hold(any_database, "azur", "two", AT + 60)
    release(any_database, "azur", "two", AT + 60)
    assert not hold(any_database, "azur", "two", AT + 60)
    assert claim(any_database, "azur", "sweep", AT + 50, "one")
    assert not hold(any_database, "azur", "two", AT + 110)
    assert hold(any_database, "azur", "two", AT + 111)
    assert not claim(any_database, "azur", "sweep", AT + 112, "one")
    release(any_database, "azur", "two", AT + 113)
    assert hold(any_database, "azur", "three", AT + 113)


def test_a_round_rests_after_that_of_another_process_and_a_sweep_that_died_is_no_round(any_database: Engine):
    with_budget(any_database, 10)
    assert hold(any_database, "azur", "one", AT, rest_s=15)
    release(any_database, "azur", "one", AT + 2)
    assert not hold(any_database, "azur", "two", AT + 16, rest_s=15)
    assert hold(any_database, "azur", "two", AT + 17, rest_s=15)
    assert hold(any_database, "azur", "three", AT + 78, rest_s=15)


def test_a_sweep_ends_where_its_budget_does_and_the_rest_keeps_its_turn(database: Engine, editor: Running):
    numbers = range(1, 101)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(calls_per_hour=4, concurrency=1), *map(rpps, numbers))
    swept = sweep(database, azur)
    assert (swept.asked, dict(swept.outcomes)) == (50, {"ok": 2, "spent": 1})
    assert sweep(database, azur, AT + 60).asked == 0
    assert sweep(database, azur, AT + HOUR + MINUTE).asked == 50
    feeds = table("slot_feed").c
    with database.connect() as connection:
        assert connection.scalar(select(func.count()).where(feeds.answered)) == 100
