"""All the official examples are read, and each still is without one of its mandatory elements.

The examples lie beside the project; without them the tests are skipped.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ingestion.fhir import Answer, BadAnswer, read_answer

Resource = dict[str, Any]
COUNT = 43
LOST = {
    "Slot": ("status", "start", "end", "schedule", "schedule.reference"),
    "Schedule": ("actor",),
    "Practitioner": ("identifier", "identifier.0.value"),
    "Location": ("managingOrganization", "managingOrganization.reference"),
    "Organization": ("identifier", "identifier.0.value"),
}
"""Elements without which the slots that rest on a resource cannot be believed."""
KEPT = {
    "Slot": ("id", "meta", "meta.security", "serviceType", "specialty", "appointmentType", "comment"),
    "Schedule": ("id", "meta", "actor.1"),
    "Practitioner": ("id", "meta", "name", "name.0.family", "identifier.0.system", "identifier.0.type"),
    "PractitionerRole": (
        "id",
        "meta",
        "contained",
        "contained.0.id",
        "contained.0.identifier",
        "contained.0.address",
        "contained.0.address.line",
        "contained.0.address.city",
        "contained.0.address.postalCode",
        "practitioner",
        "organization",
        "organization.identifier",
        "location",
        "telecom",
    ),
    "Location": ("id", "meta", "identifier", "name", "address", "address.line", "address.postalCode", "telecom"),
    "Organization": ("id", "meta", "name", "telecom"),
    "HealthcareService": ("id", "meta", "providedBy", "providedBy.reference"),
}
"""Elements without which they can."""


@pytest.fixture(scope="module")
def examples(shared_data: Path) -> list[Resource]:
    return [json.loads(path.read_bytes()) for path in sorted((shared_data / "fhir_sas").glob("*.json"))]


@pytest.fixture(scope="module")
def resources(examples: list[Resource]) -> list[Resource]:
    """The examples that are no Bundle."""
    return [one for one in examples if one["resourceType"] != "Bundle"]


def together(resources: list[Resource], changed: Resource | None = None, path: str = "") -> Answer:
    """What a Bundle of these resources says, one of them without an element; each has its address, as in theirs."""
    entries = [
        {"fullUrl": f"https://x.example/{name(one)}", "resource": without(one, path) if one is changed else one}
        for one in resources
    ]
    return read_answer({"resourceType": "Bundle", "type": "searchset", "entry": entries})


def name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def resting_on(resource: Resource, among: list[Resource]) -> set[str]:
    """The ids of the slots that lead to a resource: by their agenda, its actors, and whom they are of."""
    by_name = {name(one): one for one in among}
    return {one["id"] for one in among if one["resourceType"] == "Slot" and name(resource) in leads(one, by_name)}


def leads(resource: Resource, by_name: dict[str, Resource]) -> Iterator[str]:
    yield name(resource)
    references = (resource.get("schedule"), resource.get("managingOrganization"), *resource.get("actor", ()))
    for reference in filter(None, references):
        yield from leads(by_name[reference["reference"]], by_name)


def without(resource: Resource, path: str) -> Resource:
    """The same without the element that a path leads to; the same if it has none."""
    left = deepcopy(resource)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inside: Any = left
    for part in way:
        if not has(inside, part):
            return left
        inside = inside[part]
    if has(inside, last):
        del inside[last]
    return left


def has(inside: Any, part: str | int) -> bool:
    return part < len(inside) if isinstance(part, int) else part in inside


def cases(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(kind, path) for kind, paths in table.items() for path in paths]


def test_there_are_as_many_examples_as_the_official_folder_has(examples: list[Resource]):
    assert len(examples) == COUNT


def test_every_slot_of_the_examples_is_read(resources: list[Resource]):
    answer = together(resources)
    assert answer.refused == ()
    assert {slot.external_id for slot in answer.slots} == {
        one["id"] for one in resources if one["resourceType"] == "Slot"
    }


@pytest.mark.parametrize(("kind", "path"), cases(LOST))
def test_without_this_the_slots_that_rest_on_it_are_left_out_and_no_other(
    resources: list[Resource], kind: str, path: str
):
    for resource in (one for one in resources if one["resourceType"] == kind):
        slots = {one["id"] for one in resources if one["resourceType"] == "Slot"}
        answer = together(resources, resource, path)
        assert {slot.external_id for slot in answer.slots} == slots - resting_on(resource, resources), name(resource)


@pytest.mark.parametrize(("kind", "path"), cases(KEPT))
def test_without_this_every_slot_is_kept(resources: list[Resource], kind: str, path: str):
    touched = 0
    for resource in (one for one in resources if one["resourceType"] == kind):
        answer = together(resources, resource, path)
        touched += without(resource, path) != resource
        assert (len(answer.slots), answer.refused) == (10, ()), name(resource)
    assert touched


@pytest.mark.parametrize("path", ["resourceType", "type"])
def test_a_bundle_without_this_is_no_answer(examples: list[Resource], path: str):
    for bundle in (one for one in examples if one["resourceType"] == "Bundle"):
        with pytest.raises(BadAnswer):
            read_answer(without(bundle, path))


@pytest.mark.parametrize("path", ["id", "meta", "total", "link", "entry.0.fullUrl", "entry.0.search"])
def test_a_bundle_without_this_says_the_same(examples: list[Resource], path: str):
    for bundle in (one for one in examples if one["resourceType"] == "Bundle"):
        assert read_answer(without(bundle, path)).slots == read_answer(bundle).slots != ()


def test_what_is_no_bundle_is_no_answer(resources: list[Resource]):
    for resource in resources:
        for changed in (resource, *(without(resource, element) for element in resource)):
            with pytest.raises(BadAnswer):
                read_answer(changed)


def test_whatever_element_of_a_bundle_is_missing_at_any_depth_it_is_read_or_refused(examples: list[Resource]):
    for bundle in (one for one in examples if one["resourceType"] == "Bundle"):
        whole = len(read_answer(bundle).slots)
        for path in every_path(bundle["entry"]):
            answer = read_answer(without(bundle, f"entry.{path}"))
            assert len(answer.slots) + len(answer.refused) <= whole, path


def every_path(inside: Any) -> Iterator[str]:
    """Where each element is, whatever holds it; narratives are nobody's."""
    members = enumerate(inside) if isinstance(inside, list) else inside.items() if isinstance(inside, dict) else ()
    for name, value in members:
        if name != "text" or not isinstance(value, dict):
            yield str(name)
            yield from (f"{name}.{path}" for path in every_path(value))
