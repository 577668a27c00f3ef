"""Regulators' accounts told to test editors, over mutual TLS: created, changed, deactivated, until it is done."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from sqlalchemy import Engine

from annuaire.demo.editor_server import Setup
from ingestion.feeds import accounts, budget, editors
from ingestion.feeds.accounts import HELD_S, REFUSED_S, address, claim, delay_s, place, resource, standings, tell
from ingestion.feeds.client import DEADLINE_S, Client, Written
from ingestion.feeds.editors import Declared
from ingestion.feeds.feeding import feeding
from ingestion.feeds.sweeping import Feeds
from ingestion.staging import table_of
from models.identifiers import PERSONS
from models.regulators import OURS
from models.store import writing
from models.tables import Regulator, RegulatorAccount
from registry import regulators
from tests.indexer.test_follow import until
from tests.ingestion.feeds.world import with_feeds
from tests.ingestion.given import AT
from tests.servers.editors import Certificates, Running, running, secured
from tests.servers.local import free_port

RPPS = "810002673899"
POST, PUT = "POST", "PUT"


def regulator(engine: Engine, **values: Any) -> Regulator:
    """Write a regulator, a version later each time."""
    facts = {"id": "r1", "national_id": RPPS, "family": "MARIUS", "given": "Jules", "email": "jules.marius@test.com"}
    made = Regulator(**facts | {"active": True, "version": 1, "changed_at": AT} | values)
    table = table_of(Regulator)
    with writing(engine) as connection:
        connection.execute(table.delete().where(table.c.id == made.id))
        connection.execute(table.insert().values(**made.model_dump()))
    return made


def azur(engine: Engine, editor: Running, **values: Any) -> Declared:
    declared = editor.declared(**{"accounts": True} | values)
    with writing(engine) as connection:
        editors.declare(connection, declared, AT)
    return declared


def told(engine: Engine, editor: Declared, at: int = AT, *, again: bool = False, **values: Any) -> dict[str, int]:
    """Tell an editor what is due; how many ended how."""
    ended: Counter[str] = with_feeds(
        engine, lambda feeds: tell(feeds, engine, lambda: at, editor, again=again), at, **values
    )
    return dict(ended)


def sent(editor: Running) -> list[tuple[str, str, int]]:
    return [(one.method, one.address.removeprefix("/fhir"), one.status) for one in editor.accounts.sent]


def standing(engine: Engine) -> accounts.Standing:
    with engine.connect() as connection:
        (one,) = standings(connection)
    return one


# What is sent --------------------------------------------------------------------------------------------------------

EXAMPLES = {
    1: {"national_id": "3456780581/11242343", "family": "Loridon", "given": "Sébastien"},
    2: {"national_id": "810002673899", "family": "MARIUS", "given": "Jules"},
    3: {"national_id": "810002673899", "family": "MARIUS", "given": "Jules", "active": False},
    4: {"id": "1ef1c748-01a3-6180-b098-73283ce4e5b1", "family": "Loridon", "given": "Sébastien"},
}


@pytest.mark.parametrize("number", EXAMPLES)
def test_what_is_sent_is_the_official_example_byte_for_byte(shared_data: Path, number: int):
    content = (shared_data / "fhir_sas" / f"Practitioner-ExamplePractitionerRegul{number}.json").read_text("utf-8")
    example = {name: value for name, value in json.loads(content).items() if name not in {"id", "text"}}
    email = "jules.marius@test.com" if number in {2, 3} else "sebastien.loridon@test.com"
    one = Regulator(**{"id": "r1", "email": email, "active": True, "changed_at": AT} | EXAMPLES[number])
    assert msgspec.json.encode(resource(one)) == msgspec.json.encode(example)


def test_the_address_of_a_change_is_the_contract_s():
    assert address(f"{PERSONS}|{RPPS}") == f"/Practitioner?identifier=urn:oid:1.2.250.1.71.4.2.1%7C{RPPS}"
    assert address(f"{OURS}|6f1c-1") == "/Practitioner?identifier=urn:oid:1.2.250.1.213.3.6%7C6f1c-1"
    assert address(f"{PERSONS}|3456780581/1&x=").endswith("%7C3456780581%2F1%26x%3D")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("https://azur.example/fhir/Practitioner/12", "12"),
        ("Practitioner/12/_history/3", "12"),
        ("https://azur.example/fhir/Practitioner/12/", "12"),
        ("", None),
        (None, None),
        ("x/\u0000", None),
        ("x/" + "y" * 999, "y" * 256),
    ],
)
def test_the_identifier_that_an_editor_gives_is_the_end_of_its_address(location: str | None, name: str | None):
    assert place(location) == name


# Told ----------------------------------------------------------------------------------------------------------------


def test_a_new_account_is_created_then_changed_then_deactivated(any_database: Engine, editor: Running):
    here = azur(any_database, editor)
    regulator(any_database)
    assert standing(any_database).state == "waiting"
    assert told(any_database, here) == {"ok": 1}
    first = standing(any_database)
    assert (first.state, first.account.location, first.account.attempts) == ("sent", "regulator-1", 0)
    regulator(any_database, version=2, email="jm@test.com")
    assert standing(any_database).state == "waiting"
    told(any_database, here, AT + 60)
    regulator(any_database, version=3, active=False)
    told(any_database, here, AT + 120)
    assert standing(any_database).state == "sent"
    where = f"/Practitioner?identifier={PERSONS}%7C{RPPS}"
    assert sent(editor) == [(POST, "/Practitioner", 201), (PUT, where, 200), (PUT, where, 200)]
    (kept,) = editor.accounts.kept.values()
    assert (kept.id, kept.resource["active"]) == ("regulator-1", False)


def test_what_is_told_is_not_told_again(any_database: Engine, editor: Running):
    here = azur(any_database, editor)
    regulator(any_database)
    told(any_database, here)
    assert told(any_database, here, AT + 10**6, again=True) == {}
    assert len(sent(editor)) == 1


def test_a_new_identifier_is_told_under_the_old_one(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database, national_id=None)
    told(database, here)
    regulator(database, version=2)
    told(database, here)
    assert sent(editor)[1] == (PUT, f"/Practitioner?identifier={OURS}%7Cr1", 200)
    assert list(editor.accounts.kept) == [f"{PERSONS}|{RPPS}"]
    assert standing(database).account.known_as == [f"{PERSONS}|{RPPS}"]


def test_a_national_identifier_goes_from_a_deactivated_account_to_another(any_database: Engine, editor: Running):
    here, facts = azur(any_database, editor), regulators.Facts("MARIUS", "Jules", "jules.marius@test.com", RPPS)
    with writing(any_database) as connection:
        former = regulators.add(connection, facts, AT)
    told(any_database, here)
    with writing(any_database) as connection:
        regulators.set_active(connection, former.id, AT, active=False)
    told(any_database, here)
    with writing(any_database) as connection:
        regulators.add(connection, facts._replace(email="autre@test.com"), AT)
    assert told(any_database, here) == {"ok": 1}
    assert [(method, status) for method, _, status in sent(editor)] == [(POST, 201), (PUT, 200), (POST, 201)]
    (kept,) = editor.accounts.kept.values()
    assert (kept.id, kept.resource["telecom"][0]["value"]) == ("regulator-2", "autre@test.com")
    with writing(any_database) as connection:
        regulators.set_active(connection, former.id, AT, active=True)
    assert told(any_database, here) == {"ok": 1}
    assert editor.accounts.kept.keys() == {f"{PERSONS}|{RPPS}", f"{OURS}|{former.id}"}


def test_whoever_was_deactivated_before_an_editor_knew_them_is_not_told(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database, active=False)
    assert told(database, here) == {}
    assert standing(database).state == "nothing"


def test_those_who_are_deactivated_are_told_first(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database)
    told(database, here)
    regulator(database, id="r2", national_id="899900000011", changed_at=AT - 9)
    regulator(database, version=2, active=False)
    told(database, here)
    assert [method for method, _, _ in sent(editor)] == [POST, PUT, POST]


def test_an_editor_that_takes_no_accounts_is_told_nothing(database: Engine, editor: Running):
    azur(database, editor, accounts=False)
    regulator(database)
    with database.connect() as connection:
        assert standings(connection) == []
    with feeding(database, lambda: AT, round_s=0.05):
        assert editor.accounts.sent == []


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("identifier", None),
        ("name", None),
        ("telecom", None),
        ("active", None),
        ("meta", {}),
        ("name", [{"family": "", "given": ["Jules"]}]),
        ("name", [{"family": "MARIUS", "given": []}]),
        ("telecom", [{"system": "email", "value": ""}]),
        ("telecom", [{"system": "phone", "value": "a@b.fr"}]),
        ("identifier", [{"type": {"coding": [{"code": "INTRN"}]}, "system": PERSONS, "value": RPPS}]),
        ("identifier", [{"type": {"coding": [{"code": "IDNPS"}]}, "system": OURS, "value": "r1"}]),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_test_editor_refuses_what_the_kit_wants_refused(
    editor: Running, method: Literal["POST", "PUT"], element: str, value: object
):
    one = Regulator(id="r1", national_id=RPPS, family="MARIUS", given="Jules", email="a@b.fr", changed_at=AT)
    content = {name: each for name, each in (resource(one) | {element: value}).items() if each is not None}
    path = "/Practitioner" if method == "POST" else address(f"{PERSONS}|{RPPS}")

    async def write() -> Written:
        async with Client(editor.declared(), asyncio.Semaphore(1)) as client:
            return await client.write(method, path, msgspec.json.encode(content), allowed)

    async def allowed() -> bool:
        return True

    written = asyncio.run(write())
    assert (written.decided, written.outcome, editor.accounts.kept) == (True, "outcome", {})


# What goes wrong -----------------------------------------------------------------------------------------------------


def test_an_editor_that_is_down_is_told_when_it_is_back(database: Engine, files: Certificates, tmp_path: Path):
    port = free_port()
    setup = Setup([], port=port, **secured(files))
    down = Running(port, None, files)  # type: ignore[arg-type]  # it has no process yet
    here = azur(database, down)
    regulator(database)
    assert told(database, here) == {"refused": 1}
    late = standing(database)
    assert (late.state, late.account.cause, late.account.attempts) == ("waiting", "refused", 1)
    assert 22 <= late.account.next_at - AT <= 38
    assert told(database, here, AT + 20) == {}
    with running(tmp_path, setup, files) as back:
        assert told(database, here, AT + 40) == {"ok": 1}
        assert sent(back) == [(POST, "/Practitioner", 201)]
    done = standing(database)
    assert (done.state, done.account.cause, done.account.detail) == ("sent", None, None)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"name": "status", "count": 503}, "status"),
        ({"name": "status", "count": 429}, "status"),
        ({"name": "outcome", "count": 500}, "outcome"),
        ({"name": "redirect", "text": "https://elsewhere.example"}, "redirected"),
        ({"name": "huge", "count": 40}, "too_big"),
        ({"name": "slow", "seconds": 1.0}, "timeout"),
        ({"name": "cut"}, "cut"),
        ({"name": "compressed"}, "malformed"),
    ],
    ids=str,
)
def test_a_failure_is_seen_and_made_good_later_without_a_second_account(
    database: Engine, editor: Running, fault: dict[str, Any], cause: str
):
    here = azur(database, editor)
    regulator(database)
    editor.fault(**fault)
    assert told(database, here, deadline_s=0.5 if cause == "timeout" else DEADLINE_S) == {cause: 1}
    assert (standing(database).state, standing(database).account.cause) == ("waiting", cause)
    editor.mend()
    assert told(database, here, AT + 60) == {"ok": 1}
    assert sent(editor)[-1][0] == PUT
    assert list(editor.accounts.kept) == [f"{PERSONS}|{RPPS}"]
    assert editor.accounts.made == 1


def test_a_change_of_identifier_whose_answer_was_lost_is_found_under_the_new_one(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database, national_id=None)
    told(database, here)
    regulator(database, version=2)
    editor.fault("cut")
    assert told(database, here) == {"cut": 1}
    editor.mend()
    assert told(database, here, AT + 60) == {"ok": 1}
    assert [status for _, _, status in sent(editor)] == [201, 200, 409, 200]
    assert (editor.accounts.made, list(editor.accounts.kept)) == (1, [f"{PERSONS}|{RPPS}"])


def test_what_an_editor_refuses_is_seen_with_its_words_and_told_again_a_day_later_or_once_changed(
    database: Engine, editor: Running
):
    here = azur(database, editor)
    regulator(database, email="nobody")
    assert told(database, here) == {"declined": 1}
    refused = standing(database)
    assert (refused.state, refused.account.detail) == ("refused", "HTTP 422 : telecom.value")
    assert refused.account.next_at - AT >= REFUSED_S * 0.75
    assert told(database, here, AT + 3600) == {}
    regulator(database, version=2)
    assert standing(database).state == "waiting"
    assert told(database, here, AT + 3600) == {"ok": 1}
    assert standing(database).state == "sent"


def test_an_account_that_is_there_already_is_changed_at_once(any_database: Engine, editor: Running):
    here = azur(any_database, editor)
    regulator(any_database)
    told(any_database, here)
    with writing(any_database) as connection:
        editors.remove(connection, "azur", AT)
        editors.declare(connection, here, AT)
    assert told(any_database, here) == {"ok": 1}
    assert [(method, status) for method, _, status in sent(editor)] == [(POST, 201), (POST, 409), (PUT, 200)]
    assert (editor.accounts.made, standing(any_database).state) == (1, "sent")


def test_one_that_is_refused_keeps_nobody_waiting_and_an_editor_that_fails_is_left_alone(
    database: Engine, editor: Running
):
    here = azur(database, editor)
    for number in range(3):
        regulator(database, id=f"r{number}", national_id=f"89990000001{number}", email="x" if number == 0 else "x@y.fr")
    assert told(database, here) == {"declined": 1, "ok": 2}
    for number in range(3):
        regulator(database, id=f"r{number}", national_id=f"89990000001{number}", version=2, email="z@y.fr")
    editor.fault("status", count=503)
    assert told(database, here) == {"status": 1}


def test_an_editor_left_alone_after_failures_costs_no_attempt(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database)
    editor.fault("status", count=503)

    async def again_and_again(feeds: Feeds) -> list[dict[str, int]]:
        return [dict(await tell(feeds, database, lambda: AT, here, again=True)) for _ in range(7)]

    ended = with_feeds(database, again_and_again)
    assert ended == [{"status": 1}] * 5 + [{"paused": 1}] * 2
    assert standing(database).account.attempts == 5


def test_accounts_are_told_within_the_budget_of_calls_and_wait_for_the_next_hour(database: Engine, editor: Running):
    here = azur(database, editor, calls_per_hour=20)
    for number in range(4):
        national = f"8100026738{number:02d}"
        regulator(database, id=f"r{number}", national_id=national, changed_at=AT + number)
    assert told(database, here) == {"ok": 2, "spent": 1}
    assert told(database, here, AT + 60) == {"spent": 1}
    assert len(sent(editor)) == 2
    assert told(database, here, AT + 3_660) == {"ok": 2}


def test_an_account_that_no_call_is_left_for_costs_no_attempt_and_may_not_have_arrived(
    database: Engine, editor: Running
):
    here = azur(database, editor, calls_per_hour=10)
    regulator(database)
    assert budget.claim(database, here.name, "account", AT)
    assert told(database, here) == {"spent": 1}
    kept = standing(database).account
    assert (kept.attempts, kept.known_as, kept.next_at, sent(editor)) == (0, [], 0, [])


def test_after_a_refusal_the_change_that_no_call_was_left_for_is_what_comes_next(database: Engine, editor: Running):
    here = azur(database, editor, calls_per_hour=10)
    regulator(database)
    editor.fault("status", count=409, times=1)
    assert told(database, here) == {"spent": 1}
    editor.mend()
    assert told(database, here, AT + 3_660) == {"ok": 1}
    assert sent(editor)[-1] == (PUT, address(f"{PERSONS}|{RPPS}"), 201)
    assert [each.partition(" ")[0] for each in editor.asked] == [POST, PUT]


def test_without_our_certificate_nothing_leaves_and_it_is_said(database: Engine, editor: Running, tmp_path: Path):
    here = azur(database, editor, certificate=str(tmp_path / "gone.pem"))
    regulator(database)
    assert told(database, here) == {"tls": 1}
    assert (standing(database).account.known_as, editor.accounts.sent) == ([], [])


def test_a_certificate_of_somebody_else_is_refused_and_said(database: Engine, editor: Running, files: Certificates):
    another = {"certificate": files.path("another"), "key": files.path("another-key")}
    here = azur(database, editor, **another)
    regulator(database)
    assert told(database, here) == {"declined": 1}
    assert "somebody else" in (standing(database).account.detail or "")


def test_delays_grow_to_an_hour_and_are_never_the_same():
    assert all(22.5 <= delay_s(0, refused=False) <= 37.5 for _ in range(50))
    assert all(45 <= delay_s(1, refused=False) <= 75 for _ in range(50))
    assert all(2_700 <= delay_s(attempts, refused=False) <= 4_500 for attempts in range(8, 2_000, 50))
    assert len({delay_s(3, refused=False) for _ in range(50)}) > 40


# One at a time, whatever dies ----------------------------------------------------------------------------------------


def test_one_attempt_at_a_time_holds_an_account_and_a_dead_one_is_replaced(any_database: Engine, editor: Running):
    azur(any_database, editor)
    regulator(any_database)
    assert claim(any_database, "azur", "r1", AT) is not None
    assert claim(any_database, "azur", "r1", AT + HELD_S - 1) is None
    after = claim(any_database, "azur", "r1", AT + HELD_S)
    assert after is not None
    assert after.known_as == (f"{PERSONS}|{RPPS}",)


def test_several_who_tell_at_once_tell_each_account_once(any_database: Engine, editor: Running):
    here = azur(any_database, editor)
    for number in range(6):
        regulator(any_database, id=f"r{number}", national_id=f"89990000001{number}")

    async def together(feeds: Feeds) -> list[Counter[str]]:
        return await asyncio.gather(*(tell(feeds, any_database, lambda: AT, here) for _ in range(4)))

    ended = with_feeds(any_database, together)
    assert sum((each for each in ended), Counter()) == {"ok": 6}
    assert [method for method, _, _ in sent(editor)] == [POST] * 6


def test_a_change_made_while_an_account_is_told_is_told_next(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database)
    attempt = claim(database, "azur", "r1", AT)
    assert attempt is not None
    regulator(database, version=2, active=False)
    accounts.finish(database, attempt, Written("ok", "Practitioner/9"), AT)
    assert standing(database).state == "waiting"
    assert told(database, here) == {"ok": 1}
    assert standing(database).state == "sent"


def test_a_process_killed_while_it_tells_leaves_one_account_which_another_tells_again(
    any_database: Engine, editor: Running
):
    here = azur(any_database, editor)
    regulator(any_database)
    editor.fault("slow", seconds=3.0)
    url = any_database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ingestion.feeds.telling_process", url, "azur"]
    with subprocess.Popen(command) as process:
        until(lambda: len(editor.accounts.sent) == 1)
        process.kill()
    editor.mend()
    assert standing(any_database).state == "waiting"
    assert told(any_database, here, AT + HELD_S - 1) == {}
    assert told(any_database, here, AT + HELD_S) == {"ok": 1}
    assert [(method, status) for method, _, status in sent(editor)] == [(POST, 201), (PUT, 200)]
    assert editor.accounts.made == 1


def test_the_service_tells_accounts_by_itself(database: Engine, editor: Running):
    azur(database, editor)
    regulator(database)
    with feeding(database, lambda: AT, round_s=0.1):
        until(lambda: standing(database).state == "sent")
        regulator(database, version=2, active=False)
        until(lambda: standing(database).state == "sent")
    assert [method for method, _, _ in sent(editor)] == [POST, PUT]


def test_at_another_address_everybody_is_told_again_under_what_they_were_known_by(
    any_database: Engine, editor: Running, plain_editor: Running
):
    here = azur(any_database, editor)
    regulator(any_database)
    told(any_database, here)
    for again, state in ((here, "sent"), (plain_editor.declared(accounts=True), "waiting")):
        with writing(any_database) as connection:
            editors.declare(connection, again, AT, again=True)
        assert standing(any_database).state == state
    assert told(any_database, again) == {"ok": 1}
    assert sent(plain_editor) == [(PUT, f"/Practitioner?identifier={PERSONS}%7C{RPPS}", 201)]


def test_an_attempt_at_the_former_address_tells_nothing_of_the_new_one(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database)
    attempt = claim(database, "azur", "r1", AT)
    assert attempt is not None
    with writing(database) as connection:
        editors.declare(connection, replace(here, base_url="https://b.example"), AT, again=True)
    accounts.finish(database, attempt, Written("ok", "Practitioner/9"), AT)
    assert standing(database).state == "waiting"


def test_an_editor_lets_in_whom_it_was_told_until_it_is_told_otherwise(database: Engine, editor: Running):
    def let_in() -> int:
        with database.connect() as connection:
            return accounts.let_in(connection, "azur")

    here = azur(database, editor)
    regulator(database)
    assert let_in() == 0
    told(database, here)
    assert let_in() == 1
    regulator(database, version=2, active=False)
    assert let_in() == 1
    told(database, here)
    assert let_in() == 0


def test_an_editor_that_is_removed_leaves_nothing_of_accounts(database: Engine, editor: Running):
    here = azur(database, editor)
    regulator(database)
    told(database, here)
    with writing(database) as connection:
        editors.remove(connection, "azur", AT)
        assert connection.execute(table_of(RegulatorAccount).select()).all() == []
