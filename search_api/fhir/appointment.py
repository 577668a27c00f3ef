"""Reading an Appointment of the SAS (profiles `FrAppointmentSAS` and `sas-sos-appointment`). Pure.

Only what an orientation needs is read: nothing of a patient is there, and nothing else is kept. Code systems are not
relied on (three name the same types): an identifier is known by its type's code and its system.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from registry.appointments import Booked
from search_api.fhir.outcomes import Issue, NotAccepted

OPERATOR: Final = "http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator"
PERSONS: Final = "urn:oid:1.2.250.1.71.4.2.1"
STATES: Final[Mapping[str, str]] = {
    "booked": "made",
    "pending": "made",
    "fulfilled": "honoured",
    "noshow": "noshow",
    "cancelled": "cancelled",
}
"""What becomes of the patient, by the status of the appointment."""
EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""Between which instants (epoch seconds) an appointment may be: 2000 and 2100."""
LONGEST: Final = 256
"""Characters of an identifier, at most."""

_RPPS = re.compile(r"8?(\d{11})")
_ADELI = re.compile(r"0[0-9AB]{9}")

Json = Any
"""A JSON value, as an editor sent it."""


def read(resource: Json, editor: str) -> Booked:
    """The appointment that a JSON value is.

    Raises:
        NotAccepted: it is none (400), or it breaks rules of the profile (422): every one is said.

    """
    if not isinstance(resource, dict) or resource.get("resourceType") != "Appointment":
        raise NotAccepted(400, Issue("", "une ressource Appointment est attendue", "structure"))
    if issues := tuple(_issues(resource)):
        raise NotAccepted(422, *issues)
    start, end = (instant(resource[name]) or 0 for name in ("start", "end"))
    return Booked(
        identifier=_token(resource["identifier"][0]),
        editor=editor,
        subject=_practitioner(resource),
        regulator=_token(_operators(resource)[0]),
        state=STATES[resource["status"]],
        start=start,
        end=end,
    )


def _issues(resource: Mapping[str, Json]) -> Iterator[Issue]:
    """Every rule that an appointment breaks, in the order of the profile."""
    for path, those in (("extension", _operators(resource)), ("identifier", _dicts(resource, "identifier"))):
        if len(those) != 1:
            yield Issue(f"Appointment.{path}", f"{MUST[path]}, il y en a {len(those)}", "required")
        elif not _is_token(those[0]):
            yield Issue(f"Appointment.{path}", "system et value, de 1 à 256 caractères sans espace", "value")
    if str(resource.get("status")) not in STATES:
        yield Issue("Appointment.status", f"l’un de {', '.join(STATES)}", "code-invalid")
    yield from _of_times(resource)
    participants = _dicts(resource, "participant")
    if not participants:
        yield Issue("Appointment.participant", "au moins un participant : le professionnel", "required")
    elif any(one.get("status") not in ("accepted", "needs-action") for one in participants):
        yield Issue("Appointment.participant.status", "« accepted » ou « needs-action »", "code-invalid")
    elif _dict(participants[0], "actor") and _practitioner(resource) is None:
        yield Issue("Appointment.participant.actor.identifier", "8 et le RPPS, ou 0 et l’ADELI", "value")


MUST: Final = {
    "extension": "le régulateur qui a pris le rendez-vous, une fois (FrAppointmentOperator)",
    "identifier": "un identifiant, et un seul",
}


def _of_times(resource: Mapping[str, Json]) -> Iterator[Issue]:
    start, end = (instant(resource.get(name)) for name in ("start", "end"))
    for name, moment in (("start", start), ("end", end)):
        if moment is None or not EARLIEST <= moment < LATEST:
            yield Issue(f"Appointment.{name}", "un instant ISO 8601 avec son fuseau horaire, de 2000 à 2100", "value")
    if start is not None and end is not None and end <= start:
        yield Issue("Appointment.end", "une fin après le début")


def instant(text: Json) -> int | None:
    """The epoch seconds of a FHIR instant; None without a zone, or when it is not one."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def tokens(query: Iterable[tuple[str, str]]) -> list[str]:
    """The identifiers that a conditional update names: `system|value`, or the value alone."""
    return [value for name, value in query if name.lower() == "identifier"]


# Parts ---------------------------------------------------------------------------------------------------------------


def _operators(resource: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    """The identifiers of those who booked."""
    found = (one for one in _dicts(resource, "extension") if one.get("url") == OPERATOR)
    return [_dict(_dict(one, "valueReference"), "identifier") for one in found]


def _practitioner(resource: Mapping[str, Json]) -> str | None:
    """The subject that a patient is sent to; None when the editor does not know yet (SOS Médecins)."""
    for participant in _dicts(resource, "participant"):
        identifier = _dict(_dict(participant, "actor"), "identifier")
        number = str(identifier.get("value") or "")
        if found := _RPPS.fullmatch(number):
            return f"p:8{found[1]}"
        if _ADELI.fullmatch(number):
            return f"p:{number}"
    return None


def _is_token(identifier: Mapping[str, Json]) -> bool:
    parts = (identifier.get("system"), identifier.get("value"))
    return all(
        isinstance(part, str) and 0 < len(part) <= LONGEST and not re.search(r"[\s|\x00]", part) for part in parts
    )


def _token(identifier: Mapping[str, Json]) -> str:
    return f"{identifier['system']}|{identifier['value']}"


def _dict(value: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _dicts(value: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    found = value.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
