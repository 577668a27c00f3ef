"""`/api/v1/agenda` over a real database: what it reads, writes, refuses, and to whom it answers."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from models.offer import offer_id
from registry.agenda import INFORMATION
from search_api.registering import Registry
from search_api.services import NO_ACCOUNTS
from tests.api.serving import Clock, client
from tests.indexer.given import CLAIRE, JEAN, Given, made, tables

MONDAY = date(2026, 11, 23)
AT = 1_795_452_120
"""That Monday, 17:42 in Paris."""
OFFER = offer_id(f"p:{CLAIRE}", "tech:R1")
HERE = f"/api/v1/agenda/{OFFER}"
ENTRIES = f"{HERE}/entries"
PLAGE: dict[str, Any] = {
    "kind": "plage",
    "first_day": "2026-11-24",
    "starts": "18:00",
    "ends": "20:00",
    "modalities": ["cabinet"],
    "capacity": 5,
}
WEEKLY = PLAGE | {"weekdays": [1, 3]}
DAY = timedelta(days=1)


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    """Claire at two places, of which one is in La Réunion; Jean elsewhere."""
    with tables(f"sqlite:///{tmp_path}/a.db") as database:
        known = Given(database)
        known.practice()
        known.place("tech:R2", departement="974", insee="97411", commune="Saint-Denis", postal_code="97400")
        known.activity(place="tech:R2")
        known.practice(JEAN, "tech:R9")
        yield known


@pytest.fixture
def asking(given: Given) -> TestClient:
    return over(given.engine)


def over(database: Engine, **others: Any) -> TestClient:
    return client(registry=Registry(database), clock=Clock(AT), **others)


AWAY = [{"first_day": "2026-11-25", "last_day": "2026-11-27"}, {"first_day": "2026-12-01", "last_day": "2026-12-02"}]


def created(asking: TestClient, **values: Any) -> dict[str, Any]:
    answer = asking.post(ENTRIES, json=PLAGE | values)
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


def days(asking: TestClient, week: date = MONDAY, path: str = HERE) -> list[str]:
    return [each["day"] for each in asking.get(f"{path}?week={week}").json()["occurrences"]]


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["value"] for each in answer.json()["errors"]}


def test_the_examples_of_the_description_are_taken_as_they_are(asking: TestClient):
    paths = asking.get("/api/v1/openapi.json").json()["paths"]

    def example(path: str, method: str) -> Any:
        operation = paths[f"/api/v1/agenda/{{offer}}{path}"][method]
        return operation["requestBody"]["content"]["application/json"]["example"]

    made = asking.post(ENTRIES, json=example("/entries", "post"))
    assert made.status_code == 201
    edited = asking.patch(made.headers["location"], json=example("/entries/{entry}", "patch"))
    assert (edited.status_code, edited.json()["ends"]) == (200, "21:00")
    for path in ("/absences", "/information"):
        assert asking.put(HERE + path, json=example(path, "put")).status_code == 204


# What is read -------------------------------------------------------------------------------------------------------


def test_an_agenda_nobody_wrote_in_is_empty(asking: TestClient):
    answer = asking.get(HERE)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "offer": OFFER, "time_zone": "Europe/Paris", "shown": "agenda", "editors": [], "reason": None,
        "changed_at": None, "information": None, "absences": [], "entries": [], "week": "2026-11-23", "occurrences": [],
    }  # fmt: skip


def test_an_entry_is_read_with_its_occurrences_of_the_week_on_the_clock_of_the_place(asking: TestClient):
    there = f"/api/v1/agenda/{offer_id(f'p:{CLAIRE}', 'tech:R2')}"
    answer = asking.post(f"{there}/entries", json=WEEKLY)
    assert answer.headers["location"] == f"{there}/entries/{answer.json()['id']}"
    assert asking.get(answer.headers["location"]).json() == answer.json()
    read = asking.get(f"{there}?week=2026-12-03").json()
    assert (read["week"], read["time_zone"], read["entries"]) == ("2026-11-30", "Indian/Reunion", [answer.json()])
    assert [each["start"] for each in read["occurrences"]] == ["2026-12-01T18:00:00+04:00", "2026-12-03T18:00:00+04:00"]
    assert days(asking) == []


def test_a_long_creneau_comes_with_a_word_of_advice(asking: TestClient):
    assert "plage" in created(asking, kind="creneau", capacity=None)["advice"]
    assert created(asking)["advice"] is None


# What is written ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "left", "starts"),
    [
        ("one", ["2026-11-24", "2026-11-26"], ["18:00", "09:00"]),
        ("following", ["2026-11-24", "2026-11-26"], ["18:00", "09:00"]),
        ("all", ["2026-11-24", "2026-11-26"], ["09:00", "09:00"]),
    ],
)
def test_an_edit_is_about_its_scope(asking: TestClient, scope: str, left: list[str], starts: list[str]):
    entry = created(asking, weekdays=[1, 3])
    about = {"scope": scope, "day": "2026-11-26", "version": 1}
    answer = asking.patch(f"{ENTRIES}/{entry['id']}", json=about | {"starts": "09:00", "ends": "10:00"})
    assert answer.status_code == 200, answer.text
    read = asking.get(HERE).json()
    assert [each["day"] for each in read["occurrences"]] == left
    assert [each["start"][11:16] for each in read["occurrences"]] == starts
    following = asking.get(f"{HERE}?week=2026-11-30").json()["occurrences"]
    assert {each["start"][11:16] for each in following} == ({"18:00"} if scope == "one" else {"09:00"})


@pytest.mark.parametrize(
    ("scope", "left", "after"),
    [("one", ["2026-11-24"], 2), ("following", ["2026-11-24"], 0), ("all", [], 0)],
)
def test_a_removal_is_about_its_scope(asking: TestClient, scope: str, left: list[str], after: int):
    entry = created(asking, weekdays=[1, 3])
    answer = asking.delete(f"{ENTRIES}/{entry['id']}?scope={scope}&day=2026-11-26&version=1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert days(asking) == left
    assert len(days(asking, MONDAY + 7 * DAY)) == after


def test_absences_and_information_are_written_whole_and_shown(asking: TestClient, given: Given):
    created(asking)
    periods = [
        {"first_day": "2026-11-24", "last_day": "2026-11-25"},
        {"first_day": "2026-12-24", "last_day": "2026-12-24"},
    ]
    assert asking.put(f"{HERE}/absences", json={"periods": periods}).status_code == 204
    assert asking.put(f"{HERE}/information", json={"text": " Sonner deux fois.\r\nMerci "}).status_code == 204
    read = asking.get(HERE).json()
    assert (read["absences"], read["information"]) == (periods, "Sonner deux fois.\nMerci")
    assert [each["hidden"] for each in read["occurrences"]] == [True]
    (offer,) = (each for each in made(given.engine, AT) if each.id == OFFER)
    assert (offer.information, offer.availabilities) == ("Sonner deux fois.\nMerci", ())
    assert asking.put(f"{HERE}/absences", json={"periods": []}).status_code == 204
    assert asking.put(f"{HERE}/information", json={"text": ""}).status_code == 204
    assert (asking.get(HERE).json()["absences"], asking.get(HERE).json()["information"]) == ([], None)


def test_absences_of_all_places_at_once_are_written_at_all_or_none(asking: TestClient):
    there = f"/api/v1/agenda/{offer_id(f'p:{CLAIRE}', 'tech:R2')}"

    def put(periods: list[Any], **said: Any) -> int:
        return int(asking.put(f"{HERE}/absences", json={"periods": periods, **said}).status_code)

    def read() -> list[Any]:
        return [asking.get(path).json()["absences"] for path in (HERE, there)]

    assert asking.put(f"{there}/absences", json={"periods": AWAY[1:]}).status_code == 204
    assert (put(AWAY[:1], everywhere=True, former=AWAY[1:]), read()) == (409, [[], AWAY[1:]])
    assert (put(AWAY[:1], everywhere=True, former=[]), read()) == (204, [AWAY[:1]] * 2)
    assert (put([*AWAY, *AWAY], everywhere=True), read()) == (422, [AWAY[:1]] * 2)
    assert (put(AWAY, everywhere=False), read()) == (204, [AWAY, AWAY[:1]])
    assert (put([], everywhere=True), read()) == (204, [[], []])


# What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"starts": "18:10"}, {"starts": "18:10"}),
        ({"starts": "8 h"}, {"starts": "8 h"}),
        ({"ends": "24:15"}, {"ends": "24:15"}),
        ({"ends": "18:00"}, {"ends": "18:00"}),
        ({"first_day": "2026-11-22"}, {"first_day": "2026-11-22"}),
        ({"first_day": "9999-12-31"}, {"first_day": "9999-12-31"}),
        ({"first_day": 7}, {"first_day": "7"}),
        ({"modalities": []}, {"modalities": ""}),
        ({"modalities": ["<script>"]}, {"modalities": "<script>"}),
        ({"modalities": "cabinet"}, {"modalities": "cabinet"}),
        ({"capacity": 0}, {"capacity": "0"}),
        ({"capacity": 10**30}, {"capacity": str(10**30)}),
        ({"capacity": "5"}, {"capacity": "5"}),
        ({"weekdays": [9]}, {"weekdays": "9"}),
        ({"weekdays": list(range(60))}, {"weekdays": str(list(range(60)))[:100]}),
        ({"last_day": "2026-12-31"}, {"last_day": "2026-12-31"}),
        ({"kind": "<b>", "starts": "25:00", "other": 1}, {"other": "1"}),
        ({"kind": "<b>", "starts": "25:00"}, {"kind": "<b>", "starts": "25:00", "ends": "20:00"}),
    ],
    ids=str,
)  # fmt: skip
def test_an_entry_that_breaks_rules_is_refused_whole(
    asking: TestClient, values: dict[str, Any], expected: dict[str, str]
):
    assert faults(asking.post(ENTRIES, json=PLAGE | values)) == expected
    assert asking.get(HERE).json()["entries"] == []


@pytest.mark.parametrize(
    ("periods", "field"),
    [
        ([{"first_day": "2026-11-20", "last_day": "2026-11-25"}], "periods.0.first_day"),
        ([{"first_day": "2026-11-24"}, {"first_day": "hier"}], "periods.1.first_day"),
        ([{"first_day": "2026-11-24"}, {"first_day": "2026-11-25"}], "periods"),
        ([{"first_day": f"2026-12-0{day}", "last_day": f"2026-12-0{day}"} for day in range(1, 5)], "periods"),
        ([{"first_day": "2026-11-26", "last_day": "2026-11-25"}], "periods.0.last_day"),
    ],
)
def test_absences_that_break_rules_are_refused_by_their_number(asking: TestClient, periods: list[Any], field: str):
    assert field in faults(asking.put(f"{HERE}/absences", json={"periods": periods}))
    assert asking.get(HERE).json()["absences"] == []


@pytest.mark.parametrize("text", ["x" * (INFORMATION + 1), "nul\0", "\u202eenvers", 7, None])
def test_information_that_breaks_rules_is_refused(asking: TestClient, text: object):
    answer = asking.put(f"{HERE}/information", json={"text": text})
    assert {each["field"] for each in answer.json()["errors"]} == {"text"}
    assert answer.status_code == 422
    assert asking.get(HERE).json()["information"] is None


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(asking: TestClient):
    entry = created(asking, weekdays=[1, 3])
    path, about = f"{ENTRIES}/{entry['id']}", {"scope": "all", "day": "2026-11-24", "version": 1}
    assert asking.patch(path, json=about | {"capacity": 9}).json()["version"] == 2
    late = asking.patch(path, json=about | {"capacity": 2})
    assert (late.status_code, late.json()["type"]) == (409, "/api/v1/problems#change-entre-temps")
    assert asking.delete(f"{path}?scope=all&day=2026-11-24&version=1").status_code == 409
    assert asking.get(path).json()["capacity"] == 9


@pytest.mark.parametrize(
    ("path", "name", "mine", "theirs"),
    [
        ("/information", "text", "Sonner", "Frapper"),
        ("/absences", "periods", [{"first_day": "2026-12-24", "last_day": None}], AWAY),
    ],
)
def test_what_somebody_else_wrote_of_the_place_meanwhile_is_not_lost(
    asking: TestClient, path: str, name: str, mine: Any, theirs: Any
):
    def put(value: Any, former: Any) -> int:
        return int(asking.put(HERE + path, json={name: value, "former": former}).status_code)

    assert (put(theirs, type(mine)()), put(mine, type(mine)())) == (204, 409)
    assert asking.get(HERE).json()[{"text": "information"}.get(name, "absences")] == theirs
    assert (put(mine, theirs), put(mine, theirs)) == (204, 204)  # the same again is no conflict


def test_periods_of_one_first_day_are_refused_whatever_was_read(asking: TestClient):
    twice = [{"first_day": "2026-11-25", "last_day": None}, {"first_day": "2026-11-25", "last_day": "2026-11-26"}]
    answer = asking.put(f"{HERE}/absences", json={"periods": twice, "former": []})
    assert (answer.status_code, asking.get(HERE).json()["absences"]) == (422, [])


def test_one_occurrence_does_not_repeat(asking: TestClient):
    entry = created(asking, weekdays=[1, 3])
    about = {"scope": "one", "day": "2026-11-24", "version": 1, "weekdays": [2]}
    assert faults(asking.patch(f"{ENTRIES}/{entry['id']}", json=about)) == {"weekdays": "2"}


def test_an_entry_is_changed_at_its_own_place_only(asking: TestClient):
    entry = created(asking, weekdays=[1, 3])
    about = {"scope": "all", "day": "2026-11-24", "version": 1}
    for key, subject in (("tech:R2", CLAIRE), ("tech:R9", JEAN)):
        path = f"/api/v1/agenda/{offer_id(f'p:{subject}', key)}/entries/{entry['id']}"
        assert asking.get(path).status_code == 404
        assert asking.patch(path, json=about).status_code == 404
        assert asking.delete(f"{path}?scope=all&day=2026-11-24&version=1").status_code == 404
    assert len(days(asking)) == 2


def test_an_agenda_is_not_written_while_an_editor_is_shown_and_says_why(asking: TestClient, given: Given):
    entry = created(asking)
    given.feed()
    read = asking.get(HERE).json()
    assert (read["shown"], read["editors"]) == ("editor", ["azur"])
    assert "azur" in read["reason"]
    assert faults(asking.post(ENTRIES, json=PLAGE)) == {"agenda": "azur"}
    assert faults(asking.delete(f"{ENTRIES}/{entry['id']}?scope=all&day=2026-11-24&version=1")) == {"agenda": "azur"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/api/v1/agenda/{offer_id(f'p:{CLAIRE}', 'tech:R9')}", 404),
        ("/api/v1/agenda/p%00-0123456789ab", 404),
        ("/api/v1/agenda/x", 404),
        (f"{ENTRIES}/%00", 404),
        (f"{ENTRIES}/nothing", 404),
        (f"{HERE}?week=2026-11-31", 422),
        (f"{HERE}?week=9999-12-31", 422),
        (f"{HERE}?other=1", 422),
        (f"{HERE}?week=2026-11-23&week=2026-11-30", 422),
    ],
)
def test_what_is_not_there_or_ill_asked_is_said(asking: TestClient, path: str, status: int):
    assert asking.get(path).status_code == status


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 422),
        (b"[]", {}, 422),
        (b"[" * 20_000, {}, 422),
        (b"\xff", {}, 422),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b" " * 70_000, {}, 413),
        (b"{}", {"sec-fetch-site": "cross-site"}, 403),
        (b"{}", {"origin": "https://elsewhere.example"}, 403),
    ],
)  # fmt: skip
def test_a_body_that_is_none_of_ours_is_refused(
    asking: TestClient, content: bytes, headers: dict[str, str], status: int
):
    answer = asking.post(ENTRIES, content=content, headers={"content-type": "application/json", **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_another_method_is_refused_with_those_that_are_not(asking: TestClient):
    refused = asking.put(f"{ENTRIES}/x")
    assert (refused.status_code, refused.headers["allow"]) == (405, "DELETE, GET, HEAD, PATCH")


# To whom ------------------------------------------------------------------------------------------------------------

OPERATIONS: dict[str, Callable[[TestClient], Any]] = {
    "read": lambda asking: asking.get(HERE),
    "create": lambda asking: asking.post(ENTRIES, json=PLAGE),
    "edit": lambda asking: asking.patch(f"{ENTRIES}/x", json={"scope": "all", "day": "2026-11-24", "version": 1}),
    "remove": lambda asking: asking.delete(f"{ENTRIES}/x?scope=all&day=2026-11-24&version=1"),
    "absences": lambda asking: asking.put(f"{HERE}/absences", json={"periods": []}),
    "information": lambda asking: asking.put(f"{HERE}/information", json={"text": ""}),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_outside_development_nothing_answers_and_that_is_said(operation: Callable[[TestClient], Any]):
    answer = operation(client())
    assert (answer.status_code, answer.json()["detail"]) == (404, NO_ACCOUNTS)


def test_somebody_suppressed_has_no_agenda(given: Given):
    asking = over(given.engine, suppressed=lambda: frozenset({f"p:{CLAIRE}"}))
    assert asking.get(HERE).status_code == 404
    assert asking.post(ENTRIES, json=PLAGE).status_code == 404


def test_a_database_that_does_not_answer_is_said_and_may_be_asked_again(given: Given):
    given.execute("DROP TABLE agenda_entry")
    answer = over(given.engine).post(ENTRIES, json=PLAGE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
