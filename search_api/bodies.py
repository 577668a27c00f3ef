"""A body of JSON that a program sends: read within a bound, into a strict model; every fault is said at once."""

from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from search_api.parameters import RULES
from search_api.posting import is_ours
from search_api.problems import Elsewhere, Fault, NotJson, Refused, TooLarge

BODY_BYTES: Final = 64 * 1024
JSON: Final = "application/json"

_Model = TypeVar("_Model", bound=BaseModel)

_TYPES: Final = {
    "json_invalid": "du JSON bien formé",
    "model_type": "un objet",
    "extra_forbidden": "champ inconnu",
    "string_type": "un texte",
    "int_type": "un nombre entier",
    "list_type": "une liste",
    "tuple_type": "une liste",
    "bool_type": "true ou false",
    "too_long": "{max_length} valeurs au plus",
    "enum": "une des valeurs {expected}",
}
"""What each kind of error is in a body, beside those of parameters."""


async def ours(request: Request) -> None:
    """Check that no page of another site sends this.

    Raises:
        Elsewhere: one does.

    """
    if not is_ours(request.headers):
        raise Elsewhere


async def body(request: Request, _: Annotated[None, Depends(ours)]) -> bytes:
    """What was sent, which says that it is JSON.

    Raises:
        Elsewhere: a page of another site sends it.
        NotJson: it says something else.
        TooLarge: it is over the bound.

    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise NotJson
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > BODY_BYTES:
            raise TooLarge("Le corps de la demande dépasse 64 ko : rien n’a été enregistré.")
    return bytes(content)


BodyDep = Annotated[bytes, Depends(body)]
OursDep = Depends(ours)


def read_body(model: type[_Model], content: bytes) -> _Model:
    """The body as this model.

    Raises:
        Refused: with every fault.

    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise Refused(_fault(details) for details in error.errors(include_url=False)) from None


def _fault(details: ErrorDetails) -> Fault:
    """A fault by the path of its field: `periods.0.first_day`."""
    rule = (RULES | _TYPES).get(details["type"], "valeur mal formée")
    given = "" if details["type"] in {"missing", "json_invalid", "model_type"} else details["input"]
    return Fault.of(".".join(map(str, details["loc"])), given, rule.format(**_bounds(details)))


def _bounds(details: ErrorDetails) -> dict[str, object]:
    """What the rule names, without quotes and in French."""
    named = details.get("ctx", {})
    return {
        name: bound.replace("'", "").replace(" or ", " ou ") if isinstance(bound, str) else bound
        for name, bound in named.items()
    }
