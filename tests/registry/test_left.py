"""What patients who were sent leave of the slots of offers, for the pages that were drawn before."""

from sqlalchemy import Engine

from models.offer import offer_id
from models.store import writing
from registry.left import Left, left
from registry.orientations import become
from registry.practice import Practice
from tests.indexer.given import CLAIRE, HOUR, JEAN, NOW, Given
from tests.registry.test_orientations import done, wanted

SUBJECT = f"p:{CLAIRE}"
HERE, THERE = offer_id(SUBJECT, "tech:R1"), offer_id(SUBJECT, "tech:R2")
PARIS = "Europe/Paris"


def told(engine: Engine, *offers: str) -> dict[str, Left]:
    with engine.connect() as connection:
        return left(connection, offers, NOW)


def test_a_creneau_that_was_taken_is_gone_at_every_place_until_it_is_called_off(registered: Engine, where: Practice):
    given = Given(registered)
    given.place("tech:R2")
    given.activity(CLAIRE, "tech:R2")
    given.slot()
    given.slot(start=NOW + 2 * HOUR)
    assert told(registered, HERE, THERE) == {}
    assert done(registered, wanted()) == ["made"]
    assert told(registered, HERE, THERE, "p0-x") == dict.fromkeys([HERE, THERE], Left(PARIS, (NOW + HOUR,), {}))
    assert told(registered, offer_id(f"p:{JEAN}", "tech:R1")) == {}
    with writing(registered) as connection:
        become(connection, "o1", "cancelled", NOW)
    assert told(registered, HERE) == {}


def test_a_creneau_that_was_taken_is_gone_though_its_editor_tells_it_no_more(registered: Engine, where: Practice):
    given = Given(registered)
    given.slot()
    assert done(registered, wanted()) == ["made"]
    given.execute("DELETE FROM availability")
    assert told(registered, offer_id(SUBJECT, "tech:R1")) == {HERE: Left(PARIS, (NOW + HOUR,), {})}


def test_a_plage_says_how_many_places_it_has_left_and_is_gone_with_the_last(registered: Engine, where: Practice):
    given, plage = Given(registered), {"kind": "plage", "slot_end": NOW + 3 * HOUR}
    given.slot(kind="plage", end=NOW + 3 * HOUR, capacity=2)
    given.slot(kind="plage", start=NOW + 5 * HOUR, end=NOW + 6 * HOUR, capacity=None)
    assert done(registered, wanted(1, **plage)) == ["made"]
    assert told(registered, HERE) == {HERE: Left(PARIS, (), {NOW + HOUR: 1})}
    assert done(registered, wanted(2, **plage)) == ["made"]
    assert told(registered, HERE) == {HERE: Left(PARIS, (NOW + HOUR,), {})}


def test_of_two_plages_that_start_together_no_number_is_told(registered: Engine, where: Practice):
    given = Given(registered)
    for hours in (3, 4):
        given.slot(kind="plage", end=NOW + hours * HOUR, capacity=2)
    assert done(registered, wanted(kind="plage", slot_end=NOW + 3 * HOUR)) == ["made"]
    assert told(registered, HERE) == {HERE: Left(PARIS, (), {})}


def test_a_patient_beyond_what_is_open_leaves_it_as_it_was(registered: Engine, where: Practice):
    Given(registered).slot()
    beyond = {"kind": "en_sus", "source_kind": None, "source_name": None, "slot_end": NOW + HOUR}
    assert done(registered, wanted(**beyond)) == ["made"]
    assert told(registered, HERE) == {}
