"""What programs of the regulation send: the same operations as the pages, said as the rest of the API."""

from datetime import datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from models.clock import iso
from models.codes import Viewer
from models.store import writing
from models.tables import Orientation
from registry.appointments import Booked, record
from registry.orientations import LISTED
from tests.indexer.given import DAY, HOUR
from tests.memory_engine import MemorySearcher
from tests.pages import conftest, world
from tests.pages.test_orienting import AT, OFFER, SUBJECT, Site

SENT = "/api/v1/orientations"
TOLD = "/api/v1/appointments"
CALLS = f"/api/v1/calls/{OFFER}"


@pytest.fixture
def site(written: Engine) -> Site:
    site = Site(written)
    site.creneau()
    return site


def at(instant: int) -> str:
    return iso(instant, "Europe/Paris")


def wanted(number: int = 1, **given: object) -> dict[str, object]:
    slot = {"kind": "creneau", "start": at(AT + HOUR), "end": at(AT + HOUR + 900)}
    source = {"source_kind": "editor", "source_name": "azur"}
    return {"id": f"reference-{number}", "offer": OFFER} | slot | source | given


def errors(answer) -> dict[str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return {each["field"]: each["rule"] for each in answer.json()["errors"]}


def test_a_slot_of_an_answer_is_taken_as_the_answer_gives_it(site: Site):
    (shown,) = site.client.get(f"/api/v1/offers/{OFFER}").json()["availabilities"]
    source = {"source_kind": shown["source"]["kind"], "source_name": shown["source"]["name"]}
    slot = {"kind": shown["kind"], "start": shown["start"], "end": shown["end"]} | source
    answer = site.client.post(SENT, json=wanted(**slot))
    assert (answer.status_code, answer.headers["location"]) == (201, f"{SENT}/reference-1")
    assert answer.json()["state"] == "made"
    assert site.client.get(f"/api/v1/offers/{OFFER}").json()["availabilities"] == []


def test_the_same_again_is_the_same_and_another_is_too_late(site: Site):
    first, again, late = (site.client.post(SENT, json=wanted(number)) for number in (1, 1, 2))
    assert (first.status_code, again.status_code, late.status_code) == (201, 201, 409)
    assert first.json() == again.json()
    assert "pris" in late.json()["detail"]
    assert len(site.kept()) == 1


def described(site: Site, path: str, method: str) -> dict[str, object]:
    """The body that the description of the API gives as an example."""
    operation = site.client.get("/api/v1/openapi.json").json()["paths"][path][method]
    body: dict[str, object] = operation["requestBody"]["content"]["application/json"]["example"]
    return body


def test_the_examples_of_the_description_are_taken_as_they_are(written: Engine):
    site = Site(written)
    body = described(site, SENT, "post")
    start, end = (int(datetime.fromisoformat(str(body[name])).timestamp()) for name in ("start", "end"))
    site.given.slot(
        kind="plage", start=start, end=end, capacity=2, source_kind=body["source_kind"], source_name=body["source_name"]
    )
    made = site.client.post(SENT, json=body | {"offer": OFFER})
    assert made.status_code == 201
    where = made.headers["location"]
    assert site.client.get(where).json() == made.json()
    changed = site.client.patch(where, json=described(site, SENT + "/{identifier}", "patch"))
    assert changed.json()["state"] == site.client.get(where).json()["state"] == "cancelled"
    assert site.client.put(CALLS, json=described(site, "/api/v1/calls/{offer}", "put")).status_code == 200
    assert site.client.get(f"{SENT}/no-such-one").status_code == 404


def test_a_long_list_is_read_page_by_page(site: Site):
    slot = {"kind": "en_sus", "slot_start": AT + DAY, "slot_end": AT + DAY, "subject": SUBJECT, "place_key": "tech:R1"}
    for number in range(LISTED + 3):  # two in the same second, so that the instant alone is no place to stop at
        known = {"id": f"o{number:03}", "at": AT + number // 2, "changed_at": AT, "regulator": "r", "state": "made"}
        site.given.add(Orientation, **known, **slot, offer=OFFER)
    first = site.client.get(SENT).json()
    then = site.client.get(SENT, params={"cursor": first["next"]}).json()
    assert [len(each["orientations"]) for each in (first, then)] == [LISTED, 3]
    assert then["next"] is None
    seen = [each["id"] for page in (first, then) for each in page["orientations"]]
    assert len(set(seen)) == LISTED + 3
    assert list(errors(site.client.get(SENT, params={"cursor": "x"}))) == ["cursor"]


def test_what_is_not_open_is_a_conflict_that_says_so(site: Site):
    answer = site.client.post(SENT, json=wanted(source_name="other"))
    assert (answer.status_code, answer.json()["detail"]) == (409, "Ce créneau n’est plus proposé.")


@pytest.mark.parametrize("value", [5, True, [1], {}], ids=str)
@pytest.mark.parametrize("name", ["start", "id", "offer", "kind", "modality", "source_name"])
def test_a_value_of_another_type_is_refused_beside_its_field(site: Site, name: str, value: object):
    answer = site.client.post(SENT, json=wanted(**{name: value}))
    assert (answer.status_code, list(errors(answer))) == (422, [name])


def test_beyond_what_is_open_only_where_it_is_accepted(site: Site):
    beyond = {"kind": "en_sus", "start": at(AT + DAY), "end": None, "source_kind": None, "source_name": None}
    assert "kind" in errors(site.client.post(SENT, json=wanted(**beyond)))
    site.given.declares(participation=True, overbooking=True, via="individual")
    assert site.client.post(SENT, json=wanted(**beyond)).status_code == 201
    past = site.client.post(SENT, json=wanted(2, **(beyond | {"start": at(AT - HOUR)})))
    assert (past.status_code, list(errors(past))) == (422, ["start"])
    slot = {"end": at(AT + DAY + HOUR), "source_kind": "editor", "source_name": "azur"}
    mixed = site.client.post(SENT, json=wanted(3, **(beyond | slot)))
    assert (mixed.status_code, list(errors(mixed))) == (422, ["end", "source_kind", "source_name"])
    assert {each["field"]: each["value"] for each in mixed.json()["errors"]} == slot
    assert site.client.post(SENT, json=wanted(4, **(beyond | {"end": beyond["start"]}))).status_code == 201
    assert len(site.kept()) == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"id": "x"}, "id"),
        ({"id": "<script>alert(1)</script>"}, "id"),
        ({"kind": "rdv"}, "kind"),
        ({"start": "2026-11-23T18:00"}, "start"),
        ({"modality": "fax"}, "modality"),
        ({"patient": "Mme Martin"}, "patient"),
        ({"source_name": "a" * 101}, "source_name"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_by_its_field_and_nothing_is_kept(site: Site, given: dict[str, object], field: str):
    answer = site.client.post(SENT, json=wanted(**given))
    assert (answer.status_code, list(errors(answer))) == (422, [field])
    assert site.kept() == []


def test_what_came_of_it_is_said_and_listed(site: Site):
    site.client.post(SENT, json=wanted())
    one = f"{SENT}/reference-1"
    early = site.client.patch(one, json={"state": "noshow"})
    assert (early.status_code, list(errors(early))) == (422, ["state"])
    site.clock = AT + 2 * HOUR
    assert site.client.patch(one, json={"state": "noshow"}).json()["state"] == "noshow"
    assert site.client.patch(one, json={"state": "cancelled"}).status_code == 409
    assert site.client.patch(f"{SENT}/other", json={"state": "cancelled"}).status_code == 404
    listed = site.client.get(SENT, params={"subject": SUBJECT}).json()["orientations"]
    assert [each["state"] for each in listed] == ["noshow"]
    assert site.client.get(SENT, params={"since": at(AT + HOUR)}).json()["orientations"] == []


def test_the_list_asks_for_its_offers_together(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.client.post(SENT, json=wanted())
    monkeypatch.setattr(MemorySearcher, "offer", None)  # one at a time
    (listed,) = site.client.get(SENT).json()["orientations"]
    assert (listed["offer"], listed["start"]) == (OFFER, at(AT + HOUR))


def test_what_a_call_gave_is_said_seen_and_taken_back(site: Site):
    assert site.client.put(CALLS, json={"outcome": "refused"}).json()["outcome"] == "refused"
    seen = site.client.get("/api/v1/calls", params={"offer": OFFER}).json()["calls"]
    assert [(each["offer"], each["outcome"]) for each in seen] == [(OFFER, "refused")]
    assert site.client.delete(CALLS).status_code == 204
    assert site.client.get("/api/v1/calls", params={"offer": OFFER}).json()["calls"] == []
    assert list(errors(site.client.put(CALLS, json={"outcome": "rappeler Mme Martin"}))) == ["outcome"]


def test_calls_are_asked_for_by_offer(site: Site):
    answer = site.client.get("/api/v1/calls")
    assert (answer.status_code, list(errors(answer))) == (422, ["offer"])


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_nobody_else_sends_patients_or_reads_of_them(written: Engine, viewer: Viewer):
    site = Site(written, viewer)
    site.creneau()
    tries = [
        site.client.post(SENT, json=wanted()),
        site.client.get(SENT),
        site.client.patch(f"{SENT}/x", json={"state": "cancelled"}),
        site.client.get("/api/v1/calls"),
        site.client.get(TOLD),
        site.client.get(f"{TOLD}/x"),
        site.client.put(CALLS, json={"outcome": "reached"}),
        site.client.delete(CALLS),
    ]
    assert {answer.status_code for answer in tries} == {404}


def test_a_page_of_another_site_sends_nobody(site: Site):
    answer = site.client.post(SENT, json=wanted(), headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, site.kept()) == (403, [])


def test_in_production_there_is_no_such_address(client_of_the_world: TestClient):
    somebody = world.offers()[0].id
    closed = client_of_the_world.get(SENT)
    assert (closed.status_code, "en développement" in closed.json()["detail"]) == (404, True)
    assert client_of_the_world.put(f"/api/v1/calls/{somebody}", json={"outcome": "reached"}).status_code == 404


@pytest.fixture(scope="module")
def client_of_the_world(engine) -> TestClient:

    return conftest.client(engine)


def test_appointments_that_editors_told_are_listed_and_read_as_they_are_now(site: Site):
    booked = Booked("https://azur.example|b7c5", "azur", SUBJECT, "urn:r|1", "made", AT + HOUR, AT + HOUR + 900)
    with writing(site.written) as connection:
        kept, _ = record(connection, booked, AT)
        record(connection, booked._replace(identifier="x|2", editor="dune", subject=None), AT + 60)
        record(connection, booked._replace(state="noshow"), AT + 2 * HOUR)
    site.client.post(SENT, json=wanted())
    listed = site.client.get(TOLD).json()["appointments"]
    assert [(each["editor"], each["identifier"], each["state"]) for each in listed] == [
        ("dune", "x|2", "made"),
        ("azur", "https://azur.example|b7c5", "noshow"),
    ]
    assert [each["subject"] for each in listed] == [None, SUBJECT]
    one = site.client.get(f"{TOLD}/{kept.id}")
    assert one.json() == listed[1]
    assert (one.json()["start"], one.json()["changed_at"]) == (at(AT + HOUR), at(AT + 2 * HOUR))
    assert one.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"editor": "azur"}, 1),
        ({"editor": "dune"}, 0),
        ({"subject": SUBJECT}, 1),
        ({"subject": "p:1"}, 0),
        ({"since": at(AT)}, 1),
        ({"since": at(AT + 1)}, 0),
    ],
    ids=str,
)
def test_appointments_are_asked_for_by_editor_subject_and_instant(site: Site, asked: dict[str, str], found: int):
    booked = Booked("x|1", "azur", SUBJECT, "urn:r|1", "made", AT + HOUR, AT + HOUR + 900)
    with writing(site.written) as connection:
        record(connection, booked, AT)
    assert len(site.client.get(TOLD, params=asked).json()["appointments"]) == found


def test_an_appointment_that_is_not_there_or_an_unknown_parameter_is_said(site: Site):
    site.client.post(SENT, json=wanted())
    assert site.client.get(f"{TOLD}/reference-1").status_code == 404  # made here, told by no editor
    assert list(errors(site.client.get(TOLD, params={"patient": "x"}))) == ["patient"]
    assert list(errors(site.client.get(TOLD, params={"since": "hier"}))) == ["since"]
    assert site.client.get(f"{TOLD}/x", params={"a": "b"}).status_code == 422
