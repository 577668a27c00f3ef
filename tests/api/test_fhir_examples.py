"""The official appointments, each without one of its mandatory elements, at whatever depth it lies."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from search_api.fhir.appointment import read
from search_api.fhir.outcomes import NotAccepted

EXAMPLES = ("Appointment-1.json", "Appointment-2.json", "Appointment-12345678.json")
OPERATOR = "extension.0.valueReference"
MANDATORY = {
    "extension": "extension",
    "extension.0.url": "extension",
    OPERATOR: "extension",
    f"{OPERATOR}.identifier": "extension",
    f"{OPERATOR}.identifier.system": "extension",
    f"{OPERATOR}.identifier.value": "extension",
    "identifier": "identifier",
    "identifier.0": "identifier",
    "identifier.0.system": "identifier",
    "identifier.0.value": "identifier",
    "status": "status",
    "start": "start",
    "end": "end",
    "participant": "participant",
    "participant.0": "participant",
    "participant.0.status": "participant.status",
}
"""What an appointment must have, and where it is said that it has not."""
OF_SOMEBODY = ("participant.0.actor.identifier", "participant.0.actor.identifier.value")
"""What an actor must have, where there is one: an association's appointment has none yet."""


def without(resource: dict[str, Any], path: str) -> dict[str, Any]:
    left = deepcopy(resource)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inside: Any = left
    for part in way:
        inside = inside[part]
    del inside[last]
    return left


def example(shared_data: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((shared_data / "fhir_sas" / name).read_text("utf-8"))
    return content


def said(resource: dict[str, Any]) -> list[str]:
    with pytest.raises(NotAccepted) as refused:
        read(resource, "azur")
    assert refused.value.status == 422
    return [issue.path for issue in refused.value.issues]


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("path", MANDATORY)
def test_without_a_mandatory_element_it_is_refused_by_its_path(shared_data: Path, name: str, path: str):
    assert said(without(example(shared_data, name), path)) == [f"Appointment.{MANDATORY[path]}"]


@pytest.mark.parametrize("name", EXAMPLES[:2])
@pytest.mark.parametrize("path", OF_SOMEBODY)
def test_an_actor_whom_nothing_names_is_refused(shared_data: Path, name: str, path: str):
    assert said(without(example(shared_data, name), path)) == ["Appointment.participant.actor.identifier"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_without_what_is_not_mandatory_it_is_the_same(shared_data: Path, name: str):
    whole = example(shared_data, name)
    for path in ("id", "meta", "created", "text", f"{OPERATOR}.identifier.type"):
        assert read(without(whole, path), "azur") == read(whole, "azur")
