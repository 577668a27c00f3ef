"""Some people are asked for again at once, nobody twice at a time, and nobody beyond the budget."""

import asyncio
import time
from collections.abc import Mapping

import pytest
from sqlalchemy import Engine, insert

from ingestion.feeds.editors import Declared, set_active
from ingestion.feeds.feeding import UNSEEN_S, feeding, forget_unseen
from ingestion.feeds.sweeping import Feeds
from models.store import writing
from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import declared, feed_of, one_each, rpps, slots_of, sweep, until, with_feeds
from tests.ingestion.given import AT
from tests.ingestion.test_loads import outbox, table
from tests.servers.editors import Running

ONE, TWO = f"p:{rpps(1)}", f"p:{rpps(2)}"
LATER = AT + 300


@pytest.fixture
def azur(database: Engine, editor: Running) -> Declared:
    """An editor with three agendas, that has been swept once."""
    editor.begin(one_each(1, 2, 3))
    azur = declared(database, editor.declared(), *map(rpps, (1, 2, 3)))
    sweep(database, azur)
    return azur


def check(engine: Engine, *subjects: str, at: int = LATER) -> Mapping[str, str]:
    return with_feeds(engine, lambda feeds: feeds.check(subjects), at)


async def being_asked(editor: Running, times: int) -> None:
    """Wait until an editor that is slow to answer was asked so many times."""
    assert await asyncio.to_thread(until, lambda: len(editor.asked) >= times)


def test_who_leaves_takes_nobody_s_answer_along(database: Engine, azur: Declared, editor: Running):
    editor.fault("slow", seconds=1.2)

    async def both(feeds: Feeds) -> Mapping[str, str]:
        first = asyncio.create_task(feeds.check([ONE]))
        await being_asked(editor, 2)
        second = asyncio.create_task(feeds.check([ONE]))
        await asyncio.sleep(0.4)
        first.cancel()
        return await second

    assert with_feeds(database, both, LATER) == {ONE: "ok"}
    assert len(editor.asked) == 2  # by the sweep, then once


def test_only_those_who_are_named_are_asked_for_and_corrected(database: Engine, azur: Declared, editor: Running):
    editor.slots(taken=["s1", "s3"])
    assert check(database, ONE, TWO) == {ONE: "ok", TWO: "ok"}
    assert [subject for subject, _, _ in slots_of(database)] == [TWO, f"p:{rpps(3)}"]
    assert editor.asked[-1].count("%7C") == 2


def test_whoever_has_no_agenda_at_an_active_editor_is_not_asked_for(database: Engine, azur: Declared, editor: Running):
    assert check(database, f"p:{rpps(9)}", "s:12345678900011", "<script>") == {}
    with writing(database) as connection:
        set_active(connection, "azur", active=False)
    assert check(database, ONE) == {}
    assert len(editor.asked) == 1


def test_whoever_refuses_editors_slots_is_not_asked_for(database: Engine, azur: Declared, editor: Running):
    with writing(database) as connection:
        settled = {"active": True, "places": [], "two_hours": False, "reorientation": False, "version": 1}
        refusing = settled | {"subject": ONE, "refuses_editor_slots": True, "changed_at": AT}
        connection.execute(insert(table("participation")).values(refusing))
    assert check(database, ONE, TWO) == {TWO: "ok"}
    assert sweep(database, azur, LATER + 60).due == 2


def test_whoever_has_just_been_asked_for_is_left_as_is(database: Engine, azur: Declared, editor: Running):
    assert check(database, ONE, at=AT + 14) == {}
    assert check(database, ONE, at=AT + 15) == {ONE: "ok"}


def test_checks_of_the_same_person_are_one_call(database: Engine, azur: Declared, editor: Running):
    editor.fault("slow", seconds=0.8)

    async def together(feeds: Feeds) -> list[Mapping[str, str]]:
        first = asyncio.create_task(feeds.check([ONE, TWO]))
        await being_asked(editor, 2)
        return list(await asyncio.gather(first, feeds.check([ONE]), feeds.check([TWO, f"p:{rpps(3)}"])))

    found = with_feeds(database, together, LATER)
    assert found == [{ONE: "ok", TWO: "ok"}, {ONE: "ok"}, {TWO: "ok", f"p:{rpps(3)}": "ok"}]
    assert [address.count("%7C") for address in editor.asked] == [3, 2, 1]


def test_a_check_that_fails_says_why_and_leaves_the_slots(database: Engine, azur: Declared, editor: Running):
    editor.fault("status", count=500)
    assert check(database, ONE) == {ONE: "status"}
    assert (ONE, AT + HOUR, AT) in slots_of(database)
    assert feed_of(database) == (LATER, False, AT)


def test_when_the_budget_is_spent_nobody_is_asked_for_and_nothing_is_unknown(database: Engine, editor: Running):
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(calls_per_hour=1), rpps(1))
    sweep(database, azur)
    assert check(database, ONE) == {ONE: "spent"}
    assert feed_of(database) == (AT, True, AT)
    assert len(editor.asked) == 1


def test_checks_are_made_while_a_sweep_is(database: Engine, azur: Declared, editor: Running):
    editor.fault("slow", seconds=0.8)

    async def together(feeds: Feeds) -> Mapping[str, str]:
        sweeping = asyncio.create_task(feeds.sweep(azur))
        await being_asked(editor, 2)
        found = await feeds.check([ONE])
        await sweeping
        return found

    assert with_feeds(database, together, LATER) == {ONE: "ok"}
    assert len(editor.asked) == 2


# Beside a server -----------------------------------------------------------------------------------------------------


def test_a_thread_keeps_slots_fresh_and_checks_when_told_to(database: Engine, azur: Declared, editor: Running):
    clock = [LATER]
    with feeding(database, lambda: clock[0], round_s=0.1, rested_s=60) as feeds:
        assert until(lambda: slots_of(database)[0][2] == LATER)
        editor.slots(taken=["s1"])
        clock[0] += 20
        assert feeds.check([ONE]).result(10) == {ONE: "ok"}
        assert len(slots_of(database)) == 2
        clock[0] += 60
        assert until(lambda: slots_of(database)[0][2] == LATER + 80)


def test_the_thread_outlives_an_editor_that_dies(database: Engine, azur: Declared, editor: Running):
    clock = [LATER]
    editor.fault("status", count=500)
    with feeding(database, lambda: clock[0], round_s=0.1, rested_s=60):
        assert until(lambda: feed_of(database) == (LATER, False, AT))
        editor.mend()
        clock[0] += 60
        assert until(lambda: feed_of(database) == (LATER + 60, True, LATER + 60))


def test_the_thread_outlives_an_error_that_is_not_the_database_s(database: Engine, azur: Declared, editor: Running):
    def flows(value: str) -> None:
        with database.begin() as connection:
            connection.exec_driver_sql(f"UPDATE editor SET flows = '{value}'")

    clock = [LATER]
    flows("5")
    with feeding(database, lambda: clock[0], round_s=0.1, rested_s=60):
        time.sleep(0.5)
        assert feed_of(database) == (AT, True, AT)
        flows('["ps"]')
        assert until(lambda: feed_of(database) == (LATER, True, LATER))


def test_whoever_is_unknown_is_checked_apart_and_spoils_nobody_s_answer(
    database: Engine, azur: Declared, editor: Running
):
    editor.fault("spoilt", text=rpps(1))
    sweep(database, azur, LATER)
    assert check(database, ONE, TWO, f"p:{rpps(3)}", at=LATER + 20) == {ONE: "status", TWO: "ok", f"p:{rpps(3)}": "ok"}


# What is confirmed no more -------------------------------------------------------------------------------------------


def test_slots_that_are_not_confirmed_for_a_day_leave_and_their_owner_is_unknown(any_database: Engine, editor: Running):
    editor.begin(one_each(30))
    azur = declared(any_database, editor.declared(), rpps(30))
    sweep(any_database, azur)
    editor.fault("status", count=500)
    sweep(any_database, azur, AT + UNSEEN_S)
    assert forget_unseen(any_database, AT + UNSEEN_S) == 0
    assert len(slots_of(any_database)) == 1
    before = len(outbox(any_database))
    assert forget_unseen(any_database, AT + UNSEEN_S + 1) == 1
    assert slots_of(any_database) == []
    assert feed_of(any_database, rpps(30)) == (AT + UNSEEN_S, False, AT)
    assert outbox(any_database)[before:] == [f"p:{rpps(30)}"]
    assert forget_unseen(any_database, AT + UNSEEN_S + 1) == 0


def test_those_of_an_editor_that_is_paused_are_unknown_too(database: Engine, azur: Declared):
    with writing(database) as connection:
        set_active(connection, "azur", active=False)
    forget_unseen(database, AT + UNSEEN_S + 1)
    assert feed_of(database) == (AT, False, AT)
    assert slots_of(database) == []
