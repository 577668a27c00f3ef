"""Which of somebody's slots are shown: two sources never mix, and nobody is found while they are away."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from models.clock import PARIS, local, midnight
from models.tables import Absence, Agenda, Orientation, Participation
from tests.indexer.given import CLAIRE, DAY, HOUR, NOW, Given, made, numbers

SUBJECT = f"p:{CLAIRE}"
TODAY = local(NOW, "Europe/Paris").date()
TOMORROW = midnight(TODAY + timedelta(days=1), "Europe/Paris")


def shown(engine: Engine, now: int = NOW) -> list[tuple[str, int, int]]:
    """Source, start and end, from now, of what can be taken."""
    return sorted(
        (slot.source.kind, slot.start - NOW, slot.end - NOW) for one in made(engine, now) for slot in one.availabilities
    )


def refuses(given: Given) -> None:
    given.add(Participation, subject=SUBJECT, places=[], refuses_editor_slots=True, changed_at=NOW)


def away(given: Given, first: date, last: date | None = None, place: str = "tech:R1") -> None:
    given.add(Absence, subject=SUBJECT, place_key=place, first_day=first, last_day=last, declared_at=NOW)


@pytest.fixture
def mixed(given: Given) -> Given:
    """Claire has a slot of an editor, and another of her agenda."""
    given.practice()
    given.slot()
    given.slot(start=NOW + 2 * HOUR, source_kind="agenda", source_name="agenda")
    return given


def test_an_agenda_alone_is_shown(database: Engine, given: Given):
    given.practice()
    given.slot(source_kind="agenda", source_name="agenda")
    assert shown(database) == [("agenda", HOUR, HOUR + 900)]


def test_the_editor_s_slots_are_shown_rather_than_the_agenda(database: Engine, mixed: Given):
    assert shown(database) == [("editor", HOUR, HOUR + 900)]


def test_an_editor_that_knows_somebody_hides_their_agenda_even_without_a_slot(database: Engine, given: Given):
    given.practice()
    given.feed(answered=False)
    given.slot(source_kind="agenda", source_name="agenda")
    (offer,) = made(database)
    assert (offer.availabilities, offer.slot_state) == ((), "unknown")


def test_whoever_refuses_the_editor_s_slots_is_shown_by_their_agenda(database: Engine, mixed: Given):
    mixed.feed(answered=False)
    refuses(mixed)
    assert shown(database) == [("agenda", 2 * HOUR, 2 * HOUR + 900)]
    (offer,) = made(database)
    assert (offer.slot_state, offer.silent_sources) == ("known", ())


def test_a_place_that_only_a_refused_editor_knows_is_no_offer(database: Engine, given: Given):
    given.practice()
    given.place("addr:elsewhere", source="fhir:azur")
    given.slot(place_key="addr:elsewhere")
    assert len(made(database)) == 2
    refuses(given)
    assert len(made(database)) == 1


def test_until_further_notice_hides_every_slot_of_the_place_whatever_its_source(database: Engine, given: Given):
    given.practice()
    given.slot()
    given.slot(start=NOW + 5 * DAY)
    away(given, TODAY)
    assert shown(database) == []


def test_a_dated_period_hides_its_whole_days_on_the_clock_of_the_place(database: Engine, given: Given):
    given.practice()
    for start in (TOMORROW - 900, TOMORROW, TOMORROW + DAY - 900, TOMORROW + DAY):
        given.slot(start=start)
    away(given, TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    assert [start + NOW for _, start, _ in shown(database)] == [TOMORROW - 900, TOMORROW + DAY]


def test_the_days_overseas_are_those_of_the_place(database: Engine, given: Given):
    given.practice()
    given.execute("UPDATE place SET departement = '974'")
    there = midnight(TODAY + timedelta(days=1), "Indian/Reunion")
    given.slot(start=there - 900)
    given.slot(start=there)
    away(given, TODAY + timedelta(days=1))
    assert [start + NOW for _, start, _ in shown(database)] == [there - 900]


def test_a_plage_keeps_what_is_before_and_after(database: Engine, given: Given):
    given.practice()
    given.slot(start=TOMORROW - HOUR, end=TOMORROW + DAY + HOUR, kind="plage", capacity=9)
    away(given, TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    spans = [(start + NOW, end + NOW) for _, start, end in shown(database)]
    assert spans == [(TOMORROW - HOUR, TOMORROW), (TOMORROW + DAY, TOMORROW + DAY + HOUR)]


def test_a_creneau_that_an_absence_cuts_is_hidden(database: Engine, given: Given):
    given.practice()
    given.slot(start=TOMORROW - 600)
    away(given, TODAY + timedelta(days=1), TODAY + timedelta(days=1))
    assert shown(database) == []


def test_an_absence_is_of_one_place(database: Engine, given: Given):
    given.practice()
    given.place("tech:R2", postal_code="69003", insee="69383")
    given.activity(place="tech:R2")
    given.slot(place_key="tech:R2")
    given.slot(start=NOW + 2 * HOUR)
    away(given, TODAY, place="tech:R1")
    found = {offer.place.postal_code: len(offer.availabilities) for offer in made(database)}
    assert found == {"69100": 0, "69003": 2}


def test_what_is_written_of_a_place_has_the_last_word_over_what_is_declared(database: Engine, given: Given):
    given.practice()
    given.declares(information="Sonner.")
    assert told(database) == ("Sonner.", None)
    given.add(Agenda, subject=SUBJECT, place_key="tech:R1", information="Ne pas sonner.", changed_at=NOW)
    assert told(database) == ("Ne pas sonner.", f"{local(NOW, PARIS):%Y-%m-%d}")
    given.execute("UPDATE agenda SET information = NULL")
    assert told(database) == ("Sonner.", None)


def told(engine: Engine) -> tuple[str | None, str | None]:
    """The information of the first offer, and since when it is written here."""
    offer = made(engine)[0]
    return offer.information, offer.written_on


# Patients sent by the regulation ------------------------------------------------------------------------------------


def sent(given: Given, **values: object) -> None:
    slot = {"kind": "creneau", "slot_start": NOW + HOUR, "slot_end": NOW + HOUR + 900}
    source = {"source_kind": "editor", "source_name": "azur"}
    whom = {"id": f"o{next(numbers)}", "subject": SUBJECT, "place_key": "tech:R1", "offer": "x", "regulator": "r"}
    given.add(Orientation, **(slot | source | whom | {"at": NOW, "changed_at": NOW, "state": "made"} | values))


def test_a_creneau_that_is_taken_is_shown_no_more_whatever_the_feed_says(database: Engine, given: Given):
    given.practice()
    given.slot()
    given.slot(start=NOW + 2 * HOUR)
    sent(given)
    assert shown(database) == [("editor", 2 * HOUR, 2 * HOUR + 900)]
    given.slot(end=NOW + HOUR + 1200, modalities=["domicile"])  # the same doctor, at the same time
    assert shown(database) == [("editor", 2 * HOUR, 2 * HOUR + 900)]


@pytest.mark.parametrize("azur", [NOW - 600, NOW])
def test_a_creneau_that_two_editors_tell_is_shown_once_the_same_whichever_was_checked_last(
    database: Engine, given: Given, azur: int
):
    given.practice()
    given.slot(source_name="brume", checked_at=NOW - 60)
    given.slot(source_name="azur", checked_at=azur)
    given.slot(source_name="brume", modalities=["teleconsultation"])
    (offer,) = made(database)
    told = [(slot.source.name, slot.modalities) for slot in offer.availabilities]
    assert told == [("azur", ("cabinet",)), ("brume", ("teleconsultation",))]


def test_a_creneau_that_one_editor_opens_wider_is_open_as_wide(database: Engine, given: Given):
    given.practice()
    given.slot(source_name="azur", checked_at=NOW - 600)
    given.slot(source_name="brume", audience="regulation", labels=["SNP"])
    (offer,) = made(database)
    assert [(slot.source.name, slot.audience) for slot in offer.availabilities] == [("azur", "public")]


def test_a_creneau_that_is_taken_is_no_more_at_any_editor(database: Engine, given: Given):
    given.practice()
    for editor in ("azur", "brume"):
        given.slot(source_name=editor)
        given.slot(source_name=editor, start=NOW + 3 * HOUR)
    sent(given, source_name="azur")
    assert shown(database) == [("editor", 3 * HOUR, 3 * HOUR + 900)]


def test_what_is_written_twice_in_an_agenda_and_by_an_association_stays(database: Engine, given: Given):
    given.practice()
    for _ in range(2):
        given.slot(source_kind="agenda", source_name="agenda", kind="plage", end=NOW + 3 * HOUR, capacity=2)
    assert len(shown(database)) == 2


@pytest.mark.parametrize(
    "values",
    [
        {"state": "cancelled"},
        {"kind": "en_sus"},
        {"place_key": "tech:R2", "kind": "plage"},
        {"slot_start": NOW + HOUR + 900, "slot_end": NOW + HOUR + 1800},
        {"kind": "plage"},
    ],
    ids=str,
)
def test_another_orientation_hides_nothing(database: Engine, given: Given, values: dict[str, object]):
    given.practice()
    given.slot()
    sent(given, **values)
    assert len(shown(database)) == 1


def test_nobody_has_two_patients_at_once_at_two_places(database: Engine, given: Given):
    given.practice()
    given.slot()  # at every place
    sent(given, place_key="tech:R2")
    assert shown(database) == []


def test_an_association_that_an_editor_knows_shows_no_plage_of_its_own(database: Engine, given: Given):
    structure = given.structure()
    given.slot(structure, source_kind="structure", source_name="agenda")
    assert [source for source, _, _ in shown(database)] == ["structure"]
    given.feed(structure)
    assert shown(database) == []


def test_an_association_has_as_many_creneaux_left_as_were_not_taken(database: Engine, given: Given):
    structure = given.structure()
    for _ in range(3):
        given.slot(structure)
    sent(given, subject=structure, place_key="finess:690000001")
    assert len(shown(database)) == 2


@pytest.fixture
def points(given: Given) -> str:
    """An association that receives at two points."""
    structure = given.structure("34173748400020", siret="34173748400020", category="sos", source="fhir:azur")
    for point in ("fhir:azur:1", "fhir:azur:2"):
        given.place(point, siret="34173748400020", source="fhir:azur", name=point, street=point)
    return structure


def test_a_creneau_at_every_point_of_an_association_is_taken_once(database: Engine, given: Given, points: str):
    for _ in range(2):
        given.slot(points)
    for point, left in (("fhir:azur:1", 1), ("fhir:azur:2", 0)):
        sent(given, subject=points, place_key=point)
        assert [len(one.availabilities) for one in made(database)] == [left] * 3


def test_a_patient_sent_to_one_point_takes_its_own_creneau_before_one_at_every_point(
    database: Engine, given: Given, points: str
):
    given.slot(points)
    given.slot(points, place_key="fhir:azur:2")
    sent(given, subject=points, place_key="fhir:azur:2")
    assert [len(one.availabilities) for one in made(database)] == [1, 1, 1]


def test_a_plage_at_every_place_has_the_places_that_no_patient_took_at_any(database: Engine, given: Given):
    given.practice()
    given.place("tech:R2")
    given.activity(place="tech:R2")
    given.slot(kind="plage", end=NOW + 3 * HOUR, capacity=3)
    for place in ("tech:R1", "tech:R2"):
        sent(given, kind="plage", slot_end=NOW + 3 * HOUR, place_key=place)
    assert [[slot.capacity for slot in one.availabilities] for one in made(database)] == [[1], [1]]


def test_a_plage_says_how_many_places_are_left_and_leaves_with_the_last(database: Engine, given: Given):
    given.practice()
    given.slot(kind="plage", end=NOW + 3 * HOUR, capacity=3)
    capacities = []
    for _ in range(3):
        sent(given, kind="plage", slot_end=NOW + 3 * HOUR)
        capacities.append([slot.capacity for slot in made(database)[0].availabilities])
    assert capacities == [[2], [1], []]


def test_a_patient_sent_to_a_part_of_a_plage_has_a_place_of_all_of_it(database: Engine, given: Given):
    given.practice()
    given.slot(kind="plage", start=NOW + HOUR, end=NOW + 3 * HOUR, capacity=3)
    given.slot(kind="plage", start=NOW + HOUR, end=NOW + 2 * HOUR, capacity=3)
    sent(given, kind="plage", slot_start=NOW + HOUR, slot_end=NOW + 2 * HOUR)
    sent(given, kind="plage", slot_start=NOW + 2 * HOUR, slot_end=NOW + 3 * HOUR)
    left = {slot.end - NOW: slot.capacity for slot in made(database)[0].availabilities}
    assert left == {2 * HOUR: 2, 3 * HOUR: 2}


def test_a_plage_for_as_many_as_come_stays(database: Engine, given: Given):
    given.practice()
    given.slot(kind="plage", end=NOW + 3 * HOUR, capacity=None)
    sent(given, kind="plage", slot_end=NOW + 3 * HOUR)
    assert [slot.capacity for slot in made(database)[0].availabilities] == [None]
