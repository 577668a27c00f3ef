"""What is said to somebody of their participation: the hours of all places, both indicators. On both databases."""

from datetime import date

import pytest
from sqlalchemy import Engine

from models.store import writing
from models.tables import Orientation
from registry import agenda
from registry.absences import Period, declare
from registry.hours import Hours
from registry.participation import Settings, settle
from registry.practice import Practice, practice
from registry.refusals import NotThere
from registry.standing import Standing, standing
from tests.indexer.given import JEAN, Given
from tests.registry.test_recurrence import at, draft

NOW = at("2026-10-19T05:00")
"""Monday, in the last quarter of 2026."""


def stands(engine: Engine, subject: str) -> Standing:
    with engine.connect() as connection:
        return standing(connection, subject, NOW)


def writes(engine: Engine, where: Practice, starts: int, ends: int, *, day: date = date(2026, 10, 20)) -> None:
    with writing(engine) as connection:
        agenda.create(connection, where, draft(first_day=day, starts=starts, ends=ends), NOW)


def beyond(given: Given, number: int, when: str, **values: object) -> None:
    """A patient sent beyond the open slots."""
    slot = {"kind": "en_sus", "slot_start": at(when), "slot_end": at(when)}
    who = {"subject": "p:810100000001", "place_key": "tech:R1", "offer": "x", "regulator": "r"}
    given.add(
        Orientation, **({"id": f"o{number}", "at": NOW, "changed_at": NOW, "state": "made"} | slot | who | values)
    )


def test_hours_are_those_of_all_places_without_absences(registered: Engine, where: Practice):
    given = Given(registered)
    given.place("tech:R2")
    given.activity(place="tech:R2")
    with registered.connect() as connection:
        other = practice(connection, where.subject, "tech:R2")
    writes(registered, where, 480, 540)
    writes(registered, other, 510, 570)
    writes(registered, other, 480, 540, day=date(2026, 10, 22))
    assert stands(registered, where.subject).hours == Hours(150, 150)
    with writing(registered) as connection:
        declare(connection, other, [Period(date(2026, 10, 22), date(2026, 10, 22))], NOW)
    found = stands(registered, where.subject)
    assert found.hours == Hours(90, 90)
    assert found.places == (where, other)


def test_a_centre_needs_two_hours_for_each_of_its_generalists(registered: Engine):
    subject = Given(registered).structure()
    with registered.connect() as connection:
        centre = practice(connection, subject, "finess:690000001")
    writes(registered, centre, 480, 600)
    writes(registered, centre, 540, 600)
    assert stands(registered, subject).hours == Hours(120, 120)
    with writing(registered) as connection:
        settle(connection, Settings(subject, active=True, generalists=3, two_hours=True), NOW)
    found = stands(registered, subject)
    assert (found.hours, found.hours.missing, found.places) == (Hours(180, 180, 360), 180, (centre,))


def test_an_absence_of_this_week_that_is_over_is_still_out_of_it(registered: Engine, where: Practice):
    writes(registered, where, 480, 540)
    with writing(registered) as connection:
        declare(connection, where, [Period(date(2026, 10, 20), date(2026, 10, 20))], NOW)
    with registered.connect() as connection:
        assert standing(connection, where.subject, at("2026-10-23T05:00")).hours == Hours(0, 0)


def test_patients_beyond_the_open_slots_are_those_of_the_quarter(registered: Engine, where: Practice):
    given = Given(registered)
    beyond(given, 1, "2026-09-30T21:59")
    beyond(given, 2, "2026-09-30T22:00")
    beyond(given, 3, "2026-12-31T22:59")
    beyond(given, 4, "2026-12-31T23:00")
    beyond(given, 5, "2026-10-19T08:00", state="cancelled")
    beyond(given, 6, "2026-10-19T08:00", subject=f"p:{JEAN}")
    beyond(given, 7, "2026-10-19T08:00", kind="creneau")
    beyond(given, 8, "2026-10-19T08:00", state="honoured")
    found = stands(registered, where.subject)
    assert found.quarter == (date(2026, 10, 1), date(2027, 1, 1))
    assert (found.indicator9.patients, found.indicator9.missing) == (3, 2)


def test_what_is_settled_and_what_is_open_make_indicator_8(registered: Engine, where: Practice):
    assert [one.met for one in stands(registered, where.subject).indicator8.conditions] == [False, False]
    with writing(registered) as connection:
        taking = Settings(where.subject, active=True, via="individual", software=False, two_hours=True)
        settle(connection, taking, NOW)
    assert [one.met for one in stands(registered, where.subject).indicator8.conditions] == [True, False]
    writes(registered, where, 480, 600)
    found = stands(registered, where.subject)
    assert (found.indicator8.euros, found.settled and found.settled.active) == (1_400, True)


def test_an_editor_s_slots_that_are_shown_are_named(registered: Engine, where: Practice):
    given = Given(registered)
    given.feed(answered=False)
    found = stands(registered, where.subject)
    assert (found.editors, found.indicator8.conditions[1].met) == (("azur",), False)
    assert found.indicator8.conditions[1].reason == "aucun créneau de votre logiciel (azur) n’est arrivé jusqu’ici"
    given.feed(name="brume")
    found = stands(registered, where.subject)
    assert (found.editors, found.indicator8.conditions[1].met) == (("azur", "brume"), True)
    assert found.indicator8.conditions[1].reason == "les créneaux de votre logiciel (brume) sont montrés"


def test_a_structure_has_its_name_and_its_category(registered: Engine):
    subject = Given(registered).structure(long_name="Centre de santé Bellecour")
    found = stands(registered, subject)
    assert (found.name, found.category) == ("Centre de santé Bellecour", "124")
    assert [where.place_key for where in found.places] == ["finess:690000001"]


def test_nobody_else_stands_anywhere(registered: Engine):
    with pytest.raises(NotThere):
        stands(registered, f"p:{JEAN}")
