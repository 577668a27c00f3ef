"""What somebody settles of their participation, as offers say it: before what files declare, place by place."""

from typing import Any

import pytest
from sqlalchemy import Engine

from models.clock import PARIS, local
from models.offer import Participation
from models.tables import Absence
from models.tables import Participation as Settled
from registry.recurrence import DAY
from tests.indexer.given import CLAIRE, JEAN, NOW, YESTERDAY, Given, made

SUBJECT = f"p:{CLAIRE}"
CDS, MSP = "690000001", "690000603"


@pytest.fixture(autouse=True)
def _world(given: Given) -> None:
    """Claire in her practice, at another, and in a CDS; an MSP where she is not; an SOS association."""
    given.practice()
    given.place("tech:R2", postal_code="69003", insee="69383")
    given.activity(place="tech:R2")
    given.structure(CDS)
    given.place(f"finess:{CDS}")
    given.activity(place=f"finess:{CDS}", mode="S")
    given.structure(MSP, name="MSP", category="603", postal_code="69120")


def settles(given: Given, subject: str = SUBJECT, **values: Any) -> None:
    given.add(Settled, **({"subject": subject, "active": True, "places": [], "changed_at": NOW} | values))


def shown(engine: Engine, kind: str = "professional") -> dict[str, Participation | None]:
    """What offers say, by postal code."""
    return {offer.place.postal_code or "": offer.participation for offer in made(engine) if offer.kind == kind}


def taking(**values: Any) -> Participation:
    """What whoever settled that they take part says."""
    return Participation(**({"active": True, "settled_on": TODAY} | values))


TODAY = f"{local(NOW, PARIS):%Y-%m-%d}"
NOT = Participation(active=False, settled_on=TODAY)


@pytest.mark.parametrize(
    ("settled", "said"),
    [
        ({"via": "individual"}, [*[taking(via="individual", overbooking=True)] * 2, NOT]),
        (
            {"via": "cpts", "structure": "lilas", "places": ["tech:R2"]},
            [taking(), taking(via="cpts", overbooking=True), NOT],
        ),
        ({"via": "msp", "structure": f"s:{MSP}"}, [*[taking(via="msp")] * 2, NOT]),
        ({"via": "sos", "structure": "s:34567890100012"}, [*[taking(via="sos")] * 2, NOT]),
        ({"via": "cds", "structure": f"s:{CDS}"}, [NOT, NOT, taking(via="cds")]),
        ({"active": False}, [NOT] * 3),
    ],
    ids=["individual", "cpts", "msp", "sos", "cds", "none"],
)
def test_each_place_says_through_whom_and_whether_patients_are_taken_beyond_the_slots(
    database: Engine, given: Given, settled: dict[str, Any], said: list[Participation]
):
    settles(given, **settled)
    assert shown(database) == dict(zip(("69100", "69003", "69002"), said, strict=True))


def test_the_forfait_de_reorientation_is_of_every_place(database: Engine, given: Given):
    settles(given, active=False, reorientation=True)
    assert set(shown(database).values()) == {taking(active=False, reorientation=True)}


def test_what_is_settled_has_the_last_word_over_what_files_declare(database: Engine, given: Given):
    given.declares(participation=True, via="cpts", overbooking=True, reorientation=True, sector="1")
    given.declares(place="tech:R1", participation=True, via="msp")
    declared = Participation(active=True, via="msp", overbooking=True, reorientation=True)
    assert shown(database)["69100"] == declared
    settles(given, active=False)
    assert set(shown(database).values()) == {NOT}
    assert {offer.sector.code for offer in made(database) if offer.sector} == {"1"}


def test_a_place_is_of_a_centre_de_sante_by_its_sector_too(database: Engine, given: Given):
    given.execute("UPDATE activity SET sector = 'SA05' WHERE place_key = 'tech:R2'")
    settles(given, via="individual")
    assert shown(database)["69003"] == NOT


def test_an_msp_takes_part_when_somebody_does_through_it(database: Engine, given: Given):
    given.declares(f"s:{MSP}", participation=False, reorientation=True)
    assert shown(database, "structure")["69120"] == Participation(active=False, reorientation=True)
    given.professional(JEAN)
    settles(given, f"p:{JEAN}", via="msp", structure=f"s:{MSP}", changed_at=NOW - 7 * 86_400)
    settles(given, via="msp", structure=f"s:{MSP}")
    assert shown(database, "structure")["69120"] == taking(via="msp", overbooking=True, reorientation=True)
    assert shown(database, "structure")["69002"] is None


@pytest.mark.parametrize("gone", ["objected", "departed", "withdrawn", "through another way"])
def test_an_msp_takes_part_through_nobody_who_is_not_there(database: Engine, given: Given, gone: str):
    given.professional(JEAN)
    settles(given, f"p:{JEAN}", via="msp", structure=f"s:{MSP}")
    assert shown(database, "structure")["69120"] is not None
    {
        "objected": lambda: given.suppressed(f"p:{JEAN}"),
        "departed": lambda: given.execute(f"UPDATE professional SET departed_on = '{YESTERDAY}' WHERE id = '{JEAN}'"),
        "withdrawn": lambda: given.execute("UPDATE participation SET active = false"),
        "through another way": lambda: given.execute("UPDATE participation SET via = 'individual'"),
    }[gone]()
    assert shown(database, "structure")["69120"] is None


def test_a_centre_de_sante_takes_part_by_what_it_settles_itself(database: Engine, given: Given):
    settles(given, f"s:{CDS}", via="cds", reorientation=True)
    assert shown(database, "structure")["69002"] == taking(via="cds", overbooking=True, reorientation=True)
    given.execute("UPDATE participation SET active = false, via = NULL")
    assert shown(database, "structure")["69002"] == taking(active=False, reorientation=True)


def test_the_agenda_of_who_takes_part_through_sos_is_not_shown(database: Engine, given: Given):
    given.slot(source_kind="agenda", source_name="agenda")
    assert any(offer.availabilities for offer in made(database))
    settles(given, via="sos")
    assert not any(offer.availabilities for offer in made(database))


@pytest.mark.parametrize(
    ("first", "last", "beyond"),
    [(0, None, False), (0, 0, False), (-3, 2, False), (1, 4, True), (-3, -1, True)],
)
def test_nobody_is_received_beyond_the_slots_while_they_are_away(
    database: Engine,
    given: Given,
    first: int,
    last: int | None,
    beyond: bool,  # noqa: FBT001 - a case of the table
):
    settles(given, via="individual")
    today = local(NOW, "Europe/Paris").date()
    days = {"first_day": today + first * DAY, "last_day": None if last is None else today + last * DAY}
    given.add(Absence, subject=SUBJECT, place_key="tech:R1", declared_at=NOW, **days)
    taken = shown(database)
    assert taken["69100"] == taking(via="individual", overbooking=beyond)
    assert taken["69003"] == taking(via="individual", overbooking=True)
