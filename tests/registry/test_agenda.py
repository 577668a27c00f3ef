"""What people write in their agenda: all or nothing, on their place's clock, told to the index. On both databases."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from indexer.reading import ACTIVITY, AVAILABILITY
from ingestion.feeds.editors import list_agendas, listing
from models.slot_rows import AHEAD_S
from models.store import writing
from models.tables import Outbox, Participation
from registry import agenda
from registry.agenda import ENTRIES, HORIZON_S, INFORMATION, Chosen, Scope
from registry.practice import Practice, practice, practices
from registry.refusals import Changed, EditorSlots, NotThere, Refused
from tests.indexer.given import Given
from tests.registry.test_recurrence import MONDAY, at, draft

NOW = at("2026-10-19T05:00")
WEEK = timedelta(days=7)
DAY_S = 86_400


def slots(engine: Engine) -> list[tuple[Any, ...]]:
    """Start in hours from now, kind, capacity of every availability, in their order."""
    slot = AVAILABILITY.c
    with engine.connect() as connection:
        rows = connection.execute(select(slot.start, slot.kind, slot.capacity).order_by(slot.start))
        return [((start - NOW) / 3600, kind, capacity) for start, kind, capacity in rows]


def told(engine: Engine) -> int:
    """How many times the index was told."""
    with engine.connect() as connection:
        return len(connection.scalars(select(Outbox.seq)).all())  # type: ignore[call-overload]  # SQLModel


def written(engine: Engine, where: Practice, **given: object) -> str:
    with writing(engine) as connection:
        return agenda.create(connection, where, draft(**given), NOW).id


def test_a_plage_is_available_at_its_place_for_the_regulation_alone(registered: Engine, where: Practice):
    identifier = written(registered, where)
    with registered.connect() as connection:
        (row,) = connection.execute(select(AVAILABILITY)).mappings()
    assert (row["subject"], row["place_key"], row["external_id"]) == (where.subject, where.place_key, identifier)
    assert (row["start"], row["end"]) == (at("2026-10-19T06:00"), at("2026-10-19T10:00"))
    assert (row["kind"], row["capacity"], row["modalities"]) == ("plage", 5, ["cabinet"])
    assert (row["audience"], row["labels"], row["source_kind"]) == ("regulation", ["SNP"], "agenda")
    assert row["checked_at"] == NOW
    assert told(registered) == 1


def test_what_repeats_is_written_until_the_horizon_and_extended_day_by_day(registered: Engine, where: Practice):
    written(registered, where, weekdays=(0, 1, 2, 3, 4, 5, 6))
    assert [hours for hours, _, _ in slots(registered)] == [1 + 24 * day + (day > 5) for day in range(8)]
    with writing(registered) as connection:
        assert agenda.extend(connection, NOW + DAY_S) == 0
        assert agenda.extend(connection, NOW + DAY_S + 1) == 1
        assert agenda.extend(connection, NOW + 3 * DAY_S) == 1
        assert agenda.extend(connection, NOW + 3 * DAY_S) == 0
    assert [hours for hours, _, _ in slots(registered)] == [1 + 24 * day + (day > 5) for day in range(2, 11)]


def test_entries_are_extended_some_at_once_each_subject_told_once(registered: Engine, where: Practice):
    for _ in range(5):
        written(registered, where, weekdays=(0, 1, 2, 3, 4, 5, 6))
    before, extended = told(registered), []
    while not extended or extended[-1]:
        with writing(registered) as connection:
            extended.append(agenda.extend(connection, NOW + 2 * DAY_S, most=2))
    assert extended == [2, 2, 1, 0]
    assert told(registered) - before == 3
    assert len(slots(registered)) == 5 * 9


def test_past_occurrences_are_forgotten_some_at_once(registered: Engine, where: Practice):
    for _ in range(3):
        written(registered, where)
    with writing(registered) as connection:
        assert [agenda.forget(connection, at("2026-10-20T10:00"), most=2) for _ in range(2)] == [0, 0]
        assert [agenda.forget(connection, at("2026-10-20T10:01"), most=2) for _ in range(3)] == [2, 1, 0]
    assert slots(registered) == []


def test_the_index_never_waits_for_an_extension():
    assert HORIZON_S - DAY_S >= AHEAD_S


def test_overlaps_are_allowed(registered: Engine, where: Practice):
    written(registered, where)
    written(registered, where, kind="creneau", starts=540, ends=555, capacity=None)
    assert slots(registered) == [(1.0, "plage", 5), (2.0, "creneau", None)]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope.ONE, [(1.0, 5), (175.0, 2)]),
        (Scope.FOLLOWING, [(1.0, 5), (175.0, 2)]),
        (Scope.ALL, [(6.0, 2), (175.0, 2)]),
    ],
)
def test_an_edit_is_of_one_occurrence_or_more(
    registered: Engine, where: Practice, scope: Scope, expected: list[tuple[float, int]]
):
    identifier = written(registered, where, weekdays=(0,))
    afternoon = draft(first_day=MONDAY + WEEK, starts=780, ends=900, capacity=2)
    repeated = afternoon if scope is Scope.ONE else afternoon._replace(weekdays=(0,))
    with writing(registered) as connection:
        agenda.edit(connection, Chosen(identifier, scope, MONDAY + WEEK), repeated, NOW)
    assert [(hours, capacity) for hours, _, capacity in slots(registered)] == expected
    with writing(registered) as connection:
        agenda.extend(connection, NOW + 7 * DAY_S)
    third = slots(registered)[-1]
    assert third[0] == (338.0 if scope is Scope.ONE else 343.0)


def test_one_occurrence_may_move_to_another_day(registered: Engine, where: Practice):
    identifier = written(registered, where, weekdays=(0,))
    with writing(registered) as connection:
        moved = draft(first_day=MONDAY + timedelta(days=1))
        agenda.edit(connection, Chosen(identifier, Scope.ONE, MONDAY), moved, NOW)
    assert [hours for hours, _, _ in slots(registered)] == [25.0, 170.0]


@pytest.mark.parametrize(("scope", "left"), [(Scope.ONE, [170.0]), (Scope.FOLLOWING, []), (Scope.ALL, [])])
def test_a_removal_is_of_one_occurrence_or_more(registered: Engine, where: Practice, scope: Scope, left: list[float]):
    identifier = written(registered, where, weekdays=(0,))
    with writing(registered) as connection:
        agenda.remove(connection, Chosen(identifier, scope, MONDAY), NOW)
    assert [hours for hours, _, _ in slots(registered)] == left


def wrong_day(identifier: str) -> Chosen:
    return Chosen(identifier, Scope.ONE, MONDAY + timedelta(days=1))


def unknown(_: str) -> Chosen:
    return Chosen("none", Scope.ALL, MONDAY)


def stale(identifier: str) -> Chosen:
    return Chosen(identifier, Scope.ALL, MONDAY, version=7)


@pytest.mark.parametrize(("chosen", "error"), [(wrong_day, NotThere), (unknown, NotThere), (stale, Changed)])
def test_what_is_not_there_or_was_changed_is_not_changed(
    registered: Engine, where: Practice, chosen: Callable[[str], Chosen], error: type[Exception]
):
    identifier = written(registered, where)
    before = slots(registered)
    with writing(registered) as connection:
        with pytest.raises(error):
            agenda.edit(connection, chosen(identifier), draft(starts=600), NOW)
        with pytest.raises(error):
            agenda.remove(connection, chosen(identifier), NOW)
    assert slots(registered) == before
    assert told(registered) == 1


def test_a_change_makes_a_new_version(registered: Engine, where: Practice):
    identifier = written(registered, where, weekdays=(0,))
    with writing(registered) as connection:
        agenda.remove(connection, Chosen(identifier, Scope.ONE, MONDAY, version=1), NOW)
        with pytest.raises(Changed):
            agenda.remove(connection, Chosen(identifier, Scope.ALL, MONDAY + WEEK, version=1), NOW)
        agenda.remove(connection, Chosen(identifier, Scope.ALL, MONDAY + WEEK, version=2), NOW)
    assert slots(registered) == []


def test_what_breaks_rules_is_refused_whole(registered: Engine, where: Practice):
    identifier = written(registered, where)
    with writing(registered) as connection:
        with pytest.raises(Refused) as refused:
            agenda.create(connection, where, draft(starts=601, capacity=0), NOW)
        with pytest.raises(Refused):
            agenda.edit(connection, Chosen(identifier, Scope.ALL, MONDAY), draft(kind="x"), NOW)
    assert [fault.field for fault in refused.value.faults] == ["starts", "capacity"]
    assert len(slots(registered)) == 1


def test_an_agenda_has_an_end(registered: Engine, where: Practice):
    identifier = written(registered, where)
    with writing(registered) as connection:
        row = dict(connection.execute(select(agenda._ENTRY)).mappings().one())
        more = [row | {"id": f"{identifier}{number}"} for number in range(ENTRIES - 1)]
        connection.execute(insert(agenda._ENTRY), more)
        with pytest.raises(Refused, match="au plus"):
            agenda.create(connection, where, draft(starts=600), NOW)


def test_an_editor_s_slots_that_are_shown_forbid_the_agenda_until_they_are_refused(registered: Engine, where: Practice):
    identifier = written(registered, where)
    given = Given(registered)
    given.feed()
    with writing(registered) as connection:
        with pytest.raises(EditorSlots, match="azur"):
            agenda.create(connection, where, draft(starts=600), NOW)
        with pytest.raises(EditorSlots):
            agenda.remove(connection, Chosen(identifier, Scope.ALL, MONDAY), NOW)
    given.add(Participation, subject=where.subject, places=[], refuses_editor_slots=True, changed_at=NOW)
    with writing(registered) as connection:
        agenda.remove(connection, Chosen(identifier, Scope.ALL, MONDAY), NOW)
    assert slots(registered) == []


def test_who_leaves_an_editor_writes_the_agenda_again(registered: Engine, where: Practice):
    Given(registered).feed()
    with writing(registered) as connection:
        left = listing(connection, "azur", [where.subject.removeprefix("p:")], "remove")
        assert list_agendas(connection, "azur", left, NOW) == (0, 1)
    assert written(registered, where)


def test_an_agenda_is_of_a_place_where_they_practise_today(registered: Engine, where: Practice):
    with registered.connect() as connection:
        assert practice(connection, where.subject, where.place_key) == where
        for subject, key in ((where.subject, "tech:R2"), ("p:8999", where.place_key), ("s:690000001", "tech:R1")):
            with pytest.raises(NotThere):
                practice(connection, subject, key)


def test_a_structure_writes_its_own_plages(registered: Engine):
    subject = Given(registered).structure()
    with writing(registered) as connection:
        where = practice(connection, subject, "finess:690000001")
        agenda.create(connection, where, draft(), NOW)
    with registered.connect() as connection:
        assert connection.scalars(select(AVAILABILITY.c.source_kind)).all() == ["structure"]


def test_a_structure_whose_editor_s_slots_are_shown_is_not_told_to_refuse_them(registered: Engine):
    given = Given(registered)
    subject = given.structure()
    given.feed(subject)
    with writing(registered) as connection, pytest.raises(EditorSlots) as refused:
        agenda.create(connection, practice(connection, subject, "finess:690000001"), draft(), NOW)
    assert refused.value.faults[0].rule.endswith("avec l’agenda tenu à la main")


@pytest.mark.parametrize(("departement", "hours"), [("974", 23.0), ("971", 31.0), ("75", 25.0)])
def test_an_agenda_overseas_is_on_the_clock_of_the_place(registered: Engine, departement: str, hours: float):
    given = Given(registered)
    subject = given.practice(place="tech:R9")
    given.execute(f"UPDATE place SET departement = '{departement}'")
    with writing(registered) as connection:
        where = practice(connection, subject, "tech:R9")
        agenda.create(connection, where, draft(first_day=date(2026, 10, 20)), NOW)
    assert [start for start, _, _ in slots(registered)] == [hours]


def test_what_the_clocks_skip_is_no_availability(registered: Engine, where: Practice):
    night = at("2027-03-27T12:00")
    with writing(registered) as connection:
        for starts in (120, 150):
            skipped = draft(first_day=date(2027, 3, 28), starts=starts, ends=180)
            agenda.create(connection, where, skipped._replace(weekdays=(6,), last_day=skipped.first_day), night)
            with pytest.raises(Refused, match="l’heure avance"):
                agenda.create(connection, where, skipped, night)
    assert slots(registered) == []


def test_an_agenda_whose_place_is_gone_is_still_extended(registered: Engine, where: Practice):
    written(registered, where, weekdays=(0,))
    with writing(registered) as connection:
        connection.execute(update(ACTIVITY).values(departed_on=MONDAY))
        assert agenda.extend(connection, NOW + 2 * DAY_S) == 1


def test_information_is_kept_by_place_and_removed_when_empty(registered: Engine, where: Practice):
    with writing(registered) as connection:
        agenda.inform(connection, where, "  Sonner au 2e <b>étage</b>\n", NOW)
        assert agenda.information(connection, where) == "Sonner au 2e <b>étage</b>"
        with pytest.raises(Refused, match="caractères"):
            agenda.inform(connection, where, "é" * (INFORMATION + 1), NOW)
        agenda.inform(connection, where, "é" * INFORMATION, NOW + 1)
        agenda.inform(connection, where, " ", NOW + 2)
        assert agenda.information(connection, where) is None
    assert told(registered) == 3


# Undoing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("day", [MONDAY, MONDAY + WEEK], ids=str)
def test_what_was_removed_is_put_back_as_it_was_once(registered: Engine, where: Practice, scope: Scope, day: date):
    identifier = written(registered, where, weekdays=(0,), skipped=[])
    before = slots(registered)
    with writing(registered) as connection:
        former = agenda.entry(connection, identifier)
        agenda.remove(connection, Chosen(identifier, scope, day, former.version), NOW)
        agenda.restore(connection, where, former, NOW)
        again = agenda.restore(connection, where, former, NOW)
        assert agenda.entries(connection, where) == [again]
    assert (again.last_day, again.skipped, again.weekdays) == (None, [], [0])
    assert slots(registered) == before


def test_what_was_changed_since_it_was_removed_is_not_put_back(registered: Engine, where: Practice):
    identifier = written(registered, where, weekdays=(0,))
    with writing(registered) as connection:
        former = agenda.entry(connection, identifier)
        agenda.remove(connection, Chosen(identifier, Scope.ONE, MONDAY), NOW)
        agenda.remove(connection, Chosen(identifier, Scope.ONE, MONDAY + WEEK), NOW)
        with pytest.raises(Changed):
            agenda.restore(connection, where, former, NOW)


def test_an_entry_that_has_its_identifier_is_written_once(registered: Engine, where: Practice):
    with writing(registered) as connection:
        first = agenda.create(connection, where, draft(), NOW, "once")
        assert agenda.create(connection, where, draft(starts=0), NOW, "once") == first
        assert agenda.entries(connection, where) == [first]
        assert agenda.last_change(connection, where) == NOW


def test_the_places_where_somebody_practises_are_known(registered: Engine, where: Practice):
    given = Given(registered)
    given.place("tech:R2", departement="974")
    given.activity(place="tech:R2")
    given.activity(place="tech:R3", departed_on=MONDAY)
    given.structure()
    with registered.connect() as connection:
        assert practices(connection, where.subject) == [where, Practice(where.subject, "tech:R2", "Indian/Reunion")]
        assert [one.place_key for one in practices(connection, "s:690000001")] == ["finess:690000001"]
        assert practices(connection, "s:nobody") == practices(connection, "p:nobody") == []
