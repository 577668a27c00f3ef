"""The description of the API: complete, with examples, and changed on purpose only.

`python -m pytest tests/api --update-openapi` writes the golden file again.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search_api.parameters import FIELDS
from tests.api.serving import client
from tests.relevance.factory import HERE, creneau, offer

GOLDEN = Path(__file__).with_name("openapi.json")
DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = client().get("/api/v1/openapi.json").json()
    return found


def test_the_description_changes_on_purpose_only(document: dict[str, Any], pytestconfig: pytest.Config):
    written = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if pytestconfig.getoption("--update-openapi", default=False):
        GOLDEN.write_text(written, encoding="utf-8")
    assert written == GOLDEN.read_text(encoding="utf-8"), "python -m pytest tests/api --update-openapi"


def test_every_parameter_is_described_with_an_example(document: dict[str, Any]):
    parameters = {each["name"]: each for each in document["paths"]["/api/v1/search"]["get"]["parameters"]}
    assert set(parameters) == set(FIELDS)
    assert all(each["description"] for each in parameters.values())
    assert {name for name, each in parameters.items() if "example" not in each} == {"cpts", "cursor"}


JSON_SCHEMA = frozenset(
    """
    $ref additionalProperties anyOf const default description enum exclusiveMaximum exclusiveMinimum format items
    maxItems maxLength maximum minItems minLength minimum pattern prefixItems properties required title type uniqueItems
    """.split()
)
TYPES = {"string": str, "integer": int, "number": (int, float), "array": list, "boolean": bool}


def schemas(found: Any) -> Iterator[dict[str, Any]]:
    """A schema and those inside it."""
    if isinstance(found, dict):
        yield found
        inside = (found.get("items"), found.get("additionalProperties"), *found.get("properties", {}).values())
        for each in (*inside, *found.get("anyOf", ()), *found.get("prefixItems", ())):
            yield from schemas(each)


def parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parameters of every operation."""
    for methods in document["paths"].values():
        for operation in methods.values():
            yield from operation.get("parameters", ())


def test_every_schema_is_json_schema(document: dict[str, Any]):
    roots = [*document["components"]["schemas"].values(), *(each["schema"] for each in parameters(document))]
    for schema in (inside for root in roots for inside in schemas(root)):
        assert set(schema) <= JSON_SCHEMA, schema
        assert schema.get("type", "null") in {*TYPES, "object", "null"}


def test_the_example_of_a_parameter_is_of_its_type(document: dict[str, Any]):
    for each in parameters(document):
        if "example" in each:
            assert isinstance(each["example"], TYPES[each["schema"]["type"]]), each["name"]


def test_the_bounds_of_a_parameter_are_described(document: dict[str, Any]):
    described = {each["name"]: each["schema"] for each in parameters(document)}
    assert described["radius_km"] == {"type": "number", "exclusiveMinimum": 0, "maximum": 200}
    assert described["within_hours"] == {"type": "integer", "minimum": 1, "maximum": 72}


def test_every_answer_has_a_schema_and_every_reference_leads_somewhere(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    references = {part for part in json.dumps(document).split('"') if part.startswith("#/components/schemas/")}
    assert {each.rpartition("/")[2] for each in references} <= set(schemas)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            contents = [each.get("content", {}) for each in operation["responses"].values()]
            assert all("schema" in each for content in contents for each in content.values()), path
            assert all(each["description"] for each in operation["responses"].values())


def test_every_answer_and_every_error_has_an_example(document: dict[str, Any]):
    for path, methods in document["paths"].items():
        for code, each in ((code, each) for one in methods.values() for code, each in one["responses"].items()):
            assert all("example" in content for content in each.get("content", {}).values()), (path, code)


def test_what_an_address_names_is_described_with_an_example(document: dict[str, Any]):
    named = [each for each in parameters(document) if each["in"] == "path"]
    assert len(named) > 10
    assert all(each["description"] and each["example"] for each in named)


def test_every_body_that_is_sent_has_an_example(document: dict[str, Any]):
    operations = (operation for methods in document["paths"].values() for operation in methods.values())
    bodies = [body for each in operations if "requestBody" in each for body in each["requestBody"]["content"].values()]
    assert len(bodies) > 6
    assert all(body["example"] for body in bodies)


def test_whatever_reads_a_query_may_find_it_too_long(document: dict[str, Any]):
    paths = (methods for path, methods in document["paths"].items() if "/api/" in path)
    assert all({"414", "422"} <= set(methods["get"]["responses"]) for methods in paths if "get" in methods)


def test_the_headers_of_an_answer_are_described(document: dict[str, Any]):
    described = {path: methods["get"]["responses"] for path, methods in document["paths"].items() if "get" in methods}
    tagged = {path.rpartition("/")[2] for path, responses in described.items() if "304" in responses}
    assert tagged == {"search", "{identifier}", "facets", "territories", "relevance"}
    assert all(
        "ETag" in described[path][code]["headers"]
        for path in described
        for code in ("200", "304")
        if "304" in described[path]
    )
    assert set(described["/api/v1/search.csv"]["200"]["headers"]) == {"Content-Disposition", "Annuaire-Total"}


def test_errors_are_described_as_problems(document: dict[str, Any]):
    responses = document["paths"]["/api/v1/search"]["get"]["responses"]
    assert set(responses) == {"200", "304", "403", "410", "414", "422", "503"}
    assert all("application/problem+json" in each["content"] for code, each in responses.items() if code >= "400")


def test_the_example_of_a_search_is_an_answer_of_the_rules(document: dict[str, Any]):
    answer = document["paths"]["/api/v1/search"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    assert answer["exact"]["offers"][0]["person"]["family_name"] == "MARTEL"
    assert answer["approximate"]["rungs"]
    real = client([offer(slots=[creneau(1)])]).get(f"/api/v1/search?near={HERE.lat},{HERE.lon}&profession=10").json()
    assert set(answer) == set(real)
    assert set(answer["exact"]["offers"][0]) == set(real["exact"]["offers"][0])


NEEDS = {
    "radius_km": {"near": ["45.7,4.8"]},
    **{key: {"text": ["a"]} for key in ("kind", "order", "exact_limit", "approximate_limit")},
}


def test_the_examples_of_parameters_are_understood(document: dict[str, Any]):
    asking = client(clock_settable=True)
    for each in document["paths"]["/api/v1/search"]["get"]["parameters"]:
        if "example" not in each or each["name"] in {"at", "from"}:
            continue
        values = each["example"] if isinstance(each["example"], list) else [each["example"]]
        asked = {each["name"]: values, **NEEDS.get(each["name"], {})}
        assert asking.get("/api/v1/search", params=asked).status_code == 200, each["name"]


def test_every_parameter_is_in_the_docs():
    written = DOCS.read_text(encoding="utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in written] == []
