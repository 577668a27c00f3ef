"""Who says to use an editor that is declared is asked for there, as long as they say so."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import pairwise
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, update

from ingestion.feeds.editors import (
    Declared,
    How,
    add_agendas,
    declare,
    follow,
    list_agendas,
    listing,
    remove,
    set_active,
)
from ingestion.feeds.feeding import Feeding, feeding
from ingestion.fhir import Answer, SlotGiven
from ingestion.slots import replacing
from models.store import writing
from tests.ingestion.feeds.world import declared, feed_of, one_each, rpps, slots_of, sweep, until
from tests.ingestion.given import AT
from tests.ingestion.test_loads import outbox, rows, table
from tests.servers.editors import Running

ONE, TWO = f"p:{rpps(1)}", f"p:{rpps(2)}"
LATER = AT + 300
ROUNDS = 8


@pytest.fixture
def azur(any_database: Engine, editor: Running) -> Declared:
    """An editor that has an agenda of two people, and no list."""
    editor.begin(one_each(1, 2))
    return declared(any_database, editor.declared())


def settle(engine: Engine, subject: str, editors: list[str] | None, **values: Any) -> None:
    """Say which editors somebody uses."""
    settled = {"active": True, "places": [], "two_hours": False, "reorientation": False, "version": 1, "changed_at": AT}
    row = settled | {"subject": subject, "editors": editors, "refuses_editor_slots": False} | values
    participation = table("participation")
    with writing(engine) as connection:
        same = participation.c.subject == subject
        if not connection.execute(update(participation).where(same).values(**row)).rowcount:
            connection.execute(insert(participation).values(row))


def test_who_says_to_use_an_editor_is_asked_for_there(any_database: Engine, azur: Declared, editor: Running):
    settle(any_database, ONE, ["azur", "brume"])
    settle(any_database, TWO, ["brume", "azur2"])
    assert dict(sweep(any_database, azur).outcomes) == {"ok": 1}
    assert [subject for subject, _, _ in slots_of(any_database)] == [ONE]
    assert ONE in outbox(any_database)
    assert editor.asked[0].count("%7C") == 1


def test_who_says_so_no_more_is_asked_for_no_more_and_their_slots_leave(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    settle(any_database, TWO, ["azur"])
    sweep(any_database, azur)
    settle(any_database, ONE, [])
    before = len(outbox(any_database))
    assert sweep(any_database, azur, LATER).due == 1
    assert slots_of(any_database) == [(TWO, AT + 2 * 3_600, LATER)]
    assert rows(any_database, "slot_feed", "subject") == [(TWO,)]
    assert ONE in outbox(any_database)[before:]


def test_who_is_listed_stays_whatever_they_say(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    sweep(any_database, azur)
    with writing(any_database) as connection:
        assert add_agendas(connection, "azur", [rpps(1), rpps(2)], AT) == (1, [])
    settle(any_database, ONE, None)
    settle(any_database, TWO, ["azur"])
    settle(any_database, TWO, None)
    assert sweep(any_database, azur, LATER).due == 2


@pytest.mark.parametrize(("how", "numbers"), [("remove", [1, 3]), ("replace", [2, 4])])
def test_who_leaves_the_list_leaves_with_their_slots_and_the_index_is_told(
    any_database: Engine, azur: Declared, how: How, numbers: list[int]
):
    with writing(any_database) as connection:
        add_agendas(connection, "azur", [rpps(1), rpps(2)], AT)
    sweep(any_database, azur)
    before = len(outbox(any_database))
    with writing(any_database) as connection:
        change = listing(connection, "azur", map(rpps, numbers), how)
        assert (change.leaving, change.listed) == ([ONE], 2)
        new, gone = list_agendas(connection, "azur", change, LATER)
    assert (new, gone) == (how == "replace", 1)
    assert [subject for subject, _, _ in slots_of(any_database)] == [TWO]
    assert ONE not in {subject for (subject,) in rows(any_database, "slot_feed", "subject")}
    assert outbox(any_database)[before:] == ([ONE] if how == "remove" else [f"p:{rpps(4)}", ONE])


def test_who_leaves_the_list_and_says_to_use_the_editor_stays_as_long_as_they_do(any_database: Engine, azur: Declared):
    with writing(any_database) as connection:
        add_agendas(connection, "azur", [rpps(1), rpps(2)], AT)
    settle(any_database, ONE, ["azur"])
    sweep(any_database, azur)
    with writing(any_database) as connection:
        assert list_agendas(connection, "azur", listing(connection, "azur", [rpps(1)], "remove"), AT) == (0, 0)
    assert [subject for subject, _, _ in slots_of(any_database)] == [ONE, TWO]
    settle(any_database, ONE, [])
    follow(any_database, azur, LATER)
    assert [subject for subject, _, _ in slots_of(any_database)] == [TWO]


def test_who_refuses_editors_slots_is_neither_added_nor_asked_for(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"], refuses_editor_slots=True)
    assert sweep(any_database, azur).due == 0
    assert rows(any_database, "slot_feed", "subject") == []
    settle(any_database, TWO, ["azur"])
    sweep(any_database, azur)
    settle(any_database, TWO, ["azur"], refuses_editor_slots=True)
    assert sweep(any_database, azur, LATER).due == 0


def test_an_editor_that_cannot_be_asked_for_people_is_not(any_database: Engine, editor: Running):
    sos = declared(any_database, editor.declared("sos-azur", flows=("sos",)))
    settle(any_database, ONE, ["sos-azur"])
    sweep(any_database, sos)
    assert rows(any_database, "slot_feed", "subject") == []


def test_who_leaves_an_editor_that_is_paused_leaves_all_the_same(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    sweep(any_database, azur)
    with writing(any_database) as connection:
        set_active(connection, "azur", active=False)
    settle(any_database, ONE, [])
    with feeding(any_database, lambda: LATER, round_s=0.1):
        assert until(lambda: not rows(any_database, "slot_feed", "subject"))
    assert slots_of(any_database) == []


@pytest.fixture
def between_rounds(any_database: Engine, azur: Declared) -> Iterator[Feeding]:
    """A thread that has made its round, and makes the next one in an hour."""
    with feeding(any_database, lambda: LATER, round_s=3_600) as feeds:
        assert until(lambda: rows(any_database, "editor", "sweep", "swept_until") == [(None, LATER)])
        yield feeds


def test_who_says_to_use_an_editor_is_asked_for_before_the_next_round(any_database: Engine, between_rounds: Feeding):
    settle(any_database, TWO, ["azur"])
    settle(any_database, ONE, ["azur"])
    between_rounds.settled(ONE)
    assert until(lambda: [one for one, _, _ in slots_of(any_database)] == [ONE])
    assert ONE in outbox(any_database)


def test_who_says_to_use_it_no_more_leaves_before_the_next_round(any_database: Engine, between_rounds: Feeding):
    for subject in (ONE, TWO):
        settle(any_database, subject, ["azur"])
        between_rounds.settled(subject)
    assert until(lambda: len(slots_of(any_database)) == 2)
    for subject in (ONE, TWO):
        settle(any_database, subject, [])
    between_rounds.settled(ONE)
    assert until(lambda: rows(any_database, "slot_feed", "subject") == [(TWO,)])
    assert [one for one, _, _ in slots_of(any_database)] == [TWO]


def test_whoever_settles_is_asked_for_once_and_waits_for_no_other(
    any_database: Engine, between_rounds: Feeding, editor: Running
):
    editor.fault("slow", seconds=3, times=1)
    for subject in (ONE, TWO):
        settle(any_database, subject, ["azur"])
        between_rounds.settled(subject)
        assert until(lambda: len(editor.asked) > 0)
    between_rounds.settled(TWO)
    assert until(lambda: [one for one, _, _ in slots_of(any_database)] == [TWO])
    assert until(lambda: len(slots_of(any_database)) == 2)
    assert len(editor.asked) == 2


def test_what_is_settled_once_the_thread_has_ended_is_left_to_the_next(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    with feeding(any_database, lambda: AT, round_s=3_600) as feeds:
        pass
    feeds.settled(ONE)


def test_what_is_declared_changes_nothing_of_what_was_answered(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    sweep(any_database, azur)
    sweep(any_database, azur, AT + 30)
    assert feed_of(any_database) == (AT, True, AT)
    with any_database.connect() as connection:
        assert connection.scalars(select(table("slot_feed").c.listed)).all() == [False]


def test_who_left_while_they_were_asked_for_does_not_come_back_with_the_answer(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    settle(any_database, TWO, ["azur"])
    follow(any_database, azur, AT)
    settle(any_database, ONE, [])
    follow(any_database, azur, AT)
    with replacing(any_database) as answers:
        answers.apply("azur", [Answer(answered=True, asked=frozenset({ONE, TWO}), slots=(given(ONE), given(TWO)))], AT)
    assert [subject for subject, _, _ in slots_of(any_database)] == [TWO]
    assert rows(any_database, "slot_feed", "subject", "listed") == [(TWO, False)]


def test_an_answer_about_an_editor_that_was_removed_meanwhile_brings_nothing_back(any_database: Engine, azur: Declared):
    settle(any_database, ONE, ["azur"])
    follow(any_database, azur, AT)
    with writing(any_database) as connection:
        remove(connection, "azur", AT)
    with replacing(any_database) as answers:
        answers.apply("azur", [Answer(answered=True, asked=frozenset({ONE}))], AT)
    assert rows(any_database, "slot_feed", "subject") == []


def test_the_outbox_comes_after_the_agendas_that_are_added_and_forgotten(any_database: Engine, azur: Declared):
    """Whoever writes an answer holds rows of agendas and waits for the outbox: the other way round is a deadlock."""
    settle(any_database, ONE, ["azur"])
    follow(any_database, azur, AT)
    settle(any_database, ONE, [])
    settle(any_database, TWO, ["azur"])
    said: list[str] = []
    event.listen(any_database, "before_cursor_execute", lambda *told: said.append(told[2]))
    follow(any_database, azur, LATER)
    assert rows(any_database, "slot_feed", "subject") == [(TWO,)]
    with writing(any_database) as connection:
        add_agendas(connection, "azur", [rpps(1), rpps(2)], LATER)
    turns = [any(word in one for word in ("INTO outbox", "pg_advisory")) for one in said if writes(one)]
    assert [first for first, then in pairwise(turns) if first and not then] == [True]


def test_agendas_that_are_removed_while_an_answer_about_them_is_written_wait_for_each_other_in_one_order(
    any_database: Engine, azur: Declared
):
    people = frozenset(f"p:{rpps(number)}" for number in range(1, 9))
    over = Event()

    def come_and_go() -> int:
        for _ in range(ROUNDS):
            for numbers in ((7, 8), (4, 5, 6), (1, 2, 3)):  # the last ones lie first in the table
                with writing(any_database) as connection:
                    add_agendas(connection, "azur", map(rpps, numbers), AT)
            with writing(any_database) as connection:
                remove(connection, "azur", AT)
                declare(connection, azur, AT)
        return ROUNDS

    def answer() -> int:
        with replacing(any_database) as answers:
            while not over.is_set():
                told = Answer(answered=True, asked=people, slots=tuple(map(given, sorted(people))))
                answers.apply("azur", [told], AT)
        return 0

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(answer) for _ in range(2)]
        gone = pool.submit(come_and_go)
        wait([gone, *writers], timeout=60, return_when=FIRST_COMPLETED)
        over.set()
        assert (gone.result(60), *(one.result(60) for one in writers)) == (ROUNDS, 0, 0)
    assert rows(any_database, "slot_feed", "subject") == slots_of(any_database) == []


def given(subject: str) -> SlotGiven:
    start = AT + 3_600
    return SlotGiven(subject, None, "creneau", start, start + 900, ("cabinet",), (), "public", (), (), None, None)


def writes(statement: str) -> bool:
    """Whether a statement writes, or takes the outbox's turn; the editor's turn comes before anything."""
    return "hashtext" not in statement and statement.startswith(("INSERT", "UPDATE", "DELETE", "SELECT pg_advisory"))
