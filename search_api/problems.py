"""What goes wrong, and how it is said: one family of errors, one translator to `application/problem+json`.

DirectoryError          500
├── Refused             422   the request is ill-formed or contradicts itself; says every fault
├── Forbidden           403   a criterion that this viewer may not ask
├── Undeclared          403   a program that may not open a search
├── QueryTooLong        414   more than 8 kB of query string
├── Elsewhere           403   a form that another site sends
├── NotAForm            400   what was sent is no form of ours, or a part of one
├── TooLarge            413   a form or a body that goes on and on
├── NotJson             415   a body that does not say that it is JSON
├── NotFound            404   no such offer, no such page
├── Conflict            409   somebody else changed it meanwhile
├── Expired             410   this cursor is too old, or its generation is gone
└── Unavailable         503   the engine does not answer
    └── DatabaseDown    503   the database does not, where people declare
"""

# ruff: noqa: N818 - named by what happened
import http
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
import structlog
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Mount

from indexer.protocol import EngineDown, GenerationGone

PROBLEM: Final = "application/problem+json"
VALUE_LENGTH: Final = 100
"""Characters of a refused value that are repeated."""


NO_ANCESTORS: Final = "frame-ancestors 'none'"
"""Where a page stands in no other, in its policy."""


def content_policy(**allowed: str) -> str:
    """The policy of what a page may load and where it may stand: by default its style sheet and images of ours.

    `script_src="'self'"` allows a directive more, or says one otherwise.
    """
    directives = {**_ALLOWED, **{name.replace("_", "-"): sources for name, sources in allowed.items()}}
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


_ALLOWED: Final[Mapping[str, str]] = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

SECURITY: Final[Mapping[str, str]] = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": content_policy(),
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
"""Headers of every answer: no script, no frame, nothing from elsewhere. Pages may say them otherwise.

The address of a search may hold a patient's: no page sends it on.
"""

RETRY: Final[Mapping[str, str]] = {"Retry-After": "5"}
"""Seconds after which an engine that does not answer may be asked again."""

_TYPE: Final = "/api/v1/problems#"


_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of the text around it (Bidi_Control): a name would be shown otherwise than it is."""


def is_control(character: str) -> bool:
    """Whether it has no shape of its own and changes how a text is shown or cut."""
    return character in _DIRECTIONS or unicodedata.category(character) in {"Cc", "Cs"}


def _readable(text: str) -> str:
    """The beginning of a text, its controls written by their number."""
    return "".join(f"\\u{ord(each):04x}" if is_control(each) else each for each in text[:VALUE_LENGTH])[:VALUE_LENGTH]


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: the parameter, what was received (cut), and the rule it breaks (French).

    `suggestions` are values that would be right, where some can be guessed.
    """

    field: str
    value: str
    rule: str
    suggestions: tuple[str, ...] = ()

    @classmethod
    def of(cls, field: str, value: object, rule: str, suggestions: tuple[str, ...] = ()) -> "Fault":
        """A fault whose value is cut at 100 characters; those that are not seen are written by their number."""
        return cls(_readable(field), _readable(str(value)), rule, suggestions)


class Problem(msgspec.Struct, frozen=True):
    """The body of every error (RFC 9457). `errors` is empty unless parameters are at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


RESERVED: Final = "réservé à la régulation du SAS"
"""The rule of a criterion that others may not ask."""
NO_OFFER: Final = "Cette fiche n’existe pas, ou n’existe plus."


class DirectoryError(Exception):
    """An error that a person is told about. `detail` is a French sentence."""

    status = 500
    name = "erreur"
    title = "Erreur interne"
    detail = "Le service a rencontré une erreur. Elle est enregistrée ; réessayez dans un instant."

    def __init__(self, detail: str | None = None, faults: Iterable[Fault] = ()) -> None:
        self.detail = detail or self.detail
        self.faults = tuple(faults)
        super().__init__(self.detail)

    @property
    def problem(self) -> Problem:
        """The body that says it."""
        return Problem(_TYPE + self.name, self.title, self.status, self.detail, self.faults)


class Refused(DirectoryError):
    """The request cannot be understood. Every fault is said at once."""

    status = 422
    name = "demande-refusee"
    title = "Demande refusée"

    def __init__(self, faults: Iterable[Fault]) -> None:
        listed = tuple(faults)
        super().__init__(" ; ".join(f"{fault.field} : {fault.rule}".removeprefix(" : ") for fault in listed), listed)


class Forbidden(DirectoryError):
    """A criterion that this viewer may not ask."""

    status = 403
    name = "critere-reserve"
    title = "Critère réservé"

    def __init__(self, faults: Iterable[Fault]) -> None:
        listed = tuple(faults)
        reserved = "Ce critère est réservé" if len(listed) == 1 else "Ces critères sont réservés"
        super().__init__(f"{reserved} : {', '.join(fault.field for fault in listed)}.", listed)


class Undeclared(DirectoryError):
    """A program that may not open a search: its name, received in this parameter, is not in the settings."""

    status = 403
    name = "logiciel-non-declare"
    title = "Logiciel non déclaré"

    def __init__(self, parameter: str, received: str) -> None:
        fault = Fault.of(parameter, received, "le nom d’un logiciel déclaré dans les réglages du service")
        who = f"le logiciel « {fault.value} » n’est pas déclaré" if received else "le logiciel ne dit pas son nom"
        super().__init__(f"La recherche n’est pas ouverte : {who}. Le paramètre {parameter} est {fault.rule}.", [fault])


class QueryTooLong(DirectoryError):
    """More than 8 kB of query string."""

    status = 414
    name = "demande-trop-longue"
    title = "Demande trop longue"
    detail = "La demande dépasse 8 192 octets : retirez des valeurs."


class Elsewhere(DirectoryError):
    """A form that a page of another site sends."""

    status = 403
    name = "formulaire-d-un-autre-site"
    title = "Envoi refusé"
    detail = "Ce formulaire ne vient pas d’une page de ce site : rien n’a été enregistré. Ouvrez la page ici."


class NotAForm(DirectoryError):
    """What was sent is no form of ours, or only a part of one."""

    status = 400
    name = "formulaire-illisible"
    title = "Formulaire illisible"
    detail = "L’envoi n’est pas arrivé entier, ou n’est pas un formulaire : rien n’a été enregistré. Recommencez."


class NotJson(DirectoryError):
    """What was sent does not say that it is JSON."""

    status = 415
    name = "json-attendu"
    title = "JSON attendu"
    detail = "Envoyez du JSON, avec l’en-tête Content-Type: application/json."


class TooLarge(DirectoryError):
    """A form over the bound of what is read."""

    status = 413
    name = "envoi-trop-gros"
    title = "Envoi trop gros"
    detail = "L’envoi dépasse de loin les tailles permises : rien n’a été enregistré. Joignez moins de fichiers."


class NotFound(DirectoryError):
    """No such offer, no such page."""

    status = 404
    name = "introuvable"
    title = "Introuvable"
    detail = "Cette adresse ne mène à rien."


class Conflict(DirectoryError):
    """It was changed by somebody else since it was read."""

    status = 409
    name = "change-entre-temps"
    title = "Changé entre-temps"
    detail = "Quelqu’un d’autre l’a changé depuis que vous l’avez lu : lisez de nouveau, puis recommencez."


class Expired(DirectoryError):
    """This cursor cannot be followed any more: its generation is gone, unless `reason` says otherwise (French)."""

    status = 410
    name = "curseur-expire"
    title = "Suite expirée"

    def __init__(self, reason: str = "l’index a changé") -> None:
        super().__init__(f"La suite de cette réponse n’est plus disponible : {reason}. Relancez la recherche.")


class Unavailable(DirectoryError):
    """The engine does not answer."""

    status = 503
    name = "moteur-indisponible"
    title = "Recherche momentanément indisponible"
    detail = "Le moteur de recherche ne répond pas. Réessayez dans quelques instants."


class DatabaseDown(Unavailable):
    """The database does not answer; nothing was written."""

    name = "base-indisponible"
    title = "Base de données momentanément indisponible"
    detail = "La base de données ne répond pas : rien n’a été enregistré. Réessayez dans quelques instants."


_TITLES: Final[Mapping[int, tuple[str, str, str]]] = {
    404: (NotFound.name, NotFound.title, NotFound.detail),
    405: ("methode-refusee", "Méthode refusée", "Méthodes permises à cette adresse : {methods}."),
}


def response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an answer, never cached."""
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=PROBLEM,
        headers={**SECURITY, "Cache-Control": "no-store", **(headers or {})},
    )


def translate(error: Exception) -> DirectoryError:
    """The engines' errors and every unexpected one, as ours."""
    if isinstance(error, DirectoryError):
        return error
    if isinstance(error, EngineDown):
        return Unavailable()
    if isinstance(error, GenerationGone):
        return Expired()
    return DirectoryError()


def _methods(request: Request) -> str:
    """What an address takes, by all the routes that it has: the router names the methods of the first.

    Files take what pages do.
    """
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    taken = {
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    }
    return ", ".join(sorted(taken | {"HEAD"} if "GET" in taken else taken or _OF_FILES))


_OF_FILES: Final = {"GET", "HEAD"}


def http_problem(request: Request, error: HTTPException) -> Problem:
    """What the router refuses by itself: an unknown path, another method."""
    phrase = http.HTTPStatus(error.status_code).phrase
    name, title, detail = _TITLES.get(error.status_code, ("refus", phrase, phrase))
    return Problem(_TYPE + name, title, error.status_code, detail.format(methods=_methods(request)))


def _known(_: Request, error: Exception) -> Response:
    translated = translate(error)
    return response(translated.problem, RETRY if isinstance(translated, Unavailable) else None)


def _from_router(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    refused = error.status_code == http.HTTPStatus.METHOD_NOT_ALLOWED
    return response(http_problem(request, error), {"Allow": _methods(request)} if refused else error.headers)


def _unexpected(_: Request, error: Exception) -> Response:
    structlog.get_logger("search_api").error("unexpected error", exc_info=error)
    return response(DirectoryError().problem)


def install(app: FastAPI) -> None:
    """Say every error of this application as problem+json."""
    for known in (DirectoryError, EngineDown, GenerationGone):
        app.add_exception_handler(known, _known)
    app.add_exception_handler(HTTPException, _from_router)
    app.add_exception_handler(Exception, _unexpected)
