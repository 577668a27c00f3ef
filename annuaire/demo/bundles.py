"""What editors answer: FHIR searchset bundles of the SAS profiles (PS, CPTS, SOS), by lots, or a failure.

One line of the file is one answer (see docs/formats.md, *Slots*).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from annuaire.demo.agendas import HORIZON, UNREACHABLE, Agenda, AgendaPlace, Flow, Slot, slots_of
from annuaire.demo.draws import draw
from ingestion.feeds.requests import LOTS, Request, fhir_instant, url
from models.clock import PARIS
from models.identifiers import PERSONS, STRUCTURES

Resource = dict[str, Any]

EARLIER = 12 * 3600
"""How long before now the window asked for begins: plages that have begun are in it."""

_SAS = "http://sas.fr/fhir/StructureDefinition/"
_IG = "https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/"
_PROFILES = {
    ("ps", "Bundle"): f"{_SAS}BundleAgregateur",
    ("ps", "Slot"): f"{_SAS}FrSlotAgregateur",
    ("ps", "Schedule"): f"{_SAS}FrScheduleAgregateur",
    ("ps", "Practitioner"): f"{_SAS}FrPractitionerAgregateur",
    ("ps", "PractitionerRole"): f"{_SAS}FrPractitionerRoleExerciceAgregateur",
    ("ps", "Location"): f"{_SAS}FrLocationAgregateur",
    ("cpts", "Bundle"): f"{_IG}sas-cpts-bundle-aggregator",
    ("cpts", "Slot"): f"{_IG}sas-cpts-slot-aggregator",
    ("cpts", "HealthcareService"): f"{_IG}sas-cpts-healthcareservice-aggregator",
    ("cpts", "Organization"): f"{_IG}sas-cpts-organization-aggregator",
    ("sos", "Bundle"): f"{_IG}sas-sos-bundle-aggregator",
    ("sos", "Slot"): f"{_IG}sas-sos-slot-aggregator",
    ("sos", "Schedule"): f"{_IG}sas-sos-schedule-aggregator",
    ("sos", "Location"): f"{_IG}sas-sos-location-aggregator",
    ("sos", "Organization"): f"{_IG}sas-sos-organization-aggregator",
}
_PERSON_TYPE = "http://interopsante.org/fhir/CodeSystem/fr-v2-0203"
_LOCATION_TYPE = "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type"
_CORE_TYPE = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
_LABELS = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau"
_CONSULTATIONS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_APPOINTMENTS = "http://terminology.hl7.org/CodeSystem/v2-0276"
_SPECIALTIES = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
_CATEGORIES = "https://mos.esante.gouv.fr/NOS/TRE_R66-CategorieEtablissement/FHIR/TRE-R66-CategorieEtablissement"
_SERVICE_REFERENCE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType"
_KINDS = {"creneau": "ROUTINE", "plage": "WALKIN"}


def answers(seed: int, agendas: Sequence[Agenda], now: int) -> Iterator[bytes]:
    """The lines of one editor's file: an answer by lot, or by lot a failure for the one that cannot be asked."""
    flow = agendas[0].flow if agendas else "ps"
    size = LOTS[flow]
    for first in range(0, len(agendas), size):
        lot = agendas[first : first + size]
        answer = _failure(lot) if lot[0].editor == UNREACHABLE else bundle(seed, lot, now)
        yield msgspec.json.encode(answer) + b"\n"


def bundle(seed: int, lot: Sequence[Agenda], now: int) -> Resource:
    """The answer for a lot of agendas of one editor and flow; without any entry when nobody has a slot."""
    with_slots = [(agenda, found) for agenda in lot if (found := slots_of(seed, agenda, now))]
    return searchset(with_slots, lot[0].flow, _query(lot, now), _answered_at(seed, lot, now))


def searchset(with_slots: Sequence[tuple[Agenda, list[Slot]]], flow: Flow, request: str, answered_at: int) -> Resource:
    """The Bundle of these agendas' slots, that answers a request (its address) at an instant."""
    resources = list(_resources(with_slots))
    total = sum(resource["resourceType"] == "Slot" for resource in resources)
    meta = {"lastUpdated": fhir_instant(answered_at, PARIS), **_meta(flow, "Bundle")["meta"]}
    link = [{"relation": "self", "url": request}]
    answer = {"resourceType": "Bundle", "meta": meta, "type": "searchset", "total": total, "link": link}
    base = request.partition("?")[0].rpartition("/")[0]
    entries = [_entry(base, flow, resource) for resource in resources]
    return {**answer, "entry": entries} if entries else answer


def _answered_at(seed: int, lot: Sequence[Agenda], now: int) -> int:
    """When the editor answered: some minutes ago, hours ago for one lot in eight."""
    rng = draw(seed, "answered", lot[0].editor, lot[0].id)
    return now - 60 * (rng.randint(120, 420) if rng.random() < 0.125 else rng.randint(0, 25))


def _resources(with_slots: Sequence[tuple[Agenda, list[Slot]]]) -> Iterator[Resource]:
    """Slots first, then what they refer to, each once."""
    for agenda, found in with_slots:
        yield from (_slot(agenda, slot) for slot in found)
    others: dict[str, Resource] = {}
    for agenda, found in with_slots:
        ranks = sorted({slot.place for slot in found})
        parts = _association_parts(agenda, ranks) if agenda.flow == "sos" else _person_parts(agenda, ranks)
        others.update({f"{part['resourceType']}/{part['id']}": part for part in parts})
    yield from others.values()


def _failure(lot: Sequence[Agenda]) -> Resource:
    """What the caller notes when an editor does not answer in time."""
    text = {"text": "Le serveur de l'éditeur n'a pas répondu en 7 secondes."}
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout", "details": text}]}
    return {"asked": [agenda.id for agenda in lot], "outcome": outcome}


def _query(lot: Sequence[Agenda], now: int) -> str:
    """The request that this answers, as the contract writes it."""
    prefix = "s:" if lot[0].flow == "sos" else "p:8"
    subjects = tuple(f"{prefix}{agenda.id[1:]}" for agenda in lot)
    asked = Request(lot[0].flow, subjects, (now - EARLIER, now + HORIZON))
    return url(f"https://{lot[0].editor}.example/fhir", asked)


def _meta(flow: str, kind: str) -> Resource:
    return {"meta": {"profile": [_PROFILES.get((flow, kind)) or _PROFILES["ps", kind]]}}


def _entry(base: str, flow: str, resource: Resource) -> Resource:
    match = resource["resourceType"] == ("Schedule" if flow == "sos" else "Slot")
    url = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match" if match else "include"}}


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _identifier(system: str, kind: str, value: str, of: str) -> Resource:
    return {"type": _coded(of, kind), "system": system, "value": value}


def _slot(agenda: Agenda, slot: Slot) -> Resource:
    zone = agenda.places[slot.place].zone
    services = [_coded(_CONSULTATIONS, code) for code in slot.modalities]
    communities = [_community(finess) for finess, _ in agenda.cpts] if "CPTS" in slot.labels else []
    meta = _meta(agenda.flow, "Slot")["meta"]
    labels = [{"system": _LABELS, "code": label} for label in slot.labels]
    specialty = {"specialty": [_coded(_SPECIALTIES, agenda.specialty)]} if agenda.specialty else {}
    page = f"https://rdv.{agenda.editor}.example/{agenda.id}"
    return {
        "resourceType": "Slot",
        "id": slot.id,
        "meta": {**meta, "security": labels},
        "serviceType": [*services, *communities],
        **specialty,
        "appointmentType": _coded(_APPOINTMENTS, _KINDS[slot.kind]),
        "schedule": {"reference": f"Schedule/{_schedule(agenda, slot.place)}"},
        "status": "free",
        "start": fhir_instant(slot.start, zone),
        "end": fhir_instant(slot.end, zone),
        **({"comment": page} if slot.kind == "creneau" else {}),
    }


def _community(finess: str) -> Resource:
    """The mark of a slot that is opened to a CPTS."""
    reference = {"url": _SERVICE_REFERENCE, "valueReference": {"reference": f"HealthcareService/offre-{finess}"}}
    return {"extension": [reference], **_coded(_CATEGORIES, "604")}


def _schedule(agenda: Agenda, place: int) -> str:
    return f"agenda-{agenda.id}-{place + 1}"


def _person_parts(agenda: Agenda, ranks: Sequence[int]) -> Iterator[Resource]:
    """The person, a role and a schedule for each place, and the CPTS that have slots opened to them."""
    identifier = _identifier(PERSONS, "IDNPS", agenda.id, _PERSON_TYPE)
    name = [{"family": agenda.family, "given": [agenda.given]}]
    person = {"resourceType": "Practitioner", "id": f"ps-{agenda.id}", **_meta(agenda.flow, "Practitioner")}
    yield {**person, "identifier": [identifier], "name": name}
    for rank in ranks:
        yield _role(agenda, agenda.places[rank], rank)
        actors = [
            {"reference": f"Practitioner/ps-{agenda.id}"},
            {"reference": f"PractitionerRole/{_role_id(agenda, rank)}"},
        ]
        schedule = {"resourceType": "Schedule", "id": _schedule(agenda, rank), **_meta(agenda.flow, "Schedule")}
        yield {**schedule, "actor": actors}
    for finess, label in agenda.cpts:
        yield from _cpts_parts(finess, label)


def _role_id(agenda: Agenda, rank: int) -> str:
    return f"exercice-{agenda.id}-{rank + 1}"


def _role(agenda: Agenda, place: AgendaPlace, rank: int) -> Resource:
    location = f"lieu-{agenda.id}-{rank + 1}"
    identifier = _identifier(f"https://{agenda.editor}.example/lieux", "INTRN", location, _LOCATION_TYPE)
    head = {"resourceType": "Location", "id": location, **_meta(agenda.flow, "Location")}
    organization = {"identifier": _identifier(STRUCTURES, "IDNST", place.idnst, _PERSON_TYPE)}
    return {
        "resourceType": "PractitionerRole",
        "id": _role_id(agenda, rank),
        **_meta(agenda.flow, "PractitionerRole"),
        "contained": [{**head, "identifier": [identifier], "address": _address(place)}],
        "practitioner": {"reference": f"Practitioner/ps-{agenda.id}"},
        "organization": organization,
        "location": [{"reference": f"#{location}"}],
        **_telecom(place.phone),
    }


def _address(place: AgendaPlace) -> Resource:
    return {"line": [place.line or place.name], "city": place.city, "postalCode": place.postal_code}


def _telecom(phone: str) -> Resource:
    return {"telecom": [{"system": "phone", "value": f"+33{phone[1:]}"}]} if phone else {}


def _cpts_parts(finess: str, label: str) -> Iterator[Resource]:
    service = {"resourceType": "HealthcareService", "id": f"offre-{finess}", **_meta("cpts", "HealthcareService")}
    yield {**service, "providedBy": {"reference": f"Organization/cpts-{finess}"}}
    organization = {"resourceType": "Organization", "id": f"cpts-{finess}", **_meta("cpts", "Organization")}
    yield {
        **organization,
        "identifier": [_identifier(STRUCTURES, "IDNST", f"1{finess}", _CORE_TYPE)],
        "name": label,
    }


def _association_parts(agenda: Agenda, ranks: Sequence[int]) -> Iterator[Resource]:
    """The association, and a location and a schedule for each of its on-call points."""
    organization = {"resourceType": "Organization", "id": f"sos-{agenda.id}", **_meta("sos", "Organization")}
    identifier = _identifier(STRUCTURES, "IDNST", agenda.id, _LOCATION_TYPE)
    yield {**organization, "identifier": [identifier], "name": agenda.family}
    for rank in ranks:
        yield _point(agenda, agenda.places[rank], rank)
        schedule = {"resourceType": "Schedule", "id": _schedule(agenda, rank), **_meta("sos", "Schedule")}
        yield {**schedule, "actor": [{"reference": f"Location/pfg-{agenda.id}-{rank + 1}"}]}


def _point(agenda: Agenda, place: AgendaPlace, rank: int) -> Resource:
    key = f"pfg-{agenda.id}-{rank + 1}"
    head = {"resourceType": "Location", "id": key, **_meta("sos", "Location")}
    identifier = _identifier(f"https://{agenda.editor}.example/pfg", "INTRN", key, _LOCATION_TYPE)
    managing = {"managingOrganization": {"reference": f"Organization/sos-{agenda.id}"}}
    return {
        **head,
        "identifier": [identifier],
        "name": place.name,
        **_telecom(place.phone),
        "address": _address(place),
        **managing,
    }
