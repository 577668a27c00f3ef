"""Editors' answers are read as they come: what can be believed is kept, and who may see it fails closed."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.fhir import (
    Answer,
    BadAnswer,
    SlotGiven,
    booking_url,
    instant,
    read_answer,
    structure_number,
    subject_of,
)
from tests.ingestion.bundles import HOUR, PERSON, SIRET, association, bundle, labels, practice, slot
from tests.ingestion.given import AT


def only(*resources: dict[str, Any]) -> SlotGiven:
    answer = read_answer(bundle(*resources))
    assert answer.refused == ()
    (found,) = answer.slots
    return found


def refused(*resources: dict[str, Any], **values: Any) -> str:
    answer = read_answer(bundle(*resources, **values))
    assert answer.slots == ()
    (reason,) = answer.refused
    return reason


def official(shared_data: Path, name: str) -> Answer:
    return read_answer(json.loads((shared_data / f"{name}.json").read_bytes()))


# Official examples ---------------------------------------------------------------------------------------------------


def test_the_official_bundle_of_individual_professionals(shared_data: Path):
    answer = official(shared_data, "fhir_sas/Bundle-ExampleBundlePSIndiv")
    assert (len(answer.slots), answer.refused) == (4, ())
    assert {slot.subject for slot in answer.slots} == {"p:810100050075", "p:810002673899"}
    assert {slot.audience for slot in answer.slots} == {"public", "professional"}
    walk_in = next(slot for slot in answer.slots if slot.external_id == "ExampleSlotPSIndiv2")
    assert (walk_in.kind, walk_in.audience, walk_in.booking_url) == ("plage", "professional", None)
    assert walk_in.place.identifier == ("finess", "810004956")
    assert walk_in.place.line == "30 rue Mme DELMAS"


def test_motives_are_the_texts_of_services_alone_or_beside_a_code(shared_data: Path):
    answer = official(shared_data, "fhir_sas/Bundle-ExampleBundlePSIndiv")
    assert {slot.external_id: slot.motives for slot in answer.slots} == {
        "ExampleSlotPSIndiv1": ("Visite de contrôle",),
        "ExampleSlotPSIndiv2": ("Visite urgente",),
        "ExampleSlotPSIndiv3": ("Visite de contrôle", "Consultation de suivi pneumologie"),
        "ExampleSlotPSIndiv4": ("Visite de contrôle", "Consultation de suivi pneumologique"),
    }
    beside = [{"coding": [{"code": "AMB"}], "text": "Visite de contrôle"}]
    assert read_answer(bundle(slot(serviceType=beside), *practice())).slots[0].motives == ("Visite de contrôle",)


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        ([" Suivi\n de\tgrossesse ", "Suivi de grossesse"], ("Suivi de grossesse",)),
        (["", "  ", None, {"a": 1}, "\u202e\u200b"], ()),
        (["Vaccin\u202eation"], ("Vaccination",)),
        (["x" * 80, "y" * 81], ("x" * 80, f"{'y' * 79}…")),
        ([f"motif {number}" for number in range(9)], tuple(f"motif {number}" for number in range(5))),
    ],
)
def test_motives_are_few_short_and_on_one_line(texts: list[object], kept: tuple[str, ...]):
    services = [{"coding": [{"code": "AMB"}]}, *({"text": text} for text in texts)]
    (found,) = read_answer(bundle(slot(serviceType=services), *practice())).slots
    assert (found.motives, found.modalities) == (kept, ("cabinet",))


def test_the_official_bundle_of_a_cpts(shared_data: Path):
    (found,) = official(shared_data, "fhir_sas/Bundle-ExampleBundleCPTS1").slots
    assert (found.cpts, found.labels, found.audience) == (("950047225",), ("CPTS", "PUBLIC"), "public")
    assert found.place.identifier == ("rang", "412345678912345")
    assert found.place.phone == "+33561855977"


def test_the_official_bundle_of_sos_medecins(shared_data: Path):
    answer = official(shared_data, "fhir_sas/Bundle-ExampleBundleAgregateurSOS")
    assert len(answer.slots) == 4
    assert {one.siret for one in answer.associations} == {"34173748400020", "92080466300010"}
    assert answer.asked == {"s:34173748400020", "s:92080466300010"}
    assert answer.window == (instant("2023-08-18T09:00:00+02:00"), instant("2023-08-20T08:00:00+02:00"))
    assert {slot.place.name for slot in answer.slots} >= {"Centre de consultation Rennes Nord"}


@pytest.mark.parametrize(("name", "count"), [("ps_indiv", 3), ("sos", 3), ("cpts", 1), ("empty", 0)])
def test_the_examples_written_from_the_contract(shared_data: Path, name: str, count: int):
    answer = official(shared_data, f"fhir_written/{name}")
    assert (len(answer.slots), answer.refused, dict(answer.remarks)) == (count, (), {})
    assert answer.asked


def test_an_appointment_is_no_answer(shared_data: Path):
    with pytest.raises(BadAnswer, match="Appointment"):
        official(shared_data, "fhir_sas/Appointment-1")


# Bundles -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [[], "text", None, {}, {"resourceType": "OperationOutcome"}, {"resourceType": "Bundle", "type": "batch"}]
)
def test_what_is_no_searchset_bundle_is_refused(value: object):
    with pytest.raises(BadAnswer):
        read_answer(value)


def test_an_empty_answer_says_that_there_is_no_slot():
    answer = read_answer(bundle(asked=[PERSON], total=0))
    assert (answer.answered, answer.subjects, answer.slots) == (True, {f"p:{PERSON}"}, ())


def test_a_failure_says_that_slots_are_unknown():
    answer = read_answer({"asked": [PERSON, f"3{SIRET}", "x"], "outcome": {"resourceType": "OperationOutcome"}})
    assert (answer.answered, answer.asked) == (False, {f"p:{PERSON}", f"s:{SIRET}"})


def test_the_request_answered_tells_whom_and_when():
    answer = read_answer(bundle(asked=[PERSON, "810000000002"], window=(AT, AT + 72 * HOUR)))
    assert answer.asked == {"p:810000000001", "p:810000000002"}
    assert answer.window == (AT, AT + 72 * HOUR)


def test_a_bundle_may_tell_when_it_was_made():
    assert read_answer(bundle(meta={"lastUpdated": "2026-11-23T08:00:00+01:00"})).checked_at == AT


def test_total_search_mode_and_profiles_are_not_relied_on():
    stranger = {"resourceType": "Basic", "id": "x"}
    assert len(read_answer(bundle(slot(), *practice(), stranger, total=99)).slots) == 1


# Slots left out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"start": None}, "début « null », fin"),
        ({"end": None}, "fin « null » : instants ISO 8601 avec fuseau horaire attendus"),
        ({"start": "2026-11-23T09:00:00"}, "début « 2026-11-23T09:00:00 », fin"),
        ({"start": "hier"}, "début « hier », fin"),
        ({"start": 12}, "début « 12 », fin"),
        ({"end": "2026-11-23T06:00:00Z"}, "la fin « 2026-11-23T06:00:00Z » n'est pas après le début"),
        ({"minutes": 0}, "n'est pas après le début"),
        ({"status": "busy"}, "« busy », « free » attendu"),
        ({"status": None}, "« free » attendu"),
        ({"schedule": None}, "agenda (schedule) absent"),
        ({"schedule": {"reference": "Schedule/other"}}, "introuvable"),
    ],
)
def test_a_slot_that_cannot_be_believed_is_left_out(changed: dict[str, Any], reason: str):
    assert reason in refused(slot(**changed), *practice())


def test_a_slot_of_nobody_is_left_out():
    agenda, person, role = practice()
    assert "introuvable" in refused(slot(), agenda, role)
    assert "aucun identifiant national" in refused(slot(), agenda, person | {"identifier": []}, role)
    assert "SIRET" in refused(slot(), *association(siret="1690000001"))


def test_a_slot_outside_the_window_asked_is_left_out():
    window = (AT, AT + 72 * HOUR)
    late = refused(slot(AT + 73 * HOUR), *practice(), asked=[PERSON], window=window)
    assert "hors de la période demandée" in late
    assert len(read_answer(bundle(slot(), *practice(), asked=[PERSON], window=window)).slots) == 1


def test_one_bad_slot_leaves_the_others():
    answer = read_answer(bundle(slot(), slot(AT + 2 * HOUR, status="busy"), *practice()))
    assert (len(answer.slots), len(answer.refused)) == (1, 1)


# Time ----------------------------------------------------------------------------------------------------------------


def test_an_instant_is_the_same_in_any_zone():
    assert instant("2026-11-23T08:00:00.000+01:00") == instant("2026-11-23T07:00:00Z") == AT
    assert instant("2026-11-23T03:00:00-04:00") == instant("2026-11-23T11:00:00+04:00") == AT


def test_slots_cross_the_changes_of_hour():
    autumn = slot(start="2026-10-25T02:30:00+02:00", end="2026-10-25T02:15:00+01:00")
    found = only(autumn, *practice())
    assert found.end - found.start == 45 * 60
    spring = only(slot(start="2026-03-29T01:45:00+01:00", end="2026-03-29T03:15:00+02:00"), *practice())
    assert spring.end - spring.start == 30 * 60


def test_wall_time_that_goes_back_in_the_night_of_october_needs_its_offset():
    backwards = slot(start="2026-10-25T02:30:00+02:00", end="2026-10-25T02:15:00+02:00")
    assert "n'est pas après le début" in refused(backwards, *practice())


@pytest.mark.parametrize(("place", "offset"), [("Guadeloupe", "-04:00"), ("La Réunion", "+04:00")])
def test_overseas_slots_keep_their_own_offset(place: str, offset: str):
    written = f"2026-11-23T09:00:00{offset}"
    found = only(slot(start=written, end=f"2026-11-23T09:20:00{offset}"), *practice())
    assert found.start == int(datetime.fromisoformat(written).timestamp())


# Who may see it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "audience"),
    [
        (("PUBLIC", "SNP"), "public"),
        (("PRO", "CPTS"), "professional"),
        (("SNP", "CPTS"), "regulation"),
        (("CPTS",), "cpts"),
    ],
)
def test_the_audience_is_the_widest_label(codes: tuple[str, ...], audience: str):
    found = only(slot(meta=labels(*codes)), *practice())
    assert (found.audience, found.labels) == (audience, tuple(sorted(codes)))


@pytest.mark.parametrize("meta", [None, {}, labels("XYZ"), labels("public"), {"security": "PUBLIC"}])
def test_without_a_known_label_a_slot_is_the_regulation_s_alone(meta: dict[str, Any] | None):
    answer = read_answer(bundle(slot(meta=meta), *practice()))
    assert [found.audience for found in answer.slots] == ["regulation"]
    assert "créneau sans visibilité connue, réservé à la régulation" in answer.remarks


# How, where, whose ---------------------------------------------------------------------------------------------------


def test_modalities_come_from_the_consultation_types():
    types = [
        {"coding": [{"code": "VR"}]},
        {"coding": [{"code": "HH"}]},
        {"text": "Suivi"},
        {"coding": [{"code": "IMP"}]},
    ]
    assert only(slot(serviceType=types), *practice()).modalities == ("teleconsultation", "domicile")


def test_a_slot_without_consultation_type_is_at_the_practice_and_said():
    answer = read_answer(bundle(slot(serviceType=[{"text": "Visite"}]), *practice()))
    assert answer.slots[0].modalities == ("cabinet",)
    assert "créneau sans type de consultation, mis au cabinet" in answer.remarks


def test_without_appointment_it_is_a_plage():
    walk_in = {"coding": [{"code": "WALKIN"}]}
    assert only(slot(appointmentType=walk_in), *practice()).kind == "plage"
    assert only(slot(appointmentType=None), *practice()).kind == "creneau"


def test_specialties_are_codes_and_a_text_alone_is_none():
    specialties = [{"text": "ORL"}, {"coding": [{"code": "SM39"}], "text": "ORL"}]
    assert only(slot(specialty=specialties), *practice()).specialties == ("SM39",)


def test_references_are_found_by_type_and_id_or_by_the_end_of_the_url():
    agenda, person, role = practice()
    entries = [{"resource": slot(schedule={"reference": "https://other/fhir/Schedule/agenda/_history/3"})}]
    entries += [{"fullUrl": "https://<base_URl>/Schedule/agenda", "resource": {**agenda, "id": None}}]
    entries += [{"resource": person}, {"resource": role}]
    answer = read_answer({"resourceType": "Bundle", "type": "searchset", "entry": entries})
    assert (answer.refused, len(answer.slots)) == ((), 1)


def test_a_role_without_a_place_leaves_the_slot_at_every_place():
    agenda, person, _ = practice()
    alone = agenda | {"actor": agenda["actor"][:1]}
    answer = read_answer(bundle(slot(), alone, person))
    assert answer.slots[0].place is None
    assert "agenda sans lieu d'exercice" in answer.remarks


def test_the_cpts_of_a_slot_are_found_through_their_services():
    def marked(reference: str) -> dict[str, Any]:
        url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType"
        return {"coding": [{"code": "604"}], "extension": [{"url": url, "valueReference": {"reference": reference}}]}

    service = {"resourceType": "HealthcareService", "id": "cpts", "providedBy": {"reference": "Organization/cpts"}}
    community = {"resourceType": "Organization", "id": "cpts", "identifier": [{"value": "1690012345"}]}
    found = only(slot(serviceType=[marked("HealthcareService/cpts")]), *practice(), service, community)
    assert found.cpts == ("690012345",)
    lost = read_answer(bundle(slot(serviceType=[marked("HealthcareService/none")]), *practice()))
    assert (lost.slots[0].cpts, "CPTS d'un créneau introuvable" in lost.remarks) == ((), True)


def test_a_fixed_point_is_its_association_s():
    answer = read_answer(bundle(slot(), *association()))
    assert answer.slots[0].subject == f"s:{SIRET}"
    assert answer.slots[0].place.phone == "+33478000042"
    assert answer.slots[0].place.identifier is None
    assert [one.name for one in answer.associations] == ["SOS Médecins Villeurbanne"]


@pytest.mark.parametrize(
    ("number", "subject"),
    [
        ("810000000001", "p:810000000001"),
        ("10000000001", "p:810000000001"),
        ("0691234567", "p:0691234567"),
        (f"3{SIRET}", f"s:{SIRET}"),
        ("1690000001", None),
        ("8١٠٠٠٠٠٠٠٠٠١", None),
        ("٣٣٣٣٣٣٣٣٣٣٣٣٣٣", None),
        ("", None),
    ],
)
def test_identifiers_are_national_numbers_prefixed_or_not(number: str, subject: str | None):
    assert subject_of(number) == subject


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("1690000001", ("finess", "690000001")),
        ("690000001", ("finess", "690000001")),
        ("12A0001234", ("finess", "2A0001234")),
        (f"3{SIRET}", ("siret", SIRET)),
        ("410000000001001", ("rang", "410000000001001")),
        ("001920057500", ("rang", "001920057500")),
        ("uuid", None),
    ],
)
def test_structures_have_a_prefix_that_tells_their_kind(number: str, found: tuple[str, str] | None):
    assert structure_number(number) == found


# Links ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://rdv.example/martel", "https://rdv.example/martel"),
        ("http://rdv.example/?a=1&b=", "http://rdv.example/?a=1&b="),
        ("https://rdv.example/?a=1&origin=sas", "https://rdv.example/?a=1"),
        ("https://rdv.example/?origin=sas", "https://rdv.example/"),
        ("https://rdv.example/?a=b%20c;d&%6Frigin=x&origin&e#origin=f", "https://rdv.example/?a=b%20c;d&e#origin=f"),
    ],
)
def test_a_link_is_shown_without_origin(given: str, kept: str):
    assert booking_url(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//rdv.example",
        "rdv.example",
        "https://",
        "https://user:password@rdv.example/",
        "https://rdv.example/\n",
        "https://rdv.example/a b",
        "https://[",
        "https://rdv.example/" + "x" * 2048,
        3,
        None,
    ],
)
def test_a_link_that_may_not_be_shown_is_none(given: object):
    assert booking_url(given) is None


def test_a_slot_keeps_without_its_bad_link():
    answer = read_answer(bundle(slot(comment="javascript:alert(1)"), *practice()))
    assert (answer.slots[0].booking_url, dict(answer.remarks)) == (None, {"lien de réservation refusé": 1})
