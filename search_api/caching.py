"""How long an answer may be kept, and by whom: seconds, by the public's own browser; nowhere for the others.

The address of a search may hold where a patient is: no answer is `public`, so no cache on the way keeps one.
"""

from typing import Annotated, Final

import msgspec
from fastapi import Depends, Request
from starlette.responses import Response

from models.codes import Viewer
from search_api.parameters import Pairs, pairs
from search_api.services import Services

JSON: Final = "application/json"
FRESH_S: Final = 10
"""Seconds for which the public's answer is fresh: a slot may be taken meanwhile, and the clock turns each minute."""
LOADED_S: Final = 30
"""The same for what changes with each load of a source: the territories."""
STABLE_S: Final = 3_600
"""The same for what changes with a version of the service only."""


def asked_pairs(request: Request) -> Pairs:
    """The names and values of the query string, in its order."""
    return pairs(request.scope["query_string"])


PairsDep = Annotated[Pairs, Depends(asked_pairs)]


def headers(services: Services, tag: str | None = None, fresh: int = FRESH_S) -> dict[str, str]:
    """The headers of an answer that depends on who asks."""
    kept = f"private, max-age={fresh}" if services.viewer is Viewer.PUBLIC else "no-store"
    return {"Cache-Control": kept, "Vary": "Accept", **({"ETag": tag} if tag else {})}


def unchanged(request: Request, tag: str) -> bool:
    """Whether the caller already has the answer with this tag."""
    given = request.headers.get("if-none-match", "")
    return tag in {each.strip() for each in given.split(",")}


def not_modified(services: Services, tag: str) -> Response:
    """The answer to a caller that already has it."""
    return Response(status_code=304, headers=headers(services, tag))


def json(content: msgspec.Struct, kept: dict[str, str], media_type: str = JSON) -> Response:
    """A struct as JSON."""
    return Response(msgspec.json.encode(content), media_type=media_type, headers=kept)
