"""A sweep asks for everybody in turn; each answer is written as it comes, and replaces what was asked for."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import Engine

from annuaire.demo.agendas import AgendaPlace
from ingestion.feeds.budget import hold
from ingestion.feeds.editors import Declared
from ingestion.feeds.requests import Request, url, window
from ingestion.feeds.sweeping import CONCURRENCY, FOR_CHECKS, Feeds, Swept
from ingestion.loads import load_rpps
from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import (
    agenda,
    declared,
    feed_of,
    one_each,
    rpps,
    setup,
    slot,
    slots_of,
    sweep,
    with_feeds,
)
from tests.ingestion.given import AT, options, people
from tests.ingestion.test_loads import outbox, rows
from tests.servers.editors import Running

ONE, TWO = f"p:{rpps(1)}", f"p:{rpps(2)}"
LATER = AT + 300


@pytest.fixture
def azur(database: Engine, editor: Running) -> Declared:
    """An editor with two agendas, that was never asked."""
    editor.begin(one_each(1, 2))
    return declared(database, editor.declared(), rpps(1), rpps(2))


def test_the_slots_of_whom_is_asked_for_are_stored_with_when_they_were_checked(any_database: Engine, editor: Running):
    editor.begin(one_each(1, 2))
    swept = sweep(any_database, declared(any_database, editor.declared(), rpps(1), rpps(2)))
    assert (swept.due, swept.asked, dict(swept.outcomes)) == (2, 2, {"ok": 1})
    assert slots_of(any_database) == [(ONE, AT + HOUR, AT), (TWO, AT + 2 * HOUR, AT)]
    assert feed_of(any_database) == (AT, True, AT)


def test_an_answer_replaces_the_slots_of_whom_was_asked_for(any_database: Engine, editor: Running):
    editor.begin(one_each(1, 2))
    azur = declared(any_database, editor.declared(), rpps(1), rpps(2))
    sweep(any_database, azur)
    editor.slots(taken=["s1"], slots={rpps(2): [slot("new", AT + 5 * HOUR)]})
    sweep(any_database, azur, LATER)
    assert slots_of(any_database) == [(TWO, AT + 5 * HOUR, LATER)]
    assert feed_of(any_database) == (LATER, True, LATER)


def test_subjects_are_told_to_be_rebuilt_in_the_transaction_of_their_answer(database: Engine, azur: Declared):
    before = len(outbox(database))
    sweep(database, azur)
    assert sorted(outbox(database)[before:]) == [ONE, TWO]


def test_the_search_that_is_sent_is_that_of_the_contract_byte_for_byte(
    database: Engine, azur: Declared, editor: Running
):
    sweep(database, azur)
    wanted = url(editor.url, Request("ps", (ONE, TWO), window(AT)))
    assert editor.asked == [wanted.removeprefix(editor.url.removesuffix("/fhir"))]


@pytest.mark.parametrize("flow", ["ps", "cpts", "sos"])
def test_each_flow_is_asked_and_read(database: Engine, editor: Running, flow: str):
    place = AgendaPlace("", "Point de garde", "3 place Lazare Goujon", "VILLEURBANNE", "69100", "", "Europe/Paris")
    number, subject = ("312345678900011", "s:12345678900011") if flow == "sos" else (rpps(1), ONE)
    one = agenda(1, flow, id=number, places=(place,) if flow == "sos" else agenda(1).places)
    one = one if flow != "cpts" else agenda(1, flow, cpts=(("690000009", "CPTS de Villeurbanne"),))
    editor.begin(setup([one], {number: [slot("a", labels=("CPTS", "SNP") if flow == "cpts" else ("PUBLIC",))]}))
    swept = sweep(database, declared(database, editor.declared(flows=(flow,)), number))
    assert dict(swept.outcomes) == {"ok": 1}
    assert slots_of(database) == [(subject, AT + HOUR, AT)]
    assert rows(database, "availability", "cpts") == [(["690000009"] if flow == "cpts" else [],)]


def test_nobody_is_asked_for_whom_the_editor_cannot_be_asked_for(database: Engine, editor: Running):
    azur = declared(database, editor.declared(flows=("sos",)), rpps(1))
    assert sweep(database, azur).asked == 0
    assert editor.asked == []


def test_whoever_has_just_been_asked_for_rests(database: Engine, azur: Declared, editor: Running):
    sweep(database, azur)
    assert sweep(database, azur, AT + 59).due == 0
    assert sweep(database, azur, AT + 60).due == 2
    assert len(editor.asked) == 2


def test_lots_hold_25_people_at_most_and_each_is_asked_for_once(database: Engine, editor: Running):
    numbers = range(1, 61)
    editor.begin(one_each(1, 30, 60))
    azur = declared(database, editor.declared(), *map(rpps, numbers))
    swept = sweep(database, azur)
    assert (swept.asked, dict(swept.outcomes)) == (60, {"ok": 3})
    asked = [address.count("%7C") for address in editor.asked]
    assert sorted(asked) == [10, 25, 25]
    assert len(slots_of(database)) == 3


@pytest.mark.parametrize(("concurrency", "at_once"), [(1, 1), (2, 1), (4, 3)])
def test_a_sweep_sends_so_many_requests_at_once_and_leaves_one_for_checks(
    database: Engine, editor: Running, concurrency: int, at_once: int
):
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(concurrency=concurrency), *map(rpps, range(1, 101)))
    editor.fault("slow", seconds=0.3)
    sweep(database, azur)
    assert editor.most_at_once == at_once


def test_several_editors_together_are_sent_no_more_at_once_than_all_may_be(database: Engine, editor: Running):
    editor.begin(one_each(1))
    first, second = (
        declared(database, editor.declared(name, concurrency=10), *map(rpps, people_of))
        for name, people_of in (("azur", range(1, 251)), ("brume", range(251, 501)))
    )
    editor.fault("slow", seconds=1.0)

    async def together(feeds: Feeds) -> None:
        await asyncio.gather(feeds.sweep(first), feeds.sweep(second))

    with_feeds(database, together)
    assert editor.most_at_once == CONCURRENCY - FOR_CHECKS


def test_a_check_does_not_wait_for_the_sweep_to_end(database: Engine, editor: Running):
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(concurrency=2), *map(rpps, range(1, 251)))
    editor.fault("slow", seconds=0.5)

    async def meanwhile(feeds: Feeds) -> tuple[str, bool]:
        sweeping = asyncio.create_task(feeds.sweep(azur))
        await asyncio.sleep(0.2)
        found = await feeds.check([f"p:{rpps(250)}"])
        ended = sweeping.done()
        await sweeping
        return found[f"p:{rpps(250)}"], ended

    assert with_feeds(database, meanwhile) == ("ok", False)
    assert editor.most_at_once == 2


def test_two_editors_keep_each_its_slots_of_one_person(database: Engine, editor: Running, plain_editor: Running):
    editor.begin(one_each(1))
    plain_editor.begin(setup([agenda(1)], {rpps(1): [slot("other", AT + 7 * HOUR), slot("same", AT + HOUR)]}))
    azur = declared(database, editor.declared(), rpps(1))
    brume = declared(database, plain_editor.declared("brume"), rpps(1))
    sweep(database, azur)
    sweep(database, brume)
    plain_editor.slots(taken=["other"])
    sweep(database, brume, LATER)
    assert slots_of(database) == [(ONE, AT + HOUR, AT), (ONE, AT + HOUR, LATER)]


def test_a_person_whom_nobody_knows_has_slots_all_the_same_and_the_place_that_the_editor_says(
    database: Engine, azur: Declared
):
    sweep(database, azur)
    assert {source for (source,) in rows(database, "place", "source")} == {"fhir:azur"}


def test_a_place_that_the_rpps_knows_is_the_slots(database: Engine, azur: Declared, tmp_path):
    load_rpps(database, people(tmp_path / "rpps.txt", 1), options(tmp_path))
    sweep(database, azur)
    (key,) = [key for key, subject in rows(database, "availability", "place_key", "subject") if subject == ONE]
    assert key.startswith("tech:")


def test_two_sweeps_at_once_ask_for_nobody_twice(any_database: Engine, editor: Running):
    numbers = range(1, 101)
    editor.begin(one_each(*numbers))
    azur = declared(any_database, editor.declared(), *map(rpps, numbers))
    editor.fault("slow", seconds=0.1)

    async def both(feeds: Feeds) -> list[Swept]:
        async with Feeds(any_database, lambda: AT) as other:
            return list(await asyncio.gather(feeds.sweep(azur), other.sweep(azur)))

    swept = with_feeds(any_database, both)
    assert sorted(one.held for one in swept) == [False, True]
    assert len(editor.asked) == 4
    assert len(slots_of(any_database)) == 100


def test_a_sweep_that_died_holds_its_editor_for_a_minute_only(database: Engine, azur: Declared):
    assert hold(database, "azur", "dead", AT)
    assert sweep(database, azur, AT + 60).held
    assert not sweep(database, azur, AT + 61).held


def test_a_place_that_moved_is_where_the_editor_says_now(database: Engine, editor: Running):
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(), rpps(1))
    sweep(database, azur)
    (former,) = rows(database, "availability", "place_key")
    moved = AgendaPlace("", "", "1 rue Neuve", "LYON", "69003", "", "Europe/Paris")
    editor.begin(setup([agenda(1, places=(moved,))], {rpps(1): [slot("s1")]}))
    sweep(database, azur, LATER)
    ((key,),) = rows(database, "availability", "place_key")
    assert (key,) != former
    assert rows(database, "place", "street", key=key) == [("1 rue Neuve",)]


@pytest.mark.parametrize(
    ("now", "starts"),
    [
        # Two quarters past two in the night of October, an hour apart; in that of March, two o'clock is three.
        ("2027-10-30T12:00:00+02:00", ("2027-10-31T02:15:00+02:00", "2027-10-31T02:15:00+01:00")),
        ("2027-03-27T12:00:00+01:00", ("2027-03-28T01:45:00+01:00", "2027-03-28T03:00:00+02:00")),
    ],
)
def test_in_the_night_of_the_change_of_hour_each_slot_is_the_instant_that_it_says(
    database: Engine, editor: Running, now: str, starts: tuple[str, str]
):
    at, *instants = (int(datetime.fromisoformat(text).timestamp()) for text in (now, *starts))
    slots = [slot(str(start), start) for start in instants]
    editor.begin(setup([agenda(1)], {rpps(1): slots}, now=at))
    sweep(database, declared(database, editor.declared(), rpps(1)), at)
    assert [start for _, start, _ in slots_of(database)] == instants
    ends = [end for (end,) in rows(database, "availability", "end")]
    assert sorted(ends) == [start + 900 for start in instants]


def test_a_slot_that_began_before_the_window_stays_until_it_is_over(database: Engine, editor: Running):
    whole = slot("plage", AT + HOUR, end=AT + 5 * HOUR, kind="plage")
    editor.begin(setup([agenda(1)], {rpps(1): [whole]}))
    azur = declared(database, editor.declared(), rpps(1))
    sweep(database, azur)
    sweep(database, azur, AT + 2 * HOUR)
    assert slots_of(database) == [(ONE, AT + HOUR, AT)]
    sweep(database, azur, AT + 5 * HOUR)
    assert slots_of(database) == []
