"""Whatever an editor does wrong has one name, means unknown, and leaves the former slots as they were."""

import asyncio
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from sqlalchemy import Engine

from annuaire.demo.agendas import AgendaPlace
from annuaire.demo.editor_server import Setup
from ingestion.feeds.client import Client
from ingestion.feeds.editors import Declared, add_agendas
from ingestion.feeds.journal import statuses
from ingestion.feeds.requests import Request, window
from ingestion.feeds.sweeping import Feeds
from models.identifiers import has_wrong_key
from models.store import writing
from tests.ingestion.bundles import HOUR
from tests.ingestion.feeds.world import (
    agenda,
    declared,
    feed_of,
    one_each,
    rpps,
    setup,
    slot,
    slots_of,
    sweep,
    with_feeds,
)
from tests.ingestion.given import AT
from tests.servers.editors import Certificates, Running, running, secured
from tests.servers.local import free_port

ONE = f"p:{rpps(1)}"
LATER = AT + 300
FORMER = [(ONE, AT + HOUR, AT)]


@pytest.fixture
def azur(database: Engine, editor: Running) -> Declared:
    """An editor that answered once that Dr Martel has a slot."""
    editor.begin(one_each(1))
    azur = declared(database, editor.declared(), rpps(1))
    sweep(database, azur)
    return azur


def again(database: Engine, azur: Declared, **values: Any) -> dict[str, int]:
    """How the requests of another sweep ended."""
    return dict(sweep(database, azur, LATER, **values).outcomes)


UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("cut", {}, "cut"),
    ("status", {"count": 500}, "status"),
    ("status", {"count": 404}, "status"),
    ("status", {"count": 503}, "status"),
    ("outcome", {}, "outcome"),
    ("outcome", {"count": 200}, "outcome"),
    ("outcome", {"count": 401}, "outcome"),
    ("text", {"text": ""}, "malformed"),
    ("text", {"text": "<html>bonjour</html>"}, "malformed"),
    ("text", {"text": '{"resourceType": "Bundle", "type": "searchset", "ent'}, "malformed"),
    ("text", {"text": "[]"}, "malformed"),
    ("text", {"text": '{"resourceType": "Bundle", "type": "batch"}'}, "malformed"),
    ("text", {"text": '{"resourceType": "Patient"}'}, "malformed"),
    ("text", {"text": '{"asked": ["810000000001"]}'}, "malformed"),
    ("deep", {"count": 1_000}, "malformed"),
    ("deep", {"count": 1_000_000}, "malformed"),
    ("compressed", {}, "malformed"),
    ("total", {"count": 3}, "malformed"),
    ("redirect", {"text": "https://ailleurs.example/fhir/Slot"}, "redirected"),
    ("redirect", {"text": "/fhir/Slot?autre"}, "redirected"),
    ("huge", {"count": 200}, "too_big"),
    *(("without", {"text": name}, "malformed") for name in ("start", "end", "schedule")),
]


@pytest.mark.parametrize("wrong", UNKNOWN, ids=str)
def test_what_is_no_answer_leaves_the_former_slots_and_makes_them_unknown(
    database: Engine, azur: Declared, editor: Running, wrong: tuple[str, dict[str, Any], str]
):
    fault, values, cause = wrong
    editor.fault(fault, **values)
    assert again(database, azur) == {cause: 1}
    assert slots_of(database) == FORMER
    assert feed_of(database) == (LATER, False, AT)


@pytest.mark.parametrize(("fault", "seconds"), [("slow", 15.0), ("drip", 0.05)])
def test_the_deadline_is_that_of_the_whole_answer(
    database: Engine, azur: Declared, editor: Running, fault: str, seconds: float
):
    editor.fault(fault, seconds=seconds)
    began = time.monotonic()
    assert again(database, azur, deadline_s=0.6) == {"timeout": 1}
    assert time.monotonic() - began < 10
    assert slots_of(database) == FORMER
    assert feed_of(database) == (LATER, False, AT)


def test_a_body_without_end_is_read_up_to_a_bound(database: Engine, azur: Declared, editor: Running):
    editor.fault("huge", count=100_000)
    began = time.monotonic()
    assert again(database, azur) == {"too_big": 1}
    assert time.monotonic() - began < 30


def test_no_slot_is_told_from_no_answer(database: Engine, azur: Declared, editor: Running):
    editor.slots(taken=["s1"])
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == []
    assert feed_of(database) == (LATER, True, LATER)


def test_a_failure_that_passes_is_tried_again_at_once(database: Engine, azur: Declared, editor: Running):
    editor.fault("status", count=503, times=1)
    assert again(database, azur) == {"ok": 1}
    assert len(editor.asked) == 3


def test_a_failure_that_stays_is_not_tried_again(database: Engine, azur: Declared, editor: Running):
    editor.fault("status", count=500, times=1)
    assert again(database, azur) == {"status": 1}
    assert len(editor.asked) == 2


def test_nobody_listening_is_a_refusal(database: Engine):
    azur = declared(database, Declared("azur", f"http://127.0.0.1:{free_port()}/fhir", ("ps",)), rpps(1))
    assert dict(sweep(database, azur).outcomes) == {"refused": 1}
    assert feed_of(database) == (AT, False, None)


def test_a_host_that_does_not_exist_is_a_refusal(database: Engine):
    azur = declared(database, Declared("azur", "http://editeur.invalid/fhir", ("ps",)), rpps(1))
    assert dict(sweep(database, azur).outcomes) == {"refused": 1}


# TLS -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "causes"),
    [
        ({"authority": None}, {"tls"}),
        ({"authority": "stranger"}, {"tls"}),
        ({"certificate": "unsigned", "key": "unsigned-key"}, {"tls", "cut"}),  # TLS 1.3 refuses once it is spoken to,
        ({"certificate": None, "key": None}, {"tls", "cut"}),  # and may hang up before it is heard
        ({"certificate": "another", "key": "another-key"}, {"outcome"}),
        ({"certificate": "unit", "key": "unit-key"}, {"outcome"}),
        ({"certificate": "revoked", "key": "revoked-key"}, {"tls", "cut"}),
    ],
)
def test_a_certificate_that_either_side_refuses(
    database: Engine, editor: Running, files: Certificates, values: dict[str, Any], causes: set[str]
):
    editor.begin(one_each(1))
    paths = {name: file and files.path(file) for name, file in values.items()}
    azur = declared(database, editor.declared(**paths), rpps(1))
    (cause,) = sweep(database, azur).outcomes
    assert cause in causes
    assert feed_of(database) == (AT, False, None)


@pytest.mark.parametrize("certificate", ["expired", "elsewhere"])
def test_an_editor_whose_certificate_is_expired_or_of_another_host_is_not_believed(
    database: Engine, files: Certificates, tmp_path, certificate: str
):
    given = one_each(1)
    made = Setup(given.agendas, given.slots, now=AT, **secured(files, certificate))
    with running(tmp_path, made, files) as one:
        azur = declared(database, one.declared(), rpps(1))
        assert dict(sweep(database, azur).outcomes) == {"tls": 1}


def test_an_editor_whose_certificate_is_revoked_is_believed_no_more_once_the_list_says_so(
    database: Engine, files: Certificates, tmp_path: Path
):
    given = one_each(1)
    made = Setup(given.agendas, given.slots, now=AT, **secured(files, "revoked"))
    listed = tmp_path / "list.pem"
    listed.write_text(files.revoking())
    with running(tmp_path, made, files) as editor:
        declared(database, editor.declared(revoked=str(listed)), rpps(1))

        async def twice(feeds: Feeds) -> list[str]:
            before = await feeds.check([ONE])
            listed.write_text(files.revoking("revoked"))
            return [before[ONE], (await feeds.check([ONE]))[ONE]]

        clock = iter(range(AT, AT + 10_000, 20))
        assert with_feeds(database, twice, lambda: next(clock)) == ["ok", "tls"]


def test_a_list_of_revoked_certificates_that_is_late_lets_nobody_in_and_the_log_says_why(
    database: Engine, editor: Running, files: Certificates, tmp_path: Path
):
    editor.begin(one_each(1))
    late = tmp_path / "late.pem"
    late.write_text(files.revoking(at=datetime.now(UTC) - timedelta(days=9)))
    declared(database, editor.declared(revoked=str(late)), rpps(1))
    with structlog.testing.capture_logs() as logs:
        assert with_feeds(database, lambda feeds: feeds.check([ONE])) == {ONE: "tls"}
    assert "CRL has expired" in next(one["detail"] for one in logs if one["event"] == "feeds.unknown")


def test_without_our_certificate_nothing_is_asked_and_it_is_said(database: Engine, editor: Running, tmp_path):
    gone = tmp_path / "gone.pem"
    azur = declared(database, editor.declared(certificate=str(gone)), rpps(1))
    assert dict(sweep(database, azur).outcomes) == {"tls": 1}
    assert editor.asked == []


def test_a_certificate_that_is_renewed_is_shown_without_a_restart(
    database: Engine, editor: Running, files: Certificates, tmp_path: Path
):
    editor.begin(one_each(1))
    ours = {"certificate": tmp_path / "ours.pem", "key": tmp_path / "ours-key.pem"}
    declared(database, editor.declared(**{name: str(path) for name, path in ours.items()}), rpps(1))

    def put(name: str) -> None:
        shutil.copy(files.path(name), ours["certificate"])
        shutil.copy(files.path(f"{name}-key"), ours["key"])

    async def twice(feeds: Feeds) -> list[str]:
        put("another")
        before = await feeds.check([ONE])
        put("ours")
        return [before[ONE], (await feeds.check([ONE]))[ONE]]

    clock = iter(range(AT, AT + 10_000, 20))
    found = with_feeds(database, twice, lambda: next(clock))
    assert found == ["outcome", "ok"]


# Answers that tell something else ------------------------------------------------------------------------------------


def test_slots_outside_the_window_are_left_out(database: Engine, azur: Declared, editor: Running):
    editor.fault("other_window", seconds=10 * 86_400)
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == []


def test_slots_of_people_who_were_not_asked_for_are_left_out(database: Engine, azur: Declared, editor: Running):
    editor.fault("other_people", text=rpps(7))
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == []


def test_an_identifier_that_is_none_is_nobody(database: Engine, azur: Declared, editor: Running):
    editor.fault("other_people", text="8100000000019")
    assert again(database, azur) == {"malformed": 1}
    assert slots_of(database) == FORMER


def test_an_rpps_with_a_wrong_key_names_somebody_all_the_same(database: Engine, azur: Declared, editor: Running):
    """Some of the official examples have one: whoever is asked for by it has their slots, whoever is not has none."""
    wrong = "810100000015"
    assert has_wrong_key(wrong)
    editor.fault("other_people", text=wrong)
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == []
    editor.begin(setup([agenda(1, id=wrong)], {wrong: [slot("s1")]}))
    with writing(database) as connection:
        add_agendas(connection, azur.name, [wrong], LATER)
    assert dict(sweep(database, azur, LATER + 60).outcomes) == {"ok": 1}
    assert slots_of(database) == [(f"p:{wrong}", AT + HOUR, LATER + 60)]


def test_a_slot_told_twice_is_one_slot(database: Engine, azur: Declared, editor: Running):
    editor.fault("duplicates", count=5)
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == [(ONE, AT + HOUR, LATER)]


def test_ten_thousand_slots_are_read(database: Engine, azur: Declared, editor: Running):
    editor.fault("many", count=10_000, seconds=15)
    assert again(database, azur) == {"ok": 1}
    assert len(slots_of(database)) == 10_000


@pytest.mark.parametrize("east", [4 * HOUR, -10 * HOUR, 0])
def test_a_slot_told_in_another_zone_is_the_same(database: Engine, azur: Declared, editor: Running, east: int):
    editor.fault("zone", seconds=east)
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == [(ONE, AT + HOUR, LATER)]


def test_an_editor_whose_clock_is_ahead_does_not_date_its_answers(database: Engine, azur: Declared, editor: Running):
    editor.fault("ahead", seconds=600)
    assert again(database, azur) == {"ok": 1}
    assert slots_of(database) == [(ONE, AT + HOUR, LATER)]
    editor.mend()
    sweep(database, azur, LATER + 60)
    assert slots_of(database) == [(ONE, AT + HOUR, LATER + 60)]


def test_a_slot_of_48_hours_and_slots_that_overlap_are_kept(database: Engine, editor: Running):
    long = slot("long", AT + HOUR, end=AT + 49 * HOUR, kind="plage")
    editor.begin(setup([agenda(1)], {rpps(1): [long, slot("within", AT + 2 * HOUR)]}))
    sweep(database, declared(database, editor.declared(), rpps(1)))
    assert [start for _, start, _ in slots_of(database)] == [AT + HOUR, AT + 2 * HOUR]


def test_an_answer_in_several_pages_is_one_answer(database: Engine, editor: Running):
    editor.begin(one_each(*range(1, 11)))
    azur = declared(database, editor.declared(), *map(rpps, range(1, 11)))
    editor.fault("pages")
    assert dict(sweep(database, azur).outcomes) == {"ok": 1}
    assert len(slots_of(database)) == 10


@pytest.mark.parametrize("address", ["https://ailleurs.example/fhir/Slot?page=2", "http://127.0.0.1/fhir", "2", "//x/"])
def test_a_page_that_is_elsewhere_is_not_fetched(database: Engine, azur: Declared, editor: Running, address: str):
    editor.fault("pages", text=address)
    assert again(database, azur) == {"redirected": 1}
    assert slots_of(database) == FORMER


def test_pages_without_end_are_given_up(database: Engine, azur: Declared, editor: Running):
    editor.fault("pages", text=editor.url.replace("/fhir", "/_endless"))
    assert again(database, azur) == {"malformed": 1}
    assert slots_of(database) == FORMER


def test_somebody_who_spoils_the_answer_of_the_others_is_unknown_alone(database: Engine, editor: Running):
    numbers = range(1, 26)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(), *map(rpps, numbers))
    editor.fault("spoilt", text=rpps(13))
    swept = sweep(database, azur)
    assert swept.asked == 25
    assert {number for number in numbers if not feed_of(database, rpps(number))[1]} == {13}
    assert len(slots_of(database)) == 24


def test_a_failure_that_the_editor_says_will_pass_is_nobodys(database: Engine, editor: Running):
    editor.begin(one_each(1, 2))
    azur = declared(database, editor.declared(), *map(rpps, (1, 2)))
    editor.fault("status", count=503)
    assert dict(sweep(database, azur).outcomes) == {"status": 1}


def test_a_nul_in_any_text_leaves_out_what_holds_it_alone(any_database: Engine, editor: Running):
    named = agenda(2, family="MAR\0TEL")
    there = AgendaPlace("4900000000000002", "", "12\0 rue Neuve", "VILLEURBANNE", "69100", "", "Europe/Paris")
    slots = {rpps(1): [slot("a\0"), slot("b", AT + 2 * HOUR)], rpps(3): [slot("c")], rpps(4): [slot("d")]}
    editor.begin(setup([agenda(1), named, agenda(3, places=(there,)), agenda(4)], slots))
    azur = declared(any_database, editor.declared(), *map(rpps, (1, 2, 3, 4)))
    assert sweep(any_database, azur).outcomes["ok"] == 1
    assert [(subject, start) for subject, start, _ in slots_of(any_database)] == [
        (ONE, AT + 2 * HOUR),
        (f"p:{rpps(4)}", AT + HOUR),
    ]


def test_an_answer_that_cannot_be_written_is_a_failure_of_ours_and_waits_for_its_next_turn(
    any_database: Engine, editor: Running
):
    numbers = range(1, 11)
    editor.begin(one_each(*numbers))
    azur = declared(any_database, editor.declared(), *map(rpps, numbers))
    with any_database.begin() as connection:
        connection.exec_driver_sql(REFUSING[connection.dialect.name])
    swept = sweep(any_database, azur)
    assert swept.outcomes["ours"] >= 1
    assert {number for number in numbers if feed_of(any_database, rpps(number)) != (AT, True, AT)} == {3}
    assert feed_of(any_database, rpps(3)) == (AT, False, None)
    assert len(slots_of(any_database)) == 9
    assert sweep(any_database, azur, AT + 30).due == 0
    with any_database.connect() as connection:
        assert statuses(connection, AT)[0].outcomes["ours"] == swept.outcomes["ours"]


REFUSING = {
    "sqlite": """
        CREATE TRIGGER refusing BEFORE INSERT ON availability WHEN NEW.external_id = 's3'
        BEGIN SELECT RAISE(ABORT, 'refused'); END
        """,
    "postgresql": "ALTER TABLE availability ADD CONSTRAINT refusing CHECK (external_id <> 's3')",
}
"""What makes a database refuse a slot."""


# Leaving an editor alone ---------------------------------------------------------------------------------------------


def test_an_editor_that_fails_again_and_again_is_left_alone_and_its_people_are_unknown(
    database: Engine, editor: Running
):
    numbers = range(1, 251)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(concurrency=1), *map(rpps, numbers))
    sweep(database, azur)
    asked = len(editor.asked)
    editor.fault("status", count=500)
    ended = again(database, azur)
    assert (ended.keys(), ended["status"]) == ({"status", "paused"}, 7)
    assert len(editor.asked) == asked + 7
    assert {feed_of(database, rpps(number)) for number in numbers} == {(LATER, False, AT)}
    assert len(slots_of(database)) == 250


def test_halves_of_what_fails_whole_take_no_more_than_their_share_of_the_budget(database: Engine, editor: Running):
    numbers = range(1, 51)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(calls_per_hour=32, concurrency=1), *map(rpps, numbers))
    editor.fault("status", count=500)
    assert dict(sweep(database, azur, pause_s=0.0).outcomes) == {"status": 6, "spent": 2}


def test_who_spoils_the_lots_of_a_small_editor_never_has_it_left_alone(database: Engine, editor: Running):
    numbers = range(1, 21)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(concurrency=1), *map(rpps, numbers))
    editor.fault("spoilt", text=rpps(1))
    clock = count(AT, 100)

    async def again_and_again(feeds: Feeds) -> list[str]:
        swept = [await feeds.sweep(azur) for _ in range(8)]
        return [outcome for one in swept for outcome in one.outcomes]

    assert set(with_feeds(database, again_and_again, clock.__next__)) == {"ok", "status"}
    assert {number for number in numbers if not feed_of(database, rpps(number))[1]} == {1}


def test_an_editor_left_alone_comes_back_by_the_halves_of_its_only_lot(database: Engine, editor: Running):
    numbers = range(1, 21)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(concurrency=1), *map(rpps, numbers))
    clock = count(AT, 100)

    async def down_then_spoilt(feeds: Feeds) -> list[dict[str, int]]:
        editor.fault("status", count=500)
        down = await feeds.sweep(azur)
        paused = await feeds.sweep(azur)
        await asyncio.sleep(1.6)
        editor.fault("spoilt", text=rpps(1))
        return [dict(one.outcomes) for one in (down, paused, await feeds.sweep(azur))]

    down, paused, back = with_feeds(database, down_then_spoilt, clock.__next__, pause_s=1.5)
    assert (down, paused) == ({"status": 7}, {"paused": 1})
    assert back["ok"] >= 4
    assert {number for number in numbers if not feed_of(database, rpps(number))[1]} == {1}


def test_somebody_whom_a_check_fails_for_does_not_have_the_editor_left_alone(
    database: Engine, azur: Declared, editor: Running
):
    editor.fault("status", count=500)
    clock = count(LATER, 100)

    async def checked(feeds: Feeds) -> set[str]:
        return {(await feeds.check([ONE]))[ONE] for _ in range(8)}

    assert with_feeds(database, checked, clock.__next__) == {"status"}


def test_a_budget_that_is_spent_and_a_check_that_is_given_up_count_for_nothing(editor: Running):
    editor.begin(one_each(1))
    request = Request("ps", (ONE,), window(AT))

    async def through() -> list[str]:
        async with Client(editor.declared(), asyncio.Semaphore(4)) as client:
            editor.fault("status", count=500)
            ended = [(await client.ask(request, _yes)).outcome for _ in range(4)]
            ended.append((await client.ask(request, _no)).outcome)
            editor.fault("slow", seconds=1.0)
            leaving = asyncio.create_task(client.ask(request, _yes))
            await asyncio.sleep(0.2)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            editor.fault("status", count=500)
            return [*ended, *[(await client.ask(request, _yes)).outcome for _ in range(2)]]

    assert asyncio.run(through()) == [*["status"] * 4, "spent", "status", "paused"]


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


def test_after_a_while_it_is_asked_again(database: Engine, editor: Running):
    numbers = range(1, 251)
    editor.begin(one_each(*numbers))
    azur = declared(database, editor.declared(concurrency=1), *map(rpps, numbers))
    editor.fault("status", count=500, times=5)
    assert sweep(database, azur, pause_s=0.0).outcomes["ok"] > 5
    assert sum(feed_of(database, rpps(number))[1] for number in numbers) >= 245


def test_a_test_editor_says_what_it_does_not_understand(tmp_path: Path):
    with running(tmp_path, Setup(agendas=[])) as editor:
        for order in ([{"name": "nope"}], {"name": "slow"}, "x"):
            assert httpx2.post(f"http://127.0.0.1:{editor.port}/_faults", json=order).status_code == 400
    command = [sys.executable, "-m", "annuaire.demo.editor_server"]
    wrong = subprocess.run([*command, str(tmp_path / "none.json")], capture_output=True, text=True, check=False)
    assert (wrong.returncode, "none.json" in wrong.stderr, "Traceback" in wrong.stderr) == (2, True, False)
    assert "Faults: slow" in subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout
