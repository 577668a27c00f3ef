"""Appointments that editors tell: each is one orientation, whatever is told again. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Final

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from models.store import writing
from models.tables import Orientation, Outbox
from models.turns import take_turn
from registry.appointments import Ambiguous, Booked, known, record
from registry.orientations import orient
from registry.practice import Practice
from registry.refusals import Taken
from tests.indexer.given import HOUR, NOW, Given
from tests.migrated import migrated
from tests.registry.test_orientations import done, wanted

MANY: Final = 8
BOOKED = Booked("https://azur.example|b7c5", "azur", "p:810100000001", "urn:r|1", "made", NOW + HOUR, NOW + HOUR + 900)


def told(engine: Engine, booked: Booked = BOOKED, at: int = NOW) -> tuple[Orientation, bool]:
    with writing(engine) as connection:
        return record(connection, booked, at)


def outbox(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Outbox.subject).order_by(Outbox.seq)))  # type: ignore[arg-type]  # SQLModel


def test_an_appointment_is_an_orientation_to_the_slot_and_its_place(registered: Engine, where: Practice):
    Given(registered).slot(place_key="tech:R1")
    kept, is_new = told(registered)
    assert is_new
    assert (kept.kind, kept.state, kept.appointment) == ("creneau", "made", f"azur|{BOOKED.identifier}")
    assert (kept.subject, kept.place_key, kept.source_kind, kept.source_name) == (
        "p:810100000001",
        "tech:R1",
        "editor",
        "azur",
    )
    assert outbox(registered) == ["p:810100000001"]


def test_told_twice_it_is_one_and_the_index_is_told_once(registered: Engine, where: Practice):
    first, _ = told(registered)
    assert told(registered, at=NOW + 60) == (first, False)
    assert len(outbox(registered)) == 1


def test_told_again_it_is_what_it_is_now(registered: Engine, where: Practice):
    first, _ = told(registered)
    moved = BOOKED._replace(start=NOW + 2 * HOUR, end=NOW + 2 * HOUR + 900, state="cancelled", subject="p:810100000002")
    again, is_new = told(registered, moved, NOW + 60)
    assert (again.id, is_new, again.state, again.slot_start) == (first.id, False, "cancelled", NOW + 2 * HOUR)
    assert outbox(registered) == ["p:810100000001", "p:810100000001", "p:810100000002"]


def test_moved_to_somebody_else_it_is_where_their_slot_is(registered: Engine, where: Practice):
    given = Given(registered)
    given.practice("810100000002", "tech:R2")
    given.slot(place_key="tech:R1")
    given.slot("p:810100000002", NOW + 2 * HOUR, place_key="tech:R2")
    with writing(registered) as connection:
        orient(connection, wanted(regulator="urn:r|1"))
    told(registered)
    moved, is_new = told(
        registered, BOOKED._replace(subject="p:810100000002", start=NOW + 2 * HOUR, end=NOW + 3 * HOUR)
    )
    assert (moved.id, is_new, moved.place_key, moved.offer) == ("o1", False, "tech:R2", "")


def test_a_slot_that_an_editor_says_is_booked_cannot_be_taken_here(registered: Engine, where: Practice):
    Given(registered).slot()
    told(registered)
    with writing(registered) as connection, pytest.raises(Taken):
        orient(connection, wanted())


def test_what_the_same_regulator_took_here_becomes_the_appointment(registered: Engine, where: Practice):
    Given(registered).slot()
    with writing(registered) as connection:
        orient(connection, wanted(regulator="urn:r|1"))
    kept, is_new = told(registered)
    assert (kept.id, is_new, kept.appointment) == ("o1", False, f"azur|{BOOKED.identifier}")
    other, is_new = told(registered, BOOKED._replace(identifier="https://azur.example|other"))
    assert is_new
    assert other.id != "o1"


def test_what_was_taken_here_by_a_regulator_without_an_account_stays_beside_the_appointment(
    registered: Engine, where: Practice
):
    Given(registered).slot()
    with writing(registered) as connection:
        orient(connection, wanted(regulator="development"))
    kept, is_new = told(registered)
    assert is_new
    assert kept.id != "o1"


def test_somebody_that_the_editor_does_not_know_yet_is_told_later(registered: Engine, where: Practice):
    unknown, _ = told(registered, BOOKED._replace(subject=None))
    assert (unknown.subject, outbox(registered)) == ("", [])
    then, is_new = told(registered)
    assert (then.id, is_new, then.subject) == (unknown.id, False, "p:810100000001")


def test_an_identifier_is_known_whole_or_by_its_value_when_only_one_has_it(registered: Engine, where: Practice):
    told(registered)
    told(registered, BOOKED._replace(identifier="https://other.example|b7c5", start=NOW + 3 * HOUR))
    told(registered, BOOKED._replace(identifier="https://azur.example|c_%", start=NOW + 4 * HOUR))
    with registered.connect() as connection:
        assert known(connection, "azur", BOOKED.identifier) == BOOKED.identifier
        assert known(connection, "azur", "c_%") == "https://azur.example|c_%"
        assert known(connection, "azur", "%") is None
        assert known(connection, "azur", "unheard-of") is None
        assert known(connection, "dune", "b7c5") is None
        with pytest.raises(Ambiguous):
            known(connection, "azur", "b7c5")


ASSOCIATION = "s:39999999990001"


def test_of_an_appointment_to_nobody_the_only_association_with_a_slot_then_is_meant(
    registered: Engine, where: Practice
):
    given = Given(registered)
    given.slot(ASSOCIATION, place_key="sos:1")
    given.slot("s:39999999990002", NOW + 2 * HOUR)
    given.slot()
    kept, _ = told(registered, BOOKED._replace(subject=None))
    assert (kept.subject, kept.place_key, outbox(registered)) == (ASSOCIATION, "sos:1", [ASSOCIATION])
    received, is_new = told(registered, at=NOW + 60)
    assert (received.id, is_new, received.subject) == (kept.id, False, ASSOCIATION)


def test_a_doctor_who_has_no_slot_then_receives_for_the_only_association_that_has_one(
    registered: Engine, where: Practice
):
    given = Given(registered)
    given.slot(ASSOCIATION, place_key="sos:1")
    kept, _ = told(registered)
    assert (kept.subject, kept.place_key, outbox(registered)) == (ASSOCIATION, "sos:1", [ASSOCIATION])


@pytest.mark.parametrize(
    "also", [{"subject": "s:39999999990002"}, {"kind": "plage", "start": NOW, "end": NOW + 3 * HOUR}], ids=str
)
def test_a_doctor_who_has_a_slot_then_or_may_be_of_several_associations_is_the_one_who_receives(
    registered: Engine, where: Practice, also: dict[str, Any]
):
    given = Given(registered)
    given.slot(ASSOCIATION)
    given.slot(**also)
    kept, _ = told(registered)
    assert kept.subject == BOOKED.subject


def test_a_doctor_who_was_told_before_still_receives_once_the_slot_has_left_the_feed(
    registered: Engine, where: Practice
):
    told(registered)
    Given(registered).slot(ASSOCIATION)
    kept, _ = told(registered, BOOKED._replace(state="honoured"))
    assert kept.subject == BOOKED.subject


def test_an_association_that_is_told_otherwise_is_the_one_told_last(registered: Engine, where: Practice):
    told(registered, BOOKED._replace(subject=ASSOCIATION))
    other, _ = told(registered, BOOKED._replace(subject="s:39999999990002"))
    assert (other.subject, outbox(registered)[1:]) == ("s:39999999990002", [ASSOCIATION, "s:39999999990002"])


def test_of_an_appointment_to_nobody_whom_several_associations_may_receive_nothing_is_hidden(
    registered: Engine, where: Practice
):
    given = Given(registered)
    given.slot(ASSOCIATION)
    given.slot("s:39999999990002")
    kept, _ = told(registered, BOOKED._replace(subject=None))
    assert (kept.subject, outbox(registered)) == ("", [])


POINTS: Final = ("tech:R1", "tech:R2")


def test_of_an_association_s_points_the_only_one_with_a_slot_left_then_is_meant(registered: Engine, where: Practice):
    for point in POINTS:
        Given(registered).slot(ASSOCIATION, place_key=point)
    assert done(registered, wanted(subject=ASSOCIATION)) == ["made"]
    kept, _ = told(registered, BOOKED._replace(subject=ASSOCIATION))
    assert kept.place_key == "tech:R2"


def test_an_appointment_that_may_be_at_several_points_hides_a_slot_of_each(registered: Engine, where: Practice):
    for point in POINTS:
        Given(registered).slot(ASSOCIATION, place_key=point)
    for number in range(2):
        kept, _ = told(registered, BOOKED._replace(identifier=f"|{number}", subject=ASSOCIATION))
        assert kept.place_key == ""
    sent = [wanted(number, subject=ASSOCIATION, place_key=point) for number, point in enumerate(POINTS)]
    assert done(registered, *sent) == ["Taken", "Taken"]


def test_what_was_taken_here_of_an_association_becomes_the_appointment_that_names_nobody(
    registered: Engine, where: Practice
):
    given = Given(registered)
    given.slot(ASSOCIATION, place_key="tech:R1")
    with writing(registered) as connection:
        orient(connection, wanted(regulator="urn:r|1", subject=ASSOCIATION))
    kept, is_new = told(registered, BOOKED._replace(subject=None))
    assert (kept.id, is_new, kept.subject) == ("o1", False, ASSOCIATION)


def test_an_appointment_told_by_several_connections_at_once_is_one(crowded: Engine):
    start = Barrier(MANY)

    def tell(_: int) -> tuple[str, bool]:
        start.wait()
        kept, is_new = told(crowded)
        return kept.id, is_new

    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(tell, range(MANY)))
    assert len({identifier for identifier, _ in answers}) == 1
    assert [is_new for _, is_new in answers].count(True) == 1
    assert len(outbox(crowded)) == 1


def test_an_appointment_that_moves_to_somebody_else_takes_the_turns_of_both(postgresql_database: str):
    engine = migrated(postgresql_database)
    told(engine)
    other = "p:810100000002"
    with writing(engine) as connection:
        record(connection, BOOKED._replace(subject=other), NOW + 60)
        for subject in (BOOKED.subject or "", other):
            with engine.begin() as meanwhile:
                meanwhile.execute(text("SET LOCAL lock_timeout = '50ms'"))
                with pytest.raises(OperationalError, match="lock timeout"):
                    take_turn(meanwhile, subject)
    engine.dispose()
