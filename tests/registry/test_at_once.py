"""Two who write the same at once: each as if alone, none loses what it was told is written. On both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, func, select

from indexer.reading import AVAILABILITY
from models.store import writing
from models.tables import Call, Orientation
from registry import absences, agenda, calls, orientations
from registry.absences import Period
from registry.agenda import Chosen, Scope
from registry.participation import Settings, participation, settle
from registry.practice import Practice
from registry.refusals import Changed, NotThere, Refused
from tests.indexer.given import DAY, Given
from tests.indexer.given import NOW as GIVEN
from tests.registry.test_orientations import wanted
from tests.registry.test_recurrence import MONDAY, at, draft

NOW = at("2026-10-19T05:00")
MANY = 8


@pytest.fixture
def shared(crowded: Engine) -> Practice:
    """Where Claire Martel practises, in a database that several write to."""
    return Practice(Given(crowded).practice(), "tech:R1", "Europe/Paris")


def at_once(engine: Engine, operation: Callable[[Connection, int], object]) -> list[str]:
    """What came of an operation that many do at the same time, each with its number: `done`, or what was refused."""
    start = Barrier(MANY)

    def one(number: int) -> str:
        start.wait()
        try:
            with writing(engine) as connection:
                operation(connection, number)
        except (Changed, NotThere, Refused) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(MANY) as pool:
        return sorted(pool.map(one, range(MANY)))


def written(engine: Engine, where: Practice, **given: object) -> agenda.AgendaEntry:
    with writing(engine) as connection:
        return agenda.create(connection, where, draft(**given), NOW)


def test_of_those_who_edit_the_same_version_one_wins_and_the_others_are_told(crowded: Engine, shared: Practice):
    entry = written(crowded, shared, weekdays=(0,))

    def edit(connection: Connection, number: int) -> object:
        chosen = Chosen(entry.id, Scope.ALL, MONDAY, entry.version)
        return agenda.edit(connection, chosen, draft(capacity=10 + number, weekdays=(0,)), NOW)

    assert at_once(crowded, edit) == ["Changed"] * (MANY - 1) + ["done"]
    with crowded.connect() as connection:
        assert agenda.entry(connection, entry.id).version == 2
        kept = connection.scalars(select(AVAILABILITY.c.capacity)).all()
    assert set(kept) == {agenda_capacity(crowded, entry.id)}


def agenda_capacity(engine: Engine, identifier: str) -> int | None:
    with engine.connect() as connection:
        return agenda.entry(connection, identifier).capacity


def test_occurrences_that_are_removed_at_once_are_all_removed(crowded: Engine, shared: Practice):
    entry = written(crowded, shared, weekdays=(0, 1, 2, 3, 4, 5, 6))

    def remove(connection: Connection, number: int) -> object:
        day = MONDAY + timedelta(days=number)
        return agenda.remove(connection, Chosen(entry.id, Scope.ONE, day), NOW)

    assert at_once(crowded, remove) == ["done"] * MANY
    with crowded.connect() as connection:
        assert len(agenda.entry(connection, entry.id).skipped) == MANY
        assert connection.scalar(select(func.count()).select_from(AVAILABILITY)) == 0


def test_a_patient_is_sent_to_a_plage_or_it_is_removed_never_both(crowded: Engine, shared: Practice):
    entry = written(crowded, shared)
    slot = {"kind": "plage", "slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    own = {"source_kind": "agenda", "source_name": "agenda", "regulator": "r", "offer": "o", "at": NOW}
    whom = {"subject": shared.subject, "place_key": shared.place_key, "changed_at": NOW}

    def either(connection: Connection, number: int) -> object:
        if number % 2:
            return agenda.remove(connection, Chosen(entry.id, Scope.ALL, MONDAY), NOW)
        return orientations.orient(connection, Orientation(id=f"o{number}", **slot, **own, **whom))

    said = at_once(crowded, either)
    with crowded.connect() as connection:
        sent, left = len(orientations.orientations(connection)), len(agenda.entries(connection, shared))
    assert (sent > 0, left) in {(True, 1), (False, 0)}
    assert said.count("done") == (sent or 1)


def test_of_one_identifier_to_many_people_the_first_is_sent_and_the_others_are_told(crowded: Engine):
    people = [f"p:8101000000{number:02}" for number in range(MANY)]
    for person in people:
        Given(crowded).slot(person)

    def send(connection: Connection, number: int) -> object:
        return orientations.orient(connection, wanted(subject=people[number]))

    assert at_once(crowded, send) == ["Changed"] * (MANY - 1) + ["done"]


def test_of_what_came_of_an_orientation_the_first_said_counts(crowded: Engine, shared: Practice):
    Given(crowded).slot()
    with writing(crowded) as connection:
        orientations.orient(connection, wanted())

    def either(connection: Connection, number: int) -> object:
        return orientations.become(connection, "o1", "cancelled" if number % 2 else "honoured", GIVEN + DAY)

    assert at_once(crowded, either) == ["Changed"] * (MANY // 2) + ["done"] * (MANY // 2)
    with crowded.connect() as connection:
        assert orientations.orientation(connection, "o1").state in {"cancelled", "honoured"}


def test_what_is_written_of_a_place_for_the_first_time_at_once_is_written(crowded: Engine, shared: Practice):
    assert at_once(crowded, lambda connection, n: agenda.inform(connection, shared, f"n° {n}", NOW)) == ["done"] * MANY
    with crowded.connect() as connection:
        assert (agenda.information(connection, shared) or "").startswith("n° ")


def test_absences_that_are_declared_at_once_replace_each_other(crowded: Engine, shared: Practice):
    def declare(connection: Connection, number: int) -> object:
        return absences.declare(connection, shared, [Period(MONDAY, MONDAY + timedelta(days=number))], NOW)

    assert at_once(crowded, declare) == ["done"] * MANY
    with crowded.connect() as connection:
        assert len(absences.absences(connection, shared, NOW)) == 1


def test_calls_to_one_offer_at_once_are_all_told_and_the_last_is_kept(crowded: Engine):
    def note(connection: Connection, number: int) -> object:
        said = Call(offer="o", subject="p:1", outcome="reached", regulator=f"r{number}", at=NOW)
        return calls.note(connection, said)

    assert at_once(crowded, note) == ["done"] * MANY
    with crowded.connect() as connection:
        assert set(calls.calls(connection, ["o"], NOW)) == {"o"}


def test_of_those_who_settle_the_same_version_one_wins(crowded: Engine, shared: Practice):
    def write(connection: Connection, number: int) -> object:
        return settle(connection, Settings(shared.subject, reorientation=bool(number % 2)), NOW, 0)

    assert at_once(crowded, write) == ["Changed"] * (MANY - 1) + ["done"]
    with crowded.connect() as connection:
        settled = participation(connection, shared.subject)
    assert settled is not None
    assert settled.version == 1


def test_an_agenda_that_is_changed_while_it_is_extended_is_what_was_written(crowded: Engine, shared: Practice):
    entry = written(crowded, shared, weekdays=(0, 1, 2, 3, 4, 5, 6))
    later = NOW + 3 * 86_400

    def either(connection: Connection, number: int) -> object:
        if number:
            return agenda.extend(connection, later)
        return agenda.remove(connection, Chosen(entry.id, Scope.ALL, MONDAY), later)

    assert at_once(crowded, either) == ["done"] * MANY
    with crowded.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(AVAILABILITY)) == 0
