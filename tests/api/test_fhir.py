"""What editors tell by FHIR: appointments kept once, errors said as OperationOutcome. Over a real database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from models.store import connect, writing
from models.tables import Orientation
from registry import appointments, orientations
from registry.appointments import Booked
from search_api.fhir.app import BODY_BYTES, Given, create_fhir_app
from search_api.fhir.appointment import OPERATOR, read
from tests.migrated import migrated

NOW = 1_795_000_000
EXAMPLES = ("Appointment-1.json", "Appointment-2.json", "Appointment-12345678.json")


class Kept:
    """What keeps appointments, at a clock that stands still."""

    def __init__(self, database: Engine) -> None:
        self.database = database

    def known(self, editor: str, token: str) -> str | None:
        with self.database.connect() as connection:
            return appointments.known(connection, editor, token)

    def record(self, booked: Booked) -> tuple[Orientation, bool]:
        with writing(self.database) as connection:
            return appointments.record(connection, booked, NOW)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/annuaire.db"
    engine = migrated(url)
    yield engine
    engine.dispose()


@pytest.fixture
def editor(database: Engine) -> TestClient:
    """An editor that is declared."""
    return TestClient(create_fhir_app(Given(Kept(database), lambda _: "azur")), base_url="https://annuaire.example")


def operator(value: str = "6f1c2a34") -> dict[str, Any]:
    return {"url": OPERATOR, "valueReference": {"identifier": {"system": "urn:oid:1.2.250.1.213.3.6", "value": value}}}


def booked(**given: Any) -> dict[str, Any]:
    actor = {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "899900000011"}}
    resource = {
        "resourceType": "Appointment",
        "extension": [operator()],
        "identifier": [{"system": "https://editeur.example", "value": "b7c5f7d2"}],
        "status": "booked",
        "start": "2027-01-12T09:00:00.000+01:00",
        "end": "2027-01-12T09:15:00.000+01:00",
        "participant": [{"actor": actor, "status": "accepted"}],
    }
    return {name: value for name, value in (resource | given).items() if value is not None}


def kept(database: Engine) -> list[tuple[str, str, str | None]]:
    """Whom, the state and the identifier of everything that is kept."""
    with database.connect() as connection:
        return [(one.subject, one.state, one.appointment) for one in orientations.orientations(connection)]


def test_an_appointment_is_kept_and_its_address_given(editor: TestClient, database: Engine):
    answer = editor.post("/Appointment", json=booked())
    assert answer.status_code == 201
    with database.connect() as connection:
        (made,) = orientations.orientations(connection)
    assert answer.headers["location"] == f"https://annuaire.example/Appointment/{made.id}"
    assert (made.subject, made.state, made.source_name) == ("p:899900000011", "made", "azur")
    assert made.regulator == "urn:oid:1.2.250.1.213.3.6|6f1c2a34"
    assert (made.slot_start, made.slot_end) == (1_799_740_800, 1_799_741_700)


def test_the_same_appointment_posted_twice_is_one(editor: TestClient, database: Engine):
    first, second = (editor.post("/Appointment", json=booked()) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["location"] == second.headers["location"]
    assert len(kept(database)) == 1


@pytest.mark.parametrize("token", ["https://editeur.example|b7c5f7d2", "b7c5f7d2"])
@pytest.mark.parametrize("name", ["identifier", "Identifier"])
def test_a_conditional_update_says_what_it_became(editor: TestClient, database: Engine, token: str, name: str):
    editor.post("/Appointment", json=booked())
    answer = editor.put("/Appointment", params={name: token}, json=booked(status="fulfilled"))
    assert answer.status_code == 200
    assert kept(database) == [("p:899900000011", "honoured", "azur|https://editeur.example|b7c5f7d2")]


def test_an_update_of_what_is_not_known_is_new(editor: TestClient):
    assert editor.put("/Appointment", params={"identifier": "b7c5f7d2"}, json=booked()).status_code == 201


@pytest.mark.parametrize("query", ["", "identifier=", "name=b7c5f7d2", "identifier=b7c5f7d2&identifier=b7c5f7d2"])
def test_an_update_without_one_identifier_is_refused(editor: TestClient, database: Engine, query: str):
    answer = editor.put(f"/Appointment?{query}", json=booked())
    assert (answer.status_code, kept(database)) == (400, [])
    assert answer.json()["issue"][0]["expression"] == ["identifier"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("booked", "made"),
        ("pending", "made"),
        ("arrived", "honoured"),
        ("checked-in", "honoured"),
        ("fulfilled", "honoured"),
        ("noshow", "noshow"),
        ("cancelled", "cancelled"),
        ("entered-in-error", "cancelled"),
    ],
)
def test_a_status_says_what_becomes_of_the_patient(editor: TestClient, database: Engine, status: str, state: str):
    assert editor.post("/Appointment", json=booked(status=status)).status_code == 201
    assert [each for _, each, _ in kept(database)] == [state]


@pytest.mark.parametrize("status", ["proposed", "waitlist"])
def test_a_status_that_takes_no_slot_is_refused_and_said_so(editor: TestClient, database: Engine, status: str):
    answer = editor.post("/Appointment", json=booked(status=status))
    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["code"], kept(database)) == (422, "business-rule", [])
    assert f"« {status} » ne prend pas de créneau" in issue["diagnostics"]


def test_an_appointment_of_an_association_is_to_the_association(editor: TestClient, database: Engine):
    actor = {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "399999999900014"}}
    participant = [{"actor": actor, "status": "needs-action"}]
    answer = editor.post("/Appointment", json=booked(participant=participant))
    assert (answer.status_code, answer.content) == (201, b"")
    assert [subject for subject, _, _ in kept(database)] == ["s:99999999900014"]


@pytest.mark.parametrize(
    ("named", "subject"),
    [
        (("2.2 399999999900014", "2.1 899900000022", "2.1 899900000011"), "p:899900000022"),
        (("2.2 399999999900014", "2.2 388888888800014"), "s:99999999900014"),
    ],
)
def test_the_first_professional_named_receives_the_patient_else_the_first_structure(
    named: tuple[str, ...], subject: str
):
    parts = [one.split() for one in named]
    actors = [{"identifier": {"system": f"urn:oid:1.2.250.1.71.4.{kind}", "value": value}} for kind, value in parts]
    participant = [{"actor": actor, "status": "accepted"} for actor in actors]
    assert read(booked(participant=participant), "azur").subject == subject


def test_an_appointment_that_hides_nothing_is_kept_and_said_so(editor: TestClient, database: Engine):
    answer = editor.post("/Appointment", json=booked(participant=[{"status": "needs-action"}]))
    assert (answer.status_code, [subject for subject, _, _ in kept(database)]) == (201, [""])
    (issue,) = answer.json()["issue"]
    assert (issue["severity"], "aucun créneau n’est masqué" in issue["diagnostics"]) == ("warning", True)


def test_sos_medecins_may_name_an_actor_that_we_do_not_know(editor: TestClient, database: Engine):
    profile = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-appointment"
    participant = [{"actor": {"display": "Point fixe de garde"}, "status": "needs-action"}]
    answer = editor.post("/Appointment", json=booked(participant=participant, meta={"profile": [profile]}))
    assert (answer.status_code, [subject for subject, _, _ in kept(database)]) == (201, [""])


def test_the_number_of_another_system_names_nobody(editor: TestClient, database: Engine):
    actor = {"identifier": {"system": "https://editeur.example", "value": "899900000011"}}
    answer = editor.post("/Appointment", json=booked(participant=[{"actor": actor, "status": "accepted"}]))
    assert (answer.status_code, kept(database)) == (422, [])


@pytest.mark.parametrize(("system", "value"), [("71.4.2.1", "8١٠٠٠٢٦٧٣٨٩٩"), ("71.4.2.2", "٣٣٣٣٣٣٣٣٣٣٣٣٣٣")])
def test_a_number_of_other_digits_names_nobody(editor: TestClient, database: Engine, system: str, value: str):
    actor = {"identifier": {"system": f"urn:oid:1.2.250.1.{system}", "value": value}}
    answer = editor.post("/Appointment", json=booked(participant=[{"actor": actor, "status": "accepted"}]))
    assert (answer.status_code, kept(database)) == (422, [])


def test_an_identifier_that_several_have_is_a_412(editor: TestClient, database: Engine):
    for system in ("https://a.example", "https://b.example"):
        identifier = [{"system": system, "value": "1"}]
        assert editor.post("/Appointment", json=booked(identifier=identifier)).status_code == 201
    answer = editor.put(
        "/Appointment",
        params={"identifier": "1"},
        json=booked(identifier=[{"system": "https://a.example", "value": "1"}]),
    )
    assert answer.status_code == 412
    assert "system|value" in answer.json()["issue"][0]["diagnostics"]
    assert len(kept(database)) == 2


def test_an_update_under_another_s_identifier_is_refused(editor: TestClient, database: Engine):
    answer = editor.put("/Appointment", params={"identifier": "another"}, json=booked())
    assert (answer.status_code, kept(database)) == (422, [])


def test_an_editor_says_nothing_of_another_s_appointments(editor: TestClient, database: Engine):
    other = TestClient(create_fhir_app(Given(Kept(database), lambda _: "dune")), base_url="https://annuaire.example")
    editor.post("/Appointment", json=booked())
    assert (
        other.put("/Appointment", params={"identifier": "b7c5f7d2"}, json=booked(status="cancelled")).status_code == 201
    )
    assert editor.put("/Appointment", params={"identifier": "b7c5f7d2"}, json=booked()).status_code == 200
    assert sorted(state for _, state, _ in kept(database)) == ["cancelled", "made"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"extension": None}, "extension"),
        ({"extension": [operator(), operator("2")]}, "extension"),
        ({"extension": [operator("")]}, "extension"),
        ({"extension": [{"url": OPERATOR}]}, "extension"),
        ({"identifier": None}, "identifier"),
        ({"identifier": [{"value": "1"}]}, "identifier"),
        ({"identifier": [{"system": "a|b", "value": "1"}]}, "identifier"),
        ({"identifier": [{"system": "a", "value": "1\u0000"}]}, "identifier"),
        ({"identifier": [{"system": "a", "value": "1" * 257}]}, "identifier"),
        ({"identifier": [{"system": "a", "value": "1"}, {"system": "a", "value": "2"}]}, "identifier"),
        ({"status": None}, "status"),
        ({"status": "waitlist"}, "status"),
        ({"status": ["booked"]}, "status"),
        ({"start": None}, "start"),
        ({"start": "2027-01-12T09:00:00"}, "start"),
        ({"start": 7}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"end": "9999-12-31T23:59:59-12:00"}, "end"),
        ({"end": "demain"}, "end"),
        ({"end": "2027-01-12T09:00:00+01:00"}, "end"),
        ({"end": "2027-01-15T09:00:01+01:00"}, "end"),
        ({"participant": None}, "participant"),
        ({"participant": "x"}, "participant"),
        ({"participant": [{"status": "declined"}]}, "participant.status"),
        (
            {"participant": [{"status": "accepted", "actor": {"identifier": {"value": "12"}}}]},
            "participant.actor.identifier",
        ),
    ],
    ids=str,
)
def test_what_breaks_the_profile_is_said_by_its_path_and_not_kept(
    editor: TestClient, database: Engine, given: dict[str, Any], path: str
):
    answer = editor.post("/Appointment", json=booked(**given))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert [f"Appointment.{path}"] in [issue["expression"] for issue in answer.json()["issue"]]
    assert kept(database) == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"Appointment"', 400),
        (b'{"resourceType": "Bundle"}', 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b" " * (BODY_BYTES + 1), 413),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_appointment_is_refused(editor: TestClient, database: Engine, content: bytes, status: int):
    answer = editor.post("/Appointment", content=content)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert kept(database) == []


def test_nobody_else_is_listened_to(database: Engine):
    stranger = TestClient(create_fhir_app(Given(Kept(database), lambda _: None)))
    assert stranger.post("/Appointment", json=booked()).status_code == 403
    assert kept(database) == []


@pytest.mark.parametrize(("method", "path"), [("GET", "/Appointment"), ("DELETE", "/Appointment"), ("POST", "/Slot")])
def test_nothing_else_is_served(editor: TestClient, method: str, path: str):
    answer = editor.request(method, path)
    assert answer.status_code in {404, 405}
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_database_that_does_not_answer_is_said(tmp_path: Path):
    nowhere = connect(f"sqlite:///{tmp_path}/empty.db")
    lost = TestClient(create_fhir_app(Given(Kept(nowhere), lambda _: "azur")))
    answer = lost.post("/Appointment", json=booked())
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (503, "transient")


# The official examples -----------------------------------------------------------------------------------------------


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, shared_data: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shared_data / "fhir_sas" / request.param).read_text("utf-8"))
    return content


def test_the_official_examples_are_kept(editor: TestClient, database: Engine, example: dict[str, Any]):
    assert editor.post("/Appointment", json=example).status_code == 201
    ((subject, state, _),) = kept(database)
    assert subject == ("" if example["status"] == "pending" else "p:810100050075")
    assert state == {"booked": "made", "cancelled": "cancelled", "pending": "made"}[example["status"]]


@pytest.mark.parametrize("element", ["extension", "identifier", "status", "start", "end", "participant"])
def test_an_official_example_without_a_mandatory_element_is_refused(
    editor: TestClient, database: Engine, example: dict[str, Any], element: str
):
    del example[element]
    answer = editor.post("/Appointment", json=example)
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == [f"Appointment.{element}"]
    assert kept(database) == []


def test_an_address_that_names_another_is_refused_before_anything_is_looked_up(editor: TestClient):
    for system in ("https://a.example", "https://b.example"):
        assert editor.post("/Appointment", json=booked(identifier=[{"system": system, "value": "1"}])).is_success
    answer = editor.put("/Appointment", params={"identifier": "1"}, json=booked())
    assert answer.status_code == 422
