"""Patients sent to somebody: taken at once and for one only, called off, said to have come. On both databases."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Barrier

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, func, insert, select, update

from models.clock import local, midnight
from models.store import configuration, writing
from models.tables import Absence, Orientation, Outbox, Participation
from registry import agenda, orientations
from registry.agenda import Chosen, Scope
from registry.orientations import AHEAD_S, LISTED, become, en_sus, orient
from registry.practice import Practice
from registry.refusals import Changed, NotThere, Refused
from tests.indexer.given import DAY, HOUR, NOW, Given
from tests.registry.test_recurrence import MONDAY, at, draft

TODAY = local(NOW, "Europe/Paris").date()
TOMORROW = midnight(TODAY + timedelta(days=1), "Europe/Paris")
PLAGE = {"kind": "plage", "slot_end": NOW + 3 * HOUR}


def wanted(number: int = 1, **given: object) -> Orientation:
    slot = {"kind": "creneau", "slot_start": NOW + HOUR, "slot_end": NOW + HOUR + 900}
    source = {"source_kind": "editor", "source_name": "azur"}
    whom = {"subject": "p:810100000001", "place_key": "tech:R1", "offer": "p810100000001-0123456789ab"}
    return Orientation(
        **({"id": f"o{number}", "at": NOW, "changed_at": NOW, "regulator": "r1"} | slot | source | whom | given)
    )


def away(given: Given, first: date, last: date | None) -> None:
    whom = {"subject": "p:810100000001", "place_key": "tech:R1", "declared_at": NOW}
    given.add(Absence, **whom, first_day=first, last_day=last)


def done(engine: Engine, *them: Orientation) -> list[str]:
    """What came of each: its state, or the name of the error."""
    return [tried(engine, one) for one in them]


def tried(engine: Engine, one: Orientation) -> str:
    try:
        with writing(engine) as connection:
            return orient(connection, one).state
    except (NotThere, Changed, Refused) as error:
        return type(error).__name__


def test_a_creneau_is_taken_once(registered: Engine, where: Practice):
    Given(registered).slot()
    assert done(registered, wanted(), wanted(2)) == ["made", "Taken"]
    with registered.connect() as connection:
        assert orientations.orientation(connection, "o1") == wanted()
        assert connection.scalar(select(func.count()).select_from(Outbox)) == 1


def test_the_same_orientation_sent_twice_is_one(registered: Engine, where: Practice):
    Given(registered).slot(kind="plage", end=NOW + 3 * HOUR, capacity=2)
    assert done(registered, wanted(**PLAGE), wanted(**PLAGE), wanted(2, **PLAGE)) == ["made"] * 3
    with registered.connect() as connection:
        assert [one.id for one in orientations.orientations(connection)] == ["o1", "o2"]


def test_the_same_identifier_to_another_slot_is_refused(registered: Engine, where: Practice):
    given = Given(registered)
    given.slot()
    given.slot(start=NOW + 2 * HOUR, end=NOW + 2 * HOUR + 900)
    other = wanted(slot_start=NOW + 2 * HOUR, slot_end=NOW + 2 * HOUR + 900)
    assert done(registered, wanted(), other) == ["made", "Changed"]


def test_nobody_has_two_patients_at_once_at_two_places(registered: Engine, where: Practice):
    Given(registered).slot()
    assert done(registered, wanted(), wanted(2, place_key="tech:R2")) == ["made", "Taken"]


def test_nobody_has_two_patients_at_once_in_creneaux_that_overlap(registered: Engine, where: Practice):
    given, quarter = Given(registered), 900
    lengths = {1: (0, 2, "azur"), 2: (1, 2, "azur"), 3: (1, 3, "brume"), 4: (2, 3, "azur"), 5: (-1, 0, "azur")}
    times = {n: (NOW + HOUR + start * quarter, NOW + HOUR + end * quarter) for n, (start, end, _) in lengths.items()}
    for number, (start, end) in times.items():
        given.slot(start=start, end=end, source_name=lengths[number][2])
    tries = [
        wanted(number, slot_start=start, slot_end=end, source_name=lengths[number][2])
        for number, (start, end) in times.items()
    ]
    assert done(registered, *tries) == ["made", "Taken", "Taken", "made", "made"]


def test_a_plage_takes_as_many_as_it_says(registered: Engine, where: Practice):
    Given(registered).slot(kind="plage", end=NOW + 3 * HOUR, capacity=2)
    assert done(registered, *(wanted(number, **PLAGE) for number in range(3))) == ["made", "made", "Taken"]


def test_a_plage_without_a_number_takes_everybody(registered: Engine, where: Practice):
    Given(registered).slot(kind="plage", end=NOW + 3 * HOUR, capacity=None)
    assert done(registered, *(wanted(number, **PLAGE) for number in range(3))) == ["made"] * 3


def test_an_association_takes_a_patient_for_each_of_its_creneaux(registered: Engine):
    given = Given(registered)
    structure = given.structure()
    given.slot(structure)
    given.slot(structure)
    there = {"subject": structure, "place_key": "finess:690000001"}
    assert done(registered, *(wanted(number, **there) for number in range(3))) == ["made", "made", "Taken"]


def test_an_association_takes_a_patient_at_each_hour_that_it_has(registered: Engine):
    given = Given(registered)
    structure, later = given.structure(), {"slot_start": NOW + 2 * HOUR, "slot_end": NOW + 3 * HOUR}
    given.slot(structure)
    given.slot(structure, start=NOW + 2 * HOUR, end=NOW + 3 * HOUR)
    there = {"subject": structure, "place_key": "finess:690000001"}
    tries = [wanted(0, **there, **later), wanted(1, **there, **later), wanted(2, **there), wanted(3, **there)]
    assert done(registered, *tries) == ["made", "Taken", "made", "Taken"]


@pytest.mark.parametrize(
    "given",
    [
        {"slot_start": NOW + HOUR + 60},
        {"slot_end": NOW + HOUR + 60},
        {"subject": "p:810100000002"},
        {"source_name": "other"},
        {"kind": "plage"},
        {"modality": "domicile"},
    ],
    ids=str,
)
def test_what_is_not_open_cannot_be_taken(registered: Engine, where: Practice, given: dict[str, object]):
    Given(registered).slot()
    assert done(registered, wanted(**given)) == ["NotThere"]
    assert done(registered, wanted(2, modality="cabinet")) == ["made"]


def test_nobody_is_sent_to_who_is_away(registered: Engine, where: Practice):
    given = Given(registered)
    given.slot()
    away(given, TODAY, None)
    assert done(registered, wanted()) == ["NotThere"]


def test_of_a_plage_that_an_absence_cuts_each_part_is_taken_and_both_share_its_places(
    registered: Engine, where: Practice
):
    given = Given(registered)
    given.slot(kind="plage", start=TOMORROW - HOUR, end=TOMORROW + DAY + HOUR, capacity=2)
    away(given, TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    before = {"kind": "plage", "slot_start": TOMORROW - HOUR, "slot_end": TOMORROW}
    after = {"kind": "plage", "slot_start": TOMORROW + DAY, "slot_end": TOMORROW + DAY + HOUR}
    whole = {"kind": "plage", "slot_start": TOMORROW - HOUR, "slot_end": TOMORROW + DAY + HOUR}
    tries = [wanted(1, **before), wanted(2, **whole), wanted(3, **after), wanted(4, **before), wanted(5, **after)]
    assert done(registered, *tries) == ["made", "NotThere", "made", "Taken", "Taken"]
    with writing(registered) as connection:
        become(connection, "o1", "cancelled", NOW + 60)
    assert done(registered, wanted(6, **after)) == ["made"]


def test_nobody_is_sent_to_an_editor_s_slot_that_is_refused(registered: Engine, where: Practice):
    given = Given(registered)
    given.slot()
    given.slot(source_kind="agenda", source_name="agenda")
    own = {"source_kind": "agenda", "source_name": "agenda"}
    assert done(registered, wanted(1, **own)) == ["NotThere"]
    given.add(Participation, subject=where.subject, places=[], refuses_editor_slots=True, changed_at=NOW)
    assert done(registered, wanted(2), wanted(3, **own)) == ["NotThere", "made"]


def test_nobody_is_sent_by_an_agenda_while_an_editor_knows_its_owner(registered: Engine, where: Practice):
    given = Given(registered)
    given.slot(source_kind="agenda", source_name="agenda")
    given.feed(answered=False)
    assert done(registered, wanted(source_kind="agenda", source_name="agenda")) == ["NotThere"]


def test_a_creneau_is_taken_until_it_starts_and_a_plage_until_it_ends(registered: Engine, where: Practice):
    given = Given(registered)
    given.slot(start=NOW)
    given.slot(start=NOW - 60)
    given.slot(kind="plage", start=NOW - HOUR, end=NOW + 60, capacity=9)
    given.slot(kind="plage", start=NOW - HOUR, end=NOW, capacity=9)
    tries = [
        wanted(1, slot_start=NOW, slot_end=NOW + 900),
        wanted(2, slot_start=NOW - 60, slot_end=NOW + 840),
        wanted(3, kind="plage", slot_start=NOW - HOUR, slot_end=NOW + 60),
        wanted(4, kind="plage", slot_start=NOW - HOUR, slot_end=NOW),
    ]
    assert done(registered, *tries) == ["made", "Taken", "made", "Taken"]


def test_called_off_it_can_be_taken_again(registered: Engine, where: Practice):
    Given(registered).slot()
    assert done(registered, wanted()) == ["made"]
    with writing(registered) as connection:
        assert become(connection, "o1", "cancelled", NOW + 60).state == "cancelled"
        assert become(connection, "o1", "cancelled", NOW + 90).changed_at == NOW + 60
        with pytest.raises(Changed):
            become(connection, "o1", "honoured", NOW + DAY)
    assert done(registered, wanted(2)) == ["made"]


def test_whether_the_patient_came_is_said_afterwards_and_can_be_set_right(registered: Engine, where: Practice):
    Given(registered).slot()
    assert done(registered, wanted()) == ["made"]
    with writing(registered) as connection:
        with pytest.raises(Refused):
            become(connection, "o1", "noshow", NOW)
        assert become(connection, "o1", "noshow", NOW + HOUR).state == "noshow"
        assert become(connection, "o1", "honoured", NOW + DAY).state == "honoured"
        for identifier, state, error in (("o1", "lost", Changed), ("o9", "cancelled", NotThere)):
            with pytest.raises(error):
                become(connection, identifier, state, NOW + DAY)


def test_beyond_the_open_slots_an_instant_is_enough(registered: Engine, where: Practice):
    beyond = {"kind": "en_sus", "source_kind": None, "source_name": None}
    times = (NOW // 60 * 60, NOW + AHEAD_S - 1, NOW // 60 * 60 - 1, NOW + AHEAD_S)
    tries = [wanted(number, **beyond, slot_start=start, slot_end=start) for number, start in enumerate(times)]
    assert done(registered, *tries) == ["made", "made", "Refused", "Refused"]


def test_beyond_the_open_slots_nobody_is_sent_on_a_day_of_an_absence_at_this_place(registered: Engine, where: Practice):
    away(Given(registered), TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    beyond = {"kind": "en_sus", "source_kind": None, "source_name": None}
    times = (TOMORROW - 60, TOMORROW, TOMORROW + DAY - 60, TOMORROW + DAY)
    tries = [wanted(number, **beyond, slot_start=start, slot_end=start) for number, start in enumerate(times)]
    elsewhere = wanted(9, **beyond, place_key="tech:R2", slot_start=TOMORROW, slot_end=TOMORROW)
    assert done(registered, *tries, elsewhere) == ["made", "Refused", "Refused", "made", "made"]


def test_beyond_the_open_slots_nothing_of_a_slot_is_said(registered: Engine, where: Practice):
    slot = wanted(kind="en_sus", slot_start=NOW - HOUR)
    with writing(registered) as connection, pytest.raises(Refused) as refused:
        orient(connection, slot)
    assert [fault.field for fault in refused.value.faults] == ["start", "end", "source_kind", "source_name"]


def test_patients_received_beyond_are_counted_over_a_time(registered: Engine, where: Practice):
    beyond = {"kind": "en_sus", "source_kind": None, "source_name": None}
    times = [NOW + number * DAY for number in range(4)]
    done(
        registered, *(wanted(number, **beyond, slot_start=start, slot_end=start) for number, start in enumerate(times))
    )
    with writing(registered) as connection:
        become(connection, "o1", "cancelled", NOW)
        become(connection, "o2", "honoured", NOW + 3 * DAY)
        assert en_sus(connection, where.subject, NOW, NOW + 3 * DAY) == 2
        become(connection, "o2", "noshow", NOW + 3 * DAY)
        assert en_sus(connection, where.subject, NOW, NOW + 3 * DAY) == 1
        assert en_sus(connection, "p:810100000002", NOW, NOW + 3 * DAY) == 0


def test_past_orientations_are_listed_the_last_first(registered: Engine, where: Practice):
    Given(registered).slot(kind="plage", end=NOW + 3 * HOUR, capacity=9)
    done(registered, wanted(1, **PLAGE), wanted(2, **PLAGE, at=NOW + 60), wanted(3, **PLAGE))
    with registered.connect() as connection:
        assert [one.id for one in orientations.orientations(connection)] == ["o2", "o1", "o3"]
        assert [one.id for one in orientations.orientations(connection, since=NOW + 60)] == ["o2"]
        assert orientations.orientations(connection, subject="p:810100000002") == []


def test_nothing_that_is_kept_can_tell_who_the_patient_is():
    assert set(Orientation.model_fields) == {
        "id", "at", "kind", "subject", "place_key", "offer", "source_kind", "source_name", "slot_start", "slot_end",
        "modality", "entry", "regulator", "state", "changed_at", "appointment",
    }  # fmt: skip


# With the agenda -----------------------------------------------------------------------------------------------------


def test_an_occurrence_where_a_patient_is_expected_cannot_be_changed(registered: Engine, where: Practice):
    now = at("2026-10-19T05:00")
    with writing(registered) as connection:
        weekly = agenda.create(connection, where, draft(weekdays=(0,)), now)
    slot = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda"}
    assert done(registered, wanted(at=now, **slot, **own)) == ["made"]
    next_week = MONDAY.replace(day=26)
    with writing(registered) as connection:
        for scope in (Scope.ONE, Scope.FOLLOWING, Scope.ALL):
            with pytest.raises(Refused, match="attendu le 19/10/2026"):
                agenda.remove(connection, Chosen(weekly.id, scope, MONDAY), now)
        with pytest.raises(Refused):
            agenda.edit(connection, Chosen(weekly.id, Scope.ALL, next_week), draft(starts=600, weekdays=(0,)), now)
        agenda.remove(connection, Chosen(weekly.id, Scope.FOLLOWING, next_week), now)
        become(connection, "o1", "cancelled", now)
        agenda.remove(connection, Chosen(weekly.id, Scope.ALL, MONDAY), now)


def test_a_plage_that_is_under_way_ends_otherwise_and_keeps_whom_it_expects(registered: Engine, where: Practice):
    morning, now = at("2026-10-19T05:00"), at("2026-10-19T07:00")
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    begun = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    with writing(registered) as connection:
        entry = agenda.create(connection, where, draft(weekdays=(0,), capacity=2), morning)
    assert done(registered, wanted(1, **own, **begun)) == ["made"]
    for ends, utc in ((570, "2026-10-19T07:30"), (780, "2026-10-19T11:00")):
        with writing(registered) as connection:
            chosen = Chosen(entry.id, Scope.ONE, MONDAY, entry.version)
            entry = agenda.edit(connection, chosen, draft(ends=ends, capacity=2), now)
            assert orientations.orientation(connection, "o1").slot_end == at(utc)
            assert orientations.expected(connection, where.subject, where.place_key, now) == [
                (entry.id, (begun["slot_start"], at(utc)))
            ]
            with pytest.raises(Refused, match="attendu"):
                agenda.remove(connection, Chosen(entry.id, Scope.ALL, MONDAY), now)
    now_open = own | begun | {"slot_end": at("2026-10-19T11:00")}
    assert done(registered, wanted(2, **now_open), wanted(3, **now_open)) == ["made", "Taken"]


def test_of_two_plages_at_the_same_hours_each_keeps_whom_it_has_room_for(registered: Engine, where: Practice):
    morning, now = at("2026-10-19T05:00"), at("2026-10-19T07:00")
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    begun = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    with writing(registered) as connection:
        entry = agenda.create(connection, where, draft(capacity=2), morning)
        agenda.create(connection, where, draft(capacity=2, modalities=("cabinet", "domicile")), morning)
    tries = [wanted(1, **own, **begun, modality="domicile"), *(wanted(n, **own, **begun) for n in (2, 3, 4))]
    assert done(registered, *tries) == ["made"] * 4
    with writing(registered) as connection:
        longer = Chosen(entry.id, Scope.ALL, MONDAY, entry.version)
        agenda.edit(connection, longer, draft(ends=780, capacity=2), now)
        ends = [orientations.orientation(connection, f"o{number}").slot_end for number in (1, 2, 3, 4)]
    assert ends == [at(f"2026-10-19T{hour}:00") for hour in (10, 11, 11, 10)]


def test_a_place_is_taken_of_a_plage_that_receives_so_and_first_of_what_receives_in_one_way_only(
    registered: Engine, where: Practice
):
    now = at("2026-10-19T05:00")
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    then = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    with writing(registered) as connection:
        for capacity, ways in ((2, ("cabinet", "domicile")), (2, ("cabinet",)), (1, ("domicile",))):
            agenda.create(connection, where, draft(capacity=capacity, modalities=ways), now)
    ways = ["domicile", *["cabinet"] * 3, "domicile", "cabinet", "domicile"]
    tries = [wanted(number, **own, **then, modality=way) for number, way in enumerate(ways)]
    assert done(registered, *tries) == ["made"] * 5 + ["Taken"] * 2
    with writing(registered) as connection:
        become(connection, "o1", "cancelled", now)
    tries = [wanted(number, **own, **then, modality=way) for number, way in ((7, "domicile"), (8, "cabinet"))]
    assert done(registered, *tries) == ["Taken", "made"]


def test_what_an_association_receives_at_home_leaves_what_it_receives_on_the_spot(registered: Engine):
    given = Given(registered)
    structure = given.structure()
    for way in ("domicile", "cabinet"):
        given.slot(structure, modalities=[way])
    there = {"subject": structure, "place_key": "finess:690000001"}
    ways = ["cabinet", "cabinet", "domicile"]
    tries = [wanted(number, **there, modality=way) for number, way in enumerate(ways)]
    assert done(registered, *tries) == ["made", "Taken", "made"]


def test_an_occurrence_is_changed_while_a_patient_is_expected_at_another_of_the_same_hours(
    registered: Engine, where: Practice
):
    now = at("2026-10-19T05:00")
    with writing(registered) as connection:
        taken, other = (
            agenda.create(connection, where, draft(modalities=(way,)), now) for way in ("cabinet", "domicile")
        )
    slot = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    assert done(registered, wanted(**slot, **own, modality="cabinet")) == ["made"]
    with writing(registered) as connection:
        agenda.remove(connection, Chosen(other.id, Scope.ALL, MONDAY), now)
        with pytest.raises(Refused, match="attendu"):
            agenda.remove(connection, Chosen(taken.id, Scope.ALL, MONDAY), now)


def test_of_a_plage_that_receives_fewer_than_it_was_sent_all_are_still_expected(registered: Engine, where: Practice):
    now = at("2026-10-19T07:00")
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    begun = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    with writing(registered) as connection:
        entry = agenda.create(connection, where, draft(capacity=2), at("2026-10-19T05:00"))
    assert done(registered, wanted(1, **own, **begun), wanted(2, **own, **begun)) == ["made", "made"]
    for ends in (600, 600, 570):
        with writing(registered) as connection:
            chosen = Chosen(entry.id, Scope.ALL, MONDAY, entry.version)
            entry = agenda.edit(connection, chosen, draft(ends=ends, capacity=1), now)
            begun["slot_end"] = at("2026-10-19T00:00") + (ends - 120) * 60
            assert [one.slot_end for one in orientations.orientations(connection)] == [begun["slot_end"]] * 2


@pytest.mark.parametrize(
    "given",
    [{"starts": 495}, {"kind": "creneau", "capacity": None}, {"modalities": ("domicile",)}, {"weekdays": (0,)}],
    ids=str,
)
def test_a_plage_that_becomes_another_while_a_patient_is_expected_is_refused(
    registered: Engine, where: Practice, given: dict[str, object]
):
    now = at("2026-10-19T07:00")
    with writing(registered) as connection:
        entry = agenda.create(connection, where, draft(), at("2026-10-19T05:00"))
    slot = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00"), "at": now}
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda"}
    assert done(registered, wanted(**slot, **own)) == ["made"]
    with writing(registered) as connection, pytest.raises(Refused, match="attendu"):
        agenda.edit(connection, Chosen(entry.id, Scope.ONE, MONDAY), draft(**given), now)


@pytest.mark.parametrize("scope", [Scope.FOLLOWING, Scope.ALL])
def test_a_plage_under_way_that_repeats_no_more_is_refused_while_a_patient_is_expected_at_the_next(
    registered: Engine, where: Practice, scope: Scope
):
    now = at("2026-10-19T07:00")
    with writing(registered) as connection:
        entry = agenda.create(connection, where, draft(weekdays=(0, 3)), at("2026-10-19T05:00"))
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    thursday = {"slot_start": at("2026-10-22T06:00"), "slot_end": at("2026-10-22T10:00")}
    assert done(registered, wanted(**own, **thursday)) == ["made"]
    with writing(registered) as connection:
        with pytest.raises(Refused, match="attendu le 22/10/2026"):
            agenda.edit(connection, Chosen(entry.id, scope, MONDAY), draft(ends=780), now)
        assert [one.id for one in agenda.entries(connection, where)] == [entry.id]


def test_a_place_that_was_taken_before_entries_were_named_is_one_of_the_entry_at_these_hours(
    crowded: Engine,
):
    where = Practice(Given(crowded).practice(), "tech:R1", "Europe/Paris")
    now = at("2026-10-19T05:00")
    with writing(crowded) as connection:
        plage = agenda.create(connection, where, draft(capacity=1), now)
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    then = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    assert done(crowded, wanted(**own, **then)) == ["made"]
    with crowded.begin() as connection:
        command.downgrade(configuration(connection), "0006")
        command.upgrade(configuration(connection), "head")
    with crowded.connect() as connection:
        assert orientations.orientation(connection, "o1").entry == plage.id


def test_places_of_two_entries_at_the_same_hours_stay_taken_though_nobody_said_which(crowded: Engine):
    where = Practice(Given(crowded).practice(), "tech:R1", "Europe/Paris")
    now = at("2026-10-19T05:00")
    ways = ("cabinet", "domicile")
    with writing(crowded) as connection:
        both = [agenda.create(connection, where, draft(modalities=(way,), capacity=1), now) for way in ways]
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    then = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    tries = [wanted(number, **own, **then, modality=way) for number, way in enumerate((*ways, *ways))]
    assert done(crowded, *tries[:2]) == ["made", "made"]
    with crowded.begin() as connection:
        command.downgrade(configuration(connection), "0006")
        command.upgrade(configuration(connection), "head")
    assert done(crowded, *tries[2:]) == ["Taken", "Taken"]
    with writing(crowded) as connection:
        for entry in both:
            with pytest.raises(Refused, match="attendu"):
                agenda.remove(connection, Chosen(entry.id, Scope.ALL, MONDAY), now)


@pytest.mark.parametrize("plages", [1, 2])
def test_those_whom_no_entry_was_named_for_keep_their_place_when_a_plage_is_shortened(
    registered: Engine, where: Practice, plages: int
):
    now = at("2026-10-19T07:00")
    with writing(registered) as connection:
        entry, *_ = [agenda.create(connection, where, draft(capacity=1), at("2026-10-19T05:00")) for _ in range(plages)]
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    begun = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    assert done(registered, *(wanted(number, **own, **begun) for number in range(plages))) == ["made"] * plages
    with writing(registered) as connection:
        connection.execute(update(Orientation).values(entry=None))
        agenda.edit(connection, Chosen(entry.id, Scope.ALL, MONDAY), draft(capacity=1, ends=660), now)
    shorter = begun | {"slot_end": at("2026-10-19T09:00")}
    assert done(registered, wanted(8, **own, **shorter)) == ["Taken"]
    assert done(registered, wanted(9, **own, **begun)) == (["Taken"] if plages == 2 else ["NotThere"])


def test_a_patient_of_another_day_keeps_no_entry_though_none_was_named(registered: Engine, where: Practice):
    now, tuesday = at("2026-10-19T05:00"), MONDAY + timedelta(days=1)
    with writing(registered) as connection:
        monday_s = agenda.create(connection, where, draft(), now)
        tuesday_s = agenda.create(connection, where, draft(first_day=tuesday), now)
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    part = {"slot_start": at("2026-10-20T06:00"), "slot_end": at("2026-10-20T09:00")}
    with writing(registered) as connection:
        connection.execute(insert(Orientation), [wanted(**own, **part).model_dump()])
        agenda.remove(connection, Chosen(monday_s.id, Scope.ALL, MONDAY), now)
        with pytest.raises(Refused, match="attendu le 20/10/2026"):
            agenda.remove(connection, Chosen(tuesday_s.id, Scope.ALL, tuesday), now)


def test_whoever_is_to_come_is_known_however_many_came(registered: Engine, where: Practice):
    came = [wanted(number, slot_start=NOW - HOUR, slot_end=NOW - HOUR + 900) for number in range(LISTED)]
    with writing(registered) as connection:
        connection.execute(insert(Orientation), [one.model_dump() for one in (*came, wanted(LISTED))])
        sent = orientations.sent_to(connection, where.subject, where.place_key, NOW - 2 * HOUR)
    assert (len(sent), sent[-1].id) == (LISTED + 1, f"o{LISTED}")


# At once -------------------------------------------------------------------------------------------------------------


@contextmanager
def room(engine: Engine, many: int) -> Iterator[Engine]:
    """The same database, on PostgreSQL with a connection for each: the engine has a few. SQLite has one writer."""
    if engine.dialect.name == "sqlite":
        yield engine
        return
    wider = create_engine(engine.url, pool_size=many)
    try:
        yield wider
    finally:
        wider.dispose()


def all_at_once(engine: Engine, them: Sequence[Orientation]) -> list[str]:
    """What came of each, in no order: every one has its thread, and none begins before all are there."""
    start = Barrier(len(them), timeout=60)

    def one(wanted: Orientation) -> str:
        start.wait()
        return tried(wide, wanted)

    with room(engine, len(them)) as wide, ThreadPoolExecutor(len(them)) as pool:
        return sorted(pool.map(one, them))


@pytest.mark.parametrize(("kind", "capacity"), [("plage", 7), ("creneau", 1)])
def test_of_fifty_regulators_at_once_as_many_win_as_there_are_places(crowded: Engine, kind: str, capacity: int):
    given = Given(crowded)
    given.practice()
    given.slot(kind=kind, end=NOW + 3 * HOUR, capacity=capacity)
    tries = [wanted(number, kind=kind, slot_end=NOW + 3 * HOUR) for number in range(50)]
    assert all_at_once(crowded, tries) == ["Taken"] * (50 - capacity) + ["made"] * capacity
    with crowded.connect() as connection:
        assert len(orientations.orientations(connection)) == capacity


def test_of_fifty_regulators_at_once_on_two_plages_of_the_same_hours_each_has_as_many_winners_as_places(
    crowded: Engine,
):
    given, now = Given(crowded), at("2026-10-19T05:00")
    where = Practice(given.practice(), "tech:R1", "Europe/Paris")
    with writing(crowded) as connection:
        for capacity, way in ((7, "cabinet"), (5, "domicile")):
            agenda.create(connection, where, draft(capacity=capacity, modalities=(way,)), now)
    own = {"kind": "plage", "source_kind": "agenda", "source_name": "agenda", "at": now}
    then = {"slot_start": at("2026-10-19T06:00"), "slot_end": at("2026-10-19T10:00")}
    ways = ["cabinet", "domicile"] * 25
    tries = [wanted(number, **own, **then, modality=way) for number, way in enumerate(ways)]
    assert all_at_once(crowded, tries) == ["Taken"] * 38 + ["made"] * 12
    with crowded.connect() as connection:
        kept = [one.modality for one in orientations.orientations(connection)]
    assert (kept.count("cabinet"), kept.count("domicile")) == (7, 5)
