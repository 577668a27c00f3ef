"""Reading an Appointment of the SAS (profiles `FrAppointmentSAS` and `sas-sos-appointment`). Pure.

Only what an orientation needs is read: nothing of a patient is there, and nothing else is kept. The type of an
identifier is not relied on (three code systems name the same types): whom it names is told by its system and its form.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from models.identifiers import PERSONS, SIRET, STRUCTURES, person
from registry.appointments import Booked
from search_api.fhir.outcomes import Issue, NotAccepted

OPERATOR: Final = "http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator"
SOS_PROFILE: Final = "/sas-sos-appointment"
STATES: Final[Mapping[str, str]] = {
    "booked": "made",
    "pending": "made",
    "arrived": "honoured",
    "checked-in": "honoured",
    "fulfilled": "honoured",
    "noshow": "noshow",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
}
"""What becomes of the patient, by the status of the appointment (FHIR R4, `appointmentstatus`)."""
UNSETTLED: Final = ("proposed", "waitlist")
"""Statuses of FHIR that take no slot: there is nothing to keep of them yet."""
EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""Between which instants (epoch seconds) an appointment may be: 2000 and 2100."""
LASTING_S: Final = 3 * 86_400
"""An appointment lasts no longer than what is searched."""
LONGEST: Final = 256
"""Characters of an identifier, at most."""

_SIRET = re.compile(f"3?({SIRET})")

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
        subject=_received_by(resource),
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
    yield from _of_status(resource.get("status"))
    yield from _of_times(resource)
    participants = _dicts(resource, "participant")
    if not participants:
        yield Issue("Appointment.participant", "au moins un participant : le professionnel", "required")
    elif any(one.get("status") not in ("accepted", "needs-action") for one in participants):
        yield Issue("Appointment.participant.status", "« accepted » ou « needs-action »", "code-invalid")
    elif _names_somebody(resource) and _received_by(resource) is None:
        yield Issue("Appointment.participant.actor.identifier", ACTOR, "value")


MUST: Final = {
    "extension": "le régulateur qui a pris le rendez-vous, une fois (FrAppointmentOperator)",
    "identifier": "un identifiant, et un seul",
}

ACTOR: Final = (
    f"un professionnel ({PERSONS}, 8 et le RPPS ou 0 et l’ADELI) ou son association ({STRUCTURES}, 3 et le SIRET)"
)


def _of_status(status: Json) -> Iterator[Issue]:
    known = f"l’un de {', '.join(STATES)}"
    if status in UNSETTLED:
        yield Issue("Appointment.status", f"« {status} » ne prend pas de créneau : {known}", "business-rule")
    elif not isinstance(status, str) or status not in STATES:
        yield Issue("Appointment.status", known, "code-invalid")


def _of_times(resource: Mapping[str, Json]) -> Iterator[Issue]:
    start, end = (instant(resource.get(name)) for name in ("start", "end"))
    for name, moment in (("start", start), ("end", end)):
        if moment is None or not EARLIEST <= moment < LATEST:
            yield Issue(f"Appointment.{name}", "un instant ISO 8601 avec son fuseau horaire, de 2000 à 2100", "value")
    if start is not None and end is not None and end <= start:
        yield Issue("Appointment.end", "une fin après le début")
    elif start is not None and end is not None and end - start > LASTING_S:
        yield Issue("Appointment.end", "une fin au plus 72 heures après le début")


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


def _received_by(resource: Mapping[str, Json]) -> str | None:
    """Whom a patient is sent to: the first professional, else the first structure; None when nobody is named."""
    actors = [_dict(_dict(one, "actor"), "identifier") for one in _dicts(resource, "participant")]
    subjects = [subject for actor in actors if (subject := _subject(actor.get("system"), str(actor.get("value"))))]
    return min(subjects, key=lambda subject: subject.startswith("s:"), default=None)


def _names_somebody(resource: Mapping[str, Json]) -> bool:
    """Whether an appointment must name whom we know: SOS Médecins' profile leaves its actors free."""
    profiles = _dict(resource, "meta").get("profile")
    if isinstance(profiles, list) and any(str(profile).endswith(SOS_PROFILE) for profile in profiles):
        return False
    return any("actor" in one for one in _dicts(resource, "participant"))


def _subject(system: Json, number: str) -> str | None:
    """Whom the identifier of an actor names."""
    if system == STRUCTURES:
        return f"s:{found[1]}" if (found := _SIRET.fullmatch(number)) else None
    named = person(number) if system == PERSONS else None
    return f"p:{named}" if named else None


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
