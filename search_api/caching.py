"""How long an answer may be kept, and by whom: seconds, by the public's own browser; nowhere for the others.

The address of a search may hold where a patient is: no answer is `public`, so no cache on the way keeps one.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
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
HEADED: Final = "annuaire.headed"
"""The key that the scope of a HEAD has, which is answered as its GET: nobody reads the body."""
STABLE_S: Final = 3_600
"""The same for what changes with a version of the service only."""


def asked_pairs(request: Request) -> Pairs:
    """The names and values of the query string, in its order."""
    return pairs(request.scope["query_string"])


PairsDep = Annotated[Pairs, Depends(asked_pairs)]


def headers(services: Services, known: str | None = None, fresh: int = FRESH_S) -> dict[str, str]:
    """The headers of an answer that depends on who asks; `known` is its tag."""
    control = f"private, max-age={fresh}" if services.viewer is Viewer.PUBLIC else "no-store"
    return {"Cache-Control": control, "Vary": "Accept", **({"ETag": known} if known else {})}


def tag(*facts: object) -> str:
    """The weak ETag of an answer that these facts determine, its own content among them when nothing else does."""
    return f'W/"{blake2b(repr(facts).encode(), digest_size=12).hexdigest()}"'


def unchanged(request: Request, known: str) -> bool:
    """Whether the caller already has the answer with this tag; weak or strong, it is the same (RFC 9110)."""
    given = ",".join(request.headers.getlist("if-none-match")).split(",")
    return not {"*", _strong(known)}.isdisjoint(map(_strong, given))


def _strong(written: str) -> str:
    return written.strip().removeprefix("W/")


def kept(
    request: Request,
    services: Services,
    known: str,
    content: Callable[[], object],
    *,
    fresh: int = FRESH_S,
    media_type: str = JSON,
) -> Response:
    """The answer with this tag, or that the caller has it already: its content is then not made."""
    about = headers(services, known, fresh)
    return Response(status_code=304, headers=about) if unchanged(request, known) else json(content(), about, media_type)


def kept_by_content(request: Request, services: Services, content: object, fresh: int) -> Response:
    """The same, of what costs little to make: its content is its tag."""
    written = msgspec.Raw(msgspec.json.encode(content))
    return kept(request, services, tag(bytes(written)), lambda: written, fresh=fresh)


def json(content: object, about: Mapping[str, str], media_type: str = JSON) -> Response:
    """What is answered as JSON, with its headers."""
    return Response(msgspec.json.encode(content), media_type=media_type, headers=about)
