"""The description of the API: parameters from the models that read them, schemas from the structs that are written."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, JsonValue

from search_api.problems import (
    NO_OFFER,
    PROBLEM,
    RESERVED,
    Conflict,
    Expired,
    Fault,
    Forbidden,
    NotFound,
    NotJson,
    Problem,
    QueryTooLong,
    Refused,
    TooLarge,
    Unavailable,
)

REF: Final = "#/components/schemas/{name}"
DESCRIPTION: Final = (
    "Qui, près d’ici, peut recevoir ce patient, comment et quand. Les paramètres répétés sont des alternatives ; un "
    "paramètre inconnu ou mal formé est refusé (422) avec toutes ses fautes. Les instants sont en ISO 8601 avec leur "
    "décalage, les distances en mètres. `null` veut dire que personne ne l’a déclaré (ou que ce lecteur ne peut pas le "
    "voir), une liste vide que « aucun » est déclaré."
)
STATUSES: Final[Mapping[int, str]] = {
    304: "L’appelant a déjà cette réponse (`If-None-Match`).",
    403: "Un critère que ce lecteur ne peut pas demander, ou un envoi d’un autre site.",
    404: "Introuvable.",
    409: "Quelqu’un d’autre l’a changé depuis la version donnée.",
    410: "Le curseur est trop ancien, ou son index n’est plus gardé.",
    413: "Plus de 64 Kio.",
    414: "Plus de 8 192 octets de paramètres.",
    415: "Le corps n’est pas du JSON.",
    422: "Demande mal formée ou contradictoire : chaque faute est dite.",
    503: "Le moteur de recherche ne répond pas.",
}
WRITES: Final = (403, 404, 409, 413, 414, 415, 422, 503)
"""What may be answered to whoever writes."""
_ERRORS: Final = (
    Forbidden([Fault.of("participation", "true", RESERVED)]),
    NotFound(NO_OFFER),
    Conflict(),
    Expired(),
    QueryTooLong(),
    TooLarge(),
    NotJson(),
    Refused([Fault.of("radius_km", "10000", "200 au plus")]),
    Unavailable(),
)
_EXAMPLES: Final[Mapping[int, object]] = {error.status: msgspec.to_builtins(error.problem) for error in _ERRORS}

Extra = dict[str, Any]
"""A piece of an OpenAPI document."""


def header(description: str, kind: str = "string") -> Extra:
    """A header of an answer."""
    return {"description": description, "schema": {"type": kind}}


NOT_MODIFIED: Final = 304
_TAG: Final = {"ETag": header("Ce qui détermine la réponse, faible ; à redonner dans `If-None-Match`.")}
_HEADERS: Final[Mapping[int, Extra]] = {
    NOT_MODIFIED: _TAG,
    503: {"Retry-After": header("Secondes au bout desquelles réessayer.", "integer")},
}

Examples = Mapping[type[msgspec.Struct], msgspec.Struct]
"""What is answered, with an example of each."""


def example(**given: JsonValue) -> ConfigDict:
    """What the model of a body says of itself: a body that may be sent as it is."""
    return ConfigDict(json_schema_extra={"example": given})


def documented(
    shape: type[msgspec.Struct] | None,
    parameters: type[BaseModel] | None = None,
    statuses: tuple[int, ...] = (414, 422, 503),
    *,
    without: Collection[str] = (),
    headers: Mapping[str, Extra] | None = None,
    body: type[BaseModel] | None = None,
    status: int = 200,
    **others: Mapping[str, Any],
) -> Extra:
    """What a route says of itself: its parameters (but those `without`), its answer, its other statuses.

    An answer that may be a 304 has a tag. `body` is the JSON that is sent, `status` says that all is well. `others`
    are other media types of the same answer: `geojson={"type": …, "schema": …, "example": …}`.
    """
    content: Extra = {each.pop("type"): each for each in map(dict, others.values())}
    if shape is not None:
        content["application/json"] = {"schema": {"$ref": REF.format(name=shape.__name__)}}
    about = (_TAG if NOT_MODIFIED in statuses else {}) | dict(headers or {})
    answer: Extra = {"description": "Réponse"} | ({"content": content} if content else {})
    answer |= {"headers": about} if about else {}
    taken = query(parameters) if parameters else []
    return {
        "responses": {status: answer, **{code: _status(code) for code in statuses}},
        "openapi_extra": {"parameters": [each for each in taken if each["name"] not in without]}
        | ({"requestBody": _body(body)} if body else {}),
    }


def _body(model: type[BaseModel]) -> Extra:
    """The JSON that is sent, whole in its place."""
    schema = model.model_json_schema()
    known, example = schema.pop("$defs", {}), schema.pop("example", None)
    return {"required": True, "content": {"application/json": {"schema": _plain(schema, known), "example": example}}}


def _plain(schema: Any, known: Mapping[str, Any]) -> Any:
    """A schema with what it refers to in the place of the references, and without the titles that Python gives."""
    if isinstance(schema, list):
        return [_plain(each, known) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(known[schema["$ref"].rpartition("/")[2]], known)
    kept = {name: each for name, each in schema.items() if name not in {"title", "default"} or isinstance(each, dict)}
    return {name: _plain(each, known) for name, each in kept.items()}


def _status(code: int) -> Extra:
    """Another status than 200: a problem when it has a body."""
    body = {"schema": {"$ref": REF.format(name=Problem.__name__)}, "example": _EXAMPLES.get(code)}
    described: Extra = {"description": STATUSES[code]}
    described |= {"headers": _HEADERS[code]} if code in _HEADERS else {}
    return described | ({"content": {PROBLEM: body}} if code in _EXAMPLES else {})


def query(model: type[BaseModel]) -> list[Extra]:
    """The query parameters of a model, by their published names."""
    schema = model.model_json_schema(by_alias=True)
    required = schema.get("required", [])
    return [_parameter(name, details, required=name in required) for name, details in schema["properties"].items()]


def _parameter(name: str, details: Extra, *, required: bool) -> Extra:
    schema = {
        key: value for key, value in details.items() if key not in {"title", "description", "examples", "default"}
    }
    if "anyOf" in schema:
        schema |= next(each for each in schema.pop("anyOf") if each.get("type") != "null")
    if details.get("default"):
        schema["default"] = details["default"]
    parameter: Extra = {"name": name, "in": "query", "required": required, "schema": schema}
    parameter["description"] = details.get("description", "")
    if details.get("examples"):
        parameter["example"] = details["examples"][0]
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": True}
    return parameter


def describe(app: FastAPI, shapes: Examples) -> None:
    """Make the application describe itself with the schemas of these structs, and an example of each."""

    def openapi() -> Extra:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, shapes)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to replace its document


def _document(app: FastAPI, shapes: Examples) -> Extra:
    """FastAPI's document with our schemas and examples. It drops every null, so examples come last."""
    document = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    _, components = msgspec.json.schema_components((Problem, *shapes), ref_template=REF)
    document["components"] = {"schemas": dict(sorted(components.items()))}
    for each in _in_paths(document):
        schema = each["schema"]
        each["schema"], each["example"] = {"type": schema["type"]}, schema["examples"][0]
    examples = {REF.format(name=shape.__name__): example for shape, example in shapes.items()}
    for content in _answers(document):
        reference = content["schema"].get("$ref")
        if reference in examples:
            content["example"] = msgspec.to_builtins(examples[reference])
    return document


def _in_paths(document: Extra) -> Iterator[Extra]:
    """What each address names, as its route says it: `Path(description=…, examples=[…])`."""
    for methods in document["paths"].values():
        for operation in methods.values():
            yield from (each for each in operation.get("parameters", ()) if each["in"] == "path")


def _answers(document: Extra) -> Iterator[Extra]:
    """What each operation answers when all is well, in each of its media types."""
    for methods in document["paths"].values():
        for operation in methods.values():
            (answer,) = (each for code, each in operation["responses"].items() if code.startswith("2"))
            yield from answer.get("content", {}).values()
