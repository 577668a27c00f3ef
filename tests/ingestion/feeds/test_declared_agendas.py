"""Who says to use an editor that is declared is asked for there, as long as they say so."""

from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, update

from ingestion.feeds.editors import Declared, add_agendas, follow, remove, set_active
from ingestion.feeds.feeding import feeding
from ingestion.fhir import Answer, SlotGiven
from ingestion.slots import replacing
from models.store import writing
from tests.ingestion.feeds.world import declared, feed_of, one_each, rpps, slots_of, sweep, until
from tests.ingestion.given import AT
from tests.ingestion.test_loads import outbox, rows, table
from tests.servers.editors import Running

ONE, TWO = f"p:{rpps(1)}", f"p:{rpps(2)}"
LATER = AT + 300


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


def given(subject: str) -> SlotGiven:
    start = AT + 3_600
    return SlotGiven(subject, None, "creneau", start, start + 900, ("cabinet",), (), "public", (), (), None, None)


def writes(statement: str) -> bool:
    return statement.startswith(("INSERT", "UPDATE", "DELETE", "SELECT pg_advisory"))
