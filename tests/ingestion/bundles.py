"""Bundles made for a test: one practitioner with one place, or one association with one point. All invented."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.ingestion.given import AT

PERSON = "810000000001"
SIRET = "12345678900011"
RESOURCES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
HOUR = 3600


def moment(instant: int) -> str:
    """A FHIR instant."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds")


def slot(at: int = AT + HOUR, minutes: int = 15, **values: Any) -> dict[str, Any]:
    """A free public créneau at the practice, but for these values; None removes one."""
    made = {
        "resourceType": "Slot",
        "id": f"slot-{at}",
        "meta": {"security": [{"code": "PUBLIC"}]},
        "serviceType": [{"coding": [{"code": "AMB"}]}],
        "specialty": [{"coding": [{"code": "SM54"}]}],
        "appointmentType": {"coding": [{"code": "ROUTINE"}]},
        "schedule": {"reference": "Schedule/agenda"},
        "status": "free",
        "start": moment(at),
        "end": moment(at + minutes * 60),
        "comment": "https://rdv.example/martel",
    }
    return {name: value for name, value in (made | values).items() if value is not None}


def labels(*codes: str) -> dict[str, Any]:
    """The `meta` of a slot with these visibility labels."""
    return {"security": [{"code": code} for code in codes]}


def practice(
    identifier: str | None = "1690000001",
    line: str = "12 rue de la République",
    city: str = "VILLEURBANNE",
    postal_code: str = "69100",
    person: str = PERSON,
) -> list[dict[str, Any]]:
    """A practitioner, a role at a place, and the schedule of both."""
    location = {
        "resourceType": "Location",
        "id": "place",
        "address": {"line": [line], "city": city, "postalCode": postal_code},
    }
    role = {
        "resourceType": "PractitionerRole",
        "id": "role",
        "contained": [location],
        "location": [{"reference": "#place"}],
    }
    if identifier:
        role["organization"] = {"identifier": {"value": identifier}}
    number = {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": person}
    actors = [{"reference": "Practitioner/person"}, {"reference": "PractitionerRole/role"}]
    return [
        {"resourceType": "Schedule", "id": "agenda", "actor": actors},
        {"resourceType": "Practitioner", "id": "person", "identifier": [number]},
        role,
    ]


def association(siret: str = f"3{SIRET}", name: str = "SOS Médecins Villeurbanne") -> list[dict[str, Any]]:
    """An association with a fixed point, and its schedule."""
    identifier = {"system": "urn:oid:1.2.250.1.71.4.2.2", "value": siret}
    return [
        {"resourceType": "Schedule", "id": "agenda", "actor": [{"reference": "Location/point"}]},
        {
            "resourceType": "Location",
            "id": "point",
            "name": "Point de garde Centre",
            "identifier": [{"system": "https://editeur.example", "value": "42"}],
            "telecom": [{"system": "phone", "value": "+33478000042"}],
            "address": {"line": ["3 place Lazare Goujon"], "city": "VILLEURBANNE", "postalCode": "69100"},
            "managingOrganization": {"reference": "Organization/sos"},
        },
        {"resourceType": "Organization", "id": "sos", "identifier": [identifier], "name": name},
    ]


def bundle(*resources: dict[str, Any], asked: Iterable[str] = (), window: tuple[int, int] | None = None, **values: Any):
    """A searchset Bundle of these resources, with the request it answers if one is said."""
    made = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [
            {"fullUrl": f"https://x/{one['resourceType']}/{one.get('id')}", "resource": one} for one in resources
        ],
    }
    if asked:
        ids = ",".join(f"urn:oid:1.2.250.1.71.4.2.1%7C{identifier}" for identifier in asked)
        bounds = "".join(
            f"&start={name}{quote(moment(at))}" for name, at in zip(("ge", "le"), window or (), strict=False)
        )
        url = f"https://x/Slot?_include=Slot:schedule{bounds}&schedule.actor:Practitioner.identifier={ids}&status=free"
        made["link"] = [{"relation": "self", "url": url}]
    return made | values


def answers(path: Path, *found: dict[str, Any]) -> Path:
    """Write answers, one a line."""
    path.write_text("".join(json.dumps(one) + "\n" for one in found))
    return path
