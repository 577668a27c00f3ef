"""`/api/v1/participation/{subject}`: read, written whole or not at all, each refusal said; in development only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from search_api.bodies import BODY_BYTES
from search_api.registering import Registry
from search_api.routes.participation import ParticipationBody
from tests.api.serving import Clock, client
from tests.indexer.given import CLAIRE, NOW, Given, tables

PATH = f"/api/v1/participation/p:{CLAIRE}"
JSON = {"Content-Type": "application/json"}
TAKING = {"active": True, "via": "individual", "software": False, "two_hours": True}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    with tables(f"sqlite:///{tmp_path}/annuaire.db") as engine:
        given = Given(engine)
        given.practice()
        given.structure()
        given.structure("690000603", name="MSP DES LILAS", category="603")
        yield engine


@pytest.fixture
def api(database: Engine) -> TestClient:
    return client(registry=Registry(database), clock=Clock(NOW), clock_settable=True)


def test_those_who_ask_editors_are_told_whose_participation_was_written(database: Engine):
    told: list[str] = []
    api = client(registry=Registry(database), clock=Clock(NOW), clock_settable=True, settled=told.append)
    assert api.put(PATH, json=TAKING | {"two_hours": False}).status_code == 422
    assert told == []
    assert api.put(PATH, json=TAKING).status_code == 200
    assert told == [f"p:{CLAIRE}"]


def errors(response: Any) -> dict[str, tuple[str, str]]:
    assert response.headers["content-type"] == "application/problem+json"
    return {each["field"]: (each["value"], each["rule"]) for each in response.json()["errors"]}


def test_nothing_settled_is_version_zero(api: TestClient):
    answer = api.get(PATH)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    found = answer.json()
    assert (found["version"], found["active"], found["via"], found["registered_at"]) == (0, False, None, None)
    assert (found["name"], found["known_places"]) == ("Claire MARTEL", ["tech:R1"])
    assert found["hours"] == {"coming": 0, "this_week": 0, "missing": 120, "needed": 120}
    assert [each["met"] for each in found["indicator_8"]["conditions"]] == [False, False]
    assert found["indicator_9"] == {
        "since": "2026-10-01", "until": "2027-01-01", "patients": 0, "euros": 0, "missing": 5, "next_euros": 70,
    }  # fmt: skip


def test_what_is_written_is_read(api: TestClient):
    put = api.put(PATH, json=TAKING)
    assert put.status_code == 200
    assert put.json() == api.get(PATH).json()
    found = put.json()
    assert {name: found[name] for name in TAKING} == TAKING
    assert (found["version"], found["refuses_editor_slots"]) == (1, True)
    assert found["registered_at"] == found["changed_at"] == "2026-11-18T12:07:00+01:00"


def test_a_structure_is_named_by_its_number(api: TestClient):
    body = TAKING | {"via": "msp", "structure": "690000603"}
    assert api.put(PATH, json=body).json()["structure"] == {
        "id": "s:690000603", "name": "MSP DES LILAS", "number": "690000603",
    }  # fmt: skip


def test_somebody_is_named_by_their_national_identifier(api: TestClient):
    assert api.get(f"/api/v1/participation/{CLAIRE[1:]}").json()["subject"] == f"p:{CLAIRE}"
    assert api.get("/api/v1/participation/690000001").json()["name"] == "CDS BELLECOUR"


def test_to_take_part_no_more_is_written_too(api: TestClient):
    api.put(PATH, json=TAKING)
    assert api.put(PATH, json={"active": False}).json()["registered_at"] is None


@pytest.mark.parametrize(
    ("body", "field", "value", "rule"),
    [
        (TAKING | {"two_hours": False}, "two_hours", "false", "2 heures par semaine"),
        (TAKING | {"via": "msp"}, "structure", "", "une maison de santé"),
        (TAKING | {"via": "cpts", "structure": "x", "places": ["<b>", "y"]}, "places", "<b>, y", "où vous exercez"),
        (TAKING | {"via": "msp", "structure": "a\u202eb" * 100}, "structure", "a\\u202eb", "une maison de santé"),
        (TAKING | {"software": True, "editors": ["\x00"]}, "editors", "\\u0000", "de la liste"),
    ],
)
def test_what_breaks_a_rule_is_said_with_its_field_its_value_and_its_rule(
    api: TestClient, body: dict[str, Any], field: str, value: str, rule: str
):
    refused = api.put(PATH, json=body)
    assert refused.status_code == 422
    found, said = errors(refused)[field]
    assert found.startswith(value)
    assert rule in said
    assert api.get(PATH).json()["version"] == 0


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"{}", b"\xff", b'{"active": "yes"}', b'{"active": true, "via": "any"}',
        b'{"active": true, "role": "admin"}', b'{"active": true, "generalists": 1e400}',
        b'{"active": true, "generalists": "\\ud800"}', b'{"active": true, "places": "tech:R1"}',
        b'{"active": ' + b"[" * 1_000 + b"]" * 1_000 + b"}", b'{"active": true, "places": ' + b"[" * 30_000,
    ],
)  # fmt: skip
def test_what_is_no_participation_is_refused(api: TestClient, content: bytes):
    refused = api.put(PATH, content=content, headers=JSON)
    assert refused.status_code == 422
    assert errors(refused)


@pytest.mark.parametrize(
    ("body", "field", "value", "rule"),
    [
        ({}, "active", "", "obligatoire"),
        (TAKING | {"active": "yes"}, "active", "yes", "true ou false"),
        (TAKING | {"version": "3"}, "version", "3", "un nombre entier"),
        (TAKING | {"role": "admin"}, "role", "admin", "champ inconnu"),
        (TAKING | {"via": "any"}, "via", "any", "une des valeurs individual, cpts, msp, sos ou cds"),
        (TAKING | {"places": "tech:R1"}, "places", "tech:R1", "une liste"),
        (TAKING | {"editors": [5]}, "editors.0", "5", "un texte"),
    ],
)
def test_a_value_of_another_type_is_said_beside_its_field(
    api: TestClient, body: dict[str, Any], field: str, value: str, rule: str
):
    refused = api.put(PATH, json=body)
    assert (refused.status_code, errors(refused)) == (422, {field: (value, rule)})


def test_the_example_of_the_description_is_taken_as_it_is(api: TestClient):
    described = api.get("/api/v1/openapi.json").json()["paths"]["/api/v1/participation/{identifier}"]["put"]
    body = described["requestBody"]["content"]["application/json"]["example"]
    assert api.put(PATH, json=body).json()["active"] is True


def test_huge_numbers_are_refused_by_their_rule(api: TestClient, database: Engine):
    body = {"active": True, "two_hours": True, "generalists": 10**18}
    assert "de 1 à 500" in errors(api.put("/api/v1/participation/690000001", json=body))["generalists"][1]


def test_what_goes_on_and_on_is_not_read(api: TestClient):
    assert api.put(PATH, content=b" " * (BODY_BYTES + 1), headers=JSON).status_code == 413


def test_a_version_that_is_not_the_last_is_a_conflict(api: TestClient):
    assert api.put(PATH, json=TAKING | {"version": 0}).status_code == 200
    stale = api.put(PATH, json=TAKING | {"version": 0})
    assert (stale.status_code, stale.json()["type"]) == (409, "/api/v1/problems#change-entre-temps")


@pytest.mark.parametrize("path", ["p:899999999999", "x", "p:%00", "..%2Fx", "69000000", "690000099", "p:8 1"])
def test_nobody_else_has_a_participation(api: TestClient, path: str):
    assert api.get(f"/api/v1/participation/{path}").status_code == 404
    assert api.put(f"/api/v1/participation/{path}", json=TAKING).status_code == 404


def test_unknown_parameters_are_refused_and_the_clock_may_be_set(api: TestClient):
    assert api.get(PATH + "?foo=1").status_code == 422
    assert api.get(PATH + "?at=2027-01-01T08:00:00Z").json()["indicator_9"]["since"] == "2027-01-01"


def test_in_production_it_is_not_open_and_says_so():
    closed = client()
    for answer in (closed.get(PATH), closed.put(PATH, json=TAKING), closed.put(PATH, content=b"{", headers=JSON)):
        assert answer.status_code == 404
        assert "ne s’ouvre qu’en développement" in answer.json()["detail"]


def test_when_the_database_does_not_answer_it_is_said(api: TestClient, database: Engine):
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE participation RENAME TO elsewhere")
    for answer in (api.get(PATH), api.put(PATH, json=TAKING)):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "base de données ne répond pas" in answer.json()["detail"]


def test_a_refused_method_is_said_with_those_that_are_not(api: TestClient):
    assert api.delete(PATH).headers["allow"] == "GET, HEAD, PUT"


def test_every_field_of_a_participation_may_be_given_back(api: TestClient):
    found = api.put(PATH, json=TAKING).json()
    again = {name: found[name] for name in ParticipationBody.model_fields if name != "structure"}
    assert api.put(PATH, json=again).json()["version"] == 2
