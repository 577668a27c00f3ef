"""While the service runs agendas stay expanded and what is old is erased, whatever the database does meanwhile."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from annuaire.tending import tending, turning
from indexer.follow import Follower, following
from indexer.reading import AVAILABILITY
from indexer.rebuild import rebuild
from models.store import writing
from models.tables import Call
from registry import absences, agenda, calls, contacts, recurrence, reports
from registry.participation import Settings, settle
from registry.practice import Practice
from registry.written import KEPT_S
from tests.indexer.given import Given, tables
from tests.memory_engine import MemoryEngine
from tests.registry.test_recurrence import MONDAY, at, draft
from tests.registry.test_written import contact, report

NOW = at("2026-10-19T05:00")
DAY_S = 86_400
CALL = SQLModel.metadata.tables["call"]
DAILY = (0, 1, 2, 3, 4, 5, 6)


@pytest.fixture
def where(tmp_path: Path) -> Iterator[tuple[Engine, Practice]]:
    """Claire, and a plage that she opens every day."""
    with tables(f"sqlite:///{tmp_path}/a.db") as database:
        practice = Practice(Given(database).practice(), "tech:R1", "Europe/Paris")
        with writing(database) as connection:
            agenda.create(connection, practice, draft(weekdays=DAILY), NOW)
        yield database, practice


def last(database: Engine) -> int:
    """How many days after now the last occurrence is."""
    with database.connect() as connection:
        starts = connection.scalars(select(AVAILABILITY.c.start)).all()
    return (recurrence.local_day(max(starts), "Europe/Paris") - MONDAY) // timedelta(days=1)


def soon(is_so: Callable[[], bool]) -> bool:
    """Whether it becomes so. How soon is measured by `benchmarks/freshness.py`: a busy machine must not fail this."""
    until = time.monotonic() + 60
    while not is_so() and time.monotonic() < until:
        time.sleep(0.02)
    return is_so()


def test_what_repeats_is_extended_at_once_and_as_time_passes(where: tuple[Engine, Practice]):
    database, _ = where
    clock = NOW + 2 * DAY_S
    assert last(database) == 7
    with tending(database, lambda: clock, every_s=0.02):
        assert soon(lambda: last(database) == 9)
        clock += DAY_S + 1
        assert soon(lambda: last(database) == 10)


def test_a_database_that_fails_is_asked_again(where: tuple[Engine, Practice]):
    database, _ = where
    given = Given(database)
    given.execute("ALTER TABLE outbox RENAME TO away")
    with capture_logs() as logs, tending(database, lambda: NOW + 2 * DAY_S, every_s=0.02):
        assert soon(lambda: bool(logs))
        given.execute("ALTER TABLE away RENAME TO outbox")
        assert soon(lambda: last(database) == 9)
    assert (logs[0]["event"], logs[0]["chore"]) == ("a chore failed", "agendas extended")


def test_who_left_while_the_database_failed_is_told_the_next_time_and_once(where: tuple[Engine, Practice]):
    database, practice = where
    with writing(database) as connection:
        absences.declare(connection, practice, [absences.Period(MONDAY + timedelta(days=1), None)], NOW)
    begun = at("2026-10-19T22:00")
    chore = turning(NOW)
    with database.connect() as connection:  # closed without what it did being kept
        assert chore(connection, begun) == 1
    with writing(database) as connection:
        assert [chore(connection, begun + later) for later in (60, 60, 120)] == [1, 0, 0]


def test_what_was_promised_to_be_erased_is(where: tuple[Engine, Practice]):
    database, _ = where
    with writing(database) as connection:
        for reference, written in (("OLD", NOW - KEPT_S), ("NEW", NOW - KEPT_S + 60)):
            reports.record(connection, report(reference, at=written))
            contacts.record(connection, contact(reference, at=written), [])
        calls.note(connection, Call(offer="o", subject="p:1", outcome="reached", regulator="r", at=NOW - DAY_S))

    def left() -> tuple[list[str], list[str], int]:
        with database.connect() as connection:
            emails = [each.reference for each in reports.reports(connection) if each.email]
            messages = [each.reference for each, _ in contacts.contacts(connection)]
            return emails, messages, len(connection.execute(select(CALL)).all())

    with tending(database, lambda: NOW):
        assert soon(lambda: left() == (["NEW"], ["NEW"], 0))


def test_a_change_of_an_agenda_is_in_searches_soon(where: tuple[Engine, Practice]):
    database, practice = where
    engine = MemoryEngine()
    rebuild(database, engine, NOW)

    def searched() -> list[int]:
        return sorted(slot.start for offer in engine.all_offers() for slot in offer.availabilities)

    before = searched()
    with following(Follower(database, engine, lambda: NOW, poll_s=0.5)):
        with writing(database) as connection:
            new = agenda.create(connection, practice, draft(starts=900, ends=960), NOW)
        assert soon(lambda: at("2026-10-19T13:00") in searched())
        with writing(database) as connection:
            agenda.remove(connection, agenda.Chosen(new.id, agenda.Scope.ALL, MONDAY), NOW)
        assert soon(lambda: searched() == before)


def test_who_leaves_takes_nobody_beyond_their_slots_from_the_first_day_to_the_last(where: tuple[Engine, Practice]):
    database, practice = where
    engine, clock = MemoryEngine(), NOW
    with writing(database) as connection:
        settle(
            connection, Settings(practice.subject, active=True, via="individual", software=False, two_hours=True), NOW
        )
        absences.declare(connection, practice, [absences.Period(MONDAY + recurrence.DAY, MONDAY + recurrence.DAY)], NOW)
    rebuild(database, engine, NOW)

    def beyond() -> set[bool]:
        return {offer.participation.overbooking for offer in engine.all_offers() if offer.participation}

    assert beyond() == {True}
    with (
        following(Follower(database, engine, lambda: clock, poll_s=0.05)),
        tending(database, lambda: clock, every_s=0.02),
    ):
        clock = NOW + DAY_S
        assert soon(lambda: beyond() == {False})
        clock = NOW + 2 * DAY_S
        assert soon(lambda: beyond() == {True})
