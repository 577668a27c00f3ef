"""Slots: each within its rules, the same whenever the editor is asked, and honest about what could not be asked."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import pytest

from annuaire.demo.agendas import EDITORS, HORIZON, UNREACHABLE, Agenda, AgendaPlace, slots_of, slots_of_day
from annuaire.demo.bundles import bundle
from annuaire.demo.writing import roster, write_slots
from models.codes import FHIR_AUDIENCES, FHIR_KINDS, FHIR_MODALITIES
from tests.demo.conftest import NOW, Written

INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{2}:\d{2}")
REACHABLE = [editor for editor in EDITORS if editor != UNREACHABLE]
ASKED = {"ps": "schedule.actor:Practitioner.identifier", "sos": "actor:Location.organization.identifier"}

Resource = dict[str, Any]


def agenda(*styles: str, zone: str = "Europe/Paris", rate: float = 8.0) -> Agenda:
    place = AgendaPlace("1690000001", "CABINET", "1 RUE X", "LYON", "69003", "", zone)
    return Agenda("810999999997", "azur", "ps", "TEST", "Ada", "SM54", styles, rate, "open", (place,))


def resources(answers: list[Resource], kind: str) -> Iterator[Resource]:
    for answer in answers:
        for entry in answer.get("entry", []):
            if entry["resource"]["resourceType"] == kind:
                yield entry["resource"]


@pytest.fixture(scope="module")
def slots(demo: Written) -> list[Resource]:
    return [slot for editor in REACHABLE for slot in resources(demo.answers(editor), "Slot")]


def labels(slot: Resource) -> set[str]:
    return {label["code"] for label in slot["meta"]["security"]}


def modalities(slot: Resource) -> set[str]:
    return {service["coding"][0]["code"] for service in slot["serviceType"]} - {"604"}


def kind(slot: Resource) -> str:
    code: str = slot["appointmentType"]["coding"][0]["code"]
    return code


def start(slot: Resource) -> datetime:
    return datetime.fromisoformat(slot["start"])


def end(slot: Resource) -> datetime:
    return datetime.fromisoformat(slot["end"])


def test_every_slot_is_free_whole_and_within_the_window(slots: list[Resource]):
    assert len(slots) > 5_000
    for slot in slots:
        assert slot["status"] == "free"
        assert INSTANT.fullmatch(slot["start"])
        assert INSTANT.fullmatch(slot["end"])
        assert start(slot) < end(slot)
        assert start(slot).timestamp() < NOW + HORIZON


def test_a_creneau_is_still_to_come_and_a_plage_has_not_ended(slots: list[Resource]):
    for slot in slots:
        still = start(slot) if kind(slot) == "ROUTINE" else end(slot) - timedelta(seconds=1)
        assert still.timestamp() >= NOW


def test_some_plages_have_begun(slots: list[Resource]):
    assert any(kind(slot) == "WALKIN" and start(slot).timestamp() < NOW for slot in slots)


def test_every_code_of_a_slot_is_known(slots: list[Resource]):
    for slot in slots:
        assert labels(slot)
        assert labels(slot) <= FHIR_AUDIENCES.keys()
        assert modalities(slot)
        assert modalities(slot) <= FHIR_MODALITIES.keys()
        assert kind(slot) in FHIR_KINDS


def test_every_audience_kind_and_modality_is_there(slots: list[Resource]):
    assert set().union(*map(labels, slots)) == set(FHIR_AUDIENCES)
    assert set().union(*map(modalities, slots)) == set(FHIR_MODALITIES)
    assert set(map(kind, slots)) == set(FHIR_KINDS)
    assert any(len(labels(slot)) > 1 for slot in slots)
    assert any(len(modalities(slot)) > 1 for slot in slots)


def test_a_creneau_has_a_page_to_book_it_and_a_plage_none(slots: list[Resource]):
    assert all(("comment" in slot) == (kind(slot) == "ROUTINE") for slot in slots)


def test_an_agenda_has_at_most_sixty_slots(slots: list[Resource]):
    per_agenda = Counter(slot["id"].rsplit("-", 2)[0] for slot in slots)
    assert max(per_agenda.values()) <= 60
    assert 5 < len(slots) / len(per_agenda) < 40


def test_some_slots_are_at_night_in_the_evening_and_on_sunday(slots: list[Resource]):
    assert any(start(slot).hour >= 20 for slot in slots)
    assert any(start(slot).date() < end(slot).date() and end(slot).hour == 8 for slot in slots)
    assert any(start(slot).weekday() == 6 for slot in slots)


def test_weekends_are_thinner(slots: list[Resource]):
    days = Counter(start(slot).weekday() for slot in slots)
    assert days[6] < days[5] < days[0]


@pytest.mark.parametrize("editor", REACHABLE)
def test_an_answer_says_whom_it_was_asked_for_and_when(demo: Written, editor: str):
    asked: list[str] = []
    for answer in demo.answers(editor):
        query = parse_qs(urlsplit(answer["link"][0]["url"]).query)
        sos = editor == "echo"
        ids = query[ASKED["sos" if sos else "ps"]][0].split(",")
        assert len(ids) <= (10 if sos else 25)
        lower, upper = query["_has:Slot:schedule:start" if sos else "start"]
        assert datetime.fromisoformat(lower.removeprefix("ge")).timestamp() < NOW
        assert datetime.fromisoformat(upper.removeprefix("le")).timestamp() == NOW + HORIZON
        asked += [one.partition("|")[2] for one in ids]
    assert asked == [agenda.id for agenda in roster(demo.folder, editor)]


@pytest.mark.parametrize("editor", REACHABLE)
def test_every_reference_is_answered_and_the_total_is_that_of_the_slots(demo: Written, editor: str):
    for answer in demo.answers(editor):
        entries = [entry["resource"] for entry in answer.get("entry", [])]
        present = {f"{resource['resourceType']}/{resource['id']}" for resource in entries}
        text = msgspec.json.encode(entries).decode()
        referred = set(re.findall(r'"reference":"([^"#]+)"', text))
        assert referred <= present
        assert answer["total"] == sum(resource["resourceType"] == "Slot" for resource in entries)
        assert answer["type"] == "searchset"


def test_a_slot_opened_to_a_cpts_names_it_and_no_other_does(demo: Written):
    found = list(resources(demo.answers("cedre"), "Slot"))
    assert any("CPTS" in labels(slot) for slot in found)
    for slot in found:
        marked = [service for service in slot["serviceType"] if service["coding"][0]["code"] == "604"]
        assert bool(marked) == ("CPTS" in labels(slot))
    known = (demo.folder / "cpts.csv").read_text("utf-8")
    for organization in resources(demo.answers("cedre"), "Organization"):
        assert organization["identifier"][0]["value"][1:] in known


def test_sos_medecins_opens_slots_to_the_public_and_the_regulation_only(demo: Written):
    found = list(resources(demo.answers("echo"), "Slot"))
    assert found
    assert set().union(*map(labels, found)) == {"PUBLIC", "SNP"}
    assert any(modalities(slot) == {"HH"} and start(slot).hour == 20 for slot in found)


def test_an_editor_that_could_not_be_asked_is_a_failure_and_holds_about_one_agenda_in_thirty(demo: Written):
    answers = demo.answers(UNREACHABLE)
    asked = [one for answer in answers for one in answer["asked"]]
    assert {answer["outcome"]["resourceType"] for answer in answers} == {"OperationOutcome"}
    assert asked == [agenda.id for agenda in roster(demo.folder, UNREACHABLE)]
    assert 0.015 < len(asked) / demo.manifest.counts["agendas"] < 0.05


def test_about_one_generalist_in_four_or_five_has_an_agenda(demo: Written):
    with_agenda = {line["id"] for line in demo.lines("roster")}
    generalists = {
        row["Identification nationale PP"]
        for row in demo.rows("activities")
        if row["Code savoir-faire"] in {"SM53", "SM54", "SM26"} and row["Code catégorie professionnelle"] != "E"
    }
    assert 0.19 < len(generalists & with_agenda) / len(generalists) < 0.26


def test_editors_know_places_by_identifiers_that_the_rpps_has(demo: Written):
    known = set()
    for row in demo.rows("activities"):
        finess, siret = row["Numéro FINESS site"], row["Numéro SIRET site"]
        technical = row["Identifiant technique de la structure"]
        known.add(f"1{finess}" if finess else f"3{siret}" if siret else "4" + technical[1:])
    roles = [
        role for editor in ("azur", "brume", "cedre") for role in resources(demo.answers(editor), "PractitionerRole")
    ]
    assert roles
    assert {role["organization"]["identifier"]["value"] for role in roles} <= known


def test_a_maison_medicale_de_garde_receives_in_the_evening(demo: Written):
    guards = [place for line in demo.lines("roster") for place in line["places"] if place["guard"]]
    assert guards
    friday = slots_of_day(1, agenda("guard"), date(2026, 11, 20))
    sunday = slots_of_day(1, agenda("guard"), date(2026, 11, 22))
    for slot in friday:
        assert datetime.fromtimestamp(slot.start, ZoneInfo("Europe/Paris")).hour >= 14
    assert friday or sunday


def test_asking_again_later_changes_no_slot_that_both_answers_may_hold(demo: Written):
    later = NOW + 30 * 3600
    for one in list(roster(demo.folder, "azur"))[:150]:
        before, after = slots_of(1, one, NOW), slots_of(1, one, later)
        shared = [slot for slot in before if slot.start >= later]
        assert shared == [slot for slot in after if slot.start < NOW + HORIZON and slot.start >= later]


def test_asking_again_at_the_same_minute_writes_the_same_bytes(demo: Written, tmp_path: Path):
    (tmp_path / "agendas.ndjson").write_bytes((demo.folder / "agendas.ndjson").read_bytes())
    for editor, name in write_slots(tmp_path, demo.manifest.seed, NOW).items():
        assert (tmp_path / name).read_bytes() == (demo.folder / demo.manifest.slots[editor]).read_bytes()


def test_a_slot_is_known_by_the_same_identifier_whenever_it_is_asked(demo: Written):
    one = next(roster(demo.folder, "azur"))
    days = [slots_of_day(1, one, date(2026, 11, 23)) for _ in range(2)]
    assert days[0] == days[1]
    identifiers = [slot.id for editor in REACHABLE for slot in _all_slots(demo, editor)]
    assert len(set(identifiers)) == len(identifiers)


def _all_slots(demo: Written, editor: str) -> Iterator[Any]:
    for one in roster(demo.folder, editor):
        yield from slots_of(1, one, NOW)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_change_of_hour_leaves_local_hours_and_lengths_alone(day: date):
    paris = ZoneInfo("Europe/Paris")
    found = defaultdict(set)
    for seed in range(40):
        for slot in slots_of_day(seed, agenda("nurse", "sos", "tele"), day):
            assert slot.start < slot.end
            found[slot.kind].add(datetime.fromtimestamp(slot.start, paris).strftime("%H:%M"))
    assert {"07:00", "16:00", "08:00", "20:00"} <= found["plage"]


def test_overseas_agendas_keep_their_own_hours():
    here, there = agenda("cabinet"), agenda("cabinet", zone="Indian/Reunion")
    monday = date(2026, 11, 23)
    paris, reunion = slots_of_day(1, here, monday), slots_of_day(1, there, monday)
    assert paris
    assert [slot.start - 3 * 3600 for slot in paris] == [slot.start for slot in reunion]
    answer = bundle(1, [there], int(datetime(2026, 11, 23, tzinfo=ZoneInfo("Indian/Reunion")).timestamp()))
    assert all(slot["start"].endswith("+04:00") for slot in resources([answer], "Slot"))


def test_people_without_slots_are_answered_for_with_an_empty_bundle():
    quiet = agenda("cabinet", rate=0.0001)
    saturday_night = int(datetime.fromisoformat("2026-11-21T23:00:00+01:00").timestamp())
    answer = bundle(1, [quiet], saturday_night)
    assert answer["total"] == 0
    assert "entry" not in answer
    assert quiet.id in answer["link"][0]["url"]
